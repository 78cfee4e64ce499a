/* The irregularities of the service, one fixture each: what it sends, and what the typed members
 * make of it, written back. Where the two are equal nothing is lost; the raw text always is what
 * was sent. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <comicvine.h>

#include <cmocka.h>

#include "resources/registry.h"
#include "resources/result.h"
#include "support/allocator.h"
#include "support/buffer.h"
#include "support/sample.h"

#define REF(id, name)                                                                              \
    "{\"api_detail_url\":\"a\",\"id\":" id ",\"name\":" name ",\"site_detail_url\":\"s\"}"
#define APIREF(id, name, more) "{\"api_detail_url\":\"a\",\"id\":" id ",\"name\":" name more "}"

static const cvi_provenance from_network = {
    .source = CV_SOURCE_NETWORK, .fetched_at_ms = 1000, .expires_at_ms = 2000};

/* One record; `written` NULL: as it was sent. */
typedef struct quirk {
    const char *name;
    const cvi_resource *resource;
    const char *sent;
    const char *written;
} quirk;

/* One a line, which the formatter would not keep. */
/* clang-format off */
static const quirk quirks[] = {
    /* Numbers and text. */
    {"counts of references are text", &cvi_volume_resource,
     "{\"characters\":[{\"api_detail_url\":\"a\",\"id\":1,\"name\":\"n\",\"site_detail_url\":\"s\","
     "\"count\":\"12\"}]}", NULL},
    {"counts of references as numbers", &cvi_series_resource,
     "{\"characters\":[{\"api_detail_url\":\"a\",\"id\":1,\"name\":\"n\",\"site_detail_url\":\"s\","
     "\"count\":12}]}",
     "{\"characters\":[{\"api_detail_url\":\"a\",\"id\":1,\"name\":\"n\",\"site_detail_url\":\"s\","
     "\"count\":\"12\"}]}"},
    {"a year is text", &cvi_volume_resource, "{\"start_year\":\"1938\"}", NULL},
    {"a year is a number in old answers", &cvi_volume_resource,
     "{\"start_year\":1938}", "{\"start_year\":\"1938\"}"},
    {"years of a series are a range", &cvi_series_resource,
     "{\"start_year\":\"1993 - 1999\"}", NULL},
    {"issue numbers are free text", &cvi_character_resource,
     "{\"first_appeared_in_issue\":" APIREF("1", "null", ",\"issue_number\":\"\xC2\xBD\"") "}", NULL},
    {"issue numbers may be null", &cvi_concept_resource,
     "{\"first_appeared_in_issue\":" APIREF("1", "\"n\"", ",\"issue_number\":null") "}", NULL},
    {"issue numbers may be numbers", &cvi_issue_resource,
     "{\"issue_number\":12.5}", "{\"issue_number\":\"12.5\"}"},
    {"episode numbers are free text", &cvi_series_resource,
     "{\"first_episode\":" APIREF("1", "\"n\"", ",\"episode_number\":\"101 & 102\"") "}", NULL},
    {"money is text in any notation", &cvi_movie_resource,
     "{\"box_office_revenue\":\"890,871,626\\t \",\"budget\":\"$39 million\",\"total_revenue\":null}",
     NULL},
    {"runtime is minutes or hours", &cvi_movie_resource, "{\"runtime\":\"2:24:00\"}", NULL},
    {"ratings are letters or digits", &cvi_movie_resource, "{\"rating\":\"4\"}", NULL},
    {"an id may travel as text", &cvi_issue_resource, "{\"id\":\"52\"}", "{\"id\":52}"},
    {"a gender beyond the documented ones", &cvi_person_resource, "{\"gender\":3}", NULL},
    {"names of digits stay text", &cvi_volume_resource, "{\"name\":\"198\"}", NULL},
    {"a number beyond 64 bits", &cvi_video_resource,
     "{\"length_seconds\":92233720368547758070}", "{\"length_seconds\":null}"},

    /* Nothing, in many ways. */
    {"no review is false", &cvi_issue_resource, "{\"has_staff_review\":false}", NULL},
    {"no review is null", &cvi_movie_resource, "{\"has_staff_review\":null}", NULL},
    {"a review is an object", &cvi_episode_resource,
     "{\"has_staff_review\":" REF("2214", "\"r\"") "}", NULL},
    {"no object is []", &cvi_character_resource, "{\"origin\":[]}", "{\"origin\":null}"},
    {"no object is an empty text", &cvi_series_resource,
     "{\"publisher\":\"\"}", "{\"publisher\":null}"},
    {"no object is null", &cvi_story_arc_resource,
     "{\"first_appeared_in_episode\":null}", NULL},
    {"no producers are null, no characters []", &cvi_movie_resource,
     "{\"characters\":[],\"producers\":null}", NULL},
    {"an empty text for a list", &cvi_episode_resource,
     "{\"first_appearance_teams\":\"\"}", "{\"first_appearance_teams\":[]}"},
    {"first appearances may be lists", &cvi_issue_resource,
     "{\"first_appearance_teams\":[" REF("1", "\"t\"") "]}", NULL},
    {"absent keys", &cvi_volume_resource, "{\"id\":1,\"issues\":[]}", NULL},
    {"references without a name", &cvi_person_resource,
     "{\"issues\":[" REF("1", "\"\"") "," REF("2", "null") "]}", NULL},
    {"a user of one blank", &cvi_promo_resource, "{\"user\":\" \"}", NULL},
    {"an item of a list that is no object", &cvi_team_resource,
     "{\"characters\":[[]," REF("1", "\"n\"") ",[]]}", "{\"characters\":[" REF("1", "\"n\"") "]}"},
    {"a date of death is an object", &cvi_person_resource,
     "{\"birth\":\"1917-08-28 00:00:00\",\"death\":{\"date\":\"1994-02-06 00:00:00.000000\","
     "\"timezone_type\":3,\"timezone\":\"America/Los_Angeles\"}}", NULL},
    {"a date of birth in words", &cvi_character_resource, "{\"birth\":\"Nov 17, 1493\"}", NULL},
    {"truth is true", &cvi_video_resource, "{\"premium\":true}", NULL},
    {"truth is a number", &cvi_video_resource, "{\"premium\":0}", "{\"premium\":false}"},

    /* Names of members. */
    {"three s in a name", &cvi_person_resource, "{\"count_of_isssue_appearances\":null}", NULL},
    {"the same name put right", &cvi_concept_resource,
     "{\"count_of_issue_appearances\":7}", "{\"count_of_isssue_appearances\":7}"},
    {"a list by both of its names", &cvi_team_resource,
     "{\"disbanded_in_issues\":[" REF("1", "\"n\"") "],\"isssues_disbanded_in\":[" REF("1", "\"n\"")
     "]}", NULL},
    {"a misspelt list put right", &cvi_team_resource,
     "{\"issues_disbanded_in\":[]}", "{\"isssues_disbanded_in\":[]}"},
    {"documented names that nobody has seen", &cvi_movie_resource,
     "{\"things\":[" REF("1", "\"n\"") "]}", NULL},
    {"keys twice: the last one counts", &cvi_issue_resource,
     "{\"name\":\"one\",\"name\":\"two\"}", "{\"name\":\"two\"}"},
    {"keys with escapes", &cvi_issue_resource, "{\"n\\u0061me\":\"n\"}", "{\"name\":\"n\"}"},
    {"keys that this version does not know", &cvi_issue_resource,
     "{\"id\":1,\"upc\":{\"a\":[1]}}", "{\"id\":1}"},

    /* Addresses and text. */
    {"escaped slashes", &cvi_issue_resource,
     "{\"site_detail_url\":\"https:\\/\\/c.example\\/4000-1\\/\"}",
     "{\"site_detail_url\":\"https://c.example/4000-1/\"}"},
    {"aliases with CR and LF", &cvi_team_resource, "{\"aliases\":\"a\\r\\nb\\r\\n\"}", NULL},
    {"aliases with LF", &cvi_concept_resource, "{\"aliases\":\"a\\nb\"}", NULL},
    {"tabs and outer blanks", &cvi_episode_resource, "{\"name\":\" \\tTitle  \"}", NULL},
    {"no-break spaces alone", &cvi_movie_resource, "{\"description\":\"\xC2\xA0\xC2\xA0\"}", NULL},
    {"a pair of surrogates", &cvi_issue_resource,
     "{\"name\":\"\\uD83D\\uDE00\"}", "{\"name\":\"\xF0\x9F\x98\x80\"}"},
    {"the first surrogate alone", &cvi_issue_resource,
     "{\"name\":\"\\uD83D!\"}", "{\"name\":\"\xEF\xBF\xBD!\"}"},
    {"the second surrogate alone", &cvi_issue_resource,
     "{\"name\":\"\\uDE00!\"}", "{\"name\":\"\xEF\xBF\xBD!\"}"},
    {"surrogates in the wrong order", &cvi_issue_resource,
     "{\"name\":\"\\uDE00\\uD83D\"}", "{\"name\":\"\xEF\xBF\xBD\xEF\xBF\xBD\"}"},
    {"a NUL", &cvi_issue_resource, "{\"name\":\"a\\u0000b\"}", "{\"name\":\"a\xEF\xBF\xBD" "b\"}"},
    {"a byte that is no UTF-8", &cvi_issue_resource,
     "{\"name\":\"a\xFF" "b\"}", "{\"name\":\"a\xEF\xBF\xBD" "b\"}"},
    {"UTF-8 that is cut", &cvi_issue_resource,
     "{\"name\":\"a\xE2\x82\"}", "{\"name\":\"a\xEF\xBF\xBD\"}"},
    {"tags that begin with a comma", &cvi_volume_resource,
     "{\"image\":{\"icon_url\":null,\"medium_url\":null,\"screen_url\":null,\"screen_large_url\":"
     "null,\"small_url\":null,\"super_url\":null,\"thumb_url\":null,\"tiny_url\":null,"
     "\"original_url\":\"o\",\"image_tags\":\",All Images\"}}", NULL},
};
/* clang-format on */

static void raw_must_be(const cv_record *record, const char *expected) {
    size_t length;
    const char *raw = cv_record_raw(record, &length);
    assert_int_equal(length, strlen(expected));
    assert_memory_equal(raw, expected, length);
}

static void record_must_be(const quirk *one, const cv_record *record) {
    const char *expected = one->written != NULL ? one->written : one->sent;
    char *written = cv_record_json(record);
    assert_non_null(written);
    if (strcmp(written, expected) != 0) {
        fail_msg("%s: %s", one->name, written);
    }
    cv_free(written);
    raw_must_be(record, one->sent);
}

/* The envelope around one record, as a detail or as the second item of a list. */
static void write_envelope(cvi_buffer *out, const quirk *one, bool is_list) {
    cvi_buffer_add_text(out, "{\"status_code\":1,\"results\":");
    cvi_buffer_add_text(out, is_list ? "[[]," : "");
    cvi_buffer_add_text(out, one->sent);
    cvi_buffer_add_text(out, is_list ? "]}" : "}");
    assert_false(out->failed);
}

static void test_quirks_of_details(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(quirks) / sizeof(quirks[0]); i++) {
        char text[1024];
        cvi_buffer out;
        cvi_buffer_over(&out, text, sizeof(text));
        write_envelope(&out, &quirks[i], false);
        cvi_result *result = decode_text(quirks[i].resource, false, text);
        const cv_record *record = cvi_result_record(result, &from_network);
        assert_non_null(record);
        record_must_be(&quirks[i], record);
        cv_record_free(record);
        cvi_result_release(result);
    }
}

static void test_quirks_of_lists(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(quirks) / sizeof(quirks[0]); i++) {
        char text[1024];
        cvi_buffer out;
        cvi_buffer_over(&out, text, sizeof(text));
        write_envelope(&out, &quirks[i], true);
        cvi_result *result = decode_text(quirks[i].resource, true, text);
        const cv_page *page = cvi_result_page(result, &from_network);
        assert_non_null(page);
        assert_int_equal(page->count, 1);
        record_must_be(&quirks[i], page->items[0]);
        cv_page_free(page);
        cvi_result_release(result);
    }
}

/* ---- envelopes ---- */

static void test_total_as_text(void **state) {
    (void)state;
    cvi_result *result = decode_text(&cvi_promo_resource, true,
                                     "{\"limit\":100,\"number_of_total_results\":\"15\","
                                     "\"status_code\":1,\"results\":[[],{\"id\":1},[]]}");
    assert_int_equal(cvi_result_envelope(result)->total_results, 15);
    assert_int_equal(cvi_result_count(result), 1);
    cvi_result_release(result);
}

static void test_byte_order_mark(void **state) {
    (void)state;
    cvi_result *result = decode_text(&cvi_issue_resource, false,
                                     "\xEF\xBB\xBF{\"status_code\":1,\"results\":{\"id\":52}}");
    const cv_record *record = cvi_result_record(result, &from_network);
    raw_must_be(record, "{\"id\":52}");
    cv_record_free(record);
    cvi_result_release(result);
}

/* An error has a list where a detail was asked for, and no version. */
static void test_errors_have_lists(void **state) {
    (void)state;
    cvi_result *result = decode_text(&cvi_volume_resource, false,
                                     "{\"error\":\"Object Not Found\",\"limit\":0,\"offset\":0,"
                                     "\"number_of_page_results\":0,\"number_of_total_results\":0,"
                                     "\"status_code\":101,\"results\":[]}");
    assert_int_equal(cvi_result_envelope(result)->status_code, 101);
    assert_int_equal(cvi_result_count(result), 0);
    cvi_result_release(result);
}

/* ---- sizes ---- */

static void test_ten_thousand_references(void **state) {
    (void)state;
    enum { ITEMS = 10000 };
    cvi_buffer text;
    cvi_buffer_init(&text, &cvi_default_allocator, (size_t)4 << 20);
    cvi_buffer_add_text(&text, "{\"status_code\":1,\"results\":{\"characters\":[");
    for (int i = 0; i < ITEMS; i++) {
        cvi_buffer_add_format(&text, "%s{\"id\":%d,\"name\":\"n\"}", i > 0 ? "," : "", i + 1);
    }
    cvi_buffer_add_text(&text, "]}}");
    assert_false(text.failed);
    cvi_result *result = decode_text(&cvi_origin_resource, false, text.data);
    const cv_record *record = cvi_result_record(result, &from_network);
    const cv_origin *origin = (const cv_origin *)(const void *)record;
    assert_int_equal(origin->characters.count, ITEMS);
    assert_int_equal(origin->characters.items[ITEMS - 1].id, ITEMS);
    cv_record_free(record);
    cvi_result_release(result);
    cvi_buffer_free(&text);
}

static void test_a_description_of_a_megabyte(void **state) {
    (void)state;
    enum { LETTERS = 1 << 20 };
    cvi_buffer text;
    cvi_buffer_init(&text, &cvi_default_allocator, (size_t)4 << 20);
    cvi_buffer_add_text(&text, "{\"status_code\":1,\"results\":{\"description\":\"");
    for (int i = 0; i < LETTERS / 16; i++) {
        cvi_buffer_add_text(&text, "sixteen letters!");
    }
    cvi_buffer_add_text(&text, "\"}}");
    assert_false(text.failed);
    cvi_result *result = decode_text(&cvi_team_resource, false, text.data);
    const cv_record *record = cvi_result_record(result, &from_network);
    const cv_team *team = (const cv_team *)(const void *)record;
    assert_int_equal(strlen(team->description), LETTERS);
    cv_record_free(record);
    cvi_result_release(result);
    cvi_buffer_free(&text);
}

static void test_nesting_beyond_the_cap(void **state) {
    (void)state;
    enum { DEPTH = 1000 };
    cvi_buffer text;
    cvi_buffer_init(&text, &cvi_default_allocator, 4096);
    cvi_buffer_add_text(&text, "{\"status_code\":1,\"results\":{\"movies\":");
    for (int i = 0; i < DEPTH; i++) {
        cvi_buffer_add_char(&text, '[');
    }
    const char *message = refuse_text(&cvi_team_resource, false, text.data, CV_ERROR_RESPONSE);
    assert_non_null(strstr(message, "nested too deep"));
    cvi_buffer_free(&text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quirks_of_details),
        cmocka_unit_test(test_quirks_of_lists),
        cmocka_unit_test(test_total_as_text),
        cmocka_unit_test(test_byte_order_mark),
        cmocka_unit_test(test_errors_have_lists),
        cmocka_unit_test(test_ten_thousand_references),
        cmocka_unit_test(test_a_description_of_a_megabyte),
        cmocka_unit_test(test_nesting_beyond_the_cap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
