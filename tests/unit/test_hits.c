/* Hits of searches: each decoded by the table of its type, and what may be searched for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <comicvine/issue.h>

#include "resources/hits.h"
#include "resources/registry.h"
#include "resources/search.h"
#include "support/allocator.h"
#include "support/failing_allocator.h"
#include "support/sample.h"

#define MIXED                                                                                      \
    ENVELOPE("4", "[{\"id\":1,\"name\":\"a\",\"resource_type\":\"issue\",\"volume\":{\"id\":2}},"  \
                  "{\"id\":3,\"resource_type\":\"moon\",\"name\":\"m\\ud800\"},[],"                \
                  "{\"resource_type\":\"issue\",\"id\":\"4\",\"image\":{\"tiny_url\":\"t\"}}]")

static const cvi_provenance from_network = {
    .source = CV_SOURCE_NETWORK, .fetched_at_ms = 1000, .expires_at_ms = 2000};

static void test_hits_of_two_types(void **state) {
    (void)state;
    cvi_result *result = decode_text(&cvi_search_resource, true, MIXED);
    assert_int_equal(cvi_result_count(result), 3);
    assert_int_equal(cvi_result_type(result, 0), CV_ISSUE);
    assert_int_equal(cvi_result_type(result, 1), CV_RESOURCE_NONE);
    assert_int_equal(cvi_result_type(result, 2), CV_ISSUE);
    assert_int_equal(cvi_result_id(result, 0), 1);
    assert_int_equal(cvi_result_id(result, 1), 3);
    assert_int_equal(cvi_result_id(result, 2), 4);
    assert_int_equal(cvi_result_id(result, 3), 0);
    size_t length = 0;
    const char *raw = cvi_result_raw(result, 1, &length);
    assert_int_equal(length, strlen("{\"id\":3,\"resource_type\":\"moon\",\"name\":\"m\\ud800\"}"));
    assert_memory_equal(raw, "{\"id\":3,", 8);
    const cv_page *page = cvi_result_page(result, &from_network);
    cvi_result_release(result);
    const cv_issue *first = (const cv_issue *)page->items[0];
    const cv_issue *last = (const cv_issue *)page->items[2];
    assert_int_equal(first->volume->id, 2);
    assert_string_equal(last->image->tiny_url, "t");
    assert_int_equal(last->record.fetched_at_ms, 1000);
    assert_false(cv_record_has(page->items[0], "image"));
    assert_true(cv_record_has(page->items[2], "image"));
    char *json = cv_record_json(page->items[1]);
    assert_string_equal(json, "{\"id\":3,\"name\":\"m\xEF\xBF\xBD\",\"resource_type\":\"moon\"}");
    cv_free(json);
    json = cv_record_json(page->items[2]);
    assert_non_null(strstr(json, "\"tiny_url\":\"t\""));
    assert_non_null(strstr(json, "},\"resource_type\":\"issue\"}"));
    cv_free(json);
    assert_true(cv_record_has(page->items[2], "resource_type"));
    cv_page_free(page);
}

/* Only hits have a type. */
static void test_items_of_lists_have_no_type(void **state) {
    (void)state;
    cvi_result *result = decode_text(&cvi_issue_resource, true, ENVELOPE("1", "[{\"id\":7}]"));
    const cv_page *page = cvi_result_page(result, &from_network);
    cvi_result_release(result);
    assert_false(cv_record_has(page->items[0], "resource_type"));
    char *json = cv_record_json(page->items[0]);
    assert_string_equal(json, "{\"id\":7}");
    cv_free(json);
    cv_page_free(page);
}

static void test_types_that_are_none(void **state) {
    (void)state;
    static const char *const types[] = {"null", "5", "[]", "{\"a\":1}", "\"\"", "\"article\""};
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        char text[512];
        cvi_buffer body;
        cvi_buffer_over(&body, text, sizeof(text));
        cvi_buffer_add_format(&body, ENVELOPE("1", "[{\"id\":7,\"resource_type\":%s}]"), types[i]);
        cvi_result *result = decode_text(&cvi_search_resource, true, text);
        assert_int_equal(cvi_result_count(result), 1);
        assert_int_equal(cvi_result_type(result, 0), CV_RESOURCE_NONE);
        assert_int_equal(cvi_result_id(result, 0), 7);
        cvi_result_release(result);
    }
}

static void test_no_hits(void **state) {
    (void)state;
    cvi_result *result = decode_text(&cvi_search_resource, true, ENVELOPE("0", "[]"));
    assert_int_equal(cvi_result_count(result), 0);
    const cv_page *page = cvi_result_page(result, &from_network);
    assert_int_equal(page->count, 0);
    cv_page_free(page);
    cvi_result_release(result);
    refuse_text(&cvi_search_resource, true, DETAIL("{\"id\":1}"), CV_ERROR_RESPONSE);
}

static void test_each_allocation_may_fail(void **state) {
    (void)state;
    const cvi_decode_options options = {.resource = &cvi_search_resource, .is_list = true};
    cvi_result *result = NULL;
    size_t failures = 0;
    while (result == NULL) {
        failing_allocator memory;
        cv_error error;
        failing_allocator_init(&memory, failures + 1, false);
        result = decode_bytes(&options, &memory.allocator, MIXED, strlen(MIXED), &error);
        if (result == NULL) {
            assert_int_equal(error.code, CV_ERROR_NOMEM);
            failures++;
        }
        cvi_result_release(result);
        assert_int_equal(atomic_load(&memory.live), 0);
    }
    assert_in_range(failures, 4, 100);
}

/* ---- what may be asked ---- */

typedef bool check_fn(const char *text, cvi_buffer *out, cv_error *error);

static void must_give(check_fn *check, const char *text, const char *expected) {
    char written[4096];
    cvi_buffer out;
    cv_error error;
    cvi_buffer_over(&out, written, sizeof(written));
    if (!check(text, &out, &error)) {
        fail_msg("%s", error.message);
    }
    assert_string_equal(written, expected);
}

static void must_refuse(check_fn *check, const char *text, const char *words) {
    char written[4096];
    cvi_buffer out;
    cv_error error;
    cvi_buffer_over(&out, written, sizeof(written));
    assert_false(check(text, &out, &error));
    assert_int_equal(error.code, CV_ERROR_ARGUMENT);
    if (strstr(error.message, words) == NULL) {
        fail_msg("\"%s\" lacks \"%s\"", error.message, words);
    }
}

static bool check_resources(const char *text, cvi_buffer *out, cv_error *error) {
    return cvi_check_search_resources(text, false, out, error);
}

static bool check_fields(const char *text, cvi_buffer *out, cv_error *error) {
    return cvi_check_search_fields(NULL, text, false, out, error);
}

static bool check_fields_of_issues(const char *text, cvi_buffer *out, cv_error *error) {
    return cvi_check_search_fields("issue", text, false, out, error);
}

static bool check_fields_of_several(const char *text, cvi_buffer *out, cv_error *error) {
    return cvi_check_search_fields("character,team,volume", text, false, out, error);
}

/* The same with names let through. */
static bool pass_resources(const char *text, cvi_buffer *out, cv_error *error) {
    return cvi_check_search_resources(text, true, out, error);
}

static bool pass_fields(const char *text, cvi_buffer *out, cv_error *error) {
    return cvi_check_search_fields(NULL, text, true, out, error);
}

static void test_words(void **state) {
    (void)state;
    char longest[2050];
    memset(longest, 'a', sizeof(longest));
    longest[2049] = '\0';
    must_refuse(cvi_check_search_words, longest, "longer than 2048");
    longest[2048] = '\0';
    must_give(cvi_check_search_words, longest, longest);
    must_give(cvi_check_search_words, " x y ", " x y ");
    must_refuse(cvi_check_search_words, "", "no word");
    must_refuse(cvi_check_search_words, "  ", "no word");
    must_refuse(cvi_check_search_words, "a\x7F", "control character");
}

static void test_resources(void **state) {
    (void)state;
    must_give(check_resources, "volume,issue,story_arc,issue", "issue,story_arc,volume");
    must_give(check_resources, "video", "video"); /* whatever this version knows */
    must_give(check_resources, "series_list,issues,volumes,issue", "issue,series,volume");
    must_refuse(check_resources, "issue,,volume", "search: \"\" is not among the resources: ");
    must_refuse(check_resources, "chats",
                "search: \"chats\" is not among the resources: character, concept, episode, issue, "
                "location, object, origin, person, publisher, series, story_arc, team, video, "
                "volume");
    must_refuse(check_resources, "types", "\"types\" is not among");
    must_refuse(check_resources, "issue,isues",
                "\"isues\" is not among the resources (nearest: issues): ");
    must_refuse(check_resources, "isue", "(nearest: issue)");
    must_refuse(check_resources, "sotry_arc", "(nearest: story_arc)");
}

static void test_fields(void **state) {
    (void)state;
    must_give(check_fields, "name", "id,name,resource_type");
    must_give(check_fields, "issue_number,id,name,id", "id,issue_number,name,resource_type");
    must_refuse(check_fields, "person_credits",
                "search: \"person_credits\" is not among the fields of hits: ");
    must_refuse(check_fields, "nmae", "\"nmae\" is not among the fields of hits (nearest: name): ");
    must_refuse(check_fields, "covr_date", "(nearest: cover_date)");
    must_refuse(check_fields, "lamp", "the fields of hits: air_date, aliases, ");
    must_refuse(check_fields, "lamp", ", ...");
    must_refuse(check_fields, "name,", "\"\" is not among");
    must_refuse(check_fields, "", "\"\" is not among");
    must_refuse(check_fields, "channel_name", "is not among"); /* chats are not searched */
    must_refuse(check_fields, "link", "is not among");         /* of promos alone */
}

/* What none of the wanted resources has is asked of nobody. */
static void test_fields_of_the_wanted_resources(void **state) {
    (void)state;
    must_give(check_fields_of_issues, "cover_date,id", "cover_date,id,resource_type");
    must_give(check_fields_of_issues, "resource_type", "id,resource_type");
    must_refuse(check_fields_of_issues, "real_name",
                "search: \"real_name\" is not among the fields of hits of issue: aliases, "
                "api_detail_url, associated_images, cover_date, ");
    must_refuse(check_fields_of_issues, "covr_date", "(nearest: cover_date)");
    must_refuse(check_fields_of_issues, "genders", "hits of issue: ");
    must_give(check_fields_of_several, "real_name,start_year",
              "id,real_name,resource_type,start_year");
    must_refuse(check_fields_of_several, "cover_date",
                "\"cover_date\" is not among the fields of hits of character,team,volume: ");
    must_refuse(check_fields_of_several, "genders", "(nearest: gender)");
}

/* Each of the wanted resources has it by its own spelling. */
static void test_spellings_of_the_wanted_resources(void **state) {
    (void)state;
    static const struct {
        const char *resources;
        const char *expected;
    } cases[] = {
        {"character", "count_of_issue_appearances,id,resource_type"},
        {"team", "count_of_isssue_appearances,id,resource_type"},
        {"character,team",
         "count_of_isssue_appearances,count_of_issue_appearances,id,resource_type"},
        {NULL, "count_of_isssue_appearances,count_of_issue_appearances,id,resource_type"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[256];
        cv_error error;
        cvi_buffer out;
        cvi_buffer_over(&out, text, sizeof(text));
        assert_true(cvi_check_search_fields(cases[i].resources, "count_of_issue_appearances", false,
                                            &out, &error));
        assert_string_equal(text, cases[i].expected);
    }
}

static void test_blanks_around_names(void **state) {
    (void)state;
    must_give(check_resources, " issues , volume", "issue,volume");
    must_give(check_fields, "name, id ", "id,name,resource_type");
    must_refuse(check_resources, "issue, ", "\"\" is not among");
    must_refuse(check_fields, "name, nmae", "\"nmae\" is not among");
}

static void test_unknown_names_pass_when_allowed(void **state) {
    (void)state;
    must_give(pass_resources, "promos,moon,issues,moon", "issue,moon,promo");
    must_give(pass_fields, "upc,name,person_credits,upc",
              "id,name,person_credits,resource_type,upc");
    static const char *const texts[] = {"", "a b", "a&b", "a-b", "na\xC3\xA9", "a,,b"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        must_refuse(pass_resources, texts[i], "is not among the resources");
        must_refuse(pass_fields, texts[i], "is not among the fields of hits");
    }
}

static void test_more_names_than_fit(void **state) {
    (void)state;
    enum { NAMES = 129 };
    char text[5 * NAMES];
    cvi_buffer names;
    cvi_buffer_over(&names, text, sizeof(text));
    for (int i = 0; i < NAMES; i++) {
        cvi_buffer_add_format(&names, "%sn%03d", i > 0 ? "," : "", i);
    }
    must_refuse(pass_resources, text, "search: resource \"n128\" is one too many");
    must_refuse(pass_fields, text, "search: field \"n126\" is one too many");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hits_of_two_types),
        cmocka_unit_test(test_items_of_lists_have_no_type),
        cmocka_unit_test(test_types_that_are_none),
        cmocka_unit_test(test_no_hits),
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_each_allocation_may_fail),
        cmocka_unit_test(test_resources),
        cmocka_unit_test(test_fields),
        cmocka_unit_test(test_fields_of_the_wanted_resources),
        cmocka_unit_test(test_spellings_of_the_wanted_resources),
        cmocka_unit_test(test_blanks_around_names),
        cmocka_unit_test(test_unknown_names_pass_when_allowed),
        cmocka_unit_test(test_more_names_than_fit),
    };
    return cmocka_run_group_tests_name("hits", tests, NULL, NULL);
}
