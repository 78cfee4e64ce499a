/* Owns the trial connection: a name is looked up, a connection made and closed, no byte sent. */
#include "reach.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

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

cli_reach cli_reach_try(const cli_address *address, int64_t timeout_ms) {
    struct addrinfo *found = NULL;
    const struct addrinfo wanted = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    if (getaddrinfo(address->host, address->port, &wanted, &found) != 0) {
        return CLI_REACH_NO_NAME;
    }
    bool is_reached = false;
    for (const struct addrinfo *next = found; next && !is_reached; next = next->ai_next) {
        is_reached = connect_within(next, (int)timeout_ms);
    }
    freeaddrinfo(found);
    return is_reached ? CLI_REACH_OK : CLI_REACH_NO_ANSWER;
}
