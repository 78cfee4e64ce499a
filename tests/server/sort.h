/* `sort=field:asc|desc` on the items of a list. */
#ifndef TESTS_SERVER_SORT_H
#define TESTS_SERVER_SORT_H

#include <jansson.h>

typedef enum loopback_sort_result {
    LOOPBACK_SORT_OK,
    LOOPBACK_SORT_SYNTAX, /* not of the form field:asc or field:desc */
    LOOPBACK_SORT_NOMEM
} loopback_sort_result;

/* Sorts `items` in place: null and absent first, then numbers by value, then text bytewise; desc
 * is the reverse of that, but items that are equal keep their order in both. Of several sorts,
 * separated by commas, the last counts. NULL or "" as sort: as they are. */
loopback_sort_result loopback_sort(json_t *items, const char *sort);

#endif
