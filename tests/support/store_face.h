/* What the tests of the public store handles have in common. */
#ifndef TESTS_SUPPORT_STORE_FACE_H
#define TESTS_SUPPORT_STORE_FACE_H

#include "support/api.h"

#define STORE_HASH  "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define STORE_OTHER "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"

/* Changes the database file from outside; must succeed. */
void face_execute(const api *self, const char *sql);

/* Makes all rows of the cache older by so many seconds. */
void face_age(const api *self, int64_t seconds);

/* The last call has failed with this code and a message of one line. */
void face_assert_error(cv_code code);
#define assert_refused(call, code) (assert_false(call), face_assert_error(code))

/* Fails the test unless the call succeeded. */
void face_check(bool done, const char *call);
#define assert_done(call) face_check((call), #call)

/* A text of `length` bytes, in one static place. */
const char *face_long_text(size_t length);

/* Fails unless the blob is the text (NULL: nothing), then frees it. */
void face_check_blob(cv_blob *blob, const char *text);

/* A connection of another program that keeps others from writing until it is closed. */
struct sqlite3 *face_lock(const api *self);
void face_unlock(struct sqlite3 *connection);

#endif
