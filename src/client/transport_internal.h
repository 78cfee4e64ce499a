/* Shared by the files of the transport; nobody else includes it.
 *
 * A transfer is held by two: the library, until its response is taken or it is cancelled, and the
 * network, until it releases it, which may be long after the client was closed. Whoever lets go
 * last frees it. `shared` members are read and written under the transport's mutex; the others are
 * the driver's. Functions of the table are called without the mutex. */
#ifndef CVI_CLIENT_TRANSPORT_INTERNAL_H
#define CVI_CLIENT_TRANSPORT_INTERNAL_H

#include "client/transfer_face.h"
#include "client/transport.h"
#include "support/platform.h"

enum { CVI_TRANSFER_REASON_SIZE = 192 };

/* What the headers of an answer say, as far as it matters. */
typedef struct cvi_answer_headers {
    cvi_caching caching;
    char *location;         /* as given; NULL: none */
    int64_t retry_after_ms; /* 0: not given, or not understood; so is the next */
    int64_t reset_ms;
    size_t length; /* of the body, unless it is packed; 0: not said */
} cvi_answer_headers;

struct cvi_transport {
    cvi_transport_options options; /* fixed; without its texts */
    cvi_event event;               /* fixed; what a turn waits for when the network has none */
    char *user_agent;
    char *api_key;           /* read under the mutex where the network's threads may come */
    char *escaped_key;       /* as it stands in a URL */
    cvi_transfer *transfers; /* under way or finished */
    char reason[CVI_TRANSFER_REASON_SIZE]; /* of the response that was taken last */

    cvi_mutex mutex;
    size_t references; /* shared: the client's, and each transfer's that the network holds */
};

struct cvi_transfer {
    cv_transfer face; /* first: what the network sees */
    cvi_transport *transport;
    cvi_transfer *next;
    void *owner;
    bool (*readmit)(void *owner, cvi_now now);
    void (*leaves)(void *owner, cvi_now now);
    int64_t send_by_boot_ms;
    char *url;       /* without the key */
    bool is_keyless; /* and sent so */
    size_t max_body_bytes;
    cvi_timeout patience; /* the network's own time-out should have come by then */

    /* shared */
    bool is_held;     /* by the network */
    bool is_wanted;   /* by the library */
    bool may_send;    /* leave to send was given */
    bool refused;     /* and when it was asked for, it was not */
    bool second_send; /* it was asked for twice */
    bool too_large;
    bool no_memory;
    bool over_cap; /* and it was the client's own bound that refused */
    bool overfull; /* its headers were too many, and the library has ended it */
    bool aborted;  /* by the library, which wants no answer any more */
    bool finished; /* nothing below changes any more */
    cv_transfer_end end;
    int64_t answered_boot_ms; /* with an answer */
    int http_status;
    char *body;
    size_t size;
    size_t capacity;
    size_t header_bytes;
    size_t redacted; /* of the body, once it is finished: the driver's */
    cvi_answer_headers headers;
    char reason[CVI_TRANSFER_REASON_SIZE];
};

/* The functions behind the face of a cvi_transfer. */
extern const cvi_transfer_face cvi_transfer_of_client;

/* Ends a transfer that the network has not ended. True: it had not. Takes the mutex. */
bool cvi_transfer_end_late(cvi_transfer *transfer);

/* The same where no answer is wanted any more: for what is cancelled, closed or reset. */
bool cvi_transfer_abort(cvi_transfer *transfer);

/* The library wants the transfer no longer; it may be gone then. Takes the mutex. */
void cvi_transfer_drop(cvi_transfer *transfer);

/* Frees the transport when nobody holds it any more. Takes the mutex. */
void cvi_transport_unreference(cvi_transport *transport);

/* Notes what one header says. The mutex is held. */
void cvi_transfer_note_header(cvi_transfer *transfer, const char *name, const char *value);

/* Redacts so many bytes of a finished body. False: there are no more than that, and concluding does
 * it. */
bool cvi_transfer_prepare(cvi_transfer *transfer, size_t bytes);

/* What came of a finished transfer; moves the body out of it. */
void cvi_transfer_conclude(cvi_transfer *transfer, cvi_response *response);

/* Judges where a redirect leads: an address without the key that may be followed (from the
 * allocator), or NULL. `to_any_host`: it may lead away from where it comes from. `no_memory` tells
 * why. */
char *cvi_redirect_target(const cvi_transport *transport, const char *from, const char *to,
                          bool to_any_host, bool *no_memory);

/* Overwrites the key wherever the service echoes it in `text`. */
void cvi_redact_key(const cvi_transport *transport, char *text, size_t size);

/* The same for what begins in the first `part` bytes; answers where to go on. */
size_t cvi_redact_key_part(const cvi_transport *transport, char *text, size_t size, size_t part);

#endif
