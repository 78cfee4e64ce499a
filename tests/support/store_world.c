/* Owns the fixture of the store tests. */
#include "support/store_world.h"

#include <stdlib.h>
#include <string.h>

#include "support/allocator.h"
#include "support/buffer.h"

void store_world_init(store_world *world, uint64_t seed) {
    memset(world, 0, sizeof(*world));
    temp_folder_make(world->folder);
    cvi_buffer path;
    cvi_buffer_over(&path, world->database, sizeof(world->database));
    cvi_buffer_add_format(&path, "%s/comics.db", world->folder);
    fake_clock_init(&world->clock, seed);
    cvi_stores_options *options = &world->options;
    options->database = world->database;
    options->scope = "scope-1";
    options->origin = "origin-1";
    options->host = "host-1";
    options->relaxed_sync = true;
    options->allocator = cvi_default_allocator;
    options->random = world->clock.random;
    options->cache.max_entry_bytes = 5 << 20;
    options->cache.stale_s = 604800;
    options->cache.negative_ttl_s = 300;
    options->cache.max_bytes = CV_NONE;
    options->dedupe.job_timeout_ms = 300000;
    options->dedupe.lease_ms = 5000;
    options->rate_limit.kind = CV_LIMIT_SLIDING;
    options->rate_limit.limit = 200;
    options->rate_limit.window_ms = 3600000;
    options->rate_limit.guard_ms = 2000;
    options->rate_limit.min_interval_ms = CV_NO_INTERVAL;
    options->rate_limit.adaptive = (cv_adaptive_settings){
        .monitoring_window_ms = 900000,
        .high_activity_threshold = 10,
        .moderate_activity_threshold = 3,
        .recalculation_interval_ms = 30000,
        .sustained_inactivity_threshold_ms = 1800000,
        .max_user_scaling = 2.0,
        .min_user_reserved = 5,
    };
}

void store_world_done(store_world *world) {
    temp_folder_remove(world->folder);
}

int store_world_setup(void **state) {
    store_world *world = malloc(sizeof(*world));
    assert_non_null(world);
    store_world_init(world, 1);
    *state = world;
    return 0;
}

int store_world_teardown(void **state) {
    store_world_done(*state);
    free(*state);
    return 0;
}

cvi_stores *world_open(store_world *world) {
    cv_error error = {0};
    world->options.clock = world->clock.clock;
    cvi_stores *stores = cvi_stores_open(&world->options, &error);
    if (stores == NULL) {
        fail_msg("open: %s", error.message);
    }
    return stores;
}

cv_error world_open_error(store_world *world) {
    cv_error error = {0};
    world->options.clock = world->clock.clock;
    assert_null(cvi_stores_open(&world->options, &error));
    return error;
}

static sqlite3 *open_other(const store_world *world) {
    sqlite3 *connection = NULL;
    assert_int_equal(sqlite3_open(world->database, &connection), SQLITE_OK);
    sqlite3_busy_timeout(connection, 1000);
    /* A test's machine does not lose power; its disk may be slow. */
    assert_int_equal(sqlite3_exec(connection, "PRAGMA synchronous = OFF", NULL, NULL, NULL),
                     SQLITE_OK);
    return connection;
}

void world_execute(const store_world *world, const char *sql) {
    sqlite3 *connection = open_other(world);
    char *message = NULL;
    if (sqlite3_exec(connection, sql, NULL, NULL, &message) != SQLITE_OK) {
        fail_msg("%s: %s", sql, message);
    }
    sqlite3_close(connection);
}

int64_t world_number(const store_world *world, const char *sql) {
    sqlite3 *connection = open_other(world);
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(connection, sql, -1, &statement, NULL) != SQLITE_OK) {
        fail_msg("%s: %s", sql, sqlite3_errmsg(connection));
    }
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    int64_t number = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(connection);
    return number;
}

/* A reader that has just come may keep the writer from its lock for a moment. */
enum { LOCKED_TRIES = 1000 };

static void check_done(cvi_store_answer answer, const cv_error *error, const char *what) {
    if (answer != CVI_STORE_DONE) {
        fail_msg("%s: answer %d %s", what, (int)answer, error->message);
    }
}

cvi_claim world_claim_spec(store_world *world, cvi_stores *stores, const cvi_claim_spec *spec) {
    cvi_claim claim;
    cv_error error = {0};
    cvi_store_answer answer = CVI_STORE_BUSY;
    for (int i = 0; i < LOCKED_TRIES && answer == CVI_STORE_BUSY; i++) {
        answer = cvi_stores_claim(stores, spec, world->clock.now, &claim, &error);
    }
    check_done(answer, &error, "claim");
    return claim;
}

cvi_claim world_claim(store_world *world, cvi_stores *stores, const char *hash,
                      const char *resource) {
    const cvi_claim_spec spec = {.hash = hash,
                                 .resource = resource,
                                 .priority = CV_PRIORITY_USER,
                                 .reread_cache = true,
                                 .ttl_ms = WORLD_TTL_MS};
    return world_claim_spec(world, stores, &spec);
}

cvi_claim world_expect(store_world *world, cvi_stores *stores, const char *hash,
                       cvi_claim_verdict verdict) {
    cvi_claim claim = world_claim(world, stores, hash, "issue");
    assert_int_equal(claim.verdict, verdict);
    return claim;
}

cvi_cached world_lookup(store_world *world, cvi_stores *stores, const char *hash, int64_t ttl_ms) {
    cvi_cached cached;
    cv_error error = {0};
    check_done(cvi_stores_lookup(stores, hash, &(cvi_want){.ttl_ms = ttl_ms}, world->clock.now,
                                 &cached, &error),
               &error, "lookup");
    return cached;
}

cvi_watch world_watch(store_world *world, cvi_stores *stores, const char *hash,
                      const char *job_id) {
    cvi_watch watch;
    cv_error error = {0};
    check_done(cvi_stores_watch(stores, hash, job_id, world->clock.now, &watch, &error), &error,
               "watch");
    return watch;
}

bool world_complete(store_world *world, cvi_stores *stores, const char *hash, const char *job_id,
                    const char *body) {
    const cvi_completion completion = {.hash = hash,
                                       .job_id = job_id,
                                       .body = body,
                                       .size = strlen(body),
                                       .keeping = {.ttl_ms = WORLD_TTL_MS}};
    cv_error error = {0};
    bool owned = false;
    cvi_store_answer answer = CVI_STORE_BUSY;
    for (int i = 0; i < LOCKED_TRIES && answer == CVI_STORE_BUSY; i++) {
        answer = cvi_stores_complete(stores, &completion, world->clock.now, &owned, &error);
    }
    check_done(answer, &error, "complete");
    return owned;
}

void world_release(store_world *world, cvi_stores *stores, const char *hash, const char *job_id,
                   int64_t row_id, const cv_error *failure) {
    cv_error error = {0};
    check_done(
        cvi_stores_release(stores, hash, job_id, row_id, failure, 0, world->clock.now, &error),
        &error, "release");
}

bool world_renew(store_world *world, cvi_stores *stores, const char *hash, const char *job_id) {
    cv_error error = {0};
    bool owned = false;
    check_done(cvi_stores_renew(stores, hash, job_id, world->clock.now, &owned, &error), &error,
               "renew");
    return owned;
}

bool world_clean(store_world *world, cvi_stores *stores) {
    cv_error error = {0};
    bool more = false;
    check_done(cvi_stores_clean(stores, world->clock.now, &more, &error), &error, "clean");
    return more;
}

void world_store(store_world *world, cvi_stores *stores, const char *hash, const char *body) {
    cvi_claim claim = world_expect(world, stores, hash, CVI_CLAIM_ADMITTED);
    assert_true(world_complete(world, stores, hash, claim.job_id, body));
}

void world_check_body(cvi_cached *cached, const char *expected) {
    if (expected == NULL) {
        assert_null(cached->body);
        return;
    }
    assert_non_null(cached->body);
    assert_int_equal(cached->size, strlen(expected));
    assert_string_equal(cached->body, expected);
    cvi_release(&cvi_default_allocator, cached->body);
    cached->body = NULL;
}
