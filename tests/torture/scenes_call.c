/* Owns the scenes of blocking calls for one object or one page. */
#include <string.h>

#include "torture/scene.h"

static void retrieve(stage *self) {
    stage_retrieve(self, STAGE_ISSUE, NULL);
}

/* The second one is answered out of memory. */
static void retrieve_twice(stage *self) {
    retrieve(self);
    retrieve(self);
}

static void retrieve_in_the_background(stage *self) {
    stage_take_issue(self,
                     cv_issue_retrieve(self->client, STAGE_OTHER_ISSUE, CV_PRIORITY_BACKGROUND),
                     STAGE_OTHER_ISSUE);
}

/* Some members alone, which the full entry has as well. */
static void retrieve_fields(stage *self) {
    cv_request_options options = CV_REQUEST_OPTIONS_INIT;
    options.fields = "id,name";
    stage_retrieve(self, STAGE_ISSUE, &options);
}

static void list(stage *self) {
    enum { LIMIT = 3 };
    cv_query query = CV_QUERY_INIT;
    query.limit = LIMIT;
    query.sort = "id:asc";
    const cv_issue_page *page = cv_issue_list(self->client, &query, CV_PRIORITY_USER);
    if (stage_ended(self, page != NULL, cv_last_error())) {
        assert_int_equal(page->count, LIMIT);
        assert_int_equal(page->total, STAGE_ISSUES);
        assert_int_equal(page->items[0]->id, STAGE_ISSUE);
        cv_issue_page_free(page);
    }
}

static void search(stage *self) {
    cv_search_query query = CV_SEARCH_QUERY_INIT;
    query.query = "watch";
    query.resources = "issue";
    const cv_page *page = cv_search(self->client, &query, CV_PRIORITY_USER);
    if (stage_ended(self, page != NULL, cv_last_error())) {
        assert_int_equal(page->count, 2);
        assert_int_equal(page->items[0]->resource, CV_ISSUE);
        cv_page_free(page);
    }
}

/* Refused before anything is sent. */
static void ask_for_nonsense(stage *self) {
    cv_query query = CV_QUERY_INIT;
    query.sort = "no_such_field:asc";
    const cv_page *page = cv_list(self->client, CV_ISSUE, &query, CV_PRIORITY_USER);
    stage_refused(self, page != NULL, cv_last_error(), CV_ERROR_ARGUMENT);
    const cv_record *record = cv_retrieve(self->client, CV_ISSUE, -1, CV_PRIORITY_USER);
    stage_refused(self, record != NULL, cv_last_error(), CV_ERROR_ARGUMENT);
}

static void check_key(stage *self) {
    stage_ended(self, cv_client_check_key(self->client), cv_last_error());
}

static void request_key_check(stage *self) {
    cv_request *request = cv_request_check_key(self->client, NULL);
    assert_true(cv_request_wait(request, API_PATIENCE_MS));
    stage_ended(self, cv_request_error(request)->code == CV_OK, cv_request_error(request));
    cv_request_free(request);
}

/* A record written out, kept, and read as it was sent. */
static void export_json(stage *self) {
    const cv_issue *issue = cv_issue_retrieve(self->client, STAGE_ISSUE, CV_PRIORITY_USER);
    if (!stage_ended(self, issue != NULL, cv_last_error())) {
        return;
    }
    char *json = cv_record_json(&issue->record);
    if (stage_ended(self, json != NULL, cv_last_error())) {
        assert_non_null(strstr(json, STAGE_NAME));
        cv_free(json);
    }
    size_t size = 0;
    const char *raw = cv_record_raw(&issue->record, &size);
    assert_non_null(raw);
    assert_non_null(memmem(raw, size, STAGE_NAME, strlen(STAGE_NAME)));
    assert_true(cv_record_has(&issue->record, "name"));
    const cv_record *kept = cv_record_keep(&issue->record);
    bool is_kept = stage_ended(self, kept != NULL, cv_last_error());
    cv_issue_free(issue);
    if (is_kept) {
        assert_string_equal(((const cv_issue *)kept)->name, STAGE_NAME);
        cv_record_free(kept);
    }
}

static const scene scenes[] = {
    {.name = "cold retrieve", .play = retrieve, .drive = CV_DRIVE_POLL},
    {.name = "cold retrieve with a worker", .play = retrieve, .drive = CV_DRIVE_THREAD},
    {.name = "hit", .prepare = retrieve, .play = retrieve, .drive = CV_DRIVE_POLL},
    {.name = "hit with a worker", .prepare = retrieve, .play = retrieve, .drive = CV_DRIVE_THREAD},
    {.name = "hot hit", .prepare = retrieve, .play = retrieve_twice, .drive = CV_DRIVE_POLL},
    {.name = "background retrieve", .play = retrieve_in_the_background, .drive = CV_DRIVE_POLL},
    {.name = "fields of a full entry",
     .prepare = retrieve,
     .play = retrieve_fields,
     .drive = CV_DRIVE_POLL},
    {.name = "list", .play = list, .drive = CV_DRIVE_POLL},
    {.name = "list from the cache", .prepare = list, .play = list, .drive = CV_DRIVE_POLL},
    {.name = "search", .play = search, .drive = CV_DRIVE_POLL},
    {.name = "nonsense", .play = ask_for_nonsense, .drive = CV_DRIVE_POLL},
    {.name = "key check", .play = check_key, .drive = CV_DRIVE_POLL},
    {.name = "key check as a request", .play = request_key_check, .drive = CV_DRIVE_POLL},
    {.name = "export as JSON", .play = export_json, .drive = CV_DRIVE_POLL},
};

const scene_list call_scenes = SCENE_LIST(scenes);
