/* Many objects of resources whose lists cannot be asked by id: each on its own path, few at once.
 * Each test runs in both drives. */
#include "support/api_many.h"
#include "support/store_face.h"

#include <stdio.h>
#include <string.h>

#define VIDEO_TYPE "/api/video_type/"

#define BOTH(test)                                                                                 \
    {#test " (thread)", test, set_up_thread, drive_tear_down, NULL}, {                             \
#test " (poll)", test, set_up_poll, drive_tear_down, NULL                                  \
    }

enum { FETCHES = 4, PAST_S = 3660 };

static int set_up_thread(void **context) {
    return drive_set_up_on(context, CV_DRIVE_THREAD, api_new_on(CVI_FIXTURES "/resources"));
}

static int set_up_poll(void **context) {
    return drive_set_up_on(context, CV_DRIVE_POLL, api_new_on(CVI_FIXTURES "/resources"));
}

static const cv_many *fetch(const drive_scene *scene, const int64_t *ids, size_t count,
                            const cv_request_options *options) {
    return many_fetch(scene->client, CV_VIDEO_TYPE, ids, count, options);
}

static void test_each_resource_without_id_lists(void **context) {
    static const struct {
        cv_resource resource;
        int64_t ids[2];
    } cases[] = {{CV_VIDEO_TYPE, {41, 42}}, {CV_VIDEO_CATEGORY, {31, 32}}, {CV_CHAT, {1501, 1502}}};
    drive_scene *scene = *context;
    for (size_t i = 0; i < API_COUNT(cases); i++) {
        const cv_many *many = many_fetch(scene->client, cases[i].resource, cases[i].ids, 2, NULL);
        assert_many_record(&many->items[0], CV_SOURCE_NETWORK);
        assert_many_record(&many->items[1], CV_SOURCE_NETWORK);
        assert_int_equal(many->items[0].record->resource, cases[i].resource);
        cv_many_free(many);
    }
    assert_int_equal(drive_requests(scene), 6);
    assert_int_equal(api_query(scene->self, "SELECT count(*) FROM rate_limits"), 6);
}

static void test_the_cache_serves_and_the_rest_is_asked_for(void **context) {
    static const int64_t first[] = {41};
    static const int64_t ids[] = {42, 41, 99, 42};
    drive_scene *scene = *context;
    cv_many_free(fetch(scene, first, 1, NULL));
    const cv_many *many = fetch(scene, ids, API_COUNT(ids), NULL);
    assert_many_record(&many->items[0], CV_SOURCE_NETWORK);
    assert_many_record(&many->items[1], CV_SOURCE_CACHE);
    assert_string_equal(((const cv_video_type *)many->items[1].record)->name, "Trailer");
    assert_many_failed(&many->items[2], CV_ERROR_NOT_FOUND);
    assert_many_record(&many->items[3], CV_SOURCE_NETWORK);
    assert_int_equal(drive_requests(scene), 3); /* 41, then 42 and 99, which is remembered too */
    cv_many_free(many);
    many = fetch(scene, ids, API_COUNT(ids), NULL);
    assert_many_record(&many->items[0], CV_SOURCE_CACHE);
    assert_many_failed(&many->items[2], CV_ERROR_NOT_FOUND);
    assert_int_equal(drive_requests(scene), 3);
    cv_many_free(many);
}

/* The entries are those of single calls, in both directions. */
static void test_single_calls_share_the_entries(void **context) {
    static const int64_t ids[] = {41, 42};
    drive_scene *scene = *context;
    cv_record_free(cv_retrieve(scene->client, CV_VIDEO_TYPE, 41, CV_PRIORITY_USER));
    cv_many_free(fetch(scene, ids, 2, NULL));
    const cv_record *record = cv_retrieve(scene->client, CV_VIDEO_TYPE, 42, CV_PRIORITY_USER);
    assert_non_null(record);
    assert_int_equal(record->source, CV_SOURCE_CACHE);
    assert_int_equal(drive_requests(scene), 2);
    cv_record_free(record);
}

static void test_the_cache_alone(void **context) {
    static const int64_t ids[] = {41, 42};
    drive_scene *scene = *context;
    cv_request_options options = CV_REQUEST_OPTIONS_INIT;
    options.fields = "name";
    cv_many_free(fetch(scene, ids, 1, &options));
    options.mode = CV_MODE_CACHE_ONLY;
    const cv_many *many = fetch(scene, ids, 2, &options);
    assert_many_record(&many->items[0], CV_SOURCE_CACHE);
    assert_false(cv_record_has(many->items[0].record, "deck"));
    assert_many_failed(&many->items[1], CV_ERROR_NOT_CACHED);
    assert_int_equal(drive_requests(scene), 1);
    cv_many_free(many);
}

static void test_refresh(void **context) {
    static const int64_t ids[] = {41, 42};
    drive_scene *scene = *context;
    cv_request_options options = CV_REQUEST_OPTIONS_INIT;
    options.mode = CV_MODE_REFRESH;
    cv_many_free(fetch(scene, ids, 2, NULL));
    const cv_many *many = fetch(scene, ids, 2, &options);
    assert_many_record(&many->items[0], CV_SOURCE_NETWORK);
    assert_many_record(&many->items[1], CV_SOURCE_NETWORK);
    assert_int_equal(drive_requests(scene), 4);
    cv_many_free(many);
}

static void test_a_failure_is_one_ids(void **context) {
    static const int64_t ids[] = {41, 42};
    static const server_fault fault = {
        .kind = SERVER_FAULT_ANSWER, .path = VIDEO_TYPE "2320-41", .http_status = 502, .body = "x"};
    drive_scene *scene = *context;
    api_break(scene->self, &fault);
    const cv_many *many = fetch(scene, ids, 2, NULL);
    assert_many_failed(&many->items[0], CV_ERROR_SERVER);
    assert_many_record(&many->items[1], CV_SOURCE_NETWORK);
    cv_many_free(many);
}

/* However many are wanted, few are on their way; and all of them come. */
static void test_few_are_under_way_at_once(void **context) {
    enum { COUNT = 40 };
    drive_scene *scene = *context;
    int64_t ids[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        ids[i] = (int64_t)i + 1;
    }
    drive_hold(scene);
    cv_request *request = cv_request_retrieve_many(scene->client, CV_VIDEO_TYPE, ids, COUNT, NULL);
    drive_until_sent(scene, FETCHES);
    for (size_t sent = FETCHES; sent < COUNT; sent++) {
        assert_int_equal(api_query(scene->self, "SELECT count(*) FROM dedupe_jobs"
                                                " WHERE status = 'pending'"),
                         FETCHES);
        server_release(scene->self->server, 1);
        drive_until_sent(scene, sent + 1);
        drive_until(scene, "SELECT count(*) FROM dedupe_jobs WHERE status = 'pending'", FETCHES);
    }
    drive_release(scene);
    assert_true(cv_request_wait(request, API_PATIENCE_MS));
    assert_int_equal(drive_requests(scene), COUNT);
    assert_int_equal(api_query(scene->self, "SELECT count(*) FROM rate_limits"), COUNT);
    cv_request_free(request);
}

static void test_cancel_sends_nothing_more(void **context) {
    static const int64_t ids[] = {41, 42, 43, 44, 45, 46, 47, 48};
    drive_scene *scene = *context;
    drive_hold(scene);
    cv_request *request =
        cv_request_retrieve_many(scene->client, CV_VIDEO_TYPE, ids, API_COUNT(ids), NULL);
    drive_until_sent(scene, FETCHES);
    cv_request_cancel(request);
    assert_ended(request, CV_ERROR_CANCELLED);
    drive_release(scene);
    drive_until(scene, "SELECT count(*) FROM dedupe_jobs WHERE status = 'pending'", 0);
    assert_int_equal(drive_requests(scene), FETCHES);
    cv_request_free(request);
}

static void test_fields_are_checked_at_the_door(void **context) {
    static const int64_t ids[] = {41};
    drive_scene *scene = *context;
    cv_request_options options = CV_REQUEST_OPTIONS_INIT;
    options.fields = "nonsense";
    cv_request *request = cv_request_retrieve_many(scene->client, CV_VIDEO_TYPE, ids, 1, &options);
    assert_ended(request, CV_ERROR_ARGUMENT);
    assert_non_null(strstr(cv_request_error(request)->message, "nonsense"));
    cv_request_free(request);
    assert_int_equal(drive_requests(scene), 0);
}

/* In every way of taking what is old: nobody would fetch it anew behind a request for many. */
static void test_what_is_old_stands_in(void **context) {
    static const int64_t ids[] = {41, 42};
    static const cv_stale kinds[] = {CV_STALE_DEFAULT, CV_STALE_WHILE_REVALIDATE};
    const server_fault failing = {.http_status = 500, .body = "", .times = SERVER_ALL};
    drive_scene *scene = *context;
    cv_request_options options = CV_REQUEST_OPTIONS_INIT;
    cv_many_free(fetch(scene, ids, 1, NULL));
    face_age(scene->self, PAST_S);
    api_break(scene->self, &failing);
    for (size_t i = 0; i < API_COUNT(kinds); i++) {
        options.stale = kinds[i];
        const cv_many *many = fetch(scene, ids, API_COUNT(ids), &options);
        assert_many_record(&many->items[0], CV_SOURCE_STALE);
        assert_int_equal(many->items[0].record->stale->reason.code, CV_ERROR_SERVER);
        assert_many_failed(&many->items[1], CV_ERROR_SERVER);
        cv_many_free(many);
        api_lift_pauses(scene->self);
    }
    options.stale = CV_STALE_NEVER;
    const cv_many *many = fetch(scene, ids, 1, &options);
    assert_many_failed(&many->items[0], CV_ERROR_SERVER);
    cv_many_free(many);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        BOTH(test_each_resource_without_id_lists),
        BOTH(test_the_cache_serves_and_the_rest_is_asked_for),
        BOTH(test_single_calls_share_the_entries),
        BOTH(test_the_cache_alone),
        BOTH(test_refresh),
        BOTH(test_a_failure_is_one_ids),
        BOTH(test_few_are_under_way_at_once),
        BOTH(test_cancel_sends_nothing_more),
        BOTH(test_fields_are_checked_at_the_door),
        BOTH(test_what_is_old_stands_in),
    };
    return cmocka_run_group_tests_name("many singly", tests, NULL, NULL);
}
