/* Record what the service answers, and replay it in an application's tests: no network, no key that
 * is good for anything, the same answers each time. Under include/comicvine/sys lies what may
 * change in a minor release.
 *
 * A recording is a folder with one text file for each answer. Of the request it has the path and
 * the query without the key; scheme, host and port do not count, so what was recorded from the
 * service is replayed for any base URL of the same path. The API key is blotted out wherever the
 * answer echoes it (if it has 8 characters or more). A file, which may as well be written by hand:
 *
 *     comicvine-replay 1
 *     GET /api/issue/4000-52/?format=json
 *     status 200
 *     header ETag: "5f1c"
 *     body
 *     {"error":"OK", ...
 *
 *     comicvine-replay 1     the format's version
 *     GET PATH?QUERY         of the request
 *     status NUMBER          the HTTP status; left out without an answer
 *     end WORD               not an answer, but: failed, timed-out, broken or too-large
 *     header NAME: VALUE     those that the library uses
 *     body [BYTES]           what follows this line: so many bytes, or all there is
 *
 * It is named after the request: its path without strange characters, 16 digits of the SHA-256 of
 * PATH?QUERY, and a number; "-1.txt" is the first answer to that request, "-2.txt" the second. The
 * last one is given again from then on. A file that is not of this form, or of another request, is
 * an error and not passed over. */
#ifndef COMICVINE_SYS_REPLAY_H
#define COMICVINE_SYS_REPLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <comicvine/memory.h>
#include <comicvine/sys/transport.h>
#include <comicvine/version.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Fills `transport` with one that sends through `inner` (NULL: libcurl) and writes each answer into
 * `folder`, which exists; it replaces what was recorded of the same request before. Its memory is
 * malloc's, and is no part of max_memory_bytes. It takes `inner` over, and closes it when it is
 * closed. An answer that cannot be written fails the call. False: cv_last_error(), and `inner`
 * stays the caller's. Any thread. */
CV_API bool cv_transport_record(cv_transport *transport, const char *folder,
                                const cv_transport *inner);

struct cv_clock;

/* Start from CV_REPLAY_OPTIONS_INIT. */
typedef struct cv_replay_options {
    size_t size;
    const char *folder; /* needed; copied */
    int64_t latency_ms; /* each answer comes so long after its start; 0: at once */

    /* By which the latency passes (sys/clock.h): that of the client, mostly. Who moves it by hand
     * polls after it. NULL: the system's; copied. */
    const struct cv_clock *clock;

    const cv_allocator *allocator; /* NULL: malloc; copied */
    int64_t reserved[4];
} cv_replay_options;

/* clang-format off */
#define CV_REPLAY_OPTIONS_INIT                                                                     \
    {                                                                                              \
        sizeof(cv_replay_options), NULL, 0, NULL, NULL, {0}                                        \
    }
/* clang-format on */

/* Fills `transport` with one that answers from a folder and never sends anything. A request that
 * was not recorded fails with CV_ERROR_NETWORK, without a retry: its message says "not recorded"
 * and names it. The limit and its interval hold as for any other transport; a test that is in a
 * hurry sets rate_limit.min_interval_ms = CV_NO_INTERVAL. False: cv_last_error(). Any thread. */
CV_API bool cv_transport_replay(cv_transport *transport, const cv_replay_options *options);

#ifdef __cplusplus
}
#endif

#endif
