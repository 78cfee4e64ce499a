/* The resources that the service has, and the files of the folder that hold them. */
#ifndef TESTS_SERVER_CATALOG_H
#define TESTS_SERVER_CATALOG_H

#include "text.h"

#include <jansson.h>

typedef enum loopback_view { LOOPBACK_VIEW_DETAIL, LOOPBACK_VIEW_LIST } loopback_view;

/* The path name of a view, static ("issue", "issues"), by the same name in a request; NULL if the
 * service has none. */
const char *loopback_catalog_find(loopback_span name, loopback_view view);

/* The same by number, from 0; NULL after the last. */
const char *loopback_catalog_name(size_t index, loopback_view view);

/* The items of a list's file, the caller's; an absent file is an empty list. NULL if the file is
 * not readable or holds no list. */
json_t *loopback_catalog_items(const char *folder, const char *list);

#endif
