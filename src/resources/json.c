/* Owns the parser (yajl). It checks none of its allocations and knows no bounds, so its memory
 * comes from an arena, a failed allocation leaves by longjmp to cvi_json_step, and depth and number
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
    yajl_callbacks callbacks; /* the parser keeps their address */
    const char *text;
    size_t size;
    size_t base; /* offset in the text of the piece being parsed */
    size_t depth;
    size_t containers;
    cvi_json_status status; /* why an event stopped the parser */
    const cvi_json_events *events;
    jmp_buf no_memory; /* set anew by whoever calls the parser */
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

static size_t position(const cvi_json_parse *parse) {
    return parse->base + yajl_get_bytes_consumed(parse->handle);
}

size_t cvi_json_position(const cvi_json_reader *reader) {
    return reader->parse != NULL ? position(reader->parse) : reader->end;
}

/* Where the single value that ends at `end` begins, as the parser tells only its end. A quote
 * within a text has a backslash before it; the one that opens a text never has. Before any value
 * stands at least a bracket. */
static size_t scalar_begin(const char *text, size_t end) {
    size_t begin = end - 1;
    if (text[begin] == '"') {
        do {
            begin--;
        } while (text[begin] != '"' || text[begin - 1] == '\\');
        return begin;
    }
    while (strchr(" \t\r\n:,[", text[begin - 1]) == NULL) {
        begin--;
    }
    return begin;
}

size_t cvi_json_value_begin(const cvi_json_reader *reader) {
    const cvi_json_parse *parse = reader->parse;
    return parse != NULL ? scalar_begin(parse->text, position(parse)) : reader->begin;
}

static size_t byte_order_mark_length(const char *text, size_t size) {
    return size >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
}

/* ---- where to cut ---- */

/* Behind the quote that ends the text which goes on at `from`; NULL: none does. A quote is part of
 * the text if it has an odd number of backslashes before it. */
static const char *text_end(const char *from, const char *end) {
    const char *quote = from;
    while ((quote = memchr(quote, '"', (size_t)(end - quote))) != NULL) {
        const char *escapes = quote;
        while (escapes > from && escapes[-1] == '\\') {
            escapes--;
        }
        quote++;
        if ((quote - escapes) % 2 == 1) {
            return quote;
        }
    }
    return NULL;
}

/* The parser reads a text that it gets in parts anew with each part, so that none is ever cut. From
 * `from`, which lies in no text: the first place behind `bytes` that lies in none. */
static const char *cut_behind(const char *from, size_t bytes, const char *end) {
    const char *wanted = from + bytes;
    const char *place = from;
    while (place < wanted) {
        const char *quote = memchr(place, '"', (size_t)(wanted - place));
        place = quote != NULL ? text_end(quote + 1, end) : wanted;
        if (place == NULL) {
            return end;
        }
    }
    return place;
}

static size_t next_piece(const cvi_json_parse *parse, size_t bytes) {
    const char *from = parse->text + parse->base;
    const char *end = parse->text + parse->size;
    size_t left = parse->size - parse->base;
    return bytes < left ? (size_t)(cut_behind(from, bytes, end) - from) : left;
}

bool cvi_json_is_cut(const char *text, size_t size) {
    const char *end = text + size;
    int64_t depth = 0;
    for (const char *place = text; place != end; place++) {
        if (*place == '"') {
            place = text_end(place + 1, end);
            if (place == NULL) {
                return true;
            }
            place--;
        }
        depth += *place == '{' || *place == '[' ? 1 : 0;
        depth -= *place == '}' || *place == ']' ? 1 : 0;
    }
    return depth > 0;
}

/* ---- reading ---- */

/* Who calls the parser stands behind a setjmp. */
static void start_parser(cvi_json_parse *parse, cvi_json_reader *reader) {
    yajl_alloc_funcs memory = {take_block, grow_block, drop_block, parse};
    parse->handle = yajl_alloc(&parse->callbacks, &memory, reader);
    /* Its check is incomplete and makes the whole text an error: cvi_text_store repairs instead. */
    yajl_config(parse->handle, yajl_dont_validate_strings, 1);
}

static yajl_status feed(cvi_json_parse *parse, size_t bytes) {
    size_t piece = next_piece(parse, bytes);
    const unsigned char *text = (const unsigned char *)parse->text + parse->base;
    yajl_status status = yajl_parse(parse->handle, text, piece);
    parse->base += piece;
    bool is_whole = status == yajl_status_ok && parse->base == parse->size;
    return is_whole ? yajl_complete_parse(parse->handle) : status;
}

cvi_json_status cvi_json_begin(cvi_json_reader *reader, const cvi_json_events *events,
                               cvi_arena *scratch, const char *text, size_t size) {
    cvi_json_parse *parse = cvi_arena_take(scratch, sizeof(*parse));
    reader->parse = parse;
    if (parse == NULL) {
        return CVI_JSON_NO_MEMORY;
    }
    memset(parse, 0, sizeof(*parse));
    parse->scratch = scratch;
    parse->text = text;
    parse->size = size;
    parse->base = byte_order_mark_length(text, size);
    parse->status = CVI_JSON_STOPPED;
    parse->events = events;
    parse->callbacks = (yajl_callbacks){
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
    return CVI_JSON_MORE;
}

cvi_json_status cvi_json_step(cvi_json_reader *reader, size_t bytes) {
    cvi_json_parse *parse = reader->parse;
    if (setjmp(parse->no_memory) != 0) {
        return CVI_JSON_NO_MEMORY;
    }
    if (parse->handle == NULL) {
        start_parser(parse, reader);
    }
    yajl_status status = feed(parse, bytes);
    if (status == yajl_status_client_canceled) {
        return parse->status;
    }
    if (status != yajl_status_ok) {
        return CVI_JSON_BROKEN;
    }
    return parse->base < parse->size ? CVI_JSON_MORE : CVI_JSON_DONE;
}

cvi_json_status cvi_json_read(cvi_json_reader *reader, const cvi_json_events *events,
                              cvi_arena *scratch, const char *text, size_t size) {
    cvi_json_status status = cvi_json_begin(reader, events, scratch, text, size);
    return status == CVI_JSON_MORE ? cvi_json_step(reader, SIZE_MAX) : status;
}
