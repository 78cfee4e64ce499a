/* Owns which sockets libcurl wants to hear of, and moves bytes one socket at a time, so that a turn
 * can end between two. A socket that the bundle does not take is one that never becomes ready: its
 * transfer ends by its time-out. Where there are no bundles, libcurl looks after all sockets in one
 * go, which has no bound. */
#include "client/transport_curl.h"

#include <string.h>

enum { LONGEST_WAIT_MS = 60000 };

/* ---- members ---- */

static bool is_noted(curl_socket_t socket) {
    return socket >= 0 && socket < CVI_CURL_DESCRIPTORS;
}

static void add_member(cvi_curl_sockets *sockets, curl_socket_t socket) {
    if (is_noted(socket)) {
        sockets->members[socket / 64] |= UINT64_C(1) << (socket % 64);
    }
}

/* Of a socket that it closes, libcurl may tell when that is done. Then the number may be that of a
 * descriptor of another thread, which is left alone here; only numbers that are hardly ever reached
 * are left to the system, which knows its members. */
static void remove_member(cvi_curl_sockets *sockets, curl_socket_t socket) {
    uint64_t bit = UINT64_C(1) << (socket % 64);
    if (is_noted(socket) && (sockets->members[socket / 64] & bit) == 0) {
        return;
    }
    cvi_bundle_remove(&sockets->bundle, socket);
    if (is_noted(socket)) {
        sockets->members[socket / 64] &= ~bit;
    }
}

/* While it is open: a child of fork may have a copy, whose bytes the bundle would go on to tell of,
 * and nobody could take it out any more. */
int cvi_curl_sockets_close_socket(void *user, curl_socket_t socket) {
    cvi_curl_sockets *sockets = user;
    if (sockets->bundle.descriptor >= 0) {
        remove_member(sockets, socket);
    }
    cvi_socket_close(socket);
    return 0;
}

static int watch_socket(CURL *easy, curl_socket_t socket, int what, void *user, void *of_socket) {
    (void)easy;
    (void)of_socket;
    cvi_curl_sockets *sockets = user;
    if (what == CURL_POLL_REMOVE) {
        remove_member(sockets, socket);
        return 0;
    }
    add_member(sockets, socket);
    const cvi_ready wanted = {.descriptor = socket,
                              .reads = (what & CURL_POLL_IN) != 0,
                              .writes = (what & CURL_POLL_OUT) != 0};
    cvi_bundle_watch(&sockets->bundle, &wanted);
    return 0;
}

/* ---- opening and closing ---- */

typedef struct woken {
    const cvi_curl *curl;
    CURLM *multi;
} woken;

static void wake_multi(void *user) {
    const woken *self = user;
    self->curl->multi_wakeup(self->multi);
}

static bool has_bundle(const cvi_curl_sockets *sockets) {
    return sockets->bundle.descriptor >= 0;
}

/* Its sockets are members of the bundle, if there is one. */
static CURLM *open_multi(cvi_curl_sockets *sockets) {
    CURLM *multi = sockets->curl->multi_init();
    if (multi == NULL) {
        return NULL;
    }
    /* Without descriptors libcurl makes a handle that nobody can wake: better none. */
    bool is_usable = sockets->curl->multi_wakeup(multi) == CURLM_OK;
    if (is_usable && has_bundle(sockets)) {
        is_usable =
            sockets->curl->multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, watch_socket) == CURLM_OK &&
            sockets->curl->multi_setopt(multi, CURLMOPT_SOCKETDATA, sockets) == CURLM_OK;
    }
    if (!is_usable) {
        sockets->curl->multi_cleanup(multi);
        return NULL;
    }
    woken self = {sockets->curl, multi};
    cvi_exec_closes(wake_multi, &self); /* libcurl does not say what it is woken through */
    return multi;
}

bool cvi_curl_sockets_open(cvi_curl_sockets *sockets, const cvi_curl *curl) {
    sockets->curl = curl;
    sockets->is_spoilt = false;
    if (!cvi_mutex_init(&sockets->wake_mutex)) {
        return false;
    }
    cvi_bundle_open(&sockets->bundle);
    memset(sockets->members, 0, sizeof(sockets->members));
    sockets->multi = open_multi(sockets);
    if (sockets->multi == NULL) {
        cvi_curl_sockets_close(sockets);
        return false;
    }
    return true;
}

void cvi_curl_sockets_close(cvi_curl_sockets *sockets) {
    sockets->curl->multi_cleanup(sockets->multi);
    cvi_bundle_close(&sockets->bundle);
    cvi_mutex_destroy(&sockets->wake_mutex);
}

bool cvi_curl_sockets_renew(cvi_curl_sockets *sockets) {
    CURLM *fresh = open_multi(sockets);
    if (fresh == NULL) {
        return false;
    }
    CURLM *old = sockets->multi;
    cvi_mutex_lock(&sockets->wake_mutex);
    sockets->multi = fresh;
    cvi_mutex_unlock(&sockets->wake_mutex);
    sockets->is_spoilt = false;
    sockets->curl->multi_cleanup(old);
    return true;
}

bool cvi_curl_sockets_ready(cvi_curl_sockets *sockets) {
    return !sockets->is_spoilt || cvi_curl_sockets_renew(sockets);
}

/* ---- turns ---- */

/* Where libcurl could not note a socket completely, it divides by zero when it meets that number
 * again (7.88), which may be another connection's. */
static bool note(cvi_curl_sockets *sockets, CURLMcode code) {
    sockets->is_spoilt = code == CURLM_OUT_OF_MEMORY;
    return !sockets->is_spoilt;
}

static bool act(cvi_curl_sockets *sockets, curl_socket_t socket, int events) {
    int running = 0;
    CURLMcode code = sockets->curl->multi_socket_action(sockets->multi, socket, events, &running);
    return note(sockets, code);
}

static bool move_one(cvi_curl_sockets *sockets, const cvi_ready *ready) {
    int events = (ready->reads ? CURL_CSELECT_IN : 0) | (ready->writes ? CURL_CSELECT_OUT : 0);
    return act(sockets, ready->descriptor, events);
}

bool cvi_curl_sockets_move(cvi_curl_sockets *sockets, cvi_slice *slice) {
    int running = 0;
    bool has_memory = cvi_curl_sockets_ready(sockets);
    if (!has_memory) {
        return false;
    }
    if (!has_bundle(sockets)) {
        return note(sockets, sockets->curl->multi_perform(sockets->multi, &running));
    }
    if (cvi_curl_sockets_due_ms(sockets) == 0) {
        has_memory = act(sockets, CURL_SOCKET_TIMEOUT, 0);
        cvi_slice_count(slice);
    }
    cvi_ready ready;
    while (has_memory && !cvi_slice_is_over(slice) && cvi_bundle_next(&sockets->bundle, &ready)) {
        has_memory = move_one(sockets, &ready);
        cvi_slice_count(slice);
    }
    return has_memory;
}

void cvi_curl_sockets_wait(cvi_curl_sockets *sockets, int64_t timeout_ms, int descriptor) {
    struct curl_waitfd extra = {.fd = descriptor, .events = CURL_WAIT_POLLIN};
    bool is_bounded = timeout_ms >= 0 && timeout_ms < LONGEST_WAIT_MS;
    int wait_ms = is_bounded ? (int)timeout_ms : LONGEST_WAIT_MS;
    if (sockets->curl->multi_poll(sockets->multi, &extra, descriptor >= 0 ? 1 : 0, wait_ms, NULL) !=
        CURLM_OK) {
        cvi_platform_sleep_ms(1); /* out of memory, most likely: not at once again */
    }
}

void cvi_curl_sockets_wake(cvi_curl_sockets *sockets) {
    cvi_mutex_lock(&sockets->wake_mutex);
    sockets->curl->multi_wakeup(sockets->multi);
    cvi_mutex_unlock(&sockets->wake_mutex);
}

int64_t cvi_curl_sockets_due_ms(const cvi_curl_sockets *sockets) {
    long due_ms = -1;
    sockets->curl->multi_timeout(sockets->multi, &due_ms);
    return due_ms;
}
