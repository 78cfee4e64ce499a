/* JSON as a stream of events. The only room that knows the parser. */
#ifndef CVI_RESOURCES_JSON_H
#define CVI_RESOURCES_JSON_H

#include <stdbool.h>
#include <stddef.h>

#include "support/arena.h"

/* Bounds of what is accepted. The deepest answer known has 5 levels, the richest 10 100 objects. */
enum { CVI_JSON_DEPTH_MAX = 32, CVI_JSON_CONTAINERS_MAX = 1 << 18 };

typedef enum cvi_json_status {
    CVI_JSON_MORE, /* so far so good, and not at its end */
    CVI_JSON_DONE,
    CVI_JSON_BROKEN,   /* not JSON, cut, or more behind the end */
    CVI_JSON_TOO_DEEP, /* objects and arrays within each other */
    CVI_JSON_TOO_MANY, /* objects and arrays in all */
    CVI_JSON_STOPPED,  /* an event function asked for it */
    CVI_JSON_NO_MEMORY
} cvi_json_status;

/* First member of the struct that the events work on. */
typedef struct cvi_json_reader {
    struct cvi_json_parse *parse; /* lies in the scratch arena; NULL: events off a tape (tape.h) */
    struct cvi_tape_writing *notes; /* where they are written down, NULL: nowhere */
    size_t begin; /* off a tape: where what the event is about begins in the text */
    size_t end;   /* and ends */
} cvi_json_reader;

/* Called in the order of the text with the reader as `context`; answer 1 to go on, 0 to stop.
 * Text is unescaped but not checked, ends in no NUL, and is good during the call only. They must
 * own nothing outside arenas, as a failed allocation jumps over them. */
typedef struct cvi_json_events {
    int (*on_null)(void *context);
    int (*on_bool)(void *context, int value);
    int (*on_number)(void *context, const char *spelling, size_t length);
    int (*on_string)(void *context, const unsigned char *text, size_t length);
    int (*on_key)(void *context, const unsigned char *text, size_t length);
    int (*on_object_begin)(void *context);
    int (*on_object_end)(void *context);
    int (*on_array_begin)(void *context);
    int (*on_array_end)(void *context);
} cvi_json_events;

/* Begins to read one whole text, with or without a byte order mark. Text and events must outlive
 * the reading; what the parser needs, to be dropped at any time, comes from `scratch`. MORE, or
 * NO_MEMORY. */
cvi_json_status cvi_json_begin(cvi_json_reader *reader, const cvi_json_events *events,
                               cvi_arena *scratch, const char *text, size_t size);

/* Reads on, by so many bytes and then to the end of the text in quotes that it has come to, if any:
 * that one is taken in one go. Any answer but MORE is the last. Any thread, one at a time. */
cvi_json_status cvi_json_step(cvi_json_reader *reader, size_t bytes);

/* Both in one. */
cvi_json_status cvi_json_read(cvi_json_reader *reader, const cvi_json_events *events,
                              cvi_arena *scratch, const char *text, size_t size);

/* Whether a broken text ends within a text in quotes, an object or a list: it was cut on the way.
 */
bool cvi_json_is_cut(const char *text, size_t size);

/* Within an event: the offset in the text just behind what the event is about. */
size_t cvi_json_position(const cvi_json_reader *reader);

/* Within the event of a single value within an object or array: the offset where it begins. */
size_t cvi_json_value_begin(const cvi_json_reader *reader);

#endif
