/* One call, end to end: what a program gets that asks for an issue, once from the service and then
 * from the file. */
#include "support/api.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { ISSUE = 52, TTL_MS = 3600 * 1000 };

static int64_t wall_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static size_t requests(const api *self) {
    return server_request_count(self->server, NULL);
}

static const cv_issue *retrieve(cv_client *client, int64_t id) {
    const cv_issue *issue = cv_issue_retrieve(client, id, CV_PRIORITY_USER);
    if (issue == NULL) {
        fail_msg("%s", cv_last_error()->message);
    }
    return issue;
}

/* ---- the first program ---- */

static void test_the_first_program(void **context) {
    api *self = *context;
    char line[128];
    cv_options options = CV_OPTIONS_INIT;
    options.api_key = API_KEY;
    options.base_url = server_base_url(self->server);
    options.database = self->database.text;
    cv_client *client = cv_client_open(&options);
    const cv_issue *issue = client ? cv_issue_retrieve(client, ISSUE, CV_PRIORITY_USER) : NULL;
    assert_non_null(issue);
    assert_true(snprintf(line, sizeof(line), "%s #%s: %s", issue->volume->name, issue->issue_number,
                         issue->name) > 0);
    assert_string_equal(line, "The Lamplighter #7: The Long Night on Wharf Street");
    cv_issue_free(issue);
    cv_client_close(client);
}

static void test_the_second_call_makes_no_request(void **context) {
    api *self = *context;
    cv_client *client = api_open(self, NULL);
    int64_t before_ms = wall_ms();
    const cv_issue *first = retrieve(client, ISSUE);
    int64_t after_ms = wall_ms();
    const cv_issue *second = retrieve(client, ISSUE);
    assert_int_equal(requests(self), 1);
    assert_int_equal(first->record.resource, CV_ISSUE);
    assert_int_equal(first->record.source, CV_SOURCE_NETWORK);
    assert_in_range(first->record.fetched_at_ms, before_ms, after_ms);
    assert_int_equal(first->record.expires_at_ms, first->record.fetched_at_ms + TTL_MS);
    assert_int_equal(second->record.resource, CV_ISSUE);
    assert_int_equal(second->record.source, CV_SOURCE_CACHE);
    assert_int_equal(second->record.fetched_at_ms, first->record.fetched_at_ms);
    assert_int_equal(second->record.expires_at_ms, first->record.expires_at_ms);
    assert_string_equal(second->name, first->name);
    cv_issue_free(first);
    cv_issue_free(second);
    cv_client_close(client);
}

/* The answer is found by a client that could not reach the service; but not by one of another
 * service, whose answers may differ. */
static void test_the_file_outlives_client_and_service(void **context) {
    api *self = *context;
    cv_options options = api_options(self);
    cv_request_options cache_only = CV_REQUEST_OPTIONS_INIT;
    cache_only.mode = CV_MODE_CACHE_ONLY;
    cv_client *client = api_open(self, &options);
    assert_int_equal(api_retrieve(client, ISSUE).code, CV_OK);
    cv_client_close(client);
    assert_true(server_hold(self->server, NULL));
    client = api_open(self, &options);
    assert_int_equal(api_retrieve(client, ISSUE).source, CV_SOURCE_CACHE);
    cv_client_close(client);
    options.base_url = "http://127.0.0.1:9/api";
    client = api_open(self, &options);
    assert_int_equal(api_retrieve_with(client, ISSUE, &cache_only).code, CV_ERROR_NOT_CACHED);
    cv_client_close(client);
    assert_int_equal(requests(self), 1);
}

static void test_the_request_says_who_asks(void **context) {
    api *self = *context;
    cv_options options = api_options(self);
    options.application = "longbox/1.2";
    cv_client *client = api_open(self, &options);
    cv_issue_free(retrieve(client, ISSUE));
    server_request request;
    assert_true(server_request_at(self->server, NULL, 0, &request));
    assert_string_equal(request.path, "/api/issue/4000-52/");
    assert_string_equal(request.query, "format=json&api_key=***");
    assert_true(request.key_was_right);
    assert_int_equal(strncmp(request.user_agent, "libcomicvine/" CV_VERSION " (+http", 25), 0);
    assert_non_null(strstr(request.user_agent, ") longbox/1.2"));
    assert_string_equal(request.accept_encoding, "gzip");
    cv_client_close(client);
}

/* ---- members ---- */

static void assert_refs(cv_ref_list list, const int64_t *ids, const char *const *names,
                        size_t count) {
    assert_int_equal(list.count, count);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(list.items[i].id, ids[i]);
        assert_string_equal(list.items[i].name, names[i]);
        assert_non_null(list.items[i].api_detail_url);
        assert_non_null(list.items[i].site_detail_url);
    }
}

#define REFS(list, ids, ...)                                                                       \
    assert_refs(list, ids, (const char *const[]){__VA_ARGS__},                                     \
                API_COUNT(((const char *const[]){__VA_ARGS__})))
#define IDS(...) ((const int64_t[]){__VA_ARGS__})

static void assert_texts(const cv_issue *issue) {
    const struct {
        const char *seen;
        const char *expected;
    } texts[] = {
        {issue->aliases, "Lamplighter Seven\nThe Wharf Street Issue"},
        {issue->api_detail_url, "https://comicvine.gamespot.com/api/issue/4000-52/"},
        {issue->cover_date, "1994-07-01"},
        {issue->date_added, "2008-06-06 11:10:16"},
        {issue->date_last_updated, "2021-11-30 23:59:59"},
        {issue->deck, "The last lamp on the pier goes out."},
        {issue->issue_number, "7"},
        {issue->name, "The Long Night on Wharf Street"},
        {issue->store_date, "1994-05-17"},
        {issue->site_detail_url, "https://comicvine.gamespot.com/"
                                 "the-lamplighter-7-the-long-night-on-wharf-street/4000-52/"},
    };
    for (size_t i = 0; i < API_COUNT(texts); i++) {
        assert_non_null(texts[i].seen);
        assert_string_equal(texts[i].seen, texts[i].expected);
    }
    assert_int_equal(strncmp(issue->description, "<p>One lamp is left burning", 27), 0);
    assert_non_null(strstr(issue->description, "Fish &amp; fog.</p>"));
}

static void assert_credits(const cv_issue *issue) {
    REFS(issue->character_credits, IDS(9101, 9102, 9103), "Wick", "Captain Brine", "");
    REFS(issue->character_died_in, IDS(9102), "Captain Brine");
    REFS(issue->concept_credits, IDS(9201), "Gaslight");
    REFS(issue->location_credits, IDS(9301, 9302), "Wharf Street", "Gull Rock");
    REFS(issue->object_credits, IDS(9401), "The Brass Snuffer");
    REFS(issue->story_arc_credits, IDS(9601), "Lights Out");
    REFS(issue->team_credits, IDS(9701, 9702), "Harbor Patrol", "Night Shift");
    REFS(issue->team_disbanded_in, IDS(9702), "Night Shift");
    assert_int_equal(issue->person_credits.count, 2);
    assert_int_equal(issue->person_credits.items[1].id, 9502);
    assert_string_equal(issue->person_credits.items[1].name, "Inkwell Jones");
    assert_string_equal(issue->person_credits.items[1].role, "penciler, inker, cover");
    assert_string_equal(issue->person_credits.items[0].role, "writer");
}

static void assert_empty_lists(const cv_issue *issue) {
    const cv_ref_list lists[] = {
        issue->characters_died_in,          issue->disbanded_teams,
        issue->first_appearance_characters, issue->first_appearance_concepts,
        issue->first_appearance_locations,  issue->first_appearance_objects,
        issue->first_appearance_storyarcs,  issue->first_appearance_teams,
        issue->teams_disbanded_in,
    };
    for (size_t i = 0; i < API_COUNT(lists); i++) {
        assert_int_equal(lists[i].count, 0);
    }
}

static void assert_pictures(const cv_issue *issue) {
    assert_non_null(issue->image);
    assert_string_equal(issue->image->image_tags, "All Images,Lamplighter covers");
    assert_string_equal(issue->image->thumb_url,
                        "https://comicvine.gamespot.com/a/uploads/scale_avatar/4/40001/"
                        "700052-lamplighter_07.jpg");
    assert_non_null(strstr(issue->image->original_url, "/original/"));
    assert_int_equal(issue->associated_images.count, 2);
    assert_int_equal(issue->associated_images.items[1].id, 700153);
    assert_null(issue->associated_images.items[0].caption);
    assert_string_equal(issue->associated_images.items[0].image_tags, "All Images,Variant covers");
}

static void test_every_member_stands_in_the_record(void **context) {
    api *self = *context;
    cv_client *client = api_open(self, NULL);
    cv_issue_free(retrieve(client, ISSUE));
    const cv_issue *issue = retrieve(client, ISSUE); /* from the file, where nothing may be lost */
    cv_client_close(client);
    assert_int_equal(issue->id, ISSUE);
    assert_texts(issue);
    assert_credits(issue);
    assert_empty_lists(issue);
    assert_pictures(issue);
    assert_null(issue->has_staff_review);
    assert_int_equal(issue->volume->id, 901);
    assert_string_equal(issue->volume->name, "The Lamplighter");
    cv_issue_free(issue);
}

/* ---- JSON, raw text, presence ---- */

static json_t *fixture_results(void) {
    json_t *envelope = json_load_file(CVI_FIXTURES "/comicvine/issue/4000-52.json", 0, NULL);
    json_t *results = json_incref(json_object_get(envelope, "results"));
    assert_non_null(results);
    json_decref(envelope);
    return results;
}

static void test_json_and_raw_text_are_the_services(void **context) {
    api *self = *context;
    cv_client *client = api_open(self, NULL);
    const cv_issue *issue = retrieve(client, ISSUE);
    cv_client_close(client);
    size_t length = 0;
    char *text = cv_record_json(&issue->record);
    const char *raw = cv_record_raw(&issue->record, &length);
    assert_non_null(text);
    assert_non_null(raw);
    json_t *expected = fixture_results();
    json_t *written = json_loads(text, 0, NULL);
    json_t *received = json_loadb(raw, length, 0, NULL);
    assert_true(json_equal(written, expected));
    assert_true(json_equal(received, expected));
    json_decref(expected);
    json_decref(written);
    json_decref(received);
    cv_free(text);
    cv_issue_free(issue);
}

static void test_presence_is_not_a_value(void **context) {
    api *self = *context;
    cv_client *client = api_open(self, NULL);
    const cv_issue *issue = retrieve(client, ISSUE);
    const cv_record *record = &issue->record;
    assert_true(cv_record_has(record, "name"));
    assert_true(cv_record_has(record, "first_appearance_teams")); /* sent as null */
    assert_true(cv_record_has(record, "has_staff_review"));       /* sent as false */
    assert_false(cv_record_has(record, "characters_died_in"));
    assert_false(cv_record_has(record, "disbanded_teams"));
    assert_false(cv_record_has(record, "lamp"));
    assert_false(cv_record_has(record, NULL));
    assert_false(cv_record_has(NULL, "name"));
    cv_issue_free(issue);
    cv_client_close(client);
}

/* ---- fields ---- */

static const cv_issue *retrieve_fields(cv_client *client, const char *fields) {
    cv_request_options options = CV_REQUEST_OPTIONS_INIT;
    options.fields = fields;
    const cv_issue *issue = cv_issue_retrieve_with(client, ISSUE, &options);
    assert_non_null(issue);
    return issue;
}

static void test_fields_are_asked_for(void **context) {
    api *self = *context;
    cv_client *client = api_open(self, NULL);
    const cv_issue *issue = retrieve_fields(client, "volume,name,name");
    assert_int_equal(issue->id, ISSUE);
    assert_string_equal(issue->name, "The Long Night on Wharf Street");
    assert_string_equal(issue->volume->name, "The Lamplighter");
    assert_null(issue->issue_number);
    assert_false(cv_record_has(&issue->record, "issue_number"));
    cv_issue_free(issue);
    server_request request;
    assert_true(server_request_at(self->server, NULL, 0, &request));
    assert_string_equal(request.query, "format=json&field_list=id%2Cname%2Cvolume&api_key=***");
    /* The same fields in another order are the same question; others and all are not. */
    issue = retrieve_fields(client, "id,name,volume");
    assert_int_equal(issue->record.source, CV_SOURCE_CACHE);
    cv_issue_free(issue);
    issue = retrieve_fields(client, "deck");
    assert_int_equal(issue->record.source, CV_SOURCE_NETWORK);
    cv_issue_free(issue);
    issue = retrieve(client, ISSUE);
    assert_int_equal(issue->record.source, CV_SOURCE_NETWORK);
    cv_issue_free(issue);
    assert_int_equal(requests(self), 3);
    cv_client_close(client);
}

static void test_fields_may_come_from_a_full_entry(void **context) {
    api *self = *context;
    cv_client *client = api_open(self, NULL);
    cv_issue_free(retrieve(client, ISSUE));
    const cv_issue *issue = retrieve_fields(client, "name");
    assert_int_equal(issue->record.source, CV_SOURCE_CACHE);
    assert_string_equal(issue->name, "The Long Night on Wharf Street");
    assert_int_equal(requests(self), 1);
    cv_issue_free(issue);
    cv_client_close(client);
}

/* ---- bad arguments ---- */

static void assert_argument_error(const void *result) {
    assert_null(result);
    assert_string_equal(cv_code_name(cv_last_error()->code), "CV_ERROR_ARGUMENT");
    assert_true(cv_last_error()->message[0] != '\0');
    assert_null(strchr(cv_last_error()->message, '\n'));
    assert_false(cv_last_error()->retryable);
}

static void test_bad_arguments_send_nothing(void **context) {
    api *self = *context;
    static const int64_t bad_ids[] = {0, -1, INT64_MIN, INT64_MAX};
    static const char *const bad_fields[] = {"lamp", "name,", "", "name;id", "api_key"};
    cv_client *client = api_open(self, NULL);
    for (size_t i = 0; i < API_COUNT(bad_ids); i++) {
        assert_argument_error(cv_issue_retrieve(client, bad_ids[i], CV_PRIORITY_USER));
    }
    for (size_t i = 0; i < API_COUNT(bad_fields); i++) {
        cv_request_options options = CV_REQUEST_OPTIONS_INIT;
        options.fields = bad_fields[i];
        assert_argument_error(cv_issue_retrieve_with(client, ISSUE, &options));
    }
    assert_argument_error(cv_issue_retrieve(client, ISSUE, (cv_priority)7));
    assert_argument_error(cv_retrieve(client, CV_RESOURCE_NONE, ISSUE, CV_PRIORITY_USER));
    assert_argument_error(cv_retrieve(client, (cv_resource)1000, ISSUE, CV_PRIORITY_USER));
    assert_int_equal(requests(self), 0);
    cv_client_close(client);
}

static void test_null_is_an_argument_error_or_nothing(void **context) {
    (void)context;
    assert_argument_error(cv_issue_retrieve(NULL, ISSUE, CV_PRIORITY_USER));
    assert_argument_error(cv_issue_retrieve_with(NULL, ISSUE, NULL));
    assert_argument_error(cv_issue_list(NULL, NULL, CV_PRIORITY_USER));
    assert_argument_error(cv_retrieve(NULL, CV_ISSUE, ISSUE, CV_PRIORITY_USER));
    assert_argument_error(cv_list(NULL, CV_ISSUE, NULL, CV_PRIORITY_USER));
    assert_argument_error(cv_client_open(NULL));
    size_t length = 1;
    assert_null(cv_record_json(NULL));
    assert_null(cv_record_raw(NULL, &length));
    assert_null(cv_record_keep(NULL));
    cv_issue_free(NULL);
    cv_issue_page_free(NULL);
    cv_record_free(NULL);
    cv_page_free(NULL);
    cv_free(NULL);
}

/* ---- resources by name ---- */

static void test_a_resource_may_be_named_at_run_time(void **context) {
    api *self = *context;
    cv_client *client = api_open(self, NULL);
    cv_resource resource = cv_resource_from_name("issue");
    assert_int_equal(resource, CV_ISSUE);
    assert_int_equal(cv_resource_from_name("issues"), CV_ISSUE);
    assert_string_equal(cv_resource_name(CV_ISSUE), "issue");
    assert_int_equal(cv_resource_from_name("lamp"), CV_RESOURCE_NONE);
    assert_int_equal(cv_resource_from_name(NULL), CV_RESOURCE_NONE);
    assert_null(cv_resource_name(CV_RESOURCE_NONE));
    const cv_record *record = cv_retrieve(client, resource, ISSUE, CV_PRIORITY_BACKGROUND);
    assert_non_null(record);
    assert_int_equal(record->resource, CV_ISSUE);
    const cv_record *kept = cv_record_keep(record);
    cv_record_free(record);
    char *text = cv_record_json(kept);
    assert_non_null(strstr(text, "\"The Long Night on Wharf Street\""));
    cv_free(text);
    cv_record_free(kept);
    cv_client_close(client);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        API_TEST(test_the_first_program),
        API_TEST(test_the_second_call_makes_no_request),
        API_TEST(test_the_file_outlives_client_and_service),
        API_TEST(test_the_request_says_who_asks),
        API_TEST(test_every_member_stands_in_the_record),
        API_TEST(test_json_and_raw_text_are_the_services),
        API_TEST(test_presence_is_not_a_value),
        API_TEST(test_fields_are_asked_for),
        API_TEST(test_fields_may_come_from_a_full_entry),
        API_TEST(test_bad_arguments_send_nothing),
        cmocka_unit_test(test_null_is_an_argument_error_or_nothing),
        API_TEST(test_a_resource_may_be_named_at_run_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
