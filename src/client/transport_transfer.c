/* Owns one transfer: how libcurl is set up for it, what is let through on the way, and what its
 * end means. The key is added here, at the last moment, and wiped from our memory at once. */
#include "client/transport_internal.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "support/allocator.h"
#include "support/buffer.h"
#include "support/cap.h"
#include "support/platform.h"

#define FIRST_BODY_BYTES  ((size_t)32768)
#define MAX_RETRY_AFTER_S INT64_C(86400)
#define FIRST_UNIX_S      INT64_C(1000000000) /* smaller numbers are no time of the day */
#define MAX_URL_BYTES     ((size_t)8192)

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
    curl_off_t length = 0;
    curl_easy_getinfo(transfer->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    if (length <= 0) {
        size_t most = transfer->transport->options.max_body_bytes;
        return most < FIRST_BODY_BYTES ? most : FIRST_BODY_BYTES;
    }
    return (uint64_t)length < SIZE_MAX ? (size_t)length : SIZE_MAX;
}

/* The cap is enforced here because libcurl's own does not see decoded bytes. */
static size_t receive_body(char *bytes, size_t unit, size_t count, void *user) {
    cvi_transfer *transfer = user;
    size_t size = unit * count;
    size_t extra = transfer->size == 0 ? expected_bytes(transfer) : size;
    if (extra < size) {
        extra = size;
    }
    if (extra > transfer->transport->options.max_body_bytes - transfer->size) {
        transfer->too_large = true;
        return CURL_WRITEFUNC_ERROR;
    }
    if (!grow_body(transfer, extra)) {
        return CURL_WRITEFUNC_ERROR;
    }
    memcpy(transfer->body + transfer->size, bytes, size);
    transfer->size += size;
    return size;
}

/* libcurl calls this each time that it is about to send, the connection being ready. A second call
 * is its silent retry on another connection: a second request, which nobody has admitted. */
static int before_send(void *user, char *remote_ip, char *local_ip, int remote_port,
                       int local_port) {
    (void)remote_ip;
    (void)local_ip;
    (void)remote_port;
    (void)local_port;
    cvi_transfer *transfer = user;
    if (transfer->sends > 0) {
        transfer->second_send = true;
        return CURL_PREREQFUNC_ABORT;
    }
    cvi_now now = cvi_clock_now(&transfer->transport->options.clock);
    if (now.boot_ms > transfer->send_by_boot_ms && !transfer->readmit(transfer->owner, now)) {
        transfer->refused = true;
        return CURL_PREREQFUNC_ABORT;
    }
    transfer->sends = 1;
    if (transfer->leaves != NULL) {
        transfer->leaves(transfer->owner, now);
    }
    return CURL_PREREQFUNC_OK;
}

/* Sets the address with the key in it; libcurl keeps its own copy. */
static bool set_url(cvi_transfer *transfer) {
    char text[MAX_URL_BYTES];
    cvi_buffer url;
    cvi_buffer_over(&url, text, sizeof(text));
    cvi_buffer_add_text(&url, transfer->url);
    cvi_buffer_add_char(&url, strchr(transfer->url, '?') != NULL ? '&' : '?');
    cvi_buffer_add_text(&url, "api_key=");
    cvi_buffer_add_text(&url, transfer->transport->escaped_key);
    bool set = !url.failed && curl_easy_setopt(transfer->easy, CURLOPT_URL, text) == CURLE_OK;
    explicit_bzero(text, sizeof(text));
    return set;
}

/* A program that the application starts would keep the connection open. */
static curl_socket_t open_socket(void *user, curlsocktype purpose, struct curl_sockaddr *address) {
    (void)user;
    (void)purpose;
    return cvi_socket_open(address->family, address->socktype, address->protocol);
}

static bool set_limits(cvi_transfer *transfer) {
    CURL *easy = transfer->easy;
    const cvi_transport_options *options = &transfer->transport->options;
    return curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)options->connect_timeout_ms) ==
               CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)options->timeout_ms) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_PROXY, "") == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L) == CURLE_OK;
}

static bool set_exchange(cvi_transfer *transfer, bool fresh_connection) {
    CURL *easy = transfer->easy;
    return curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip") == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_USERAGENT, transfer->transport->user_agent) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, fresh_connection ? 1L : 0L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, receive_body) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, before_send) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_PREREQDATA, transfer) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer) == CURLE_OK;
}

bool cvi_transfer_prepare(cvi_transfer *transfer, const cvi_transfer_spec *spec) {
    transfer->easy = curl_easy_init();
    return transfer->easy != NULL && set_url(transfer) && set_limits(transfer) &&
           set_exchange(transfer, spec->fresh_connection) &&
           cvi_transfer_set_validators(transfer, spec->validators);
}

/* A kept-alive connection that the server had closed meanwhile: nothing came back on it. */
static bool reused_dead_connection(const cvi_transfer *transfer) {
    long new_connections = 1;
    curl_easy_getinfo(transfer->easy, CURLINFO_NUM_CONNECTS, &new_connections);
    bool broken = transfer->code == CURLE_GOT_NOTHING || transfer->code == CURLE_SEND_ERROR ||
                  transfer->code == CURLE_RECV_ERROR;
    return transfer->second_send || (broken && new_connections == 0 && transfer->size == 0);
}

static cvi_response_kind kind_of_failure(const cvi_transfer *transfer) {
    if (transfer->refused) {
        return CVI_RESPONSE_NOT_ADMITTED;
    }
    if (transfer->too_large) {
        return CVI_RESPONSE_TOO_LARGE;
    }
    if (transfer->no_memory || transfer->code == CURLE_OUT_OF_MEMORY) {
        return CVI_RESPONSE_NO_MEMORY;
    }
    if (reused_dead_connection(transfer)) {
        return CVI_RESPONSE_DEAD_CONNECTION;
    }
    switch (transfer->code) {
    case CURLE_OPERATION_TIMEDOUT:
        return CVI_RESPONSE_TIMEOUT;
    case CURLE_PARTIAL_FILE:
    case CURLE_BAD_CONTENT_ENCODING:
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_WRITE_ERROR:
        return CVI_RESPONSE_BROKEN;
    default:
        return CVI_RESPONSE_NETWORK;
    }
}

static bool is_redirect(int http_status) {
    return http_status == 301 || http_status == 302 || http_status == 303 || http_status == 307 ||
           http_status == 308;
}

static void conclude_redirect(cvi_transfer *transfer, cvi_response *response) {
    char *location = NULL;
    curl_easy_getinfo(transfer->easy, CURLINFO_REDIRECT_URL, &location);
    response->kind = CVI_RESPONSE_REDIRECT_REFUSED;
    response->reason = "redirected to nowhere";
    if (location == NULL) {
        return;
    }
    bool no_memory = false;
    response->redirect_url =
        cvi_redirect_target(transfer->transport, transfer->url, location, &no_memory);
    if (response->redirect_url != NULL) {
        response->kind = CVI_RESPONSE_REDIRECT;
        response->reason = NULL;
    } else if (no_memory) {
        response->kind = CVI_RESPONSE_NO_MEMORY;
        response->reason = cvi_cap_has_refused() ? CVI_CAP_REASON : NULL;
    } else {
        response->reason = "redirected to another host, port or protocol";
    }
}

/* X-RateLimit-Reset, either in seconds from now or as a time of the day. 0: not there. */
static int64_t read_reset_s(const cvi_transfer *transfer) {
    struct curl_header *header = NULL;
    if (curl_easy_header(transfer->easy, "X-RateLimit-Reset", 0, CURLH_HEADER, -1, &header) !=
        CURLHE_OK) {
        return 0;
    }
    char *end = NULL;
    long long reset_s = strtoll(header->value, &end, 10);
    if (end == header->value || *end != '\0' || reset_s < 0) {
        return 0;
    }
    int64_t wall_s = cvi_clock_now(&transfer->transport->options.clock).wall_ms / 1000;
    return reset_s < FIRST_UNIX_S ? reset_s : reset_s - wall_s;
}

static int64_t read_pause_ms(const cvi_transfer *transfer) {
    curl_off_t pause_s = 0;
    curl_easy_getinfo(transfer->easy, CURLINFO_RETRY_AFTER, &pause_s);
    if (pause_s <= 0) {
        pause_s = read_reset_s(transfer);
    }
    if (pause_s <= 0) {
        return 0;
    }
    return (pause_s < MAX_RETRY_AFTER_S ? pause_s : MAX_RETRY_AFTER_S) * 1000;
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

static void conclude_answer(cvi_transfer *transfer, cvi_response *response) {
    if (is_redirect(response->http_status)) {
        conclude_redirect(transfer, response);
        return;
    }
    response->kind = CVI_RESPONSE_ANSWER;
    cvi_transfer_read_caching(transfer, &response->caching);
    if (transfer->body != NULL) {
        cvi_redact_key(transfer->transport, transfer->body, transfer->size);
        transfer->body[transfer->size] = '\0';
        response->body = take_body(transfer);
        response->size = transfer->size;
    }
}

void cvi_transfer_conclude(cvi_transfer *transfer, cvi_response *response) {
    memset(response, 0, sizeof(*response));
    long http_status = 0;
    curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &http_status);
    response->http_status = (int)http_status;
    response->sent = transfer->sends > 0;
    if (transfer->aborted) {
        response->kind = CVI_RESPONSE_ABORTED;
        response->reason = "broken off";
        return;
    }
    if (response->http_status >= 400) {
        response->retry_after_ms = read_pause_ms(transfer);
    }
    if (transfer->code == CURLE_OK) {
        conclude_answer(transfer, response);
        return;
    }
    response->kind = kind_of_failure(transfer);
    response->reason = transfer->over_cap ? CVI_CAP_REASON : curl_easy_strerror(transfer->code);
}
