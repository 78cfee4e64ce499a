/* What the cache hands out past its time: stale bodies, and bodies with validators for the service
 * to confirm; what it costs, and what is not believed. */
#include "support/store_world.h"

#include <string.h>

#include "stores/handle.h"
#include "support/allocator.h"

#define BODY   "{\"id\":1}"
#define A_DATE "Sun, 06 Nov 1994 08:49:37 GMT"
#define DAY_MS INT64_C(86400000)

static const cvi_validators both = {.etag = "\"version-1\"", .last_modified = A_DATE};

static void store_with(store_world *world, cvi_stores *stores, const char *hash,
                       const cvi_keeping *keeping, const cvi_validators *validators) {
    const cvi_completion completion = {.hash = hash,
                                       .job_id = "",
                                       .body = BODY,
                                       .size = strlen(BODY),
                                       .keeping = *keeping,
                                       .validators = validators};
    cv_error error = {0};
    bool owned = false;
    assert_int_equal(cvi_stores_complete(stores, &completion, world->clock.now, &owned, &error),
                     CVI_STORE_DONE);
}

static const cvi_keeping usual = {.ttl_ms = WORLD_TTL_MS};

static void store(store_world *world, cvi_stores *stores) {
    store_with(world, stores, HASH_A, &usual, &both);
}

static void check_lookup(store_world *world, cvi_stores *stores, const cvi_want *want,
                         const char *expected) {
    cvi_cached cached;
    cv_error error;
    assert_int_equal(cvi_stores_lookup(stores, HASH_A, want, world->clock.now, &cached, &error),
                     CVI_STORE_DONE);
    world_check_body(&cached, expected);
}

/* Claims what has to be fetched anew; the body and its validators must be these (NULL: none). */
static void check_recalled(store_world *world, cvi_stores *stores, const char *body,
                           const cvi_validators *validators) {
    const cvi_claim_spec spec = {.hash = HASH_A, .resource = "issue", .recalls = true};
    cvi_claim claim = world_claim_spec(world, stores, &spec);
    assert_int_equal(claim.verdict, CVI_CLAIM_ADMITTED);
    if (body == NULL) {
        assert_null(claim.recalled.body);
    } else {
        assert_string_equal(claim.recalled.body, body);
        assert_int_equal(claim.recalled.size, strlen(body));
        assert_string_equal(claim.recalled.validators.etag, validators->etag);
        assert_string_equal(claim.recalled.validators.last_modified, validators->last_modified);
    }
    cvi_release(&world->options.allocator, claim.recalled.body);
    world_release(world, stores, HASH_A, claim.job_id, claim.row_id, NULL);
}

/* ---- past its time ---- */

static void test_stale_bodies(void **state) {
    static const cvi_want fresh = {.ttl_ms = WORLD_TTL_MS};
    static const cvi_want stale = {.ttl_ms = WORLD_TTL_MS, .stale_too = true};
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    int64_t stale_ms = world->options.cache.stale_s * 1000;
    store(world, stores);
    check_lookup(world, stores, &stale, BODY);
    fake_clock_advance(&world->clock, WORLD_TTL_MS);
    check_lookup(world, stores, &fresh, NULL);
    check_lookup(world, stores, &stale, BODY);
    fake_clock_advance(&world->clock, stale_ms - 1);
    check_lookup(world, stores, &stale, BODY);
    fake_clock_advance(&world->clock, 1);
    check_lookup(world, stores, &stale, NULL);
    assert_int_equal(stores->cache.stale_hits, 2);
    cvi_stores_close(stores);
}

static void test_bounds_of_age(void **state) {
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    store(world, stores);
    fake_clock_advance(&world->clock, 1000);
    check_lookup(world, stores, &(cvi_want){.ttl_ms = WORLD_TTL_MS, .max_age_ms = 1001}, BODY);
    check_lookup(world, stores, &(cvi_want){.ttl_ms = WORLD_TTL_MS, .max_age_ms = 1000}, NULL);
    check_lookup(world, stores,
                 &(cvi_want){.ttl_ms = WORLD_TTL_MS, .max_age_ms = 1, .stale_too = true}, BODY);
    cvi_claim_spec spec = {.hash = HASH_A,
                           .resource = "issue",
                           .reread_cache = true,
                           .ttl_ms = WORLD_TTL_MS,
                           .max_age_ms = 1001};
    cvi_claim claim = world_claim_spec(world, stores, &spec);
    assert_int_equal(claim.verdict, CVI_CLAIM_HIT);
    world_check_body(&claim.cached, BODY);
    spec.max_age_ms = 1000;
    assert_int_equal(world_claim_spec(world, stores, &spec).verdict, CVI_CLAIM_ADMITTED);
    cvi_stores_close(stores);
}

/* A clock that was set back makes nothing fresh that was not. */
static void test_the_clock_may_be_set(void **state) {
    static const cvi_want stale = {.ttl_ms = WORLD_TTL_MS, .stale_too = true};
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    store(world, stores);
    world->clock.now.wall_ms -= DAY_MS;
    check_lookup(world, stores, &stale, NULL);
    world->clock.now.wall_ms += 2 * DAY_MS;
    check_lookup(world, stores, &stale, BODY);
    cvi_stores_close(stores);
}

/* ---- to be confirmed ---- */

static void test_a_body_with_its_validators(void **state) {
    static const cvi_validators etag_alone = {.etag = "W/\"2\""};
    static const cvi_validators date_alone = {.last_modified = A_DATE};
    static const cvi_validators none = {.etag = ""};
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    check_recalled(world, stores, NULL, NULL);
    store(world, stores);
    check_recalled(world, stores, BODY, &both);
    store_with(world, stores, HASH_A, &usual, &etag_alone);
    check_recalled(world, stores, BODY, &etag_alone);
    store_with(world, stores, HASH_A, &usual, &date_alone);
    check_recalled(world, stores, BODY, &date_alone);
    store_with(world, stores, HASH_A, &usual, &none);
    check_recalled(world, stores, NULL, NULL);
    store(world, stores);
    store_with(world, stores, HASH_A, &usual, NULL);
    check_recalled(world, stores, NULL, NULL);
    cvi_stores_close(stores);
}

static void test_nothing_is_recalled_unasked(void **state) {
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    store(world, stores);
    cvi_claim claim = world_expect(world, stores, HASH_A, CVI_CLAIM_HIT);
    assert_null(claim.recalled.body);
    world_check_body(&claim.cached, BODY);
    fake_clock_advance(&world->clock, WORLD_TTL_MS);
    assert_null(world_expect(world, stores, HASH_A, CVI_CLAIM_ADMITTED).recalled.body);
    cvi_stores_close(stores);
}

/* Any of this to the row, and nothing is to be confirmed. */
static void test_what_is_not_believed(void **state) {
    static const struct {
        const char *sql;
        int64_t rows_left;
    } changes[] = {
        {"UPDATE cache SET value = x'00'", 0}, /* damaged: deleted */
        {"UPDATE cache SET checksum = NULL", 1},
        {"UPDATE cache SET checksum = 'x'", 1},
        {"UPDATE cache SET negative = 1", 1},
        {"UPDATE cache SET headers_of = headers_of + 1", 1},
        {"UPDATE cache SET headers_of = CAST(headers_of AS BLOB)", 1},
        {"UPDATE cache SET etag = 'a', last_modified = 'b'", 1},
        {"UPDATE cache SET etag = NULL, last_modified = NULL", 1},
    };
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        store(world, stores);
        world_execute(world, changes[i].sql);
        check_recalled(world, stores, NULL, NULL);
        assert_int_equal(world_number(world, "SELECT count(*) FROM cache"), changes[i].rows_left);
        world_execute(world, "DELETE FROM cache");
    }
    cvi_stores_close(stores);
}

/* An older version replaces bodies and leaves columns alone that it does not know. */
static void test_a_body_of_an_older_version(void **state) {
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    const cvi_keeping ordered = {.ttl_ms = DAY_MS, .is_ordered = true, .must_revalidate = true};
    store_with(world, stores, HASH_A, &ordered, &both);
    int64_t other = cvi_checksum_under(HASH_A, BODY " ", strlen(BODY " "));
    assert_true(other != cvi_checksum_under(HASH_A, BODY, strlen(BODY)));
    sqlite3 *connection = NULL;
    assert_int_equal(sqlite3_open(world->database, &connection), SQLITE_OK);
    sqlite3_stmt *statement = NULL;
    assert_int_equal(sqlite3_prepare_v2(connection,
                                        "UPDATE cache SET value = ?1, checksum = ?2"
                                        " WHERE hash = '" HASH_A "'",
                                        -1, &statement, NULL),
                     SQLITE_OK);
    sqlite3_bind_blob(statement, 1, BODY " ", (int)strlen(BODY " "), SQLITE_STATIC);
    sqlite3_bind_int64(statement, 2, other);
    assert_int_equal(sqlite3_step(statement), SQLITE_DONE);
    sqlite3_finalize(statement);
    sqlite3_close(connection);
    check_lookup(world, stores, &(cvi_want){.ttl_ms = WORLD_TTL_MS}, BODY " ");
    check_recalled(world, stores, NULL, NULL);
    fake_clock_advance(&world->clock, DAY_MS);
    check_lookup(world, stores, &(cvi_want){.ttl_ms = WORLD_TTL_MS, .stale_too = true}, BODY " ");
    cvi_stores_close(stores);
}

/* ---- the service's time ---- */

typedef struct keeping_case {
    cvi_keeping keeping;
    bool heeds;
    int64_t fresh_ms; /* so long a reader with the usual time takes it for fresh */
    bool is_stale_then;
} keeping_case;

static const keeping_case keeping_cases[] = {
    {{.ttl_ms = WORLD_TTL_MS}, true, WORLD_TTL_MS, true},
    {{.ttl_ms = 1000, .is_ordered = true}, true, 1000, true},
    {{.ttl_ms = 1000, .is_ordered = true}, false, 1000, true},
    {{.ttl_ms = DAY_MS, .is_ordered = true}, true, DAY_MS, true},
    {{.ttl_ms = DAY_MS, .is_ordered = true}, false, WORLD_TTL_MS, true},
    {{.ttl_ms = 1000, .is_ordered = true, .must_revalidate = true}, true, 1000, false},
    {{.ttl_ms = 1000, .is_ordered = true, .must_revalidate = true}, false, 1000, false},
    {{.ttl_ms = 0, .is_ordered = true}, true, 0, true},
};

static void check_keeping(store_world *world, const keeping_case *kept) {
    static const cvi_want fresh = {.ttl_ms = WORLD_TTL_MS};
    static const cvi_want stale = {.ttl_ms = WORLD_TTL_MS, .stale_too = true};
    world->options.cache.heed_cache_control = kept->heeds;
    cvi_stores *stores = world_open(world);
    store_with(world, stores, HASH_A, &kept->keeping, NULL);
    if (kept->fresh_ms > 0) {
        fake_clock_advance(&world->clock, kept->fresh_ms - 1);
        check_lookup(world, stores, &fresh, BODY);
        fake_clock_advance(&world->clock, 1);
    }
    check_lookup(world, stores, &fresh, NULL);
    check_lookup(world, stores, &stale, kept->is_stale_then ? BODY : NULL);
    cvi_stores_close(stores);
}

static void test_the_services_time(void **state) {
    for (size_t i = 0; i < sizeof(keeping_cases) / sizeof(keeping_cases[0]); i++) {
        check_keeping(*state, &keeping_cases[i]);
    }
}

static void test_no_store_forgets(void **state) {
    static const cvi_keeping no_store = {.no_store = true};
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    store(world, stores);
    store_with(world, stores, HASH_A, &no_store, &both);
    assert_int_equal(world_number(world, "SELECT count(*) FROM cache"), 0);
    cvi_stores_close(stores);
}

/* ---- costs ---- */

static int count_statement(unsigned kind, void *count, void *statement, void *text) {
    (void)kind;
    (void)statement;
    (void)text;
    (*(int *)count)++;
    return 0;
}

/* On a connection that is there already. */
static int statements_of(store_world *world, cvi_stores *stores, const cvi_want *want,
                         const char *expected) {
    sqlite3 *connection = stores->cache_db->connection;
    int count = 0;
    sqlite3_trace_v2(connection, SQLITE_TRACE_STMT, count_statement, &count);
    check_lookup(world, stores, want, expected);
    sqlite3_trace_v2(connection, 0, NULL, NULL);
    return count;
}

static void test_each_look_is_one_point_read(void **state) {
    static const cvi_want fresh = {.ttl_ms = WORLD_TTL_MS};
    static const cvi_want young = {.ttl_ms = WORLD_TTL_MS, .max_age_ms = 500};
    static const cvi_want stale = {.ttl_ms = WORLD_TTL_MS, .stale_too = true};
    store_world *world = *state;
    world->options.database = ":memory:"; /* one connection, which can be watched */
    cvi_stores *stores = world_open(world);
    store(world, stores);
    assert_int_equal(statements_of(world, stores, &fresh, BODY), 1);
    fake_clock_advance(&world->clock, 1000);
    assert_int_equal(statements_of(world, stores, &fresh, BODY), 1);
    assert_int_equal(statements_of(world, stores, &young, NULL), 1);
    fake_clock_advance(&world->clock, WORLD_TTL_MS);
    assert_int_equal(statements_of(world, stores, &fresh, NULL), 1);
    assert_int_equal(statements_of(world, stores, &stale, BODY), 1);
    cvi_stores_close(stores);
}

#define IN_WORLD(test)                                                                             \
    cmocka_unit_test_setup_teardown(test, store_world_setup, store_world_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_WORLD(test_stale_bodies),
        IN_WORLD(test_bounds_of_age),
        IN_WORLD(test_the_clock_may_be_set),
        IN_WORLD(test_a_body_with_its_validators),
        IN_WORLD(test_nothing_is_recalled_unasked),
        IN_WORLD(test_what_is_not_believed),
        IN_WORLD(test_a_body_of_an_older_version),
        IN_WORLD(test_the_services_time),
        IN_WORLD(test_no_store_forgets),
        IN_WORLD(test_each_look_is_one_point_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
