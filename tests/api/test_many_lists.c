/* What lists tell and do not tell about the ids that they were asked for, and what is kept of them.
 * Each test runs in both drives. */
#include "support/api_many.h"

#include <stdlib.h>
#include <string.h>

#define ROWS      "SELECT count(*) FROM cache"
#define ITEMS     "CAST(value AS TEXT) LIKE '%\"results\":{%'"
#define ISSUE(id) "{\"id\":" #id ",\"name\":\"From a list\"}"

enum { UNKNOWN = 999 };

static const cv_many *fetch(const drive_scene *scene, const int64_t *ids, size_t count) {
    return many_fetch(scene->client, CV_ISSUE, ids, count, NULL);
}

static void assert_sent(const drive_scene *scene, size_t index, const char *query) {
    assert_many_sent(scene, API_ISSUES, index, query);
}

/* ---- lists that tell less ---- */

/* A mirror that gives one item at a time: what it has left out is asked for, and only the list that
 * has all that match says what is missing. */
static void test_a_mirror_that_clamps_the_limit(void **context) {
    static const int64_t ids[] = {52, 61, 88, UNKNOWN};
    drive_scene *scene = *context;
    many_answer(scene, ISSUE(52), 1, 3);
    many_answer(scene, ISSUE(61), 1, 2);
    const cv_many *many = fetch(scene, ids, API_COUNT(ids));
    for (size_t i = 0; i < 3; i++) {
        assert_many_record(&many->items[i], CV_SOURCE_NETWORK);
    }
    assert_many_failed(&many->items[3], CV_ERROR_NOT_FOUND);
    assert_int_equal(drive_requests(scene), 3);
    assert_int_equal(api_query(scene->self, "SELECT count(*) FROM rate_limits"), 3);
    assert_sent(scene, 1, "format=json&filter=id%3A61%7C88%7C999&limit=100&api_key=***");
    assert_sent(scene, 2, "format=json&filter=id%3A88%7C999&limit=100&api_key=***");
    cv_many_free(many);
}

/* Answers that do not tell of an item which they count. */
static void test_what_was_not_told_is_asked_again(void **context) {
    static const struct {
        const char *items;
        int64_t page_results;
        int64_t total_results;
    } cases[] = {
        {ISSUE(52) ",[]", 2, 2},
        {ISSUE(52) ",{\"id\":null}", 2, 2},
        {ISSUE(52) "," ISSUE(52), 2, 2},
        {ISSUE(52), 1, 2},
        {ISSUE(52), 2, 1},
        {ISSUE(52) "," ISSUE(7), 2, 2},
        {ISSUE(52), 0, 0},
    };
    static const int64_t ids[] = {52, 61};
    for (size_t i = 0; i < API_COUNT(cases); i++) {
        drive_scene *scene = *context;
        many_answer(scene, cases[i].items, cases[i].page_results, cases[i].total_results);
        const cv_many *many = fetch(scene, ids, API_COUNT(ids));
        assert_many_record(&many->items[0], CV_SOURCE_NETWORK);
        assert_many_record(&many->items[1], CV_SOURCE_NETWORK);
        assert_int_equal(drive_requests(scene), 2 * (i + 1));
        assert_sent(scene, 2 * i + 1, "format=json&filter=id%3A61&limit=100&api_key=***");
        cv_many_free(many);
        drive_until(scene, ROWS, 4);
        api_forget(scene->self);
    }
}

/* An answer that tells of nothing that was asked for is not asked for again, and denies nothing. */
static void test_lists_that_tell_nothing_end(void **context) {
    static const struct {
        const char *items;
        int64_t page_results;
        int64_t total_results;
    } cases[] = {
        {ISSUE(1), 1, 5000}, {ISSUE(1), 1, 1}, {"[]", 1, 1}, {"", 0, 2}, {"", 2, 0},
    };
    static const int64_t ids[] = {52, 61};
    drive_scene *scene = *context;
    for (size_t i = 0; i < API_COUNT(cases); i++) {
        many_answer(scene, cases[i].items, cases[i].page_results, cases[i].total_results);
        const cv_many *many = fetch(scene, ids, API_COUNT(ids));
        assert_many_failed(&many->items[0], CV_ERROR_RESPONSE);
        assert_many_failed(&many->items[1], CV_ERROR_RESPONSE);
        assert_int_equal(drive_requests(scene), i + 1);
        cv_many_free(many);
        api_forget(scene->self);
    }
}

static void test_progress_that_ends(void **context) {
    static const int64_t ids[] = {52, 61};
    drive_scene *scene = *context;
    many_answer(scene, ISSUE(52) ",[]", 2, 2);
    many_answer(scene, "[]", 1, 1);
    const cv_many *many = fetch(scene, ids, API_COUNT(ids));
    assert_many_record(&many->items[0], CV_SOURCE_NETWORK);
    assert_many_failed(&many->items[1], CV_ERROR_RESPONSE);
    assert_int_equal(drive_requests(scene), 2);
    cv_many_free(many);
}

static void test_nothing_of_nothing_is_a_denial(void **context) {
    static const int64_t ids[] = {52, 61};
    drive_scene *scene = *context;
    many_answer(scene, "", 0, 0);
    const cv_many *many = fetch(scene, ids, API_COUNT(ids));
    assert_many_failed(&many->items[0], CV_ERROR_NOT_FOUND);
    assert_many_failed(&many->items[1], CV_ERROR_NOT_FOUND);
    cv_many_free(many);
}

/* That there is no such path says nothing about objects. */
static void test_a_list_that_does_not_exist(void **context) {
    static const int64_t ids[] = {52, 61};
    static const server_fault fault = {
        .kind = SERVER_FAULT_ANSWER, .path = API_ISSUES, .http_status = 404, .body = "gone"};
    drive_scene *scene = *context;
    api_break(scene->self, &fault);
    const cv_many *many = fetch(scene, ids, API_COUNT(ids));
    assert_many_failed(&many->items[0], CV_ERROR_RESPONSE);
    assert_int_equal(many->items[0].error.http_status, 404);
    cv_many_free(many);
}

/* With other requests for the rest, an answer that comes anew is asked for with the same mode. */
static void test_refresh_asks_again_too(void **context) {
    static const int64_t ids[] = {52, 61};
    drive_scene *scene = *context;
    cv_request_options options = CV_REQUEST_OPTIONS_INIT;
    options.mode = CV_MODE_REFRESH;
    cv_many_free(fetch(scene, ids, API_COUNT(ids)));
    many_answer(scene, ISSUE(52), 1, 2);
    const cv_many *many = many_fetch(scene->client, CV_ISSUE, ids, API_COUNT(ids), &options);
    assert_many_record(&many->items[0], CV_SOURCE_NETWORK);
    assert_many_record(&many->items[1], CV_SOURCE_NETWORK);
    assert_int_equal(drive_requests(scene), 3);
    cv_many_free(many);
}

/* ---- lists from the cache ---- */

/* Fetches two, then takes the items out of the cache and makes the list ten minutes old. */
static void leave_an_old_list(const drive_scene *scene, const int64_t ids[2]) {
    cv_many_free(fetch(scene, ids, 2));
    drive_until(scene, ROWS, 3);
    api_query(scene->self, "DELETE FROM cache WHERE " ITEMS " RETURNING 1");
    api_query(scene->self, "UPDATE cache SET created_at = created_at - 600000,"
                           " expires_at = expires_at - 600000 RETURNING 1");
    assert_int_equal(api_query(scene->self, ROWS), 1);
}

static void test_items_of_a_cached_list_are_kept_with_its_age(void **context) {
    static const int64_t ids[] = {52, 61};
    drive_scene *scene = *context;
    leave_an_old_list(scene, ids);
    int64_t created_ms = api_query(scene->self, "SELECT created_at FROM cache");
    int64_t expires_ms = api_query(scene->self, "SELECT expires_at FROM cache");
    const cv_many *many = fetch(scene, ids, API_COUNT(ids));
    assert_many_record(&many->items[0], CV_SOURCE_CACHE);
    assert_int_equal(many->items[0].record->fetched_at_ms, created_ms);
    cv_many_free(many);
    drive_until(scene, ROWS, 3);
    assert_int_equal(api_query(scene->self, "SELECT count(DISTINCT created_at) FROM cache"), 1);
    assert_int_equal(api_query(scene->self, "SELECT max(expires_at) FROM cache"), expires_ms);
    many = fetch(scene, ids, 1); /* its own entry now */
    assert_many_record(&many->items[0], CV_SOURCE_CACHE);
    assert_int_equal(many->items[0].record->fetched_at_ms, created_ms);
    assert_int_equal(many->items[0].record->expires_at_ms, expires_ms);
    assert_int_equal(drive_requests(scene), 1);
    cv_many_free(many);
}

/* That an object is not there is remembered for negative_ttl_s, however long its list is good. */
static void test_an_old_list_denies_nothing(void **context) {
    static const int64_t ids[] = {52, UNKNOWN};
    static const char *const make_older =
        "UPDATE cache SET created_at = created_at - 200000 RETURNING 1";
    drive_scene *scene = *context;
    cv_many_free(fetch(scene, ids, API_COUNT(ids)));
    cv_many_free(fetch(scene, ids, API_COUNT(ids)));
    assert_int_equal(drive_requests(scene), 2); /* both, then the unknown one alone */
    drive_until(scene, ROWS, 3);
    api_query(scene->self, make_older);
    const cv_many *many = fetch(scene, ids, API_COUNT(ids));
    assert_many_failed(&many->items[1], CV_ERROR_NOT_FOUND);
    assert_int_equal(drive_requests(scene), 2);
    cv_many_free(many);
    api_query(scene->self, make_older);
    many = fetch(scene, ids, API_COUNT(ids));
    assert_many_record(&many->items[0], CV_SOURCE_CACHE);
    assert_many_failed(&many->items[1], CV_ERROR_NOT_FOUND);
    assert_int_equal(drive_requests(scene), 3);
    cv_many_free(many);
}

static void test_denials_that_are_not_to_be_remembered(void **context) {
    static const int64_t ids[] = {UNKNOWN};
    drive_scene *scene = *context;
    cv_options options = api_options(scene->self);
    options.cache.negative_ttl_s = CV_NONE;
    cv_client_close(scene->client);
    scene->client = drive_open(scene, &options);
    for (size_t i = 1; i <= 2; i++) {
        const cv_many *many = fetch(scene, ids, API_COUNT(ids));
        assert_many_failed(&many->items[0], CV_ERROR_NOT_FOUND);
        assert_int_equal(drive_requests(scene), i);
        cv_many_free(many);
    }
}

/* Those who joined another's request keep its items as well, should its process have died. */
static void test_items_of_a_shared_list_are_kept(void **context) {
    static const int64_t ids[] = {52, 61};
    drive_scene *scene = *context;
    cv_options options = api_options(scene->self);
    cv_client *other = drive_open(scene, &options);
    drive_hold(scene);
    cv_request *first = cv_request_retrieve_many(other, CV_ISSUE, ids, 2, NULL);
    while (server_request_count(scene->self->server, NULL) == 0) {
        cv_client_poll(other, 1);
    }
    cv_request *second = cv_request_retrieve_many(scene->client, CV_ISSUE, ids, 2, NULL);
    drive_until(scene, "SELECT count(*) FROM dedupe_waiters", 1);
    drive_release(scene);
    assert_true(cv_request_wait(first, API_PATIENCE_MS));
    cv_request_free(first);
    assert_true(cv_request_wait(second, API_PATIENCE_MS));
    const cv_many *many = cv_many_take(second);
    assert_many_record(&many->items[0], CV_SOURCE_SHARED);
    cv_many_free(many);
    cv_request_free(second);
    drive_until(scene, ROWS, 3);
    assert_int_equal(drive_requests(scene), 1);
    cv_client_close(other);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        BOTH_DRIVES(test_a_mirror_that_clamps_the_limit),
        BOTH_DRIVES(test_what_was_not_told_is_asked_again),
        BOTH_DRIVES(test_lists_that_tell_nothing_end),
        BOTH_DRIVES(test_progress_that_ends),
        BOTH_DRIVES(test_nothing_of_nothing_is_a_denial),
        BOTH_DRIVES(test_a_list_that_does_not_exist),
        BOTH_DRIVES(test_refresh_asks_again_too),
        BOTH_DRIVES(test_items_of_a_cached_list_are_kept_with_its_age),
        BOTH_DRIVES(test_an_old_list_denies_nothing),
        BOTH_DRIVES(test_denials_that_are_not_to_be_remembered),
        BOTH_DRIVES(test_items_of_a_shared_list_are_kept),
    };
    return cmocka_run_group_tests_name("many lists", tests, NULL, NULL);
}
