/* Every resource through every one of its functions: details and lists, blocking and as requests,
 * against the fixtures of all resources. */
#include "support/api.h"

#include <stdio.h>
#include <string.h>

/* One resource's functions under the general types, so that one test serves all. */
typedef struct face {
    cv_resource resource;
    const char *detail_path;
    const char *list_path;
    int64_t id;       /* of a fixture */
    size_t list_size; /* records in the fixture of its list */
    const cv_record *(*retrieve)(cv_client *, int64_t, cv_priority);
    const cv_record *(*retrieve_with)(cv_client *, int64_t, const cv_request_options *);
    const cv_page *(*list)(cv_client *, const cv_query *, cv_priority);
    const cv_record *(*take)(cv_request *);
    const cv_page *(*page_take)(cv_request *);
    const cv_record *(*next)(cv_cursor *);
    void (*free)(const cv_record *);
    void (*page_free)(const cv_page *);
} face;

/* A typed record is its head, a typed page is a cv_page: that is the contract. */
#define FUNCTIONS(name)                                                                            \
    static const cv_record *name##_retrieve(cv_client *client, int64_t id, cv_priority priority) { \
        return (const cv_record *)cv_##name##_retrieve(client, id, priority);                      \
    }                                                                                              \
    static const cv_record *name##_retrieve_with(cv_client *client, int64_t id,                    \
                                                 const cv_request_options *options) {              \
        return (const cv_record *)cv_##name##_retrieve_with(client, id, options);                  \
    }                                                                                              \
    static const cv_page *name##_list(cv_client *client, const cv_query *query,                    \
                                      cv_priority priority) {                                      \
        return (const cv_page *)cv_##name##_list(client, query, priority);                         \
    }                                                                                              \
    static const cv_record *name##_take(cv_request *request) {                                     \
        return (const cv_record *)cv_##name##_take(request);                                       \
    }                                                                                              \
    static const cv_page *name##_page_take(cv_request *request) {                                  \
        return (const cv_page *)cv_##name##_page_take(request);                                    \
    }                                                                                              \
    static const cv_record *name##_next(cv_cursor *cursor) {                                       \
        return (const cv_record *)cv_##name##_next(cursor);                                        \
    }                                                                                              \
    static void name##_free(const cv_record *record) {                                             \
        cv_##name##_free((const cv_##name *)record);                                               \
    }                                                                                              \
    static void name##_page_free(const cv_page *page) {                                            \
        cv_##name##_page_free((const cv_##name##_page *)page);                                     \
    }

/* name, NAME, list path, id of a fixture, records in its list */
#define RESOURCES(LINE)                                                                            \
    LINE(issue, ISSUE, issues, 88, 2)                                                              \
    LINE(character, CHARACTER, characters, 201, 3)                                                 \
    LINE(concept, CONCEPT, concepts, 301, 3)                                                       \
    LINE(episode, EPISODE, episodes, 401, 3)                                                       \
    LINE(location, LOCATION, locations, 501, 3)                                                    \
    LINE(movie, MOVIE, movies, 601, 3)                                                             \
    LINE(object, OBJECT, objects, 701, 3)                                                          \
    LINE(origin, ORIGIN, origins, 11, 3)                                                           \
    LINE(person, PERSON, people, 801, 3)                                                           \
    LINE(power, POWER, powers, 21, 3)                                                              \
    LINE(promo, PROMO, promos, 1901, 2)                                                            \
    LINE(publisher, PUBLISHER, publishers, 901, 3)                                                 \
    LINE(series, SERIES, series_list, 1001, 3)                                                     \
    LINE(story_arc, STORY_ARC, story_arcs, 1101, 3)                                                \
    LINE(team, TEAM, teams, 1201, 3)                                                               \
    LINE(video, VIDEO, videos, 1301, 3)                                                            \
    LINE(video_category, VIDEO_CATEGORY, video_categories, 31, 3)                                  \
    LINE(video_type, VIDEO_TYPE, video_types, 41, 3)                                               \
    LINE(volume, VOLUME, volumes, 1401, 3)                                                         \
    LINE(chat, CHAT, chats, 1501, 2)

#define FUNCTIONS_LINE(name, NAME, list_path, id, list_size) FUNCTIONS(name)
RESOURCES(FUNCTIONS_LINE)

#define FACE_LINE(name, NAME, list_path, id, list_size)                                            \
    {CV_##NAME,                                                                                    \
     #name,                                                                                        \
     #list_path,                                                                                   \
     id,                                                                                           \
     list_size,                                                                                    \
     name##_retrieve,                                                                              \
     name##_retrieve_with,                                                                         \
     name##_list,                                                                                  \
     name##_take,                                                                                  \
     name##_page_take,                                                                             \
     name##_next,                                                                                  \
     name##_free,                                                                                  \
     name##_page_free},

static const face faces[] = {RESOURCES(FACE_LINE)};

/* ---- set-up ---- */

static int set_up(void **context) {
    *context = api_new_on(CVI_FIXTURES "/resources");
    return 0;
}

#define RESOURCE_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, api_tear_down)

static void must_be(const void *handle, const face *tested) {
    if (handle == NULL) {
        fail_msg("%s: %s", tested->detail_path, cv_last_error()->message);
    }
}

static void must_be_refused(const void *handle) {
    assert_null(handle);
    assert_int_equal(cv_last_error()->code, CV_ERROR_ARGUMENT);
}

/* The last request went to this path. */
static void assert_sent(const api *self, const char *path) {
    server_request request;
    size_t count = server_request_count(self->server, NULL);
    assert_true(count > 0);
    assert_true(server_request_at(self->server, NULL, count - 1, &request));
    assert_string_equal(request.path, path);
}

static cv_request *wait_for(cv_request *request) {
    assert_true(cv_request_wait(request, API_PATIENCE_MS));
    assert_int_equal(cv_request_error(request)->code, CV_OK);
    return request;
}

/* ---- tests ---- */

/* The faces above are all that there are, but for the list of types. */
static void test_no_resource_is_left_out(void **context) {
    (void)context;
    size_t count = 0;
    while (cv_resource_name((cv_resource)(count + 1)) != NULL) {
        count++;
    }
    assert_int_equal(count, API_COUNT(faces) + 1);
    for (size_t i = 0; i < API_COUNT(faces); i++) {
        size_t without_types = i + 1 < CV_TYPE ? i + 1 : i + 2;
        assert_int_equal(faces[i].resource, without_types);
        assert_string_equal(cv_resource_name(faces[i].resource), faces[i].detail_path);
        assert_int_equal(cv_resource_from_name(faces[i].list_path), faces[i].resource);
    }
    assert_string_equal(cv_resource_name(CV_TYPE), "types");
}

static void test_details(void **context) {
    const api *self = *context;
    cv_client *client = api_open(self, NULL);
    cv_request_options cache_only = CV_REQUEST_OPTIONS_INIT;
    cache_only.mode = CV_MODE_CACHE_ONLY;
    for (size_t i = 0; i < API_COUNT(faces); i++) {
        const face *tested = &faces[i];
        const cv_record *record = tested->retrieve(client, tested->id, CV_PRIORITY_USER);
        must_be(record, tested);
        assert_int_equal(record->resource, tested->resource);
        assert_int_equal(record->source, CV_SOURCE_NETWORK);
        assert_true(cv_record_has(record, "api_detail_url"));
        const cv_record *again = tested->retrieve_with(client, tested->id, &cache_only);
        must_be(again, tested);
        assert_int_equal(again->source, CV_SOURCE_CACHE);
        char *first_text = cv_record_json(record);
        char *second_text = cv_record_json(again);
        assert_string_equal(first_text, second_text);
        cv_free(first_text);
        cv_free(second_text);
        tested->free(record);
        tested->free(again);
        assert_int_equal(server_request_count(self->server, NULL), i + 1);
    }
    cv_client_close(client);
}

/* Irregular plurals and type ids as the service has them. */
static void test_where_requests_go(void **context) {
    static const struct {
        size_t face;
        const char *detail;
        const char *list;
    } cases[] = {
        {CV_PERSON - 1, "/api/person/4040-801/", "/api/people/"},
        {CV_SERIES - 1, "/api/series/4075-1001/", "/api/series_list/"},
        {CV_VIDEO_CATEGORY - 1, "/api/video_category/2320-31/", "/api/video_categories/"},
        {CV_STORY_ARC - 1, "/api/story_arc/4045-1101/", "/api/story_arcs/"},
    };
    const api *self = *context;
    cv_client *client = api_open(self, NULL);
    for (size_t i = 0; i < API_COUNT(cases); i++) {
        const face *tested = &faces[cases[i].face];
        tested->free(tested->retrieve(client, tested->id, CV_PRIORITY_USER));
        assert_sent(self, cases[i].detail);
        tested->page_free(tested->list(client, NULL, CV_PRIORITY_USER));
        assert_sent(self, cases[i].list);
    }
    cv_client_close(client);
}

static void test_lists(void **context) {
    const api *self = *context;
    cv_client *client = api_open(self, NULL);
    for (size_t i = 0; i < API_COUNT(faces); i++) {
        const face *tested = &faces[i];
        const cv_page *page = tested->list(client, NULL, CV_PRIORITY_USER);
        must_be(page, tested);
        assert_int_equal(page->source, CV_SOURCE_NETWORK);
        assert_int_equal(page->count, tested->list_size);
        assert_true(page->total >= (int64_t)page->count);
        for (size_t k = 0; k < page->count; k++) {
            assert_int_equal(page->items[k]->resource, tested->resource);
            assert_true(cv_record_has(page->items[k], "id"));
        }
        tested->page_free(page);
        tested->page_free(NULL);
        tested->free(NULL);
    }
    cv_client_close(client);
}

static void test_requests(void **context) {
    const api *self = *context;
    cv_client *client = api_open(self, NULL);
    for (size_t i = 0; i < API_COUNT(faces); i++) {
        const face *tested = &faces[i];
        const face *other = &faces[(i + 1) % API_COUNT(faces)];
        cv_request *one = wait_for(cv_request_retrieve(client, tested->resource, tested->id, NULL));
        cv_request *many = wait_for(cv_request_list(client, tested->resource, NULL, NULL));
        must_be_refused(tested->page_take(one));
        must_be_refused(tested->take(many));
        must_be_refused(other->take(one));
        must_be_refused(other->page_take(many));
        const cv_record *record = tested->take(one);
        const cv_page *page = tested->page_take(many);
        must_be(record, tested);
        must_be(page, tested);
        assert_int_equal(record->resource, tested->resource);
        assert_int_equal(page->count, tested->list_size);
        tested->free(record);
        tested->page_free(page);
        cv_request_free(one);
        cv_request_free(many);
    }
    cv_client_close(client);
}

static void test_walks(void **context) {
    const api *self = *context;
    cv_client *client = api_open(self, NULL);
    for (size_t i = 0; i < API_COUNT(faces); i++) {
        const face *tested = &faces[i];
        const face *other = &faces[(i + 1) % API_COUNT(faces)];
        cv_cursor *cursor = cv_cursor_open(client, tested->resource, NULL, CV_PRIORITY_USER);
        must_be(cursor, tested);
        assert_null(other->next(cursor));
        assert_int_equal(cv_cursor_error(cursor)->code, CV_ERROR_ARGUMENT);
        size_t count = 0;
        const cv_record *record = tested->next(cursor);
        for (; record != NULL; record = tested->next(cursor)) {
            assert_int_equal(record->resource, tested->resource);
            count++;
        }
        assert_int_equal(cv_cursor_error(cursor)->code, CV_OK);
        assert_int_equal(count, tested->list_size);
        cv_cursor_close(cursor);
    }
    cv_client_close(client);
}

/* Goes on from a token, in place of the cursor. */
static cv_cursor *resume(cv_client *client, cv_cursor *cursor, const face *tested) {
    char *token = cv_cursor_token(cursor);
    cv_cursor *resumed = cv_cursor_resume(client, token);
    must_be(resumed, tested);
    cv_free(token);
    cv_cursor_close(cursor);
    return resumed;
}

/* Each of the path's requests was for one item, with the fields, from `offset` on. */
static void must_be_paged(const api *self, const face *tested, size_t pages) {
    char path[64];
    char place[32] = ""; /* the first page names none */
    char query[128];
    server_request request;
    snprintf(path, sizeof(path), "/api/%s/", tested->list_path);
    assert_int_equal(server_request_count(self->server, path), pages);
    for (size_t i = 0; i < pages; i++) {
        snprintf(query, sizeof(query), "format=json&field_list=id&limit=1%s&api_key=***", place);
        assert_true(server_request_at(self->server, path, i, &request));
        assert_string_equal(request.query, query);
        snprintf(place, sizeof(place), "&offset=%zu", i + 1);
    }
}

/* In pages of one, stopped and resumed after each record: every item of the list is a request, and
 * there is none behind the last. */
static void test_walks_in_pages(void **context) {
    const api *self = *context;
    cv_client *client = api_open(self, NULL);
    cv_query query = CV_QUERY_INIT;
    query.fields = "id";
    query.limit = 1;
    for (size_t i = 0; i < API_COUNT(faces); i++) {
        const face *tested = &faces[i];
        size_t count = 0;
        cv_cursor *cursor = cv_cursor_open(client, tested->resource, &query, CV_PRIORITY_USER);
        must_be(cursor, tested);
        for (; tested->next(cursor) != NULL; count++) {
            cursor = resume(client, cursor, tested);
        }
        assert_int_equal(cv_cursor_error(cursor)->code, CV_OK);
        assert_int_equal(count, tested->list_size);
        assert_true(cv_cursor_total(cursor) >= (int64_t)count);
        assert_int_equal(cv_cursor_position(cursor), cv_cursor_total(cursor));
        must_be_paged(self, tested, (size_t)cv_cursor_total(cursor));
        cv_cursor_close(cursor);
    }
    cv_client_close(client);
}

/* The whole query stays on every page, and in the token. */
static void test_walks_let_unknown_names_through(void **context) {
    const api *self = *context;
    cv_client *client = api_open(self, NULL);
    cv_query query = CV_QUERY_INIT;
    query.fields = "name,moon";
    query.limit = 2;
    assert_null(cv_cursor_open(client, CV_POWER, &query, CV_PRIORITY_USER));
    query.allow_unknown = 1;
    cv_cursor *cursor = cv_cursor_open(client, CV_POWER, &query, CV_PRIORITY_USER);
    assert_non_null(cursor);
    assert_non_null(cv_power_next(cursor));
    assert_non_null(cv_power_next(cursor));
    char *token = cv_cursor_token(cursor);
    cv_cursor_close(cursor);
    cursor = cv_cursor_resume(client, token);
    assert_non_null(cursor);
    assert_int_equal(cv_power_next(cursor)->id, 23);
    server_request request;
    size_t count = server_request_count(self->server, NULL);
    assert_true(server_request_at(self->server, NULL, count - 1, &request));
    assert_non_null(strstr(request.query, "field_list=id%2Cmoon%2Cname&limit=2&offset=2"));
    cv_free(token);
    cv_cursor_close(cursor);
    cv_client_close(client);
}

static void test_many_with_unknown_names(void **context) {
    const api *self = *context;
    static const int64_t ids[] = {201, 203};
    cv_client *client = api_open(self, NULL);
    cv_request_options options = CV_REQUEST_OPTIONS_INIT;
    options.fields = "name,moon";
    cv_request *request = cv_request_retrieve_many(client, CV_CHARACTER, ids, 2, &options);
    assert_int_equal(cv_request_error(request)->code, CV_ERROR_ARGUMENT);
    cv_request_free(request);
    options.allow_unknown = 1;
    request = wait_for(cv_request_retrieve_many(client, CV_CHARACTER, ids, 2, &options));
    const cv_many *many = cv_many_take(request);
    assert_non_null(many);
    assert_int_equal(many->count, 2);
    assert_string_equal(((const cv_character *)(const void *)many->items[1].record)->name,
                        "The Ferryman");
    cv_many_free(many);
    cv_request_free(request);
    cv_client_close(client);
}

/* Hits are records of their own resources, with the members that only those have. */
static void test_search_across_resources(void **context) {
    cv_client *client = api_open(*context, NULL);
    cv_search_query query = CV_SEARCH_QUERY_INIT;
    query.query = "lamp";
    query.limit = 100;
    const cv_page *page = cv_search(client, &query, CV_PRIORITY_USER);
    assert_non_null(page);
    size_t series = 0;
    size_t volumes = 0;
    for (size_t i = 0; i < page->count; i++) {
        const cv_record *hit = page->items[i];
        assert_true(cv_record_has(hit, "resource_type"));
        if (hit->resource == CV_SERIES) {
            series++;
            const cv_series *shown = (const cv_series *)(const void *)hit;
            assert_string_equal(shown->first_episode->episode_number, "101");
        } else if (hit->resource == CV_VOLUME) {
            volumes++;
            const cv_volume *printed = (const cv_volume *)(const void *)hit;
            assert_string_equal(printed->start_year, "1951");
        }
    }
    assert_int_equal(series, 1);
    assert_int_equal(volumes, 1);
    assert_true(page->count > series + volumes);
    cv_page_free(page);
    cv_client_close(client);
}

/* What no resource has is the same error for all of them. */
static void test_missing_objects(void **context) {
    const api *self = *context;
    cv_client *client = api_open(self, NULL);
    for (size_t i = 0; i < API_COUNT(faces); i++) {
        assert_null(faces[i].retrieve(client, 999999, CV_PRIORITY_USER));
        assert_int_equal(cv_last_error()->code, CV_ERROR_NOT_FOUND);
        assert_non_null(strstr(cv_last_error()->message, faces[i].detail_path));
    }
    cv_client_close(client);
}

/* ---- members that only one or two resources have ---- */

static void test_misspelt_names(void **context) {
    cv_client *client = api_open(*context, NULL);
    const cv_team *team = cv_team_retrieve(client, 1201, CV_PRIORITY_USER);
    assert_non_null(team);
    assert_int_equal(team->issues_disbanded_in.count, team->disbanded_in_issues.count);
    assert_int_equal(team->issues_disbanded_in.count, 3);
    assert_true(cv_record_has(&team->record, "issues_disbanded_in"));
    assert_true(cv_record_has(&team->record, "isssues_disbanded_in"));
    assert_true(cv_record_has(&team->record, "count_of_issue_appearances"));
    cv_team_free(team);
    const cv_concept *concept = cv_concept_retrieve(client, 301, CV_PRIORITY_USER);
    assert_non_null(concept);
    assert_int_equal(concept->count_of_issue_appearances, 12);
    cv_concept_free(concept);
    cv_client_close(client);
}

static void test_shapes_of_their_own(void **context) {
    cv_client *client = api_open(*context, NULL);
    const cv_person *person = cv_person_retrieve(client, 801, CV_PRIORITY_USER);
    assert_non_null(person);
    assert_string_equal(person->death->date, "1972-03-04 00:00:00.000000");
    assert_int_equal(person->death->timezone_type, 3);
    cv_person_free(person);
    const cv_volume *volume = cv_volume_retrieve(client, 1401, CV_PRIORITY_USER);
    assert_non_null(volume);
    assert_int_equal(volume->characters.count, 3);
    assert_int_equal(volume->characters.items[0].count, 12);
    assert_string_equal(volume->issues.items[1].issue_number, "½");
    cv_volume_free(volume);
    const cv_series *series = cv_series_retrieve(client, 1001, CV_PRIORITY_USER);
    assert_non_null(series);
    assert_string_equal(series->first_episode->episode_number, "101");
    assert_string_equal(series->episodes.items[2].episode_number, "101/102");
    cv_series_free(series);
    cv_client_close(client);
}

static void test_empty_items_of_promos(void **context) {
    cv_client *client = api_open(*context, NULL);
    const cv_promo_page *page = cv_promo_list(client, NULL, CV_PRIORITY_USER);
    assert_non_null(page);
    assert_int_equal(page->count, 2);
    assert_int_equal(page->total, 4);
    assert_string_equal(page->items[1]->user, " ");
    cv_promo_page_free(page);
    cv_client_close(client);
}

/* Their id is not documented: an answer without one is still the chat that was asked for. */
static void test_chats_without_an_id(void **context) {
    cv_client *client = api_open(*context, NULL);
    const cv_chat *chat = cv_chat_retrieve(client, 1502, CV_PRIORITY_USER);
    assert_non_null(chat);
    assert_int_equal(chat->id, 0);
    assert_false(cv_record_has(&chat->record, "id"));
    assert_string_equal(chat->title, "The Fog Hour Aftershow");
    cv_chat_free(chat);
    cv_client_close(client);
}

static void test_types(void **context) {
    const api *self = *context;
    cv_client *client = api_open(self, NULL);
    const cv_type_page *page = cv_type_list(client, NULL, CV_PRIORITY_USER);
    assert_non_null(page);
    assert_sent(self, "/api/types/");
    assert_int_equal(page->count, API_COUNT(faces));
    for (size_t i = 0; i < page->count; i++) {
        const cv_type *type = page->items[i];
        assert_int_equal(type->record.resource, CV_TYPE);
        assert_true(type->id > 0);
        cv_resource named = cv_resource_from_name(type->detail_resource_name);
        assert_true(named != CV_RESOURCE_NONE);
        assert_int_equal(cv_resource_from_name(type->list_resource_name), named);
    }
    cv_type_page_free(page);
    cv_type_page_free(NULL);
    cv_request *request = wait_for(cv_request_list(client, CV_TYPE, NULL, NULL));
    page = cv_type_page_take(request);
    assert_non_null(page);
    cv_type_page_free(page);
    cv_request_free(request);
    cv_cursor *cursor = cv_cursor_open(client, CV_TYPE, NULL, CV_PRIORITY_USER);
    assert_int_equal(cv_type_next(cursor)->id, 4000);
    cv_cursor_close(cursor);
    must_be_refused(cv_retrieve(client, CV_TYPE, 1, CV_PRIORITY_USER));
    assert_int_equal(server_request_count(self->server, NULL), 1);
    cv_client_close(client);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_resource_is_left_out),
        RESOURCE_TEST(test_details),
        RESOURCE_TEST(test_where_requests_go),
        RESOURCE_TEST(test_lists),
        RESOURCE_TEST(test_requests),
        RESOURCE_TEST(test_walks),
        RESOURCE_TEST(test_walks_in_pages),
        RESOURCE_TEST(test_walks_let_unknown_names_through),
        RESOURCE_TEST(test_many_with_unknown_names),
        RESOURCE_TEST(test_search_across_resources),
        RESOURCE_TEST(test_missing_objects),
        RESOURCE_TEST(test_misspelt_names),
        RESOURCE_TEST(test_shapes_of_their_own),
        RESOURCE_TEST(test_empty_items_of_promos),
        RESOURCE_TEST(test_chats_without_an_id),
        RESOURCE_TEST(test_types),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
