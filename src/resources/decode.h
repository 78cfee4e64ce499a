/* The one decoder: an envelope's text becomes a result. */
#ifndef CVI_RESOURCES_DECODE_H
#define CVI_RESOURCES_DECODE_H

#include <stdbool.h>
#include <stddef.h>

#include <comicvine/error.h>
#include <comicvine/memory.h>

#include "resources/result.h"
#include "resources/table.h"

/* A body that the decoder takes over: `data` comes from `allocator` and is freed by the result, or
 * at once when decoding fails. NULL is fine for an empty one. In the same block, behind a NUL, may
 * stand the tape that was made when it was decoded before: it is then decoded by that, or like any
 * other if the tape is not good. The result keeps none. */
typedef struct cvi_body {
    char *data;
    size_t size;
    size_t tape_size; /* 0: there is none */
} cvi_body;

typedef struct cvi_decode_options {
    const cvi_resource *resource;
    bool is_list;
    bool makes_tape; /* for cvi_result_take_tape */
    /* Called for each member of a record, or of what is nested in it, that its table does not know,
     * once the whole has been decoded well; the texts are good during the call. NULL: not wanted.
     * Not for searches. */
    void (*on_unknown)(void *user, const char *shape, const char *member);
    void *user;
} cvi_decode_options;

/* Decodes a whole envelope. Tolerant within records, where a value that a member cannot hold reads
 * as null and is kept as an oddity (oddity.h); items of a list that are no objects ([] in some
 * answers) are no records. Answers a result (one reference, the caller's) also when the service
 * reports an error in its envelope (status_code other than 1, no records). With cvi_search_resource
 * each item becomes a record of the resource that its resource_type names (hits.h). NULL: the text
 * is not JSON, is cut, too deep, or no envelope; or has another shape than asked for
 * (CV_ERROR_RESPONSE), or there is no memory. Any thread. */
cvi_result *cvi_decode(const cvi_decode_options *options, const cv_allocator *allocator,
                       cvi_body body, cv_error *error);

/* The same in parts: what is made of the body does not depend on how it is divided. Any thread, one
 * at a time. */
typedef struct cvi_decoding cvi_decoding;

/* Takes the body over. NULL: no memory, and the body stays the caller's. */
cvi_decoding *cvi_decoding_begin(const cvi_decode_options *options, const cv_allocator *allocator,
                                 cvi_body body);

/* Goes on for about `bytes` of the body: a text in quotes and a hit of a search are taken whole.
 * Each byte is gone over twice (three times in a search). True: it is decoded, or cannot be. */
bool cvi_decoding_step(cvi_decoding *decoding, size_t bytes);

/* Does what is left and answers as cvi_decode does. `is_cut`: a body that is not JSON ends in the
 * middle; NULL: no matter. Frees the decoding. */
cvi_result *cvi_decoding_end(cvi_decoding *decoding, bool *is_cut, cv_error *error);

/* Frees it with all that it has made. NULL is fine. */
void cvi_decoding_drop(cvi_decoding *decoding);

#endif
