/* What the tests of requests for many objects have in common: asking, and what must have come. */
#ifndef TESTS_SUPPORT_API_MANY_H
#define TESTS_SUPPORT_API_MANY_H

#include "support/api_drive.h"

/* Asks, waits, and takes what has come: an item for each id, with either a record or an error. */
const cv_many *many_fetch(cv_client *client, cv_resource resource, const int64_t *ids, size_t count,
                          const cv_request_options *options);

/* Each fails the test unless the item is so. A record is of the item's id. */
void assert_many_record(const cv_many_item *item, cv_source source);
void assert_many_failed(const cv_many_item *item, cv_code code);

/* From the cache, or on its way there: what a list has brought is stored a little later. */
void assert_many_kept(const cv_many_item *item);

/* Fails the test unless the request of this number, whose path begins so, had this query. */
void assert_many_sent(const drive_scene *scene, const char *path, size_t index, const char *query);

/* An envelope of a list of issues; `items` is what stands between the brackets. free() it. */
char *many_list_text(const char *items, int64_t page_results, int64_t total_results);

/* The list's next answer is this one. */
void many_answer(const drive_scene *scene, const char *items, int64_t page_results,
                 int64_t total_results);

#endif
