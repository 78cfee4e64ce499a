/* Reads the clocks. The server is a peer, not a part of what is tested, so that its times are
 * real ones. */
#define _POSIX_C_SOURCE 200809L
#include "clock.h"

enum { MS_PER_S = 1000, US_PER_S = 1000000, NS_PER_US = 1000, NS_PER_MS = 1000000 };

int64_t loopback_boot_time_us(void) {
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now);
    return (int64_t)now.tv_sec * US_PER_S + now.tv_nsec / NS_PER_US;
}

struct timespec loopback_deadline(unsigned from_now_ms) {
    const long ns_per_s = (long)NS_PER_MS * MS_PER_S;
    struct timespec deadline;
    clock_gettime(CLOCK_MONOTONIC, &deadline);
    deadline.tv_sec += (time_t)(from_now_ms / MS_PER_S);
    deadline.tv_nsec += (long)(from_now_ms % MS_PER_S) * NS_PER_MS;
    if (deadline.tv_nsec >= ns_per_s) {
        deadline.tv_nsec -= ns_per_s;
        deadline.tv_sec++;
    }
    return deadline;
}
