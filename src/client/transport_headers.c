/* Owns the headers about keeping answers: validators are sent with a request, and read from its
 * answer with Cache-Control. What holds the key is not kept. */
#include "client/transport_internal.h"

#include <string.h>

#include "support/buffer.h"

enum { HEADER_SIZE = CVI_ETAG_SIZE + 32 };

static bool add_header(cvi_transfer *transfer, const char *name, const char *value) {
    char text[HEADER_SIZE];
    cvi_buffer line;
    if (value[0] == '\0') {
        return true;
    }
    cvi_buffer_over(&line, text, sizeof(text));
    cvi_buffer_add_text(&line, name);
    cvi_buffer_add_text(&line, ": ");
    cvi_buffer_add_text(&line, value);
    struct curl_slist *longer = curl_slist_append(transfer->headers, text);
    if (longer != NULL) {
        transfer->headers = longer;
    }
    return longer != NULL;
}

bool cvi_transfer_set_validators(cvi_transfer *transfer, const cvi_validators *validators) {
    return validators == NULL ||
           (add_header(transfer, "If-None-Match", validators->etag) &&
            add_header(transfer, "If-Modified-Since", validators->last_modified) &&
            curl_easy_setopt(transfer->easy, CURLOPT_HTTPHEADER, transfer->headers) == CURLE_OK);
}

/* The header's value, in `text`; "" if there is none, it is too long, or it echoes the key. */
static void read_header(const cvi_transfer *transfer, const char *name, char text[HEADER_SIZE]) {
    struct curl_header *header = NULL;
    char redacted[HEADER_SIZE];
    text[0] = '\0';
    if (curl_easy_header(transfer->easy, name, 0, CURLH_HEADER, -1, &header) != CURLHE_OK ||
        strlen(header->value) >= HEADER_SIZE) {
        return;
    }
    size_t size = strlen(header->value) + 1;
    memcpy(text, header->value, size);
    memcpy(redacted, text, size);
    cvi_redact_key(transfer->transport, redacted, size - 1);
    if (strcmp(text, redacted) != 0) {
        text[0] = '\0';
    }
    explicit_bzero(redacted, sizeof(redacted));
}

static void read_control(const cvi_transfer *transfer, cvi_cache_control *control) {
    struct curl_header *header = NULL;
    for (size_t i = 0; curl_easy_header(transfer->easy, "Cache-Control", i, CURLH_HEADER, -1,
                                        &header) == CURLHE_OK;
         i++) {
        cvi_cache_control_add(control, header->value);
    }
}

void cvi_transfer_read_caching(cvi_transfer *transfer, cvi_caching *caching) {
    char text[HEADER_SIZE];
    read_header(transfer, "ETag", text);
    cvi_validators_take_etag(&caching->validators, text);
    read_header(transfer, "Last-Modified", text);
    cvi_validators_take_last_modified(&caching->validators, text);
    read_control(transfer, &caching->control);
}
