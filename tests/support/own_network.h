/* A network such as an application may have: on the public header alone, in memory, and misbehaving
 * where it is told to. Answers lie ready by the end of the path; each transfer that was started is
 * noted. */
#ifndef TESTS_SUPPORT_OWN_NETWORK_H
#define TESTS_SUPPORT_OWN_NETWORK_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include <comicvine/sys/transport.h>

enum { OWN_URL_MAX = 1024, OWN_HEADERS_MAX = 4, OWN_TRANSFERS_MAX = 64 };

/* How the answers come. */
typedef enum own_manner {
    OWN_AT_ONCE, /* inside start */
    OWN_THREAD,  /* on a thread of the network's */
    OWN_TURN,    /* inside turn, having asked for leave */
    OWN_LATER    /* when the test says so */
} own_manner;

typedef struct own_answer {
    cv_transfer_end end;
    int http_status;
    const char *body; /* NULL: none */
    size_t size;      /* of the body; 0: it is a text */
    cv_transfer_header_line headers[OWN_HEADERS_MAX];
    const char *reason;
    bool gives_up;   /* the transfer is given back without an end */
    bool ends_twice; /* and the second time otherwise */
} own_answer;

typedef struct own_transfer {
    cv_transfer *transfer; /* NULL: given back */
    char url[OWN_URL_MAX];
    char user_agent[128];
    char etag[64]; /* of If-None-Match; "": none */
    bool fresh_connection;
} own_transfer;

typedef struct own_network {
    cv_transport table; /* give this to a client */
    own_manner manner;
    own_answer answer; /* to everything, unless `script` has one */
    own_answer script[8];
    size_t script_length;
    bool lacks_memory;     /* to start with */
    bool asks_on_a_thread; /* OWN_THREAD: cv_transfer_may_send before it answers */
    bool refused;          /* it was, the last time */

    pthread_mutex_t mutex;
    pthread_cond_t changed;
    pthread_t thread;
    bool has_thread;
    bool ends;
    bool woken;
    own_transfer transfers[OWN_TRANSFERS_MAX];
    size_t count;
    size_t answered; /* of them, by thread or turn */
    size_t cancelled;
    int resets;
    int closed;
    int late; /* ends that came too late to count */
} own_network;

void own_network_init(own_network *self, own_manner manner);

/* Ends the thread. All transfers must have been given back. */
void own_network_end(own_network *self);

/* Ends transfer `index` as told and gives it back; answers what the library did. */
bool own_network_answer(own_network *self, size_t index, const own_answer *answer);

/* How many transfers have been started. */
size_t own_network_count(own_network *self);

/* Whether a text stands in any of the URLs. */
bool own_network_has_seen(own_network *self, const char *text);

#endif
