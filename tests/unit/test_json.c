/* The stream of events: what is accepted, the bounds, the positions, and running out of memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "resources/json.h"
#include "support/allocator.h"
#include "support/buffer.h"
#include "support/failing_allocator.h"

/* Writes each event down; `stop_after` counts the events that are taken. */
typedef struct recorder {
    cvi_json_reader reader;
    cvi_buffer log;
    int stop_after;
    bool with_positions;
} recorder;

static int note(recorder *self, const char *what, const char *text, size_t length) {
    cvi_buffer_add_text(&self->log, what);
    cvi_buffer_add(&self->log, text, length);
    if (self->with_positions) {
        cvi_buffer_add_char(&self->log, '@');
        cvi_buffer_add_int(&self->log, (int64_t)cvi_json_position(&self->reader));
    }
    cvi_buffer_add_char(&self->log, ' ');
    self->stop_after--;
    return self->stop_after != 0;
}

static int on_null(void *context) {
    return note(context, "null", "", 0);
}

static int on_bool(void *context, int value) {
    return note(context, value != 0 ? "true" : "false", "", 0);
}

static int on_number(void *context, const char *spelling, size_t length) {
    return note(context, "#", spelling, length);
}

static int on_string(void *context, const unsigned char *text, size_t length) {
    return note(context, "'", (const char *)text, length);
}

static int on_key(void *context, const unsigned char *text, size_t length) {
    return note(context, ".", (const char *)text, length);
}

static int on_object_begin(void *context) {
    return note(context, "{", "", 0);
}

static int on_object_end(void *context) {
    return note(context, "}", "", 0);
}

static int on_array_begin(void *context) {
    return note(context, "[", "", 0);
}

static int on_array_end(void *context) {
    return note(context, "]", "", 0);
}

static const cvi_json_events events = {
    .on_null = on_null,
    .on_bool = on_bool,
    .on_number = on_number,
    .on_string = on_string,
    .on_key = on_key,
    .on_object_begin = on_object_begin,
    .on_object_end = on_object_end,
    .on_array_begin = on_array_begin,
    .on_array_end = on_array_end,
};

static void begin(recorder *self) {
    *self = (recorder){.stop_after = -1};
    cvi_buffer_init(&self->log, &cvi_default_allocator, (size_t)8 << 20);
}

static cvi_json_status read_with(recorder *self, const cv_allocator *allocator, const char *text,
                                 size_t size, size_t part) {
    cvi_arena scratch;
    cvi_arena_init(&scratch, allocator, 0);
    cvi_json_status status = cvi_json_begin(&self->reader, &events, &scratch, text, size);
    while (status == CVI_JSON_MORE) {
        status = cvi_json_step(&self->reader, part > 0 ? part : size);
    }
    cvi_arena_clear(&scratch);
    return status;
}

static void read_must_log(const char *text, const char *expected) {
    const size_t parts[] = {0, 1, 2, 7};
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        recorder self;
        begin(&self);
        assert_int_equal(read_with(&self, &cvi_default_allocator, text, strlen(text), parts[i]),
                         CVI_JSON_DONE);
        assert_string_equal(self.log.data, expected);
        cvi_buffer_free(&self.log);
    }
}

static void read_must_answer(const char *text, size_t size, cvi_json_status expected) {
    recorder self;
    begin(&self);
    cvi_json_status status = read_with(&self, &cvi_default_allocator, text, size, 0);
    cvi_buffer_free(&self.log);
    if (status != expected) {
        fail_msg("status %d, not %d: %.60s", status, expected, text);
    }
}

static void test_events_come_in_order(void **state) {
    (void)state;
    read_must_log("{\"a\":[1,-2.5e3,true,false,null,\"x\"],\"b\":{}}",
                  "{ .a [ #1 #-2.5e3 true false null 'x ] .b { } } ");
    read_must_log("{\"\\u0061\\/\\n\":\"\\ud83d\\ude00\"}", "{ .a/\n '\xF0\x9F\x98\x80 } ");
    read_must_log(" [ ] \n", "[ ] ");
}

static void test_numbers_keep_their_spelling(void **state) {
    (void)state;
    read_must_log("[123456789012345678901234567890,1e400,-0,1.50]",
                  "[ #123456789012345678901234567890 #1e400 #-0 #1.50 ] ");
}

static void test_byte_order_mark_is_skipped(void **state) {
    (void)state;
    read_must_log("\xEF\xBB\xBF{}", "{ } ");
    read_must_answer("\xEF\xBB\xBF", 3, CVI_JSON_BROKEN);
    read_must_answer("\xEF\xBB\xBF\xEF\xBB\xBF{}", 8, CVI_JSON_BROKEN);
    read_must_answer("\xEF\xBB{}", 4, CVI_JSON_BROKEN);
}

static void test_what_is_not_json(void **state) {
    (void)state;
    const char *const texts[] = {
        "",          "   ",         "{",          "[1",        "{\"a\":1",   "{} x",
        "{}{}",      "[1,]",        "{\"a\":1,}", "/*c*/ {}",  "{} // c",    "<html></html>",
        "[01]",      "[NaN]",       "['a']",      "{a:1}",     "[\"\x01\"]", "[\"a\nb\"]",
        "[\"\\x\"]", "[\"\\u12\"]", "[tru]",      "{\"a\" 1}", "]",          "[1 2]",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        read_must_answer(texts[i], strlen(texts[i]), CVI_JSON_BROKEN);
    }
    read_must_answer("[\"a\0b\"]", 7, CVI_JSON_BROKEN);
}

static void test_invalid_utf8_reaches_the_events(void **state) {
    (void)state;
    read_must_log("[\"a\xFFz\"]", "[ 'a\xFFz ] ");
}

/* Text nested `depth` times: [[[...]]] or {"a":{"a":...}}. */
static size_t nest(char *out, size_t size, int depth, const char *open, const char *close) {
    cvi_buffer text;
    cvi_buffer_over(&text, out, size);
    for (int i = 0; i < depth; i++) {
        cvi_buffer_add_text(&text, i + 1 < depth ? open : "[");
    }
    for (int i = 0; i < depth; i++) {
        cvi_buffer_add_text(&text, i == 0 ? "]" : close);
    }
    assert_false(text.failed);
    return text.length;
}

static void test_depth_is_bounded(void **state) {
    (void)state;
    char text[1024];
    size_t size = nest(text, sizeof(text), CVI_JSON_DEPTH_MAX, "[", "]");
    read_must_answer(text, size, CVI_JSON_DONE);
    size = nest(text, sizeof(text), CVI_JSON_DEPTH_MAX + 1, "[", "]");
    read_must_answer(text, size, CVI_JSON_TOO_DEEP);
    size = nest(text, sizeof(text), CVI_JSON_DEPTH_MAX, "{\"a\":", "}");
    read_must_answer(text, size, CVI_JSON_DONE);
    size = nest(text, sizeof(text), CVI_JSON_DEPTH_MAX + 1, "{\"a\":", "}");
    read_must_answer(text, size, CVI_JSON_TOO_DEEP);
}

/* An array with `count` empty arrays in it. */
static void read_many(size_t count, cvi_json_status expected) {
    cvi_buffer text;
    cvi_buffer_init(&text, &cvi_default_allocator, count * 3 + 2);
    cvi_buffer_add_char(&text, '[');
    for (size_t i = 0; i < count; i++) {
        cvi_buffer_add_text(&text, i > 0 ? ",[]" : "[]");
    }
    cvi_buffer_add_char(&text, ']');
    assert_false(text.failed);
    read_must_answer(text.data, text.length, expected);
    cvi_buffer_free(&text);
}

static void test_number_of_containers_is_bounded(void **state) {
    (void)state;
    read_many(CVI_JSON_CONTAINERS_MAX - 1, CVI_JSON_DONE);
    read_many(CVI_JSON_CONTAINERS_MAX, CVI_JSON_TOO_MANY);
}

static void test_events_stop_the_parser(void **state) {
    (void)state;
    const char *text = "{\"a\":[1,true,null,\"x\"]}";
    for (int events_taken = 1; events_taken <= 9; events_taken++) {
        recorder self;
        begin(&self);
        self.stop_after = events_taken;
        assert_int_equal(read_with(&self, &cvi_default_allocator, text, strlen(text), 0),
                         CVI_JSON_STOPPED);
        assert_int_equal(self.stop_after, 0);
        cvi_buffer_free(&self.log);
    }
}

static void test_positions_are_behind_the_token(void **state) {
    (void)state;
    const char *text = " {\"a\": [ {} ] , \"b\":{\"c\":1}}";
    const char *expected = "{@2 .a@5 [@8 {@10 }@11 ]@13 .b@19 {@21 .c@24 #1@26 }@27 }@28 ";
    const size_t parts[] = {0, 1, 7};
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        recorder self;
        begin(&self);
        self.with_positions = true;
        assert_int_equal(read_with(&self, &cvi_default_allocator, text, strlen(text), parts[i]),
                         CVI_JSON_DONE);
        assert_string_equal(self.log.data, expected);
        cvi_buffer_free(&self.log);
    }
}

static void test_positions_count_the_byte_order_mark(void **state) {
    (void)state;
    recorder self;
    begin(&self);
    self.with_positions = true;
    read_with(&self, &cvi_default_allocator, "\xEF\xBB\xBF{}", 5, 0);
    assert_string_equal(self.log.data, "{@4 }@5 ");
    cvi_buffer_free(&self.log);
}

/* Each allocation of the parser fails once, in whole text and in pieces that make it buffer. */
static void test_each_allocation_may_fail(void **state) {
    (void)state;
    const char *text = "{\"key\":[\"text with \\u00e9scape\",{\"a\":[[[[1]]]]}]}";
    const size_t parts[] = {0, 3};
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        cvi_json_status status = CVI_JSON_NO_MEMORY;
        size_t failures = 0;
        for (size_t call = 1; status != CVI_JSON_DONE; call++) {
            failing_allocator memory;
            failing_allocator_init(&memory, call, false);
            recorder self;
            begin(&self);
            status = read_with(&self, &memory.allocator, text, strlen(text), parts[i]);
            cvi_buffer_free(&self.log);
            assert_int_equal(memory.live, 0);
            assert_int_equal(status, memory.has_failed ? CVI_JSON_NO_MEMORY : CVI_JSON_DONE);
            failures += memory.has_failed;
        }
        assert_true(failures > 0);
    }
}

static void test_huge_text_in_one_string(void **state) {
    (void)state;
    enum { SIZE = 1 << 20 };
    cvi_buffer text;
    cvi_buffer_init(&text, &cvi_default_allocator, SIZE + 16);
    cvi_buffer_add_text(&text, "[\"");
    for (size_t i = 0; i < SIZE / 8; i++) {
        cvi_buffer_add_text(&text, i == 0 ? "\\u00e9ab" : "abcdefgh");
    }
    cvi_buffer_add_text(&text, "\"]");
    recorder self;
    begin(&self);
    assert_int_equal(read_with(&self, &cvi_default_allocator, text.data, text.length, 0),
                     CVI_JSON_DONE);
    assert_int_equal(self.log.length, strlen("[ '") + SIZE - 4 + strlen(" ] "));
    cvi_buffer_free(&self.log);
    cvi_buffer_free(&text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_events_come_in_order),
        cmocka_unit_test(test_numbers_keep_their_spelling),
        cmocka_unit_test(test_byte_order_mark_is_skipped),
        cmocka_unit_test(test_what_is_not_json),
        cmocka_unit_test(test_invalid_utf8_reaches_the_events),
        cmocka_unit_test(test_depth_is_bounded),
        cmocka_unit_test(test_number_of_containers_is_bounded),
        cmocka_unit_test(test_events_stop_the_parser),
        cmocka_unit_test(test_positions_are_behind_the_token),
        cmocka_unit_test(test_positions_count_the_byte_order_mark),
        cmocka_unit_test(test_each_allocation_may_fail),
        cmocka_unit_test(test_huge_text_in_one_string),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
