/* A database file in a folder of the target's own, and what a client does with one. One thread. */
#ifndef TESTS_FUZZ_SUPPORT_SHELF_H
#define TESTS_FUZZ_SUPPORT_SHELF_H

#include <stddef.h>
#include <stdint.h>

/* A hash is any text of this length; under the first one lies issue 52. */
#define SHELF_HASH   "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define SHELF_DENIED "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"
#define SHELF_SCOPE  "scope-1"
#define SHELF_BOOT   "boot-1"
#define SHELF_BODY   "{\"error\":\"OK\",\"status_code\":1,\"results\":{\"id\":52,\"name\":\"Lamps\"}}"

enum { SHELF_ISSUE = 52, SHELF_LIMIT = 3 };

/* The wall clock of the target, in Unix milliseconds. */
#define SHELF_NOW_MS INT64_C(1717243200000)

/* A file as the library leaves it after some use: an answer and a denial in the cache, a job that
 * has failed, two admissions, a pause of another path. Made once per process, with small pages;
 * stays the shelf's. */
const uint8_t *shelf_used_file(size_t *size);

/* The same before its log was written back: all of it is still in the log. */
const uint8_t *shelf_used_log(size_t *size);

/* Leaves no file in the folder. */
void shelf_clear(void);

/* Makes these bytes the database, with no other file beside it. */
void shelf_put(const uint8_t *bytes, size_t size);

/* Makes these bytes its log, and leaves the rest as it is. */
void shelf_put_log(const uint8_t *bytes, size_t size);

const char *shelf_path(void);

/* Opens the file and goes through everything that the engine asks of its stores. Each answer must
 * be an error that can be shown or a good one; what is read as issue 52 is about issue 52, and
 * unless `body` is NULL is this text; and not more requests are admitted than SHELF_LIMIT. */
void shelf_visit(const char *body);

#endif
