/* Owns the reading of tapes. Places within the text only grow and never pass its end, and the order
 * of events, depth and number of containers are held to what the parser would let through: whoever
 * takes the events need not know where they come from. Any thread, one at a time. */
#include "resources/tape.h"

#include <string.h>

#include "resources/text.h"

enum { NUMBER_BITS_MAX = 35, QUOTES = 2 };

void cvi_tape_begin(cvi_tape_reading *reading, cvi_json_reader *reader,
                    const cvi_json_events *events, cvi_arena *scratch, const char *text,
                    size_t size, cvi_tape tape) {
    const unsigned char *bytes = (const unsigned char *)tape.bytes;
    *reading = (cvi_tape_reading){
        .reader = reader,
        .events = events,
        .scratch = scratch,
        .text = text,
        .size = size,
        .next = bytes,
        .tape_end = bytes + tape.size,
    };
    reader->parse = NULL;
    reader->begin = 0;
    reader->end = 0;
}

/* ---- what stands on the tape ---- */

static bool read_long_number(cvi_tape_reading *reading, size_t *number) {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < NUMBER_BITS_MAX; shift += 7) {
        if (reading->next == reading->tape_end) {
            return false;
        }
        unsigned char byte = *reading->next++;
        value |= (uint64_t)(byte & 0x7F) << shift;
        if (byte < 0x80) {
            *number = (size_t)value;
            return value <= SIZE_MAX;
        }
    }
    return false;
}

static inline bool read_number(cvi_tape_reading *reading, size_t *number) {
    if (reading->next != reading->tape_end && *reading->next < 0x80) {
        *number = *reading->next++;
        return true;
    }
    return read_long_number(reading, number);
}

/* Where the next event begins. */
static inline bool read_gap(cvi_tape_reading *reading, unsigned char head) {
    cvi_json_reader *reader = reading->reader;
    size_t gap = head >> CVI_TAPE_KIND_BITS;
    if (gap == CVI_TAPE_LONG_GAP && !read_number(reading, &gap)) {
        return false;
    }
    if (gap > reading->size - reader->end) {
        return false;
    }
    reader->begin = reader->end + gap;
    return true;
}

/* Takes so many bytes of the text for the event. */
static inline bool take(cvi_tape_reading *reading, size_t length) {
    cvi_json_reader *reader = reading->reader;
    if (length > reading->size - reader->begin) {
        return false;
    }
    reader->end = reader->begin + length;
    return true;
}

/* The same for what stands in quotes. */
static inline bool take_quoted(cvi_tape_reading *reading, size_t *length) {
    if (!read_number(reading, length) || *length > SIZE_MAX - QUOTES ||
        !take(reading, *length + QUOTES)) {
        return false;
    }
    return reading->text[reading->reader->begin] == '"' &&
           reading->text[reading->reader->end - 1] == '"';
}

/* ---- single values ---- */

static inline void expect_after_value(cvi_tape_reading *reading) {
    reading->wants_key = (reading->objects & 1) != 0;
}

static inline cvi_json_status go_on(int answer) {
    return answer != 0 ? CVI_JSON_MORE : CVI_JSON_STOPPED;
}

typedef int on_text_event(void *context, const unsigned char *text, size_t length);

static inline cvi_json_status give_text(cvi_tape_reading *reading, on_text_event *event) {
    size_t length = 0;
    if (!take_quoted(reading, &length)) {
        return CVI_JSON_BROKEN;
    }
    const char *text = reading->text + reading->reader->begin + 1;
    return go_on(event(reading->reader, (const unsigned char *)text, length));
}

/* Room for a text without its escapes, which is shorter than with them. */
static bool make_room(cvi_tape_reading *reading, size_t size) {
    if (size <= reading->plain_size) {
        return true;
    }
    size_t wanted = size > 2 * reading->plain_size ? size : 2 * reading->plain_size;
    char *plain = cvi_arena_take_bytes(reading->scratch, wanted);
    if (plain == NULL) {
        return false;
    }
    reading->plain = plain;
    reading->plain_size = wanted;
    return true;
}

static cvi_json_status give_escaped_text(cvi_tape_reading *reading, on_text_event *event) {
    size_t length = 0;
    if (!take_quoted(reading, &length) || length == 0) {
        return CVI_JSON_BROKEN;
    }
    if (!make_room(reading, length)) {
        return CVI_JSON_NO_MEMORY;
    }
    const char *text = reading->text + reading->reader->begin + 1;
    size_t plain_length = 0;
    if (!cvi_text_unescape(text, length, reading->plain, &plain_length)) {
        return CVI_JSON_BROKEN;
    }
    return go_on(event(reading->reader, (const unsigned char *)reading->plain, plain_length));
}

static cvi_json_status give_number(cvi_tape_reading *reading) {
    size_t length = 0;
    if (!read_number(reading, &length) || length == 0 || !take(reading, length)) {
        return CVI_JSON_BROKEN;
    }
    return go_on(reading->events->on_number(reading->reader, reading->text + reading->reader->begin,
                                            length));
}

/* A value that is told by its kind, spelled like this. */
static bool take_word(cvi_tape_reading *reading, const char *word) {
    size_t length = strlen(word);
    return take(reading, length) &&
           memcmp(reading->text + reading->reader->begin, word, length) == 0;
}

static cvi_json_status give_word(cvi_tape_reading *reading, cvi_tape_kind kind) {
    static const char *const words[] = {
        [CVI_TAPE_NULL] = "null", [CVI_TAPE_FALSE] = "false", [CVI_TAPE_TRUE] = "true"};
    if (!take_word(reading, words[kind])) {
        return CVI_JSON_BROKEN;
    }
    if (kind == CVI_TAPE_NULL) {
        return go_on(reading->events->on_null(reading->reader));
    }
    return go_on(reading->events->on_bool(reading->reader, kind == CVI_TAPE_TRUE));
}

static inline cvi_json_status give_value(cvi_tape_reading *reading, cvi_tape_kind kind) {
    expect_after_value(reading);
    switch (kind) {
    case CVI_TAPE_TEXT:
        return give_text(reading, reading->events->on_string);
    case CVI_TAPE_ESCAPED_TEXT:
        return give_escaped_text(reading, reading->events->on_string);
    case CVI_TAPE_NUMBER:
        return give_number(reading);
    default:
        return give_word(reading, kind);
    }
}

/* ---- objects and arrays ---- */

static bool take_bracket(cvi_tape_reading *reading, char bracket) {
    return take(reading, 1) && reading->text[reading->reader->begin] == bracket;
}

static cvi_json_status begin_container(cvi_tape_reading *reading, bool is_object) {
    if (reading->depth == CVI_JSON_DEPTH_MAX || reading->containers == CVI_JSON_CONTAINERS_MAX ||
        !take_bracket(reading, is_object ? '{' : '[')) {
        return CVI_JSON_BROKEN;
    }
    reading->depth++;
    reading->containers++;
    reading->objects = reading->objects << 1 | (is_object ? 1 : 0);
    reading->wants_key = is_object;
    const cvi_json_events *events = reading->events;
    return go_on(is_object ? events->on_object_begin(reading->reader)
                           : events->on_array_begin(reading->reader));
}

static cvi_json_status end_container(cvi_tape_reading *reading, bool is_object) {
    bool is_in_object = (reading->objects & 1) != 0;
    if (reading->depth == 0 || is_in_object != is_object ||
        !take_bracket(reading, is_object ? '}' : ']')) {
        return CVI_JSON_BROKEN;
    }
    reading->depth--;
    reading->objects >>= 1;
    expect_after_value(reading);
    const cvi_json_events *events = reading->events;
    return go_on(is_object ? events->on_object_end(reading->reader)
                           : events->on_array_end(reading->reader));
}

/* ---- events ---- */

/* Where a key is wanted: one, or the object's end. */
static inline cvi_json_status give_key(cvi_tape_reading *reading, cvi_tape_kind kind) {
    reading->wants_key = false;
    switch (kind) {
    case CVI_TAPE_KEY:
        return give_text(reading, reading->events->on_key);
    case CVI_TAPE_ESCAPED_KEY:
        return give_escaped_text(reading, reading->events->on_key);
    case CVI_TAPE_OBJECT_END:
        return end_container(reading, true);
    default:
        return CVI_JSON_BROKEN;
    }
}

static inline cvi_json_status give_other(cvi_tape_reading *reading, cvi_tape_kind kind) {
    switch (kind) {
    case CVI_TAPE_NULL:
    case CVI_TAPE_FALSE:
    case CVI_TAPE_TRUE:
    case CVI_TAPE_NUMBER:
    case CVI_TAPE_TEXT:
    case CVI_TAPE_ESCAPED_TEXT:
        return give_value(reading, kind);
    case CVI_TAPE_OBJECT_BEGIN:
        return begin_container(reading, true);
    case CVI_TAPE_ARRAY_BEGIN:
        return begin_container(reading, false);
    case CVI_TAPE_ARRAY_END:
        return end_container(reading, false);
    default:
        return CVI_JSON_BROKEN;
    }
}

static inline cvi_json_status give_next(cvi_tape_reading *reading) {
    unsigned char head = *reading->next++;
    cvi_tape_kind kind = (cvi_tape_kind)(head & ((1U << CVI_TAPE_KIND_BITS) - 1));
    if (!read_gap(reading, head)) {
        return CVI_JSON_BROKEN;
    }
    return reading->wants_key ? give_key(reading, kind) : give_other(reading, kind);
}

static bool read_version(cvi_tape_reading *reading) {
    if (!reading->has_begun && reading->next != reading->tape_end) {
        reading->has_begun = *reading->next++ == CVI_TAPE_VERSION;
    }
    return reading->has_begun;
}

cvi_json_status cvi_tape_step(cvi_tape_reading *reading, size_t bytes) {
    size_t from = reading->reader->end;
    if (!read_version(reading)) {
        return CVI_JSON_BROKEN;
    }
    while (reading->next != reading->tape_end) {
        cvi_json_status status = give_next(reading);
        if (status != CVI_JSON_MORE) {
            return status;
        }
        if (reading->depth == 0) { /* the value around all others is over */
            return reading->next == reading->tape_end ? CVI_JSON_DONE : CVI_JSON_BROKEN;
        }
        if (reading->reader->end - from >= bytes) {
            return CVI_JSON_MORE;
        }
    }
    return CVI_JSON_BROKEN;
}
