/* Results and the handles over them: who owns what, what each handle says of its own call, the raw
 * text, and running out of memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "resources/registry.h"
#include "resources/result.h"
#include "support/failing_allocator.h"
#include "support/sample.h"

#define FIRST  "{\"id\":1,\"name\":\"one\",\"new\":[1,{}] }"
#define SECOND "{ \"id\" : 2,\"ref\":{\"name\":\"r\"},\"counted\":[{\"name\":\"c\"}]}"

static const char list_text[] = "\xEF\xBB\xBF{\"status_code\":1,\"limit\":50,\"offset\":10,\"number"
                                "_of_total_results\":99,\"results\":[ " FIRST " ,[], " SECOND " ]}";
static const char detail_text[] =
    "{\"status_code\":1,\"results\": " FIRST ",\"after\":\"\\ud83d\"}";

static const cvi_provenance from_cache = {
    .source = CV_SOURCE_CACHE, .fetched_at_ms = 1000, .expires_at_ms = 2000};
static const cvi_provenance from_network = {
    .source = CV_SOURCE_NETWORK, .fetched_at_ms = 3000, .expires_at_ms = 4000};

static cvi_result *decode_with(failing_allocator *memory, bool is_list, const char *text,
                               size_t size) {
    const cvi_decode_options options = {.resource = &cvi_sample_resource, .is_list = is_list};
    cv_error error = {0};
    cvi_result *result = decode_bytes(&options, &memory->allocator, text, size, &error);
    if (result == NULL) {
        fail_msg("%s", error.message);
    }
    return result;
}

static cvi_result *decode_list(failing_allocator *memory) {
    failing_allocator_init(memory, 0, false);
    return decode_with(memory, true, list_text, sizeof(list_text) - 1);
}

static cvi_result *decode_detail(failing_allocator *memory) {
    failing_allocator_init(memory, 0, false);
    return decode_with(memory, false, detail_text, sizeof(detail_text) - 1);
}

static void raw_must_be(const cv_record *record, const char *expected) {
    size_t length = 0;
    const char *raw = cv_record_raw(record, &length);
    assert_int_equal(length, strlen(expected));
    assert_memory_equal(raw, expected, length);
}

static void test_handles_tell_of_their_own_call(void **state) {
    (void)state;
    failing_allocator memory;
    cvi_result *result = decode_detail(&memory);
    const cv_record *first = cvi_result_record(result, &from_cache);
    const cv_record *second = cvi_result_record(result, &from_network);
    assert_ptr_not_equal(first, second);
    assert_int_equal(first->resource, CV_CHAT);
    assert_int_equal(first->source, CV_SOURCE_CACHE);
    assert_int_equal(first->fetched_at_ms, 1000);
    assert_int_equal(first->expires_at_ms, 2000);
    assert_int_equal(second->source, CV_SOURCE_NETWORK);
    assert_int_equal(second->fetched_at_ms, 3000);
    assert_int_equal(second->expires_at_ms, 4000);
    const cv_sample *one = (const cv_sample *)first;
    const cv_sample *two = (const cv_sample *)second;
    assert_string_equal(one->name, "one");
    assert_ptr_equal(one->name, two->name);
    cv_record_free(first);
    cv_record_free(second);
    cvi_result_release(result);
    assert_int_equal(memory.live, 0);
}

static void test_a_handle_outlives_the_result(void **state) {
    (void)state;
    failing_allocator memory;
    cvi_result *result = decode_detail(&memory);
    const cv_record *record = cvi_result_record(result, &from_cache);
    cvi_result_release(result);
    assert_string_equal(((const cv_sample *)record)->name, "one");
    raw_must_be(record, FIRST);
    const cv_record *kept = cv_record_keep(record);
    cv_record_free(record);
    raw_must_be(kept, FIRST);
    assert_int_equal(kept->fetched_at_ms, 1000);
    cv_record_free(kept);
    assert_int_equal(memory.live, 0);
}

static void test_owners_are_counted(void **state) {
    (void)state;
    failing_allocator memory;
    cvi_result *result = decode_detail(&memory);
    size_t live = memory.live;
    assert_ptr_equal(cvi_result_keep(result), result);
    cvi_result_release(result);
    assert_int_equal(memory.live, live);
    cvi_result_release(result);
    assert_int_equal(memory.live, 0);
    cvi_result_release(NULL);
}

static void test_page(void **state) {
    (void)state;
    failing_allocator memory;
    cvi_result *result = decode_list(&memory);
    const cv_page *page = cvi_result_page(result, &from_network);
    assert_int_equal(page->count, 2);
    assert_int_equal(page->limit, 50);
    assert_int_equal(page->offset, 10);
    assert_int_equal(page->total, 99);
    assert_int_equal(page->source, CV_SOURCE_NETWORK);
    assert_int_equal(page->fetched_at_ms, 3000);
    assert_int_equal(page->expires_at_ms, 4000);
    for (size_t i = 0; i < page->count; i++) {
        assert_int_equal(page->items[i]->resource, CV_CHAT);
        assert_int_equal(page->items[i]->source, CV_SOURCE_NETWORK);
        assert_int_equal(page->items[i]->fetched_at_ms, 3000);
        assert_int_equal(page->items[i]->expires_at_ms, 4000);
    }
    const cv_sample_page *typed = (const cv_sample_page *)page;
    assert_int_equal(typed->items[0]->id, 1);
    assert_int_equal(typed->items[1]->id, 2);
    assert_string_equal(typed->items[1]->ref->name, "r");
    assert_string_equal(typed->items[1]->counted.items[0].name, "c");
    raw_must_be(page->items[0], FIRST);
    raw_must_be(page->items[1], SECOND);
    cv_page_free(page);
    cvi_result_release(result);
    assert_int_equal(memory.live, 0);
}

static void test_an_item_outlives_its_page(void **state) {
    (void)state;
    failing_allocator memory;
    cvi_result *result = decode_list(&memory);
    const cv_page *page = cvi_result_page(result, &from_network);
    const cv_page *other = cvi_result_page(result, &from_cache);
    cvi_result_release(result);
    const cv_record *kept = cv_record_keep(page->items[1]);
    cv_page_free(page);
    assert_int_equal(kept->source, CV_SOURCE_NETWORK);
    assert_int_equal(other->items[1]->source, CV_SOURCE_CACHE);
    cv_page_free(other);
    raw_must_be(kept, SECOND);
    assert_string_equal(((const cv_sample *)kept)->ref->name, "r");
    char *json = cv_record_json(kept);
    assert_non_null(json);
    cv_record_free(kept);
    assert_int_equal(memory.live, 1);
    assert_non_null(strstr(json, "\"name\":\"r\""));
    cv_free(json);
    assert_int_equal(memory.live, 0);
}

static void test_page_whose_numbers_cannot_be(void **state) {
    (void)state;
    failing_allocator memory;
    failing_allocator_init(&memory, 0, false);
    static const char text[] =
        "{\"status_code\":1,\"offset\":-20,\"number_of_total_results\":\"-5\",\"results\":[]}";
    cvi_result *result = decode_with(&memory, true, text, strlen(text));
    const cv_page *page = cvi_result_page(result, &from_cache);
    assert_non_null(page);
    assert_int_equal(page->offset, -1);
    assert_int_equal(page->total, -1);
    cvi_result_release(result);
    cv_page_free(page);
    assert_int_equal(memory.live, 0);
}

static void test_page_without_items(void **state) {
    (void)state;
    failing_allocator memory;
    failing_allocator_init(&memory, 0, false);
    const char *text = ENVELOPE("0", "[]");
    cvi_result *result = decode_with(&memory, true, text, strlen(text));
    const cv_page *page = cvi_result_page(result, &from_cache);
    assert_non_null(page);
    assert_int_equal(page->count, 0);
    assert_int_equal(page->total, 0);
    cvi_result_release(result);
    cv_page_free(page);
    assert_int_equal(memory.live, 0);
}

static void test_handles_of_the_other_kind(void **state) {
    (void)state;
    failing_allocator memory;
    cvi_result *detail = decode_detail(&memory);
    assert_null(cvi_result_page(detail, &from_cache));
    cvi_result_release(detail);
    cvi_result *list = decode_list(&memory);
    assert_null(cvi_result_record(list, &from_cache));
    cvi_result_release(list);
    const char *text = ENVELOPE("1", "[{\"id\":1}]");
    list = decode_with(&memory, true, text, strlen(text));
    assert_null(cvi_result_record(list, &from_cache));
    cvi_result_release(list);
    assert_int_equal(memory.live, 0);
}

static void test_body_is_what_was_received(void **state) {
    (void)state;
    failing_allocator memory;
    cvi_result *result = decode_list(&memory);
    size_t size = 0;
    const char *body = cvi_result_body(result, &size);
    assert_int_equal(size, sizeof(list_text) - 1);
    assert_memory_equal(body, list_text, size);
    cvi_result_release(result);
}

/* A record of `size` bytes that is nearly all one text, as records with long descriptions are. */
static size_t bytes_held(size_t size) {
    static const char head[] = "{\"status_code\":1,\"results\":{\"name\":\"";
    static const char tail[] = "\",\"ref\":{\"name\":\"n\"}}}";
    char *text = malloc(size);
    assert_non_null(text);
    memset(text, 'a', size);
    memcpy(text, head, sizeof(head) - 1);
    memcpy(text + size - (sizeof(tail) - 1), tail, sizeof(tail) - 1);
    failing_allocator memory;
    failing_allocator_init(&memory, 0, false);
    cvi_result *result = decode_with(&memory, false, text, size);
    size_t held = memory.bytes;
    cvi_result_release(result);
    free(text);
    return held;
}

static void test_memory_is_about_twice_the_text(void **state) {
    (void)state;
    assert_in_range(bytes_held(5000), 5000, 2 * 5000 + 5000);
    assert_in_range(bytes_held(1000000), 1000000, 2 * 1000000 + 1000000 / 8);
}

static void test_presence(void **state) {
    (void)state;
    failing_allocator memory;
    failing_allocator_init(&memory, 0, false);
    const char *text = DETAIL("{\"appearancess\":null,\"counted\":[],\"name\":{},\"ref\":false}");
    cvi_result *result = decode_with(&memory, false, text, strlen(text));
    const cv_record *record = cvi_result_record(result, &from_cache);
    assert_true(cv_record_has(record, "appearances"));
    assert_true(cv_record_has(record, "appearancess"));
    assert_true(cv_record_has(record, "counted"));
    assert_true(cv_record_has(record, "name"));
    assert_true(cv_record_has(record, "ref"));
    assert_false(cv_record_has(record, "id"));
    assert_false(cv_record_has(record, "text_number"));
    assert_false(cv_record_has(record, "nam"));
    assert_false(cv_record_has(record, "names"));
    assert_false(cv_record_has(record, ""));
    assert_false(cv_record_has(record, NULL));
    assert_false(cv_record_has(NULL, "name"));
    cv_record_free(record);
    cvi_result_release(result);
}

static void test_null_is_fine(void **state) {
    (void)state;
    size_t length = 5;
    assert_null(cv_record_raw(NULL, &length));
    assert_int_equal(length, 0);
    assert_null(cv_record_keep(NULL));
    assert_null(cv_record_json(NULL));
    cv_record_free(NULL);
    cv_page_free(NULL);
    cv_free(NULL);
}

static void test_handles_without_memory(void **state) {
    (void)state;
    failing_allocator memory;
    cvi_result *detail = decode_detail(&memory);
    const cv_record *record = cvi_result_record(detail, &from_cache);
    size_t live = memory.live;
    memory.failing_call = memory.calls + 1;
    memory.keeps_failing = true;
    assert_null(cvi_result_record(detail, &from_cache));
    assert_null(cv_record_keep(record));
    assert_null(cv_record_json(record));
    assert_int_equal(memory.live, live);
    cv_record_free(record);
    cvi_result_release(detail);
    assert_int_equal(memory.live, 0);

    cvi_result *list = decode_list(&memory);
    memory.failing_call = memory.calls + 1;
    assert_null(cvi_result_page(list, &from_cache));
    cvi_result_release(list);
    assert_int_equal(memory.live, 0);
}

/* Each allocation of the writer fails once. */
static void test_json_without_memory(void **state) {
    (void)state;
    failing_allocator memory;
    cvi_result *list = decode_list(&memory);
    const cv_page *page = cvi_result_page(list, &from_cache);
    bool is_written = false;
    size_t failures = 0;
    for (size_t call = 1; !is_written; call++) {
        size_t live = memory.live;
        memory.failing_call = memory.calls + call;
        memory.has_failed = false;
        char *json = cv_record_json(page->items[1]);
        is_written = json != NULL;
        assert_int_equal(is_written, !memory.has_failed);
        failures += memory.has_failed;
        cv_free(json);
        assert_int_equal(memory.live, live);
    }
    assert_true(failures >= 2);
    cv_page_free(page);
    cvi_result_release(list);
    assert_int_equal(memory.live, 0);
}

static void test_what_a_detail_is_about(void **state) {
    (void)state;
    static const struct {
        const cvi_resource *resource;
        const char *text;
        bool is_about;
    } cases[] = {
        {&cvi_issue_resource, DETAIL("{\"id\":52}"), true},
        {&cvi_issue_resource, DETAIL("{\"id\":53}"), false},
        {&cvi_issue_resource, DETAIL("{\"name\":\"n\"}"), false},
        {&cvi_chat_resource, DETAIL("{\"id\":52}"), true},
        {&cvi_chat_resource, DETAIL("{\"id\":53}"), false},
        {&cvi_chat_resource, DETAIL("{\"id\":null}"), false},
        {&cvi_chat_resource, DETAIL("{\"title\":\"t\"}"), true},
        {&cvi_chat_resource, "{\"status_code\":101,\"results\":[]}", false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        cvi_result *result = decode_text(cases[i].resource, false, cases[i].text);
        assert_int_equal(cvi_result_is_about(result, 52), cases[i].is_about);
        cvi_result_release(result);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_handles_tell_of_their_own_call),
        cmocka_unit_test(test_a_handle_outlives_the_result),
        cmocka_unit_test(test_owners_are_counted),
        cmocka_unit_test(test_page),
        cmocka_unit_test(test_an_item_outlives_its_page),
        cmocka_unit_test(test_page_without_items),
        cmocka_unit_test(test_page_whose_numbers_cannot_be),
        cmocka_unit_test(test_handles_of_the_other_kind),
        cmocka_unit_test(test_body_is_what_was_received),
        cmocka_unit_test(test_memory_is_about_twice_the_text),
        cmocka_unit_test(test_presence),
        cmocka_unit_test(test_null_is_fine),
        cmocka_unit_test(test_handles_without_memory),
        cmocka_unit_test(test_json_without_memory),
        cmocka_unit_test(test_what_a_detail_is_about),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
