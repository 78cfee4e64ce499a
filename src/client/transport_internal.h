/* Shared by the files of the transport; nobody else includes it. */
#ifndef CVI_CLIENT_TRANSPORT_INTERNAL_H
#define CVI_CLIENT_TRANSPORT_INTERNAL_H

#include <curl/curl.h>

#include "client/transport.h"
#include "support/platform.h"

struct cvi_transport {
    cvi_transport_options options; /* without its texts */
    CURLM *multi;                  /* changed under the mutex, as other threads wake it */
    cvi_mutex wake_mutex;
    cvi_bundle sockets; /* libcurl's; -1: it looks after them itself, all in one go */
    char *user_agent;
    char *api_key;
    char *escaped_key;       /* as it stands in a URL */
    cvi_transfer *transfers; /* under way or finished */
};

struct cvi_transfer {
    cvi_transport *transport;
    cvi_transfer *next;
    CURL *easy;
    struct curl_slist *headers;
    void *owner;
    bool (*readmit)(void *owner, cvi_now now);
    void (*leaves)(void *owner, cvi_now now);
    int64_t send_by_boot_ms;
    char *url; /* without the key */
    char *body;
    size_t size;
    size_t capacity;
    int sends;        /* libcurl went as far as sending the request */
    bool refused;     /* by readmit */
    bool second_send; /* libcurl wanted to send again, and was not let */
    bool too_large;
    bool no_memory;
    bool aborted;  /* by us */
    bool over_cap; /* and it was the client's own bound that refused */
    bool finished;
    CURLcode code; /* once finished */
};

/* Sets up `transfer->easy` for its url. False without memory. */
bool cvi_transfer_prepare(cvi_transfer *transfer, const cvi_transfer_spec *spec);

/* Has the validators (NULL: none) sent along. False without memory. */
bool cvi_transfer_set_validators(cvi_transfer *transfer, const cvi_validators *validators);

/* What the answer of a finished transfer says about keeping it. */
void cvi_transfer_read_caching(cvi_transfer *transfer, cvi_caching *caching);

/* What came of a finished transfer; moves the body out of it. */
void cvi_transfer_conclude(cvi_transfer *transfer, cvi_response *response);

/* Judges where a redirect leads: an address without the key that may be followed (from the
 * allocator), or NULL. `no_memory` tells why. */
char *cvi_redirect_target(const cvi_transport *transport, const char *from, const char *to,
                          bool *no_memory);

/* Overwrites the key wherever the service echoes it in `text`. */
void cvi_redact_key(const cvi_transport *transport, char *text, size_t size);

/* ---- transport_sockets.c ---- */

/* A multi handle whose sockets are members of the bundle, if there is one. NULL without memory or
 * descriptors. */
CURLM *cvi_sockets_open_multi(cvi_transport *transport);

/* Moves what can be moved now: all, or as much as fits into the slice. */
void cvi_sockets_move(cvi_transport *transport, cvi_slice *slice);

#endif
