/* Owns the two rules about the key and foreign text: a redirect is followed only on the same host,
 * and what the service echoes is made harmless before anybody sees it. Pure. */
#include "client/transport_internal.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "client/redact.h"
#include "support/allocator.h"
#include "support/buffer.h"

#define LONGEST_TARGET        4096
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

/* Parses an address; notes when it was memory that lacked, and not sense. */
static bool parse(CURLU *url, const char *text, bool *no_memory) {
    CURLUcode code = url != NULL ? curl_url_set(url, CURLUPART_URL, text, 0) : CURLUE_OUT_OF_MEMORY;
    *no_memory = *no_memory || code == CURLUE_OUT_OF_MEMORY;
    return code == CURLUE_OK;
}

/* The address in memory of its own, unless the key is part of it. */
static char *copy_target(const cvi_transport *transport, const cvi_buffer *target,
                         bool *no_memory) {
    if (target->failed || cvi_holds_secret(transport->api_key, target->data, target->length)) {
        return NULL;
    }
    char *copy = cvi_copy_text(&transport->options.allocator, target->data, target->length);
    *no_memory = copy == NULL;
    return copy;
}

char *cvi_redirect_target(const cvi_transport *transport, const char *from, const char *to,
                          bool *no_memory) {
    char text[LONGEST_TARGET + 1];
    cvi_buffer target;
    cvi_buffer_over(&target, text, sizeof(text));
    char *copy = NULL;
    CURLU *from_url = curl_url();
    CURLU *to_url = curl_url();
    *no_memory = false;
    if (parse(from_url, from, no_memory) && parse(to_url, to, no_memory) &&
        may_follow(from_url, to_url)) {
        write_target(to_url, &target);
        copy = copy_target(transport, &target, no_memory);
    }
    curl_url_cleanup(from_url);
    curl_url_cleanup(to_url);
    explicit_bzero(text, sizeof(text));
    return copy;
}

void cvi_redact_key(const cvi_transport *transport, char *text, size_t size) {
    if (strlen(transport->api_key) >= SHORTEST_REDACTED_KEY) {
        cvi_redact_secret(transport->api_key, text, size);
    }
}
