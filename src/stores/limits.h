/* Bounds and arithmetic of times that the three stores share. Times read from a file may be any
 * number, so that nothing is ever added to one unchecked. */
#ifndef CVI_STORES_LIMITS_H
#define CVI_STORES_LIMITS_H

#include <stdint.h>

#define CVI_CLOCK_TOLERANCE_MS INT64_C(5000)         /* by which two wall clocks may disagree */
#define CVI_RATE_KEPT_MS       INT64_C(3602000)      /* the default window of others, and guard */
#define CVI_LONGEST_MS         INT64_C(315360000000) /* ten years: no setting counts for more */
#define CVI_CONNECTING_KEPT_MS INT64_C(2000)         /* a slow connection holds others up so long */
#define CVI_CONNECTING_LOOK_MS INT64_C(100)          /* and those look so often */
#define CVI_LEAST_LEASE_MS     INT64_C(100)          /* what an owner may promise */
#define CVI_LONGEST_LEASE_MS   INT64_C(3600000)      /* likewise: one that is longer is none */
#define CVI_WAITING_LOOK_MS    INT64_C(10000)        /* waiting users ask again so often */
#define CVI_WAITING_SLACK_MS   INT64_C(100)          /* and may be so late */
#define CVI_CLEAN_BATCH        INT64_C(200)          /* rows deleted in one transaction */
#define CVI_CLEAN_BYTES        INT64_C(1048576)      /* and when they had so much, it is enough */

/* `time_ms` + `span_ms`, at most the largest number; `span_ms` is not negative. */
static inline int64_t cvi_time_after(int64_t time_ms, int64_t span_ms) {
    return time_ms > INT64_MAX - span_ms ? INT64_MAX : time_ms + span_ms;
}

/* A setting as a span: negative is `off`, and at most ten years. */
static inline int64_t cvi_span(int64_t setting_ms, int64_t off) {
    if (setting_ms < 0) {
        return off;
    }
    return setting_ms < CVI_LONGEST_MS ? setting_ms : CVI_LONGEST_MS;
}

/* How long ago `then_ms` was: at most ten years, and 0 for a time to come. */
static inline int64_t cvi_age_ms(int64_t now_ms, int64_t then_ms) {
    if (then_ms >= now_ms) {
        return 0;
    }
    return then_ms > now_ms - CVI_LONGEST_MS ? now_ms - then_ms : CVI_LONGEST_MS;
}

#endif
