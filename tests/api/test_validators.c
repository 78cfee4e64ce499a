/* Answers that the service confirms instead of sending them again: what is sent for that, what
 * becomes of the entry, and that nothing that happens to its row meanwhile makes a wrong answer.
 * And Cache-Control. */
#include "support/api_actor.h"
#include "support/api_drive.h"
#include "support/store_face.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ISSUE = 52, TTL_S = 3600, PAST_S = 3660 };

#define NAME       "The Long Night on Wharf Street"
#define ROWS       "SELECT count(*) FROM cache"
#define VALIDATED  "SELECT count(*) FROM cache WHERE etag IS NOT NULL AND last_modified IS NOT NULL"
#define ADMISSIONS "SELECT count(*) FROM rate_limits"
#define A_DATE     "Sun, 06 Nov 1994 08:49:37 GMT"

static server_request request_at(const drive_scene *scene, size_t index) {
    server_request request;
    assert_true(server_request_at(scene->self->server, NULL, index, &request));
    return request;
}

/* A blocking call that must go well. */
static void check_name(cv_client *client, cv_source source, const char *name) {
    const cv_issue *issue = cv_issue_retrieve(client, ISSUE, CV_PRIORITY_USER);
    if (issue == NULL) {
        fail_msg("%s", cv_last_error()->message);
    }
    assert_int_equal(issue->record.source, source);
    assert_string_equal(issue->name, name);
    assert_true(issue->record.expires_at_ms > issue->record.fetched_at_ms);
    cv_issue_free(issue);
}

/* The service sends validators, has answered once, and that was long ago. */
static void make_old(const drive_scene *scene) {
    server_set_validators(scene->self->server, true);
    check_name(scene->client, CV_SOURCE_NETWORK, NAME);
    assert_int_equal(api_query(scene->self, VALIDATED), 1);
    face_age(scene->self, PAST_S);
}

/* The second request named what the first had brought, and was answered so. */
static void check_asked(const drive_scene *scene, unsigned http_status) {
    server_request request = request_at(scene, 1);
    assert_non_null(request.if_none_match);
    assert_int_equal(request.if_none_match[0], '"');
    assert_string_equal(request.if_modified_since, A_DATE);
    assert_int_equal(request.http_status, http_status);
}

/* The last request asked for the whole. */
static void check_asked_for_the_whole(const drive_scene *scene) {
    server_request request = request_at(scene, drive_requests(scene) - 1);
    assert_null(request.if_none_match);
    assert_null(request.if_modified_since);
    assert_int_equal(request.http_status, 200);
}

/* ---- renewing ---- */

static void test_a_304_renews(void **context) {
    drive_scene *scene = *context;
    make_old(scene);
    assert_null(request_at(scene, 0).if_none_match);
    check_name(scene->client, CV_SOURCE_NETWORK, NAME);
    check_asked(scene, 304);
    check_name(scene->client, CV_SOURCE_CACHE, NAME);
    assert_int_equal(drive_requests(scene), 2);
    assert_int_equal(api_query(scene->self, ADMISSIONS), 2); /* it was a request like any other */
    assert_int_equal(api_query(scene->self, VALIDATED), 1);
    face_age(scene->self, PAST_S);
    check_name(scene->client, CV_SOURCE_NETWORK, NAME);
    assert_int_equal(request_at(scene, 2).http_status, 304);
}

static void test_a_changed_object_is_sent(void **context) {
    drive_scene *scene = *context;
    char *changed = api_issue_text(ISSUE, "Another Night");
    const server_fault other = {.body = changed, .times = SERVER_ALL};
    make_old(scene);
    api_break(scene->self, &other);
    check_name(scene->client, CV_SOURCE_NETWORK, "Another Night");
    check_asked(scene, 200);
    check_name(scene->client, CV_SOURCE_CACHE, "Another Night");
    face_age(scene->self, PAST_S);
    check_name(scene->client, CV_SOURCE_NETWORK, "Another Night");
    assert_int_equal(request_at(scene, 2).http_status, 304); /* by its own validators */
    free(changed);
}

static void test_lists_are_confirmed_too(void **context) {
    drive_scene *scene = *context;
    server_set_validators(scene->self->server, true);
    cv_page_free(cv_list(scene->client, CV_ISSUE, NULL, CV_PRIORITY_USER));
    face_age(scene->self, PAST_S);
    const cv_page *page = cv_list(scene->client, CV_ISSUE, NULL, CV_PRIORITY_USER);
    assert_int_equal(page->source, CV_SOURCE_NETWORK);
    assert_true(page->count > 0);
    cv_page_free(page);
    check_asked(scene, 304);
}

static void test_refresh_asks_for_the_whole(void **context) {
    drive_scene *scene = *context;
    cv_request_options refresh = CV_REQUEST_OPTIONS_INIT;
    refresh.mode = CV_MODE_REFRESH;
    make_old(scene);
    assert_int_equal(api_retrieve_with(scene->client, ISSUE, &refresh).code, CV_OK);
    check_asked_for_the_whole(scene);
}

static void test_waiters_get_what_was_confirmed(void **context) {
    drive_scene *scene = *context;
    process actor;
    make_old(scene);
    actor_start(&actor, scene->self, NULL);
    drive_hold(scene);
    cv_request *request = drive_ask(scene, ISSUE, NULL);
    drive_until_sent(scene, 2);
    actor_ask(&actor, ISSUE);
    drive_until(scene, "SELECT count(*) FROM dedupe_waiters", 1);
    drive_release(scene);
    assert_true(cv_request_wait(request, API_PATIENCE_MS));
    assert_ended(request, CV_OK);
    cv_request_free(request);
    outcome seen = actor_hear(&actor);
    assert_int_equal(seen.code, CV_OK);
    assert_int_equal(seen.source, CV_SOURCE_SHARED);
    actor_hear_done(&actor);
    actor_end(&actor);
    check_asked(scene, 304);
    assert_int_equal(drive_requests(scene), 2);
}

/* ---- what may happen to the row ---- */

/* Between the sending and the 304. */
static void change_meanwhile(const drive_scene *scene, const char *sql) {
    size_t before = drive_requests(scene);
    drive_hold(scene);
    cv_request *request = drive_ask(scene, ISSUE, NULL);
    drive_until_sent(scene, before + 1);
    face_execute(scene->self, sql);
    drive_release(scene);
    assert_true(cv_request_wait(request, API_PATIENCE_MS));
    assert_ended(request, CV_OK);
    const cv_issue *issue = cv_issue_take(request);
    assert_string_equal(issue->name, NAME);
    assert_int_equal(issue->record.source, CV_SOURCE_NETWORK);
    cv_issue_free(issue);
    cv_request_free(request);
}

static void test_the_row_may_change_while_it_is_confirmed(void **context) {
    static const char *const changes[] = {
        "DELETE FROM cache",
        "UPDATE cache SET value = replace(value, 'Wharf', 'Harbo')",
        "UPDATE cache SET value = '{}', checksum = NULL",
        "UPDATE cache SET etag = NULL, last_modified = NULL, headers_of = NULL",
        "UPDATE cache SET etag = '\"another\"'",
    };
    drive_scene *scene = *context;
    server_set_validators(scene->self->server, true);
    check_name(scene->client, CV_SOURCE_NETWORK, NAME);
    for (size_t i = 0; i < API_COUNT(changes); i++) {
        face_age(scene->self, PAST_S);
        change_meanwhile(scene, changes[i]);
        assert_int_equal(request_at(scene, i + 1).http_status, 304);
        check_name(scene->client, CV_SOURCE_CACHE, NAME);
        assert_int_equal(api_query(scene->self, VALIDATED), 1);
    }
    assert_int_equal(drive_requests(scene), 1 + API_COUNT(changes));
}

/* Before the sending: what cannot be believed is not asked about. */
static void test_what_cannot_be_believed_is_fetched_whole(void **context) {
    static const char *const changes[] = {
        "UPDATE cache SET value = replace(value, 'Wharf', 'Harbo')",
        "UPDATE cache SET checksum = NULL",             /* as the Node packages write it */
        "UPDATE cache SET headers_of = headers_of + 1", /* a body put in by an older version */
        "UPDATE cache SET headers_of = NULL",
        "UPDATE cache SET etag = 'a' || char(13, 10) || 'X: y', last_modified = NULL",
        "UPDATE cache SET etag = zeroblob(3), last_modified = 5",
    };
    drive_scene *scene = *context;
    server_set_validators(scene->self->server, true);
    check_name(scene->client, CV_SOURCE_NETWORK, NAME);
    for (size_t i = 0; i < API_COUNT(changes); i++) {
        face_age(scene->self, PAST_S);
        face_execute(scene->self, changes[i]);
        check_name(scene->client, CV_SOURCE_NETWORK, NAME);
        check_asked_for_the_whole(scene);
        assert_int_equal(api_query(scene->self, VALIDATED), 1);
    }
}

/* A body that is intact but was stored under another key: the service is not asked to confirm it.
 */
static void test_what_is_of_another_key_is_fetched_whole(void **context) {
    drive_scene *scene = *context;
    make_old(scene);
    assert_int_equal(api_retrieve(scene->client, 61).code, CV_OK);
    face_execute(scene->self,
                 "UPDATE cache SET (value, checksum, headers_of) ="
                 " (SELECT value, checksum, checksum FROM cache ORDER BY created_at DESC LIMIT 1)"
                 " WHERE created_at = (SELECT min(created_at) FROM cache)");
    check_name(scene->client, CV_SOURCE_NETWORK, NAME);
    check_asked_for_the_whole(scene);
    assert_int_equal(drive_requests(scene), 3);
    assert_int_equal(api_query(scene->self, ADMISSIONS), 3);
}

/* ---- what the service may say ---- */

static void test_a_304_that_nobody_asked_for(void **context) {
    drive_scene *scene = *context;
    const server_fault unasked = {.http_status = 304, .body = ""};
    api_break(scene->self, &unasked);
    outcome seen = api_retrieve(scene->client, ISSUE);
    assert_string_equal(cv_code_name(seen.code), "CV_ERROR_RESPONSE");
    assert_int_equal(seen.http_status, 304);
    api_assert_nothing_left(scene->self);
    check_name(scene->client, CV_SOURCE_NETWORK, NAME);
}

static void check_hostile(const drive_scene *scene, const server_header *hostile) {
    const server_fault said = {.headers = {*hostile}};
    cv_request_options refresh = CV_REQUEST_OPTIONS_INIT;
    refresh.mode = CV_MODE_REFRESH;
    api_break(scene->self, &said);
    assert_int_equal(api_retrieve_with(scene->client, ISSUE, &refresh).code, CV_OK);
    assert_int_equal(
        api_query(scene->self,
                  "SELECT count(*) FROM cache WHERE etag IS NOT NULL OR last_modified IS NOT NULL"),
        0);
}

static void test_hostile_headers_are_not_kept(void **context) {
    static char too_long[400];
    drive_scene *scene = *context;
    memset(too_long, 'a', sizeof(too_long) - 1);
    too_long[0] = too_long[sizeof(too_long) - 2] = '"';
    const server_header hostile[] = {
        {"ETag", too_long},
        {"ETag", "\"" API_KEY "\""}, /* the key, echoed */
        {"ETag", "\"a\", \"b\""},
        {"ETag", "\"\x80\""},
        {"ETag", "*"},
        {"Last-Modified", "yesterday"},
        {"Last-Modified", too_long},
    };
    for (size_t i = 0; i < API_COUNT(hostile); i++) {
        check_hostile(scene, &hostile[i]);
    }
}

static void test_an_error_keeps_what_was_there(void **context) {
    drive_scene *scene = *context;
    const server_fault failing = {.http_status = 500, .body = ""};
    make_old(scene);
    api_break(scene->self, &failing);
    check_name(scene->client, CV_SOURCE_STALE, NAME);
    check_asked(scene, 500);
    check_name(scene->client, CV_SOURCE_NETWORK, NAME);
    assert_int_equal(request_at(scene, 2).http_status, 304);
}

static void test_a_denial_has_no_validators(void **context) {
    enum { UNKNOWN = 999 };
    drive_scene *scene = *context;
    server_set_validators(scene->self->server, true);
    assert_int_equal(api_retrieve(scene->client, UNKNOWN).code, CV_ERROR_NOT_FOUND);
    assert_int_equal(api_query(scene->self, VALIDATED), 0);
    face_age(scene->self, PAST_S);
    assert_int_equal(api_retrieve(scene->client, UNKNOWN).code, CV_ERROR_NOT_FOUND);
    check_asked_for_the_whole(scene);
}

/* ---- Cache-Control ---- */

static cv_client *open_heeding(const drive_scene *scene) {
    cv_options options = api_options(scene->self);
    options.cache.heed_cache_control = true;
    return drive_open(scene, &options);
}

/* Fetches the issue with this header, for so long. */
static void fetch_with(const drive_scene *scene, cv_client *client, const char *control) {
    const server_fault said = {.headers = {{"Cache-Control", control}}};
    cv_request_options refresh = CV_REQUEST_OPTIONS_INIT;
    refresh.mode = CV_MODE_REFRESH;
    api_break(scene->self, &said);
    outcome seen = api_retrieve_with(client, ISSUE, &refresh);
    assert_int_equal(seen.source, CV_SOURCE_NETWORK);
}

/* What a call that asks for the cache alone comes to when `age_s` have passed. */
static outcome look(const drive_scene *scene, cv_client *client, int64_t age_s) {
    cv_request_options cache_only = CV_REQUEST_OPTIONS_INIT;
    cache_only.mode = CV_MODE_CACHE_ONLY;
    face_age(scene->self, age_s);
    return api_retrieve_with(client, ISSUE, &cache_only);
}

static void test_the_services_time_counts_when_asked_for(void **context) {
    drive_scene *scene = *context;
    cv_client *heeding = open_heeding(scene);
    fetch_with(scene, heeding, "max-age=60");
    assert_int_equal(look(scene, heeding, 50).source, CV_SOURCE_CACHE);
    assert_int_equal(look(scene, heeding, 20).source, CV_SOURCE_STALE);
    fetch_with(scene, heeding, "max-age=7200");
    assert_int_equal(look(scene, heeding, PAST_S).source, CV_SOURCE_CACHE);
    fetch_with(scene, heeding, "private");
    assert_int_equal(look(scene, heeding, TTL_S - 60).source, CV_SOURCE_CACHE);
    assert_int_equal(look(scene, heeding, 120).source, CV_SOURCE_STALE);
    cv_client_close(heeding);
}

static void test_the_services_time_does_not_count_otherwise(void **context) {
    drive_scene *scene = *context;
    fetch_with(scene, scene->client, "max-age=60, must-revalidate");
    assert_int_equal(look(scene, scene->client, 120).source, CV_SOURCE_CACHE);
    assert_int_equal(look(scene, scene->client, TTL_S).source, CV_SOURCE_STALE);
    fetch_with(scene, scene->client, "no-store");
    assert_int_equal(look(scene, scene->client, 0).source, CV_SOURCE_CACHE);
    fetch_with(scene, scene->client, "no-cache");
    assert_int_equal(look(scene, scene->client, 0).source, CV_SOURCE_CACHE);
}

/* A longer time of the service's is one for those who heed it, a shorter one for all. */
static void test_readers_with_other_settings(void **context) {
    drive_scene *scene = *context;
    cv_client *heeding = open_heeding(scene);
    fetch_with(scene, heeding, "max-age=7200");
    assert_int_equal(look(scene, scene->client, PAST_S).source, CV_SOURCE_STALE);
    fetch_with(scene, heeding, "max-age=60");
    assert_int_equal(look(scene, scene->client, 120).source, CV_SOURCE_STALE);
    cv_client_close(heeding);
}

static void test_must_revalidate_is_never_stale(void **context) {
    static const char *const controls[] = {"max-age=60, must-revalidate", "no-cache"};
    drive_scene *scene = *context;
    cv_client *heeding = open_heeding(scene);
    for (size_t i = 0; i < API_COUNT(controls); i++) {
        fetch_with(scene, heeding, controls[i]);
        assert_int_equal(look(scene, heeding, 120).code, CV_ERROR_NOT_CACHED);
        assert_int_equal(api_query(scene->self, ROWS), 1); /* it may still be confirmed */
    }
    cv_client_close(heeding);
}

static void test_no_store_leaves_nothing(void **context) {
    drive_scene *scene = *context;
    cv_client *heeding = open_heeding(scene);
    check_name(heeding, CV_SOURCE_NETWORK, NAME);
    fetch_with(scene, heeding, "no-store");
    assert_int_equal(api_query(scene->self, ROWS), 0);
    cv_client_close(heeding);
}

static void test_no_cache_is_confirmed_each_time(void **context) {
    drive_scene *scene = *context;
    const server_fault said = {.headers = {{"Cache-Control", "no-cache"}}, .times = SERVER_ALL};
    cv_client *heeding = open_heeding(scene);
    server_set_validators(scene->self->server, true);
    api_break(scene->self, &said);
    for (size_t i = 0; i < 3; i++) {
        const cv_issue *issue = cv_issue_retrieve(heeding, ISSUE, CV_PRIORITY_USER);
        assert_int_equal(issue->record.source, CV_SOURCE_NETWORK);
        cv_issue_free(issue);
        assert_int_equal(request_at(scene, i).http_status, i == 0 ? 200 : 304);
    }
    cv_client_close(heeding);
}

/* Asks a list for the one issue, whose answer comes with this header; what it says of the issue is
 * stored at the latest when the client closes. */
static void list_with(const drive_scene *scene, const char *control) {
    static const int64_t ids[] = {ISSUE};
    const server_fault said = {.headers = {{"Cache-Control", control}}};
    cv_client *heeding = open_heeding(scene);
    api_break(scene->self, &said);
    cv_request *request = cv_request_retrieve_many(heeding, CV_ISSUE, ids, 1, NULL);
    assert_true(cv_request_wait(request, API_PATIENCE_MS));
    assert_ended(request, CV_OK);
    cv_request_free(request);
    cv_client_close(heeding);
}

/* What a list says of objects is kept no longer than the list. */
static void test_objects_of_a_list(void **context) {
    drive_scene *scene = *context;
    list_with(scene, "no-store");
    assert_int_equal(api_query(scene->self, ROWS), 0);
    list_with(scene, "max-age=60");
    assert_int_equal(drive_requests(scene), 2);
    assert_int_equal(api_query(scene->self, ROWS), 2);
    assert_int_equal(api_query(scene->self, ROWS " WHERE expires_at <= created_at + 60000"), 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        BOTH_DRIVES(test_a_304_renews),
        BOTH_DRIVES(test_a_changed_object_is_sent),
        BOTH_DRIVES(test_lists_are_confirmed_too),
        BOTH_DRIVES(test_refresh_asks_for_the_whole),
        BOTH_DRIVES(test_waiters_get_what_was_confirmed),
        BOTH_DRIVES(test_the_row_may_change_while_it_is_confirmed),
        BOTH_DRIVES(test_what_cannot_be_believed_is_fetched_whole),
        BOTH_DRIVES(test_what_is_of_another_key_is_fetched_whole),
        BOTH_DRIVES(test_a_304_that_nobody_asked_for),
        BOTH_DRIVES(test_hostile_headers_are_not_kept),
        BOTH_DRIVES(test_an_error_keeps_what_was_there),
        BOTH_DRIVES(test_a_denial_has_no_validators),
        BOTH_DRIVES(test_the_services_time_counts_when_asked_for),
        BOTH_DRIVES(test_the_services_time_does_not_count_otherwise),
        BOTH_DRIVES(test_readers_with_other_settings),
        BOTH_DRIVES(test_must_revalidate_is_never_stale),
        BOTH_DRIVES(test_no_store_leaves_nothing),
        BOTH_DRIVES(test_no_cache_is_confirmed_each_time),
        BOTH_DRIVES(test_objects_of_a_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
