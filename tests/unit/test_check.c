/* What callers may name: fields, filters and sorts of issues, and of a resource with misspelt
 * names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "resources/check.h"
#include "resources/hits.h"
#include "resources/piece.h"
#include "resources/registry.h"
#include "support/allocator.h"
#include "support/failing_allocator.h"
#include "support/sample.h"

typedef bool check_fn(const cvi_resource *resource, const char *text, cvi_buffer *out,
                      cv_error *error);

static bool check_detail_fields(const cvi_resource *resource, const char *text, cvi_buffer *out,
                                cv_error *error) {
    const cvi_scope scope = {resource, false, false};
    return cvi_check_fields(&scope, text, out, error);
}

static bool check_list_fields(const cvi_resource *resource, const char *text, cvi_buffer *out,
                              cv_error *error) {
    const cvi_scope scope = {resource, true, false};
    return cvi_check_fields(&scope, text, out, error);
}

static bool check_filter(const cvi_resource *resource, const char *text, cvi_buffer *out,
                         cv_error *error) {
    const cvi_scope scope = {resource, true, false};
    return cvi_check_filter(&scope, text, out, error);
}

static bool check_sort(const cvi_resource *resource, const char *text, cvi_buffer *out,
                       cv_error *error) {
    const cvi_scope scope = {resource, true, false};
    return cvi_check_sort(&scope, text, out, error);
}

/* The same with names let through. */
static bool pass_fields(const cvi_resource *resource, const char *text, cvi_buffer *out,
                        cv_error *error) {
    const cvi_scope scope = {resource, true, true};
    return cvi_check_fields(&scope, text, out, error);
}

static bool pass_filter(const cvi_resource *resource, const char *text, cvi_buffer *out,
                        cv_error *error) {
    const cvi_scope scope = {resource, true, true};
    return cvi_check_filter(&scope, text, out, error);
}

static bool pass_sort(const cvi_resource *resource, const char *text, cvi_buffer *out,
                      cv_error *error) {
    const cvi_scope scope = {resource, true, true};
    return cvi_check_sort(&scope, text, out, error);
}

static void check_must_give(check_fn *check, const cvi_resource *resource, const char *text,
                            const char *expected) {
    cvi_buffer out;
    cvi_buffer_init(&out, &cvi_default_allocator, 4096);
    cv_error error = {0};
    if (!check(resource, text, &out, &error)) {
        fail_msg("%s", error.message);
    }
    assert_string_equal(out.data, expected);
    assert_int_equal(error.code, CV_OK);
    cvi_buffer_free(&out);
}

static void check_must_refuse(check_fn *check, const cvi_resource *resource, const char *text,
                              const char *message) {
    cvi_buffer out;
    cvi_buffer_init(&out, &cvi_default_allocator, 4096);
    cv_error error = {0};
    if (check(resource, text, &out, &error)) {
        fail_msg("passed: %s", text);
    }
    assert_int_equal(error.code, CV_ERROR_ARGUMENT);
    assert_string_equal(error.message, message);
    cvi_buffer_free(&out);
}

static const cvi_resource *const issue = &cvi_issue_resource;
static const cvi_resource *const sample = &cvi_sample_resource;

static void test_fields_are_canonical(void **state) {
    (void)state;
    check_must_give(check_list_fields, issue, "id", "id");
    check_must_give(check_list_fields, issue, "name", "id,name");
    check_must_give(check_list_fields, issue, "volume,name,id,name,aliases",
                    "aliases,id,name,volume");
    check_must_give(check_detail_fields, issue, "person_credits,name", "id,name,person_credits");
    /* By either name, and sorted by the name of the wire. */
    check_must_give(check_detail_fields, sample, "ref,appearances", "appearancess,id,ref");
    check_must_give(check_detail_fields, sample, "appearancess,appearances", "appearancess,id");
}

/* As people type lists: the same cache key. */
static void test_blanks_around_names(void **state) {
    (void)state;
    check_must_give(check_list_fields, issue, "id, name", "id,name");
    check_must_give(check_list_fields, issue, "  volume ,name  ", "id,name,volume");
    check_must_give(check_detail_fields, sample, " appearances , appearancess", "appearancess,id");
    check_must_give(pass_fields, issue, "name, upc", "id,name,upc");
    check_must_give(check_filter, issue, "volume:796, id :1|2", "volume:796,id:1|2");
    check_must_give(check_sort, issue, " cover_date : desc ", "cover_date:desc");
    check_must_give(check_sort, issue, "name ", "name:asc");
    check_must_refuse(check_filter, issue, "id:1, id:2",
                      "among the filters of /issues: \"id\" stands twice");
    check_must_refuse(check_list_fields, sample, "name, nmae ",
                      "\"nmae\" is not among the fields of /samples (nearest: name): "
                      "appearancess, id, name");
    check_must_refuse(check_sort, sample, "appearances: up",
                      "among the sorts of /samples: \"up\" is no order (asc, desc)");
}

/* Of a value nobody but the service knows whether they matter. */
static void test_blanks_of_values_stay(void **state) {
    (void)state;
    check_must_give(check_filter, issue, "name: A  B ,volume: 796 ", "name: A  B ,volume:796");
}

static void test_all_fields_at_once(void **state) {
    (void)state;
    cvi_buffer names;
    cvi_buffer_init(&names, &cvi_default_allocator, 2048);
    for (size_t i = 0; i < issue->shape->row_count; i++) {
        cvi_buffer_add_text(&names, i > 0 ? "," : "");
        cvi_buffer_add_text(&names, issue->shape->rows[i].wire);
    }
    /* The table of issues happens to be in the order of the alphabet. */
    check_must_give(check_detail_fields, issue, names.data, names.data);
    cvi_buffer_free(&names);
}

static void test_fields_that_lists_lack(void **state) {
    (void)state;
    check_must_refuse(check_list_fields, issue, "name,person_credits",
                      "\"person_credits\" is not among the fields of /issues: aliases, "
                      "api_detail_url, associated_images, cover_date, date_added, "
                      "date_last_updated, deck, description, has_staff_review, id, image, "
                      "issue_number, name, site_detail_url, store_date, volume");
    check_must_refuse(check_list_fields, sample, "number",
                      "\"number\" is not among the fields of /samples: appearancess, id, name");
}

static void test_unknown_fields(void **state) {
    (void)state;
    const char *const names[] = {"nam",       "names",    "na me",      " ",    "name, ",
                                 ",name",     "Name",     "",           "a,,b", ",",
                                 "name;deck", "name:asc", "na\xC3\xA9", "*",    "name,publisher"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        cvi_buffer out;
        cvi_buffer_init(&out, &cvi_default_allocator, 4096);
        cv_error error = {0};
        assert_false(check_list_fields(issue, names[i], &out, &error));
        assert_int_equal(error.code, CV_ERROR_ARGUMENT);
        assert_non_null(strstr(error.message, "\" is not among the fields of /issues"));
        assert_non_null(strstr(error.message, ": aliases, "));
        assert_true(strlen(error.message) < sizeof(error.message));
        cvi_buffer_free(&out);
    }
}

/* As many names as a message holds, then dots. */
static void test_more_names_than_a_message_holds(void **state) {
    (void)state;
    check_must_refuse(check_detail_fields, issue, "publisher",
                      "\"publisher\" is not among the fields of /issue: aliases, api_detail_url, "
                      "associated_images, character_credits, character_died_in, "
                      "characters_died_in, concept_credits, cover_date, date_added, "
                      "date_last_updated, deck, description, disbanded_teams, ...");
    char name[40];
    for (size_t length = 1; length < sizeof(name); length++) {
        memset(name, 'x', length);
        name[length] = '\0';
        cvi_buffer out;
        cvi_buffer_init(&out, &cvi_default_allocator, 4096);
        cv_error error = {0};
        assert_false(check_detail_fields(issue, name, &out, &error));
        size_t end = strlen(error.message);
        assert_in_range(end, sizeof(error.message) - 40, sizeof(error.message) - 1);
        assert_string_equal(error.message + end - 5, ", ...");
        cvi_buffer_free(&out);
    }
}

static void test_names_are_shown_harmlessly(void **state) {
    (void)state;
    check_must_refuse(check_list_fields, sample, "na\xC3\xA9%s",
                      "\"na??%s\" is not among the fields of /samples: appearancess, id, name");
    check_must_refuse(check_list_fields, sample,
                      "0123456789012345678901234567890123456789012345678901234567890123456789",
                      "\"012345678901234567890123456789012345678901234567...\" is not among the "
                      "fields of /samples: appearancess, id, name");
}

static void test_filters(void **state) {
    (void)state;
    check_must_give(check_filter, issue, "name:Lamplighter", "name:Lamplighter");
    check_must_give(check_filter, issue, "volume:796,name:A B", "volume:796,name:A B");
    check_must_give(check_filter, issue, "id:1|2|3", "id:1|2|3");
    check_must_give(check_filter, issue, "cover_date:1952-01-01|1952-12-31",
                    "cover_date:1952-01-01|1952-12-31");
    /* Only the first colon ends the name. */
    check_must_give(check_filter, issue, "date_added:2008-06-06 11:10:20|2008-06-07 00:00:00",
                    "date_added:2008-06-06 11:10:20|2008-06-07 00:00:00");
    check_must_give(check_filter, issue, "name:a&b#c%20\xC3\xA9", "name:a&b#c%20\xC3\xA9");
    check_must_give(check_filter, sample, "id:7", "id:7");
}

/* What can match nothing is not worth a request. */
static void test_filters_by_number(void **state) {
    (void)state;
    static const char *const not_numbers[] = {"4000-1", "x", "-1", "1.5", "1||2",        "|1", "1|",
                                              "1 |2",   "|", " ",  "1;2", "\xEF\xBC\x91"};
    static const char *const fields[] = {"id", "volume"};
    char filter[64];
    char message[128];
    for (size_t i = 0; i < sizeof(not_numbers) / sizeof(not_numbers[0]); i++) {
        cvi_piece shown = cvi_piece_trim(cvi_piece_of(not_numbers[i]));
        cvi_buffer out;
        cvi_buffer_over(&out, message, sizeof(message));
        cvi_buffer_add_text(&out, "among the filters of /issues: \"");
        cvi_piece_show(shown, &out);
        cvi_buffer_add_text(&out, "\" is no bare number, nor several (1|2|3)");
        for (size_t k = 0; k < sizeof(fields) / sizeof(fields[0]); k++) {
            cvi_buffer_over(&out, filter, sizeof(filter));
            cvi_buffer_add_format(&out, "%s:%s", fields[k], not_numbers[i]);
            check_must_refuse(check_filter, issue, filter, message);
        }
    }
    check_must_refuse(check_filter, &cvi_character_resource, "gender:male",
                      "among the filters of /characters: \"male\" is no bare number, nor several "
                      "(1|2|3)");
    check_must_give(check_filter, &cvi_character_resource, "gender:2", "gender:2");
    check_must_give(check_filter, &cvi_movie_resource, "has_staff_review:true",
                    "has_staff_review:true");
}

static void test_bad_filters(void **state) {
    (void)state;
    check_must_refuse(check_filter, issue, "image:x",
                      "\"image\" is not among the filters of /issues: aliases, cover_date, "
                      "date_added, date_last_updated, id, issue_number, name, store_date, volume");
    check_must_refuse(check_filter, issue, "name:x,nme:y",
                      "\"nme\" is not among the filters of /issues (nearest: name): aliases, "
                      "cover_date, date_added, date_last_updated, id, issue_number, name, "
                      "store_date, volume");
    check_must_refuse(check_filter, sample, ":x", "\"\" is not among the filters of /samples: id");
    check_must_refuse(check_filter, issue,
                      "name:", "among the filters of /issues: \"name\" has an empty value");
    check_must_refuse(check_filter, issue, "name:,id:4",
                      "among the filters of /issues: \"name\" has an empty value");
    check_must_refuse(check_filter, issue, "id:1,name:x,id:2",
                      "among the filters of /issues: \"id\" stands twice");
    check_must_refuse(check_filter, issue, "name:Hello, World",
                      "among the filters of /issues: \" World\" lacks a value (field:value; a "
                      "comma begins the next one)");
    check_must_refuse(check_filter, issue, "",
                      "among the filters of /issues: \"\" lacks a value (field:value; a comma "
                      "begins the next one)");
    check_must_refuse(check_filter, issue, "name:x,",
                      "among the filters of /issues: \"\" lacks a value (field:value; a comma "
                      "begins the next one)");
    check_must_refuse(check_filter, issue, "name:a\nb",
                      "among the filters of /issues: \"name:a?b\" holds a control character");
    check_must_refuse(check_filter, issue, "name:\x7F",
                      "among the filters of /issues: \"name:?\" holds a control character");
    check_must_refuse(check_filter, sample, "appearances:5",
                      "\"appearances\" is not among the filters of /samples: id");
}

static void test_overlong_texts(void **state) {
    (void)state;
    char text[2050];
    memset(text, 'a', sizeof(text) - 1);
    memcpy(text, "name:", 5);
    text[2049] = '\0';
    check_must_refuse(check_filter, issue, text,
                      "among the filters of /issues: \"name:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                      "aaaa...\" is longer than 2048 bytes");
    text[2048] = '\0';
    check_must_give(check_filter, issue, text, text);
}

/* Names may be longer on the wire: what a check adds fits into the room that is left for it. */
static void test_checked_texts_have_room(void **state) {
    (void)state;
    size_t count = 0;
    const cvi_resource *const *resources = cvi_registry_all(&count);
    for (size_t i = 0; i < count; i++) {
        const cvi_shape *shape = resources[i]->shape;
        size_t added = strlen("id,") + sizeof(":desc");
        for (size_t row = 0; row < shape->row_count; row++) {
            const cvi_field *field = &shape->rows[row];
            added += field->wire_length > field->member_length
                         ? (size_t)(field->wire_length - field->member_length)
                         : 0;
        }
        assert_in_range(added, 1, CVI_CHECKED_SIZE - CVI_PIECE_LONGEST);
    }
}

static void test_sorts(void **state) {
    (void)state;
    check_must_give(check_sort, issue, "name", "name:asc");
    check_must_give(check_sort, issue, "name:asc", "name:asc");
    check_must_give(check_sort, issue, "cover_date:desc", "cover_date:desc");
    check_must_give(check_sort, sample, "appearances:desc", "appearancess:desc");
}

static void test_bad_sorts(void **state) {
    (void)state;
    check_must_refuse(check_sort, issue, "volume",
                      "\"volume\" is not among the sorts of /issues: cover_date, date_added, "
                      "date_last_updated, id, issue_number, name, store_date");
    check_must_refuse(check_sort, sample, "",
                      "\"\" is not among the sorts of /samples: appearancess");
    check_must_refuse(check_sort, sample, "appearances:asc,id:asc",
                      "among the sorts of /samples: \"asc,id:asc\" is no order (asc, desc)");
    check_must_refuse(check_sort, sample,
                      "appearances:", "among the sorts of /samples: \"\" is no order (asc, desc)");
    check_must_refuse(check_sort, sample, "appearances:DESC",
                      "among the sorts of /samples: \"DESC\" is no order (asc, desc)");
    check_must_refuse(check_sort, sample, "appearances\t",
                      "among the sorts of /samples: \"appearances?\" holds a control character");
}

static void test_lists_that_cannot_be_queried(void **state) {
    (void)state;
    check_must_refuse(check_filter, &cvi_video_type_resource, "id:7",
                      "\"id\" is not among the filters of /video_types: none");
    check_must_refuse(check_sort, &cvi_chat_resource, "titel",
                      "\"titel\" is not among the sorts of /chats: none");
}

/* ---- typos ---- */

/* The nearest name in the message, or "". */
static const char *nearest_in(const char *message, char *name, size_t size) {
    static const char before[] = " (nearest: ";
    const char *found = strstr(message, before);
    size_t length = found != NULL ? strcspn(found + sizeof(before) - 1, ")") : 0;
    assert_true(length < size);
    memcpy(name, found != NULL ? found + sizeof(before) - 1 : "", length);
    name[length] = '\0';
    return name;
}

static void test_the_nearest_name_is_told(void **state) {
    (void)state;
    static const struct {
        check_fn *check;
        const cvi_resource *resource;
        const char *text;
        const char *nearest;
    } cases[] = {
        {check_list_fields, &cvi_issue_resource, "nmae", "name"},
        {check_list_fields, &cvi_issue_resource, "Name", "name"},
        {check_list_fields, &cvi_issue_resource, "issue_numbr", "issue_number"},
        {check_list_fields, &cvi_issue_resource, "number_issue", ""},
        {check_list_fields, &cvi_issue_resource, "coverdate", "cover_date"},
        {check_list_fields, &cvi_issue_resource, "covr_dates", "cover_date"},
        {check_list_fields, &cvi_issue_resource, "xyz", ""},
        {check_list_fields, &cvi_issue_resource, "", ""},
        /* The nearest of those that are allowed: lists lack person_credits. */
        {check_list_fields, &cvi_issue_resource, "person_credit", ""},
        {check_detail_fields, &cvi_issue_resource, "person_credit", "person_credits"},
        /* A known name is no typo. */
        {check_list_fields, &cvi_issue_resource, "team_credits", ""},
        {check_filter, &cvi_character_resource, "genders:1", "gender"},
        {check_filter, &cvi_character_resource, "real_nam:x", ""},
        {check_sort, &cvi_person_resource, "deaths:asc", "death"},
        {check_sort, &cvi_volume_resource, "date_aded", "date_added"},
        /* By its right spelling, though the wire has another. */
        {check_list_fields, &cvi_team_resource, "count_of_issue_apearances",
         "count_of_issue_appearances"},
        {check_list_fields, &cvi_team_resource, "count_of_isssue_appearence",
         "count_of_issue_appearances"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        cvi_buffer out;
        cvi_buffer_init(&out, &cvi_default_allocator, 4096);
        cv_error error = {0};
        char name[64];
        assert_false(cases[i].check(cases[i].resource, cases[i].text, &out, &error));
        assert_string_equal(nearest_in(error.message, name, sizeof(name)), cases[i].nearest);
        cvi_buffer_free(&out);
    }
}

/* ---- parameters of some lists ---- */

static bool check_video_type(const cvi_resource *resource, const char *text, cvi_buffer *out,
                             cv_error *error) {
    return cvi_check_extra(resource, "video_type", text, out, error);
}

static bool check_subscriber_only(const cvi_resource *resource, const char *text, cvi_buffer *out,
                                  cv_error *error) {
    return cvi_check_extra(resource, "subscriber_only", text, out, error);
}

static void test_parameters_of_videos(void **state) {
    (void)state;
    const cvi_resource *video = &cvi_video_resource;
    check_must_give(check_video_type, video, "8", "8");
    check_must_give(check_video_type, video, " 8|2 ", "8|2");
    check_must_give(check_video_type, video, "a&b=c, d", "a&b=c, d");
    check_must_give(check_subscriber_only, video, "1", "1");
    check_must_refuse(check_video_type, video, "",
                      "among the parameters of /videos: \"video_type\" has an empty value");
    check_must_refuse(check_subscriber_only, video, "  ",
                      "among the parameters of /videos: \"subscriber_only\" has an empty value");
    check_must_refuse(check_video_type, video, "8\n",
                      "among the parameters of /videos: \"8?\" holds a control character");
}

static void test_parameters_that_a_list_does_not_take(void **state) {
    (void)state;
    size_t count = 0;
    const cvi_resource *const *resources = cvi_registry_all(&count);
    for (size_t i = 0; i < count; i++) {
        cvi_buffer out;
        cvi_buffer_init(&out, &cvi_default_allocator, 64);
        cv_error error = {0};
        bool is_video = resources[i]->resource == CV_VIDEO;
        assert_int_equal(check_video_type(resources[i], "8", &out, &error), is_video);
        assert_int_equal(check_subscriber_only(resources[i], "1", &out, &error), is_video);
        cvi_buffer_free(&out);
    }
    check_must_refuse(check_video_type, issue, "8",
                      "\"video_type\" is not among the parameters of /issues: none");
    check_must_give(check_subscriber_only, &cvi_search_resource, "1", "1");
    check_must_refuse(check_video_type, &cvi_search_resource, "8",
                      "\"video_type\" is not among the parameters of /search: subscriber_only");
}

/* ---- names that are let through ---- */

static void test_unknown_names_pass_when_allowed(void **state) {
    (void)state;
    check_must_give(pass_fields, issue, "upc,name,aaa,upc", "aaa,id,name,upc");
    check_must_give(pass_fields, issue, "person_credits", "id,person_credits");
    check_must_give(pass_fields, sample, "appearances,x", "appearancess,id,x");
    check_must_give(pass_filter, issue, "upc:1|2,deck:x", "upc:1|2,deck:x");
    check_must_give(pass_sort, issue, "Upc_2:desc", "Upc_2:desc");
    check_must_give(pass_sort, sample, "appearances", "appearancess:asc");
}

/* What is no name is none with the switch either. */
static void test_what_passes_looks_like_a_name(void **state) {
    (void)state;
    static const char *const texts[] = {"",    "a b",   "a&b",        "a=b",
                                        "a-b", "a%2Cb", "na\xC3\xA9", "a,,b"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        cvi_buffer out;
        cvi_buffer_init(&out, &cvi_default_allocator, 4096);
        cv_error error = {0};
        assert_false(pass_fields(issue, texts[i], &out, &error));
        assert_int_equal(error.code, CV_ERROR_ARGUMENT);
        cvi_buffer_free(&out);
    }
    check_must_refuse(pass_filter, issue, "upc:1,upc:2",
                      "among the filters of /issues: \"upc\" stands twice");
    check_must_refuse(pass_filter, issue,
                      "upc:", "among the filters of /issues: \"upc\" has an empty value");
}

static void test_more_names_than_fit(void **state) {
    (void)state;
    enum { NAMES = 128 };
    char text[5 * NAMES];
    cvi_buffer names;
    cvi_buffer_over(&names, text, sizeof(text));
    for (int i = 0; i < NAMES; i++) {
        cvi_buffer_add_format(&names, "%sn%03d", i > 0 ? "," : "", i);
    }
    check_must_refuse(pass_fields, issue, text,
                      "among the fields of /issues: \"n127\" is one too many");
    text[5 * (NAMES - 1) - 1] = '\0';
    cvi_buffer out;
    cvi_buffer_init(&out, &cvi_default_allocator, 4096);
    assert_true(pass_fields(issue, text, &out, NULL));
    assert_int_equal(strncmp(out.data, "id,n000,n001,", 13), 0);
    cvi_buffer_free(&out);
}

static void test_errors_need_no_place(void **state) {
    (void)state;
    cvi_buffer out;
    cvi_buffer_init(&out, &cvi_default_allocator, 4096);
    assert_false(check_list_fields(issue, "x", &out, NULL));
    assert_false(check_filter(issue, "name", &out, NULL));
    assert_false(check_sort(issue, "name:x", &out, NULL));
    cvi_buffer_free(&out);
}

static void test_without_memory(void **state) {
    (void)state;
    check_fn *const checks[] = {check_list_fields, check_filter, check_sort, check_video_type};
    const char *const texts[] = {"name", "name:x", "name:asc", "8"};
    for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
        failing_allocator memory;
        failing_allocator_init(&memory, 1, true);
        cvi_buffer out;
        cvi_buffer_init(&out, &memory.allocator, 4096);
        cv_error error = {0};
        assert_false(checks[i](&cvi_video_resource, texts[i], &out, &error));
        assert_int_equal(error.code, CV_ERROR_NOMEM);
        cvi_buffer_free(&out);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fields_are_canonical),
        cmocka_unit_test(test_blanks_around_names),
        cmocka_unit_test(test_blanks_of_values_stay),
        cmocka_unit_test(test_all_fields_at_once),
        cmocka_unit_test(test_fields_that_lists_lack),
        cmocka_unit_test(test_unknown_fields),
        cmocka_unit_test(test_more_names_than_a_message_holds),
        cmocka_unit_test(test_names_are_shown_harmlessly),
        cmocka_unit_test(test_filters),
        cmocka_unit_test(test_filters_by_number),
        cmocka_unit_test(test_bad_filters),
        cmocka_unit_test(test_overlong_texts),
        cmocka_unit_test(test_checked_texts_have_room),
        cmocka_unit_test(test_sorts),
        cmocka_unit_test(test_bad_sorts),
        cmocka_unit_test(test_lists_that_cannot_be_queried),
        cmocka_unit_test(test_the_nearest_name_is_told),
        cmocka_unit_test(test_parameters_of_videos),
        cmocka_unit_test(test_parameters_that_a_list_does_not_take),
        cmocka_unit_test(test_unknown_names_pass_when_allowed),
        cmocka_unit_test(test_what_passes_looks_like_a_name),
        cmocka_unit_test(test_more_names_than_fit),
        cmocka_unit_test(test_errors_need_no_place),
        cmocka_unit_test(test_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
