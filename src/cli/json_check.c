/* Owns the question whether a text is JSON. The parser (yajl) answers it, which is asked for no
 * values. As it checks none of its allocations, they are the program's; and as it has no bounds,
 * the depth is counted here. Pure, but for memory. */
#include "json_check.h"

#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_parse.h>

#include "memory.h"

enum { DEPTH_MOST = 200 };

static void *allocate(void *context, size_t size) {
    (void)context;
    return cli_allocate(size, 1);
}

static void *resize(void *context, void *block, size_t size) {
    (void)context;
    return cli_resize(block, size, 1);
}

static void release(void *context, void *block) {
    (void)context;
    free(block);
}

/* An object or an array begins; 0: one too deep. */
static int enter(void *context) {
    unsigned *depth = context;
    return ++*depth <= DEPTH_MOST;
}

static int leave(void *context) {
    unsigned *depth = context;
    --*depth;
    return 1;
}

/* The end of a line ends whatever stands last. Without it the parser would not see that behind the
 * value another has begun. */
static bool is_one_value(yajl_handle parser, cli_slice text) {
    return yajl_parse(parser, (const unsigned char *)text.text, text.length) == yajl_status_ok &&
           yajl_parse(parser, (const unsigned char *)"\n", 1) == yajl_status_ok &&
           yajl_complete_parse(parser) == yajl_status_ok;
}

/* Blanks to the parser, and none to JSON. Within a text the parser takes neither. */
static bool has_other_blanks(cli_slice text) {
    return memchr(text.text, '\v', text.length) || memchr(text.text, '\f', text.length);
}

bool cli_json_is_whole(cli_slice text) {
    static const yajl_callbacks levels = {.yajl_start_map = enter,
                                          .yajl_end_map = leave,
                                          .yajl_start_array = enter,
                                          .yajl_end_array = leave};
    yajl_alloc_funcs memory = {allocate, resize, release, NULL};
    unsigned depth = 0;
    yajl_handle parser = yajl_alloc(&levels, &memory, &depth);
    bool is_whole = is_one_value(parser, text) && !has_other_blanks(text);
    yajl_free(parser);
    return is_whole;
}
