/* Shared by the files of the built-in network, the only ones that know curl; they are left out of a
 * build with COMICVINE_TRANSPORT_CURL=OFF. */
#ifndef CVI_CLIENT_TRANSPORT_CURL_H
#define CVI_CLIENT_TRANSPORT_CURL_H

#include <stdbool.h>
#include <stdint.h>

#include <comicvine/error.h>
#include <comicvine/memory.h>
#include <comicvine/sys/transport.h>

#include "client/transport_curl_functions.h"
#include "support/platform.h"
#include "support/slice.h"

enum { CVI_CURL_DESCRIPTORS = 4096 }; /* whose membership is noted */

/* Lies where it was opened, as libcurl is told its address. */
typedef struct cvi_curl_sockets {
    const cvi_curl *curl; /* fixed */
    CURLM *multi;         /* changed under the mutex, as other threads wake it */
    cvi_mutex wake_mutex;
    bool is_spoilt;    /* `multi`: libcurl has run out of memory in it */
    cvi_bundle bundle; /* of libcurl's sockets; -1: it looks after them itself, all in one go */
    uint64_t members[CVI_CURL_DESCRIPTORS / 64];    /* of the bundle, a bit for each descriptor */
    uint64_t connecting[CVI_CURL_DESCRIPTORS / 64]; /* likewise; members unless libcurl runs */
} cvi_curl_sockets;

/* What the application said of the network. */
typedef struct cvi_curl_settings {
    const cvi_curl *curl; /* fixed */
    char *proxy;          /* each NULL if there is none */
    char *ca_file;
    char *ca_folder;
    struct curl_slist *headers;
} cvi_curl_settings;

typedef struct cvi_curl_network {
    cv_allocator allocator;
    cvi_curl curl; /* fixed */
    cvi_curl_settings settings;
    cvi_curl_sockets sockets;
    struct cvi_curl_exchange *exchanges; /* under way */
} cvi_curl_network;

/* ---- transport_curl_sockets.c; one thread at a time, except wake ---- */

/* `curl` stays where it is. False without memory or descriptors; nothing is held then. */
bool cvi_curl_sockets_open(cvi_curl_sockets *sockets, const cvi_curl *curl);

/* Ends all connections; no easy handle is left in `multi`. So does the next. */
void cvi_curl_sockets_close(cvi_curl_sockets *sockets);

/* Goes on with a multi handle that has no connections; no easy handle is left in the old one. False
 * without memory or descriptors, and it is the old one: dead connections are found out when they
 * are used. */
bool cvi_curl_sockets_renew(cvi_curl_sockets *sockets);

/* Before an easy handle is added: a spoilt multi handle is renewed. False without memory. */
bool cvi_curl_sockets_ready(cvi_curl_sockets *sockets);

/* Moves what can be moved now: all, or as much as fits into the slice. False: libcurl has run out
 * of memory and may watch a transfer no longer, without saying which: all easy handles are to be
 * removed. */
bool cvi_curl_sockets_move(cvi_curl_sockets *sockets, cvi_slice *slice);

/* Until something can be moved, `descriptor` (-1: none) is readable or somebody wakes it, at most
 * `timeout_ms` (-1: a minute). */
void cvi_curl_sockets_wait(cvi_curl_sockets *sockets, int64_t timeout_ms, int descriptor);

void cvi_curl_sockets_wake(cvi_curl_sockets *sockets);

/* Takes a transfer out of libcurl's hands, wherever it is; one that it has not is left alone. */
void cvi_curl_sockets_drop(cvi_curl_sockets *sockets, CURL *easy);

/* libcurl's way to close a socket; `user` is the sockets. */
int cvi_curl_sockets_close_socket(void *user, curl_socket_t socket);

/* When libcurl wants to be called, whatever the sockets say; -1: never. */
int64_t cvi_curl_sockets_due_ms(const cvi_curl_sockets *sockets);

/* ---- transport_curl_settings.c; any thread ---- */

/* Checks and copies; NULL: all are left alone. `curl` stays where it is. False: nothing is held. */
bool cvi_curl_settings_fill(cvi_curl_settings *settings, const cvi_curl *curl,
                            const cv_curl_options *options, const cv_allocator *allocator,
                            cv_error *error);
void cvi_curl_settings_clear(cvi_curl_settings *settings, const cv_allocator *allocator);

/* Has a transfer go by them, but for the headers. False without memory, or if this libcurl cannot.
 */
bool cvi_curl_settings_apply(const cvi_curl_settings *settings, CURL *easy);

#endif
