/* Text that is safe to hand out: valid UTF-8 without NUL inside. Pure but for the arena. */
#ifndef CVI_RESOURCES_TEXT_H
#define CVI_RESOURCES_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "support/arena.h"

/* A copy with a NUL behind it in which each maximal part of a broken sequence (overlong forms,
 * encoded surrogates, code points above U+10FFFF, stray and missing bytes) has become U+FFFD.
 * `text` holds no NUL. NULL without memory. */
const char *cvi_text_store(cvi_arena *arena, const char *text, size_t length);

/* What stands between the quotes of a text of JSON, without its escapes. `plain` has room for
 * `length` bytes, and gets no NUL. False: something is no escape, or stands for no character. Pure.
 */
bool cvi_text_unescape(const char *text, size_t length, char *plain, size_t *plain_length);

/* JSON text in which every \u escape that stands for no character (half a surrogate pair, NUL) is
 * being spelled \ufffd. */
typedef struct cvi_text_repair {
    const char *json;
    size_t size;
    size_t done; /* looked through so far; `size`: all of it */
    const char
        *text; /* then: `json` itself where no escape was bad, else a copy, as long, no NUL */
    char *copy;
    size_t copied;
} cvi_text_repair;

cvi_text_repair cvi_text_repair_begin(const char *json, size_t size);

/* Looks through `bytes` more, or a little more where an escape lies across. False: no memory. */
bool cvi_text_repair_step(cvi_text_repair *repair, cvi_arena *arena, size_t bytes);

/* Both in one; NULL without memory. */
const char *cvi_text_repair_escapes(cvi_arena *arena, const char *json, size_t size);

#endif
