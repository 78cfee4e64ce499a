/* Owns the public functions of a transfer, which lead to whoever made it, and the rules for tables.
 * Any thread. */
#include "client/transfer_face.h"

#include "support/allocator.h"
#include "support/error.h"
#include "support/options.h"

bool cv_transfer_may_send(cv_transfer *transfer) {
    return transfer->face->may_send(transfer);
}

void cv_transfer_header(cv_transfer *transfer, const char *name, const char *value) {
    if (name != NULL && value != NULL) {
        transfer->face->header(transfer, name, value);
    }
}

bool cv_transfer_body(cv_transfer *transfer, const void *bytes, size_t size) {
    return transfer->face->body(transfer, bytes, size);
}

bool cv_transfer_complete(cv_transfer *transfer, cv_transfer_end end, int http_status,
                          const char *reason) {
    return transfer->face->complete(transfer, end, http_status, reason);
}

void cv_transfer_release(cv_transfer *transfer) {
    transfer->face->release(transfer);
}

bool cv_transport_curl(cv_transport *transport) {
    cv_error error;
    bool made = cvi_transport_built_in(transport, NULL, &cvi_default_allocator, &error);
    if (!made) {
        cvi_error_remember(&error);
    }
    return made;
}

static bool make_with(cv_transport *transport, const cv_curl_options *given, cv_error *error) {
    cv_curl_options options;
    size_t reserved = sizeof(options.reserved) / sizeof(options.reserved[0]);
    if (!cvi_copy_sized(&options, sizeof(options), given, "cv_curl_options", error) ||
        !cvi_check_reserved(options.reserved, reserved, "cv_curl_options", error) ||
        !cvi_check_allocator(options.allocator, error)) {
        return false;
    }
    const cv_allocator *allocator =
        options.allocator != NULL ? options.allocator : &cvi_default_allocator;
    return cvi_transport_built_in(transport, &options, allocator, error);
}

bool cv_transport_curl_with(cv_transport *transport, const cv_curl_options *options) {
    cv_error error;
    bool made = make_with(transport, options, &error);
    if (!made) {
        cvi_error_remember(&error);
    }
    return made;
}

bool cvi_transport_copy(cv_transport *copy, const cv_transport *network, cv_error *error) {
    size_t reserved = sizeof(copy->reserved) / sizeof(copy->reserved[0]);
    if (!cvi_copy_sized(copy, sizeof(*copy), network, "cv_transport", error) ||
        !cvi_check_reserved(copy->reserved, reserved, "cv_transport", error)) {
        return false;
    }
    const char *lack = copy->start == NULL                            ? "has no start"
                       : (copy->turn == NULL) != (copy->wake == NULL) ? "has one of turn and wake"
                       : copy->asks_before_sending && copy->turn == NULL ? "asks, and has no turn"
                                                                         : NULL;
    if (lack != NULL) {
        cvi_error_set(error, CV_ERROR_ARGUMENT, "option transport %s", lack);
    }
    return lack == NULL;
}
