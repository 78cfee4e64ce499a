/* What the tests of cursors have in common: the fixtures' list of issues, walked in pages. */
#ifndef TESTS_SUPPORT_WALKING_H
#define TESTS_SUPPORT_WALKING_H

#include "support/api_drive.h"

enum { WALKING_ISSUES = 12 };

/* The ids in the order of that list. */
extern const int64_t walking_ids[WALKING_ISSUES];

/* A cursor through it in pages of `limit`. */
cv_cursor *walking_open(cv_client *client, int64_t limit);

/* Fails the test unless the next records have these ids, or (the other) there is none, for no
 * error. */
void walking_assert_next(cv_cursor *cursor, const int64_t *ids, size_t count);
void walking_assert_end(cv_cursor *cursor);

/* The page of a request, which it waits for and frees; it must end well. */
const cv_page *walking_take(cv_request *request);

/* The same for the cursor's next page, which must have the `count` ids. */
void walking_assert_page(cv_cursor *cursor, const int64_t *ids, size_t count);

#endif
