/* Owns which sockets libcurl wants to hear of, and moves bytes one socket at a time, so that a turn
 * can end between two. A socket that the bundle does not take is one that never becomes ready: its
 * transfer ends by its time-out. Where there are no bundles, libcurl looks after all sockets in one
 * go, which has no bound.
 *
 * libcurl 7.88.0 to 8.2.0 close a socket that is not connected yet without asking us to, and tell
 * only then that they do not want to hear of it. By that time the number may be that of another
 * thread's descriptor, or of the next attempt, of which they tell nothing; and where a child of
 * fork has a copy, the bundle would go on to tell of it, and nobody could take it out any more. So
 * while libcurl runs, no socket that may be one of those is in the bundle. */
#include "client/transport_curl.h"

#include <string.h>

enum { LONGEST_WAIT_MS = 60000, WORD_BITS = 64 };

/* ---- members ---- */

/* Others are hardly ever reached: they are left to the system, which knows its members. */
static bool is_noted(curl_socket_t socket) {
    return socket >= 0 && socket < CVI_CURL_DESCRIPTORS;
}

static bool has(const uint64_t *set, curl_socket_t socket) {
    return (set[socket / WORD_BITS] >> (socket % WORD_BITS) & 1) != 0;
}

static void note(uint64_t *set, curl_socket_t socket, bool is_in) {
    uint64_t bit = UINT64_C(1) << (socket % WORD_BITS);
    if (is_in) {
        set[socket / WORD_BITS] |= bit;
    } else {
        set[socket / WORD_BITS] &= ~bit;
    }
}

static void add_member(cvi_curl_sockets *sockets, const cvi_ready *wanted) {
    if (is_noted(wanted->descriptor)) {
        note(sockets->members, wanted->descriptor, true);
    }
    cvi_bundle_watch(&sockets->bundle, wanted);
}

static void remove_member(cvi_curl_sockets *sockets, curl_socket_t socket) {
    if (is_noted(socket) && !has(sockets->members, socket)) {
        return; /* the number may be anybody's */
    }
    cvi_bundle_remove(&sockets->bundle, socket);
    if (is_noted(socket)) {
        note(sockets->members, socket, false);
    }
}

static void forget_socket(cvi_curl_sockets *sockets, curl_socket_t socket) {
    if (is_noted(socket)) {
        note(sockets->connecting, socket, false);
    }
    remove_member(sockets, socket);
}

/* While it is open: a child of fork may have a copy, whose bytes the bundle would go on to tell of,
 * and nobody could take it out any more. */
int cvi_curl_sockets_close_socket(void *user, curl_socket_t socket) {
    cvi_curl_sockets *sockets = user;
    if (sockets->bundle.descriptor >= 0) {
        forget_socket(sockets, socket);
    }
    cvi_socket_close(socket);
    return 0;
}

static int watch_socket(CURL *easy, curl_socket_t socket, int what, void *user, void *of_socket) {
    (void)easy;
    (void)of_socket;
    cvi_curl_sockets *sockets = user;
    if (what == CURL_POLL_REMOVE) {
        forget_socket(sockets, socket);
        return 0;
    }
    bool connects = what == CURL_POLL_OUT && is_noted(socket);
    if (is_noted(socket)) {
        note(sockets->connecting, socket, connects);
    }
    if (!connects) {
        add_member(sockets, &(cvi_ready){.descriptor = socket,
                                         .reads = (what & CURL_POLL_IN) != 0,
                                         .writes = (what & CURL_POLL_OUT) != 0});
    }
    return 0;
}

/* ---- around libcurl ---- */

static void let_in(cvi_curl_sockets *sockets, curl_socket_t socket) {
    add_member(sockets, &(cvi_ready){.descriptor = socket, .writes = true});
}

static void each_connecting(cvi_curl_sockets *sockets,
                            void (*visit)(cvi_curl_sockets *, curl_socket_t)) {
    for (int first = 0; first < CVI_CURL_DESCRIPTORS; first += WORD_BITS) {
        if (sockets->connecting[first / WORD_BITS] == 0) {
            continue;
        }
        for (int socket = first; socket < first + WORD_BITS; socket++) {
            if (has(sockets->connecting, socket)) {
                visit(sockets, socket);
            }
        }
    }
}

/* Before libcurl may close sockets, and after it. */
static void begin_call(cvi_curl_sockets *sockets) {
    each_connecting(sockets, remove_member);
}

static void end_call(cvi_curl_sockets *sockets) {
    each_connecting(sockets, let_in);
}

/* Where libcurl could not note a socket completely, it divides by zero when it meets that number
 * again (7.88), which may be another connection's. */
static bool had_memory(cvi_curl_sockets *sockets, CURLMcode code) {
    sockets->is_spoilt = code == CURLM_OUT_OF_MEMORY;
    return !sockets->is_spoilt;
}

static bool act(cvi_curl_sockets *sockets, curl_socket_t socket, int events) {
    int running = 0;
    begin_call(sockets);
    CURLMcode code = sockets->curl->multi_socket_action(sockets->multi, socket, events, &running);
    end_call(sockets);
    return had_memory(sockets, code);
}

void cvi_curl_sockets_drop(cvi_curl_sockets *sockets, CURL *easy) {
    begin_call(sockets);
    sockets->curl->multi_remove_handle(sockets->multi, easy);
    end_call(sockets);
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
    memset(sockets->connecting, 0, sizeof(sockets->connecting));
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

static bool move_one(cvi_curl_sockets *sockets, const cvi_ready *ready) {
    return act(sockets, ready->descriptor,
               (ready->reads ? CURL_CSELECT_IN : 0) | (ready->writes ? CURL_CSELECT_OUT : 0));
}

bool cvi_curl_sockets_move(cvi_curl_sockets *sockets, cvi_slice *slice) {
    bool has_memory = cvi_curl_sockets_ready(sockets);
    if (!has_memory) {
        return false;
    }
    if (!has_bundle(sockets)) {
        int running = 0;
        return had_memory(sockets, sockets->curl->multi_perform(sockets->multi, &running));
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
