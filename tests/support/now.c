/* The machine's own time, for bounds on what really passes. Apart from api.c, as tests without a
 * server need it too. Any thread. */
#include "support/api.h"

#include <time.h>

int64_t api_now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}
