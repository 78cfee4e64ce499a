/* How long to wait before trying again. Pure. */
#ifndef CVI_CLIENT_RETRY_H
#define CVI_CLIENT_RETRY_H

#include <stdint.h>

#include "support/clock.h"

/* Before try number `tries` + 1 (`tries` at least 1): a random part of 1 s, 2 s, 4 s, up to 30 s,
 * and never less than what the service asked for. */
int64_t cvi_retry_delay_ms(int64_t tries, int64_t retry_after_ms, const cvi_random *random);

/* Before looking at a locked database again: 1 or 2 ms. Constant, since growing starves. */
int64_t cvi_busy_delay_ms(const cvi_random *random);

#endif
