/* Envelopes: what is one, what is refused and why, and that no body, however cut, does harm. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "resources/result.h"
#include "support/allocator.h"
#include "support/buffer.h"
#include "support/failing_allocator.h"
#include "support/sample.h"

#define REFUSED(code, results)                                                                     \
    "{\"error\":\"Refused\",\"limit\":0,\"offset\":0,\"number_of_page_results\":0,"                \
    "\"number_of_total_results\":0,\"status_code\":" code ",\"results\":" results "}"

static const cvi_provenance from_network = {
    .source = CV_SOURCE_NETWORK, .fetched_at_ms = 1000, .expires_at_ms = 2000};

static void test_detail(void **state) {
    (void)state;
    cvi_result *result =
        decode_text(&cvi_sample_resource, false, DETAIL("{\"id\":5,\"name\":\"n\"}"));
    const cvi_envelope *envelope = cvi_result_envelope(result);
    assert_int_equal(envelope->status_code, 1);
    assert_string_equal(envelope->error, "OK");
    assert_int_equal(envelope->limit, 100);
    assert_int_equal(envelope->page_results, 1);
    assert_int_equal(envelope->total_results, 1);
    assert_int_equal(cvi_result_count(result), 1);
    assert_int_equal(cvi_result_id(result, 0), 5);
    assert_int_equal(cvi_result_id(result, 1), 0);
    assert_false(cvi_result_is_list(result));
    assert_ptr_equal(cvi_result_resource(result), &cvi_sample_resource);
    cvi_result_release(result);
}

static void test_list(void **state) {
    (void)state;
    cvi_result *result = decode_text(&cvi_sample_resource, true,
                                     ENVELOPE("2", "[{\"id\":5},{\"id\":6,\"counted\":[{}]}]"));
    assert_true(cvi_result_is_list(result));
    assert_int_equal(cvi_result_count(result), 2);
    assert_int_equal(cvi_result_id(result, 0), 5);
    assert_int_equal(cvi_result_id(result, 1), 6);
    assert_int_equal(cvi_result_id(result, 2), 0);
    cvi_result_release(result);
}

static void test_empty_list(void **state) {
    (void)state;
    cvi_result *result = decode_text(&cvi_sample_resource, true, ENVELOPE("0", "[]"));
    assert_int_equal(cvi_result_count(result), 0);
    cvi_result_release(result);
}

/* The service sends [] for some items of a list: they are no records. */
static void test_items_that_are_no_objects(void **state) {
    (void)state;
    cvi_result *result = decode_text(
        &cvi_sample_resource, true,
        ENVELOPE("6", "[[],{\"id\":1},[],null,{\"id\":2},[{\"id\":3}],5,\"x\",{\"id\":4}]"));
    assert_int_equal(cvi_result_count(result), 3);
    assert_int_equal(cvi_result_id(result, 0), 1);
    assert_int_equal(cvi_result_id(result, 1), 2);
    assert_int_equal(cvi_result_id(result, 2), 4);
    assert_int_equal(cvi_result_envelope(result)->page_results, 6);
    assert_int_equal(cvi_result_item_count(result), 9);
    cvi_result_release(result);
}

/* Lists within a record, and members that nobody knows, have items of their own. */
static void test_items_are_those_of_the_results(void **state) {
    (void)state;
    static const struct {
        const char *text;
        size_t items;
    } cases[] = {
        {"{\"status_code\":1,\"results\":[]}", 0},
        {"{\"status_code\":1,\"results\":[[[],[]],{\"x\":[[],null],\"y\":{\"z\":[1]}}]}", 2},
        {"{\"status_code\":1,\"x\":[[],1],\"results\":[null],\"y\":[null,{}]}", 1},
        {"{\"status_code\":1,\"results\":[[],[],[]],\"results\":[[],{\"id\":1}]}", 2},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        cvi_result *result = decode_text(&cvi_sample_resource, true, cases[i].text);
        assert_int_equal(cvi_result_item_count(result), cases[i].items);
        cvi_result_release(result);
    }
}

/* What would mean something as 0 is not taken for said. */
static void test_numbers_that_the_envelope_does_not_say(void **state) {
    (void)state;
    static const char *const values[] = {"null", "\"\"", "\"many\"",
                                         "[]",   "{}",   "99999999999999999999"};
    char text[256];
    cvi_result *result =
        decode_text(&cvi_sample_resource, true, "{\"status_code\":1,\"results\":[]}");
    assert_int_equal(cvi_result_envelope(result)->total_results, -1);
    assert_int_equal(cvi_result_envelope(result)->offset, -1);
    cvi_result_release(result);
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        snprintf(text, sizeof(text),
                 "{\"offset\":%s,\"number_of_total_results\":%s,\"status_code\":1,\"results\":[]}",
                 values[i], values[i]);
        result = decode_text(&cvi_sample_resource, true, text);
        assert_int_equal(cvi_result_envelope(result)->total_results, -1);
        assert_int_equal(cvi_result_envelope(result)->offset, -1);
        cvi_result_release(result);
    }
}

static void test_keys_of_the_envelope_in_any_order(void **state) {
    (void)state;
    cvi_result *result = decode_text(
        &cvi_sample_resource, true,
        "\xEF\xBB\xBF{\"new\":{\"results\":[{}]},\"results\":[{\"id\":9}],\"version\":1.0,"
        "\"number_of_total_results\":\"15\",\"offset\":\"3\",\"limit\":7,\"status_code\":\"1\"}");
    const cvi_envelope *envelope = cvi_result_envelope(result);
    assert_int_equal(envelope->status_code, 1);
    assert_int_equal(envelope->total_results, 15);
    assert_int_equal(envelope->offset, 3);
    assert_int_equal(envelope->limit, 7);
    assert_int_equal(envelope->page_results, 0);
    assert_string_equal(envelope->error, "");
    assert_int_equal(cvi_result_id(result, 0), 9);
    cvi_result_release(result);
}

static void test_errors_of_the_service(void **state) {
    (void)state;
    const char *const texts[] = {
        REFUSED("100", "[]"),         REFUSED("100", "{}"),
        REFUSED("100", "null"),       REFUSED("\"100\"", "[{\"id\":1}]"),
        REFUSED("100", "{\"id\":1}"), "{\"error\":\"Refused\",\"status_code\":100}"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        for (int is_list = 0; is_list < 2; is_list++) {
            cvi_result *result = decode_text(&cvi_sample_resource, is_list != 0, texts[i]);
            assert_int_equal(cvi_result_envelope(result)->status_code, 100);
            assert_string_equal(cvi_result_envelope(result)->error, "Refused");
            assert_int_equal(cvi_result_count(result), 0);
            assert_null(cvi_result_record(result, &from_network));
            assert_null(cvi_result_page(result, &from_network));
            cvi_result_release(result);
        }
    }
}

static void test_texts_that_are_no_envelope(void **state) {
    (void)state;
    const char *const texts[] = {
        "{}",
        "[]",
        "[{\"status_code\":1}]",
        "12",
        "\"status_code\"",
        "null",
        "true",
        "{\"results\":[],\"error\":\"OK\"}",
        "{\"status_code\":null,\"results\":[]}",
        "{\"status_code\":{},\"results\":[]}",
        "{\"status_code\":\"OK\",\"results\":[]}",
        "{\"status_code\":1e99,\"results\":[]}",
        "{\"status_code\":1,\"status_code\":null,\"results\":[]}",
        "{\"envelope\":{\"status_code\":1,\"results\":[]}}",
        "<!DOCTYPE html><html></html>",
        "",
        "{\"status_code\":1,\"results\":[]} trailing",
        "/* c */ {\"status_code\":1,\"results\":[]}",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        refuse_text(&cvi_sample_resource, true, texts[i], CV_ERROR_RESPONSE);
        refuse_text(&cvi_sample_resource, false, texts[i], CV_ERROR_RESPONSE);
    }
}

static void test_body_without_memory_behind_it(void **state) {
    (void)state;
    const cvi_decode_options options = {.resource = &cvi_sample_resource};
    cv_error error = {0};
    assert_null(cvi_decode(&options, &cvi_default_allocator, (cvi_body){NULL, 0, 0}, &error));
    assert_int_equal(error.code, CV_ERROR_RESPONSE);
}

static void test_results_of_another_shape(void **state) {
    (void)state;
    const char *const not_details[] = {"[]", "[{\"id\":1}]", "null", "5", "\"x\"", "false"};
    for (size_t i = 0; i < sizeof(not_details) / sizeof(not_details[0]); i++) {
        cvi_buffer text;
        cvi_buffer_init(&text, &cvi_default_allocator, 200);
        cvi_buffer_add_format(&text, "{\"status_code\":1,\"results\":%s}", not_details[i]);
        refuse_text(&cvi_sample_resource, false, text.data, CV_ERROR_RESPONSE);
        cvi_buffer_free(&text);
    }
    /* Nor does the next object or list take the place of results that are neither. */
    refuse_text(&cvi_sample_resource, false, "{\"status_code\":1,\"results\":5,\"new\":{\"id\":1}}",
                CV_ERROR_RESPONSE);
    refuse_text(&cvi_sample_resource, true,
                "{\"status_code\":1,\"results\":null,\"new\":[{\"id\":1}]}", CV_ERROR_RESPONSE);
    refuse_text(&cvi_sample_resource, true, DETAIL("{\"id\":1}"), CV_ERROR_RESPONSE);
    refuse_text(&cvi_sample_resource, true, DETAIL("null"), CV_ERROR_RESPONSE);
    refuse_text(&cvi_sample_resource, true, "{\"status_code\":1}", CV_ERROR_RESPONSE);
    refuse_text(&cvi_sample_resource, false, "{\"status_code\":1}", CV_ERROR_RESPONSE);
}

static void test_messages_name_what_was_asked_for(void **state) {
    (void)state;
    assert_string_equal(
        refuse_text(&cvi_sample_resource, true, "{\"status_code\":1", CV_ERROR_RESPONSE),
        "the answer for /samples is cut or not JSON (16 bytes)");
    assert_string_equal(refuse_text(&cvi_sample_resource, false, "{}", CV_ERROR_RESPONSE),
                        "the answer for /sample has no status_code (2 bytes)");
    assert_string_equal(refuse_text(&cvi_sample_resource, false, "[]", CV_ERROR_RESPONSE),
                        "the answer for /sample is no envelope (2 bytes)");
    assert_string_equal(
        refuse_text(&cvi_sample_resource, false, "{\"status_code\":1}", CV_ERROR_RESPONSE),
        "the answer for /sample holds no single result (17 bytes)");
}

/* Of two keys the last one counts, also when it changes the shape. */
static void test_duplicate_results(void **state) {
    (void)state;
    cvi_result *result =
        decode_text(&cvi_sample_resource, true,
                    "{\"status_code\":1,\"results\":[{\"id\":1},{\"id\":2}],\"results\":[{\"id\":3}"
                    "]}");
    assert_int_equal(cvi_result_count(result), 1);
    assert_int_equal(cvi_result_id(result, 0), 3);
    cvi_result_release(result);
    result = decode_text(&cvi_sample_resource, false,
                         "{\"results\":[{\"id\":1}],\"status_code\":1,\"results\":{\"id\":4}}");
    assert_int_equal(cvi_result_count(result), 1);
    assert_int_equal(cvi_result_id(result, 0), 4);
    cvi_result_release(result);
    refuse_text(&cvi_sample_resource, false,
                "{\"status_code\":1,\"results\":{\"id\":4},\"results\":null}", CV_ERROR_RESPONSE);
    refuse_text(&cvi_sample_resource, true,
                "{\"status_code\":1,\"results\":[{\"id\":4}],\"results\":{}}", CV_ERROR_RESPONSE);
}

/* `results` is a key of the envelope only. */
static void test_results_within_records(void **state) {
    (void)state;
    cvi_result *result =
        decode_text(&cvi_sample_resource, false,
                    DETAIL("{\"results\":[{\"id\":1}],\"ref\":{\"results\":{\"id\":2}},\"id\":3,"
                           "\"status_code\":100}"));
    assert_int_equal(cvi_result_count(result), 1);
    assert_int_equal(cvi_result_id(result, 0), 3);
    cvi_result_release(result);
}

/* A text around a value that is nested `depth` times below the record. */
static void decode_nested(int depth, bool is_fine) {
    cvi_buffer text;
    cvi_buffer_init(&text, &cvi_default_allocator, 1000);
    cvi_buffer_add_text(&text, "{\"status_code\":1,\"results\":{\"unknown\":");
    for (int i = 0; i < depth; i++) {
        cvi_buffer_add_char(&text, '[');
    }
    for (int i = 0; i < depth; i++) {
        cvi_buffer_add_char(&text, ']');
    }
    cvi_buffer_add_text(&text, "}}");
    if (is_fine) {
        cvi_result_release(decode_text(&cvi_sample_resource, false, text.data));
    } else {
        const char *message =
            refuse_text(&cvi_sample_resource, false, text.data, CV_ERROR_RESPONSE);
        assert_non_null(strstr(message, "nested too deep"));
    }
    cvi_buffer_free(&text);
}

static void test_depth_is_bounded(void **state) {
    (void)state;
    decode_nested(30, true);
    decode_nested(31, false);
    decode_nested(300, false);
}

static const char whole[] = "{\"error\":\"OK\",\"status_code\":1,\"results\":[{\"id\":12,\"name\":"
                            "\"\\ud83d\\ude00\\u0000\xC3\xA9\",\"ref\":{\"id\":1.5e1,\"name\":null}"
                            ",\"parts\":[{\"counted\":[{\"count\":\"3\"},[]]}]},[]],\"limit\":1}";

/* Every beginning of a body is refused, and the body is freed in any case. */
static void test_truncation_at_every_byte(void **state) {
    (void)state;
    const cvi_decode_options options = {.resource = &cvi_sample_resource, .is_list = true};
    size_t whole_size = sizeof(whole) - 1;
    for (size_t size = 0; size <= whole_size; size++) {
        failing_allocator memory;
        failing_allocator_init(&memory, 0, false);
        cv_error error = {0};
        cvi_result *result = decode_bytes(&options, &memory.allocator, whole, size, &error);
        assert_int_equal(result != NULL, size == whole_size);
        if (result == NULL) {
            assert_int_equal(error.code, CV_ERROR_RESPONSE);
        }
        cvi_result_release(result);
        assert_int_equal(memory.live, 0);
    }
}

/* Every byte in turn becomes another one: an error or a result, never harm. */
static void test_every_byte_changed(void **state) {
    (void)state;
    const cvi_decode_options options = {.resource = &cvi_sample_resource, .is_list = true};
    const char replacements[] = {'\0', '"', '\\', '{', '}', '[', ']', ',', '9', '\xFF'};
    for (size_t i = 0; i < sizeof(whole) - 1; i++) {
        for (size_t k = 0; k < sizeof(replacements); k++) {
            char text[sizeof(whole)];
            memcpy(text, whole, sizeof(whole));
            text[i] = replacements[k];
            cv_error error = {0};
            cvi_result *result =
                decode_bytes(&options, &cvi_default_allocator, text, sizeof(whole) - 1, &error);
            assert_int_equal(error.code, result == NULL ? CV_ERROR_RESPONSE : CV_OK);
            cvi_result_release(result);
        }
    }
}

/* The JSON of each record of a list, one after the other. */
static void write_all(cvi_result *result, cvi_buffer *out) {
    const cv_page *page = cvi_result_page(result, &from_network);
    assert_non_null(page);
    for (size_t i = 0; i < page->count; i++) {
        size_t length;
        const char *raw = cv_record_raw(page->items[i], &length);
        cvi_buffer_add(out, raw, length);
        char *json = cv_record_json(page->items[i]);
        cvi_buffer_add_text(out, json);
        cv_free(json);
    }
    cv_page_free(page);
}

static void test_pieces_give_the_same_records(void **state) {
    (void)state;
    char expected[1024];
    char written[1024];
    const cvi_decode_options options = {.resource = &cvi_sample_resource, .is_list = true};
    for (size_t part = 0; part < sizeof(whole); part++) {
        cvi_result *result =
            decode_in_parts(&options, &cvi_default_allocator, whole, sizeof(whole) - 1, part, NULL);
        assert_non_null(result);
        cvi_buffer out;
        cvi_buffer_over(&out, part == 0 ? expected : written, sizeof(expected));
        write_all(result, &out);
        assert_false(out.failed);
        assert_true(out.length > 100);
        if (part > 0) {
            assert_string_equal(written, expected);
        }
        cvi_result_release(result);
    }
}

static void note_unknown(void *user, const char *shape, const char *member) {
    cvi_buffer_add_format(user, "%s.%s ", shape, member);
}

static void test_unknown_members_are_reported(void **state) {
    (void)state;
    char array[200];
    cvi_buffer seen;
    cvi_buffer_over(&seen, array, sizeof(array));
    const cvi_decode_options options = {
        .resource = &cvi_sample_resource, .on_unknown = note_unknown, .user = &seen};
    const char *text = DETAIL("{\"id\":1,\"new\":{\"deep\":1},\"ref\":{\"newer\":[{\"deep\":2}]},"
                              "\"counted\":[{\"ne\\u0077est\":1}],\"number\":{\"no\":1}}");
    cvi_result *result = decode_bytes(&options, &cvi_default_allocator, text, strlen(text), NULL);
    assert_non_null(result);
    assert_string_equal(array, "sample.new ref.newer counted.newest ");
    cvi_result_release(result);
}

/* Ten thousand items, and a text of a megabyte. */
static void test_large_records(void **state) {
    (void)state;
    enum { ITEMS = 10000, TEXT_SIZE = 1 << 20 };
    cvi_buffer text;
    cvi_buffer_init(&text, &cvi_default_allocator, (size_t)4 << 20);
    cvi_buffer_add_text(&text, "{\"status_code\":1,\"results\":{\"counted\":[");
    for (int i = 0; i < ITEMS; i++) {
        cvi_buffer_add_format(&text, "%s{\"name\":\"n%d\",\"count\":\"%d\"}", i > 0 ? "," : "", i,
                              i);
    }
    cvi_buffer_add_text(&text, "],\"name\":\"");
    for (int i = 0; i < TEXT_SIZE / 8; i++) {
        cvi_buffer_add_text(&text, "abcdefgh");
    }
    cvi_buffer_add_text(&text, "\"}}");
    cvi_result *result = decode_text(&cvi_sample_resource, false, text.data);
    const cv_sample *sample = (const cv_sample *)cvi_result_record(result, &from_network);
    assert_non_null(sample);
    assert_int_equal(sample->counted.count, ITEMS);
    for (int i = 0; i < ITEMS; i++) {
        assert_int_equal(sample->counted.items[i].count, i);
    }
    assert_string_equal(sample->counted.items[ITEMS - 1].name, "n9999");
    assert_int_equal(strlen(sample->name), TEXT_SIZE);
    cv_record_free(&sample->record);
    cvi_result_release(result);
    cvi_buffer_free(&text);
}

/* One allocation after the other fails, until none does: no result, the right code, no leak.
 * Answers how many there were. */
static size_t fail_each_allocation(const char *text, size_t size, size_t part) {
    bool is_decoded = false;
    size_t failures = 0;
    for (size_t call = 2; !is_decoded; call++) { /* call 1 copies the body */
        failing_allocator memory;
        failing_allocator_init(&memory, call, false);
        cv_error error = {0};
        const cvi_decode_options options = {.resource = &cvi_sample_resource, .is_list = true};
        cvi_result *result = decode_in_parts(&options, &memory.allocator, text, size, part, &error);
        is_decoded = result != NULL;
        assert_int_equal(is_decoded, !memory.has_failed);
        assert_int_equal(error.code, is_decoded ? CV_OK : CV_ERROR_NOMEM);
        failures += memory.has_failed;
        cvi_result_release(result);
        assert_int_equal(memory.live, 0);
    }
    return failures;
}

static void test_each_allocation_may_fail(void **state) {
    (void)state;
    assert_true(fail_each_allocation(whole, sizeof(whole) - 1, 0) >= 5);
    assert_true(fail_each_allocation(whole, sizeof(whole) - 1, 5) >= 6);
}

/* What members cannot hold needs memory of its own, over and over. */
static void test_each_allocation_for_oddities_may_fail(void **state) {
    (void)state;
    cvi_buffer text;
    cvi_buffer_init(&text, &cvi_default_allocator, 1 << 20);
    cvi_buffer_add_text(&text, "{\"status_code\":1,\"results\":[{\"number\":[");
    cvi_buffer_add_text(&text, "],\"appearances\":\"x\",\"parts\":[");
    for (int i = 0; i < 40; i++) {
        cvi_buffer_add_text(&text, "1,{},[\"x\"],{\"name\":7,\"ref\":{},\"counted\":[null,{}]},");
    }
    cvi_buffer_add_text(&text, "{}]}]}");
    assert_true(fail_each_allocation(text.data, text.length, 0) >= 20);
    assert_true(fail_each_allocation(text.data, text.length, 64) >= 21);
    cvi_buffer_free(&text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_detail),
        cmocka_unit_test(test_list),
        cmocka_unit_test(test_empty_list),
        cmocka_unit_test(test_items_that_are_no_objects),
        cmocka_unit_test(test_items_are_those_of_the_results),
        cmocka_unit_test(test_numbers_that_the_envelope_does_not_say),
        cmocka_unit_test(test_keys_of_the_envelope_in_any_order),
        cmocka_unit_test(test_errors_of_the_service),
        cmocka_unit_test(test_texts_that_are_no_envelope),
        cmocka_unit_test(test_body_without_memory_behind_it),
        cmocka_unit_test(test_results_of_another_shape),
        cmocka_unit_test(test_messages_name_what_was_asked_for),
        cmocka_unit_test(test_duplicate_results),
        cmocka_unit_test(test_results_within_records),
        cmocka_unit_test(test_depth_is_bounded),
        cmocka_unit_test(test_truncation_at_every_byte),
        cmocka_unit_test(test_every_byte_changed),
        cmocka_unit_test(test_pieces_give_the_same_records),
        cmocka_unit_test(test_unknown_members_are_reported),
        cmocka_unit_test(test_large_records),
        cmocka_unit_test(test_each_allocation_may_fail),
        cmocka_unit_test(test_each_allocation_for_oddities_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
