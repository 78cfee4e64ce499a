/* The two clocks of the server. */
#ifndef TESTS_SERVER_CLOCK_H
#define TESTS_SERVER_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Microseconds of CLOCK_BOOTTIME: the same in every process, and never set. */
int64_t loopback_boot_time_us(void);

/* A moment of CLOCK_MONOTONIC, which is what the server's condition waits by. */
struct timespec loopback_deadline(unsigned from_now_ms);

#endif
