/* Makes answers: the envelopes of the service's errors, plain texts, gzip. A reply owns its body
 * and nothing else; it belongs to the one request that is being answered. */
#define _POSIX_C_SOURCE 200809L
#include "reply.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

static const char json_type[] = "application/json; charset=utf-8";

struct api_error {
    unsigned api_status;
    unsigned http_status;
    const char *text;
};

static const struct api_error api_errors[] = {
    {LOOPBACK_API_INVALID_KEY, 401, "Invalid API Key"},
    {LOOPBACK_API_NOT_FOUND, 200, "Object Not Found"},
    {LOOPBACK_API_URL_FORMAT, 404, "Error in URL Format"},
    {103, 200, "'jsonp' format requires a 'json_callback' argument"},
    {LOOPBACK_API_FILTER, 200, "Filter Error"},
    {105, 200, "Subscriber only video is for subscribers only"},
    {107, 420, "Rate limit exceeded.  Slow down cowboy."},
};

static struct api_error error_of(unsigned api_status) {
    for (size_t i = 0; i < sizeof api_errors / sizeof api_errors[0]; i++) {
        if (api_errors[i].api_status == api_status) {
            return api_errors[i];
        }
    }
    return (struct api_error){api_status, 200, "Unknown Error"};
}

void loopback_reply_json(loopback_reply *reply, char *body, size_t body_size) {
    loopback_reply_clear(reply);
    *reply = (loopback_reply){
        .http_status = 200, .content_type = json_type, .body = body, .body_size = body_size};
}

bool loopback_reply_error(loopback_reply *reply, unsigned api_status) {
    struct api_error error = error_of(api_status);
    char body[256];
    int size = snprintf(body, sizeof body,
                        "{\"error\":\"%s\",\"limit\":0,\"offset\":0,\"number_of_page_results\":0,"
                        "\"number_of_total_results\":0,\"status_code\":%u,\"results\":[]}",
                        error.text, error.api_status);
    if (size < 0 || !loopback_reply_replace(reply, body, (size_t)size)) {
        return false;
    }
    reply->http_status = error.http_status;
    reply->content_type = json_type;
    return true;
}

bool loopback_reply_text(loopback_reply *reply, unsigned http_status, const char *text) {
    if (!loopback_reply_replace(reply, text, strlen(text))) {
        return false;
    }
    reply->http_status = http_status;
    reply->content_type = "text/plain";
    return true;
}

bool loopback_reply_replace(loopback_reply *reply, const char *body, size_t body_size) {
    char *copy = malloc(body_size + 1);
    if (!copy) {
        return false;
    }
    memcpy(copy, body, body_size);
    copy[body_size] = '\0';
    free(reply->body);
    reply->body = copy;
    reply->body_size = body_size;
    reply->gzip = false;
    return true;
}

/* FNV-1a. */
static uint64_t hash_of(const char *bytes, size_t size) {
    uint64_t hash = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < size; i++) {
        hash = (hash ^ (unsigned char)bytes[i]) * UINT64_C(1099511628211);
    }
    return hash;
}

bool loopback_reply_validate(loopback_reply *reply, const char *if_none_match,
                             const char *if_modified_since) {
    if (reply->http_status != 200) {
        return true;
    }
    (void)snprintf(reply->etag, sizeof reply->etag, "\"%016" PRIx64 "\"",
                   hash_of(reply->body, reply->body_size));
    bool is_known =
        if_none_match ? strcmp(if_none_match, reply->etag) == 0
                      : if_modified_since && strcmp(if_modified_since, LOOPBACK_LAST_MODIFIED) == 0;
    if (!is_known) {
        return true;
    }
    reply->http_status = 304;
    return loopback_reply_replace(reply, "", 0);
}

void loopback_reply_stamp(loopback_reply *reply, const char *stamp, size_t number) {
    size_t length = strlen(stamp);
    char *end = reply->body + reply->body_size;
    for (char *place = reply->body;
         (place = memmem(place, (size_t)(end - place), stamp, length)) != NULL; place += length) {
        size_t left = number;
        for (size_t i = length; i > 0; i--) {
            place[i - 1] = (char)('0' + left % 10);
            left /= 10;
        }
    }
}

bool loopback_reply_compress(loopback_reply *reply) {
    enum { GZIP_WINDOW_BITS = 15 + 16, MEMORY_LEVEL = 8 };
    if (reply->body_size > UINT32_MAX / 2) {
        return false; /* zlib counts in unsigned int; an answer this long is not worth a loop */
    }
    z_stream stream = {0};
    if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, GZIP_WINDOW_BITS, MEMORY_LEVEL,
                     Z_DEFAULT_STRATEGY) != Z_OK) {
        return false;
    }
    uLong bound = deflateBound(&stream, (uLong)reply->body_size);
    Bytef *packed = malloc(bound);
    stream.next_in = (Bytef *)reply->body;
    stream.avail_in = (uInt)reply->body_size;
    stream.next_out = packed;
    stream.avail_out = (uInt)bound;
    bool complete = packed && deflate(&stream, Z_FINISH) == Z_STREAM_END;
    size_t packed_size = stream.total_out;
    deflateEnd(&stream);
    if (!complete) {
        free(packed);
        return false;
    }
    free(reply->body);
    reply->body = (char *)packed;
    reply->body_size = packed_size;
    reply->gzip = true;
    return true;
}

void loopback_reply_clear(loopback_reply *reply) {
    free(reply->body);
    *reply = (loopback_reply){0};
}
