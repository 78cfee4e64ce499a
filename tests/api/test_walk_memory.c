/* Walks, searches and requests for many objects without memory: each allocation fails once, and
 * then all from one on. What fails says so, loses nothing, and goes well when there is memory
 * again. Without a thread, so that each run takes the same way. */
#include <string.h>

#include "support/memory_scene.h"

enum { FIXTURE_ISSUES = 12 };

/* ---- what is done ---- */

static cv_cursor *open_walk(memory_scene *scene) {
    cv_query query = CV_QUERY_INIT;
    query.limit = 5;
    query.sort = "id:asc";
    return cv_cursor_open(scene->client, CV_ISSUE, &query, CV_PRIORITY_USER);
}

static size_t walk_on(cv_cursor *cursor, int64_t *last_id) {
    size_t count = 0;
    for (const cv_issue *issue; (issue = cv_issue_next(cursor)) != NULL; count++) {
        assert_true(issue->id > *last_id);
        *last_id = issue->id;
    }
    return count;
}

static bool walk(memory_scene *scene, size_t failure, bool keeps_failing) {
    int64_t last_id = 0;
    size_t count = 0;
    memory_fail_from(scene, failure, keeps_failing);
    cv_cursor *cursor = open_walk(scene);
    if (cursor != NULL) {
        cv_cursor_prefetch(cursor, true);
        count = walk_on(cursor, &last_id);
        if (cv_cursor_error(cursor)->code != CV_OK) {
            memory_assert_none(cv_cursor_error(cursor));
        }
    } else {
        memory_assert_none(cv_last_error());
    }
    bool has_failed = memory_give(scene);
    if (cursor == NULL) {
        cursor = open_walk(scene);
    }
    count += walk_on(cursor, &last_id);
    assert_int_equal(cv_cursor_error(cursor)->code, CV_OK);
    assert_int_equal(count, FIXTURE_ISSUES);
    cv_cursor_close(cursor);
    return has_failed;
}

/* A walk by whole pages, and the request for its next one if it has come and is not taken. */
typedef struct page_walk {
    cv_cursor *cursor;
    cv_request *request;
    int64_t last_id;
    size_t count;
} page_walk;

/* NULL: no memory, and what has come stays to be taken. */
static const cv_page *take_next(page_walk *self) {
    if (self->request == NULL) {
        self->request = cv_request_next_page(self->cursor);
    }
    assert_true(cv_request_wait(self->request, API_PATIENCE_MS));
    const cv_page *page = cv_page_take(self->request);
    if (page != NULL || cv_request_error(self->request)->code != CV_OK) {
        cv_request_free(self->request);
        self->request = NULL;
    }
    return page;
}

/* Whether it has come to the end. */
static bool walk_pages_on(page_walk *self) {
    bool is_end = false;
    while (!is_end) {
        const cv_page *page = take_next(self);
        if (page == NULL) {
            memory_assert_none(cv_last_error());
            return false;
        }
        for (size_t i = 0; i < page->count; i++) {
            int64_t id = ((const cv_issue *)page->items[i])->id;
            assert_true(id > self->last_id);
            self->last_id = id;
        }
        self->count += page->count;
        is_end = page->count == 0;
        cv_page_free(page);
    }
    return true;
}

static bool walk_by_pages(memory_scene *scene, size_t failure, bool keeps_failing) {
    page_walk self = {.cursor = open_walk(scene)};
    cv_cursor_prefetch(self.cursor, true);
    memory_fail_from(scene, failure, keeps_failing);
    bool is_end = walk_pages_on(&self);
    bool has_failed = memory_give(scene);
    assert_true(is_end || walk_pages_on(&self));
    assert_int_equal(self.count, FIXTURE_ISSUES);
    cv_cursor_close(self.cursor);
    return has_failed;
}

static cv_cursor *try_to_resume(const memory_scene *scene, const cv_cursor *cursor) {
    char *token = cv_cursor_token(cursor);
    cv_cursor *resumed = token != NULL ? cv_cursor_resume(scene->client, token) : NULL;
    cv_free(token);
    return resumed;
}

/* A walk that has failed may also go on from its token. */
static bool walk_elsewhere(memory_scene *scene, size_t failure, bool keeps_failing) {
    int64_t last_id = 0;
    cv_cursor *cursor = open_walk(scene);
    memory_fail_from(scene, failure, keeps_failing);
    size_t count = walk_on(cursor, &last_id);
    bool has_failed = memory_give(scene);
    assert_int_equal(cv_cursor_position(cursor), (int64_t)count);
    cv_cursor *resumed = try_to_resume(scene, cursor);
    cv_cursor_close(cursor);
    assert_non_null(resumed);
    assert_int_equal(cv_cursor_position(resumed), (int64_t)count);
    count += walk_on(resumed, &last_id);
    assert_int_equal(count, FIXTURE_ISSUES);
    cv_cursor_close(resumed);
    return has_failed;
}

static bool stop_and_go_on(memory_scene *scene, size_t failure, bool keeps_failing) {
    cv_cursor *cursor = open_walk(scene);
    assert_non_null(cv_cursor_next(cursor));
    memory_fail_from(scene, failure, keeps_failing);
    cv_cursor *resumed = try_to_resume(scene, cursor);
    if (resumed == NULL) {
        memory_assert_none(cv_last_error());
    }
    bool has_failed = memory_give(scene);
    if (resumed == NULL) {
        resumed = try_to_resume(scene, cursor);
    }
    cv_cursor_close(cursor);
    int64_t last_id = 0;
    assert_int_equal(walk_on(resumed, &last_id), FIXTURE_ISSUES - 1);
    cv_cursor_close(resumed);
    return has_failed;
}

/* Behind the end of a walk: a page of the library's own making. */
static bool ask_behind_the_end(memory_scene *scene, size_t failure, bool keeps_failing) {
    int64_t last_id = 0;
    cv_cursor *cursor = open_walk(scene);
    walk_on(cursor, &last_id);
    memory_fail_from(scene, failure, keeps_failing);
    cv_request *request = cv_request_next_page(cursor);
    const cv_page *page = cv_page_take(request);
    if (page == NULL) {
        memory_assert_none(cv_last_error());
    } else {
        assert_int_equal(page->count, 0);
    }
    bool has_failed = memory_give(scene);
    cv_page_free(page);
    cv_request_free(request);
    cv_cursor_close(cursor);
    return has_failed;
}

static bool look_for_words(memory_scene *scene, size_t failure, bool keeps_failing) {
    cv_search_query query = CV_SEARCH_QUERY_INIT;
    query.query = "watch";
    query.fields = "name";
    query.resources = "issue";
    memory_fail_from(scene, failure, keeps_failing);
    const cv_page *page = cv_search(scene->client, &query, CV_PRIORITY_USER);
    if (page == NULL) {
        memory_assert_none(cv_last_error());
    }
    bool has_failed = memory_give(scene);
    if (page == NULL) {
        page = cv_search(scene->client, &query, CV_PRIORITY_USER);
    }
    assert_non_null(page);
    assert_int_equal(page->count, 2);
    assert_int_equal(((const cv_issue *)page->items[1])->id, 94);
    cv_page_free(page);
    return has_failed;
}

/* NULL: CV_ERROR_NOMEM. */
static const cv_many *fetch_many(const memory_scene *scene) {
    static const int64_t ids[] = {61, 52, 999};
    cv_request_options options = CV_REQUEST_OPTIONS_INIT;
    options.fields = "name";
    cv_request *request = cv_request_retrieve_many(scene->client, CV_ISSUE, ids, 3, &options);
    assert_true(cv_request_wait(request, API_PATIENCE_MS));
    const cv_many *many = cv_many_take(request);
    if (many == NULL) {
        memory_assert_none(cv_last_error());
    }
    cv_request_free(request);
    return many;
}

static bool ask_for_many(memory_scene *scene, size_t failure, bool keeps_failing) {
    memory_fail_from(scene, failure, keeps_failing);
    const cv_many *many = fetch_many(scene);
    for (size_t i = 0; many != NULL && i < 2; i++) {
        if (many->items[i].record == NULL) {
            memory_assert_none(&many->items[i].error);
        }
    }
    cv_many_free(many);
    bool has_failed = memory_give(scene);
    many = fetch_many(scene);
    assert_non_null(many);
    assert_int_equal(((const cv_issue *)many->items[0].record)->id, 61);
    assert_int_equal(((const cv_issue *)many->items[1].record)->id, 52);
    assert_int_equal(many->items[2].error.code, CV_ERROR_NOT_FOUND);
    cv_many_free(many);
    return has_failed;
}

/* Each id on its own path, which has none of them. */
static const cv_many *fetch_singly(const memory_scene *scene) {
    static const int64_t ids[] = {2, 1};
    cv_request_options options = CV_REQUEST_OPTIONS_INIT;
    options.fields = "title";
    cv_request *request = cv_request_retrieve_many(scene->client, CV_CHAT, ids, 2, &options);
    assert_true(cv_request_wait(request, API_PATIENCE_MS));
    const cv_many *many = cv_many_take(request);
    if (many == NULL) {
        memory_assert_none(cv_last_error());
    }
    cv_request_free(request);
    return many;
}

static void assert_denied_or_no_memory(const cv_many *many) {
    for (size_t i = 0; many != NULL && i < many->count; i++) {
        if (many->items[i].error.code != CV_ERROR_NOT_FOUND) {
            memory_assert_none(&many->items[i].error);
        }
    }
}

static bool ask_for_many_singly(memory_scene *scene, size_t failure, bool keeps_failing) {
    memory_fail_from(scene, failure, keeps_failing);
    const cv_many *many = fetch_singly(scene);
    assert_denied_or_no_memory(many);
    cv_many_free(many);
    bool has_failed = memory_give(scene);
    many = fetch_singly(scene);
    assert_non_null(many);
    assert_int_equal(many->items[0].error.code, CV_ERROR_NOT_FOUND);
    assert_int_equal(many->items[1].error.code, CV_ERROR_NOT_FOUND);
    cv_many_free(many);
    return has_failed;
}

/* A list that leaves out what it counts: the rest is asked for again. */
static bool ask_for_many_again(memory_scene *scene, size_t failure, bool keeps_failing) {
    static const server_fault fault = {
        .kind = SERVER_FAULT_ANSWER,
        .path = API_ISSUES,
        .body = "{\"error\":\"OK\",\"limit\":2,\"offset\":0,\"number_of_page_results\":2,"
                "\"number_of_total_results\":3,\"status_code\":1,\"results\":["
                "{\"id\":52,\"name\":\"First\"},{\"id\":61,\"name\":\"Second\"}]}"};
    api_break(scene->self, &fault);
    bool has_failed = ask_for_many(scene, failure, keeps_failing);
    server_faults_clear(scene->self->server);
    return has_failed;
}

/* ---- runs ---- */

MEMORY_TESTS(walk_fails, walk)
MEMORY_TESTS(page_fails, walk_by_pages)
MEMORY_TESTS(walk_elsewhere, walk_elsewhere)
MEMORY_TESTS(token_fails, stop_and_go_on)
MEMORY_TESTS(end_fails, ask_behind_the_end)
MEMORY_TESTS(search_fails, look_for_words)
MEMORY_TESTS(many_fail, ask_for_many)
MEMORY_TESTS(singly_fail, ask_for_many_singly)
MEMORY_TESTS(again_fail, ask_for_many_again)

int main(void) {
    const struct CMUnitTest tests[] = {
        API_TEST(test_walk_fails_once),     API_TEST(test_walk_fails_from_then_on),
        API_TEST(test_page_fails_once),     API_TEST(test_page_fails_from_then_on),
        API_TEST(test_walk_elsewhere_once), API_TEST(test_walk_elsewhere_from_then_on),
        API_TEST(test_token_fails_once),    API_TEST(test_token_fails_from_then_on),
        API_TEST(test_end_fails_once),      API_TEST(test_end_fails_from_then_on),
        API_TEST(test_search_fails_once),   API_TEST(test_search_fails_from_then_on),
        API_TEST(test_many_fail_once),      API_TEST(test_many_fail_from_then_on),
        API_TEST(test_singly_fail_once),    API_TEST(test_singly_fail_from_then_on),
        API_TEST(test_again_fail_once),     API_TEST(test_again_fail_from_then_on),
    };
    return cmocka_run_group_tests_name("walk memory", tests, NULL, NULL);
}
