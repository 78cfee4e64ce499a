/* Owns the multi handle: starting, pumping and ending transfers. One thread at a time, except
 * cvi_transport_wake. */
#include "client/transport_internal.h"

#include <string.h>

#include "support/allocator.h"
#include "support/error.h"
#include "support/platform.h"

static void free_secret(const cv_allocator *allocator, char *text) {
    if (text != NULL) {
        explicit_bzero(text, strlen(text));
        cvi_release(allocator, text);
    }
}

static bool copy_texts(cvi_transport *transport, const cvi_transport_options *options) {
    const cv_allocator *allocator = &transport->options.allocator;
    transport->api_key = cvi_copy_text(allocator, options->api_key, strlen(options->api_key));
    transport->user_agent =
        cvi_copy_text(allocator, options->user_agent, strlen(options->user_agent));
    char *escaped = curl_easy_escape(NULL, options->api_key, 0);
    if (escaped != NULL) {
        transport->escaped_key = cvi_copy_text(allocator, escaped, strlen(escaped));
        explicit_bzero(escaped, strlen(escaped));
        curl_free(escaped);
    }
    return transport->api_key != NULL && transport->user_agent != NULL &&
           transport->escaped_key != NULL;
}

cvi_transport *cvi_transport_open(const cvi_transport_options *options, cv_error *error) {
    const curl_version_info_data *version = curl_version_info(CURLVERSION_NOW);
    if ((version->features & CURL_VERSION_THREADSAFE) == 0) {
        cvi_error_set(error, CV_ERROR_NETWORK, "libcurl %s cannot be initialised from any thread",
                      version->version);
        return NULL;
    }
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        cvi_error_no_memory(error);
        return NULL;
    }
    cvi_transport *transport = cvi_allocate(&options->allocator, sizeof(*transport));
    if (transport == NULL) {
        curl_global_cleanup();
        cvi_error_no_memory(error);
        return NULL;
    }
    if (!cvi_mutex_init(&transport->wake_mutex)) {
        cvi_release(&options->allocator, transport);
        curl_global_cleanup();
        cvi_error_no_memory(error);
        return NULL;
    }
    transport->options = *options;
    transport->options.api_key = NULL;
    transport->options.user_agent = NULL;
    cvi_bundle_open(&transport->sockets);
    transport->multi = cvi_sockets_open_multi(transport);
    if (!copy_texts(transport, options) || transport->multi == NULL) {
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

static void free_transfer(cvi_transfer *transfer) {
    const cv_allocator *allocator = &transfer->transport->options.allocator;
    if (transfer->easy != NULL) {
        curl_multi_remove_handle(transfer->transport->multi, transfer->easy);
        curl_easy_cleanup(transfer->easy);
    }
    curl_slist_free_all(transfer->headers);
    cvi_release(allocator, transfer->url);
    cvi_release(allocator, transfer->body);
    cvi_release(allocator, transfer);
}

void cvi_transport_close(cvi_transport *transport) {
    if (transport == NULL) {
        return;
    }
    while (transport->transfers != NULL) {
        cvi_transfer *transfer = transport->transfers;
        unlink_transfer(transfer);
        free_transfer(transfer);
    }
    curl_multi_cleanup(transport->multi);
    cvi_bundle_close(&transport->sockets);
    cvi_mutex_destroy(&transport->wake_mutex);
    cv_allocator allocator = transport->options.allocator;
    free_secret(&allocator, transport->api_key);
    free_secret(&allocator, transport->escaped_key);
    cvi_release(&allocator, transport->user_agent);
    cvi_release(&allocator, transport);
    curl_global_cleanup();
}

cvi_transfer *cvi_transport_send(cvi_transport *transport, const cvi_transfer_spec *spec) {
    const cv_allocator *allocator = &transport->options.allocator;
    cvi_transfer *transfer = cvi_allocate(allocator, sizeof(*transfer));
    if (transfer == NULL) {
        return NULL;
    }
    transfer->transport = transport;
    transfer->owner = spec->owner;
    transfer->readmit = spec->readmit;
    transfer->leaves = spec->leaves;
    transfer->send_by_boot_ms = spec->send_by_boot_ms;
    transfer->url = cvi_copy_text(allocator, spec->url, strlen(spec->url));
    if (transfer->url == NULL || !cvi_transfer_prepare(transfer, spec) ||
        curl_multi_add_handle(transport->multi, transfer->easy) != CURLM_OK) {
        free_transfer(transfer);
        return NULL;
    }
    transfer->next = transport->transfers;
    transport->transfers = transfer;
    return transfer;
}

bool cvi_transport_cancel(cvi_transport *transport, cvi_transfer *transfer) {
    (void)transport;
    if (transfer->sends > 0 || transfer->finished) {
        return false;
    }
    unlink_transfer(transfer);
    free_transfer(transfer);
    return true;
}

static void note_finished(cvi_transport *transport) {
    int left = 0;
    for (CURLMsg *message; (message = curl_multi_info_read(transport->multi, &left)) != NULL;) {
        cvi_transfer *transfer = NULL;
        if (message->msg == CURLMSG_DONE &&
            curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer) == CURLE_OK) {
            transfer->finished = true;
            transfer->code = message->data.result;
        }
    }
}

static bool any_finished(const cvi_transport *transport) {
    for (const cvi_transfer *transfer = transport->transfers; transfer != NULL;
         transfer = transfer->next) {
        if (transfer->finished) {
            return true;
        }
    }
    return false;
}

void cvi_transport_reset(cvi_transport *transport) {
    for (cvi_transfer *transfer = transport->transfers; transfer != NULL;
         transfer = transfer->next) {
        curl_multi_remove_handle(transport->multi, transfer->easy);
        transfer->aborted = !transfer->finished;
        transfer->finished = true;
    }
    CURLM *fresh = cvi_sockets_open_multi(transport);
    if (fresh == NULL) {
        return; /* dead connections are found out when they are used */
    }
    CURLM *old = transport->multi;
    cvi_mutex_lock(&transport->wake_mutex);
    transport->multi = fresh;
    cvi_mutex_unlock(&transport->wake_mutex);
    curl_multi_cleanup(old);
}

void cvi_transport_turn(cvi_transport *transport, int64_t timeout_ms, int descriptor,
                        cvi_slice *slice) {
    cvi_sockets_move(transport, slice);
    note_finished(transport);
    if (timeout_ms == 0 || any_finished(transport) || cvi_slice_is_over(slice)) {
        return;
    }
    struct curl_waitfd extra = {.fd = descriptor, .events = CURL_WAIT_POLLIN};
    int timeout = timeout_ms < 0 || timeout_ms > 60000 ? 60000 : (int)timeout_ms;
    if (curl_multi_poll(transport->multi, &extra, descriptor >= 0 ? 1 : 0, timeout, NULL) !=
        CURLM_OK) {
        cvi_platform_sleep_ms(1); /* out of memory, most likely: not at once again */
    }
    cvi_sockets_move(transport, slice);
    note_finished(transport);
}

void *cvi_transport_next(cvi_transport *transport, cvi_response *response) {
    cvi_transfer *transfer = transport->transfers;
    while (transfer != NULL && !transfer->finished) {
        transfer = transfer->next;
    }
    if (transfer == NULL) {
        return NULL;
    }
    void *owner = transfer->owner;
    cvi_transfer_conclude(transfer, response);
    unlink_transfer(transfer);
    free_transfer(transfer);
    return owner;
}

void cvi_transport_wake(cvi_transport *transport) {
    cvi_mutex_lock(&transport->wake_mutex);
    curl_multi_wakeup(transport->multi);
    cvi_mutex_unlock(&transport->wake_mutex);
}

bool cvi_transport_is_busy(const cvi_transport *transport) {
    return transport->transfers != NULL;
}
