/* Tapes: what the parser found in a text, so that the same text need not be parsed again. A tape
 * gives the events of json.h without the parser, three times as fast, and is some tenth of the text
 * long, as it points into that.
 *
 * A byte with the version, then the events. Each is a byte with its kind and, in the upper half,
 * how many bytes of the text lie between the event before and this one (15: a number with that
 * follows); then, for texts, keys and numbers, the number of bytes between the quotes or of digits.
 * Numbers are of seven bits a byte, the lowest first, with the eighth set in all but the last.
 *
 * A tape may come from a file that others write, and is believed no more than a text is: nothing
 * that it says leads out of the text, and events come in an order that a text could have. What it
 * says of a text may be untrue all the same, so that a record has wrong words, and what is written
 * of it as JSON may be none. */
#ifndef CVI_RESOURCES_TAPE_H
#define CVI_RESOURCES_TAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "resources/json.h"
#include "support/arena.h"

/* Other versions are not read. */
enum { CVI_TAPE_VERSION = 1 };

typedef enum cvi_tape_kind {
    CVI_TAPE_NULL,
    CVI_TAPE_FALSE,
    CVI_TAPE_TRUE,
    CVI_TAPE_NUMBER,
    CVI_TAPE_TEXT, /* as it stands between its quotes */
    CVI_TAPE_KEY,
    CVI_TAPE_ESCAPED_TEXT, /* the same with escapes in it */
    CVI_TAPE_ESCAPED_KEY,
    CVI_TAPE_OBJECT_BEGIN,
    CVI_TAPE_OBJECT_END,
    CVI_TAPE_ARRAY_BEGIN,
    CVI_TAPE_ARRAY_END
} cvi_tape_kind;

enum { CVI_TAPE_KIND_BITS = 4, CVI_TAPE_LONG_GAP = 15 };

/* ---- writing ---- */

/* Notes down the events on their way to those that `events` names. */
typedef struct cvi_tape_writing {
    const cvi_json_events *events;
    const cv_allocator *allocator;
    const char *text;
    size_t size_max;
    size_t end;    /* of the last event */
    char *bytes;   /* NULL: there is no memory, or the tape is not worth its length */
    char *next;    /* where the next event goes */
    char *full_at; /* from here on there may be too little room for one */
} cvi_tape_writing;

/* Begins a tape for a text in which no escape was repaired; the allocator, too, must outlive it.
 * Then set the reader's `notes` and parse with cvi_tape_events. Nothing fails. */
void cvi_tape_write_begin(cvi_tape_writing *writing, const cvi_json_events *events,
                          const cv_allocator *allocator, const char *text, size_t size);

extern const cvi_json_events cvi_tape_events;

/* The tape after a whole parse, from the allocator; NULL: there is none. */
char *cvi_tape_write_end(cvi_tape_writing *writing, size_t *size);

/* Frees what was written. None, or one that is zero, is fine. */
void cvi_tape_write_drop(cvi_tape_writing *writing);

/* ---- reading ---- */

typedef struct cvi_tape {
    const char *bytes;
    size_t size;
} cvi_tape;

typedef struct cvi_tape_reading {
    cvi_json_reader *reader;
    const cvi_json_events *events;
    cvi_arena *scratch;
    const char *text;
    size_t size;
    const unsigned char *next; /* on the tape */
    const unsigned char *tape_end;
    uint64_t objects; /* bit i: what is open around the innermost but i is an object, no array */
    bool has_begun;   /* the version is known to be right */
    bool wants_key;   /* the next event is a key or the end of an object */
    size_t depth;
    size_t containers;
    char *plain; /* an escaped text without escapes */
    size_t plain_size;
} cvi_tape_reading;

/* As cvi_json_begin: all of it must outlive the reading. Nothing fails yet. */
void cvi_tape_begin(cvi_tape_reading *reading, cvi_json_reader *reader,
                    const cvi_json_events *events, cvi_arena *scratch, const char *text,
                    size_t size, cvi_tape tape);

/* As cvi_json_step. Whatever is amiss with the tape is BROKEN: that says nothing about the text. */
cvi_json_status cvi_tape_step(cvi_tape_reading *reading, size_t bytes);

#endif
