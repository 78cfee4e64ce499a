/* Pages fetched before they are asked for, by walks through records and through whole pages. Each
 * test runs in both drives. */
#include "support/walking.h"

static cv_cursor *open_ahead(const drive_scene *scene) {
    cv_cursor *cursor = walking_open(scene->client, 5);
    cv_cursor_prefetch(cursor, true);
    return cursor;
}

/* Waits, without a word to the cursor, until so many pages have come, all but the first one ahead.
 */
static void await_pages(const drive_scene *scene, int64_t count) {
    drive_until_sent(scene, (size_t)count);
    drive_until(scene, "SELECT count(*) FROM cache", count);
    assert_int_equal(api_query(scene->self, "SELECT count(*) FROM rate_limits WHERE "
                                            "priority = 'background'"),
                     count - 1);
}

/* ---- record by record ---- */

static void test_the_next_page_comes_ahead(void **context) {
    drive_scene *scene = *context;
    cv_cursor *cursor = open_ahead(scene);
    walking_assert_next(cursor, walking_ids, 1);
    await_pages(scene, 2);
    walking_assert_next(cursor, walking_ids + 1, WALKING_ISSUES - 1);
    walking_assert_end(cursor);
    cv_cursor_close(cursor);
    assert_int_equal(drive_requests(scene), 3); /* nothing twice, nothing behind the end */
}

/* Each page is still on its way when it is needed: its request is joined, not made again. */
static void test_a_page_on_its_way_is_joined(void **context) {
    static const server_fault slow = {.kind = SERVER_FAULT_ANSWER,
                                      .path = API_ISSUES,
                                      .skip = 1,
                                      .times = SERVER_ALL,
                                      .delay_ms = 50};
    drive_scene *scene = *context;
    api_break(scene->self, &slow);
    cv_cursor *cursor = open_ahead(scene);
    walking_assert_next(cursor, walking_ids, WALKING_ISSUES);
    walking_assert_end(cursor);
    cv_cursor_close(cursor);
    assert_int_equal(drive_requests(scene), 3);
}

/* That it fails is nobody's error until the page is needed, and then it is asked for again. */
static void test_a_failure_ahead_is_no_failure(void **context) {
    static const server_fault broken = {
        .kind = SERVER_FAULT_ANSWER, .path = API_ISSUES, .skip = 1, .http_status = 502};
    drive_scene *scene = *context;
    api_break(scene->self, &broken);
    cv_cursor *cursor = open_ahead(scene);
    walking_assert_next(cursor, walking_ids, 1);
    drive_until_sent(scene, 2);
    drive_until(scene, "SELECT count(*) FROM dedupe_jobs WHERE status = 'pending'", 0);
    cv_cursor_prefetch(cursor, false);
    walking_assert_next(cursor, walking_ids + 1, WALKING_ISSUES - 1);
    walking_assert_end(cursor);
    cv_cursor_close(cursor);
    assert_int_equal(drive_requests(scene), 4);
}

static void test_without_a_cache_nothing_comes_ahead(void **context) {
    drive_scene *scene = *context;
    cv_options options = api_options(scene->self);
    options.cache.disabled = true;
    cv_client *client = drive_open(scene, &options);
    cv_cursor *cursor = walking_open(client, 5);
    cv_cursor_prefetch(cursor, true);
    walking_assert_next(cursor, walking_ids, WALKING_ISSUES);
    walking_assert_end(cursor);
    cv_cursor_close(cursor);
    cv_client_close(client);
    assert_int_equal(drive_requests(scene), 3);
}

/* Where nothing is kept as fresh, a page that came ahead would be asked for again. */
static void test_nothing_comes_ahead_that_would_be_old(void **context) {
    drive_scene *scene = *context;
    const cv_resource_ttl none = {.resource = CV_ISSUE, .ttl_s = CV_NONE};
    cv_options options = api_options(scene->self);
    options.cache.ttls = &none;
    options.cache.ttl_count = 1;
    cv_client *client = drive_open(scene, &options);
    cv_cursor *cursor = walking_open(client, 5);
    cv_cursor_prefetch(cursor, true);
    walking_assert_next(cursor, walking_ids, 1);
    for (int i = 0; i < 5; i++) {
        cv_client_poll(client, 0); /* what came ahead would be admitted now */
    }
    walking_assert_next(cursor, walking_ids + 1, WALKING_ISSUES - 1);
    walking_assert_end(cursor);
    cv_cursor_close(cursor);
    cv_client_close(client);
    assert_int_equal(drive_requests(scene), 3);
    assert_int_equal(
        api_query(scene->self, "SELECT count(*) FROM rate_limits WHERE priority = 'background'"),
        0);
}

/* ---- page by page ---- */

static void test_pages_as_requests_come_ahead(void **context) {
    drive_scene *scene = *context;
    cv_cursor *cursor = open_ahead(scene);
    walking_assert_page(cursor, walking_ids, 5);
    await_pages(scene, 2);
    const cv_page *second = walking_take(cv_request_next_page(cursor));
    assert_int_equal(second->source, CV_SOURCE_CACHE);
    cv_page_free(second);
    await_pages(scene, 3);
    walking_assert_page(cursor, walking_ids + 10, 2);
    const cv_page *end = walking_take(cv_request_next_page(cursor));
    assert_int_equal(end->count, 0);
    cv_page_free(end);
    cv_client_poll(scene->client, 0);
    assert_int_equal(drive_requests(scene), 3);
    cv_cursor_close(cursor);
}

/* What a callback does with the pages, and with the cursor. */
typedef struct reader {
    cv_cursor *cursor;
    size_t seen;
    bool is_done;
} reader;

static void read_page(cv_request *request, void *user) {
    reader *self = user;
    const cv_page *page = cv_page_take(request);
    assert_non_null(page);
    for (size_t i = 0; i < page->count; i++) {
        assert_int_equal(((const cv_issue *)page->items[i])->id, walking_ids[self->seen++]);
    }
    self->is_done = page->count == 0;
    cv_page_free(page);
    cv_request_free(request);
    if (!self->is_done) {
        cv_request_on_done(cv_request_next_page(self->cursor), read_page, self);
    }
}

/* The next page is asked for at once: whoever comes first, each is fetched once. */
static void test_a_walk_of_callbacks_fetches_each_page_once(void **context) {
    drive_scene *scene = *context;
    reader self = {.cursor = open_ahead(scene)};
    cv_request_on_done(cv_request_next_page(self.cursor), read_page, &self);
    while (!self.is_done) {
        assert_int_equal(cv_client_poll(scene->client, API_PATIENCE_MS), 1);
    }
    assert_int_equal(self.seen, WALKING_ISSUES);
    assert_int_equal(drive_requests(scene), 3);
    cv_cursor_close(self.cursor);
}

static void test_a_page_asked_for_while_on_its_way_is_joined(void **context) {
    drive_scene *scene = *context;
    cv_cursor *cursor = open_ahead(scene);
    walking_assert_page(cursor, walking_ids, 5);
    drive_hold(scene);
    /* In CV_DRIVE_THREAD the second one may have come already. */
    drive_until_sent(scene, 2);
    cv_request *second = cv_request_next_page(cursor);
    drive_release(scene);
    const cv_page *page = walking_take(second);
    assert_int_equal(((const cv_issue *)page->items[0])->id, walking_ids[5]);
    cv_page_free(page);
    walking_assert_page(cursor, walking_ids + 10, 2);
    assert_int_equal(drive_requests(scene), 3);
    cv_cursor_close(cursor);
}

static void test_nothing_comes_ahead_unless_wanted(void **context) {
    drive_scene *scene = *context;
    cv_cursor *cursor = open_ahead(scene);
    cv_cursor_prefetch(cursor, false);
    walking_assert_page(cursor, walking_ids, 5);
    walking_assert_page(cursor, walking_ids + 5, 5);
    cv_client_poll(scene->client, 0);
    assert_int_equal(drive_requests(scene), 2);
    cv_cursor_prefetch(cursor, true);
    cv_cursor_close(cursor);
    assert_int_equal(drive_requests(scene), 2);
}

/* A page that comes ahead and cannot be the next one is asked for again when it is needed; nothing
 * is fetched behind it meanwhile. */
static void test_a_bad_page_ahead_is_no_end(void **context) {
    static const server_fault empty = {
        .kind = SERVER_FAULT_ANSWER,
        .path = API_ISSUES,
        .skip = 1,
        .body = "{\"error\":\"OK\",\"limit\":5,\"offset\":5,\"number_of_page_results\":5,"
                "\"number_of_total_results\":12,\"status_code\":1,\"results\":[]}"};
    drive_scene *scene = *context;
    api_break(scene->self, &empty);
    cv_cursor *cursor = open_ahead(scene);
    walking_assert_page(cursor, walking_ids, 5);
    await_pages(scene, 2);
    cv_request *request = cv_request_next_page(cursor);
    assert_true(cv_request_wait(request, API_PATIENCE_MS));
    assert_ended(request, CV_ERROR_RESPONSE);
    cv_request_free(request);
    assert_int_equal(drive_requests(scene), 2);
    walking_assert_page(cursor, walking_ids + 5, 5);
    walking_assert_page(cursor, walking_ids + 10, 2);
    assert_int_equal(drive_requests(scene), 4);
    cv_cursor_close(cursor);
}

/* ---- ends ---- */

static void take_record(cv_cursor *cursor) {
    walking_assert_next(cursor, walking_ids, 1);
}

static void take_whole_page(cv_cursor *cursor) {
    walking_assert_page(cursor, walking_ids, 5);
}

/* Both ways to have a page, and the next one on its way. */
static void (*const ways[])(cv_cursor *) = {take_record, take_whole_page};

/* A cursor whose second page is held by the server. */
static cv_cursor *open_with_page_held(const drive_scene *scene, size_t way) {
    cv_query query = CV_QUERY_INIT;
    query.limit = 5;
    query.fields = way == 0 ? "name" : "deck"; /* pages of its own */
    cv_cursor *cursor = cv_cursor_open(scene->client, CV_ISSUE, &query, CV_PRIORITY_USER);
    size_t before = drive_requests(scene);
    cv_issue_page_free(cv_issue_list(scene->client, &query, CV_PRIORITY_USER));
    cv_cursor_prefetch(cursor, true);
    drive_hold(scene);
    ways[way](cursor);
    drive_until_sent(scene, before + 2);
    return cursor;
}

static void test_a_cursor_may_be_closed_while_a_page_comes(void **context) {
    static const int64_t others[] = {52, 61};
    drive_scene *scene = *context;
    for (size_t way = 0; way < API_COUNT(ways); way++) {
        cv_cursor *cursor = open_with_page_held(scene, way);
        cv_cursor_close(cursor);
        drive_release(scene);
        assert_int_equal(api_retrieve(scene->client, others[way]).code, CV_OK);
        assert_int_equal(drive_requests(scene), 3 * (way + 1));
    }
}

static void test_a_client_may_be_closed_while_a_page_comes(void **context) {
    drive_scene *scene = *context;
    for (size_t way = 0; way < API_COUNT(ways); way++) {
        cv_cursor *cursor = open_with_page_held(scene, way);
        cv_client_close(scene->client);
        drive_release(scene);
        cv_request *request = cv_request_next_page(cursor);
        assert_ended(request, CV_ERROR_CLOSED);
        cv_request_free(request);
        cv_cursor_close(cursor);
        cv_options options = api_options(scene->self);
        scene->client = drive_open(scene, &options);
    }
}

/* Closed by a callback for its page, when the next one has been asked for or is about to be. */
static void close_cursor(cv_request *request, void *user) {
    cv_cursor **cursor = user;
    assert_int_equal(cv_request_error(request)->code, CV_OK);
    cv_cursor_close(*cursor);
    *cursor = NULL;
}

static void test_a_cursor_may_be_closed_by_its_page(void **context) {
    drive_scene *scene = *context;
    cv_cursor *cursor = open_ahead(scene);
    cv_request *request = cv_request_next_page(cursor);
    cv_request_on_done(request, close_cursor, &cursor);
    assert_true(cv_request_wait(request, API_PATIENCE_MS));
    assert_null(cursor);
    cv_request_free(request);
    assert_int_equal(api_retrieve(scene->client, 52).code, CV_OK);
    assert_in_range(drive_requests(scene), 2, 3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        BOTH_DRIVES(test_the_next_page_comes_ahead),
        BOTH_DRIVES(test_a_page_on_its_way_is_joined),
        BOTH_DRIVES(test_a_failure_ahead_is_no_failure),
        BOTH_DRIVES(test_without_a_cache_nothing_comes_ahead),
        BOTH_DRIVES(test_nothing_comes_ahead_that_would_be_old),
        BOTH_DRIVES(test_pages_as_requests_come_ahead),
        BOTH_DRIVES(test_a_walk_of_callbacks_fetches_each_page_once),
        BOTH_DRIVES(test_a_page_asked_for_while_on_its_way_is_joined),
        BOTH_DRIVES(test_nothing_comes_ahead_unless_wanted),
        BOTH_DRIVES(test_a_bad_page_ahead_is_no_end),
        BOTH_DRIVES(test_a_cursor_may_be_closed_while_a_page_comes),
        BOTH_DRIVES(test_a_client_may_be_closed_while_a_page_comes),
        BOTH_DRIVES(test_a_cursor_may_be_closed_by_its_page),
    };
    return cmocka_run_group_tests_name("cursor ahead", tests, NULL, NULL);
}
