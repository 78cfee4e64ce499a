/* Owns the writing of tapes. It stands between the parser and whoever wants its events, and never
 * stops them: a tape that does not come about is none. One thread at a time. */
#include "resources/tape.h"

#include <string.h>

#include "support/allocator.h"

enum {
    EVENT_BYTES_MAX = 1 + 2 * 10, /* two numbers of 64 bits */
    FIRST_BYTES = 4 * EVENT_BYTES_MAX,
    FIRST_PART = 10, /* of the text, which most tapes take less than */
    WORTH_PART = 2   /* a tape longer than this part of its text is none */
};

/* ---- room ---- */

void cvi_tape_write_drop(cvi_tape_writing *writing) {
    if (writing->bytes != NULL) {
        cvi_release(writing->allocator, writing->bytes);
        writing->bytes = NULL;
    }
}

/* Makes room for `size` bytes and an event. */
static bool make_room(cvi_tape_writing *writing, size_t size) {
    size_t written = (size_t)(writing->next - writing->bytes);
    char *bytes = cvi_reallocate(writing->allocator, writing->bytes, size + EVENT_BYTES_MAX);
    if (bytes == NULL) {
        return false;
    }
    writing->bytes = bytes;
    writing->next = bytes + written;
    writing->full_at = bytes + size;
    return true;
}

/* Where the next event goes; NULL: nowhere, nor any that follows. */
static inline char *next_event(cvi_tape_writing *writing) {
    if (writing->bytes == NULL || writing->next < writing->full_at) {
        return writing->bytes != NULL ? writing->next : NULL;
    }
    size_t written = (size_t)(writing->next - writing->bytes);
    if (written > writing->size_max || !make_room(writing, 2 * written)) {
        cvi_tape_write_drop(writing);
        return NULL;
    }
    return writing->next;
}

void cvi_tape_write_begin(cvi_tape_writing *writing, const cvi_json_events *events,
                          const cv_allocator *allocator, const char *text, size_t size) {
    *writing = (cvi_tape_writing){
        .events = events, .allocator = allocator, .text = text, .size_max = size / WORTH_PART};
    if (make_room(writing, FIRST_BYTES + size / FIRST_PART)) {
        *writing->next++ = CVI_TAPE_VERSION;
    }
}

char *cvi_tape_write_end(cvi_tape_writing *writing, size_t *size) {
    char *bytes = writing->bytes;
    *size = bytes != NULL ? (size_t)(writing->next - bytes) : 0;
    if (*size > writing->size_max) {
        cvi_tape_write_drop(writing);
        *size = 0;
    }
    bytes = writing->bytes;
    writing->bytes = NULL;
    return bytes;
}

/* ---- events ---- */

static cvi_tape_writing *writing_of(void *context) {
    return ((cvi_json_reader *)context)->notes;
}

static inline char *put_number(char *next, size_t number) {
    for (; number >= 0x80; number >>= 7) {
        *next++ = (char)(0x80 | (number & 0x7F));
    }
    *next++ = (char)number;
    return next;
}

/* An event about the text from `begin` to `end`. */
static inline char *put_head(cvi_tape_writing *writing, char *next, cvi_tape_kind kind,
                             size_t begin, size_t end) {
    size_t gap = begin - writing->end;
    bool is_long = gap >= CVI_TAPE_LONG_GAP;
    writing->end = end;
    *next++ = (char)((size_t)kind | (is_long ? CVI_TAPE_LONG_GAP : gap) << CVI_TAPE_KIND_BITS);
    return is_long ? put_number(next, gap) : next;
}

/* One that tells its length by its kind. */
static inline const cvi_json_events *note(void *context, cvi_tape_kind kind, size_t length) {
    cvi_tape_writing *writing = writing_of(context);
    char *next = next_event(writing);
    if (next != NULL) {
        size_t end = cvi_json_position(context);
        writing->next = put_head(writing, next, kind, end - length, end);
    }
    return writing->events;
}

/* `length`: without escapes, of which each is longer than what it stands for. The first quote
 * behind the event before opens the text, as only blanks, colons and commas lie between. */
static inline const cvi_json_events *note_text(void *context, cvi_tape_kind plain,
                                               cvi_tape_kind escaped, size_t length) {
    cvi_tape_writing *writing = writing_of(context);
    char *next = next_event(writing);
    if (next != NULL) {
        size_t end = cvi_json_position(context);
        size_t begin = writing->end;
        while (writing->text[begin] != '"') {
            begin++;
        }
        size_t inside = end - begin - 2;
        next = put_head(writing, next, inside == length ? plain : escaped, begin, end);
        writing->next = put_number(next, inside);
    }
    return writing->events;
}

static const cvi_json_events *note_number(void *context, size_t length) {
    cvi_tape_writing *writing = writing_of(context);
    char *next = next_event(writing);
    if (next != NULL) {
        size_t end = cvi_json_position(context);
        next = put_head(writing, next, CVI_TAPE_NUMBER, end - length, end);
        writing->next = put_number(next, length);
    }
    return writing->events;
}

static int on_null(void *context) {
    return note(context, CVI_TAPE_NULL, strlen("null"))->on_null(context);
}

static int on_bool(void *context, int value) {
    const cvi_json_events *events = value != 0 ? note(context, CVI_TAPE_TRUE, strlen("true"))
                                               : note(context, CVI_TAPE_FALSE, strlen("false"));
    return events->on_bool(context, value);
}

static int on_number(void *context, const char *spelling, size_t length) {
    return note_number(context, length)->on_number(context, spelling, length);
}

static int on_string(void *context, const unsigned char *text, size_t length) {
    return note_text(context, CVI_TAPE_TEXT, CVI_TAPE_ESCAPED_TEXT, length)
        ->on_string(context, text, length);
}

static int on_key(void *context, const unsigned char *text, size_t length) {
    return note_text(context, CVI_TAPE_KEY, CVI_TAPE_ESCAPED_KEY, length)
        ->on_key(context, text, length);
}

static int on_object_begin(void *context) {
    return note(context, CVI_TAPE_OBJECT_BEGIN, 1)->on_object_begin(context);
}

static int on_object_end(void *context) {
    return note(context, CVI_TAPE_OBJECT_END, 1)->on_object_end(context);
}

static int on_array_begin(void *context) {
    return note(context, CVI_TAPE_ARRAY_BEGIN, 1)->on_array_begin(context);
}

static int on_array_end(void *context) {
    return note(context, CVI_TAPE_ARRAY_END, 1)->on_array_end(context);
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
