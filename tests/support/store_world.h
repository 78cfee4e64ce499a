/* A database file in a folder of its own, a fake clock, and short ways to call and inspect the
 * stores. Each function fails the test when the call is not DONE. */
#ifndef TESTS_SUPPORT_STORE_WORLD_H
#define TESTS_SUPPORT_STORE_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "stores/stores.h"
#include "support/fake_clock.h"

/* A hash; any text will do. */
#define HASH_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define HASH_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

/* What the Node packages make, with a row in each table; rate_limits exists in three forms. */
#define NODE_TABLES                                                                                \
    "CREATE TABLE cache(hash TEXT PRIMARY KEY, value BLOB NOT NULL, expires_at INTEGER NOT NULL,"  \
    " created_at INTEGER NOT NULL);"                                                               \
    "CREATE TABLE dedupe_jobs(hash TEXT PRIMARY KEY, job_id TEXT NOT NULL, status TEXT NOT NULL,"  \
    " result BLOB, error TEXT, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL);"         \
    "INSERT INTO cache VALUES('k', x'7b7d', 9000000000000, 1717243200000);"                        \
    "INSERT INTO dedupe_jobs VALUES('" HASH_B "', 'theirs', 'pending', NULL, NULL, 1717243200000," \
    " 1717243200000);"

enum { WORLD_TTL_MS = 3600000 };

typedef struct store_world {
    char folder[TEMP_PATH_SIZE];
    char database[TEMP_PATH_SIZE + 16];
    fake_clock clock;
    cvi_stores_options options; /* as the client fills them in; sliding, no minimum interval */
} store_world;

void store_world_init(store_world *world, uint64_t seed);
void store_world_done(store_world *world);

/* For cmocka's setup and teardown: *state is the world. */
int store_world_setup(void **state);
int store_world_teardown(void **state);

/* Opens a handle; it keeps the boot id that the clock has now. */
cvi_stores *world_open(store_world *world);

/* The error of an opening that must fail. */
cv_error world_open_error(store_world *world);

/* Runs SQL, or reads one number, over a connection of another program. */
void world_execute(const store_world *world, const char *sql);
int64_t world_number(const store_world *world, const char *sql);

/* Claims as a caller does who has looked into the cache before. */
cvi_claim world_claim(store_world *world, cvi_stores *stores, const char *hash,
                      const char *resource);
cvi_claim world_claim_spec(store_world *world, cvi_stores *stores, const cvi_claim_spec *spec);

/* Claims and expects the verdict. */
cvi_claim world_expect(store_world *world, cvi_stores *stores, const char *hash,
                       cvi_claim_verdict verdict);

cvi_cached world_lookup(store_world *world, cvi_stores *stores, const char *hash, int64_t ttl_ms);
cvi_watch world_watch(store_world *world, cvi_stores *stores, const char *hash, const char *job_id);
bool world_complete(store_world *world, cvi_stores *stores, const char *hash, const char *job_id,
                    const char *body);
void world_release(store_world *world, cvi_stores *stores, const char *hash, const char *job_id,
                   int64_t row_id, const cv_error *failure);
bool world_renew(store_world *world, cvi_stores *stores, const char *hash, const char *job_id);
bool world_clean(store_world *world, cvi_stores *stores);

/* Stores a body under a hash: claim and completion. */
void world_store(store_world *world, cvi_stores *stores, const char *hash, const char *body);

/* Fails unless the body is `expected` (NULL: a miss) with its NUL; frees it. */
void world_check_body(cvi_cached *cached, const char *expected);

#endif
