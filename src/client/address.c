/* Owns the form of web addresses: RFC 3986 as far as http and https need it. */
#include "client/address.h"

#include <string.h>
#include <strings.h>

enum { LONGEST_PORT = 5, HIGHEST_PORT = 65535 };

static cvi_address_part span(const char *start, size_t length) {
    return (cvi_address_part){start, length};
}

static bool has_strange_bytes(const char *text) {
    for (; *text != '\0'; text++) {
        unsigned char byte = (unsigned char)*text;
        if (byte <= ' ' || byte >= 0x7F || byte == '\\') {
            return true;
        }
    }
    return false;
}

static bool parse_port(cvi_address_part digits, uint16_t *port) {
    uint32_t value = 0;
    for (size_t i = 0; i < digits.length; i++) {
        char digit = digits.start[i];
        if (digit < '0' || digit > '9' || i >= LONGEST_PORT) {
            return false;
        }
        value = value * 10 + (uint32_t)(digit - '0');
    }
    if (value == 0 || value > HIGHEST_PORT) {
        return false;
    }
    *port = (uint16_t)value;
    return true;
}

/* host, host:port, [address] or [address]:port. */
static bool parse_authority(cvi_address *address) {
    cvi_address_part whole = address->authority;
    const char *bracket =
        whole.length > 0 && whole.start[0] == '[' ? memchr(whole.start, ']', whole.length) : NULL;
    size_t inside = bracket != NULL ? (size_t)(bracket - whole.start) + 1 : 0;
    const char *colon = memchr(whole.start + inside, ':', whole.length - inside);
    size_t host = colon != NULL ? (size_t)(colon - whole.start) : whole.length;
    if (host == 0 || memchr(whole.start, '@', whole.length) != NULL ||
        (bracket != NULL && host != inside)) {
        return false;
    }
    address->host = span(whole.start, host);
    address->port = address->is_tls ? 443 : 80;
    return colon == NULL || host + 1 == whole.length ||
           parse_port(span(colon + 1, whole.length - host - 1), &address->port);
}

bool cvi_address_parse(cvi_address *address, const char *text) {
    memset(address, 0, sizeof(*address));
    size_t scheme = strncasecmp(text, "http://", 7) == 0    ? 7
                    : strncasecmp(text, "https://", 8) == 0 ? 8
                                                            : 0;
    if (scheme == 0 || has_strange_bytes(text)) {
        return false;
    }
    const char *authority = text + scheme;
    const char *path = authority + strcspn(authority, "/?#");
    const char *query = path + strcspn(path, "?#");
    address->is_tls = scheme == 8;
    address->authority = span(authority, (size_t)(path - authority));
    address->path = span(path, (size_t)(query - path));
    if (*query == '?') {
        address->query = span(query + 1, strcspn(query + 1, "#"));
    }
    return parse_authority(address);
}

bool cvi_address_has_host_of(const cvi_address *a, const cvi_address *b) {
    return a->host.length == b->host.length &&
           strncasecmp(a->host.start, b->host.start, a->host.length) == 0;
}

bool cvi_address_has_origin_of(const cvi_address *a, const cvi_address *b) {
    return cvi_address_has_host_of(a, b) && a->is_tls == b->is_tls && a->port == b->port;
}

/* ---- references ---- */

/* Whether a scheme stands before anything else. */
static bool is_whole(const char *reference) {
    size_t length = strcspn(reference, ":/?#");
    return reference[length] == ':';
}

static bool is_segment(cvi_address_part segment, const char *text) {
    return segment.length == strlen(text) && memcmp(segment.start, text, segment.length) == 0;
}

/* Back to before the last segment, but not before `first`. */
static void drop_segment(cvi_buffer *out, size_t first) {
    while (out->length > first && out->data[out->length - 1] != '/') {
        out->data[--out->length] = '\0';
    }
    if (out->length > first) {
        out->data[--out->length] = '\0';
    }
}

/* Adds a path that begins with a slash, its "." and ".." walked. */
static void add_path(cvi_buffer *out, const char *path, size_t length) {
    size_t first = out->length;
    const char *end = path + length;
    while (path < end) {
        const char *start = path + 1;
        const char *slash = memchr(start, '/', (size_t)(end - start));
        path = slash != NULL ? slash : end;
        cvi_address_part segment = span(start, (size_t)(path - start));
        bool goes_up = is_segment(segment, "..");
        if (goes_up) {
            drop_segment(out, first);
        }
        if (!goes_up && !is_segment(segment, ".")) {
            cvi_buffer_add_char(out, '/');
            cvi_buffer_add(out, segment.start, segment.length);
        } else if (slash == NULL) {
            cvi_buffer_add_char(out, '/');
        }
    }
}

static void add_origin(const cvi_address *address, cvi_buffer *out) {
    cvi_buffer_add_text(out, address->is_tls ? "https://" : "http://");
    cvi_buffer_add(out, address->authority.start, address->authority.length);
}

/* The folder of the base's path, and a relative path behind it. */
static void add_beside(const cvi_address *base, const char *path, size_t length, cvi_buffer *out) {
    char text[4096];
    cvi_buffer joined;
    cvi_address_part folder = base->path;
    while (folder.length > 0 && folder.start[folder.length - 1] != '/') {
        folder.length--;
    }
    cvi_buffer_over(&joined, text, sizeof(text));
    cvi_buffer_add(&joined, folder.start, folder.length);
    if (joined.length == 0) {
        cvi_buffer_add_char(&joined, '/');
    }
    cvi_buffer_add(&joined, path, length);
    add_path(out, text, joined.length);
    out->failed = out->failed || joined.failed;
}

void cvi_address_resolve(const cvi_address *base, const char *reference, cvi_buffer *out) {
    size_t whole = strcspn(reference, "#");
    size_t path = strcspn(reference, "?#");
    if (is_whole(reference)) {
        cvi_buffer_add(out, reference, whole);
        return;
    }
    if (strncmp(reference, "//", 2) == 0) {
        cvi_buffer_add_text(out, base->is_tls ? "https:" : "http:");
        cvi_buffer_add(out, reference, whole);
        return;
    }
    add_origin(base, out);
    if (reference[0] == '/') {
        add_path(out, reference, path);
    } else if (path > 0) {
        add_beside(base, reference, path, out);
    } else {
        cvi_buffer_add(out, base->path.start, base->path.length);
    }
    if (path == 0 && whole == 0 && base->query.length > 0) {
        cvi_buffer_add_char(out, '?');
        cvi_buffer_add(out, base->query.start, base->query.length);
    }
    cvi_buffer_add(out, reference + path, whole - path);
}

/* ---- parameters ---- */

bool cvi_address_next_parameter(cvi_address_part *query, cvi_address_part *parameter) {
    while (query->length > 0) {
        const char *end = memchr(query->start, '&', query->length);
        size_t length = end != NULL ? (size_t)(end - query->start) : query->length;
        size_t taken = length + (end != NULL ? 1 : 0);
        *parameter = span(query->start, length);
        *query = span(query->start + taken, query->length - taken);
        if (length > 0) {
            return true;
        }
    }
    return false;
}

void cvi_address_add_query(cvi_buffer *out, cvi_address_part query) {
    static const char key[] = "api_key=";
    char separator = '?';
    cvi_address_part parameter;
    while (cvi_address_next_parameter(&query, &parameter)) {
        if (parameter.length < sizeof(key) - 1 ||
            strncasecmp(parameter.start, key, sizeof(key) - 1) != 0) {
            cvi_buffer_add_char(out, separator);
            cvi_buffer_add(out, parameter.start, parameter.length);
            separator = '&';
        }
    }
}
