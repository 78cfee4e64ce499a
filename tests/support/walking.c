#include "support/walking.h"

const int64_t walking_ids[WALKING_ISSUES] = {115, 52, 111, 88, 61, 110, 73, 114, 94, 112, 107, 113};

cv_cursor *walking_open(cv_client *client, int64_t limit) {
    cv_query query = CV_QUERY_INIT;
    query.limit = limit;
    cv_cursor *cursor = cv_cursor_open(client, CV_ISSUE, &query, CV_PRIORITY_USER);
    assert_non_null(cursor);
    return cursor;
}

void walking_assert_next(cv_cursor *cursor, const int64_t *ids, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const cv_issue *issue = cv_issue_next(cursor);
        if (issue == NULL) {
            fail_msg("record %zu: %s", i, cv_cursor_error(cursor)->message);
        }
        assert_int_equal(issue->id, ids[i]);
    }
}

void walking_assert_end(cv_cursor *cursor) {
    assert_null(cv_issue_next(cursor));
    assert_string_equal(cv_cursor_error(cursor)->message, "");
    assert_int_equal(cv_cursor_error(cursor)->code, CV_OK);
}

const cv_page *walking_take(cv_request *request) {
    assert_true(cv_request_wait(request, API_PATIENCE_MS));
    assert_ended(request, CV_OK);
    const cv_page *page = cv_page_take(request);
    assert_non_null(page);
    cv_request_free(request);
    return page;
}

void walking_assert_page(cv_cursor *cursor, const int64_t *ids, size_t count) {
    const cv_page *page = walking_take(cv_request_next_page(cursor));
    assert_int_equal(page->count, count);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(((const cv_issue *)page->items[i])->id, ids[i]);
    }
    cv_page_free(page);
}
