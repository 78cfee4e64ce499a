/* Owns the two back-offs. Full jitter, so that programs that failed together do not return
 * together. */
#include "client/retry.h"

#define BASE_MS INT64_C(1000)
#define CAP_MS  INT64_C(30000)

int64_t cvi_retry_delay_ms(int64_t tries, int64_t retry_after_ms, const cvi_random *random) {
    int64_t span_ms = BASE_MS;
    for (int64_t i = 1; i < tries && span_ms < CAP_MS; i++) {
        span_ms *= 2;
    }
    int64_t delay_ms = cvi_random_below(random, (span_ms < CAP_MS ? span_ms : CAP_MS) + 1);
    return delay_ms > retry_after_ms ? delay_ms : retry_after_ms;
}

int64_t cvi_busy_delay_ms(const cvi_random *random) {
    return 1 + cvi_random_below(random, 2);
}
