/* Owns the trial connection: a name is looked up, a connection made and closed, no byte sent. */
#include "reach.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { NAME_MAX_LENGTH = 255, PORT_MAX_LENGTH = 5 };

typedef struct target {
    char host[NAME_MAX_LENGTH + 1];
    char port[PORT_MAX_LENGTH + 1];
} target;

static bool copy_part(char *to, size_t most, const char *from, size_t length) {
    if (length == 0 || length > most) {
        return false;
    }
    memcpy(to, from, length);
    to[length] = '\0';
    return true;
}

/* Behind the scheme: "host", "host:port", "[address]:port". */
static bool parse_authority(target *self, const char *text, const char *usual_port) {
    size_t length = strcspn(text, "/?#");
    const char *end = text[0] == '[' ? memchr(text, ']', length) : NULL;
    if (text[0] == '[' && !end) {
        return false;
    }
    const char *host = end ? text + 1 : text;
    size_t host_length = end ? (size_t)(end - host) : strcspn(text, ":/?#");
    const char *behind = end ? end + 1 : text + host_length;
    size_t left = length - (size_t)(behind - text);
    if (!copy_part(self->host, NAME_MAX_LENGTH, host, host_length)) {
        return false;
    }
    if (left == 0) {
        return copy_part(self->port, PORT_MAX_LENGTH, usual_port, strlen(usual_port));
    }
    return behind[0] == ':' && copy_part(self->port, PORT_MAX_LENGTH, behind + 1, left - 1) &&
           strspn(self->port, "0123456789") == strlen(self->port);
}

static bool parse_url(target *self, const char *url) {
    static const char plain[] = "http://";
    static const char secure[] = "https://";
    if (strncmp(url, plain, strlen(plain)) == 0) {
        return parse_authority(self, url + strlen(plain), "80");
    }
    return strncmp(url, secure, strlen(secure)) == 0 &&
           parse_authority(self, url + strlen(secure), "443");
}

static bool connect_within(const struct addrinfo *address, int timeout_ms) {
    int socket_fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (socket_fd < 0) {
        return false;
    }
    bool is_connected = connect(socket_fd, address->ai_addr, address->ai_addrlen) == 0;
    if (!is_connected && errno == EINPROGRESS) {
        struct pollfd look = {.fd = socket_fd, .events = POLLOUT};
        int error = 0;
        socklen_t size = sizeof(error);
        is_connected = poll(&look, 1, timeout_ms) == 1 &&
                       getsockopt(socket_fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 &&
                       error == 0;
    }
    (void)close(socket_fd);
    return is_connected;
}

cli_reach cli_reach_try(const char *url, int64_t timeout_ms, char *host, size_t size) {
    target self;
    struct addrinfo *found = NULL;
    const struct addrinfo wanted = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    host[0] = '\0';
    if (!parse_url(&self, url)) {
        return CLI_REACH_NO_ADDRESS;
    }
    (void)snprintf(host, size, "%s:%s", self.host, self.port);
    if (getaddrinfo(self.host, self.port, &wanted, &found) != 0) {
        return CLI_REACH_NO_NAME;
    }
    bool is_reached = false;
    for (const struct addrinfo *next = found; next && !is_reached; next = next->ai_next) {
        is_reached = connect_within(next, (int)timeout_ms);
    }
    freeaddrinfo(found);
    return is_reached ? CLI_REACH_OK : CLI_REACH_NO_ANSWER;
}
