/* Owns the start of a slice; the rest is in the header. Any thread. */
#include "support/slice.h"

#include "support/platform.h"

static int64_t system_now_us(void *user) {
    (void)user;
    return cvi_platform_now_us();
}

cvi_slice cvi_slice_start(int64_t duration_us) {
    int64_t now_us = cvi_platform_now_us();
    bool ends = duration_us >= 0 && duration_us < INT64_MAX - now_us;
    return (cvi_slice){
        .now_us = system_now_us, .end_us = ends ? now_us + duration_us : INT64_MAX, .least = 1};
}
