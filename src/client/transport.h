/* The network: sends one admitted request at a time per transfer, and hands back what came of it.
 * Sees the network through a table of functions (comicvine/sys/transport.h), that of libcurl or of
 * the application, and believes it no more than it must.
 *
 * A transport is used by one thread at a time (the driver), except cvi_transport_wake and what the
 * table's own functions and threads call. It is the only place that knows the API key. */
#ifndef CVI_CLIENT_TRANSPORT_H
#define CVI_CLIENT_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <comicvine/error.h>
#include <comicvine/memory.h>
#include <comicvine/sys/transport.h>

#include "support/caching.h"
#include "support/clock.h"
#include "support/slice.h"

#define CVI_NO_TRANSPORT "this library was built without libcurl, and option transport is not set"

typedef struct cvi_transport cvi_transport;
typedef struct cvi_transfer cvi_transfer;

typedef struct cvi_transport_options {
    const char *api_key;
    const char *user_agent;
    int64_t connect_timeout_ms;
    int64_t timeout_ms;
    size_t max_body_bytes; /* decoded */
    cv_transport network;  /* stays the caller's to close, after the transport */
    cv_allocator allocator;
    cvi_clock clock;
} cvi_transport_options;

/* What to send, and how long the admission for it holds good. */
typedef struct cvi_transfer_spec {
    const char *url;                  /* without the key; copied */
    const cvi_validators *validators; /* of the answer that is here already; NULL: none */
    bool is_keyless;         /* the key does not go along, and redirects may lead to any host */
    size_t max_body_bytes;   /* 0: the options' */
    bool fresh_connection;   /* do not reuse a kept-alive one */
    int64_t send_by_boot_ms; /* later than this the admission is taken anew */
    bool (*readmit)(void *owner, cvi_now now); /* takes it anew; false: do not send */
    void (*leaves)(void *owner, cvi_now now);  /* the request leaves now; NULL: no matter */
    void *owner;
} cvi_transfer_spec;

typedef enum cvi_response_kind {
    CVI_RESPONSE_ANSWER,           /* a whole HTTP answer: status and body */
    CVI_RESPONSE_REDIRECT,         /* to redirect_url, which is allowed */
    CVI_RESPONSE_REDIRECT_REFUSED, /* to another host, port or protocol, or to nowhere */
    CVI_RESPONSE_NETWORK,          /* no connection, or one that broke */
    CVI_RESPONSE_DEAD_CONNECTION,  /* a kept-alive connection was dead: fetch on a fresh one */
    CVI_RESPONSE_TIMEOUT,
    CVI_RESPONSE_ABORTED,      /* by cvi_transport_reset */
    CVI_RESPONSE_NOT_ADMITTED, /* the admission was too old, and `readmit` refused */
    CVI_RESPONSE_BROKEN,       /* cut short, undecodable or not HTTP */
    CVI_RESPONSE_TOO_LARGE,
    CVI_RESPONSE_NO_MEMORY,
    CVI_RESPONSE_UNSENDABLE /* the network will not send it, now or later */
} cvi_response_kind;

typedef struct cvi_response {
    cvi_response_kind kind;
    bool sent;              /* the request may have left: its admission stays */
    int http_status;        /* 0 without an answer */
    int64_t retry_after_ms; /* the service's wish, at most a day; 0: not given */
    char *body;             /* ANSWER: the receiver's, ends in NUL; NULL when empty */
    size_t size;
    int64_t waited_ms;   /* to be taken, since it was complete */
    cvi_caching caching; /* ANSWER */
    char *redirect_url;  /* REDIRECT: the receiver's, without the key */
    const char *reason;  /* for messages: what went wrong; good until the next response is taken */
} cvi_response;

/* NULL without memory or descriptors. */
cvi_transport *cvi_transport_open(const cvi_transport_options *options, cv_error *error);

/* Ends all transfers without responses. NULL is fine. */
void cvi_transport_close(cvi_transport *transport);

/* Whether the network's connections are waited for before it asks for leave to send; else it sends
 * when it is told to. */
bool cvi_transport_asks(const cvi_transport *transport);

/* Starts a transfer; its response comes from cvi_transport_next with the owner of the spec.
 * NULL without memory. */
cvi_transfer *cvi_transport_send(cvi_transport *transport, const cvi_transfer_spec *spec);

/* Ends a transfer whose request has not left. False: it has, and its response will come. */
bool cvi_transport_cancel(cvi_transport *transport, cvi_transfer *transfer);

/* Breaks off all transfers, each of which then has a response, and closes all connections: they
 * would be dead after a long sleep. */
void cvi_transport_reset(cvi_transport *transport);

/* Moves bytes, one socket after the other until the slice is over; what is left comes with the next
 * turn. If nothing was there to be moved, waits for something at most `timeout_ms`, also for
 * `descriptor` (-1: none). */
void cvi_transport_turn(cvi_transport *transport, int64_t timeout_ms, int descriptor,
                        cvi_slice *slice);

/* A descriptor that is readable while a turn would move something, but for what
 * cvi_transport_due_ms says; -1: none on this system. */
int cvi_transport_descriptor(const cvi_transport *transport);

/* In how many milliseconds a turn is due, whatever the descriptor says; -1: never. */
int64_t cvi_transport_due_ms(cvi_transport *transport);

/* Looks through so many bytes of the next finished transfer's body. False: there is none, or what
 * is left is less, and taking it does that. */
bool cvi_transport_prepare(cvi_transport *transport, size_t bytes);

/* Takes the next finished transfer; NULL: none. The answer is its owner. */
void *cvi_transport_next(cvi_transport *transport, cvi_response *response);

/* Ends a turn that waits, or the next one. Any thread. */
void cvi_transport_wake(cvi_transport *transport);

/* Whether any transfer is under way. */
bool cvi_transport_is_busy(const cvi_transport *transport);

#endif
