/* Owns the two rules about the key and foreign text: a redirect is followed only on the same host,
 * and what the service echoes is made harmless before anybody sees it. Pure. */
#include "client/transport_internal.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "support/allocator.h"
#include "support/buffer.h"

#define SHORTEST_REDACTED_KEY 8 /* below, a match would be chance and damage good text */

static bool parts_equal(CURLU *a, CURLU *b, CURLUPart part) {
    char *text_a = NULL;
    char *text_b = NULL;
    bool equal = curl_url_get(a, part, &text_a, CURLU_DEFAULT_PORT) == CURLUE_OK &&
                 curl_url_get(b, part, &text_b, CURLU_DEFAULT_PORT) == CURLUE_OK &&
                 strcasecmp(text_a, text_b) == 0;
    curl_free(text_a);
    curl_free(text_b);
    return equal;
}

static bool part_is(CURLU *url, CURLUPart part, const char *value) {
    char *text = NULL;
    bool equal =
        curl_url_get(url, part, &text, CURLU_DEFAULT_PORT) == CURLUE_OK && strcmp(text, value) == 0;
    curl_free(text);
    return equal;
}

/* The same host and port; or the same host from plain port 80 to TLS port 443. */
static bool may_follow(CURLU *from, CURLU *to) {
    char *user = NULL;
    bool has_user = curl_url_get(to, CURLUPART_USER, &user, 0) == CURLUE_OK;
    curl_free(user);
    if (has_user || !parts_equal(from, to, CURLUPART_HOST)) {
        return false;
    }
    bool same = parts_equal(from, to, CURLUPART_SCHEME) && parts_equal(from, to, CURLUPART_PORT);
    bool upgraded = part_is(from, CURLUPART_SCHEME, "http") &&
                    part_is(from, CURLUPART_PORT, "80") && part_is(to, CURLUPART_SCHEME, "https") &&
                    part_is(to, CURLUPART_PORT, "443");
    return same || upgraded;
}

/* Adds the query without any api_key parameter. */
static void add_query(cvi_buffer *out, const char *query) {
    char separator = '?';
    while (*query != '\0') {
        size_t length = strcspn(query, "&");
        if (length > 0 && strncasecmp(query, "api_key=", 8) != 0) {
            cvi_buffer_add_char(out, separator);
            cvi_buffer_add(out, query, length);
            separator = '&';
        }
        query += length + (query[length] == '&' ? 1 : 0);
    }
}

/* The address written anew without key and fragment. */
static void write_target(CURLU *to, cvi_buffer *out) {
    char *query = NULL;
    char *rest = NULL;
    curl_url_get(to, CURLUPART_QUERY, &query, 0);
    curl_url_set(to, CURLUPART_QUERY, NULL, 0);
    curl_url_set(to, CURLUPART_FRAGMENT, NULL, 0);
    if (curl_url_get(to, CURLUPART_URL, &rest, 0) == CURLUE_OK) {
        cvi_buffer_add_text(out, rest);
        add_query(out, query != NULL ? query : "");
    } else {
        out->failed = true;
    }
    curl_free(query);
    curl_free(rest);
}

static bool holds_key(const cvi_transport *transport, const char *text) {
    return strstr(text, transport->api_key) != NULL || strstr(text, transport->escaped_key) != NULL;
}

char *cvi_redirect_target(const cvi_transport *transport, const char *from, const char *to,
                          bool *no_memory) {
    char *target = NULL;
    CURLU *from_url = curl_url();
    CURLU *to_url = curl_url();
    cvi_buffer out;
    cvi_buffer_init(&out, &transport->options.allocator, 4096);
    *no_memory = from_url == NULL || to_url == NULL;
    if (!*no_memory && curl_url_set(from_url, CURLUPART_URL, from, 0) == CURLUE_OK &&
        curl_url_set(to_url, CURLUPART_URL, to, 0) == CURLUE_OK && may_follow(from_url, to_url)) {
        write_target(to_url, &out);
        target = cvi_buffer_detach(&out);
    }
    curl_url_cleanup(from_url);
    curl_url_cleanup(to_url);
    if (target != NULL && holds_key(transport, target)) {
        cvi_release(&transport->options.allocator, target);
        return NULL;
    }
    return target;
}

static void redact(const char *key, char *text, size_t size) {
    size_t length = strlen(key);
    if (length < SHORTEST_REDACTED_KEY) {
        return;
    }
    char *end = text + size;
    for (char *found = text; (found = memmem(found, (size_t)(end - found), key, length)) != NULL;) {
        memset(found, '*', length);
        found += length;
    }
}

void cvi_redact_key(const cvi_transport *transport, char *text, size_t size) {
    redact(transport->api_key, text, size);
    if (strcmp(transport->api_key, transport->escaped_key) != 0) {
        redact(transport->escaped_key, text, size);
    }
}
