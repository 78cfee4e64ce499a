/* Objects that do not exist: the service is asked once, and then the cache knows for a while; of
 * all other errors it knows nothing. */
#include "support/api_actor.h"
#include "support/api_drive.h"
#include "support/store_face.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ISSUE = 52, UNKNOWN = 999, TTL_S = 300, WEEK_S = 604800 };

static cv_request_options in_mode(cv_mode mode) {
    cv_request_options options = CV_REQUEST_OPTIONS_INIT;
    options.mode = mode;
    return options;
}

static void assert_denied(const outcome *seen, int64_t id) {
    char about[64];
    assert_string_equal(cv_code_name(seen->code), "CV_ERROR_NOT_FOUND");
    assert_int_equal(seen->api_status, 101);
    assert_false(seen->retryable);
    assert_int_equal(seen->retry_after_ms, 0);
    assert_true(snprintf(about, sizeof(about), "issue/4000-%" PRId64 ": ", id) > 0);
    assert_int_equal(strncmp(seen->message, about, strlen(about)), 0);
    assert_non_null(strstr(seen->message, "no such object"));
}

/* Asks, which must be denied, with so many requests in all. */
static void deny(const drive_scene *scene, cv_client *client, int64_t id,
                 const cv_request_options *options, size_t requests) {
    outcome seen = api_retrieve_with(client, id, options);
    assert_denied(&seen, id);
    assert_int_equal(drive_requests(scene), requests);
}

/* Asks, and gets the issue from there. */
static void grant(const drive_scene *scene, const cv_request_options *options, cv_source source) {
    outcome seen = api_retrieve_with(scene->client, ISSUE, options);
    assert_string_equal(cv_code_name(seen.code), "CV_OK");
    assert_int_equal(seen.source, source);
}

/* The service denies the next issue that it is asked for, whatever it is. */
static void deny_next(const drive_scene *scene) {
    const server_fault denial = {.api_status = 101};
    api_break(scene->self, &denial);
}

static cv_cache_stats stats_of(cv_client *client) {
    cv_cache_stats stats;
    assert_done(cv_cache_store_stats(cv_client_cache(client), &stats));
    return stats;
}

/* ---- asked once ---- */

static void test_the_service_is_asked_once(void **context) {
    drive_scene *scene = *context;
    cv_request_options cache_only = in_mode(CV_MODE_CACHE_ONLY);
    outcome seen = api_retrieve(scene->client, UNKNOWN);
    assert_denied(&seen, UNKNOWN);
    assert_int_equal(seen.http_status, 200);
    seen = api_retrieve(scene->client, UNKNOWN);
    assert_denied(&seen, UNKNOWN);
    assert_int_equal(seen.http_status, 0); /* there was no answer this time */
    deny(scene, scene->client, UNKNOWN, &cache_only, 1);
    cv_request *request = drive_ask(scene, UNKNOWN, NULL);
    assert_true(cv_request_wait(request, API_PATIENCE_MS));
    assert_ended(request, CV_ERROR_NOT_FOUND);
    cv_request_free(request);
    assert_int_equal(drive_requests(scene), 1);
    assert_int_equal(api_query(scene->self, "SELECT count(*) FROM rate_limits"), 1);
    assert_int_equal(api_query(scene->self, "SELECT expires_at - created_at FROM cache"),
                     TTL_S * 1000);
}

static void test_other_processes_need_not_ask(void **context) {
    api *self = *context;
    process actor;
    actor_start(&actor, self, NULL);
    outcome seen = actor_read(&actor, UNKNOWN);
    assert_denied(&seen, UNKNOWN);
    cv_client *client = api_open(self, NULL);
    seen = api_retrieve(client, UNKNOWN);
    assert_denied(&seen, UNKNOWN);
    assert_int_equal(server_request_count(self->server, NULL), 1);
    seen = api_retrieve(client, UNKNOWN + 1);
    assert_denied(&seen, UNKNOWN + 1);
    seen = actor_read(&actor, UNKNOWN + 1);
    assert_denied(&seen, UNKNOWN + 1);
    actor_ask(&actor, UNKNOWN + 1);
    seen = actor_hear(&actor);
    assert_denied(&seen, UNKNOWN + 1);
    actor_hear_done(&actor);
    assert_int_equal(server_request_count(self->server, NULL), 2);
    cv_client_close(client);
    actor_end(&actor);
}

static void test_fields_of_what_does_not_exist(void **context) {
    drive_scene *scene = *context;
    cv_request_options options = CV_REQUEST_OPTIONS_INIT;
    options.fields = "id,name";
    deny(scene, scene->client, UNKNOWN, NULL, 1);
    deny(scene, scene->client, UNKNOWN, &options, 1);
    cv_request *request = cv_request_retrieve(scene->client, CV_ISSUE, UNKNOWN, &options);
    assert_true(cv_request_wait(request, API_PATIENCE_MS));
    assert_ended(request, CV_ERROR_NOT_FOUND);
    cv_request_free(request);
    assert_int_equal(drive_requests(scene), 1);
    /* Not the other way round: what was denied of some fields is not yet denied of all. */
    deny(scene, scene->client, UNKNOWN + 1, &options, 2);
    deny(scene, scene->client, UNKNOWN + 1, &options, 2);
    deny(scene, scene->client, UNKNOWN + 1, NULL, 3);
}

/* Of two words about an object the later one counts. */
static void test_an_object_that_has_come_to_be(void **context) {
    drive_scene *scene = *context;
    cv_request_options options = CV_REQUEST_OPTIONS_INIT;
    options.fields = "id,name";
    deny_next(scene);
    deny(scene, scene->client, ISSUE, &options, 1);
    face_execute(scene->self, "UPDATE cache SET created_at = created_at - 1000");
    grant(scene, NULL, CV_SOURCE_NETWORK);
    grant(scene, &options, CV_SOURCE_CACHE);
    face_execute(scene->self, "UPDATE cache SET created_at = (SELECT created_at FROM cache"
                              " WHERE negative = 1) - 1000 WHERE negative = 0");
    deny(scene, scene->client, ISSUE, &options, 2);
    cv_request *request = cv_request_retrieve(scene->client, CV_ISSUE, ISSUE, &options);
    assert_true(cv_request_wait(request, API_PATIENCE_MS));
    assert_ended(request, CV_ERROR_NOT_FOUND);
    cv_request_free(request);
    assert_int_equal(drive_requests(scene), 2);
}

/* ---- asked again ---- */

static void test_refresh_asks_anew(void **context) {
    drive_scene *scene = *context;
    cv_request_options refresh = in_mode(CV_MODE_REFRESH);
    deny(scene, scene->client, UNKNOWN, NULL, 1);
    deny(scene, scene->client, UNKNOWN, &refresh, 2);
    deny(scene, scene->client, UNKNOWN, NULL, 2);
    deny_next(scene);
    deny(scene, scene->client, ISSUE, NULL, 3);
    grant(scene, &refresh, CV_SOURCE_NETWORK);
    grant(scene, NULL, CV_SOURCE_CACHE);
    assert_int_equal(drive_requests(scene), 4);
    assert_int_equal(api_query(scene->self, "SELECT count(*) FROM cache"), 2);
    assert_int_equal(api_query(scene->self, "SELECT count(*) FROM cache WHERE negative = 1"), 1);
}

static void test_a_denial_replaces_an_answer(void **context) {
    drive_scene *scene = *context;
    cv_request_options refresh = in_mode(CV_MODE_REFRESH);
    grant(scene, NULL, CV_SOURCE_NETWORK);
    deny_next(scene);
    deny(scene, scene->client, ISSUE, &refresh, 2);
    deny(scene, scene->client, ISSUE, NULL, 2);
    api_assert_denial_left(scene->self);
}

static void test_a_denial_ends(void **context) {
    drive_scene *scene = *context;
    deny_next(scene);
    deny(scene, scene->client, ISSUE, NULL, 1);
    face_age(scene->self, TTL_S - 60);
    deny(scene, scene->client, ISSUE, NULL, 1);
    face_age(scene->self, 60);
    grant(scene, NULL, CV_SOURCE_NETWORK);
    grant(scene, NULL, CV_SOURCE_CACHE);
    assert_int_equal(drive_requests(scene), 2);
}

/* The shorter time holds, of who wrote it and who reads it. */
static void test_each_client_has_a_time_of_its_own(void **context) {
    drive_scene *scene = *context;
    cv_options options = api_options(scene->self);
    options.cache.negative_ttl_s = 10;
    cv_client *strict = drive_open(scene, &options);
    deny(scene, scene->client, UNKNOWN, NULL, 1);
    face_age(scene->self, 5);
    deny(scene, strict, UNKNOWN, NULL, 1);
    face_age(scene->self, 5);
    deny(scene, scene->client, UNKNOWN, NULL, 1);
    deny(scene, strict, UNKNOWN, NULL, 2);
    face_age(scene->self, 10);
    deny(scene, scene->client, UNKNOWN, NULL, 3);
    cv_client_close(strict);
}

/* It has nothing to do with how long answers are fresh. */
static void test_the_ttl_of_answers_does_not_matter(void **context) {
    drive_scene *scene = *context;
    cv_options options = api_options(scene->self);
    options.cache.ttl_s = CV_NONE;
    cv_client *client = drive_open(scene, &options);
    deny(scene, client, UNKNOWN, NULL, 1);
    deny(scene, client, UNKNOWN, NULL, 1);
    cv_client_close(client);
}

static void test_it_may_be_switched_off(void **context) {
    drive_scene *scene = *context;
    cv_options options = api_options(scene->self);
    cv_request_options refresh = in_mode(CV_MODE_REFRESH);
    options.cache.negative_ttl_s = CV_NONE;
    cv_client *client = drive_open(scene, &options);
    deny(scene, client, UNKNOWN, NULL, 1);
    deny(scene, client, UNKNOWN, NULL, 2);
    api_assert_nothing_left(scene->self);
    grant(scene, NULL, CV_SOURCE_NETWORK);
    deny_next(scene); /* and yet what is gone is not handed out any more */
    deny(scene, client, ISSUE, &refresh, 4);
    api_assert_nothing_left(scene->self);
    deny(scene, scene->client, UNKNOWN, NULL, 5);
    deny(scene, client, UNKNOWN, NULL, 6);
    cv_client_close(client);
}

static void test_a_client_without_cache_does_not_remember(void **context) {
    drive_scene *scene = *context;
    cv_options options = api_options(scene->self);
    options.cache.disabled = true;
    cv_client *client = drive_open(scene, &options);
    grant(scene, NULL, CV_SOURCE_NETWORK);
    deny_next(scene);
    deny(scene, client, ISSUE, NULL, 2);
    grant(scene, NULL, CV_SOURCE_CACHE); /* others' rows are not its business */
    cv_client_close(client);
}

/* ---- what it is not ---- */

/* Not data, be it fresh or stale. */
static void test_a_denial_is_never_a_body(void **context) {
    drive_scene *scene = *context;
    cv_cache_store *cache = cv_client_cache(scene->client);
    deny(scene, scene->client, UNKNOWN, NULL, 1);
    face_execute(scene->self, "UPDATE cache SET hash = 'known'");
    for (int i = 0; i < 2; i++) {
        cv_blob blob;
        int64_t age_ms = 0;
        assert_done(cv_cache_store_get(cache, "known", &blob));
        face_check_blob(&blob, NULL);
        assert_done(cv_cache_store_get_stale(cache, "known", &blob, &age_ms));
        face_check_blob(&blob, NULL);
        face_age(scene->self, TTL_S);
    }
}

static bool list_issues(cv_client *client) {
    const cv_issue_page *page = cv_issue_list(client, NULL, CV_PRIORITY_USER);
    bool has_come = page != NULL;
    cv_issue_page_free(page);
    return has_come;
}

/* A list's path denies a query, not an object: that is told, and not remembered. */
static void test_lists_are_not_denied_from_the_cache(void **context) {
    drive_scene *scene = *context;
    deny(scene, scene->client, UNKNOWN, NULL, 1);
    assert_true(list_issues(scene->client));
    api_forget(scene->self);
    deny_next(scene);
    assert_false(list_issues(scene->client));
    assert_string_equal(cv_code_name(cv_last_error()->code), "CV_ERROR_NOT_FOUND");
    api_assert_nothing_left(scene->self);
    assert_true(list_issues(scene->client));
}

/* Rows that are not what they are said to be are asked for again. */
static void test_rows_that_contradict_themselves(void **context) {
    static const char *const changes[] = {
        "UPDATE cache SET value = x'7b7d'", /* damaged */
        "UPDATE cache SET negative = 0",    /* a denial as an answer */
        "UPDATE cache SET created_at = created_at + 60000",
    };
    drive_scene *scene = *context;
    for (size_t i = 0; i < API_COUNT(changes); i++) {
        deny(scene, scene->client, UNKNOWN, NULL, 2 * i + 1);
        face_execute(scene->self, changes[i]);
        deny(scene, scene->client, UNKNOWN, NULL, 2 * i + 2);
        api_forget(scene->self);
    }
    size_t before = drive_requests(scene);
    grant(scene, NULL, CV_SOURCE_NETWORK);
    face_execute(scene->self, "UPDATE cache SET negative = 1"); /* an answer as a denial */
    grant(scene, NULL, CV_SOURCE_NETWORK);
    grant(scene, NULL, CV_SOURCE_CACHE);
    assert_int_equal(drive_requests(scene), before + 2);
}

/* ---- statistics ---- */

static void test_statistics_of_denials(void **context) {
    drive_scene *scene = *context;
    deny(scene, scene->client, UNKNOWN, NULL, 1);
    deny(scene, scene->client, UNKNOWN, NULL, 1);
    deny(scene, scene->client, UNKNOWN, NULL, 1);
    grant(scene, NULL, CV_SOURCE_NETWORK);
    grant(scene, NULL, CV_SOURCE_CACHE);
    cv_cache_stats stats = stats_of(scene->client);
    assert_int_equal(stats.total_items, 2);
    assert_int_equal(stats.negative_items, 1);
    assert_int_equal(stats.expired_items, 0);
    assert_int_equal(stats.negative_hits, 2);
    assert_int_equal(stats.hits, 1);
    assert_int_equal(stats.stale_hits, 0);
    static const char bytes[] =
        "SELECT sum(length(value)) + sum(coalesce(length(tape), 0)) FROM cache";
    assert_int_equal(stats.bytes, api_query(scene->self, bytes));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        BOTH_DRIVES(test_the_service_is_asked_once),
        API_TEST(test_other_processes_need_not_ask),
        BOTH_DRIVES(test_fields_of_what_does_not_exist),
        BOTH_DRIVES(test_an_object_that_has_come_to_be),
        BOTH_DRIVES(test_refresh_asks_anew),
        BOTH_DRIVES(test_a_denial_replaces_an_answer),
        BOTH_DRIVES(test_a_denial_ends),
        BOTH_DRIVES(test_each_client_has_a_time_of_its_own),
        BOTH_DRIVES(test_the_ttl_of_answers_does_not_matter),
        BOTH_DRIVES(test_it_may_be_switched_off),
        BOTH_DRIVES(test_a_client_without_cache_does_not_remember),
        BOTH_DRIVES(test_a_denial_is_never_a_body),
        BOTH_DRIVES(test_lists_are_not_denied_from_the_cache),
        BOTH_DRIVES(test_rows_that_contradict_themselves),
        BOTH_DRIVES(test_statistics_of_denials),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
