/* Many objects at once: what comes from the cache and what is asked for, in how many requests, what
 * becomes of each id, and what is kept. Each test runs in both drives. */
#include "support/api_many.h"
#include "support/store_face.h"

#include <string.h>

enum { UNKNOWN = 999, PAST_S = 3660 };

#define ROWS "SELECT count(*) FROM cache"

static const cv_many *fetch_with(const drive_scene *scene, const int64_t *ids, size_t count,
                                 const cv_request_options *options) {
    return many_fetch(scene->client, CV_ISSUE, ids, count, options);
}

static const cv_many *fetch(const drive_scene *scene, const int64_t *ids, size_t count) {
    return fetch_with(scene, ids, count, NULL);
}

static void assert_issue(const cv_many_item *item, cv_source source, bool is_full) {
    assert_many_record(item, source);
    assert_true(cv_record_has(item->record, "person_credits") == is_full);
}

static void assert_kept(const cv_many_item *item) {
    assert_many_kept(item);
    assert_false(cv_record_has(item->record, "person_credits"));
}

static void assert_sent(const drive_scene *scene, size_t index, const char *query) {
    assert_many_sent(scene, API_ISSUES, index, query);
}

/* ---- what comes ---- */

static void test_one_request_for_all_that_is_not_there(void **context) {
    static const int64_t ids[] = {61, 52, UNKNOWN, 88, 52};
    drive_scene *scene = *context;
    const cv_many *many = fetch(scene, ids, API_COUNT(ids));
    assert_int_equal(drive_requests(scene), 1);
    assert_sent(scene, 0, "format=json&filter=id%3A52%7C61%7C88%7C999&limit=100&api_key=***");
    assert_issue(&many->items[0], CV_SOURCE_NETWORK, false);
    assert_issue(&many->items[1], CV_SOURCE_NETWORK, false);
    assert_many_failed(&many->items[2], CV_ERROR_NOT_FOUND);
    assert_issue(&many->items[3], CV_SOURCE_NETWORK, false);
    assert_issue(&many->items[4], CV_SOURCE_NETWORK, false);
    assert_ptr_not_equal(many->items[1].record, many->items[4].record);
    assert_string_equal(((const cv_issue *)many->items[1].record)->volume->name, "The Lamplighter");
    cv_many_free(many);
}

static void test_the_second_time_all_is_there(void **context) {
    static const int64_t ids[] = {61, 52};
    static const int64_t more[] = {52, 88, 61};
    drive_scene *scene = *context;
    cv_many_free(fetch(scene, ids, API_COUNT(ids)));
    const cv_many *many = fetch(scene, ids, API_COUNT(ids));
    assert_int_equal(drive_requests(scene), 1);
    assert_kept(&many->items[0]);
    assert_kept(&many->items[1]);
    cv_many_free(many);
    many = fetch(scene, more, API_COUNT(more));
    assert_sent(scene, 1, "format=json&filter=id%3A88&limit=100&api_key=***");
    assert_kept(&many->items[0]);
    assert_issue(&many->items[1], CV_SOURCE_NETWORK, false);
    assert_kept(&many->items[2]);
    cv_many_free(many);
}

/* Somebody keeps the file from being written: what a list has said of each object is there for all
 * who ask this client. */
static void test_what_cannot_be_stored_yet_is_there(void **context) {
    static const int64_t ids[] = {61, 52};
    drive_scene *scene = *context;
    drive_hold(scene);
    cv_request *request =
        cv_request_retrieve_many(scene->client, CV_ISSUE, ids, API_COUNT(ids), NULL);
    drive_until_sent(scene, 1);
    struct sqlite3 *locked = face_lock(scene->self);
    drive_release(scene);
    assert_true(cv_request_wait(request, API_PATIENCE_MS));
    assert_ended(request, CV_OK);
    cv_request_free(request);
    const cv_many *many = fetch(scene, ids, API_COUNT(ids));
    assert_kept(&many->items[0]);
    assert_kept(&many->items[1]);
    cv_many_free(many);
    assert_int_equal(api_query(scene->self, ROWS), 0);
    face_unlock(locked);
    assert_int_equal(drive_requests(scene), 1);
}

static void test_a_full_entry_serves_and_stays(void **context) {
    static const int64_t ids[] = {52, 61};
    drive_scene *scene = *context;
    assert_int_equal(api_retrieve(scene->client, 52).source, CV_SOURCE_NETWORK);
    const cv_many *many = fetch(scene, ids, API_COUNT(ids));
    assert_sent(scene, 0, "format=json&filter=id%3A61&limit=100&api_key=***");
    assert_issue(&many->items[0], CV_SOURCE_CACHE, true);
    assert_issue(&many->items[1], CV_SOURCE_NETWORK, false);
    cv_many_free(many);
    /* One full entry, one list, one item of it: nothing was written over. */
    drive_until(scene, ROWS, 3);
    assert_int_equal(api_retrieve(scene->client, 52).source, CV_SOURCE_CACHE);
    /* And what a list says is not taken for all. */
    assert_int_equal(api_retrieve(scene->client, 61).source, CV_SOURCE_NETWORK);
}

static void test_a_remembered_denial_serves(void **context) {
    static const int64_t ids[] = {UNKNOWN};
    drive_scene *scene = *context;
    assert_int_equal(api_retrieve(scene->client, UNKNOWN).code, CV_ERROR_NOT_FOUND);
    const cv_many *many = fetch(scene, ids, API_COUNT(ids));
    assert_many_failed(&many->items[0], CV_ERROR_NOT_FOUND);
    assert_int_equal(drive_requests(scene), 1);
    cv_many_free(many);
}

static void test_fields(void **context) {
    static const int64_t ids[] = {52, 61};
    drive_scene *scene = *context;
    cv_request_options options = CV_REQUEST_OPTIONS_INIT;
    options.fields = "name";
    const cv_many *many = fetch_with(scene, ids, API_COUNT(ids), &options);
    assert_sent(scene, 0,
                "format=json&field_list=id%2Cname&filter=id%3A52%7C61&limit=100&api_key=***");
    assert_true(cv_record_has(many->items[0].record, "name"));
    assert_false(cv_record_has(many->items[0].record, "volume"));
    cv_many_free(many);
    many = fetch_with(scene, ids, API_COUNT(ids), &options);
    assert_kept(&many->items[0]);
    cv_many_free(many);
    many = fetch(scene, ids, API_COUNT(ids)); /* some fields are not all of them */
    assert_issue(&many->items[0], CV_SOURCE_NETWORK, false);
    assert_int_equal(drive_requests(scene), 2);
    cv_many_free(many);
}

static void test_a_hundred_ids_a_request(void **context) {
    enum { COUNT = 250 };
    drive_scene *scene = *context;
    int64_t ids[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        ids[i] = (int64_t)(COUNT - i); /* 250 to 1 */
    }
    const cv_many *many = fetch(scene, ids, COUNT);
    assert_int_equal(drive_requests(scene), 3);
    size_t found = 0;
    for (size_t i = 0; i < COUNT; i++) {
        found += many->items[i].record != NULL;
        assert_true(many->items[i].record != NULL ||
                    many->items[i].error.code == CV_ERROR_NOT_FOUND);
    }
    assert_int_equal(found, 12);
    assert_int_equal(api_query(scene->self, "SELECT count(*) FROM rate_limits"), 3);
    cv_many_free(many);
}

static void test_none_are_done_at_once(void **context) {
    drive_scene *scene = *context;
    const cv_many *many = fetch(scene, NULL, 0);
    assert_int_equal(drive_requests(scene), 0);
    cv_many_free(many);
}

/* Two that ask for the same at once make one request, in whatever order they name the ids. */
static void test_two_at_once_share(void **context) {
    static const int64_t ids[] = {61, 52};
    static const int64_t turned[] = {52, 61};
    drive_scene *scene = *context;
    drive_hold(scene);
    cv_request *const requests[] = {
        cv_request_retrieve_many(scene->client, CV_ISSUE, ids, API_COUNT(ids), NULL),
        cv_request_retrieve_many(scene->client, CV_ISSUE, turned, API_COUNT(turned), NULL)};
    drive_until_sent(scene, 1);
    drive_release(scene);
    for (size_t i = 0; i < API_COUNT(requests); i++) {
        assert_true(cv_request_wait(requests[i], API_PATIENCE_MS));
        const cv_many *many = cv_many_take(requests[i]);
        assert_int_equal(many->items[i].id, 61);
        assert_non_null(many->items[0].record);
        assert_non_null(many->items[1].record);
        cv_many_free(many);
        cv_request_free(requests[i]);
    }
    assert_int_equal(drive_requests(scene), 1);
}

/* ---- modes ---- */

static void test_the_cache_alone(void **context) {
    static const int64_t ids[] = {61, 52};
    drive_scene *scene = *context;
    cv_request_options options = CV_REQUEST_OPTIONS_INIT;
    options.mode = CV_MODE_CACHE_ONLY;
    assert_int_equal(api_retrieve(scene->client, 52).code, CV_OK);
    const cv_many *many = fetch_with(scene, ids, API_COUNT(ids), &options);
    assert_many_failed(&many->items[0], CV_ERROR_NOT_CACHED);
    assert_issue(&many->items[1], CV_SOURCE_CACHE, true);
    assert_int_equal(drive_requests(scene), 1);
    cv_many_free(many);
}

static void test_refresh(void **context) {
    static const int64_t ids[] = {61, 52};
    drive_scene *scene = *context;
    cv_request_options options = CV_REQUEST_OPTIONS_INIT;
    options.mode = CV_MODE_REFRESH;
    cv_many_free(fetch(scene, ids, API_COUNT(ids)));
    const cv_many *many = fetch_with(scene, ids, API_COUNT(ids), &options);
    assert_issue(&many->items[0], CV_SOURCE_NETWORK, false);
    assert_issue(&many->items[1], CV_SOURCE_NETWORK, false);
    assert_int_equal(drive_requests(scene), 2);
    cv_many_free(many);
}

static void test_without_a_cache(void **context) {
    static const int64_t ids[] = {61, 52};
    drive_scene *scene = *context;
    cv_options options = api_options(scene->self);
    options.cache.disabled = true;
    cv_client_close(scene->client);
    scene->client = drive_open(scene, &options);
    for (size_t i = 1; i <= 2; i++) {
        const cv_many *many = fetch(scene, ids, API_COUNT(ids));
        assert_issue(&many->items[0], CV_SOURCE_NETWORK, false);
        assert_issue(&many->items[1], CV_SOURCE_NETWORK, false);
        assert_int_equal(drive_requests(scene), i);
        cv_many_free(many);
    }
    assert_int_equal(api_query(scene->self, ROWS), 0);
}

/* ---- trouble ---- */

static void test_a_failed_list_fails_its_ids(void **context) {
    static const int64_t ids[] = {61, 52};
    static const server_fault fault = {
        .kind = SERVER_FAULT_ANSWER, .path = API_ISSUES, .http_status = 502, .body = "x"};
    drive_scene *scene = *context;
    assert_int_equal(api_retrieve(scene->client, 52).code, CV_OK);
    api_break(scene->self, &fault);
    const cv_many *many = fetch(scene, ids, API_COUNT(ids));
    assert_many_failed(&many->items[0], CV_ERROR_SERVER);
    assert_issue(&many->items[1], CV_SOURCE_CACHE, true);
    cv_many_free(many);
}

/* Fails the test unless what the fixtures have came though the service fails, and nothing else. */
static void assert_old_stood_in(const cv_many *many, size_t known) {
    size_t found = 0;
    for (size_t i = 0; i < many->count; i++) {
        if (many->items[i].record == NULL) {
            assert_many_failed(&many->items[i], CV_ERROR_SERVER);
        } else {
            assert_many_record(&many->items[i], CV_SOURCE_STALE);
            assert_int_equal(many->items[i].record->stale->reason.code, CV_ERROR_SERVER);
            found++;
        }
    }
    assert_int_equal(found, known);
}

/* More of them than are looked for at once; old ones, and where they are to be asked for anew,
 * those that are not. */
static void test_what_is_old_stands_in_for_failed_lists(void **context) {
    enum { COUNT = 150, KNOWN = 12, LISTS = 2 };
    static const server_fault failing = {
        .path = API_ISSUES, .http_status = 500, .body = "", .times = SERVER_ALL};
    drive_scene *scene = *context;
    cv_request_options options = CV_REQUEST_OPTIONS_INIT;
    int64_t ids[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        ids[i] = (int64_t)i + 1;
    }
    cv_many_free(fetch(scene, ids, COUNT));
    drive_until(scene, ROWS, KNOWN + LISTS);
    api_break(scene->self, &failing);
    options.mode = CV_MODE_REFRESH;
    options.stale = CV_STALE_IF_ERROR;
    const cv_many *many = fetch_with(scene, ids, COUNT, &options);
    assert_old_stood_in(many, KNOWN);
    cv_many_free(many);
    api_lift_pauses(scene->self);
    face_age(scene->self, PAST_S);
    many = fetch(scene, ids, COUNT);
    assert_old_stood_in(many, KNOWN);
    cv_many_free(many);
}

static void test_cancel_ends_it_at_once(void **context) {
    static const int64_t ids[] = {61, 52};
    drive_scene *scene = *context;
    note noted = {.calls = 0};
    drive_hold(scene);
    cv_request *request =
        cv_request_retrieve_many(scene->client, CV_ISSUE, ids, API_COUNT(ids), NULL);
    cv_request_on_done(request, note_call, &noted);
    drive_until_sent(scene, 1);
    cv_request_cancel(request);
    assert_ended(request, CV_ERROR_CANCELLED);
    assert_null(cv_many_take(request));
    assert_int_equal(cv_last_error()->code, CV_ERROR_CANCELLED);
    drive_until_called(scene, &noted);
    assert_called_once(&noted, CV_ERROR_CANCELLED);
    cv_request_free(request);
    drive_release(scene);
}

static void test_free_while_under_way(void **context) {
    static const int64_t ids[] = {61, 52};
    drive_scene *scene = *context;
    drive_hold(scene);
    cv_request *request =
        cv_request_retrieve_many(scene->client, CV_ISSUE, ids, API_COUNT(ids), NULL);
    drive_until_sent(scene, 1);
    cv_request_free(request);
    drive_release(scene);
}

static void test_close_while_under_way(void **context) {
    static const int64_t ids[] = {61, 52};
    drive_scene *scene = *context;
    drive_hold(scene);
    cv_request *request =
        cv_request_retrieve_many(scene->client, CV_ISSUE, ids, API_COUNT(ids), NULL);
    drive_until_sent(scene, 1);
    cv_client_close(scene->client);
    scene->client = NULL;
    assert_ended(request, CV_ERROR_CLOSED);
    assert_null(cv_many_take(request));
    cv_request_free(request);
    drive_release(scene);
}

static void test_a_deadline_holds_for_each(void **context) {
    static const int64_t ids[] = {61, 52};
    drive_scene *scene = *context;
    cv_request_options options = CV_REQUEST_OPTIONS_INIT;
    options.deadline_ms = 50;
    assert_int_equal(api_retrieve(scene->client, 52).code, CV_OK);
    drive_hold(scene);
    const cv_many *many = fetch_with(scene, ids, API_COUNT(ids), &options);
    assert_many_failed(&many->items[0], CV_ERROR_TIMEOUT);
    assert_non_null(many->items[1].record);
    cv_many_free(many);
    drive_release(scene);
}

/* ---- types and arguments ---- */

static void test_a_result_of_another_type_is_not_taken(void **context) {
    static const int64_t ids[] = {52};
    drive_scene *scene = *context;
    cv_request *many = cv_request_retrieve_many(scene->client, CV_ISSUE, ids, 1, NULL);
    cv_request *one = drive_ask(scene, 52, NULL);
    assert_true(cv_request_wait(many, API_PATIENCE_MS));
    assert_true(cv_request_wait(one, API_PATIENCE_MS));
    assert_null(cv_record_take(many));
    assert_string_equal(cv_last_error()->message, "the result is of many ids: cv_many_take");
    assert_int_equal(cv_last_error()->code, CV_ERROR_ARGUMENT);
    assert_null(cv_issue_page_take(many));
    assert_int_equal(cv_last_error()->code, CV_ERROR_ARGUMENT);
    assert_null(cv_many_take(one));
    assert_int_equal(cv_last_error()->code, CV_ERROR_ARGUMENT);
    cv_request_free(many);
    cv_request_free(one);
}

static void test_a_kept_record_outlives_all(void **context) {
    static const int64_t ids[] = {52};
    drive_scene *scene = *context;
    const cv_many *many = fetch(scene, ids, 1);
    const cv_record *kept = cv_record_keep(many->items[0].record);
    cv_many_free(many);
    cv_client_close(scene->client);
    scene->client = NULL;
    assert_int_equal(((const cv_issue *)kept)->id, 52);
    cv_record_free(kept);
}

static void test_bad_arguments_send_nothing(void **context) {
    static const int64_t bad[][2] = {{52, 0}, {-1, 52}, {52, INT64_C(1000000000000000)}};
    static const int64_t good[] = {52};
    drive_scene *scene = *context;
    cv_request_options fields = CV_REQUEST_OPTIONS_INIT;
    fields.fields = "person_credits"; /* no list carries them */
    cv_request_options mode = CV_REQUEST_OPTIONS_INIT;
    mode.mode = (cv_mode)9;
    cv_request *const requests[] = {
        cv_request_retrieve_many(scene->client, CV_ISSUE, bad[0], 2, NULL),
        cv_request_retrieve_many(scene->client, CV_ISSUE, bad[1], 2, NULL),
        cv_request_retrieve_many(scene->client, CV_ISSUE, bad[2], 2, NULL),
        cv_request_retrieve_many(scene->client, CV_TYPE, good, 1, NULL),
        cv_request_retrieve_many(scene->client, CV_ISSUE, NULL, 2, NULL),
        cv_request_retrieve_many(scene->client, CV_ISSUE, good, 10001, NULL),
        cv_request_retrieve_many(scene->client, CV_RESOURCE_NONE, good, 1, NULL),
        cv_request_retrieve_many(scene->client, CV_ISSUE, good, 1, &fields),
        cv_request_retrieve_many(scene->client, CV_ISSUE, good, 1, &mode),
    };
    for (size_t i = 0; i < API_COUNT(requests); i++) {
        assert_ended(requests[i], CV_ERROR_ARGUMENT);
        assert_null(cv_many_take(requests[i]));
        cv_request_free(requests[i]);
    }
    assert_null(cv_request_retrieve_many(NULL, CV_ISSUE, good, 1, NULL));
    assert_int_equal(cv_last_error()->code, CV_ERROR_ARGUMENT);
    assert_null(cv_many_take(NULL));
    cv_many_free(NULL);
    assert_int_equal(drive_requests(scene), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        BOTH_DRIVES(test_one_request_for_all_that_is_not_there),
        BOTH_DRIVES(test_the_second_time_all_is_there),
        BOTH_DRIVES(test_what_cannot_be_stored_yet_is_there),
        BOTH_DRIVES(test_a_full_entry_serves_and_stays),
        BOTH_DRIVES(test_a_remembered_denial_serves),
        BOTH_DRIVES(test_fields),
        BOTH_DRIVES(test_a_hundred_ids_a_request),
        BOTH_DRIVES(test_none_are_done_at_once),
        BOTH_DRIVES(test_two_at_once_share),
        BOTH_DRIVES(test_the_cache_alone),
        BOTH_DRIVES(test_refresh),
        BOTH_DRIVES(test_without_a_cache),
        BOTH_DRIVES(test_a_failed_list_fails_its_ids),
        BOTH_DRIVES(test_what_is_old_stands_in_for_failed_lists),
        BOTH_DRIVES(test_cancel_ends_it_at_once),
        BOTH_DRIVES(test_free_while_under_way),
        BOTH_DRIVES(test_close_while_under_way),
        BOTH_DRIVES(test_a_deadline_holds_for_each),
        BOTH_DRIVES(test_a_result_of_another_type_is_not_taken),
        BOTH_DRIVES(test_a_kept_record_outlives_all),
        BOTH_DRIVES(test_bad_arguments_send_nothing),
    };
    return cmocka_run_group_tests_name("many", tests, NULL, NULL);
}
