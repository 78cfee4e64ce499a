/* Owns what the network may do to a transfer, from any thread and in any order: nothing that comes
 * twice, too late or in too large an amount changes anything. */
#include "client/transport_internal.h"

#include <string.h>

#include "support/allocator.h"
#include "support/buffer.h"
#include "support/cap.h"

#define FIRST_BODY_BYTES ((size_t)32768)

static cvi_transfer *own(cv_transfer *face) {
    return (cvi_transfer *)(void *)face; /* its first member */
}

static bool is_open_locked(const cvi_transfer *transfer) {
    return transfer->is_wanted && !transfer->finished;
}

/* ---- leave to send ---- */

/* A second try is a second request, which nobody has admitted. */
static bool begin_asking(cvi_transfer *transfer) {
    cvi_mutex_lock(&transfer->transport->mutex);
    bool may = is_open_locked(transfer) && !transfer->may_send;
    transfer->second_send = transfer->second_send || transfer->may_send;
    cvi_mutex_unlock(&transfer->transport->mutex);
    return may;
}

static bool end_asking(cvi_transfer *transfer, bool may) {
    cvi_mutex_lock(&transfer->transport->mutex);
    transfer->may_send = may;
    transfer->refused = !may;
    cvi_mutex_unlock(&transfer->transport->mutex);
    return may;
}

/* The admission is taken anew by the driver alone; on other threads its age alone decides. */
static bool may_send(cv_transfer *face) {
    cvi_transfer *transfer = own(face);
    const cvi_transport *transport = transfer->transport;
    if (!begin_asking(transfer)) {
        return false;
    }
    cvi_now now = cvi_clock_now(&transport->options.clock);
    bool is_fresh = now.boot_ms <= transfer->send_by_boot_ms;
    if (!cvi_transport_asks(transport)) {
        return end_asking(transfer, is_fresh);
    }
    if (!end_asking(transfer, is_fresh || transfer->readmit(transfer->owner, now))) {
        return false;
    }
    if (transfer->leaves != NULL) {
        transfer->leaves(transfer->owner, now);
    }
    return true;
}

/* ---- what arrives ---- */

/* Makes room for `extra` bytes and a NUL. */
static bool grow_body(cvi_transfer *transfer, size_t extra) {
    size_t needed = transfer->size + extra + 1;
    if (needed <= transfer->capacity) {
        return true;
    }
    size_t capacity = transfer->capacity * 2;
    if (capacity < needed) {
        capacity = needed;
    }
    char *body = cvi_reallocate(&transfer->transport->options.allocator, transfer->body, capacity);
    if (body == NULL) {
        transfer->no_memory = true;
        transfer->over_cap = cvi_cap_has_refused();
        return false;
    }
    transfer->body = body;
    transfer->capacity = capacity;
    return true;
}

/* A body that says its length gets room for all of it at once, so that one that cannot be held is
 * not read. Unpacked it may be longer than that. */
static size_t expected_bytes(const cvi_transfer *transfer) {
    size_t most = transfer->max_body_bytes;
    if (transfer->headers.length > 0) {
        return transfer->headers.length;
    }
    return most < FIRST_BODY_BYTES ? most : FIRST_BODY_BYTES;
}

static bool add_body_locked(cvi_transfer *transfer, const void *bytes, size_t size) {
    if (!is_open_locked(transfer) || transfer->too_large || transfer->no_memory) {
        return false;
    }
    if (size == 0) {
        return true;
    }
    size_t expected = transfer->size == 0 ? expected_bytes(transfer) : 0;
    size_t extra = expected > size ? expected : size;
    if (extra > transfer->max_body_bytes - transfer->size) {
        transfer->too_large = true;
        return false;
    }
    if (!grow_body(transfer, extra)) {
        return false;
    }
    memcpy(transfer->body + transfer->size, bytes, size);
    transfer->size += size;
    return true;
}

static bool take_body(cv_transfer *face, const void *bytes, size_t size) {
    cvi_transfer *transfer = own(face);
    cvi_mutex_lock(&transfer->transport->mutex);
    bool taken = add_body_locked(transfer, bytes, size);
    cvi_mutex_unlock(&transfer->transport->mutex);
    return taken;
}

/* ---- the end ---- */

/* Foreign text for a message of one line: cut, printable, without the key. */
static void note_reason(cvi_transfer *transfer, const char *reason) {
    cvi_buffer text;
    cvi_buffer_over(&text, transfer->reason, sizeof(transfer->reason));
    cvi_buffer_add(&text, reason, strnlen(reason, sizeof(transfer->reason) - 1));
    for (size_t i = 0; i < text.length; i++) {
        unsigned char byte = (unsigned char)transfer->reason[i];
        if (byte < ' ' || byte > '~') {
            transfer->reason[i] = '?';
        }
    }
    cvi_redact_key(transfer->transport, transfer->reason, text.length);
}

static bool finish_locked(cvi_transfer *transfer, cv_transfer_end end, int http_status,
                          const char *reason) {
    if (!is_open_locked(transfer)) {
        return false;
    }
    transfer->finished = true;
    if (end == CV_TRANSFER_ANSWERED) { /* the client is open, and the application's clock there */
        transfer->answered_boot_ms = cvi_clock_now(&transfer->transport->options.clock).boot_ms;
    }
    transfer->end = end;
    transfer->http_status = http_status >= 200 && http_status <= 599 ? http_status : 0;
    note_reason(transfer, reason != NULL ? reason : "");
    if (end == CV_TRANSFER_ANSWERED && transfer->http_status == 0) {
        transfer->end = CV_TRANSFER_BROKEN;
        note_reason(transfer, "an answer without an HTTP status");
    }
    return true;
}

/* Who turns the network finds what it completed meanwhile; other threads end the library's wait. */
static void announce(const cvi_transport *transport) {
    if (transport->options.network.turn == NULL) {
        cvi_event_set(&transport->event);
    }
}

static bool end_locked(cvi_transfer *transfer, cv_transfer_end end, int http_status,
                       const char *reason) {
    bool finished = finish_locked(transfer, end, http_status, reason);
    if (finished) {
        announce(transfer->transport); /* under the mutex: held, so the event is open */
    }
    return finished;
}

static bool complete(cv_transfer *face, cv_transfer_end end, int http_status, const char *reason) {
    cvi_transfer *transfer = own(face);
    cvi_mutex_lock(&transfer->transport->mutex);
    bool finished = end_locked(transfer, end, http_status, reason);
    cvi_mutex_unlock(&transfer->transport->mutex);
    return finished;
}

/* ---- headers ---- */

static bool has_room_for_header(const cvi_transfer *transfer, size_t size) {
    return size <= CVI_MAX_HEADER_BYTES - transfer->header_bytes;
}

/* Without this they could go on for as long as a transfer may last. */
static void take_header(cv_transfer *face, const char *name, const char *value) {
    cvi_transfer *transfer = own(face);
    size_t size = strlen(name) + strlen(value);
    cvi_mutex_lock(&transfer->transport->mutex);
    if (!has_room_for_header(transfer, size)) {
        transfer->overfull = transfer->overfull ||
                             end_locked(transfer, CV_TRANSFER_TOO_LARGE, 0, CVI_TOO_MANY_HEADERS);
    } else if (is_open_locked(transfer)) {
        transfer->header_bytes += size;
        cvi_transfer_note_header(transfer, name, value);
    }
    cvi_mutex_unlock(&transfer->transport->mutex);
}

/* ---- for who stands between ---- */

static void judge_locked(const cvi_transfer *transfer, cv_transfer_end *end, int *http_status) {
    if (transfer->finished) { /* by the library: it was late, or its headers were too many */
        *end = transfer->end;
        *http_status = transfer->http_status;
    }
    if (transfer->aborted || (!transfer->is_wanted && !transfer->finished)) {
        *end = CV_TRANSFER_NOT_SENT;
    } else if (transfer->too_large) {
        *end = CV_TRANSFER_TOO_LARGE;
    } else if (transfer->no_memory) {
        *end = CV_TRANSFER_NO_MEMORY;
    }
}

static void judge(cv_transfer *face, cv_transfer_end *end, int *http_status) {
    cvi_transfer *transfer = own(face);
    cvi_mutex_lock(&transfer->transport->mutex);
    judge_locked(transfer, end, http_status);
    cvi_mutex_unlock(&transfer->transport->mutex);
}

/* ---- letting go ---- */

static void free_transfer(cvi_transfer *transfer) {
    const cv_allocator *allocator = &transfer->transport->options.allocator;
    cvi_release(allocator, transfer->url);
    cvi_release(allocator, transfer->body);
    cvi_release(allocator, transfer->headers.location);
    cvi_release(allocator, transfer);
}

static void release(cv_transfer *face) {
    cvi_transfer *transfer = own(face);
    cvi_transport *transport = transfer->transport;
    complete(face, CV_TRANSFER_FAILED, 0, "the transport gave it up");
    cvi_mutex_lock(&transport->mutex);
    transfer->is_held = false;
    bool last = !transfer->is_wanted;
    cvi_mutex_unlock(&transport->mutex);
    if (last) {
        free_transfer(transfer);
    }
    cvi_transport_unreference(transport);
}

bool cvi_transfer_end_late(cvi_transfer *transfer) {
    cvi_mutex_lock(&transfer->transport->mutex);
    bool late = finish_locked(transfer, CV_TRANSFER_TIMED_OUT, 0, "the transport did not end it");
    cvi_mutex_unlock(&transfer->transport->mutex);
    return late;
}

bool cvi_transfer_abort(cvi_transfer *transfer) {
    cvi_mutex_lock(&transfer->transport->mutex);
    bool aborted = finish_locked(transfer, CV_TRANSFER_FAILED, 0, "broken off");
    transfer->aborted = aborted;
    cvi_mutex_unlock(&transfer->transport->mutex);
    return aborted;
}

void cvi_transfer_drop(cvi_transfer *transfer) {
    cvi_mutex_lock(&transfer->transport->mutex);
    transfer->is_wanted = false;
    bool last = !transfer->is_held;
    cvi_mutex_unlock(&transfer->transport->mutex);
    if (last) {
        free_transfer(transfer);
    }
}

const cvi_transfer_face cvi_transfer_of_client = {may_send, take_header, take_body,
                                                  complete, release,     judge};
