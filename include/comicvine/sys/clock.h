/* Replace the clock: for simulations, replays and an application's tests. Under
 * include/comicvine/sys lies what may change in a minor release.
 *
 * cv_options.clock decides everything that the client and its stores decide by time: what is fresh,
 * when a request may be sent, leases of jobs, pauses, deadlines, and what is written to the file.
 * What sleeps cannot use it and takes the system's: the timeout_ms of cv_client_poll and
 * cv_request_wait, and those of a transfer. A client that waits for the clock to go on sleeps for
 * as long as the clock said it would take; who moves a clock by hand uses CV_DRIVE_POLL and polls
 * after it.
 *
 * Programs that share a file should share one notion of time. */
#ifndef COMICVINE_SYS_CLOCK_H
#define COMICVINE_SYS_CLOCK_H

#include <stddef.h>
#include <stdint.h>

#include <comicvine/version.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One look at the clocks. Within a boot boot_ms decides; wall_ms is for what other boots, other
 * programs and people see. */
typedef struct cv_now {
    int64_t boot_ms; /* since some fixed instant, such as boot, suspend included; never steps */
    int64_t wall_ms; /* Unix time; may step in either direction */
} cv_now;

enum { CV_BOOT_ID_MAX = 63 }; /* bytes */

/* A clock. Start from CV_CLOCK_INIT. */
typedef struct cv_clock {
    size_t size;
    void *user; /* handed to its functions */

    /* Both at least 0. Any thread, under locks of the client: it does nothing but look. Must stay
     * good until cv_client_close returns. */
    cv_now (*now)(void *user);

    /* Tells whose boot_ms can be compared with each other: that of other clients and programs on
     * the file with the same boot_id. Printable, at most CV_BOOT_ID_MAX bytes, copied. NULL: with
     * none, so what this client wrote is judged by wall time elsewhere. */
    const char *boot_id;

    int64_t reserved[4];
} cv_clock;

#define CV_CLOCK_INIT                                                                              \
    {                                                                                              \
        sizeof(cv_clock), NULL, NULL, NULL, {                                                      \
            0                                                                                      \
        }                                                                                          \
    }

#ifdef __cplusplus
}
#endif

#endif
