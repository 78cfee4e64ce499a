/* Owns the scenes of walks through all pages, and of many objects at once. */
#include "torture/scene.h"

enum { PAGE = 5, MOST_TRIES = 3 };

/* How far a walk has come. */
typedef struct walk {
    int64_t last_id;
    size_t count;
} walk;

static cv_query all_by_id(void) {
    cv_query query = CV_QUERY_INIT;
    query.limit = PAGE;
    query.sort = "id:asc";
    return query;
}

static cv_cursor *open_walk(stage *self) {
    cv_query query = all_by_id();
    cv_cursor *cursor = cv_cursor_open(self->client, CV_ISSUE, &query, CV_PRIORITY_USER);
    stage_ended(self, cursor != NULL, cv_last_error());
    return cursor;
}

static void step(walk *self, const cv_issue *issue) {
    assert_true(issue->id > self->last_id);
    self->last_id = issue->id;
    self->count++;
}

/* Until `most` have come, or the end, or an error. */
static void go_on(stage *self, cv_cursor *cursor, walk *far, size_t most) {
    const cv_issue *issue = NULL;
    while (far->count < most && (issue = cv_issue_next(cursor)) != NULL) {
        step(far, issue);
    }
    if (far->count < most) {
        const cv_error *error = cv_cursor_error(cursor);
        if (stage_ended(self, error->code == CV_OK, error)) {
            assert_int_equal(far->count, STAGE_ISSUES);
        }
    }
}

/* After an error the walk stands where it stood. */
static void walk_all(stage *self) {
    cv_cursor *cursor = open_walk(self);
    if (cursor == NULL) {
        return;
    }
    walk far = {0};
    cv_cursor_prefetch(cursor, true);
    for (int i = 0; i < MOST_TRIES && far.count < STAGE_ISSUES; i++) {
        go_on(self, cursor, &far, STAGE_ISSUES);
    }
    assert_int_equal(cv_cursor_position(cursor), (int64_t)far.count);
    cv_cursor_close(cursor);
}

static void walk_by_token(stage *self) {
    cv_cursor *cursor = open_walk(self);
    if (cursor == NULL) {
        return;
    }
    walk far = {0};
    go_on(self, cursor, &far, PAGE - 1);
    char *token = cv_cursor_token(cursor);
    cv_cursor_close(cursor);
    if (!stage_ended(self, token != NULL, cv_last_error())) {
        return;
    }
    cursor = cv_cursor_resume(self->client, token);
    cv_free(token);
    if (stage_ended(self, cursor != NULL, cv_last_error())) {
        assert_int_equal(cv_cursor_position(cursor), (int64_t)far.count);
        go_on(self, cursor, &far, STAGE_ISSUES);
    }
    cv_cursor_close(cursor);
}

/* False: no page has come, or the last one. */
static bool take_page(stage *self, cv_cursor *cursor, walk *far) {
    cv_request *request = cv_request_next_page(cursor);
    assert_true(cv_request_wait(request, API_PATIENCE_MS));
    const cv_error *error = cv_request_error(request);
    const cv_issue_page *page = cv_issue_page_take(request);
    bool is_well = error->code == CV_OK;
    assert_true(is_well || page == NULL);
    bool more = stage_ended(self, page != NULL, is_well ? cv_last_error() : error);
    for (size_t i = 0; more && i < page->count; i++) {
        step(far, page->items[i]);
    }
    more = more && page->count > 0;
    cv_issue_page_free(page);
    cv_request_free(request);
    return more;
}

static void walk_by_pages(stage *self) {
    cv_cursor *cursor = open_walk(self);
    walk far = {0};
    while (cursor != NULL && take_page(self, cursor, &far)) {
    }
    assert_true(self->fault != NULL || far.count == STAGE_ISSUES);
    cv_cursor_close(cursor);
}

static void walk_through_hits(stage *self) {
    cv_search_query query = CV_SEARCH_QUERY_INIT;
    query.query = "watch";
    query.resources = "issue";
    query.limit = 1;
    cv_cursor *cursor = cv_cursor_open_search(self->client, &query, CV_PRIORITY_USER);
    if (!stage_ended(self, cursor != NULL, cv_last_error())) {
        return;
    }
    size_t count = 0;
    while (cv_cursor_next(cursor) != NULL) {
        count++;
    }
    const cv_error *error = cv_cursor_error(cursor);
    if (stage_ended(self, error->code == CV_OK, error)) {
        assert_int_equal(count, 2);
    }
    cv_cursor_close(cursor);
}

/* ---- many at once ---- */

static void judge_item(stage *self, const cv_many_item *item) {
    assert_int_equal(item->record == NULL, item->error.code != CV_OK);
    if (item->id == STAGE_NO_ISSUE) {
        stage_refused(self, item->record != NULL, &item->error, CV_ERROR_NOT_FOUND);
        return;
    }
    if (stage_ended(self, item->record != NULL, &item->error)) {
        assert_int_equal(((const cv_issue *)item->record)->id, item->id);
    }
}

static void retrieve_many(stage *self) {
    static const int64_t ids[] = {STAGE_OTHER_ISSUE, STAGE_ISSUE, STAGE_NO_ISSUE, STAGE_ISSUE};
    cv_request *request =
        cv_request_retrieve_many(self->client, CV_ISSUE, ids, API_COUNT(ids), NULL);
    assert_true(cv_request_wait(request, API_PATIENCE_MS));
    const cv_error *error = cv_request_error(request);
    const cv_many *many = cv_many_take(request);
    bool is_well = error->code == CV_OK;
    assert_true(is_well || many == NULL);
    if (stage_ended(self, many != NULL, is_well ? cv_last_error() : error)) {
        assert_int_equal(many->count, API_COUNT(ids));
        for (size_t i = 0; i < many->count; i++) {
            assert_int_equal(many->items[i].id, ids[i]);
            judge_item(self, &many->items[i]);
        }
    }
    cv_many_free(many);
    cv_request_free(request);
}

/* Each on a path of its own, where there is none of them. */
static void retrieve_many_singly(stage *self) {
    static const int64_t ids[] = {2, 1};
    cv_request *request =
        cv_request_retrieve_many(self->client, CV_CHAT, ids, API_COUNT(ids), NULL);
    assert_true(cv_request_wait(request, API_PATIENCE_MS));
    const cv_error *error = cv_request_error(request);
    const cv_many *many = cv_many_take(request);
    bool is_well = error->code == CV_OK;
    if (stage_ended(self, many != NULL, is_well ? cv_last_error() : error)) {
        for (size_t i = 0; i < many->count; i++) {
            stage_refused(self, many->items[i].record != NULL, &many->items[i].error,
                          CV_ERROR_NOT_FOUND);
        }
    }
    cv_many_free(many);
    cv_request_free(request);
}

static void retrieve_one_of_many(stage *self) {
    stage_retrieve(self, STAGE_OTHER_ISSUE, NULL);
}

static const scene scenes[] = {
    {.name = "cursor", .play = walk_all, .drive = CV_DRIVE_POLL},
    {.name = "cursor with a worker", .play = walk_all, .drive = CV_DRIVE_THREAD},
    {.name = "cursor by token", .play = walk_by_token, .drive = CV_DRIVE_POLL},
    {.name = "cursor by pages", .play = walk_by_pages, .drive = CV_DRIVE_POLL},
    {.name = "cursor through hits", .play = walk_through_hits, .drive = CV_DRIVE_POLL},
    {.name = "many", .play = retrieve_many, .drive = CV_DRIVE_POLL},
    {.name = "many, one of them known",
     .prepare = retrieve_one_of_many,
     .play = retrieve_many,
     .drive = CV_DRIVE_POLL},
    {.name = "many singly", .play = retrieve_many_singly, .drive = CV_DRIVE_POLL},
};

const scene_list walk_scenes = SCENE_LIST(scenes);
