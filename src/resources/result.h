/* Results: one immutable, counted block of memory per answer, and the handles that callers get. */
#ifndef CVI_RESOURCES_RESULT_H
#define CVI_RESOURCES_RESULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <comicvine/memory.h>
#include <comicvine/record.h>

#include "resources/table.h"

/* What the service wraps around every answer. */
typedef struct cvi_envelope {
    int64_t status_code; /* 1: fine */
    const char *error;   /* its text, "" if absent */
    int64_t limit;
    int64_t offset; /* -1: it does not say */
    int64_t page_results;
    int64_t total_results; /* -1: it does not say */
} cvi_envelope;

typedef struct cvi_result cvi_result;

/* Another owner / one owner less; the last one frees. Any thread. */
cvi_result *cvi_result_keep(cvi_result *result);
void cvi_result_release(cvi_result *result);

const cvi_envelope *cvi_result_envelope(const cvi_result *result);
const cvi_resource *cvi_result_resource(const cvi_result *result);
bool cvi_result_is_list(const cvi_result *result);

/* A result that is bytes and no records, of a resource of no table's (image.h). Takes the body
 * over, which comes from `allocator`; NULL without memory, and does not. */
cvi_result *cvi_result_of_bytes(const cv_allocator *allocator, const cvi_resource *resource,
                                char *body, size_t size);

/* Records in the result: 1 for a detail, the items of a list, 0 when the service reports an error.
 */
size_t cvi_result_count(const cvi_result *result);

/* The same, but of a list with the items that are no records, such as []. */
size_t cvi_result_item_count(const cvi_result *result);

/* The id of record `index`; 0 if the answer had none. */
int64_t cvi_result_id(const cvi_result *result, size_t index);

/* Whether a detail is about the object with this id. One without an id is taken at its word if its
 * resource's answers may lack it. */
bool cvi_result_is_about(const cvi_result *result, int64_t id);

/* What record `index`, which must exist, is: CV_RESOURCE_NONE for a hit of a search whose type is
 * not known. And its text as received. */
cv_resource cvi_result_type(const cvi_result *result, size_t index);
const char *cvi_result_raw(const cvi_result *result, size_t index, size_t *length);

/* The whole body as received. */
const char *cvi_result_body(const cvi_result *result, size_t *size);

/* A tape (tape.h) of the body, from the result's allocator; NULL: none was made. The caller's from
 * now on, and before the result has a second owner. */
char *cvi_result_take_tape(cvi_result *result, size_t *size);

/* All memory that the result holds, without the handles over it. */
size_t cvi_result_held_bytes(const cvi_result *result);

/* Where one caller's copy of an answer came from. */
typedef struct cvi_provenance {
    cv_source source;
    int64_t fetched_at_ms;
    int64_t expires_at_ms;
    cv_stale_note note; /* with CV_SOURCE_STALE */
    bool is_overtaken;  /* whoever fetched it has lost its job meanwhile: nothing of it is kept */
} cvi_provenance;

/* A handle for one caller over the shared result: a small struct of its own, freed with
 * cv_record_free or cv_page_free. NULL without memory, or when the result is of the other kind or
 * reports an error. */
const cv_record *cvi_result_record(cvi_result *result, const cvi_provenance *provenance);
const cv_page *cvi_result_page(cvi_result *result, const cvi_provenance *provenance);

#endif
