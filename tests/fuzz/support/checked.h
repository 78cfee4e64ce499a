/* Texts of callers that are checked before they are sent: what holds for each checker. */
#ifndef TESTS_FUZZ_SUPPORT_CHECKED_H
#define TESTS_FUZZ_SUPPORT_CHECKED_H

#include <stdbool.h>

#include <comicvine/error.h>

#include "resources/piece.h"
#include "support/buffer.h"

/* A checker with its scope behind it. */
typedef bool checker_fn(const void *scope, const char *text, cvi_buffer *out, cv_error *error);

/* Checks a text. What passes is one line that fits a request, and `is_canonical` says whether to
 * expect that checking it anew changes nothing; what does not has an error for the caller in one
 * line. `out` is over an array of CVI_CHECKED_SIZE; false: refused. */
bool check_text(checker_fn *check, const void *scope, const char *text, bool is_canonical,
                cvi_buffer *out);

/* Fails unless a message is one line of text that a caller may be shown. */
void check_message(const cv_error *error);

#endif
