/* Builds structs out of JSON events, as their tables say. */
#ifndef CVI_RESOURCES_BUILD_H
#define CVI_RESOURCES_BUILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "resources/inside.h"
#include "resources/items.h"
#include "resources/json.h"
#include "resources/oddity.h"
#include "resources/table.h"
#include "support/arena.h"

/* What stood under the key of the records. */
typedef enum cvi_build_results {
    CVI_RESULTS_NONE,
    CVI_RESULTS_OBJECT,
    CVI_RESULTS_LIST,
    CVI_RESULTS_OTHER
} cvi_build_results;

/* An object or list that has begun and not ended. */
typedef struct cvi_build_frame {
    const cvi_shape *shape;
    char *target;         /* the struct being filled; NULL: a list */
    const cvi_field *row; /* whose value comes next; NULL: nobody's */
    size_t next_row;      /* where the next key is looked for first */
    uint64_t present;
    uint64_t null;
    cvi_oddities oddities; /* of the struct or list */
    bool is_record;
} cvi_build_frame;

/* A member that its table does not know. */
typedef struct cvi_unknown_member {
    struct cvi_unknown_member *next;
    const char *shape;
    const char *name;
} cvi_unknown_member;

/* Set `resource`, `text`, `arena`, `scratch` and `notes_unknown`, leave the rest zero, and pass it
 * to cvi_json_read with cvi_build_events and the same text. With `is_at_results` set too the text
 * is a single record without an envelope. */
typedef struct cvi_builder {
    cvi_json_reader reader;
    const cvi_resource *resource;
    const char *text;
    cvi_arena *arena;   /* for what stays */
    cvi_arena *scratch; /* for what is dropped after the parse */
    bool notes_unknown;

    cvi_envelope envelope;       /* filled as far as the answer has it */
    bool has_status;             /* a status code that is a number */
    cvi_build_results results;   /* of the last one, should there be more */
    cvi_items records;           /* `records.count` structs of the resource's shape */
    cvi_items details;           /* as many cvi_record */
    size_t other_items;          /* beside them in the list that are no records */
    cvi_unknown_member *unknown; /* the last one first */
    bool no_memory;              /* why the events stopped the parser */

    cvi_build_frame frames[CVI_JSON_DEPTH_MAX];
    size_t frame_count;
    cvi_items lists[CVI_JSON_DEPTH_MAX]; /* of the nested lists that are open */
    size_t list_count;
    size_t skipped_depth; /* open objects and arrays that nobody wants */
    size_t skipped_begin; /* the outermost of them within the text */
    bool is_at_results;   /* the value of the records' key comes next */
} cvi_builder;

extern const cvi_json_events cvi_build_events;

#endif
