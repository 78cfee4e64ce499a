/* Tapes: their events are those of the parser, places and all; and whatever else stands on one,
 * nothing outside the text is looked at and events come in an order that a text could have. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "resources/inside.h"
#include "resources/json.h"
#include "resources/tape.h"
#include "support/allocator.h"
#include "support/buffer.h"
#include "support/failing_allocator.h"
#include "support/sample.h"

enum { LOG_BYTES_MAX = 1 << 24 };

/* Writes each event down, and fails where a text could not have it. */
typedef struct recorder {
    cvi_json_reader reader;
    cvi_buffer log;
    size_t size; /* of the text */
    size_t end;  /* of the last event */
    size_t depth;
    size_t events;
    char open[CVI_JSON_DEPTH_MAX + 1]; /* brackets */
    bool has_key;                      /* whose value comes next */
    bool is_over;
} recorder;

static int note(recorder *self, const char *what, const char *text, size_t length) {
    size_t end = cvi_json_position(&self->reader);
    assert_true(end > self->end && end <= self->size);
    self->end = end;
    self->events++;
    cvi_buffer_add_text(&self->log, what);
    cvi_buffer_add(&self->log, text, length);
    cvi_buffer_add_format(&self->log, "@%zu ", end);
    return 1;
}

static void take_place(recorder *self) {
    bool is_in_object = self->depth > 0 && self->open[self->depth - 1] == '{';
    assert_false(self->is_over);
    assert_int_equal(self->has_key, is_in_object);
    self->has_key = false;
    self->is_over = self->depth == 0;
}

static int note_value(recorder *self, const char *what, const char *text, size_t length) {
    take_place(self);
    if (self->depth > 0) {
        size_t begin = cvi_json_value_begin(&self->reader);
        assert_true(begin >= self->end && begin < cvi_json_position(&self->reader));
        cvi_buffer_add_format(&self->log, "%zu:", begin);
    }
    return note(self, what, text, length);
}

static int on_null(void *context) {
    return note_value(context, "null", "", 0);
}

static int on_bool(void *context, int value) {
    return note_value(context, value != 0 ? "true" : "false", "", 0);
}

static int on_number(void *context, const char *spelling, size_t length) {
    return note_value(context, "#", spelling, length);
}

static int on_string(void *context, const unsigned char *text, size_t length) {
    return note_value(context, "'", (const char *)text, length);
}

static int on_key(void *context, const unsigned char *text, size_t length) {
    recorder *self = context;
    assert_true(self->depth > 0 && self->open[self->depth - 1] == '{' && !self->has_key);
    self->has_key = true;
    return note(self, ".", (const char *)text, length);
}

static int begin(recorder *self, const char *bracket) {
    take_place(self);
    self->is_over = false;
    assert_true(self->depth < CVI_JSON_DEPTH_MAX);
    self->open[self->depth++] = bracket[0];
    return note(self, bracket, "", 0);
}

static int end(recorder *self, char open, const char *bracket) {
    assert_true(self->depth > 0 && self->open[self->depth - 1] == open && !self->has_key);
    self->depth--;
    self->is_over = self->depth == 0;
    return note(self, bracket, "", 0);
}

static int on_object_begin(void *context) {
    return begin(context, "{");
}

static int on_object_end(void *context) {
    return end(context, '{', "}");
}

static int on_array_begin(void *context) {
    return begin(context, "[");
}

static int on_array_end(void *context) {
    return end(context, '[', "]");
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

static void begin_recording(recorder *self, size_t size) {
    *self = (recorder){.size = size};
    cvi_buffer_init(&self->log, &cvi_default_allocator, LOG_BYTES_MAX);
}

/* ---- a text, its tape, and back ---- */

typedef struct taped {
    char *bytes;
    size_t size;
    cvi_buffer log; /* the parser's */
} taped;

/* Parses in parts of so many bytes. */
static taped write_tape(const char *text, size_t size, size_t part) {
    recorder self;
    cvi_arena scratch;
    cvi_tape_writing writing;
    taped made;
    begin_recording(&self, size);
    cvi_arena_init(&scratch, &cvi_default_allocator, 0);
    cvi_tape_write_begin(&writing, &events, &cvi_default_allocator, text, size);
    self.reader.notes = &writing;
    cvi_json_status status = cvi_json_begin(&self.reader, &cvi_tape_events, &scratch, text, size);
    while (status == CVI_JSON_MORE) {
        status = cvi_json_step(&self.reader, part);
    }
    assert_int_equal(status, CVI_JSON_DONE);
    made.bytes = cvi_tape_write_end(&writing, &made.size);
    made.log = self.log;
    cvi_arena_clear(&scratch);
    return made;
}

static void drop_tape(taped *made) {
    cvi_release(&cvi_default_allocator, made->bytes);
    cvi_buffer_free(&made->log);
}

/* Memory of just that size, so that a sanitizer sees who reads beyond it. */
static char *just(const char *bytes, size_t size) {
    char *copy = malloc(size > 0 ? size : 1);
    assert_non_null(copy);
    memcpy(copy, bytes, size);
    return copy;
}

static cvi_json_status read_with(recorder *self, const char *text, size_t size, const char *tape,
                                 size_t tape_size, size_t part) {
    cvi_arena scratch;
    cvi_tape_reading reading;
    char *own_text = just(text, size);
    char *own_tape = just(tape, tape_size);
    cvi_json_status status = CVI_JSON_MORE;
    begin_recording(self, size);
    cvi_arena_init(&scratch, &cvi_default_allocator, 0);
    cvi_tape_begin(&reading, &self->reader, &events, &scratch, own_text, size,
                   (cvi_tape){own_tape, tape_size});
    while (status == CVI_JSON_MORE) {
        status = cvi_tape_step(&reading, part);
    }
    cvi_arena_clear(&scratch);
    free(own_text);
    free(own_tape);
    return status;
}

static cvi_json_status status_of(const char *text, size_t size, const char *tape,
                                 size_t tape_size) {
    recorder self;
    cvi_json_status status = read_with(&self, text, size, tape, tape_size, SIZE_MAX);
    assert_true(status == CVI_JSON_DONE || status == CVI_JSON_BROKEN);
    assert_true(status == CVI_JSON_BROKEN || (self.is_over && self.depth == 0));
    cvi_buffer_free(&self.log);
    return status;
}

static void check_round(const char *text, size_t size) {
    static const size_t parts[] = {SIZE_MAX, 1, 7, 100};
    taped made = write_tape(text, size, SIZE_MAX);
    assert_non_null(made.bytes);
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        recorder self;
        taped again = write_tape(text, size, parts[i]);
        assert_int_equal(again.size, made.size);
        assert_memory_equal(again.bytes, made.bytes, made.size);
        assert_int_equal(read_with(&self, text, size, made.bytes, made.size, parts[i]),
                         CVI_JSON_DONE);
        assert_int_equal(self.log.length, made.log.length);
        assert_memory_equal(self.log.data, made.log.data, made.log.length);
        cvi_buffer_free(&self.log);
        drop_tape(&again);
    }
    drop_tape(&made);
}

#define SOME_TEXT                                                                                  \
    "{\"a\":1,\"key\":\"\",\"b\":[true,false,null,{},[]],\"long\":\"0123456789abcdef\",\"c\":"     \
    "-0.5e+3,\"escaped \\\"key\\\"\":\"\\u00e9\\n\\\\\\/\",\"d\":{\"e\":{\"f\":\"g\"}}}"

static void test_a_tape_gives_what_the_parser_found(void **state) {
    (void)state;
    static const char *const texts[] = {
        SOME_TEXT,
        "\xEF\xBB\xBF{\"a\":\"after a mark\",\"b\":[12345678,12345678]}",
        "  {  \"a\"  :  \"blanks\"  ,                                        \"b\"  :  1  }  ",
        "[ \"a single text among many blanks\" \r\n\t]\n\n",
        "\"text alone, long enough to be worth its tape\"",
        "123456789012345678901234567890",
        "{\"\\u0041\\ud83d\\ude00\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t \xC3\xA9 \xFF\"}",
        "{\"ends in a backslash\\\\\":\"and a quote\\\"\"}",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        check_round(texts[i], strlen(texts[i]));
    }
}

/* Lengths and gaps around each bound of their numbers. */
static void test_lengths(void **state) {
    (void)state;
    static const size_t lengths[] = {1, 14, 15, 16, 127, 128, 129, 16383, 16384, 2097152};
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        cvi_buffer text;
        cvi_buffer_init(&text, &cvi_default_allocator, LOG_BYTES_MAX);
        cvi_buffer_add_text(&text, "[\"");
        for (size_t j = 0; j < lengths[i]; j++) {
            cvi_buffer_add_char(&text, 'x');
        }
        cvi_buffer_add_text(&text, "\",");
        for (size_t j = 0; j < lengths[i]; j++) {
            cvi_buffer_add_char(&text, ' ');
        }
        cvi_buffer_add_text(&text, "\"some more text\"]");
        check_round(text.data, text.length);
        cvi_buffer_free(&text);
    }
}

/* Every character that an escape can stand for, pairs by their corners. */
static void test_escapes(void **state) {
    (void)state;
    cvi_buffer text;
    cvi_buffer_init(&text, &cvi_default_allocator, LOG_BYTES_MAX);
    cvi_buffer_add_char(&text, '[');
    for (unsigned value = 1; value <= 0xFFFF; value++) {
        if (value < 0xD800 || value > 0xDFFF) {
            cvi_buffer_add_format(&text, "\"\\u%04x-\",", value);
        }
    }
    for (unsigned high = 0xD800; high <= 0xDBFF; high += 0x33) {
        cvi_buffer_add_format(&text, "\"\\u%04X\\uDC00\\u%04x\\udfff\",", high, high);
    }
    cvi_buffer_add_text(&text, "0]");
    check_round(text.data, text.length);
    cvi_buffer_free(&text);
}

/* What is not worth it, and what cannot be had. */
static void test_there_may_be_none(void **state) {
    (void)state;
    taped made = write_tape("[[],[],[],[],[],[],[],[]]", 25, SIZE_MAX);
    assert_null(made.bytes);
    assert_int_equal(made.size, 0);
    drop_tape(&made);
    cvi_tape_writing none = {.bytes = NULL};
    size_t size = 1;
    assert_null(cvi_tape_write_end(&none, &size));
    assert_int_equal(size, 0);
    cvi_tape_write_drop(&none);
}

/* ---- tapes that nobody has written ---- */

static void test_cut_tapes(void **state) {
    (void)state;
    size_t size = strlen(SOME_TEXT);
    taped made = write_tape(SOME_TEXT, size, SIZE_MAX);
    for (size_t cut = 0; cut < made.size; cut++) {
        assert_int_equal(status_of(SOME_TEXT, size, made.bytes, cut), CVI_JSON_BROKEN);
    }
    for (size_t cut = 0; cut < size; cut++) { /* or the text is */
        assert_int_equal(status_of(SOME_TEXT, cut, made.bytes, made.size), CVI_JSON_BROKEN);
    }
    drop_tape(&made);
}

/* Each byte has each other value by turns: what is still a tape is a right one in its form. */
static void test_changed_tapes(void **state) {
    (void)state;
    size_t size = strlen(SOME_TEXT);
    size_t broken = 0;
    taped made = write_tape(SOME_TEXT, size, SIZE_MAX);
    for (size_t place = 0; place < made.size; place++) {
        char before = made.bytes[place];
        for (int change = 1; change <= UINT8_MAX; change++) {
            made.bytes[place] = (char)(before ^ change);
            broken += status_of(SOME_TEXT, size, made.bytes, made.size) == CVI_JSON_BROKEN;
        }
        made.bytes[place] = before;
    }
    assert_true(broken > made.size * UINT8_MAX / 2);
    drop_tape(&made);
}

static uint64_t drawn = 1;

static size_t draw(size_t below) {
    drawn = drawn * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (size_t)(drawn >> 33) % below;
}

/* Stretches of the right tape in any order, and bytes of any kind. */
static void test_drawn_tapes(void **state) {
    (void)state;
    enum { ROUNDS = 20000, BYTES = 80 };
    size_t size = strlen(SOME_TEXT);
    taped made = write_tape(SOME_TEXT, size, SIZE_MAX);
    for (int round = 0; round < ROUNDS; round++) {
        char tape[2 * BYTES] = {CVI_TAPE_VERSION};
        size_t length = 1;
        while (length < BYTES && draw(20) != 0) {
            size_t from = 1 + draw(made.size - 1);
            size_t count = 1 + draw(made.size - from);
            count = count < 12 ? count : 12;
            memcpy(tape + length, made.bytes + from, count);
            length += count;
            if (draw(4) == 0) {
                tape[length - 1] = (char)draw(256);
            }
        }
        status_of(SOME_TEXT, size, tape, length);
    }
    drop_tape(&made);
}

#define EVENT(gap, kind) (char)((gap) << CVI_TAPE_KIND_BITS | (kind))

typedef struct forged {
    const char *text;
    char tape[24];
    size_t size; /* with the version, which the rows leave out */
    cvi_json_status status;
} forged;

static const forged forged_tapes[] = {
    {"{\"a\":1}",
     {EVENT(0, CVI_TAPE_OBJECT_BEGIN), EVENT(0, CVI_TAPE_KEY), 1, EVENT(1, CVI_TAPE_NUMBER), 1,
      EVENT(0, CVI_TAPE_OBJECT_END)},
     7,
     CVI_JSON_DONE},
    {"", {0}, 1, CVI_JSON_BROKEN},
    {"1", {EVENT(0, CVI_TAPE_NUMBER), 1}, 3, CVI_JSON_DONE},
    {"1", {EVENT(0, CVI_TAPE_NUMBER), 0}, 3, CVI_JSON_BROKEN}, /* no digit */
    {"1", {EVENT(0, CVI_TAPE_NUMBER), 2}, 3, CVI_JSON_BROKEN}, /* beyond the end */
    {"1", {EVENT(2, CVI_TAPE_NUMBER), 1}, 3, CVI_JSON_BROKEN},
    {"1", {EVENT(0, CVI_TAPE_NUMBER), 1, EVENT(0, CVI_TAPE_NULL)}, 4, CVI_JSON_BROKEN},
    {"1", {EVENT(0, CVI_TAPE_NUMBER), (char)0x81, 0}, 4, CVI_JSON_DONE}, /* spelled long */
    {"1",
     {EVENT(0, CVI_TAPE_NUMBER), (char)0x81, (char)0x80, (char)0x80, (char)0x80, (char)0x80, 0},
     8,
     CVI_JSON_BROKEN},
    {"1",
     {EVENT(0, CVI_TAPE_NUMBER), (char)0xFF, (char)0xFF, (char)0xFF, (char)0xFF, 0x7F},
     7,
     CVI_JSON_BROKEN},
    {"1",
     {EVENT(CVI_TAPE_LONG_GAP, CVI_TAPE_NUMBER), (char)0xFF, (char)0xFF, (char)0xFF, (char)0xFF,
      0x7F, 1},
     8,
     CVI_JSON_BROKEN},
    {"\"a\"", {EVENT(0, CVI_TAPE_TEXT), 1}, 3, CVI_JSON_DONE},
    {"\"a\"", {EVENT(0, CVI_TAPE_KEY), 1}, 3, CVI_JSON_BROKEN}, /* of no object */
    {"\"a\"", {EVENT(0, CVI_TAPE_TEXT), 2}, 3, CVI_JSON_BROKEN},
    {"\"a\"", {EVENT(0, CVI_TAPE_TEXT), 0}, 3, CVI_JSON_BROKEN}, /* no quote there */
    {"\"a\"", {EVENT(1, CVI_TAPE_TEXT), 0}, 3, CVI_JSON_BROKEN},
    {"\"\"", {EVENT(0, CVI_TAPE_ESCAPED_TEXT), 0}, 3, CVI_JSON_BROKEN}, /* no escape in it */
    {"\"\\\"", {EVENT(0, CVI_TAPE_ESCAPED_TEXT), 1}, 3, CVI_JSON_BROKEN},
    {"\"\\x\"", {EVENT(0, CVI_TAPE_ESCAPED_TEXT), 2}, 3, CVI_JSON_BROKEN},
    {"\"\\u00e\"", {EVENT(0, CVI_TAPE_ESCAPED_TEXT), 5}, 3, CVI_JSON_BROKEN},
    {"\"\\u0000\"", {EVENT(0, CVI_TAPE_ESCAPED_TEXT), 6}, 3, CVI_JSON_BROKEN},
    {"\"\\ud800\"", {EVENT(0, CVI_TAPE_ESCAPED_TEXT), 6}, 3, CVI_JSON_BROKEN},
    {"\"\\udc00\"", {EVENT(0, CVI_TAPE_ESCAPED_TEXT), 6}, 3, CVI_JSON_BROKEN},
    {"\"\\ud800\\u0041\"", {EVENT(0, CVI_TAPE_ESCAPED_TEXT), 12}, 3, CVI_JSON_BROKEN},
    {"null", {EVENT(0, CVI_TAPE_NULL)}, 2, CVI_JSON_DONE},
    {"nul", {EVENT(0, CVI_TAPE_NULL)}, 2, CVI_JSON_BROKEN},
    {"true", {EVENT(0, CVI_TAPE_NULL)}, 2, CVI_JSON_BROKEN},
    {"true", {EVENT(0, CVI_TAPE_TRUE)}, 2, CVI_JSON_DONE},
    {"true", {EVENT(0, CVI_TAPE_FALSE)}, 2, CVI_JSON_BROKEN},
    {"true", {EVENT(0, CVI_TAPE_ARRAY_END + 1)}, 2, CVI_JSON_BROKEN}, /* no kind */
    {"[]", {EVENT(0, CVI_TAPE_ARRAY_BEGIN), EVENT(0, CVI_TAPE_ARRAY_END)}, 3, CVI_JSON_DONE},
    {"[]", {EVENT(0, CVI_TAPE_ARRAY_BEGIN)}, 2, CVI_JSON_BROKEN},
    {"]", {EVENT(0, CVI_TAPE_ARRAY_END)}, 2, CVI_JSON_BROKEN}, /* nothing is open */
    {"[]", {EVENT(0, CVI_TAPE_OBJECT_BEGIN), EVENT(0, CVI_TAPE_OBJECT_END)}, 3, CVI_JSON_BROKEN},
    {"[}", {EVENT(0, CVI_TAPE_ARRAY_BEGIN), EVENT(0, CVI_TAPE_OBJECT_END)}, 3, CVI_JSON_BROKEN},
    {"{]", {EVENT(0, CVI_TAPE_OBJECT_BEGIN), EVENT(0, CVI_TAPE_ARRAY_END)}, 3, CVI_JSON_BROKEN},
    {"{1}",
     {EVENT(0, CVI_TAPE_OBJECT_BEGIN), EVENT(0, CVI_TAPE_NUMBER), 1, EVENT(0, CVI_TAPE_OBJECT_END)},
     5,
     CVI_JSON_BROKEN}, /* without a key */
    {"{\"a\"}",
     {EVENT(0, CVI_TAPE_OBJECT_BEGIN), EVENT(0, CVI_TAPE_KEY), 1, EVENT(0, CVI_TAPE_OBJECT_END)},
     5,
     CVI_JSON_BROKEN}, /* without a value */
    {"{\"a\"\"b\"}",
     {EVENT(0, CVI_TAPE_OBJECT_BEGIN), EVENT(0, CVI_TAPE_KEY), 1, EVENT(0, CVI_TAPE_KEY), 1,
      EVENT(0, CVI_TAPE_OBJECT_END)},
     7,
     CVI_JSON_BROKEN},
    {"[\"a\"]",
     {EVENT(0, CVI_TAPE_ARRAY_BEGIN), EVENT(0, CVI_TAPE_KEY), 1, EVENT(0, CVI_TAPE_ARRAY_END)},
     5,
     CVI_JSON_BROKEN},
};

static void test_forged_tapes(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(forged_tapes) / sizeof(forged_tapes[0]); i++) {
        char tape[sizeof(forged_tapes[i].tape) + 1] = {CVI_TAPE_VERSION};
        memcpy(tape + 1, forged_tapes[i].tape, sizeof(forged_tapes[i].tape));
        if (status_of(forged_tapes[i].text, strlen(forged_tapes[i].text), tape,
                      forged_tapes[i].size) != forged_tapes[i].status) {
            fail_msg("row %zu: %s", i, forged_tapes[i].text);
        }
    }
    assert_int_equal(status_of("1", 1, "\x02\x03\x01", 3), CVI_JSON_BROKEN); /* another version */
    assert_int_equal(status_of("1", 1, "", 0), CVI_JSON_BROKEN);
}

static void test_bounds(void **state) {
    (void)state;
    enum { TOO_DEEP = CVI_JSON_DEPTH_MAX + 1, TOO_MANY = CVI_JSON_CONTAINERS_MAX + 1 };
    static char text[2 * TOO_MANY + 2];
    static char tape[2 * TOO_MANY + 3] = {CVI_TAPE_VERSION};
    memset(text, '[', TOO_DEEP);
    memset(text + TOO_DEEP, ']', TOO_DEEP);
    memset(tape + 1, EVENT(0, CVI_TAPE_ARRAY_BEGIN), TOO_DEEP);
    memset(tape + 1 + TOO_DEEP, EVENT(0, CVI_TAPE_ARRAY_END), TOO_DEEP);
    assert_int_equal(status_of(text, 2 * TOO_DEEP, tape, 1 + 2 * TOO_DEEP), CVI_JSON_BROKEN);
    memmove(tape + 1, tape + 2, 2 * TOO_DEEP - 2); /* one less of each */
    assert_int_equal(status_of(text + 1, 2 * TOO_DEEP - 2, tape, 2 * TOO_DEEP - 1), CVI_JSON_DONE);
    text[0] = '[';
    tape[1] = EVENT(0, CVI_TAPE_ARRAY_BEGIN);
    for (size_t i = 0; i < TOO_MANY; i++) {
        memcpy(text + 1 + 2 * i, "[]", 2);
        tape[2 + 2 * i] = EVENT(0, CVI_TAPE_ARRAY_BEGIN);
        tape[3 + 2 * i] = EVENT(0, CVI_TAPE_ARRAY_END);
    }
    text[1 + 2 * (TOO_MANY - 2)] = ']';
    tape[2 + 2 * (TOO_MANY - 2)] = EVENT(0, CVI_TAPE_ARRAY_END);
    size_t size = 2 * (TOO_MANY - 1);
    assert_int_equal(status_of(text, size, tape, size + 1), CVI_JSON_DONE);
    memcpy(text + 1 + 2 * (TOO_MANY - 2), "[]]", 3);
    tape[2 + 2 * (TOO_MANY - 2)] = EVENT(0, CVI_TAPE_ARRAY_BEGIN);
    tape[4 + 2 * (TOO_MANY - 2)] = EVENT(0, CVI_TAPE_ARRAY_END);
    assert_int_equal(status_of(text, size + 2, tape, size + 3), CVI_JSON_BROKEN);
}

/* ---- in the decoder ---- */

static const char body[] =
    DETAIL("{\"id\":1,\"name\":\"a \\\"b\\\"\",\"counted\":[{\"name\":\"c\",\"count\":\"2\"}],"
           "\"number\":\"odd\",\"part\":{\"name\":7},\"unknown\":[[1,{\"a\":null}],true]}");

static cvi_result *decode_with(const cv_allocator *allocator, const char *tape, size_t tape_size,
                               bool makes_tape, cv_error *error) {
    const cvi_decode_options options = {.resource = &cvi_sample_resource, .makes_tape = makes_tape};
    size_t size = sizeof(body) - 1;
    char *block = cvi_copy_text_and(allocator, body, size, tape, tape_size);
    *error = (cv_error){.code = CV_ERROR_NOMEM};
    return block != NULL
               ? cvi_decode(&options, allocator, (cvi_body){block, size, tape_size}, error)
               : NULL;
}

static char *json_of(cvi_result *result) {
    const cvi_provenance provenance = {.source = CV_SOURCE_CACHE};
    const cv_record *record = cvi_result_record(result, &provenance);
    assert_non_null(record);
    char *json = cv_record_json(record);
    assert_non_null(json);
    cv_record_free(record);
    return json;
}

static char *tape_of_body(size_t *size) {
    cv_error error;
    cvi_result *result = decode_with(&cvi_default_allocator, NULL, 0, true, &error);
    assert_non_null(result);
    char *tape = cvi_result_take_tape(result, size);
    assert_non_null(tape);
    assert_null(cvi_result_take_tape(result, &(size_t){0}));
    cvi_result_release(result);
    return tape;
}

/* A good body comes to a result whatever stands behind it, and to the same if that is nothing. */
static void test_a_bad_tape_is_passed_over(void **state) {
    (void)state;
    cv_error error;
    size_t size;
    char *tape = tape_of_body(&size);
    cvi_result *right = decode_with(&cvi_default_allocator, NULL, 0, false, &error);
    char *expected = json_of(right);
    for (size_t cut = 1; cut < size; cut++) {
        cvi_result *result = decode_with(&cvi_default_allocator, tape, cut, false, &error);
        assert_non_null(result);
        char *json = json_of(result);
        assert_string_equal(json, expected);
        assert_true(cvi_result_held_bytes(result) <= cvi_result_held_bytes(right));
        cv_free(json);
        cvi_result_release(result);
    }
    for (size_t place = 0; place < size; place++) {
        tape[place] = (char)(tape[place] ^ (1 << place % 8));
        cvi_result *result = decode_with(&cvi_default_allocator, tape, size, false, &error);
        assert_non_null(result);
        cv_free(json_of(result));
        cvi_result_release(result);
        tape[place] = (char)(tape[place] ^ (1 << place % 8));
    }
    cv_free(expected);
    cvi_result_release(right);
    cvi_release(&cvi_default_allocator, tape);
}

/* Without memory there is no result, or one that lacks only its tape, or has its tape's place. */
static void check_each_allocation(const char *tape, size_t size, bool makes_tape) {
    bool has_failed = true;
    for (size_t failing = 1; has_failed; failing++) {
        failing_allocator memory;
        cv_error error;
        failing_allocator_init(&memory, failing, false);
        cvi_result *result = decode_with(&memory.allocator, tape, size, makes_tape, &error);
        has_failed = atomic_load(&memory.has_failed);
        if (result == NULL) {
            assert_int_equal(error.code, CV_ERROR_NOMEM);
            assert_true(has_failed);
        } else if (makes_tape) {
            assert_int_equal(result->tape == NULL, has_failed);
        }
        cvi_result_release(result);
        assert_int_equal(atomic_load(&memory.live), 0);
    }
}

static void test_each_allocation_may_fail(void **state) {
    (void)state;
    size_t size;
    char *tape = tape_of_body(&size);
    check_each_allocation(NULL, 0, true);
    check_each_allocation(tape, size, false);
    check_each_allocation(tape, size - 1, false); /* cut: the body is parsed */
    cvi_release(&cvi_default_allocator, tape);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_tape_gives_what_the_parser_found),
        cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_escapes),
        cmocka_unit_test(test_there_may_be_none),
        cmocka_unit_test(test_cut_tapes),
        cmocka_unit_test(test_changed_tapes),
        cmocka_unit_test(test_drawn_tapes),
        cmocka_unit_test(test_forged_tapes),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_a_bad_tape_is_passed_over),
        cmocka_unit_test(test_each_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
