/* Every kind of member against every kind of value. A record is written back as JSON, which tells
 * absent, null, false, empty and filled apart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "resources/result.h"
#include "support/sample.h"

#define REF_TEXT "{\"api_detail_url\":\"u\",\"id\":7,\"name\":\"n\",\"site_detail_url\":\"s\"}"

typedef struct value_case {
    const char *sent;
    const char *written;
} value_case;

/* Decodes one sample record with these members, and writes it back. */
static void record_must_write(const char *members, const char *expected) {
    static const char head[] = "{\"status_code\":1,\"results\":";
    char text[4096];
    size_t length = strlen(members);
    assert_true(sizeof(head) + length < sizeof(text));
    memcpy(text, head, sizeof(head) - 1);
    memcpy(text + sizeof(head) - 1, members, length);
    memcpy(text + sizeof(head) - 1 + length, "}", 2);
    cvi_result *result = decode_text(&cvi_sample_resource, false, text);
    const cvi_provenance provenance = {
        .source = CV_SOURCE_NETWORK, .fetched_at_ms = 1, .expires_at_ms = 2};
    const cv_record *record = cvi_result_record(result, &provenance);
    assert_non_null(record);
    char *written = cv_record_json(record);
    assert_non_null(written);
    assert_string_equal(written, expected);
    cv_free(written);
    cv_record_free(record);
    cvi_result_release(result);
}

static void check_all(const value_case *cases, size_t count) {
    for (size_t i = 0; i < count; i++) {
        record_must_write(cases[i].sent, cases[i].written);
    }
}

#define CHECK_ALL(cases) check_all(cases, sizeof(cases) / sizeof((cases)[0]))

static void test_int64(void **state) {
    (void)state;
    const value_case cases[] = {
        {"{}", "{}"},
        {"{\"number\":15}", "{\"number\":15}"},
        {"{\"number\":-3}", "{\"number\":-3}"},
        {"{\"number\":0}", "{\"number\":0}"},
        {"{\"number\":\"15\"}", "{\"number\":15}"},
        {"{\"number\":\"\"}", "{\"number\":null}"},
        {"{\"number\":\"fifteen\"}", "{\"number\":null}"},
        {"{\"number\":12.9}", "{\"number\":12}"},
        {"{\"number\":-12.9}", "{\"number\":-12}"},
        {"{\"number\":1e3}", "{\"number\":1000}"},
        {"{\"number\":true}", "{\"number\":1}"},
        {"{\"number\":false}", "{\"number\":0}"},
        {"{\"number\":null}", "{\"number\":null}"},
        {"{\"number\":[]}", "{\"number\":null}"},
        {"{\"number\":[1,{\"number\":2}]}", "{\"number\":null}"},
        {"{\"number\":{\"number\":2}}", "{\"number\":null}"},
        {"{\"number\":9223372036854775807}", "{\"number\":9223372036854775807}"},
        {"{\"number\":-9223372036854775808}", "{\"number\":-9223372036854775808}"},
        {"{\"number\":9223372036854775808}", "{\"number\":null}"},
        {"{\"number\":1e400}", "{\"number\":null}"},
    };
    CHECK_ALL(cases);
}

static void test_int64_as_text(void **state) {
    (void)state;
    const value_case cases[] = {
        {"{\"text_number\":\"12\"}", "{\"text_number\":\"12\"}"},
        {"{\"text_number\":12}", "{\"text_number\":\"12\"}"},
        {"{\"text_number\":\"\"}", "{\"text_number\":null}"},
        {"{\"text_number\":null}", "{\"text_number\":null}"},
        {"{\"text_number\":true}", "{\"text_number\":\"1\"}"},
        {"{\"text_number\":{}}", "{\"text_number\":null}"},
        {"{\"counted\":[{\"name\":\"n\",\"count\":\"0\"}]}",
         "{\"counted\":[{\"name\":\"n\",\"count\":\"0\"}]}"},
        {"{\"counted\":[{\"count\":5,\"name\":\"n\"}]}",
         "{\"counted\":[{\"name\":\"n\",\"count\":\"5\"}]}"},
    };
    CHECK_ALL(cases);
}

static void test_bool(void **state) {
    (void)state;
    const value_case cases[] = {
        {"{\"flag\":true}", "{\"flag\":true}"},
        {"{\"flag\":false}", "{\"flag\":false}"},
        {"{\"flag\":1}", "{\"flag\":true}"},
        {"{\"flag\":-2.0}", "{\"flag\":true}"},
        {"{\"flag\":0}", "{\"flag\":false}"},
        {"{\"flag\":\"1\"}", "{\"flag\":true}"},
        {"{\"flag\":\"0\"}", "{\"flag\":false}"},
        {"{\"flag\":\"\"}", "{\"flag\":null}"},
        {"{\"flag\":\"yes\"}", "{\"flag\":null}"},
        {"{\"flag\":null}", "{\"flag\":null}"},
        {"{\"flag\":[]}", "{\"flag\":null}"},
        {"{\"flag\":{}}", "{\"flag\":null}"},
        {"{\"flag\":true,\"flag\":false}", "{\"flag\":false}"},
    };
    CHECK_ALL(cases);
}

static void test_text(void **state) {
    (void)state;
    const value_case cases[] = {
        {"{\"name\":\"plain\"}", "{\"name\":\"plain\"}"},
        {"{\"name\":\"\"}", "{\"name\":\"\"}"},
        {"{\"name\":null}", "{\"name\":null}"},
        {"{\"name\":198}", "{\"name\":\"198\"}"},
        {"{\"name\":1.50e2}", "{\"name\":\"1.50e2\"}"},
        {"{\"name\":false}", "{\"name\":null}"},
        {"{\"name\":true}", "{\"name\":null}"},
        {"{\"name\":[\"x\"]}", "{\"name\":null}"},
        {"{\"name\":{\"name\":\"x\"}}", "{\"name\":null}"},
        {"{\"name\":\"\\u00bd \\ud83d\\ude00\"}", "{\"name\":\"\xC2\xBD \xF0\x9F\x98\x80\"}"},
        {"{\"name\":\"a\\ud83db\\u0000c\"}", "{\"name\":\"a\xEF\xBF\xBD"
                                             "b\xEF\xBF\xBD"
                                             "c\"}"},
        {"{\"name\":\"\xC0\x80\"}", "{\"name\":\"\xEF\xBF\xBD\xEF\xBF\xBD\"}"},
        {"{\"name\":\"one\\r\\ntwo\\tthree\"}", "{\"name\":\"one\\r\\ntwo\\tthree\"}"},
    };
    CHECK_ALL(cases);
}

static void test_object(void **state) {
    (void)state;
    const value_case cases[] = {
        {"{\"ref\":" REF_TEXT "}", "{\"ref\":" REF_TEXT "}"},
        {"{\"ref\":null}", "{\"ref\":null}"},
        {"{\"ref\":false}", "{\"ref\":false}"},
        {"{\"ref\":true}", "{\"ref\":null}"},
        {"{\"ref\":[]}", "{\"ref\":null}"},
        {"{\"ref\":[" REF_TEXT "]}", "{\"ref\":null}"},
        {"{\"ref\":\"\"}", "{\"ref\":null}"},
        {"{\"ref\":\"none\"}", "{\"ref\":null}"},
        {"{\"ref\":0}", "{\"ref\":null}"},
        {"{\"ref\":{}}", "{\"ref\":{\"api_detail_url\":null,\"id\":0,\"name\":null,"
                         "\"site_detail_url\":null}}"},
        {"{\"ref\":{\"id\":\"7\",\"more\":{\"id\":8},\"name\":198}}",
         "{\"ref\":{\"api_detail_url\":null,\"id\":7,\"name\":\"198\",\"site_detail_url\":null}}"},
    };
    CHECK_ALL(cases);
}

static void test_list(void **state) {
    (void)state;
    const value_case cases[] = {
        {"{\"counted\":[]}", "{\"counted\":[]}"},
        {"{\"counted\":null}", "{\"counted\":null}"},
        {"{\"counted\":\"\"}", "{\"counted\":[]}"},
        {"{\"counted\":false}", "{\"counted\":[]}"},
        {"{\"counted\":true}", "{\"counted\":null}"},
        {"{\"counted\":\"none\"}", "{\"counted\":null}"},
        {"{\"counted\":5}", "{\"counted\":null}"},
        {"{\"counted\":{}}", "{\"counted\":null}"},
        {"{\"counted\":{\"name\":\"x\"}}", "{\"counted\":null}"},
        /* What is no object is no item. */
        {"{\"counted\":[[],null,1,\"x\",true,[[]],{\"name\":\"n\"},[{\"name\":\"m\"}]]}",
         "{\"counted\":[{\"name\":\"n\",\"count\":\"0\"}]}"},
    };
    CHECK_ALL(cases);
}

static void test_lists_within_lists(void **state) {
    (void)state;
    const char *text =
        "{\"parts\":[{\"name\":\"a\",\"ref\":" REF_TEXT ",\"counted\":[{\"name\":\"b\",\"count\":"
        "\"1\"},{\"name\":\"c\",\"count\":\"2\"}]},{\"name\":\"d\",\"ref\":null,\"counted\":[]},"
        "{\"name\":\"e\",\"ref\":null,\"counted\":[{\"name\":null,\"count\":\"3\"}]}]}";
    record_must_write(text, text);
    const char *nested = "{\"part\":{\"name\":\"p\",\"ref\":null,\"counted\":[{\"name\":\"b\","
                         "\"count\":\"1\"}]},\"ref\":" REF_TEXT "}";
    record_must_write(nested, nested);
}

static void test_misspelt_names(void **state) {
    (void)state;
    const value_case cases[] = {
        {"{\"appearancess\":4}", "{\"appearancess\":4}"},
        {"{\"appearances\":4}", "{\"appearancess\":4}"},
        {"{\"appearances\":4,\"appearancess\":5}", "{\"appearancess\":5}"},
        {"{\"appearance\":4,\"appearancesss\":5,\"\":6}", "{}"},
    };
    CHECK_ALL(cases);
}

/* Of equal keys the last one wins, whatever stood there before. */
static void test_duplicate_keys(void **state) {
    (void)state;
    const value_case cases[] = {
        {"{\"number\":1,\"number\":2}", "{\"number\":2}"},
        {"{\"number\":1,\"number\":null}", "{\"number\":null}"},
        {"{\"number\":null,\"number\":0}", "{\"number\":0}"},
        {"{\"name\":\"a\",\"name\":\"b\"}", "{\"name\":\"b\"}"},
        {"{\"name\":\"a\",\"name\":{}}", "{\"name\":null}"},
        {"{\"ref\":" REF_TEXT ",\"ref\":false}", "{\"ref\":false}"},
        {"{\"ref\":" REF_TEXT ",\"ref\":[]}", "{\"ref\":null}"},
        {"{\"ref\":null,\"ref\":" REF_TEXT "}", "{\"ref\":" REF_TEXT "}"},
        {"{\"counted\":[{},{}],\"counted\":[{}]}",
         "{\"counted\":[{\"name\":null,\"count\":\"0\"}]}"},
        {"{\"counted\":[{},{}],\"counted\":null}", "{\"counted\":null}"},
        {"{\"counted\":[{}],\"counted\":[]}", "{\"counted\":[]}"},
        {"{\"counted\":[{}],\"counted\":{}}", "{\"counted\":null}"},
    };
    CHECK_ALL(cases);
}

static void test_keys_in_any_order(void **state) {
    (void)state;
    record_must_write("{\"text_number\":\"9\",\"ref\":null,\"number\":3,\"name\":\"n\",\"id\":2,"
                      "\"counted\":[],\"appearancess\":1}",
                      "{\"appearancess\":1,\"counted\":[],\"id\":2,\"name\":\"n\",\"number\":3,"
                      "\"ref\":null,\"text_number\":\"9\"}");
    record_must_write("{\"number\":3,\"number\":4,\"id\":2,\"n\\u0061me\":\"n\"}",
                      "{\"id\":2,\"name\":\"n\",\"number\":4}");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_int64),
        cmocka_unit_test(test_int64_as_text),
        cmocka_unit_test(test_bool),
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_object),
        cmocka_unit_test(test_list),
        cmocka_unit_test(test_lists_within_lists),
        cmocka_unit_test(test_misspelt_names),
        cmocka_unit_test(test_duplicate_keys),
        cmocka_unit_test(test_keys_in_any_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
