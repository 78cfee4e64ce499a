/* Owns the list of transfers: starting, turning, giving up and taking them. One thread at a time,
 * except cvi_transport_wake. */
#include "client/transport_internal.h"

#include <string.h>

#include "client/url.h"
#include "support/allocator.h"
#include "support/buffer.h"
#include "support/error.h"

#define MAX_URL_BYTES   ((size_t)8192)
#define MAX_KEY_BYTES   ((size_t)1024) /* escaped */
#define PATIENCE_MS     1000           /* beyond a transfer's own time-out */
#define LONGEST_TURN_MS INT64_C(60000)

static bool copy_texts(cvi_transport *transport, const cvi_transport_options *options) {
    const cv_allocator *allocator = &transport->options.allocator;
    char text[MAX_KEY_BYTES];
    cvi_buffer escaped;
    cvi_buffer_over(&escaped, text, sizeof(text));
    cvi_url_encode(&escaped, options->api_key);
    transport->api_key = cvi_secret_copy(options->api_key, strlen(options->api_key));
    transport->escaped_key = cvi_secret_copy(text, escaped.length);
    transport->user_agent =
        cvi_copy_text(allocator, options->user_agent, strlen(options->user_agent));
    explicit_bzero(text, sizeof(text));
    return !escaped.failed && transport->api_key != NULL && transport->user_agent != NULL &&
           transport->escaped_key != NULL;
}

static void free_texts(cvi_transport *transport) {
    cvi_secret_free(transport->api_key);
    cvi_secret_free(transport->escaped_key);
    transport->api_key = NULL; /* the network's threads may still come, and find it closed */
    transport->escaped_key = NULL;
    cvi_release(&transport->options.allocator, transport->user_agent);
}

void cvi_transport_unreference(cvi_transport *transport) {
    cvi_mutex_lock(&transport->mutex);
    bool last = --transport->references == 0;
    cvi_mutex_unlock(&transport->mutex);
    if (last) {
        cv_allocator allocator = transport->options.allocator;
        cvi_event_close(&transport->event);
        cvi_mutex_destroy(&transport->mutex);
        cvi_release(&allocator, transport);
    }
}

cvi_transport *cvi_transport_open(const cvi_transport_options *options, cv_error *error) {
    cvi_transport *transport = cvi_allocate(&options->allocator, sizeof(*transport));
    if (transport == NULL || !cvi_mutex_init(&transport->mutex)) {
        cvi_release(&options->allocator, transport);
        cvi_error_no_memory(error);
        return NULL;
    }
    transport->options = *options;
    transport->options.api_key = NULL;
    transport->options.user_agent = NULL;
    transport->references = 1;
    bool has_texts = copy_texts(transport, options);
    if (!cvi_event_open(&transport->event) || !has_texts) {
        cvi_transport_close(transport);
        cvi_error_set(error, CV_ERROR_NOMEM, "no memory or no descriptors left for the network");
        return NULL;
    }
    return transport;
}

static void unlink_transfer(cvi_transfer *transfer) {
    cvi_transfer **link = &transfer->transport->transfers;
    while (*link != transfer) {
        link = &(*link)->next;
    }
    *link = transfer->next;
}

/* Tells the network that nobody wants the transfer any more; it may be gone then. */
static void give_up(cvi_transfer *transfer) {
    const cv_transport *network = &transfer->transport->options.network;
    if (network->cancel != NULL) {
        network->cancel(network->user, &transfer->face);
    }
}

/* The network still holds what it was told to cancel, for as long as it wants. */
static void end_transfer(cvi_transfer *transfer) {
    unlink_transfer(transfer);
    if (cvi_transfer_abort(transfer)) {
        give_up(transfer);
    }
    cvi_transfer_drop(transfer);
}

void cvi_transport_close(cvi_transport *transport) {
    if (transport == NULL) {
        return;
    }
    while (transport->transfers != NULL) {
        end_transfer(transport->transfers);
    }
    free_texts(transport);
    cvi_transport_unreference(transport);
}

bool cvi_transport_asks(const cvi_transport *transport) {
    return transport->options.network.asks_before_sending;
}

/* ---- sending ---- */

/* The address with the key in it, if that goes along, at the last moment. */
static bool write_url(const cvi_transfer *transfer, char *text, size_t size) {
    cvi_buffer url;
    cvi_buffer_over(&url, text, size);
    cvi_buffer_add_text(&url, transfer->url);
    if (!transfer->is_keyless) {
        cvi_buffer_add_char(&url, strchr(transfer->url, '?') != NULL ? '&' : '?');
        cvi_buffer_add_text(&url, "api_key=");
        cvi_buffer_add_text(&url, transfer->transport->escaped_key);
    }
    return !url.failed;
}

static size_t fill_headers(const cvi_transport *transport, const cvi_validators *validators,
                           cv_transfer_header_line headers[3]) {
    size_t count = 0;
    headers[count++] = (cv_transfer_header_line){"User-Agent", transport->user_agent};
    if (validators != NULL && validators->etag[0] != '\0') {
        headers[count++] = (cv_transfer_header_line){"If-None-Match", validators->etag};
    }
    if (validators != NULL && validators->last_modified[0] != '\0') {
        headers[count++] =
            (cv_transfer_header_line){"If-Modified-Since", validators->last_modified};
    }
    return count;
}

static bool start(cvi_transfer *transfer, const cvi_transfer_spec *spec) {
    cvi_transport *transport = transfer->transport;
    const cvi_transport_options *options = &transport->options;
    char url[MAX_URL_BYTES];
    cv_transfer_header_line headers[3];
    const cv_transfer_request request = {
        .size = sizeof(request),
        .url = url,
        .headers = headers,
        .header_count = fill_headers(transport, spec->validators, headers),
        .connect_timeout_ms = options->connect_timeout_ms,
        .timeout_ms = options->timeout_ms,
        .max_body_bytes = transfer->max_body_bytes,
        .fresh_connection = spec->fresh_connection,
    };
    bool started = write_url(transfer, url, sizeof(url)) &&
                   options->network.start(options->network.user, &transfer->face, &request);
    explicit_bzero(url, sizeof(url));
    return started;
}

static cvi_transfer *new_transfer(cvi_transport *transport, const cvi_transfer_spec *spec) {
    const cv_allocator *allocator = &transport->options.allocator;
    cvi_transfer *transfer = cvi_allocate(allocator, sizeof(*transfer));
    char *url = cvi_copy_text(allocator, spec->url, strlen(spec->url));
    if (transfer == NULL || url == NULL) {
        cvi_release(allocator, transfer);
        cvi_release(allocator, url);
        return NULL;
    }
    transfer->face.face = &cvi_transfer_of_client;
    transfer->transport = transport;
    transfer->owner = spec->owner;
    transfer->readmit = spec->readmit;
    transfer->leaves = spec->leaves;
    transfer->send_by_boot_ms = spec->send_by_boot_ms;
    transfer->is_keyless = spec->is_keyless;
    transfer->max_body_bytes =
        spec->max_body_bytes > 0 ? spec->max_body_bytes : transport->options.max_body_bytes;
    transfer->url = url;
    transfer->patience = cvi_timeout_start(transport->options.timeout_ms + PATIENCE_MS);
    transfer->is_wanted = true;
    transfer->is_held = true;
    cvi_mutex_lock(&transport->mutex);
    transport->references++;
    cvi_mutex_unlock(&transport->mutex);
    return transfer;
}

/* A network that does not ask sends at once: from here on the request counts. */
static void note_leaving(cvi_transfer *transfer) {
    cvi_transport *transport = transfer->transport;
    cvi_mutex_lock(&transport->mutex);
    bool leaves = !transfer->finished || transfer->end != CV_TRANSFER_REFUSED;
    cvi_mutex_unlock(&transport->mutex);
    if (leaves && transfer->leaves != NULL) {
        transfer->leaves(transfer->owner, cvi_clock_now(&transport->options.clock));
    }
}

cvi_transfer *cvi_transport_send(cvi_transport *transport, const cvi_transfer_spec *spec) {
    cvi_transfer *transfer = new_transfer(transport, spec);
    if (transfer == NULL) {
        return NULL;
    }
    if (!start(transfer, spec)) {
        cv_transfer_release(&transfer->face);
        cvi_transfer_drop(transfer);
        return NULL;
    }
    transfer->next = transport->transfers;
    transport->transfers = transfer;
    if (!cvi_transport_asks(transport)) {
        note_leaving(transfer);
    }
    return transfer;
}

bool cvi_transport_cancel(cvi_transport *transport, cvi_transfer *transfer) {
    cvi_mutex_lock(&transport->mutex);
    bool can_be_held_back =
        cvi_transport_asks(transport) && !transfer->may_send && !transfer->finished;
    cvi_mutex_unlock(&transport->mutex);
    if (can_be_held_back) {
        end_transfer(transfer);
    }
    return can_be_held_back;
}

void cvi_transport_reset(cvi_transport *transport) {
    const cv_transport *network = &transport->options.network;
    for (cvi_transfer *transfer = transport->transfers; transfer != NULL;
         transfer = transfer->next) {
        if (cvi_transfer_abort(transfer)) {
            give_up(transfer);
        }
    }
    if (network->reset != NULL) {
        network->reset(network->user);
    }
}

/* ---- turning ---- */

static cvi_transfer *find_finished(cvi_transport *transport) {
    cvi_mutex_lock(&transport->mutex);
    cvi_transfer *transfer = transport->transfers;
    while (transfer != NULL && !transfer->finished) {
        transfer = transfer->next;
    }
    cvi_mutex_unlock(&transport->mutex);
    return transfer;
}

/* Of two times, of which -1 never comes. */
static int64_t sooner(int64_t a, int64_t b) {
    return a < 0 || (b >= 0 && b < a) ? b : a;
}

/* Not past the moment at which the library loses its patience with a transfer. */
static int64_t bounded_wait_ms(const cvi_transport *transport, int64_t timeout_ms) {
    int64_t bound_ms = timeout_ms;
    for (const cvi_transfer *transfer = transport->transfers; transfer != NULL;
         transfer = transfer->next) {
        int64_t left_ms = cvi_timeout_left_ms(transfer->patience);
        bound_ms = sooner(bound_ms, left_ms);
    }
    return bound_ms;
}

/* Ends what the network should have ended; its own end comes too late then. */
static void lose_patience(cvi_transport *transport) {
    for (cvi_transfer *transfer = transport->transfers; transfer != NULL;
         transfer = transfer->next) {
        if (cvi_timeout_left_ms(transfer->patience) == 0 && cvi_transfer_end_late(transfer)) {
            give_up(transfer);
        }
    }
}

/* How many pieces of work the network has done, as far as it says. */
static int64_t turn_network(cvi_transport *transport, int64_t wait_ms, int descriptor,
                            const cvi_slice *slice) {
    const cv_transport *network = &transport->options.network;
    if (network->turn == NULL) {
        cvi_event_wait(&transport->event, descriptor, wait_ms);
        return 0;
    }
    cv_transport_turn turn = {.size = sizeof(turn),
                              .timeout_ms = wait_ms,
                              .descriptor = descriptor,
                              .work_us = cvi_slice_left_us(slice)};
    network->turn(network->user, &turn);
    return turn.pieces > 0 ? turn.pieces : 0;
}

void cvi_transport_turn(cvi_transport *transport, int64_t timeout_ms, int descriptor,
                        cvi_slice *slice) {
    bool has_finished = find_finished(transport) != NULL;
    int64_t longest_ms = sooner(timeout_ms, LONGEST_TURN_MS);
    int64_t wait_ms = has_finished ? 0 : bounded_wait_ms(transport, longest_ms);
    int64_t pieces = turn_network(transport, wait_ms, descriptor, slice);
    lose_patience(transport);
    if (pieces == 0 && !has_finished && find_finished(transport) != NULL) {
        pieces = 1; /* so that it is taken before anybody sleeps */
    }
    slice->units += pieces;
}

int cvi_transport_descriptor(const cvi_transport *transport) {
    const cv_transport *network = &transport->options.network;
    if (network->turn == NULL) {
        return transport->event.descriptor;
    }
    return network->descriptor != NULL ? network->descriptor(network->user) : -1;
}

int64_t cvi_transport_due_ms(cvi_transport *transport) {
    const cv_transport *network = &transport->options.network;
    if (find_finished(transport) != NULL) {
        return 0;
    }
    bool says = network->turn != NULL && network->due_ms != NULL;
    int64_t due_ms = says ? network->due_ms(network->user) : -1;
    return bounded_wait_ms(transport, due_ms);
}

bool cvi_transport_prepare(cvi_transport *transport, size_t bytes) {
    cvi_transfer *transfer = find_finished(transport);
    return transfer != NULL && cvi_transfer_prepare(transfer, bytes);
}

void *cvi_transport_next(cvi_transport *transport, cvi_response *response) {
    cvi_transfer *transfer = find_finished(transport);
    if (transfer == NULL) {
        return NULL;
    }
    void *owner = transfer->owner;
    cvi_transfer_conclude(transfer, response);
    unlink_transfer(transfer);
    if (transfer->overfull) { /* the network knows nothing of that end */
        give_up(transfer);
    }
    cvi_transfer_drop(transfer);
    return owner;
}

void cvi_transport_wake(cvi_transport *transport) {
    const cv_transport *network = &transport->options.network;
    if (network->wake != NULL) {
        network->wake(network->user);
    } else {
        cvi_event_set(&transport->event);
    }
}

bool cvi_transport_is_busy(const cvi_transport *transport) {
    return transport->transfers != NULL;
}
