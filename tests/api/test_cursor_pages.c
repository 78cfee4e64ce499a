/* Whole pages as requests, and walks that share their pages. Each test runs in both drives. */
#include "support/walking.h"

/* ---- whole pages ---- */

static void test_pages_as_requests(void **context) {
    drive_scene *scene = *context;
    cv_cursor *cursor = walking_open(scene->client, 5);
    walking_assert_page(cursor, walking_ids, 5);
    assert_int_equal(cv_cursor_position(cursor), 5);
    walking_assert_page(cursor, walking_ids + 5, 5);
    assert_int_equal(cv_cursor_position(cursor), 10);
    walking_assert_page(cursor, walking_ids + 10, 2);
    assert_int_equal(cv_cursor_position(cursor), WALKING_ISSUES);
    /* Behind the last one: nothing is sent, and there is nothing. */
    cv_request *last = cv_request_next_page(cursor);
    assert_true(cv_request_done(last));
    assert_null(cv_record_take(last));
    assert_int_equal(cv_last_error()->code, CV_ERROR_ARGUMENT);
    const cv_page *page = walking_take(last);
    assert_int_equal(page->count, 0);
    assert_int_equal(page->total, WALKING_ISSUES);
    cv_page_free(page);
    assert_int_equal(drive_requests(scene), 3);
    cv_cursor_close(cursor);
}

static void assert_end_page(cv_cursor *cursor, const cv_page *last) {
    const cv_page *page = walking_take(cv_request_next_page(cursor));
    assert_int_equal(page->count, 0);
    assert_int_equal(page->offset, WALKING_ISSUES);
    assert_int_equal(page->total, WALKING_ISSUES);
    assert_int_equal(page->limit, last->limit);
    assert_int_equal(page->source, last->source);
    assert_int_equal(page->fetched_at_ms, last->fetched_at_ms);
    assert_int_equal(page->expires_at_ms, last->expires_at_ms);
    cv_page_free(page);
}

/* It says of where it came from what the last one said. */
static void test_the_page_at_the_end_is_as_the_last_one(void **context) {
    static const cv_source sources[] = {CV_SOURCE_NETWORK, CV_SOURCE_CACHE};
    drive_scene *scene = *context;
    for (size_t i = 0; i < API_COUNT(sources); i++) {
        cv_cursor *cursor = walking_open(scene->client, 10);
        walking_assert_page(cursor, walking_ids, 10);
        const cv_page *last = walking_take(cv_request_next_page(cursor));
        assert_int_equal(last->count, 2);
        assert_int_equal(last->source, sources[i]);
        assert_int_equal(last->limit, 10);
        assert_true(last->fetched_at_ms > 0 && last->expires_at_ms > last->fetched_at_ms);
        assert_end_page(cursor, last);
        assert_end_page(cursor, last);
        cv_page_free(last);
        cv_cursor_close(cursor);
    }
    assert_int_equal(drive_requests(scene), 2);
}

/* The blocking way to the end is the same. */
static void test_the_page_at_the_end_of_a_walk_by_records(void **context) {
    drive_scene *scene = *context;
    cv_cursor *cursor = walking_open(scene->client, 20);
    const cv_issue *issue = cv_issue_next(cursor);
    const cv_page last = {.limit = 20,
                          .source = CV_SOURCE_NETWORK,
                          .fetched_at_ms = issue->record.fetched_at_ms,
                          .expires_at_ms = issue->record.expires_at_ms};
    walking_assert_next(cursor, walking_ids + 1, WALKING_ISSUES - 1);
    walking_assert_end(cursor);
    assert_end_page(cursor, &last);
    cv_cursor_close(cursor);
}

/* No page has come there. */
static void test_the_page_at_the_end_of_a_resumed_walk_has_no_times(void **context) {
    static const cv_page none = {.limit = 5, .source = CV_SOURCE_CACHE};
    drive_scene *scene = *context;
    cv_cursor *cursor = walking_open(scene->client, 5);
    walking_assert_next(cursor, walking_ids, WALKING_ISSUES);
    char *token = cv_cursor_token(cursor);
    cv_cursor_close(cursor);
    cursor = cv_cursor_resume(scene->client, token);
    cv_free(token);
    assert_end_page(cursor, &none);
    cv_cursor_close(cursor);
    assert_int_equal(drive_requests(scene), 3);
}

static void test_one_page_at_a_time(void **context) {
    drive_scene *scene = *context;
    note noted = {.calls = 0};
    cv_cursor *cursor = walking_open(scene->client, 5);
    drive_hold(scene);
    cv_request *first = cv_request_next_page(cursor);
    cv_request_on_done(first, note_call, &noted);
    cv_request *second = cv_request_next_page(cursor);
    assert_ended(second, CV_ERROR_ARGUMENT);
    cv_request_free(second);
    assert_int_equal(cv_cursor_position(cursor), 0);
    drive_release(scene);
    drive_until_called(scene, &noted);
    assert_int_equal(cv_cursor_position(cursor), 5);
    cv_request_free(first);
    cv_cursor_close(cursor);
}

/* Nor may a record be asked for meanwhile; where the walk stands may. */
static void test_no_record_while_a_page_is_under_way(void **context) {
    drive_scene *scene = *context;
    cv_cursor *cursor = walking_open(scene->client, 5);
    drive_hold(scene);
    cv_request *request = cv_request_next_page(cursor);
    drive_until_sent(scene, 1);
    assert_null(cv_cursor_next(cursor));
    assert_int_equal(cv_cursor_error(cursor)->code, CV_ERROR_ARGUMENT);
    char *token = cv_cursor_token(cursor);
    drive_release(scene);
    cv_page_free(walking_take(request));
    walking_assert_next(cursor, walking_ids + 5, WALKING_ISSUES - 5);
    walking_assert_end(cursor);
    cv_cursor_close(cursor);
    cursor = cv_cursor_resume(scene->client, token); /* the page had not come */
    cv_free(token);
    walking_assert_next(cursor, walking_ids, 1);
    cv_cursor_close(cursor);
    assert_int_equal(drive_requests(scene), 3);
}

/* Both ways through one walk: a whole page passes over what is left of the one at hand. */
static void test_records_and_pages_in_turn(void **context) {
    drive_scene *scene = *context;
    for (int prefetch = 0; prefetch < 2; prefetch++) {
        cv_cursor *cursor = walking_open(scene->client, 3);
        cv_cursor_prefetch(cursor, prefetch != 0);
        walking_assert_next(cursor, walking_ids, 2);
        walking_assert_page(cursor, walking_ids + 3, 3);
        assert_int_equal(cv_cursor_position(cursor), 6);
        walking_assert_next(cursor, walking_ids + 6, 1);
        assert_int_equal(cv_cursor_position(cursor), 7);
        walking_assert_page(cursor, walking_ids + 9, 3);
        walking_assert_end(cursor);
        cv_cursor_close(cursor);
        api_forget(scene->self);
        assert_int_equal(drive_requests(scene), 4 * (prefetch + 1));
    }
}

static void test_a_cancelled_page_is_asked_for_again(void **context) {
    drive_scene *scene = *context;
    cv_cursor *cursor = walking_open(scene->client, 5);
    drive_hold(scene);
    cv_request *request = cv_request_next_page(cursor);
    drive_until_sent(scene, 1);
    cv_request_cancel(request);
    assert_ended(request, CV_ERROR_CANCELLED);
    cv_request_free(request);
    drive_release(scene);
    assert_int_equal(cv_cursor_position(cursor), 0);
    walking_assert_next(cursor, walking_ids, WALKING_ISSUES);
    walking_assert_end(cursor);
    cv_cursor_close(cursor);
}

static void test_a_page_may_outlive_its_cursor(void **context) {
    drive_scene *scene = *context;
    cv_cursor *cursor = walking_open(scene->client, 5);
    drive_hold(scene);
    cv_request *request = cv_request_next_page(cursor);
    cv_cursor_close(cursor);
    drive_release(scene);
    const cv_page *page = walking_take(request);
    assert_int_equal(page->count, 5);
    cv_page_free(page);
}

static void test_close_ends_a_page(void **context) {
    drive_scene *scene = *context;
    cv_cursor *cursor = walking_open(scene->client, 5);
    drive_hold(scene);
    cv_request *request = cv_request_next_page(cursor);
    drive_until_sent(scene, 1);
    cv_client_close(scene->client);
    scene->client = NULL;
    assert_ended(request, CV_ERROR_CLOSED);
    cv_request_free(request);
    cv_cursor_close(cursor);
    drive_release(scene);
}

/* ---- walks side by side ---- */

static void test_two_walks_share_their_pages(void **context) {
    drive_scene *scene = *context;
    cv_options options = api_options(scene->self);
    cv_client *other = drive_open(scene, &options);
    cv_cursor *cursors[] = {walking_open(scene->client, 5), walking_open(other, 5)};
    for (size_t i = 0; i < WALKING_ISSUES; i++) {
        walking_assert_next(cursors[i % 2], walking_ids + i, 1);
        walking_assert_next(cursors[1 - i % 2], walking_ids + i, 1);
    }
    for (size_t i = 0; i < 2; i++) {
        walking_assert_end(cursors[i]);
        cv_cursor_close(cursors[i]);
    }
    cv_client_close(other);
    assert_int_equal(drive_requests(scene), 3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        BOTH_DRIVES(test_pages_as_requests),
        BOTH_DRIVES(test_the_page_at_the_end_is_as_the_last_one),
        BOTH_DRIVES(test_the_page_at_the_end_of_a_walk_by_records),
        BOTH_DRIVES(test_the_page_at_the_end_of_a_resumed_walk_has_no_times),
        BOTH_DRIVES(test_one_page_at_a_time),
        BOTH_DRIVES(test_no_record_while_a_page_is_under_way),
        BOTH_DRIVES(test_records_and_pages_in_turn),
        BOTH_DRIVES(test_a_cancelled_page_is_asked_for_again),
        BOTH_DRIVES(test_a_page_may_outlive_its_cursor),
        BOTH_DRIVES(test_close_ends_a_page),
        BOTH_DRIVES(test_two_walks_share_their_pages),
    };
    return cmocka_run_group_tests_name("cursor pages", tests, NULL, NULL);
}
