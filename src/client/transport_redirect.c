/* Owns the two rules about the key and foreign text: a redirect is followed only on the same host,
 * unless the request has gone without the key, and what the service echoes is made harmless before
 * anybody sees it. Pure. */
#include "client/transport_internal.h"

#include <string.h>

#include "client/address.h"
#include "client/redact.h"
#include "support/allocator.h"
#include "support/buffer.h"

#define LONGEST_TARGET        4096
#define SHORTEST_REDACTED_KEY 8 /* below, a match would be chance and damage good text */

/* The same host and port; or the same host from plain port 80 to TLS port 443. */
static bool may_follow(const cvi_address *from, const cvi_address *to) {
    bool upgraded = !from->is_tls && from->port == 80 && to->is_tls && to->port == 443;
    return cvi_address_has_origin_of(from, to) || (upgraded && cvi_address_has_host_of(from, to));
}

/* Anywhere, but never from what is encrypted to what is not. */
static bool may_follow_anywhere(const cvi_address *from, const cvi_address *to) {
    return to->is_tls || !from->is_tls;
}

/* The address written anew without key and fragment. */
static void write_target(const cvi_address *to, cvi_buffer *out) {
    cvi_buffer_add_text(out, to->is_tls ? "https://" : "http://");
    cvi_buffer_add(out, to->authority.start, to->authority.length);
    cvi_buffer_add(out, to->path.start, to->path.length);
    if (to->path.length == 0) {
        cvi_buffer_add_char(out, '/');
    }
    cvi_address_add_query(out, to->query);
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
                          bool to_any_host, bool *no_memory) {
    char resolved[LONGEST_TARGET + 1];
    char text[LONGEST_TARGET + 1];
    cvi_buffer whole;
    cvi_buffer target;
    cvi_address base;
    cvi_address address;
    char *copy = NULL;
    bool (*follow)(const cvi_address *, const cvi_address *) =
        to_any_host ? may_follow_anywhere : may_follow;
    *no_memory = false;
    cvi_buffer_over(&whole, resolved, sizeof(resolved));
    cvi_buffer_over(&target, text, sizeof(text));
    if (to[0] != '\0' && cvi_address_parse(&base, from)) {
        cvi_address_resolve(&base, to, &whole);
        if (!whole.failed && cvi_address_parse(&address, resolved) && follow(&base, &address)) {
            write_target(&address, &target);
            copy = copy_target(transport, &target, no_memory);
        }
    }
    explicit_bzero(resolved, sizeof(resolved));
    explicit_bzero(text, sizeof(text));
    return copy;
}

size_t cvi_redact_key_part(const cvi_transport *transport, char *text, size_t size, size_t part) {
    if (strlen(transport->api_key) < SHORTEST_REDACTED_KEY) {
        return part;
    }
    return cvi_redact_secret_part(transport->api_key, text, size, part);
}

void cvi_redact_key(const cvi_transport *transport, char *text, size_t size) {
    cvi_redact_key_part(transport, text, size, size);
}
