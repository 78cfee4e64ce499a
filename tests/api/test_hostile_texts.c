/* Texts that are SQL, patterns or no text at all, as every name that the stores take: each is just
 * a name, of one row, and the others and the tables stay as they are. */
#include "support/store_face.h"

#include <stdio.h>
#include <string.h>

#define KEPT   "a row that nobody may touch"
#define SCHEMA "SELECT count(*) * 1000000 + sum(length(sql)) FROM sqlite_schema"

static const char *const hostile[] = {
    "'; DROP TABLE cache; --",
    "' OR '1'='1",
    "\"; DELETE FROM rate_limits; --",
    "x'); UPDATE cache SET value = 'y'; --",
    "?1",
    ":hash",
    "@hash",
    "$hash",
    "%",
    "_",
    "*",
    "[a-z]*",
    "a%s%n%d",
    "\\'",
    "/* */",
    "a -- b",
    "NULL",
    "x'00'",
    "1e400",
    "0x7fffffffffffffff",
    "\xFF\xFE",
    "\xC0\x80",
    "\xED\xA0\x80",
    "char(0)",
    "main.cache",
};

typedef void use_name(const api *self, void *store, const char *name);

/* Each of the texts, and each byte between two letters. */
static void with_each(const api *self, void *store, use_name *use) {
    for (size_t i = 0; i < API_COUNT(hostile); i++) {
        use(self, store, hostile[i]);
    }
    for (unsigned byte = 1; byte <= 0xFF; byte++) {
        const char name[] = {'a', (char)byte, 'c', '\0'};
        use(self, store, name);
    }
}

static int64_t begin(const api *self) {
    return api_query(self, SCHEMA);
}

static void end(const api *self, int64_t schema) {
    assert_int_equal(api_query(self, SCHEMA), schema);
    assert_int_equal(api_query(self, "SELECT count(*) FROM pragma_integrity_check"
                                     " WHERE integrity_check = 'ok'"),
                     1);
}

/* ---- the cache ---- */

static void check_value(cv_cache_store *cache, const char *name, const char *expected) {
    cv_blob value = {.data = NULL};
    assert_done(cv_cache_store_get(cache, name, &value));
    face_check_blob(&value, expected);
}

static void use_in_cache(const api *self, void *store, const char *name) {
    cv_cache_store *cache = store;
    check_value(cache, name, NULL);
    assert_done(cv_cache_store_set(cache, name, name, strlen(name), 0));
    check_value(cache, name, name);
    assert_int_equal(api_query(self, "SELECT count(*) FROM cache"), 2);
    assert_done(cv_cache_store_delete(cache, name));
    check_value(cache, name, NULL);
    check_value(cache, STORE_HASH, KEPT);
}

static void test_keys_of_the_cache(void **context) {
    const api *self = *context;
    cv_cache_options options = CV_CACHE_OPTIONS_INIT;
    options.database = self->database.text;
    cv_cache_store *cache = cv_cache_store_open(&options);
    assert_non_null(cache);
    int64_t schema = begin(self);
    assert_done(cv_cache_store_set(cache, STORE_HASH, KEPT, strlen(KEPT), 0));
    with_each(self, cache, use_in_cache);
    end(self, schema);
    cv_cache_store_close(cache);
}

/* ---- jobs ---- */

static void use_as_job(const api *self, void *store, const char *name) {
    cv_dedupe_store *jobs = store;
    char id[CV_JOB_ID_SIZE];
    char other[CV_JOB_ID_SIZE];
    bool owner = false;
    cv_blob result = {.data = NULL};
    assert_done(cv_dedupe_store_register(jobs, name, id, &owner));
    assert_true(owner);
    assert_done(cv_dedupe_store_register(jobs, name, other, &owner));
    assert_false(owner);
    assert_string_equal(id, other);
    assert_refused(cv_dedupe_store_complete(jobs, name, "' OR '1'='1", "b", 1), CV_ERROR_CANCELLED);
    assert_done(cv_dedupe_store_complete(jobs, name, id, name, strlen(name)));
    assert_done(cv_dedupe_store_wait(jobs, name, id, 0, &result, NULL));
    face_check_blob(&result, name);
    assert_int_equal(api_query(self, "SELECT count(*) FROM dedupe_jobs WHERE status = 'pending'"),
                     1);
}

static void test_names_of_jobs(void **context) {
    const api *self = *context;
    cv_dedupe_options options = CV_DEDUPE_OPTIONS_INIT;
    char id[CV_JOB_ID_SIZE];
    bool owner = false;
    options.database = self->database.text;
    cv_dedupe_store *jobs = cv_dedupe_store_open(&options);
    assert_non_null(jobs);
    int64_t schema = begin(self);
    assert_done(cv_dedupe_store_register(jobs, STORE_HASH, id, &owner));
    with_each(self, jobs, use_as_job);
    end(self, schema);
    cv_dedupe_store_close(jobs);
}

/* ---- the limit ---- */

/* Paths are letters, digits, '_', '-' and '.'; all else is refused and counts nowhere. */
static void use_as_path(const api *self, void *store, const char *name) {
    int64_t before = api_query(self, "SELECT count(*) FROM rate_limits");
    int64_t wait_ms = 0;
    bool is_path = true;
    for (const char *next = name; *next != '\0'; next++) {
        is_path = is_path && strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                    "0123456789_-.",
                                    *next) != NULL;
    }
    bool admitted = cv_rate_limit_store_acquire(store, name, CV_PRIORITY_USER, &wait_ms);
    assert_int_equal(admitted, is_path);
    if (!is_path) {
        face_assert_error(CV_ERROR_ARGUMENT);
    }
    assert_int_equal(api_query(self, "SELECT count(*) FROM rate_limits"), before + admitted);
}

static void test_paths(void **context) {
    const api *self = *context;
    cv_rate_limit_options options = CV_RATE_LIMIT_OPTIONS_INIT;
    options.database = self->database.text;
    options.min_interval_ms = CV_NO_INTERVAL;
    cv_rate_limit_store *limit = cv_rate_limit_store_open(&options);
    assert_non_null(limit);
    int64_t schema = begin(self);
    with_each(self, limit, use_as_path);
    end(self, schema);
    cv_rate_limit_store_close(limit);
}

/* A scope, a service and an application of that name: they count apart from all others, and say who
 * they are, or are refused for a control character. */
static void use_as_scope(const api *self, void *store, const char *name) {
    (void)store;
    cv_rate_limit_options options = CV_RATE_LIMIT_OPTIONS_INIT;
    cv_rate_limit_status status;
    cv_rate_limit_spender spender;
    size_t count = 0;
    int64_t wait_ms = 0;
    options.database = self->database.text;
    options.min_interval_ms = CV_NO_INTERVAL;
    options.scope = options.origin = options.application = name;
    cv_rate_limit_store *limit = cv_rate_limit_store_open(&options);
    if (limit == NULL) {
        face_assert_error(CV_ERROR_ARGUMENT);
        assert_true((unsigned char)name[1] < 0x20 || name[1] == 0x7F);
        return;
    }
    assert_done(cv_rate_limit_store_acquire(limit, "issue", CV_PRIORITY_USER, &wait_ms));
    assert_done(cv_rate_limit_store_cool_down(limit, NULL, 1000));
    assert_done(cv_rate_limit_store_status(limit, "issue", &status));
    assert_int_equal(status.used, 1);
    assert_done(cv_rate_limit_store_spenders(limit, "issue", &spender, 1, &count));
    assert_int_equal(count, 1);
    assert_string_equal(spender.application, name);
    assert_done(cv_rate_limit_store_clear(limit));
    cv_rate_limit_store_close(limit);
    assert_int_equal(api_query(self, "SELECT count(*) FROM rate_limits"), 1);
}

static void test_scopes_and_applications(void **context) {
    const api *self = *context;
    cv_rate_limit_options options = CV_RATE_LIMIT_OPTIONS_INIT;
    int64_t wait_ms = 0;
    options.database = self->database.text;
    options.scope = "another";
    cv_rate_limit_store *another = cv_rate_limit_store_open(&options);
    assert_non_null(another);
    int64_t schema = begin(self);
    assert_done(cv_rate_limit_store_acquire(another, "issue", CV_PRIORITY_USER, &wait_ms));
    with_each(self, NULL, use_as_scope);
    end(self, schema);
    cv_rate_limit_store_close(another);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        API_TEST(test_keys_of_the_cache),
        API_TEST(test_names_of_jobs),
        API_TEST(test_paths),
        API_TEST(test_scopes_and_applications),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
