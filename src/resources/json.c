/* Owns the parser (yajl). It checks none of its allocations and knows no bounds, so its memory
 * comes from an arena, a failed allocation leaves by longjmp to cvi_json_read, and depth and number
 * of containers are counted here. Nothing is ever given back to the parser: the arena has it all.
 * Any thread. */
#include "resources/json.h"

#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <yajl/yajl_parse.h>

typedef struct cvi_json_parse {
    cvi_arena *scratch;
    yajl_handle handle;
    size_t base; /* offset in the text of the piece being parsed */
    size_t depth;
    size_t containers;
    cvi_json_status status; /* why an event stopped the parser */
    const cvi_json_events *events;
    jmp_buf no_memory;
} cvi_json_parse;

/* Stands before each block, as growing one needs its size. */
typedef union block_head {
    size_t size;
    max_align_t alignment;
} block_head;

static void *take_block(void *context, size_t size) {
    cvi_json_parse *parse = context;
    block_head *head = NULL;
    if (size <= SIZE_MAX - sizeof(block_head)) {
        head = cvi_arena_take(parse->scratch, sizeof(block_head) + size);
    }
    if (head == NULL) {
        longjmp(parse->no_memory, 1);
    }
    head->size = size;
    return head + 1;
}

static void *grow_block(void *context, void *block, size_t size) {
    cvi_json_parse *parse = context;
    block_head *head = block != NULL ? (block_head *)block - 1 : NULL;
    if (head == NULL) {
        return take_block(context, size);
    }
    if (size <= head->size) {
        return block;
    }
    if (cvi_arena_extend(parse->scratch, block, head->size, size)) {
        head->size = size;
        return block;
    }
    void *grown = take_block(context, size);
    memcpy(grown, block, head->size);
    return grown;
}

static void drop_block(void *context, void *block) {
    (void)context;
    (void)block;
}

static int stop(cvi_json_parse *parse, cvi_json_status status) {
    parse->status = status;
    return 0;
}

/* Counts an object or array that begins; 0: one too many. */
static int enter(cvi_json_parse *parse) {
    if (parse->depth == CVI_JSON_DEPTH_MAX) {
        return stop(parse, CVI_JSON_TOO_DEEP);
    }
    if (parse->containers == CVI_JSON_CONTAINERS_MAX) {
        return stop(parse, CVI_JSON_TOO_MANY);
    }
    parse->depth++;
    parse->containers++;
    return 1;
}

static int begin_object(void *context) {
    cvi_json_parse *parse = ((cvi_json_reader *)context)->parse;
    return enter(parse) != 0 ? parse->events->on_object_begin(context) : 0;
}

static int end_object(void *context) {
    cvi_json_parse *parse = ((cvi_json_reader *)context)->parse;
    parse->depth--;
    return parse->events->on_object_end(context);
}

static int begin_array(void *context) {
    cvi_json_parse *parse = ((cvi_json_reader *)context)->parse;
    return enter(parse) != 0 ? parse->events->on_array_begin(context) : 0;
}

static int end_array(void *context) {
    cvi_json_parse *parse = ((cvi_json_reader *)context)->parse;
    parse->depth--;
    return parse->events->on_array_end(context);
}

size_t cvi_json_position(const cvi_json_reader *reader) {
    return reader->parse->base + yajl_get_bytes_consumed(reader->parse->handle);
}

static size_t byte_order_mark_length(const char *text, size_t size) {
    return size >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
}

static yajl_status feed(cvi_json_parse *parse, const char *text, size_t size, size_t chunk_size) {
    parse->base = byte_order_mark_length(text, size);
    yajl_status status = yajl_status_ok;
    while (status == yajl_status_ok && parse->base < size) {
        size_t left = size - parse->base;
        size_t piece = chunk_size > 0 && chunk_size < left ? chunk_size : left;
        status = yajl_parse(parse->handle, (const unsigned char *)text + parse->base, piece);
        parse->base += piece;
    }
    return status == yajl_status_ok ? yajl_complete_parse(parse->handle) : status;
}

cvi_json_status cvi_json_read(cvi_json_reader *reader, const cvi_json_events *events,
                              cvi_arena *scratch, const char *text, size_t size,
                              size_t chunk_size) {
    const yajl_callbacks callbacks = {
        .yajl_null = events->on_null,
        .yajl_boolean = events->on_bool,
        /* Takes integers beyond 64 bits too, which are an error otherwise. */
        .yajl_number = events->on_number,
        .yajl_string = events->on_string,
        .yajl_start_map = begin_object,
        .yajl_map_key = events->on_key,
        .yajl_end_map = end_object,
        .yajl_start_array = begin_array,
        .yajl_end_array = end_array,
    };
    cvi_json_parse parse = {.scratch = scratch, .status = CVI_JSON_STOPPED, .events = events};
    yajl_alloc_funcs memory = {take_block, grow_block, drop_block, &parse};
    reader->parse = &parse;
    if (setjmp(parse.no_memory) != 0) {
        reader->parse = NULL;
        return CVI_JSON_NO_MEMORY;
    }
    parse.handle = yajl_alloc(&callbacks, &memory, reader);
    /* Its check is incomplete and makes the whole text an error: cvi_text_store repairs instead. */
    yajl_config(parse.handle, yajl_dont_validate_strings, 1);
    yajl_status status = feed(&parse, text, size, chunk_size);
    reader->parse = NULL;
    if (status == yajl_status_client_canceled) {
        return parse.status;
    }
    return status == yajl_status_ok ? CVI_JSON_DONE : CVI_JSON_BROKEN;
}
