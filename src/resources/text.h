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

/* The JSON text with every \u escape that stands for no character (half a surrogate pair, NUL)
 * spelled \ufffd: `json` itself when there is none, else a copy of the same length. NULL without
 * memory. */
const char *cvi_text_repair_escapes(cvi_arena *arena, const char *json, size_t size);

#endif
