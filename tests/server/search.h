/* `/search`: hits of several resources in one list. */
#ifndef TESTS_SERVER_SEARCH_H
#define TESTS_SERVER_SEARCH_H

#include <jansson.h>

typedef struct loopback_search_query {
    const char *query;      /* NULL or "": nothing is found */
    const char *resources;  /* "issue,volume"; NULL or "": all; unknown ones are ignored */
    const char *field_list; /* NULL or "": all */
} loopback_search_query;

/* The items of the folder's lists whose name contains the query, of either case, each with a
 * resource_type whatever the field_list says; the caller's. NULL if a file is not usable or
 * memory is short. */
json_t *loopback_search(const char *folder, const loopback_search_query *query);

#endif
