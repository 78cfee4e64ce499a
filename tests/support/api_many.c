/* Owns nothing: each call is complete in itself, on the test's own thread. */
#include "support/api_many.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

const cv_many *many_fetch(cv_client *client, cv_resource resource, const int64_t *ids, size_t count,
                          const cv_request_options *options) {
    cv_request *request = cv_request_retrieve_many(client, resource, ids, count, options);
    assert_true(cv_request_wait(request, API_PATIENCE_MS));
    if (cv_request_error(request)->code != CV_OK) {
        fail_msg("%s", cv_request_error(request)->message);
    }
    const cv_many *many = cv_many_take(request);
    assert_non_null(many);
    cv_request_free(request);
    assert_int_equal(many->count, count);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(many->items[i].id, ids[i]);
        assert_true((many->items[i].record != NULL) == (many->items[i].error.code == CV_OK));
    }
    return many;
}

void assert_many_record(const cv_many_item *item, cv_source source) {
    if (item->record == NULL) {
        fail_msg("%" PRId64 ": %s", item->id, item->error.message);
        return;
    }
    assert_int_equal(item->record->source, source);
    if (item->record->resource == CV_ISSUE) {
        assert_int_equal(((const cv_issue *)item->record)->id, item->id);
    }
}

void assert_many_failed(const cv_many_item *item, cv_code code) {
    assert_null(item->record);
    assert_string_equal(cv_code_name(item->error.code), cv_code_name(code));
    assert_true(item->error.message[0] != '\0');
}

void assert_many_kept(const cv_many_item *item) {
    assert_non_null(item->record);
    assert_many_record(item, item->record->source == CV_SOURCE_SHARED ? CV_SOURCE_SHARED
                                                                      : CV_SOURCE_CACHE);
}

void assert_many_sent(const drive_scene *scene, const char *path, size_t index, const char *query) {
    server_request request;
    assert_true(server_request_at(scene->self->server, path, index, &request));
    assert_string_equal(request.query, query);
}

char *many_list_text(const char *items, int64_t page_results, int64_t total_results) {
    char *text = NULL;
    assert_true(asprintf(&text,
                         "{\"error\":\"OK\",\"limit\":100,\"offset\":0,"
                         "\"number_of_page_results\":%" PRId64
                         ",\"number_of_total_results\":%" PRId64
                         ",\"status_code\":1,\"results\":[%s],\"version\":\"1.0\"}",
                         page_results, total_results, items) > 0);
    return text;
}

void many_answer(const drive_scene *scene, const char *items, int64_t page_results,
                 int64_t total_results) {
    char *body = many_list_text(items, page_results, total_results);
    const server_fault fault = {.kind = SERVER_FAULT_ANSWER, .path = API_ISSUES, .body = body};
    api_break(scene->self, &fault);
    free(body);
}
