/* Replace the network: an HTTP of the application's (an engine's, a browser's, the system's) in
 * place of libcurl. Under include/comicvine/sys lies what may change in a minor release.
 *
 * A transport is a table of functions in cv_options.transport. The library calls `start` with a GET
 * that it has admitted; the transport sends it and hands over what comes with cv_transfer_header,
 * cv_transfer_body and cv_transfer_complete, from within its functions or from any thread. What it
 * must promise, as the limit is only as exact as that:
 *
 *   One `start` is at most one request on the wire: no redirect is followed, no try repeated, also
 *   not on another connection. Nothing is cached. What is sent is the URL as given and the headers
 *   as given, and what HTTP itself needs; Accept-Encoding is the transport's own.
 *   It leaves within half of cv_options.rate_limit.guard_ms (1 s, if that is not set) of `start`,
 *   or the transport asks cv_transfer_may_send when the connection is there.
 *   The URL has the API key in its query (but that of an image, which may be on any host): it is
 *   not logged, not kept and not shown.
 *   TLS is verified.
 *
 * In a child of fork nothing of an inherited client's transport is called. */
#ifndef COMICVINE_SYS_TRANSPORT_H
#define COMICVINE_SYS_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <comicvine/memory.h>
#include <comicvine/version.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One request under way; the library's. The transport holds it from `start` until it calls
 * cv_transfer_release, and until then may call the functions of a transfer, on any thread, one at a
 * time, also after the client was closed: what comes too late is passed over. */
typedef struct cv_transfer cv_transfer;

/* One header of a request. */
typedef struct cv_transfer_header_line {
    const char *name;  /* without the colon */
    const char *value; /* as it is to be sent */
} cv_transfer_header_line;

/* What to send. Good until `start` returns. */
typedef struct cv_transfer_request {
    size_t size;
    const char *url; /* http or https, with the key (see above); nothing is left to be escaped */
    const cv_transfer_header_line *headers; /* User-Agent, If-None-Match, ...: printable ASCII */
    size_t header_count;                    /* of `headers` */
    int64_t connect_timeout_ms;             /* until the connection is ready */
    int64_t timeout_ms;    /* from start to end; the library gives up a second after it */
    size_t max_body_bytes; /* unpacked; cv_transfer_body refuses what goes beyond */
    bool fresh_connection; /* a kept-alive one has just turned out to be dead: not one of those */
} cv_transfer_request;

/* What came of it. */
typedef enum cv_transfer_end {
    CV_TRANSFER_ANSWERED,        /* a whole answer, whatever its status */
    CV_TRANSFER_NOT_SENT,        /* cv_transfer_may_send said no: is started again when admitted */
    CV_TRANSFER_FAILED,          /* no connection, or one that broke */
    CV_TRANSFER_DEAD_CONNECTION, /* a kept-alive one, on which nothing came back: is started again
                                    at once, with fresh_connection */
    CV_TRANSFER_TIMED_OUT,
    CV_TRANSFER_BROKEN,    /* cut short, not to be unpacked, or not HTTP */
    CV_TRANSFER_NO_MEMORY, /* becomes CV_ERROR_NOMEM */
    CV_TRANSFER_REFUSED,   /* it was not sent, and would not be: CV_ERROR_NETWORK without a retry */
    CV_TRANSFER_TOO_LARGE  /* broken off, as more came than anybody holds, of headers for instance:
                              CV_ERROR_RESPONSE without a retry */
} cv_transfer_end;

/* What a turn is to do. Good until `turn` returns. */
typedef struct cv_transport_turn {
    size_t size;
    int64_t timeout_ms; /* if nothing is there to be moved, to wait at most so long; -1: no limit */
    int descriptor;     /* that also ends the wait, when it is readable; -1: none */
    int64_t work_us;    /* to stop between two pieces of work when so much time has passed, but not
                           before the first; the rest comes with the next turn. -1: no limit */
    int64_t pieces;     /* out: of work that were done. The library takes another turn as long as
                           some are; 0, as it comes: what has completed says it all */
} cv_transport_turn;

/* The table. All functions but `wake` are called by one thread at a time: by the client's worker,
 * or in CV_DRIVE_POLL by who polls or waits just now. None may call the client. */
typedef struct cv_transport {
    size_t size;
    void *user; /* handed to its functions */

    /* Every request is preceded by a cv_transfer_may_send that answered true, inside `turn` and on
     * its thread. Then the limit is exact to the instant of sending, as with libcurl, and a request
     * that was cancelled before is not sent and not counted. Otherwise a request counts from
     * `start`, and goes on when it is cancelled: its answer is kept. */
    bool asks_before_sending;

    /* Begins a transfer; may complete it at once. False: no memory, and nothing is held. Never
     * waits. */
    bool (*start)(void *user, cv_transfer *transfer, const cv_transfer_request *request);

    /* Nobody wants the transfer any more: it is ended soon, not sent if it has not been, and
     * released. One that the transport has released meanwhile is passed over. NULL: transfers go on
     * for nobody. */
    void (*cancel)(void *user, cv_transfer *transfer);

    /* For transports that work in the caller's thread: moves what can be moved, and waits for more
     * until a transfer has completed, the turn's descriptor is readable, its time-out has passed or
     * `wake` is called. Who completes transfers elsewhere ends the wait too. NULL: the library
     * waits by itself, and is woken by cv_transfer_complete. */
    void (*turn)(void *user, cv_transport_turn *turn);

    /* Ends a turn that waits, or the next one. Any thread; under locks of the client, so it does
     * nothing but signal. Needed with `turn`. */
    void (*wake)(void *user);

    /* The last call: the client is closed, all transfers are cancelled. NULL: nothing is to be done
     * then. */
    void (*close)(void *user);

    /* For loops of the application's (cv_client_fd), with `turn`: a descriptor that is readable
     * while a turn would move something, but for what `due_ms` says; -1: none just now. It stays
     * the same from one turn to the next, and no turn leaves it readable for nothing. Under locks
     * of the client, so it does nothing but answer; so does the next. NULL: the client looks every
     * few milliseconds while a transfer is under way. */
    int (*descriptor)(void *user);

    /* With `turn`: in how many milliseconds one is due, whatever the descriptor says; -1: never.
     * NULL: never. */
    int64_t (*due_ms)(void *user);

    /* The client is suspended, and all transfers are cancelled: closes what connections are kept
     * alive, which would be dead after a long sleep. NULL: there are none, or they may die. */
    void (*reset)(void *user);

    int64_t reserved[5];
} cv_transport;

/* clang-format off */
#define CV_TRANSPORT_INIT                                                                          \
    {                                                                                              \
        sizeof(cv_transport), NULL, false, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, {0}     \
    }
/* clang-format on */

/* ---- for transports: what came of a transfer; any thread, while it is held ---- */

/* Asked when the connection is ready, right before the request is sent. True: send it now. False:
 * the admission is too old, nobody wants the answer any more, or it has been sent before: complete
 * it as CV_TRANSFER_NOT_SENT. */
CV_API bool cv_transfer_may_send(cv_transfer *transfer);

/* A header of the answer, without line break, at any time before the end. Interim answers (1xx)
 * have none. The library uses Location, Retry-After, X-RateLimit-Reset, ETag, Last-Modified and
 * Cache-Control; and Content-Length, if it comes before the body, to make room at once. Others, and
 * values longer than 4096 bytes or with control characters, are passed over. Names and values of
 * more than 256 KiB together end the transfer as CV_TRANSFER_TOO_LARGE: the transport is told to
 * cancel it, and whoever keeps headers until the end bounds them by himself. */
CV_API void cv_transfer_header(cv_transfer *transfer, const char *name, const char *value);

/* The next bytes of the body, unpacked. False: no more of it are wanted (too many, no memory, or
 * the transfer has ended): end it, with whichever cv_transfer_end. */
CV_API bool cv_transfer_body(cv_transfer *transfer, const void *bytes, size_t size);

/* Ends it. `http_status` is that of the answer, also of one that was cut; 0 without one. `reason`
 * says in a few words what went wrong, for messages; NULL: nothing to say. Only the first end
 * counts; false: it had ended already, or nobody wants it any more. */
CV_API bool cv_transfer_complete(cv_transfer *transfer, cv_transfer_end end, int http_status,
                                 const char *reason);

/* The transport holds the transfer no longer: its last call with it. One that has not been
 * completed is CV_TRANSFER_FAILED. */
CV_API void cv_transfer_release(cv_transfer *transfer);

/* ---- the built-in one ---- */

/* Fills the table with a transport on libcurl, for one client, which closes it; or for a wrapper.
 * Loads libcurl if that is not there yet, which takes some milliseconds: who has none to spare at
 * the first miss calls it before. False, with cv_last_error(), in a build without libcurl
 * (CV_ERROR_ARGUMENT), where it cannot be loaded (CV_ERROR_NETWORK), or without memory or
 * descriptors. Who does not give it to a client or a wrapper calls its `close`. Any thread. */
CV_API bool cv_transport_curl(cv_transport *transport);

/* What the built-in one may be told. All is copied; nothing of it is logged or shown. TLS is
 * verified whatever stands here. */
typedef struct cv_curl_options {
    size_t size;

    /* The proxy that requests go through: scheme://[user:password@]host[:port], where the scheme is
     * http, https, socks4, socks4a, socks5 or socks5h. A base URL with https is tunnelled; one with
     * http lets the proxy see all, the API key included. NULL: none, and in no case does the
     * environment say (http_proxy, no_proxy and so on). */
    const char *proxy;

    /* Whose signature makes a certificate good, for the service and for a proxy with https: a file
     * (PEM), a folder (as c_rehash leaves it), or both, in place of those that libcurl comes with.
     * NULL: none; both NULL: libcurl's own. */
    const char *ca_file;
    const char *ca_folder;

    /* Sent with each request beside the library's own headers, such as Authorization for a mirror;
     * with those for images too (image.h), whose hosts may be others; never to a proxy that
     * tunnels. Not those that the library or libcurl sends itself, nor any
     * that would change which answer it is. Answers are cached for everybody on the file, whatever
     * the headers were. */
    const cv_transfer_header_line *headers;
    size_t header_count; /* at most 32 */

    const cv_allocator *allocator; /* for what the library itself allocates; NULL: malloc */

    int64_t reserved[8];
} cv_curl_options;

/* clang-format off */
#define CV_CURL_OPTIONS_INIT                                                                       \
    {                                                                                              \
        sizeof(cv_curl_options), NULL, NULL, NULL, NULL, 0, NULL, {0}                              \
    }
/* clang-format on */

/* The same with options, which are checked: CV_ERROR_ARGUMENT. Any thread. */
CV_API bool cv_transport_curl_with(cv_transport *transport, const cv_curl_options *options);

#ifdef __cplusplus
}
#endif

#endif
