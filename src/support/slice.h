/* A slice of time for work that can be spread: how much of it is done before the caller wants to go
 * on. Lies on the caller's stack. */
#ifndef CVI_SUPPORT_SLICE_H
#define CVI_SUPPORT_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct cvi_slice {
    int64_t (*now_us)(void *user);
    void *user;
    int64_t end_us;   /* INT64_MAX: never */
    int64_t least;    /* so many units of work are done in any case, or all that there are */
    int64_t units;    /* that were done */
    bool is_given_up; /* what is left is too short for the next piece */
} cvi_slice;

enum { CVI_SLICE_UNIT_BYTES = 32 * 1024 };

/* From now on for so long, by the monotonic clock, and at least for one unit; negative: without
 * end. */
cvi_slice cvi_slice_start(int64_t duration_us);

/* A unit of work was done. */
static inline void cvi_slice_count(cvi_slice *slice) {
    slice->units++;
}

/* The same for work on so many bytes, which counts for more. */
static inline void cvi_slice_count_bytes(cvi_slice *slice, size_t size) {
    slice->units += 1 + (int64_t)(size / CVI_SLICE_UNIT_BYTES);
}

/* How long it still lasts; -1: without end. */
static inline int64_t cvi_slice_left_us(const cvi_slice *slice) {
    if (slice->end_us == INT64_MAX) {
        return -1;
    }
    int64_t now_us = slice->now_us(slice->user);
    return now_us < slice->end_us ? slice->end_us - now_us : 0;
}

/* Ends it for the sake of a long piece, which is to have a slice of its own: the next one. False:
 * it is this one, as nothing was done yet. */
static inline bool cvi_slice_give_up(cvi_slice *slice) {
    slice->is_given_up = slice->units > 0;
    return slice->is_given_up;
}

/* Whether to stop here and go on another time. Never before a unit was done, so that a slice
 * however short brings the work on. */
static inline bool cvi_slice_is_over(const cvi_slice *slice) {
    return slice->is_given_up || (slice->units >= slice->least && slice->end_us != INT64_MAX &&
                                  slice->now_us(slice->user) >= slice->end_us);
}

#endif
