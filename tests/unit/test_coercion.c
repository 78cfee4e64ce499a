/* Every kind of member against every kind of value: what the member holds then, and that the record
 * is written back with the value that was sent. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "resources/result.h"
#include "support/buffer.h"
#include "support/sample.h"

#define REF_TEXT "{\"api_detail_url\":\"u\",\"id\":7,\"name\":\"n\",\"site_detail_url\":\"s\"}"

/* A record with one member, and what the member holds then. */
typedef struct value_case {
    const char *sent;
    const char *held;
} value_case;

typedef void describe_fn(cvi_buffer *out, const cv_sample *sample);

/* Decodes one sample record with these members. */
static cvi_result *decode_members(const char *members) {
    static const char head[] = "{\"status_code\":1,\"results\":";
    char text[4096];
    size_t length = strlen(members);
    assert_true(sizeof(head) + length < sizeof(text));
    memcpy(text, head, sizeof(head) - 1);
    memcpy(text + sizeof(head) - 1, members, length);
    memcpy(text + sizeof(head) - 1 + length, "}", 2);
    return decode_text(&cvi_sample_resource, false, text);
}

/* Decodes members, and writes them back; describes one of them unless `describe` is NULL. */
static void record_must_be(const char *members, const char *written, describe_fn *describe,
                           const char *held) {
    cvi_result *result = decode_members(members);
    const cvi_provenance provenance = {
        .source = CV_SOURCE_NETWORK, .fetched_at_ms = 1, .expires_at_ms = 2};
    const cv_record *record = cvi_result_record(result, &provenance);
    assert_non_null(record);
    char *json = cv_record_json(record);
    assert_non_null(json);
    assert_string_equal(json, written);
    cv_free(json);
    if (describe != NULL) {
        char text[256];
        cvi_buffer out;
        cvi_buffer_over(&out, text, sizeof(text));
        describe(&out, (const cv_sample *)record);
        assert_string_equal(text, held);
    }
    cv_record_free(record);
    cvi_result_release(result);
}

static void record_must_write(const char *members, const char *expected) {
    record_must_be(members, expected, NULL, NULL);
}

static void check_all(describe_fn *describe, const value_case *cases, size_t count) {
    for (size_t i = 0; i < count; i++) {
        record_must_be(cases[i].sent, cases[i].sent, describe, cases[i].held);
    }
}

#define CHECK_ALL(describe, cases) check_all(describe, cases, sizeof(cases) / sizeof((cases)[0]))

static void describe_number(cvi_buffer *out, const cv_sample *sample) {
    cvi_buffer_add_int(out, sample->number);
}

static void test_int64(void **state) {
    (void)state;
    const value_case cases[] = {
        {"{}", "0"},
        {"{\"number\":15}", "15"},
        {"{\"number\":-3}", "-3"},
        {"{\"number\":0}", "0"},
        {"{\"number\":-0}", "0"},
        {"{\"number\":\"15\"}", "15"},
        {"{\"number\":\"015\"}", "15"},
        {"{\"number\":\"\"}", "0"},
        {"{\"number\":\"fifteen\"}", "0"},
        {"{\"number\":\"\\\"15\\\\\"}", "0"},
        {"{\"number\":12.9}", "12"},
        {"{\"number\":-12.9}", "-12"},
        {"{\"number\":12.0}", "12"},
        {"{\"number\":1e3}", "1000"},
        {"{\"number\":1E-3}", "0"},
        {"{\"number\":true}", "1"},
        {"{\"number\":false}", "0"},
        {"{\"number\":null}", "0"},
        {"{\"number\":[]}", "0"},
        {"{\"number\":[1, {\"number\" : 2}]}", "0"},
        {"{\"number\":{\"number\":2}}", "0"},
        {"{\"number\":9223372036854775807}", "9223372036854775807"},
        {"{\"number\":-9223372036854775808}", "-9223372036854775808"},
        {"{\"number\":9223372036854775808}", "0"},
        {"{\"number\":123456789012345678901234567890}", "0"},
        {"{\"number\":1e400}", "0"},
    };
    CHECK_ALL(describe_number, cases);
}

static void describe_text_number(cvi_buffer *out, const cv_sample *sample) {
    cvi_buffer_add_int(out, sample->text_number);
}

static void test_int64_as_text(void **state) {
    (void)state;
    const value_case cases[] = {
        {"{\"text_number\":\"12\"}", "12"},    {"{\"text_number\":\"-12\"}", "-12"},
        {"{\"text_number\":\"0\"}", "0"},      {"{\"text_number\":\"-0\"}", "0"},
        {"{\"text_number\":\"007\"}", "7"},    {"{\"text_number\":\"1.50\"}", "1"},
        {"{\"text_number\":\"1e3\"}", "1000"}, {"{\"text_number\":\"9223372036854775808\"}", "0"},
        {"{\"text_number\":\" 12\"}", "0"},    {"{\"text_number\":\"\\u0031\"}", "1"},
        {"{\"text_number\":12}", "12"},        {"{\"text_number\":\"\"}", "0"},
        {"{\"text_number\":null}", "0"},       {"{\"text_number\":true}", "1"},
        {"{\"text_number\":{}}", "0"},
    };
    /* An escape that needs none is the same text without it. */
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        bool is_escaped = strchr(cases[i].sent, '\\') != NULL;
        record_must_be(cases[i].sent, is_escaped ? "{\"text_number\":\"1\"}" : cases[i].sent,
                       describe_text_number, cases[i].held);
    }
}

static void describe_flag(cvi_buffer *out, const cv_sample *sample) {
    cvi_buffer_add_text(out, sample->flag ? "true" : "false");
}

static void test_bool(void **state) {
    (void)state;
    const value_case cases[] = {
        {"{\"flag\":true}", "true"},     {"{\"flag\":false}", "false"},
        {"{\"flag\":1}", "true"},        {"{\"flag\":-2.0}", "true"},
        {"{\"flag\":0}", "false"},       {"{\"flag\":\"1\"}", "true"},
        {"{\"flag\":\"0\"}", "false"},   {"{\"flag\":\"\"}", "false"},
        {"{\"flag\":\"yes\"}", "false"}, {"{\"flag\":null}", "false"},
        {"{\"flag\":[]}", "false"},      {"{\"flag\":{}}", "false"},
    };
    CHECK_ALL(describe_flag, cases);
}

static void describe_name(cvi_buffer *out, const cv_sample *sample) {
    cvi_buffer_add_text(out, sample->name != NULL ? sample->name : "(none)");
}

static void test_text(void **state) {
    (void)state;
    const value_case cases[] = {
        {"{\"name\":\"plain\"}", "plain"},
        {"{\"name\":\"\"}", ""},
        {"{\"name\":null}", "(none)"},
        {"{\"name\":198}", "198"},
        {"{\"name\":1.50e2}", "1.50e2"},
        {"{\"name\":-0}", "-0"},
        {"{\"name\":123456789012345678901234567890}", "123456789012345678901234567890"},
        {"{\"name\":false}", "(none)"},
        {"{\"name\":true}", "(none)"},
        {"{\"name\":[\"x\"]}", "(none)"},
        {"{\"name\":{\"name\":\"x\"}}", "(none)"},
        {"{\"name\":\"one\\r\\ntwo\\tthree\"}", "one\r\ntwo\tthree"},
    };
    CHECK_ALL(describe_name, cases);
}

/* What no text can hold becomes U+FFFD, also in a value that the member could not hold. */
static void test_text_that_is_repaired(void **state) {
    (void)state;
    record_must_write("{\"name\":\"\\u00bd \\ud83d\\ude00\"}",
                      "{\"name\":\"\xC2\xBD \xF0\x9F\x98\x80\"}");
    record_must_write("{\"name\":\"a\\ud83db\\u0000c\"}", "{\"name\":\"a\xEF\xBF\xBD"
                                                          "b\xEF\xBF\xBD"
                                                          "c\"}");
    record_must_write("{\"name\":\"\xC0\x80\"}", "{\"name\":\"\xEF\xBF\xBD\xEF\xBF\xBD\"}");
    record_must_write("{\"name\":[\"\\ud83d \xC0\"]}", "{\"name\":[\"\\ufffd \xEF\xBF\xBD\"]}");
}

static void describe_ref(cvi_buffer *out, const cv_sample *sample) {
    if (sample->ref == NULL) {
        cvi_buffer_add_text(out, "(none)");
        return;
    }
    cvi_buffer_add_int(out, sample->ref->id);
    cvi_buffer_add_char(out, ' ');
    cvi_buffer_add_text(out, sample->ref->name != NULL ? sample->ref->name : "(none)");
}

static void test_object(void **state) {
    (void)state;
    const value_case cases[] = {
        {"{\"ref\":" REF_TEXT "}", "7 n"},
        {"{\"ref\":null}", "(none)"},
        {"{\"ref\":false}", "(none)"},
        {"{\"ref\":true}", "(none)"},
        {"{\"ref\":[]}", "(none)"},
        {"{\"ref\":[" REF_TEXT "]}", "(none)"},
        {"{\"ref\":\"\"}", "(none)"},
        {"{\"ref\":\"none\"}", "(none)"},
        {"{\"ref\":0}", "(none)"},
        {"{\"ref\":{}}", "0 (none)"},
        {"{\"ref\":{\"name\":\"n\"}}", "0 n"},
        {"{\"ref\":{\"id\":\"7\",\"name\":198}}", "7 198"},
        {"{\"ref\":{\"id\":null,\"name\":null}}", "0 (none)"},
        {"{\"ref\":{\"id\":[ ],\"name\":{\"id\":1}}}", "0 (none)"},
    };
    CHECK_ALL(describe_ref, cases);
}

static void describe_counted(cvi_buffer *out, const cv_sample *sample) {
    cvi_buffer_add_int(out, (int64_t)sample->counted.count);
    for (size_t i = 0; i < sample->counted.count; i++) {
        const cv_counted *item = &sample->counted.items[i];
        cvi_buffer_add_char(out, ' ');
        cvi_buffer_add_text(out, item->name != NULL ? item->name : "(none)");
        cvi_buffer_add_char(out, '=');
        cvi_buffer_add_int(out, item->count);
    }
}

static void test_list(void **state) {
    (void)state;
    const value_case cases[] = {
        {"{\"counted\":[]}", "0"},
        {"{\"counted\":null}", "0"},
        {"{\"counted\":\"\"}", "0"},
        {"{\"counted\":false}", "0"},
        {"{\"counted\":true}", "0"},
        {"{\"counted\":\"none\"}", "0"},
        {"{\"counted\":5}", "0"},
        {"{\"counted\":{}}", "0"},
        {"{\"counted\":{\"name\":\"x\"}}", "0"},
        {"{\"counted\":[{\"name\":\"n\",\"count\":\"0\"}]}", "1 n=0"},
        {"{\"counted\":[{\"name\":\"n\",\"count\":5}]}", "1 n=5"},
        {"{\"counted\":[{},{\"count\":\"5\"},{\"name\":null,\"count\":null}]}",
         "3 (none)=0 (none)=5 (none)=0"},
        /* What is no object is no item. */
        {"{\"counted\":[[],null,1,\"x\",true,[[]],{\"name\":\"n\"},[{\"name\":\"m\"}]]}", "1 n=0"},
        {"{\"counted\":[{\"name\":\"a\"},-1.0,{\"name\":\"b\"},{\"name\":\"c\",\"count\":\"1\"},false]}",
         "3 a=0 b=0 c=1"},
    };
    CHECK_ALL(describe_counted, cases);
}

/* Nested structs keep no mask of nulls: what is odd in them, at any depth, is kept all the same. */
static void test_nested_oddities(void **state) {
    (void)state;
    const char *deep =
        "{\"parts\":[{\"name\":\"a\",\"ref\":{\"id\":1},\"counted\":[1,{\"count\":2},3]},null,"
        "{\"counted\":[{},[ [] ],{}]}],\"text_number\":7}";
    const char *const texts[] = {
        "{\"part\":{\"name\":1,\"ref\":false,\"counted\":null}}",
        "{\"part\":{\"ref\":null}}",
        "{\"part\":{\"ref\":[],\"counted\":\"\"},\"parts\":[[{}],{\"name\":\"n\"}]}",
        deep,
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        record_must_write(texts[i], texts[i]);
    }
    record_must_write("{\"ref\":{\"more\":{\"id\":8},\"id\":\"7\"}}", "{\"ref\":{\"id\":\"7\"}}");
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

/* A record as sent, and as written. */
typedef struct spelling_case {
    const char *sent;
    const char *written;
} spelling_case;

static void write_all(const spelling_case *cases, size_t count) {
    for (size_t i = 0; i < count; i++) {
        record_must_write(cases[i].sent, cases[i].written);
    }
}

#define WRITE_ALL(cases) write_all(cases, sizeof(cases) / sizeof((cases)[0]))

static void test_misspelt_names(void **state) {
    (void)state;
    const spelling_case cases[] = {
        {"{\"appearancess\":4}", "{\"appearancess\":4}"},
        {"{\"appearances\":4}", "{\"appearances\":4}"},
        {"{\"appearances\":\"4\"}", "{\"appearances\":\"4\"}"},
        {"{\"appearancess\":4,\"appearances\":5}", "{\"appearancess\":5}"},
        {"{\"appearances\":[],\"flag\":1,\"appearances\":6}", "{\"appearancess\":6,\"flag\":1}"},
        {"{\"appearances\":4,\"appearancess\":5}", "{\"appearancess\":5}"},
        {"{\"appearance\":4,\"appearancesss\":5,\"\":6}", "{}"},
    };
    WRITE_ALL(cases);
}

/* Of equal keys the last one wins, whatever stood there before. */
static void test_duplicate_keys(void **state) {
    (void)state;
    const spelling_case cases[] = {
        {"{\"number\":1,\"number\":2}", "{\"number\":2}"},
        {"{\"number\":\"1\",\"number\":2}", "{\"number\":2}"},
        {"{\"number\":\"1\",\"number\":\"2\"}", "{\"number\":\"2\"}"},
        {"{\"number\":1,\"number\":null}", "{\"number\":null}"},
        {"{\"number\":[],\"number\":null}", "{\"number\":null}"},
        {"{\"number\":null,\"number\":0}", "{\"number\":0}"},
        {"{\"flag\":1,\"number\":[],\"text_number\":2,\"number\":3}",
         "{\"flag\":1,\"number\":3,\"text_number\":2}"},
        {"{\"flag\":1,\"number\":[],\"number\":3,\"text_number\":2}",
         "{\"flag\":1,\"number\":3,\"text_number\":2}"},
        {"{\"name\":\"a\",\"name\":\"b\"}", "{\"name\":\"b\"}"},
        {"{\"name\":\"a\",\"name\":{}}", "{\"name\":{}}"},
        {"{\"name\":{},\"name\":\"a\"}", "{\"name\":\"a\"}"},
        {"{\"ref\":" REF_TEXT ",\"ref\":false}", "{\"ref\":false}"},
        {"{\"ref\":" REF_TEXT ",\"ref\":[]}", "{\"ref\":[]}"},
        {"{\"ref\":null,\"ref\":" REF_TEXT "}", "{\"ref\":" REF_TEXT "}"},
        {"{\"ref\":{},\"ref\":" REF_TEXT "}", "{\"ref\":" REF_TEXT "}"},
        {"{\"ref\":{\"id\":null,\"id\":1}}", "{\"ref\":{\"id\":1}}"},
        {"{\"counted\":[{},{}],\"counted\":[{}]}", "{\"counted\":[{}]}"},
        {"{\"counted\":[1,{}],\"counted\":[]}", "{\"counted\":[]}"},
        {"{\"counted\":[{},{}],\"counted\":null}", "{\"counted\":null}"},
        {"{\"counted\":[{}],\"counted\":{}}", "{\"counted\":{}}"},
    };
    WRITE_ALL(cases);
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
        cmocka_unit_test(test_text_that_is_repaired),
        cmocka_unit_test(test_object),
        cmocka_unit_test(test_list),
        cmocka_unit_test(test_nested_oddities),
        cmocka_unit_test(test_lists_within_lists),
        cmocka_unit_test(test_misspelt_names),
        cmocka_unit_test(test_duplicate_keys),
        cmocka_unit_test(test_keys_in_any_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
