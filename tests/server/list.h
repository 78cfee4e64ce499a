/* A page of a list, in its envelope. */
#ifndef TESTS_SERVER_LIST_H
#define TESTS_SERVER_LIST_H

#include <jansson.h>

enum { LOOPBACK_LIST_LIMIT_MAX = 100 };

typedef struct loopback_list_query {
    const char *field_list; /* NULL or "" if not wanted, as the next two */
    const char *sort;
    const char *filter;
    size_t limit;
    size_t offset;
} loopback_list_query;

typedef enum loopback_list_result {
    LOOPBACK_LIST_OK,
    LOOPBACK_LIST_SYNTAX, /* of the filter or the sort */
    LOOPBACK_LIST_NOMEM
} loopback_list_result;

/* A limit as sent: what is no number or 0 is the default, above the maximum is the maximum. */
size_t loopback_list_limit(const char *text, size_t default_limit);

/* An offset or a page's number as sent: what is no number is 0. */
size_t loopback_list_offset(const char *text);

/* Filters, sorts and pages `items`, which is changed, and makes the envelope, the caller's. */
loopback_list_result loopback_list(json_t *items, const loopback_list_query *query,
                                   json_t **envelope);

/* A new object with those members of `object` that `field_list` names, in the object's own
 * order; NULL if memory is short. NULL or "" as field_list: all of them. What is not an object
 * (a promo may be an empty array) is given back as it is. */
json_t *loopback_fields(json_t *object, const char *field_list);

#endif
