/* A resource of the tests' own with a member of every kind, nested ones and a misspelt one, and
 * shortcuts to decode text. */
#ifndef TESTS_SUPPORT_SAMPLE_H
#define TESTS_SUPPORT_SAMPLE_H

#include <stdbool.h>
#include <stddef.h>

#include "resources/decode.h"
#include "resources/table.h"

typedef struct cv_counted {
    const char *name;
    int64_t count;
} cv_counted;

typedef struct cv_counted_list {
    const cv_counted *items;
    size_t count;
} cv_counted_list;

typedef struct cv_part {
    const char *name;
    const cv_ref *ref;
    cv_counted_list counted;
} cv_part;

typedef struct cv_part_list {
    const cv_part *items;
    size_t count;
} cv_part_list;

typedef struct cv_sample {
    cv_record record;
    int64_t appearances; /* "appearancess" on the wire */
    cv_counted_list counted;
    bool flag;
    int64_t id;
    const char *name;
    int64_t number;
    const cv_part *part;
    cv_part_list parts;
    const cv_ref *ref;
    int64_t text_number; /* travels as text */
} cv_sample;

typedef struct cv_sample_page {
    const cv_sample *const *items;
    size_t count;
    int64_t limit;
    int64_t offset;
    int64_t total;
    cv_source source;
    int64_t fetched_at_ms;
    int64_t expires_at_ms;
    const cv_stale_note *stale;
    int64_t reserved[7];
} cv_sample_page;

extern const cvi_shape cvi_shape_counted;
extern const cvi_shape cvi_shape_part;
extern const cvi_resource cvi_sample_resource;

/* Envelopes around the text of `results`. */
#define ENVELOPE(count, results)                                                                   \
    "{\"error\":\"OK\",\"limit\":100,\"offset\":0,\"number_of_page_results\":" count               \
    ",\"number_of_total_results\":" count ",\"status_code\":1,\"results\":" results                \
    ",\"version\":\"1.0\"}"
#define DETAIL(results) ENVELOPE("1", results)

/* Decodes a copy of `size` bytes at `text`, made with the allocator. */
cvi_result *decode_bytes(const cvi_decode_options *options, const cv_allocator *allocator,
                         const char *text, size_t size, cv_error *error);

/* The same in parts of so many bytes; 0: whole. */
cvi_result *decode_in_parts(const cvi_decode_options *options, const cv_allocator *allocator,
                            const char *text, size_t size, size_t part, cv_error *error);

/* Decodes text that must decode, and fails the test if it does not. */
cvi_result *decode_text(const cvi_resource *resource, bool is_list, const char *text);

/* Fails the test unless the text is refused with this code; answers the error's message (static).
 */
const char *refuse_text(const cvi_resource *resource, bool is_list, const char *text, cv_code code);

#endif
