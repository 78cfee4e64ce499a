/* Issues: each member of the public struct gets what stands under its name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <comicvine/issue.h>

#include <cmocka.h>

#include "resources/registry.h"
#include "resources/result.h"
#include "support/buffer.h"
#include "support/sample.h"

/* A reference whose texts tell where it stands. */
#define REF(id)                                                                                    \
    "{\"api_detail_url\":\"api/" id "\",\"id\":" id ",\"name\":\"name " id                         \
    "\",\"site_detail_url\":\"site/" id "\"}"

#define REF_LIST(name, id) "\"" name "\":[" REF(id) "],"
#define TEXT(name, value)  "\"" name "\":\"" value "\","

/* One member a line, which the formatter would not keep. */
/* clang-format off */
static const char full[] =
    "{"
    TEXT("aliases", "First\\r\\nSecond")
    TEXT("api_detail_url", "api")
    "\"associated_images\":[{\"original_url\":\"variant\",\"id\":1,\"caption\":null,"
    "\"image_tags\":\"All Images\"}],"
    "\"character_credits\":[" REF("10") "," REF("11") "],"
    REF_LIST("character_died_in", "12")
    REF_LIST("characters_died_in", "13")
    REF_LIST("concept_credits", "14")
    TEXT("cover_date", "1952-10-01")
    TEXT("date_added", "2008-06-06 11:10:16")
    TEXT("date_last_updated", "2022-07-11 23:51:22")
    TEXT("deck", "A deck")
    TEXT("description", "<p>Text<\\/p>")
    REF_LIST("disbanded_teams", "15")
    REF_LIST("first_appearance_characters", "16")
    REF_LIST("first_appearance_concepts", "17")
    REF_LIST("first_appearance_locations", "18")
    REF_LIST("first_appearance_objects", "19")
    REF_LIST("first_appearance_storyarcs", "20")
    REF_LIST("first_appearance_teams", "21")
    "\"has_staff_review\":" REF("22") ","
    "\"id\":52,"
    "\"image\":{\"icon_url\":\"icon\",\"medium_url\":\"medium\",\"screen_url\":\"screen\","
    "\"screen_large_url\":\"screen_large\",\"small_url\":\"small\",\"super_url\":\"super\","
    "\"thumb_url\":\"thumb\",\"tiny_url\":\"tiny\",\"original_url\":\"original\","
    "\"image_tags\":\",All Images\"},"
    TEXT("issue_number", "\xC2\xBD")
    REF_LIST("location_credits", "23")
    TEXT("name", "The Name")
    REF_LIST("object_credits", "24")
    "\"person_credits\":[{\"api_detail_url\":\"api/25\",\"id\":25,\"name\":\"name 25\","
    "\"site_detail_url\":\"site/25\",\"role\":\"penciler, inker\"}],"
    TEXT("site_detail_url", "site")
    TEXT("store_date", "1952-09-01")
    REF_LIST("story_arc_credits", "26")
    REF_LIST("team_credits", "27")
    REF_LIST("team_disbanded_in", "28")
    REF_LIST("teams_disbanded_in", "29")
    "\"volume\":" REF("30")
    "}";
/* clang-format on */

static const cvi_provenance from_cache = {
    .source = CV_SOURCE_CACHE, .fetched_at_ms = 1000, .expires_at_ms = 2000};

/* Wraps `record` as a detail, decodes it and hands out the issue. */
static const cv_issue *decode_issue(const char *record) {
    char text[8192];
    cvi_buffer out;
    cvi_buffer_over(&out, text, sizeof(text));
    cvi_buffer_add_text(&out, "{\"status_code\":1,\"results\":");
    cvi_buffer_add_text(&out, record);
    cvi_buffer_add_char(&out, '}');
    assert_false(out.failed);
    cvi_result *result = decode_text(&cvi_issue_resource, false, text);
    const cv_record *handle = cvi_result_record(result, &from_cache);
    assert_non_null(handle);
    cvi_result_release(result);
    return (const cv_issue *)handle;
}

static void ref_must_be(const cv_ref *ref, int64_t id) {
    char expected[32];
    cvi_buffer text;
    assert_int_equal(ref->id, id);
    cvi_buffer_over(&text, expected, sizeof(expected));
    cvi_buffer_add_format(&text, "api/%d", (int)id);
    assert_string_equal(ref->api_detail_url, expected);
    cvi_buffer_over(&text, expected, sizeof(expected));
    cvi_buffer_add_format(&text, "name %d", (int)id);
    assert_string_equal(ref->name, expected);
    cvi_buffer_over(&text, expected, sizeof(expected));
    cvi_buffer_add_format(&text, "site/%d", (int)id);
    assert_string_equal(ref->site_detail_url, expected);
}

static void only_ref_must_be(cv_ref_list list, int64_t id) {
    assert_int_equal(list.count, 1);
    ref_must_be(&list.items[0], id);
}

static void test_text_and_numbers(void **state) {
    (void)state;
    const cv_issue *issue = decode_issue(full);
    assert_int_equal(issue->record.resource, CV_ISSUE);
    assert_int_equal(issue->id, 52);
    assert_string_equal(issue->aliases, "First\r\nSecond");
    assert_string_equal(issue->api_detail_url, "api");
    assert_string_equal(issue->cover_date, "1952-10-01");
    assert_string_equal(issue->date_added, "2008-06-06 11:10:16");
    assert_string_equal(issue->date_last_updated, "2022-07-11 23:51:22");
    assert_string_equal(issue->deck, "A deck");
    assert_string_equal(issue->description, "<p>Text</p>");
    assert_string_equal(issue->issue_number, "\xC2\xBD");
    assert_string_equal(issue->name, "The Name");
    assert_string_equal(issue->site_detail_url, "site");
    assert_string_equal(issue->store_date, "1952-09-01");
    cv_record_free(&issue->record);
}

static void test_references(void **state) {
    (void)state;
    const cv_issue *issue = decode_issue(full);
    assert_int_equal(issue->character_credits.count, 2);
    ref_must_be(&issue->character_credits.items[0], 10);
    ref_must_be(&issue->character_credits.items[1], 11);
    only_ref_must_be(issue->character_died_in, 12);
    only_ref_must_be(issue->characters_died_in, 13);
    only_ref_must_be(issue->concept_credits, 14);
    only_ref_must_be(issue->disbanded_teams, 15);
    only_ref_must_be(issue->first_appearance_characters, 16);
    only_ref_must_be(issue->first_appearance_concepts, 17);
    only_ref_must_be(issue->first_appearance_locations, 18);
    only_ref_must_be(issue->first_appearance_objects, 19);
    only_ref_must_be(issue->first_appearance_storyarcs, 20);
    only_ref_must_be(issue->first_appearance_teams, 21);
    ref_must_be(issue->has_staff_review, 22);
    only_ref_must_be(issue->location_credits, 23);
    only_ref_must_be(issue->object_credits, 24);
    only_ref_must_be(issue->story_arc_credits, 26);
    only_ref_must_be(issue->team_credits, 27);
    only_ref_must_be(issue->team_disbanded_in, 28);
    only_ref_must_be(issue->teams_disbanded_in, 29);
    ref_must_be(issue->volume, 30);
    cv_record_free(&issue->record);
}

static void test_images_and_people(void **state) {
    (void)state;
    const cv_issue *issue = decode_issue(full);
    assert_string_equal(issue->image->icon_url, "icon");
    assert_string_equal(issue->image->medium_url, "medium");
    assert_string_equal(issue->image->screen_url, "screen");
    assert_string_equal(issue->image->screen_large_url, "screen_large");
    assert_string_equal(issue->image->small_url, "small");
    assert_string_equal(issue->image->super_url, "super");
    assert_string_equal(issue->image->thumb_url, "thumb");
    assert_string_equal(issue->image->tiny_url, "tiny");
    assert_string_equal(issue->image->original_url, "original");
    assert_string_equal(issue->image->image_tags, ",All Images");
    assert_int_equal(issue->associated_images.count, 1);
    const cv_associated_image *variant = &issue->associated_images.items[0];
    assert_string_equal(variant->original_url, "variant");
    assert_int_equal(variant->id, 1);
    assert_null(variant->caption);
    assert_string_equal(variant->image_tags, "All Images");
    assert_int_equal(issue->person_credits.count, 1);
    const cv_person_credit *person = &issue->person_credits.items[0];
    assert_string_equal(person->api_detail_url, "api/25");
    assert_int_equal(person->id, 25);
    assert_string_equal(person->name, "name 25");
    assert_string_equal(person->site_detail_url, "site/25");
    assert_string_equal(person->role, "penciler, inker");
    cv_record_free(&issue->record);
}

static void test_written_and_raw_are_what_was_sent(void **state) {
    (void)state;
    const cv_issue *issue = decode_issue(full);
    size_t length;
    const char *raw = cv_record_raw(&issue->record, &length);
    assert_int_equal(length, strlen(full));
    assert_memory_equal(raw, full, length);
    char *written = cv_record_json(&issue->record);
    const cv_issue *again = decode_issue(written);
    char *rewritten = cv_record_json(&again->record);
    assert_string_equal(written, rewritten);
    assert_int_equal(strlen(written), strlen(full) - strlen("\\")); /* the slash of </p> */
    cv_free(rewritten);
    cv_record_free(&again->record);
    cv_free(written);
    cv_record_free(&issue->record);
}

/* The five ways in which the service says "none". */
static void test_nothing(void **state) {
    (void)state;
    const char *text = "{\"aliases\":null,\"character_credits\":[],\"first_appearance_teams\":null,"
                       "\"has_staff_review\":false,\"id\":1,\"name\":\"\",\"volume\":null}";
    const cv_issue *issue = decode_issue(text);
    assert_null(issue->aliases);
    assert_int_equal(issue->character_credits.count, 0);
    assert_int_equal(issue->first_appearance_teams.count, 0);
    assert_null(issue->has_staff_review);
    assert_string_equal(issue->name, "");
    assert_null(issue->volume);
    assert_null(issue->image);
    assert_true(cv_record_has(&issue->record, "aliases"));
    assert_true(cv_record_has(&issue->record, "volume"));
    assert_false(cv_record_has(&issue->record, "image"));
    assert_false(cv_record_has(&issue->record, "person_credits"));
    char *written = cv_record_json(&issue->record);
    assert_string_equal(written, text);
    cv_free(written);
    cv_record_free(&issue->record);
}

static void test_list_of_issues(void **state) {
    (void)state;
    cvi_result *result = decode_text(
        &cvi_issue_resource, true,
        ENVELOPE("2", "[{\"id\":6,\"volume\":" REF("7") "},{\"id\":8,\"name\":\"n\"}]"));
    const cv_issue_page *page = (const cv_issue_page *)cvi_result_page(result, &from_cache);
    assert_int_equal(page->count, 2);
    assert_int_equal(page->items[0]->id, 6);
    ref_must_be(page->items[0]->volume, 7);
    assert_string_equal(page->items[1]->name, "n");
    assert_int_equal(page->items[1]->record.resource, CV_ISSUE);
    cv_page_free((const cv_page *)page);
    cvi_result_release(result);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_and_numbers),
        cmocka_unit_test(test_references),
        cmocka_unit_test(test_images_and_people),
        cmocka_unit_test(test_written_and_raw_are_what_was_sent),
        cmocka_unit_test(test_nothing),
        cmocka_unit_test(test_list_of_issues),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
