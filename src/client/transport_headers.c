/* Owns what the headers of an answer mean: when to come back, where else to look, and how long an
 * answer may be kept. They come from outside: what is not understood is passed over, and what holds
 * the key is not kept. */
#include "client/transport_internal.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "client/redact.h"
#include "support/allocator.h"
#include "support/cap.h"
#include "support/http_date.h"

#define LONGEST_VALUE     ((size_t)4096)
#define MAX_RETRY_AFTER_S INT64_C(86400)
#define FIRST_UNIX_S      INT64_C(1000000000) /* smaller numbers are no time of the day */

static bool is_printable(const char *value) {
    for (; *value != '\0'; value++) {
        if (((unsigned char)*value < ' ' && *value != '\t') || *value == 0x7F) {
            return false;
        }
    }
    return true;
}

/* Digits and nothing else; more than anybody means are as many as matter. -1: no number. */
static int64_t read_number(const char *value) {
    int64_t number = 0;
    if (*value == '\0') {
        return -1;
    }
    for (; *value >= '0' && *value <= '9'; value++) {
        number = number < INT64_C(1000000000000) ? number * 10 + (*value - '0') : number;
    }
    return *value == '\0' ? number : -1;
}

static int64_t bounded_ms(int64_t pause_s) {
    if (pause_s <= 0) {
        return 0;
    }
    return (pause_s < MAX_RETRY_AFTER_S ? pause_s : MAX_RETRY_AFTER_S) * 1000;
}

static int64_t wall_s(const cvi_transfer *transfer) {
    return cvi_clock_now(&transfer->transport->options.clock).wall_ms / 1000;
}

/* Seconds from now, or a date. */
static void note_retry_after(cvi_transfer *transfer, const char *value) {
    int64_t date_s = 0;
    int64_t pause_s = read_number(value);
    if (pause_s < 0 && cvi_http_date_read(value, &date_s)) {
        pause_s = date_s - wall_s(transfer);
    }
    transfer->headers.retry_after_ms = bounded_ms(pause_s);
}

/* Seconds from now, or a time of the day as seconds of Unix time. */
static void note_reset(cvi_transfer *transfer, const char *value) {
    int64_t reset_s = read_number(value);
    transfer->headers.reset_ms =
        bounded_ms(reset_s < FIRST_UNIX_S ? reset_s : reset_s - wall_s(transfer));
}

/* The first one counts. */
static void note_location(cvi_transfer *transfer, const char *value) {
    if (transfer->headers.location != NULL) {
        return;
    }
    transfer->headers.location =
        cvi_copy_text(&transfer->transport->options.allocator, value, strlen(value));
    if (transfer->headers.location == NULL) {
        transfer->no_memory = true;
        transfer->over_cap = cvi_cap_has_refused();
    }
}

static void note_length(cvi_transfer *transfer, const char *value) {
    int64_t length = read_number(value);
    uint64_t bytes = length > 0 ? (uint64_t)length : 0;
    transfer->headers.length = bytes < SIZE_MAX ? (size_t)bytes : SIZE_MAX;
}

static bool holds_key(const cvi_transfer *transfer, const char *value) {
    return cvi_holds_secret(transfer->transport->api_key, value, strlen(value));
}

static void note_etag(cvi_transfer *transfer, const char *value) {
    if (!holds_key(transfer, value)) {
        cvi_validators_take_etag(&transfer->headers.caching.validators, value);
    }
}

static void note_last_modified(cvi_transfer *transfer, const char *value) {
    cvi_validators_take_last_modified(&transfer->headers.caching.validators, value);
}

static void note_cache_control(cvi_transfer *transfer, const char *value) {
    cvi_cache_control_add(&transfer->headers.caching.control, value);
}

void cvi_transfer_note_header(cvi_transfer *transfer, const char *name, const char *value) {
    static const struct {
        const char *name;
        void (*note)(cvi_transfer *transfer, const char *value);
    } headers[] = {
        {"Content-Length", note_length},
        {"Location", note_location},
        {"Retry-After", note_retry_after},
        {"X-RateLimit-Reset", note_reset},
        {"ETag", note_etag},
        {"Last-Modified", note_last_modified},
        {"Cache-Control", note_cache_control},
    };
    if (strnlen(value, LONGEST_VALUE + 1) > LONGEST_VALUE || !is_printable(value)) {
        return;
    }
    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
        if (strcasecmp(name, headers[i].name) == 0) {
            headers[i].note(transfer, value);
        }
    }
}
