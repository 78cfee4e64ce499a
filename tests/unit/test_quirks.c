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
    const char *id; /* in the table of ../fixtures/README.md */
    const char *name;
    const cvi_resource *resource;
    const char *sent;
    const char *written;
} quirk;

/* One a line, which the formatter would not keep. */
/* clang-format off */
static const quirk quirks[] = {
    /* Numbers and text. */
    {"N2", "counts of references are text", &cvi_volume_resource,
     "{\"characters\":[{\"api_detail_url\":\"a\",\"id\":1,\"name\":\"n\",\"site_detail_url\":\"s\","
     "\"count\":\"12\"}]}", NULL},
    {"N2", "counts of references as numbers", &cvi_series_resource,
     "{\"characters\":[{\"api_detail_url\":\"a\",\"id\":1,\"name\":\"n\",\"site_detail_url\":\"s\","
     "\"count\":12}]}", NULL},
    {"N3", "a year is text", &cvi_volume_resource, "{\"start_year\":\"1938\"}", NULL},
    {"N3", "a year is a number in old answers", &cvi_volume_resource,
     "{\"start_year\":1938}", NULL},
    {"N3", "years of a series are a range", &cvi_series_resource,
     "{\"start_year\":\"1993 - 1999\"}", NULL},
    {"N3", "no year", &cvi_location_resource,
     "{\"first_appeared_in_issue\":null,\"start_year\":null}", NULL},
    {"N4", "issue numbers are free text", &cvi_character_resource,
     "{\"first_appeared_in_issue\":" APIREF("1", "null", ",\"issue_number\":\"\xC2\xBD\"") "}",
     NULL},
    {"N4", "issue numbers may be null", &cvi_concept_resource,
     "{\"first_appeared_in_issue\":" APIREF("1", "\"n\"", ",\"issue_number\":null") "}", NULL},
    {"N4", "issue numbers may be numbers", &cvi_issue_resource,
     "{\"issue_number\":12.5}", NULL},
    {"N4", "episode numbers are free text", &cvi_series_resource,
     "{\"first_episode\":" APIREF("1", "\"n\"", ",\"episode_number\":\"101 & 102\"") "}", NULL},
    {"N4", "episode numbers of two", &cvi_episode_resource,
     "{\"episode_number\":\"101/102\"}", NULL},
    {"N4", "issue numbers with a dash or a bracket", &cvi_volume_resource,
     "{\"first_issue\":" APIREF("1", "\"n\"", ",\"issue_number\":\"1 [2]\"")
     ",\"last_issue\":" APIREF("2", "\"n\"", ",\"issue_number\":\"1987-10\"") "}", NULL},
    {"N5", "money is text in any notation", &cvi_movie_resource,
     "{\"box_office_revenue\":\"890,871,626\\t \",\"budget\":\"$39 million\","
     "\"total_revenue\":null}",
     NULL},
    {"N5", "money with cents, marks and numbers", &cvi_movie_resource,
     "{\"box_office_revenue\":\"$200,000,000\",\"budget\":\"557,800,000.00\",\"total_revenue\":7}", NULL},
    {"N5", "runtime is minutes or hours", &cvi_movie_resource, "{\"runtime\":\"2:24:00\"}", NULL},
    {"N6", "ratings are letters or digits", &cvi_movie_resource, "{\"rating\":\"4\"}", NULL},
    {"N6", "ratings of letters", &cvi_movie_resource, "{\"rating\":\"PG-13\"}", NULL},
    {"N6", "ratings that travel as numbers", &cvi_movie_resource,
     "{\"rating\":4}", NULL},
    {"N7", "an id may travel as text", &cvi_issue_resource, "{\"id\":\"52\"}", NULL},
    {"T2", "aliases of one line, with an empty last one", &cvi_team_resource,
     "{\"aliases\":\"Bell, Book, Candle \\n\"}", NULL},
    {"N8", "a gender beyond the documented ones", &cvi_person_resource, "{\"gender\":3}", NULL},
    {"N8", "a gender as text", &cvi_character_resource, "{\"gender\":\"2\"}", NULL},
    {"N7", "names of digits stay text", &cvi_volume_resource, "{\"name\":\"198\"}", NULL},
    {"N7", "a number beyond 64 bits", &cvi_video_resource,
     "{\"length_seconds\":92233720368547758070}", NULL},

    /* Nothing, in many ways. */
    {"E2", "no review is false", &cvi_issue_resource, "{\"has_staff_review\":false}", NULL},
    {"E2", "no review is null", &cvi_movie_resource, "{\"has_staff_review\":null}", NULL},
    {"E2", "a review is an object", &cvi_episode_resource,
     "{\"has_staff_review\":" REF("2214", "\"r\"") "}", NULL},
    {"E1", "no object is []", &cvi_character_resource, "{\"origin\":[]}", NULL},
    {"E1", "no object is an empty text", &cvi_series_resource,
     "{\"publisher\":\"\"}", NULL},
    {"E10", "no object is null", &cvi_story_arc_resource,
     "{\"first_appeared_in_episode\":null}", NULL},
    {"E10", "references that may be null", &cvi_character_resource,
     "{\"first_appeared_in_issue\":null,\"origin\":null,\"publisher\":null}", NULL},
    {"E10", "no death", &cvi_person_resource, "{\"death\":null}", NULL},
    {"E3", "no producers are null, no characters []", &cvi_movie_resource,
     "{\"characters\":[],\"producers\":null}", NULL},
    {"E3", "producers there, no writers in another way", &cvi_movie_resource,
     "{\"producers\":[" REF("1", "\"p\"") "],\"writers\":[]}", NULL},
    {"E6", "an empty text for a list", &cvi_episode_resource,
     "{\"first_appearance_teams\":\"\"}", NULL},
    {"E6", "first appearances may be lists", &cvi_issue_resource,
     "{\"first_appearance_teams\":[" REF("1", "\"t\"") "]}", NULL},
    {"E6", "always null", &cvi_issue_resource,
     "{\"first_appearance_characters\":null,\"first_appearance_objects\":null}", NULL},
    {"E6", "always null of movies", &cvi_movie_resource,
     "{\"distributor\":null,\"has_staff_review\":null}", NULL},
    {"E6", "always null of videos", &cvi_video_resource,
     "{\"video_show\":null,\"saved_time\":null}", NULL},
    {"E6", "a show and a time, should they come", &cvi_video_resource,
     "{\"video_show\":" REF("1", "\"v\"") ",\"saved_time\":\"12\"}", NULL},
    {"E6", "pictures without a caption", &cvi_issue_resource,
     "{\"associated_images\":[{\"original_url\":\"o\",\"id\":1,\"caption\":null,\"image_tags\":"
     "\"All Images\"}]}", NULL},
    {"E7", "always empty", &cvi_origin_resource, "{\"profiles\":[]}", NULL},
    {"E7", "profiles of a shape that nobody has seen", &cvi_origin_resource,
     "{\"profiles\":[{\"id\":7,\"kind\":\"k\"}]}",
     "{\"profiles\":[{\"id\":7}]}"},
    {"E7", "story arcs of a publisher, should they come", &cvi_publisher_resource,
     "{\"story_arcs\":[" REF("1", "\"s\"") "]}", NULL},
    {"E4", "absent keys", &cvi_volume_resource, "{\"id\":1,\"issues\":[]}", NULL},
    {"E4", "absent keys of a story arc", &cvi_story_arc_resource,
     "{\"episodes\":[],\"id\":1,\"issues\":[]}", NULL},
    {"E8", "references without a name", &cvi_person_resource,
     "{\"issues\":[" REF("1", "\"\"") "," REF("2", "null") "]}", NULL},
    {"E9", "a user of one blank", &cvi_promo_resource, "{\"user\":\" \"}", NULL},
    {"E9", "empty texts of old answers", &cvi_issue_resource,
     "{\"aliases\":\"\",\"deck\":\"\",\"description\":\"\"}", NULL},
    {"E5", "an item of a list that is no object", &cvi_team_resource,
     "{\"characters\":[[]," REF("1", "\"n\"") ",[]]}", NULL},
    {"D4", "a date of death is an object", &cvi_person_resource,
     "{\"birth\":\"1917-08-28 00:00:00\",\"death\":{\"date\":\"1994-02-06 00:00:00.000000\","
     "\"timezone_type\":3,\"timezone\":\"America/Los_Angeles\"}}", NULL},
    {"D3", "a date of birth in words", &cvi_character_resource, "{\"birth\":\"Nov 17, 1493\"}",
     NULL},
    {"D5", "a date of birth with a time", &cvi_person_resource,
     "{\"birth\":\"1963-10-23 00:00:00\"}", NULL},
    {"D4", "a date of death as text", &cvi_person_resource,
     "{\"death\":\"2020-12-02\"}", NULL},
    {"D7", "a release that is none", &cvi_movie_resource,
     "{\"date_last_updated\":\"2013-06-03 16:54:46\",\"release_date\":\"2013-06-03 16:54:46\"}",
     NULL},
    {"E1", "truth is true", &cvi_video_resource, "{\"premium\":true}", NULL},
    {"E1", "truth is a number", &cvi_video_resource, "{\"premium\":0}", NULL},

    /* Names of members. */
    {"F1", "three s in a name", &cvi_person_resource, "{\"count_of_isssue_appearances\":null}",
     NULL},
    {"F1", "the same name put right", &cvi_concept_resource,
     "{\"count_of_issue_appearances\":7}", NULL},
    {"F2", "a list by both of its names", &cvi_team_resource,
     "{\"disbanded_in_issues\":[" REF("1", "\"n\"") "],\"isssues_disbanded_in\":[" REF("1", "\"n\"")
     "]}", NULL},
    {"F1", "a misspelt list put right", &cvi_team_resource,
     "{\"issues_disbanded_in\":[]}", NULL},
    {"F3", "documented names that nobody has seen", &cvi_movie_resource,
     "{\"things\":[" REF("1", "\"n\"") "]}", NULL},
    {"F3", "singular and plural", &cvi_issue_resource,
     "{\"character_died_in\":[" REF("1", "\"c\"") "],\"characters_died_in\":[" REF("2", "\"c\"")
     "],\"team_disbanded_in\":[],\"teams_disbanded_in\":[" REF("3", "\"t\"") "]}", NULL},
    {"F3", "the number of an episode by its documented name", &cvi_episode_resource,
     "{\"episode_number\":\"101\",\"issue_number\":\"102\"}", NULL},
    {"F5", "storyarcs in one word", &cvi_episode_resource,
     "{\"first_appearance_storyarcs\":[" REF("1", "\"a\"") "]}", NULL},
    {"F5", "storyarcs in two words are not known", &cvi_episode_resource,
     "{\"first_appearance_story_arcs\":[" REF("1", "\"a\"") "]}", "{}"},
    {"F7", "keys twice: the last one counts", &cvi_issue_resource,
     "{\"name\":\"one\",\"name\":\"two\"}", "{\"name\":\"two\"}"},
    {"F7", "keys with escapes", &cvi_issue_resource, "{\"n\\u0061me\":\"n\"}", "{\"name\":\"n\"}"},
    {"F3", "keys that this version does not know", &cvi_issue_resource,
     "{\"id\":1,\"upc\":{\"a\":[1]}}", "{\"id\":1}"},

    /* Addresses and text. */
    {"T5", "escaped slashes", &cvi_issue_resource,
     "{\"site_detail_url\":\"https:\\/\\/c.example\\/4000-1\\/\"}",
     "{\"site_detail_url\":\"https://c.example/4000-1/\"}"},
    {"U1", "an old address", &cvi_issue_resource,
     "{\"api_detail_url\":\"http://www.comicvine.com/api/issue/6/\",\"id\":6}", NULL},
    {"U3", "a relation in an address", &cvi_movie_resource,
     "{\"studios\":[{\"api_detail_url\":\"https://comicvine.gamespot.com/api/studio/4010-9/\","
     "\"id\":9,\"name\":\"n\",\"site_detail_url\":\"s\"}]}", NULL},
    {"U2", "no type in an address", &cvi_video_type_resource,
     "{\"api_detail_url\":\"https://comicvine.gamespot.com/api/video_type/12/\",\"id\":12}", NULL},
    {"U4", "characters under the path of objects", &cvi_volume_resource,
     "{\"objects\":[{\"api_detail_url\":\"https://comicvine.gamespot.com/api/object/4005-9/\","
     "\"id\":9,"
     "\"name\":\"n\",\"site_detail_url\":\"s\",\"count\":\"3\"}]}", NULL},
    {"U5", "a page that is a search", &cvi_power_resource,
     "{\"site_detail_url\":\"https://comicvine.gamespot.com/characters/?wikiSlug=glow&"
     "wikiTypeId=4035&wikiId=23&powers%5B%5D=23\"}", NULL},
    {"U6", "a file name for an address", &cvi_video_resource,
     "{\"guid\":\"2300-1301\",\"url\":\"lamps_092216.mp4\"}", NULL},
    {"U7", "pictures without an extension, and none", &cvi_promo_resource,
     "{\"image\":{\"icon_url\":\"https://c.example/a/uploads/square_avatar/4/40001/700201-wick\","
     "\"medium_url\":null,\"screen_url\":null,\"screen_large_url\":"
     "\"https://c.example/a/uploads/original/4/40001/700201-wick.JPG\",\"small_url\":null,"
     "\"super_url\":null,\"thumb_url\":null,\"tiny_url\":null,\"original_url\":"
     "\"https://c.example/a/uploads/original/11/114183/6373148-blank.png\",\"image_tags\":null}}",
     NULL},
    {"U8", "an address beyond ASCII", &cvi_person_resource,
     "{\"website\":\"http://c.example/caf\xC3\xA9 \\\"x\\\"<y>\"}", NULL},
    {"T1", "aliases with CR and LF", &cvi_team_resource, "{\"aliases\":\"a\\r\\nb\\r\\n\"}", NULL},
    {"T1", "aliases with LF", &cvi_concept_resource, "{\"aliases\":\"a\\nb\"}", NULL},
    {"T3", "a deck of lines and entities", &cvi_location_resource,
     "{\"deck\":\" one &amp; two\\n\\nthree\\r\\nfour \"}", NULL},
    {"T4", "a description with markup", &cvi_team_resource,
     "{\"description\":\"<p>A &lt;b&gt;"
     "<a href=\\\"../../wick/4005-201/\\\" data-ref-id=\\\"4005-201\\\">W</a></p>\"}",
     NULL},
    {"T7", "tabs and outer blanks", &cvi_episode_resource, "{\"name\":\" \\tTitle  \"}", NULL},
    {"T6", "a TAB in a reference", &cvi_concept_resource,
     "{\"issue_credits\":[" REF("1", "\"a\\tb\"") "]}", NULL},
    {"T6", "control characters of all kinds", &cvi_concept_resource,
     "{\"name\":\"\\u0001\\b\\f\\u001f\"}", "{\"name\":\"\\u0001\\u0008\\u000c\\u001f\"}"},
    {"T4", "no-break spaces alone", &cvi_movie_resource, "{\"description\":\"\xC2\xA0\xC2\xA0\"}",
     NULL},
    {"T5", "a pair of surrogates", &cvi_issue_resource,
     "{\"name\":\"\\uD83D\\uDE00\"}", "{\"name\":\"\xF0\x9F\x98\x80\"}"},
    {"T5", "the first surrogate alone", &cvi_issue_resource,
     "{\"name\":\"\\uD83D!\"}", "{\"name\":\"\xEF\xBF\xBD!\"}"},
    {"T5", "the second surrogate alone", &cvi_issue_resource,
     "{\"name\":\"\\uDE00!\"}", "{\"name\":\"\xEF\xBF\xBD!\"}"},
    {"T5", "surrogates in the wrong order", &cvi_issue_resource,
     "{\"name\":\"\\uDE00\\uD83D\"}", "{\"name\":\"\xEF\xBF\xBD\xEF\xBF\xBD\"}"},
    {"T6", "a NUL", &cvi_issue_resource, "{\"name\":\"a\\u0000b\"}",
     "{\"name\":\"a\xEF\xBF\xBD" "b\"}"},
    {"T5", "a byte that is no UTF-8", &cvi_issue_resource,
     "{\"name\":\"a\xFF" "b\"}", "{\"name\":\"a\xEF\xBF\xBD" "b\"}"},
    {"T5", "UTF-8 that is cut", &cvi_issue_resource,
     "{\"name\":\"a\xE2\x82\"}", "{\"name\":\"a\xEF\xBF\xBD\"}"},
    {"T8", "tags that begin with a comma", &cvi_volume_resource,
     "{\"image\":{\"icon_url\":null,\"medium_url\":null,\"screen_url\":null,\"screen_large_url\":"
     "null,\"small_url\":null,\"super_url\":null,\"thumb_url\":null,\"tiny_url\":null,"
     "\"original_url\":\"o\",\"image_tags\":\",All Images\"}}", NULL},
    {"T9", "roles in one text", &cvi_issue_resource,
     "{\"person_credits\":[{\"api_detail_url\":\"a\",\"id\":1,\"name\":\"n\","
     "\"site_detail_url\":\"s\","
     "\"role\":\"penciler, inker, cover\"}]}", NULL},
    {"T10", "a name as shown", &cvi_promo_resource, "{\"user\":\"Ada 'Inkwell' Quill\"}", NULL},

    /* Wrong, but well-formed. */
    {"B1", "no appearances, and yet credits", &cvi_team_resource,
     "{\"count_of_isssue_appearances\":0,\"issue_credits\":[" REF("1", "\"n\"") "]}", NULL},
    {"B2", "one id twice in a list", &cvi_concept_resource,
     "{\"issue_credits\":[" REF("9", "\"n\"") "," REF("4", "\"n\"") "," REF("9", "\"n\"")
     "],\"volume_credits\":[" REF("1", "\"v\"") "]}", NULL},
    {"B4", "fewer issues than numbers", &cvi_volume_resource,
     "{\"count_of_issues\":0,\"first_issue\":" APIREF("1", "null", ",\"issue_number\":\"8\"")
     ",\"last_issue\":" APIREF("2", "null", ",\"issue_number\":\"52\"") "}", NULL},
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
