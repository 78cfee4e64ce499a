/* Writing records back: every character comes through, judged by an independent reader. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "resources/result.h"
#include "support/sample.h"

static const cvi_provenance from_cache = {
    .source = CV_SOURCE_CACHE, .fetched_at_ms = 0, .expires_at_ms = 0};

/* Decodes a sample record and writes it back. Free with cv_free. */
static char *write_back(const char *text) {
    cvi_result *result = decode_text(&cvi_sample_resource, false, text);
    const cv_record *record = cvi_result_record(result, &from_cache);
    char *json = cv_record_json(record);
    assert_non_null(json);
    cv_record_free(record);
    cvi_result_release(result);
    return json;
}

static void test_every_ascii_character(void **state) {
    (void)state;
    for (int character = 1; character < 128; character++) {
        const char name[] = {'<', (char)character, '>', '\0'};
        json_t *sent = json_pack("{s:i, s:{s:s}}", "status_code", 1, "results", "name", name);
        char *text = json_dumps(sent, JSON_ENSURE_ASCII);
        char *written = write_back(text);
        json_t *received = json_loads(written, 0, NULL);
        assert_non_null(received);
        assert_string_equal(json_string_value(json_object_get(received, "name")), name);
        json_decref(received);
        cv_free(written);
        free(text);
        json_decref(sent);
    }
}

static void test_escapes(void **state) {
    (void)state;
    char *written = write_back(DETAIL("{\"name\":\"\\\" \\\\ \\/ \\b\\f\\n\\r\\t \\u0001 \\u001f "
                                      "\\u007f \\u00e9\"}"));
    assert_string_equal(written, "{\"name\":\"\\\" \\\\ / \\u0008\\u000c\\n\\r\\t \\u0001 \\u001f "
                                 "\x7F \xC3\xA9\"}");
    cv_free(written);
}

static void test_empty_record(void **state) {
    (void)state;
    char *written = write_back(DETAIL("{}"));
    assert_string_equal(written, "{}");
    cv_free(written);
    written = write_back(DETAIL("{\"unknown\":1}"));
    assert_string_equal(written, "{}");
    cv_free(written);
}

static void test_members_stand_in_table_order(void **state) {
    (void)state;
    char *written = write_back(DETAIL("{\"ref\":null,\"id\":-9223372036854775808,\"counted\":[]}"));
    assert_string_equal(written, "{\"counted\":[],\"id\":-9223372036854775808,\"ref\":null}");
    cv_free(written);
}

static void test_nested_objects_write_what_was_sent(void **state) {
    (void)state;
    char *written = write_back(DETAIL("{\"parts\":[{},{\"ref\":{}}],\"part\":{\"name\":null}}"));
    assert_string_equal(written, "{\"part\":{\"name\":null},\"parts\":[{},{\"ref\":{}}]}");
    cv_free(written);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_ascii_character),
        cmocka_unit_test(test_escapes),
        cmocka_unit_test(test_empty_record),
        cmocka_unit_test(test_members_stand_in_table_order),
        cmocka_unit_test(test_nested_objects_write_what_was_sent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
