/* Owns the taking apart of URLs. Pure. */
#include "address.h"

#include <stddef.h>
#include <string.h>

typedef struct scheme {
    const char *name;
    const char *port;
} scheme;

static const scheme services[] = {{"http://", "80"}, {"https://", "443"}, {NULL, NULL}};
static const scheme proxies[] = {
    {"http://", "1080"},   {"https://", "443"},    {"socks4://", "1080"}, {"socks4a://", "1080"},
    {"socks5://", "1080"}, {"socks5h://", "1080"}, {NULL, NULL}};

static bool copy_part(char *to, size_t most, const char *from, size_t length) {
    if (length == 0 || length > most) {
        return false;
    }
    memcpy(to, from, length);
    to[length] = '\0';
    return true;
}

/* "host", "host:port", "[address]:port", with a user or without. */
static bool parse_authority(cli_address *self, const char *text, const char *usual_port) {
    size_t length = strcspn(text, "/?#");
    const char *at = memrchr(text, '@', length);
    length -= at ? (size_t)(at + 1 - text) : 0;
    text = at ? at + 1 : text;
    bool is_bracketed = length > 0 && text[0] == '[';
    const char *end = is_bracketed ? memchr(text, ']', length) : NULL;
    if (is_bracketed && !end) {
        return false;
    }
    const char *host = end ? text + 1 : text;
    size_t host_length = end ? (size_t)(end - host) : strcspn(text, ":/?#");
    const char *behind = end ? end + 1 : text + host_length;
    size_t left = length - (size_t)(behind - text);
    if (!copy_part(self->host, CLI_HOST_MAX, host, host_length)) {
        return false;
    }
    if (left == 0) {
        return copy_part(self->port, CLI_PORT_MAX, usual_port, strlen(usual_port));
    }
    return behind[0] == ':' && copy_part(self->port, CLI_PORT_MAX, behind + 1, left - 1) &&
           strspn(self->port, "0123456789") == strlen(self->port);
}

static bool parse(cli_address *self, const char *url, const scheme *schemes) {
    for (; schemes->name; schemes++) {
        size_t length = strlen(schemes->name);
        if (strncmp(url, schemes->name, length) == 0) {
            self->is_secure = strcmp(schemes->name, "https://") == 0;
            return parse_authority(self, url + length, schemes->port);
        }
    }
    return false;
}

bool cli_address_parse(cli_address *self, const char *url) {
    return parse(self, url, services);
}

bool cli_address_parse_proxy(cli_address *self, const char *url) {
    return parse(self, url, proxies);
}
