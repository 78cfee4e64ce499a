/* Owns the writing of tapes. It stands between the parser and whoever wants its events, and never
 * stops them: a tape that does not come about is none. One thread at a time. */
#include "resources/tape.h"

#include <string.h>

enum {
    HEAD_BYTES_MAX = 1 + 2 * 10, /* two numbers of 64 bits */
    WORTH_PART = 2               /* a tape longer than this part of its text is none */
};

void cvi_tape_write_begin(cvi_tape_writing *writing, const cvi_json_events *events,
                          const cv_allocator *allocator, const char *text, size_t size) {
    *writing = (cvi_tape_writing){.events = events, .text = text};
    cvi_buffer_init(&writing->bytes, allocator, size / WORTH_PART);
    cvi_buffer_add_char(&writing->bytes, CVI_TAPE_VERSION);
}

static char *put_number(char *next, size_t number) {
    for (; number >= 0x80; number >>= 7) {
        *next++ = (char)(0x80 | (number & 0x7F));
    }
    *next++ = (char)number;
    return next;
}

static cvi_tape_writing *writing_of(void *context) {
    return ((cvi_json_reader *)context)->notes;
}

/* An event about the text from `begin` to `end`. */
static char *put_head(cvi_tape_writing *writing, char *bytes, cvi_tape_kind kind, size_t begin,
                      size_t end) {
    size_t gap = begin - writing->end;
    char *next = bytes + 1;
    writing->end = end;
    if (gap < CVI_TAPE_LONG_GAP) {
        bytes[0] = (char)((size_t)kind | gap << CVI_TAPE_KIND_BITS);
        return next;
    }
    bytes[0] = (char)((size_t)kind | (size_t)CVI_TAPE_LONG_GAP << CVI_TAPE_KIND_BITS);
    return put_number(next, gap);
}

/* One that tells its length by its kind. */
static cvi_tape_writing *note(void *context, cvi_tape_kind kind, size_t length) {
    cvi_tape_writing *writing = writing_of(context);
    char bytes[HEAD_BYTES_MAX];
    size_t end = cvi_json_position(context);
    const char *next = put_head(writing, bytes, kind, end - length, end);
    cvi_buffer_add(&writing->bytes, bytes, (size_t)(next - bytes));
    return writing;
}

/* `length`: without escapes, of which each is longer than what it stands for. The first quote
 * behind the event before opens the text, as only blanks, colons and commas lie between. */
static cvi_tape_writing *note_text(void *context, cvi_tape_kind plain, cvi_tape_kind escaped,
                                   size_t length) {
    cvi_tape_writing *writing = writing_of(context);
    char bytes[HEAD_BYTES_MAX];
    size_t end = cvi_json_position(context);
    size_t begin = writing->end;
    while (writing->text[begin] != '"') {
        begin++;
    }
    size_t inside = end - begin - 2;
    char *next = put_head(writing, bytes, inside == length ? plain : escaped, begin, end);
    next = put_number(next, inside);
    cvi_buffer_add(&writing->bytes, bytes, (size_t)(next - bytes));
    return writing;
}

static int on_null(void *context) {
    return note(context, CVI_TAPE_NULL, strlen("null"))->events->on_null(context);
}

static int on_bool(void *context, int value) {
    const cvi_tape_writing *writing = value != 0 ? note(context, CVI_TAPE_TRUE, strlen("true"))
                                                 : note(context, CVI_TAPE_FALSE, strlen("false"));
    return writing->events->on_bool(context, value);
}

static int on_number(void *context, const char *spelling, size_t length) {
    cvi_tape_writing *writing = writing_of(context);
    char bytes[HEAD_BYTES_MAX];
    size_t end = cvi_json_position(context);
    char *next = put_head(writing, bytes, CVI_TAPE_NUMBER, end - length, end);
    next = put_number(next, length);
    cvi_buffer_add(&writing->bytes, bytes, (size_t)(next - bytes));
    return writing->events->on_number(context, spelling, length);
}

static int on_string(void *context, const unsigned char *text, size_t length) {
    return note_text(context, CVI_TAPE_TEXT, CVI_TAPE_ESCAPED_TEXT, length)
        ->events->on_string(context, text, length);
}

static int on_key(void *context, const unsigned char *text, size_t length) {
    return note_text(context, CVI_TAPE_KEY, CVI_TAPE_ESCAPED_KEY, length)
        ->events->on_key(context, text, length);
}

static int on_object_begin(void *context) {
    return note(context, CVI_TAPE_OBJECT_BEGIN, 1)->events->on_object_begin(context);
}

static int on_object_end(void *context) {
    return note(context, CVI_TAPE_OBJECT_END, 1)->events->on_object_end(context);
}

static int on_array_begin(void *context) {
    return note(context, CVI_TAPE_ARRAY_BEGIN, 1)->events->on_array_begin(context);
}

static int on_array_end(void *context) {
    return note(context, CVI_TAPE_ARRAY_END, 1)->events->on_array_end(context);
}

const cvi_json_events cvi_tape_events = {
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
