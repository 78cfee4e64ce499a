/* Calls: which URL and cache key a caller's words become, and which words are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "client/call.h"
#include "client/url.h"
#include "resources/registry.h"
#include "support/failing_allocator.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define BASE         CVI_DEFAULT_BASE_URL

typedef struct desk {
    failing_allocator memory;
    cvi_settings settings;
} desk;

static int set_up(void **state) {
    static desk self;
    static const cv_resource_ttl ttl = {.resource = CV_ISSUE, .ttl_s = 77};
    cv_options options = CV_OPTIONS_INIT;
    cv_error error;
    failing_allocator_init(&self.memory, 0, false);
    options.api_key = "sesame";
    options.database = ":memory:";
    options.allocator = &self.memory.allocator;
    options.cache.ttls = &ttl;
    options.cache.ttl_count = 1;
    assert_true(cvi_settings_init(&self.settings, &options, &error));
    *state = &self;
    return 0;
}

static int tear_down(void **state) {
    desk *self = *state;
    cvi_settings_clear(&self->settings);
    assert_int_equal(atomic_load(&self->memory.live), 0);
    return 0;
}

static cvi_call *detail(desk *self, int64_t id, const char *fields) {
    cv_error error;
    const cv_request_options options = {.fields = fields};
    cvi_call *call = cvi_call_detail(&self->settings, CV_ISSUE, id, &options, &error);
    if (call == NULL) {
        fail_msg("%s", error.message);
    }
    return call;
}

static cvi_call *list(desk *self, const cv_query *query) {
    cv_error error;
    cvi_call *call = cvi_call_list(&self->settings, CV_ISSUE, query, &error);
    if (call == NULL) {
        fail_msg("%s", error.message);
    }
    return call;
}

/* ---- details ---- */

static void test_detail(void **state) {
    cvi_call *call = detail(*state, 52, NULL);
    assert_string_equal(call->segment, "issue");
    assert_string_equal(call->label, "issue/4000-52");
    assert_string_equal(call->url, BASE "/issue/4000-52/?format=json");
    assert_string_equal(call->full_hash, "");
    assert_int_equal(strlen(call->hash), CVI_HASH_LENGTH);
    assert_int_equal(call->id, 52);
    assert_int_equal(call->ttl_ms, 77000);
    assert_false(call->is_list);
    assert_int_equal(call->resource->resource, CV_ISSUE);
    assert_null(strstr(call->url, "sesame"));
    cvi_call_release(call);
}

static void test_fields_of_a_detail(void **state) {
    cvi_call *full = detail(*state, 52, NULL);
    cvi_call *some = detail(*state, 52, "name,cover_date");
    cvi_call *other_order = detail(*state, 52, "cover_date,name,id,name");
    cvi_call *fewer = detail(*state, 52, "name");
    assert_string_equal(some->url,
                        BASE "/issue/4000-52/?format=json&field_list=cover_date%2Cid%2Cname");
    assert_string_equal(some->full_hash, full->hash);
    assert_string_not_equal(some->hash, full->hash);
    assert_string_equal(other_order->hash, some->hash);
    assert_string_equal(other_order->url, some->url);
    assert_string_not_equal(fewer->hash, some->hash);
    cvi_call_release(full);
    cvi_call_release(some);
    cvi_call_release(other_order);
    cvi_call_release(fewer);
}

static void test_each_object_has_its_own_key(void **state) {
    cvi_call *first = detail(*state, 1, NULL);
    cvi_call *second = detail(*state, 11, NULL);
    cvi_call *largest = detail(*state, INT64_C(999999999999999), NULL);
    assert_string_not_equal(first->hash, second->hash);
    assert_string_equal(largest->label, "issue/4000-999999999999999");
    cvi_call_release(first);
    cvi_call_release(second);
    cvi_call_release(largest);
}

static void test_details_that_are_refused(void **state) {
    desk *self = *state;
    static const struct {
        cv_resource resource;
        int64_t id;
        const char *fields;
        const char *words;
    } cases[] = {
        {CV_ISSUE, 0, NULL, "0 is no id"},
        {CV_ISSUE, -1, NULL, "-1 is no id"},
        {CV_ISSUE, INT64_MIN, NULL, "is no id"},
        {CV_ISSUE, INT64_C(1000000000000000), NULL, "is no id"},
        {CV_RESOURCE_NONE, 1, NULL, "no resource 0"},
        {(cv_resource)-1, 1, NULL, "no resource -1"},
        {(cv_resource)999, 1, NULL, "no resource 999"},
        {CV_TYPE, 1, NULL, "types: a list"},
        {CV_ISSUE, 1, "nonsense", "nonsense"},
        {CV_ISSUE, 1, "name,", ""},
        {CV_ISSUE, 1, "", ""},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        cv_error error;
        const cv_request_options options = {.fields = cases[i].fields};
        assert_null(
            cvi_call_detail(&self->settings, cases[i].resource, cases[i].id, &options, &error));
        assert_int_equal(error.code, CV_ERROR_ARGUMENT);
        assert_non_null(strstr(error.message, cases[i].words));
    }
}

/* ---- lists ---- */

static void test_list_of_all(void **state) {
    cvi_call *call = list(*state, NULL);
    cv_query query = CV_QUERY_INIT;
    cvi_call *same = list(*state, &query);
    assert_string_equal(call->segment, "issues");
    assert_string_equal(call->label, "issues offset 0");
    assert_string_equal(call->url, BASE "/issues/?format=json");
    assert_true(call->is_list);
    assert_int_equal(call->id, 0);
    assert_string_equal(same->hash, call->hash);
    cvi_call_release(call);
    cvi_call_release(same);
}

static void test_list_with_everything(void **state) {
    cv_query query = CV_QUERY_INIT;
    query.fields = "name";
    query.filter = "name:Lamplighter & Co,volume:796";
    query.sort = "cover_date:desc";
    query.limit = 20;
    query.offset = 40;
    cvi_call *call = list(*state, &query);
    assert_string_equal(call->url, BASE "/issues/?format=json&field_list=id%2Cname"
                                        "&filter=name%3ALamplighter%20%26%20Co%2Cvolume%3A796"
                                        "&limit=20&offset=40&sort=cover_date%3Adesc");
    assert_string_equal(call->label, "issues offset 40");
    cvi_call_release(call);
}

static void test_each_part_of_a_query_counts(void **state) {
    cv_query queries[6] = {CV_QUERY_INIT, CV_QUERY_INIT, CV_QUERY_INIT,
                           CV_QUERY_INIT, CV_QUERY_INIT, CV_QUERY_INIT};
    cvi_call *calls[6];
    queries[1].fields = "name";
    queries[2].filter = "name:a";
    queries[3].sort = "name:asc";
    queries[4].limit = 5;
    queries[5].offset = 5;
    for (size_t i = 0; i < COUNT(calls); i++) {
        calls[i] = list(*state, &queries[i]);
        for (size_t j = 0; j < i; j++) {
            assert_string_not_equal(calls[i]->hash, calls[j]->hash);
        }
    }
    for (size_t i = 0; i < COUNT(calls); i++) {
        cvi_call_release(calls[i]);
    }
}

static cvi_call *list_of_videos(desk *self, const cv_query *query) {
    cv_error error;
    cvi_call *call = cvi_call_list(&self->settings, CV_VIDEO, query, &error);
    if (call == NULL) {
        fail_msg("%s", error.message);
    }
    return call;
}

/* In the order of the alphabet, as all parameters are; each with a key of its own. */
static void test_what_only_videos_take(void **state) {
    cv_query queries[4] = {CV_QUERY_INIT, CV_QUERY_INIT, CV_QUERY_INIT, CV_QUERY_INIT};
    cvi_call *calls[4];
    queries[1].subscriber_only = "1";
    queries[2].video_type = "1";
    queries[3].sort = "name";
    queries[3].subscriber_only = " 1";
    queries[3].video_type = "8|9 ";
    for (size_t i = 0; i < COUNT(calls); i++) {
        calls[i] = list_of_videos(*state, &queries[i]);
        for (size_t j = 0; j < i; j++) {
            assert_string_not_equal(calls[i]->hash, calls[j]->hash);
        }
    }
    assert_string_equal(calls[0]->url, BASE "/videos/?format=json");
    assert_string_equal(calls[3]->url, BASE "/videos/?format=json&sort=name%3Aasc"
                                            "&subscriber_only=1&video_type=8%7C9");
    for (size_t i = 0; i < COUNT(calls); i++) {
        cvi_call_release(calls[i]);
    }
}

static void test_lists_that_are_refused(void **state) {
    desk *self = *state;
    static const struct {
        cv_query query;
        const char *words;
    } cases[] = {
        {{.limit = 101}, "limit 101"},          {{.limit = -1}, "limit -1"},
        {{.offset = -1}, "offset -1"},          {{.fields = "nonsense"}, "nonsense"},
        {{.filter = "nonsense:1"}, "nonsense"}, {{.filter = "name"}, ""},
        {{.sort = "nonsense:asc"}, "nonsense"}, {{.sort = "name:sideways"}, ""},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        cv_error error;
        assert_null(cvi_call_list(&self->settings, CV_ISSUE, &cases[i].query, &error));
        assert_int_equal(error.code, CV_ERROR_ARGUMENT);
        assert_non_null(strstr(error.message, cases[i].words));
    }
    cv_error error;
    assert_null(cvi_call_list(&self->settings, (cv_resource)99, NULL, &error));
    assert_non_null(strstr(error.message, "no resource"));
}

/* Names that this version does not know reach the service when the caller says so. */
static void test_unknown_names_when_allowed(void **state) {
    desk *self = *state;
    cv_error error;
    cv_query query = CV_QUERY_INIT;
    query.fields = "name,upc";
    query.filter = "upc:7|8,name:x";
    query.sort = "deck:desc";
    assert_null(cvi_call_list(&self->settings, CV_ISSUE, &query, &error));
    assert_int_equal(error.code, CV_ERROR_ARGUMENT);
    query.allow_unknown = 1;
    cvi_call *call = list(self, &query);
    assert_string_equal(call->url, BASE "/issues/?format=json&field_list=id%2Cname%2Cupc"
                                        "&filter=upc%3A7%7C8%2Cname%3Ax&sort=deck%3Adesc");
    cvi_call_release(call);
    cv_request_options options = CV_REQUEST_OPTIONS_INIT;
    options.fields = "upc";
    assert_null(cvi_call_detail(&self->settings, CV_ISSUE, 52, &options, &error));
    assert_int_equal(error.code, CV_ERROR_ARGUMENT);
    options.allow_unknown = 1;
    call = cvi_call_detail(&self->settings, CV_ISSUE, 52, &options, &error);
    assert_non_null(call);
    assert_string_equal(call->url, BASE "/issue/4000-52/?format=json&field_list=id%2Cupc");
    cvi_call_release(call);
}

/* Whatever stands in a value stays in that value. */
static void test_values_add_no_parameter(void **state) {
    cv_query query = CV_QUERY_INIT;
    query.filter = "name:a&limit=1#b=c%26d+e?f/g;h\\\"i";
    cvi_call *call = list(*state, &query);
    assert_string_equal(call->url,
                        BASE "/issues/?format=json&filter=name%3Aa%26limit%3D1%23b%3Dc%2526d%2Be"
                             "%3Ff%2Fg%3Bh%5C%22i");
    cvi_call_release(call);
}

static void test_reserved_members_of_a_query_are_zero(void **state) {
    desk *self = *state;
    cv_error error;
    const cv_query query = {.reserved = {0, 1}};
    assert_null(cvi_call_list(&self->settings, CV_ISSUE, &query, &error));
    assert_int_equal(error.code, CV_ERROR_ARGUMENT);
    assert_non_null(strstr(error.message, "cv_query"));
    assert_non_null(strstr(error.message, "reserved"));
}

static void test_query_of_another_version(void **state) {
    desk *self = *state;
    cv_error error;
    struct {
        cv_query query;
        int64_t added;
    } newer = {CV_QUERY_INIT, 1};
    newer.query.size = sizeof(newer);
    assert_null(cvi_call_list(&self->settings, CV_ISSUE, &newer.query, &error));
    assert_non_null(strstr(error.message, "cv_query"));
    newer.added = 0;
    cvi_call_release(list(self, &newer.query));
}

/* Base URL and filter are each as long as they may be. */
static void test_query_that_makes_too_long_a_url(void **state) {
    (void)state;
    char base_url[2040] = "http://";
    char filter[2040] = "name:";
    cv_options options = CV_OPTIONS_INIT;
    cv_query query = CV_QUERY_INIT;
    cvi_settings settings;
    cv_error error;
    memset(base_url + 7, 'h', sizeof(base_url) - 8);
    memset(filter + 5, ' ', sizeof(filter) - 6);
    filter[sizeof(filter) - 2] = 'x';
    options.api_key = "key";
    options.database = ":memory:";
    options.base_url = base_url;
    query.filter = filter;
    assert_true(cvi_settings_init(&settings, &options, &error));
    assert_null(cvi_call_list(&settings, CV_ISSUE, &query, &error));
    assert_string_equal(cv_code_name(error.code), "CV_ERROR_ARGUMENT");
    assert_non_null(strstr(error.message, "beyond 7000 bytes"));
    cvi_settings_clear(&settings);
}

/* ---- texts as long as they may be ---- */

enum { LONGEST_TEXT = 2048 };

/* A text of `length` bytes: the beginning, then letters. */
static const char *long_text(char text[LONGEST_TEXT + 2], const char *beginning, size_t length) {
    size_t begin = strlen(beginning);
    memcpy(text, beginning, begin);
    memset(text + begin, 'a', length - begin);
    text[length] = '\0';
    return text;
}

static void test_the_longest_texts_of_a_list(void **state) {
    char fields[LONGEST_TEXT + 2];
    char filter[LONGEST_TEXT + 2];
    char sort[LONGEST_TEXT + 2];
    for (size_t shorter = 0; shorter <= 2; shorter++) {
        cv_query query = CV_QUERY_INIT;
        query.allow_unknown = 1;
        query.fields = long_text(fields, "name,z", LONGEST_TEXT - shorter);
        query.filter = long_text(filter, "name:", LONGEST_TEXT - shorter);
        query.sort = long_text(sort, "s", LONGEST_TEXT - shorter);
        cvi_call *call = list(*state, &query);
        assert_non_null(strstr(call->url, "field_list=id%2Cname%2Czaaa"));
        assert_non_null(strstr(call->url, filter + sizeof("name:")));
        assert_non_null(strstr(call->url, sort));
        assert_string_equal(call->url + strlen(call->url) - strlen("a%3Aasc"), "a%3Aasc");
        cvi_call_release(call);
    }
}

static void test_the_longest_fields_of_an_object(void **state) {
    desk *self = *state;
    char fields[LONGEST_TEXT + 2];
    cv_request_options options = CV_REQUEST_OPTIONS_INIT;
    cv_error error;
    options.allow_unknown = 1;
    options.fields = long_text(fields, "z", LONGEST_TEXT);
    cvi_call *call = cvi_call_detail(&self->settings, CV_ISSUE, 52, &options, &error);
    assert_non_null(call);
    assert_non_null(strstr(call->url, fields));
    cvi_call_release(call);
    call = cvi_call_item(&self->settings, cvi_registry_find(CV_ISSUE), 52, &options, &error);
    assert_non_null(call);
    cvi_call_release(call);
}

static void test_texts_that_are_too_long(void **state) {
    desk *self = *state;
    char text[LONGEST_TEXT + 2];
    const char *const beginnings[] = {"z", "name:", "s"};
    for (size_t i = 0; i < COUNT(beginnings); i++) {
        cv_query query = CV_QUERY_INIT;
        cv_error error;
        query.allow_unknown = 1;
        const char **const members[] = {&query.fields, &query.filter, &query.sort};
        *members[i] = long_text(text, beginnings[i], LONGEST_TEXT + 1);
        assert_null(cvi_call_list(&self->settings, CV_ISSUE, &query, &error));
        assert_int_equal(error.code, CV_ERROR_ARGUMENT);
        assert_int_equal(error.retryable, 0);
        assert_non_null(strstr(error.message, "longer than 2048 bytes"));
    }
}

/* ---- searches ---- */

static cvi_call *search(desk *self, const cv_search_query *query) {
    cv_error error;
    cvi_call *call = cvi_call_search(&self->settings, query, &error);
    if (call == NULL) {
        fail_msg("%s", error.message);
    }
    return call;
}

static void test_search_with_everything(void **state) {
    cv_search_query query = CV_SEARCH_QUERY_INIT;
    query.query = "Lamp & Light";
    query.resources = "volume,issue";
    query.fields = "name";
    query.limit = 7;
    query.page = 2;
    cvi_call *call = search(*state, &query);
    assert_string_equal(call->segment, "search");
    assert_string_equal(call->label, "search page 2");
    assert_string_equal(call->url, BASE "/search/?format=json&field_list=id%2Cname%2Cresource_type"
                                        "&limit=7&page=2&query=Lamp%20%26%20Light"
                                        "&resources=issue%2Cvolume");
    assert_true(call->is_list);
    assert_int_equal(call->resource->resource, CV_RESOURCE_NONE);
    cvi_call_release(call);
}

static void test_the_first_page_of_a_search_has_one_key(void **state) {
    cv_search_query query = CV_SEARCH_QUERY_INIT;
    query.query = "lamp";
    cvi_call *plain = search(*state, &query);
    query.page = 1;
    cvi_call *first = search(*state, &query);
    query.page = 2;
    cvi_call *second = search(*state, &query);
    query.page = 0;
    query.query = "Lamp";
    cvi_call *other = search(*state, &query);
    assert_string_equal(first->hash, plain->hash);
    assert_string_not_equal(second->hash, plain->hash);
    assert_string_not_equal(other->hash, plain->hash);
    cvi_call_release(plain);
    cvi_call_release(first);
    cvi_call_release(second);
    cvi_call_release(other);
}

/* ---- what a list says of an object ---- */

static cvi_call *item(desk *self, int64_t id, const char *fields) {
    const cv_request_options options = {.fields = fields};
    cv_error error;
    cvi_call *call =
        cvi_call_item(&self->settings, cvi_registry_find(CV_ISSUE), id, &options, &error);
    if (call == NULL) {
        fail_msg("%s", error.message);
    }
    return call;
}

static void test_an_item_has_a_key_of_its_own_kind(void **state) {
    cvi_call *full = detail(*state, 52, NULL);
    cvi_call *full_some = detail(*state, 52, "name");
    cvi_call *all = item(*state, 52, NULL);
    cvi_call *some = item(*state, 52, "name");
    cvi_call *other = item(*state, 53, NULL);
    assert_null(all->url);
    assert_false(all->is_list);
    assert_int_equal(all->id, 52);
    assert_string_equal(all->full_hash, full->hash);
    assert_string_equal(some->full_hash, full->hash);
    const char *const hashes[] = {full->hash, full_some->hash, all->hash, some->hash, other->hash};
    for (size_t i = 0; i < COUNT(hashes); i++) {
        for (size_t j = 0; j < i; j++) {
            assert_string_not_equal(hashes[i], hashes[j]);
        }
    }
    cvi_call_release(full);
    cvi_call_release(full_some);
    cvi_call_release(all);
    cvi_call_release(some);
    cvi_call_release(other);
}

static void test_an_item_has_what_lists_have(void **state) {
    desk *self = *state;
    const cv_request_options credits = {.fields = "person_credits"};
    cv_error error;
    assert_null(cvi_call_item(&self->settings, cvi_registry_find(CV_ISSUE), 52, &credits, &error));
    assert_int_equal(error.code, CV_ERROR_ARGUMENT);
}

/* ---- life ---- */

static void test_call_lives_until_its_last_owner_lets_go(void **state) {
    desk *self = *state;
    cvi_call *call = detail(self, 52, NULL);
    size_t live = atomic_load(&self->memory.live);
    assert_ptr_equal(cvi_call_keep(call), call);
    cvi_call_release(call);
    assert_int_equal(atomic_load(&self->memory.live), live);
    assert_string_equal(call->label, "issue/4000-52");
    cvi_call_release(call);
    assert_int_equal(atomic_load(&self->memory.live), live - 2);
    cvi_call_release(NULL);
}

static void test_each_allocation_may_fail(void **state) {
    desk *self = *state;
    cv_query query = CV_QUERY_INIT;
    query.filter = "name:Lamplighter";
    const cv_request_options only_name = {.fields = "name"};
    for (size_t is_list = 0; is_list < 2; is_list++) {
        size_t failures = 0;
        size_t live = atomic_load(&self->memory.live);
        for (cvi_call *call = NULL; call == NULL; failures++) {
            cv_error error;
            self->memory.failing_call = atomic_load(&self->memory.calls) + failures + 1;
            call = is_list == 1
                       ? cvi_call_list(&self->settings, CV_ISSUE, &query, &error)
                       : cvi_call_detail(&self->settings, CV_ISSUE, 52, &only_name, &error);
            self->memory.failing_call = 0;
            if (call == NULL) {
                assert_int_equal(error.code, CV_ERROR_NOMEM);
                assert_int_equal(atomic_load(&self->memory.live), live);
            }
            cvi_call_release(call);
        }
        assert_in_range(failures, 3, 10);
    }
}

#define AT_DESK(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        AT_DESK(test_detail),
        AT_DESK(test_fields_of_a_detail),
        AT_DESK(test_each_object_has_its_own_key),
        AT_DESK(test_details_that_are_refused),
        AT_DESK(test_list_of_all),
        AT_DESK(test_list_with_everything),
        AT_DESK(test_each_part_of_a_query_counts),
        AT_DESK(test_what_only_videos_take),
        AT_DESK(test_lists_that_are_refused),
        AT_DESK(test_query_of_another_version),
        AT_DESK(test_unknown_names_when_allowed),
        AT_DESK(test_values_add_no_parameter),
        AT_DESK(test_reserved_members_of_a_query_are_zero),
        cmocka_unit_test(test_query_that_makes_too_long_a_url),
        AT_DESK(test_the_longest_texts_of_a_list),
        AT_DESK(test_the_longest_fields_of_an_object),
        AT_DESK(test_texts_that_are_too_long),
        AT_DESK(test_search_with_everything),
        AT_DESK(test_the_first_page_of_a_search_has_one_key),
        AT_DESK(test_an_item_has_a_key_of_its_own_kind),
        AT_DESK(test_an_item_has_what_lists_have),
        AT_DESK(test_call_lives_until_its_last_owner_lets_go),
        AT_DESK(test_each_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
