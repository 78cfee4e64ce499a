/* Owns which sockets libcurl wants to hear of, and moves bytes one socket at a time, so that a turn
 * can end between two. A socket that the bundle does not take is one that never becomes ready: its
 * transfer ends by its time-out. Where there are no bundles, libcurl looks after all sockets in one
 * go, which has no bound. */
#include "client/transport_internal.h"

static int watch_socket(CURL *easy, curl_socket_t socket, int what, void *user, void *of_socket) {
    (void)easy;
    (void)of_socket;
    const cvi_transport *transport = user;
    if (what == CURL_POLL_REMOVE) {
        cvi_bundle_remove(&transport->sockets, socket);
        return 0;
    }
    const cvi_ready wanted = {.descriptor = socket,
                              .reads = (what & CURL_POLL_IN) != 0,
                              .writes = (what & CURL_POLL_OUT) != 0};
    cvi_bundle_watch(&transport->sockets, &wanted);
    return 0;
}

static void wake(void *user) {
    curl_multi_wakeup(user);
}

static bool has_bundle(const cvi_transport *transport) {
    return transport->sockets.descriptor >= 0;
}

CURLM *cvi_sockets_open_multi(cvi_transport *transport) {
    CURLM *multi = curl_multi_init();
    if (multi == NULL) {
        return NULL;
    }
    /* Without descriptors libcurl makes a handle that nobody can wake: better none. */
    bool is_usable = curl_multi_wakeup(multi) == CURLM_OK;
    if (is_usable && has_bundle(transport)) {
        is_usable = curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, watch_socket) == CURLM_OK &&
                    curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, transport) == CURLM_OK;
    }
    if (!is_usable) {
        curl_multi_cleanup(multi);
        return NULL;
    }
    cvi_exec_closes(wake, multi); /* libcurl does not say what it is woken through */
    return multi;
}

static void move_one(cvi_transport *transport, const cvi_ready *ready) {
    int running = 0;
    int events = (ready->reads ? CURL_CSELECT_IN : 0) | (ready->writes ? CURL_CSELECT_OUT : 0);
    curl_multi_socket_action(transport->multi, ready->descriptor, events, &running);
}

void cvi_sockets_move(cvi_transport *transport, cvi_slice *slice) {
    int running = 0;
    if (!has_bundle(transport)) {
        curl_multi_perform(transport->multi, &running);
        return;
    }
    if (cvi_transport_due_ms(transport) == 0) {
        curl_multi_socket_action(transport->multi, CURL_SOCKET_TIMEOUT, 0, &running);
        cvi_slice_count(slice);
    }
    cvi_ready ready;
    while (!cvi_slice_is_over(slice) && cvi_bundle_next(&transport->sockets, &ready)) {
        move_one(transport, &ready);
        cvi_slice_count(slice);
    }
}

int cvi_transport_descriptor(const cvi_transport *transport) {
    return transport->sockets.descriptor;
}

int64_t cvi_transport_due_ms(const cvi_transport *transport) {
    long due_ms = -1;
    curl_multi_timeout(transport->multi, &due_ms);
    return due_ms;
}
