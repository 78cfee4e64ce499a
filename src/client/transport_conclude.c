/* Owns what the end of a transfer means. Used by the driver, on transfers that have finished. */
#include "client/transport_internal.h"

#include <string.h>

#include "support/allocator.h"
#include "support/cap.h"

/* Of the ends without an answer. */
static const cvi_response_kind kinds[] = {
    [CV_TRANSFER_NOT_SENT] = CVI_RESPONSE_NETWORK, /* unless the library had said no */
    [CV_TRANSFER_FAILED] = CVI_RESPONSE_NETWORK,
    [CV_TRANSFER_DEAD_CONNECTION] = CVI_RESPONSE_DEAD_CONNECTION,
    [CV_TRANSFER_TIMED_OUT] = CVI_RESPONSE_TIMEOUT,
    [CV_TRANSFER_BROKEN] = CVI_RESPONSE_BROKEN,
    [CV_TRANSFER_NO_MEMORY] = CVI_RESPONSE_NO_MEMORY,
    [CV_TRANSFER_REFUSED] = CVI_RESPONSE_UNSENDABLE,
    [CV_TRANSFER_TOO_LARGE] = CVI_RESPONSE_TOO_LARGE,
};

static cvi_response_kind kind_of_failure(const cvi_transfer *transfer) {
    if (transfer->aborted) {
        return CVI_RESPONSE_ABORTED;
    }
    if (transfer->too_large) {
        return CVI_RESPONSE_TOO_LARGE;
    }
    if (transfer->no_memory) {
        return CVI_RESPONSE_NO_MEMORY;
    }
    if (transfer->second_send) { /* the network's own retry, which was stopped */
        return CVI_RESPONSE_DEAD_CONNECTION;
    }
    if (transfer->end == CV_TRANSFER_NOT_SENT && transfer->refused) {
        return CVI_RESPONSE_NOT_ADMITTED;
    }
    size_t end = (size_t)transfer->end;
    return end < sizeof(kinds) / sizeof(kinds[0]) ? kinds[end] : CVI_RESPONSE_BROKEN;
}

/* A network that does not ask may have sent whatever it was given. */
static bool was_sent(const cvi_transfer *transfer) {
    if (cvi_transport_asks(transfer->transport)) {
        return transfer->may_send;
    }
    bool held_back = transfer->end == CV_TRANSFER_NOT_SENT && transfer->refused;
    return !held_back && transfer->end != CV_TRANSFER_REFUSED;
}

static bool is_redirect(int http_status) {
    return http_status == 301 || http_status == 302 || http_status == 303 || http_status == 307 ||
           http_status == 308;
}

static void conclude_redirect(cvi_transfer *transfer, cvi_response *response) {
    response->kind = CVI_RESPONSE_REDIRECT_REFUSED;
    response->reason = "redirected to nowhere";
    if (transfer->headers.location == NULL) {
        return;
    }
    bool no_memory = false;
    response->redirect_url =
        cvi_redirect_target(transfer->transport, transfer->url, transfer->headers.location,
                            transfer->is_keyless, &no_memory);
    if (response->redirect_url != NULL) {
        response->kind = CVI_RESPONSE_REDIRECT;
        response->reason = NULL;
    } else if (no_memory) {
        response->kind = CVI_RESPONSE_NO_MEMORY;
        response->reason = cvi_cap_has_refused() ? CVI_CAP_REASON : NULL;
    } else {
        response->reason = transfer->is_keyless ? "redirected to what is no safe address"
                                                : "redirected to another host, port or protocol";
    }
}

/* What was room to grow is not kept as long as the answer is. */
static char *take_body(cvi_transfer *transfer) {
    const cv_allocator *allocator = &transfer->transport->options.allocator;
    char *body = cvi_reallocate(allocator, transfer->body, transfer->size + 1);
    if (body == NULL) {
        body = transfer->body;
    }
    transfer->body = NULL;
    return body;
}

/* Who has not got the key cannot echo it, and bytes that are no text are not to be touched. */
static bool may_echo_key(const cvi_transfer *transfer) {
    return !transfer->is_keyless;
}

static void conclude_answer(cvi_transfer *transfer, cvi_response *response) {
    if (is_redirect(response->http_status)) {
        conclude_redirect(transfer, response);
        return;
    }
    response->kind = CVI_RESPONSE_ANSWER;
    response->caching = transfer->headers.caching;
    if (transfer->body != NULL) {
        if (may_echo_key(transfer)) {
            cvi_redact_key(transfer->transport, transfer->body + transfer->redacted,
                           transfer->size - transfer->redacted);
        }
        transfer->body[transfer->size] = '\0';
        response->body = take_body(transfer);
        response->size = transfer->size;
    }
}

static bool is_whole_answer(const cvi_transfer *transfer) {
    return transfer->end == CV_TRANSFER_ANSWERED && !transfer->too_large && !transfer->no_memory;
}

bool cvi_transfer_prepare(cvi_transfer *transfer, size_t bytes) {
    bool has_text = is_whole_answer(transfer) && transfer->body != NULL && may_echo_key(transfer);
    if (!has_text || transfer->size - transfer->redacted <= bytes) {
        return false;
    }
    transfer->redacted +=
        cvi_redact_key_part(transfer->transport, transfer->body + transfer->redacted,
                            transfer->size - transfer->redacted, bytes);
    return true;
}

/* The network may have ended it while nobody looked, and for as long as the application likes. */
static int64_t time_waited_ms(const cvi_transfer *transfer) {
    const cvi_clock *clock = &transfer->transport->options.clock;
    int64_t waited_ms = cvi_clock_now(clock).boot_ms - transfer->answered_boot_ms;
    return waited_ms > 0 ? waited_ms : 0;
}

void cvi_transfer_conclude(cvi_transfer *transfer, cvi_response *response) {
    cvi_transport *transport = transfer->transport;
    memset(response, 0, sizeof(*response));
    response->http_status = transfer->http_status;
    response->sent = was_sent(transfer);
    if (response->http_status >= 400) {
        const cvi_answer_headers *headers = &transfer->headers;
        response->retry_after_ms =
            headers->retry_after_ms > 0 ? headers->retry_after_ms : headers->reset_ms;
    }
    if (is_whole_answer(transfer)) {
        response->waited_ms = time_waited_ms(transfer);
        conclude_answer(transfer, response);
        return;
    }
    response->kind = kind_of_failure(transfer);
    memcpy(transport->reason, transfer->reason, sizeof(transport->reason));
    response->reason = transport->reason[0] != '\0' ? transport->reason : NULL;
    if (transfer->over_cap) {
        response->reason = CVI_CAP_REASON;
    }
}
