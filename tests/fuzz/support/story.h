/* All that can be seen of a decoded answer, as text to be compared. */
#ifndef TESTS_FUZZ_SUPPORT_STORY_H
#define TESTS_FUZZ_SUPPORT_STORY_H

#include "resources/decode.h"
#include "resources/tape.h"
#include "support/buffer.h"

/* What comes of `size` bytes in parts of so many (SIZE_MAX: whole): the error, or the envelope and
 * each record in all its forms. Free with cvi_buffer_free. */
cvi_buffer story_of(const cvi_resource *resource, bool is_list, const char *text, size_t size,
                    size_t part);

/* The same with a tape behind the body. */
cvi_buffer story_off_tape(const cvi_resource *resource, bool is_list, const char *text, size_t size,
                          cvi_tape tape, size_t part);

/* The tape of a text that decodes, to be released; NULL: it does not, or has none. */
char *story_tape(const cvi_resource *resource, bool is_list, const char *text, size_t size,
                 size_t *tape_size);

/* The record of `index` written out, from a result that has it; cv_free it. */
char *story_record(cvi_result *result, size_t index);

/* A copy of the text in memory of the library's. */
cvi_body story_body(const char *text, size_t size);

#endif
