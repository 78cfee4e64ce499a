/* `filter=field:value,field:value` on the items of a list. */
#ifndef TESTS_SERVER_FILTER_H
#define TESTS_SERVER_FILTER_H

#include <jansson.h>
#include <stdbool.h>

/* Removes the items that do not match from `items`. Text matches if it contains the value, of
 * either case; a number, a text of digits and the id of an object match if they are equal;
 * `a|b` is either, but between a and b for a date, where an empty end is open. null matches
 * nothing. NULL or "" as filter: all stay. False if the filter has no such form. */
bool loopback_filter(json_t *items, const char *filter);

#endif
