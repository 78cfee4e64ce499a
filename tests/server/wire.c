/* Writes broken answers byte by byte to the socket of a connection, past the HTTP library, which
 * is possible because each connection has a thread that is inside the handler meanwhile. */
#define _POSIX_C_SOURCE 200809L
#include "wire.h"

#include "gate.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum framing { FRAMING_NONE, FRAMING_LENGTH, FRAMING_CHUNKED, FRAMING_CLOSE };
enum extent { EXTENT_NOTHING, EXTENT_CUT, EXTENT_WHOLE, EXTENT_ENDLESS };

struct plan {
    enum framing framing; /* NONE: not even a status line, but in the body */
    enum extent extent;
    bool in_pieces; /* piece_size and interval_ms count */
    bool reset;     /* RST at the end */
};

static const struct plan plans[] = {
    [SERVER_FAULT_TRUNCATE] = {FRAMING_LENGTH, EXTENT_CUT, false, false},
    [SERVER_FAULT_TRUNCATE_CHUNKED] = {FRAMING_CHUNKED, EXTENT_CUT, false, false},
    [SERVER_FAULT_TRUNCATE_UNFRAMED] = {FRAMING_CLOSE, EXTENT_CUT, false, false},
    [SERVER_FAULT_RESET] = {FRAMING_NONE, EXTENT_NOTHING, false, true},
    [SERVER_FAULT_RESET_BODY] = {FRAMING_LENGTH, EXTENT_CUT, false, true},
    [SERVER_FAULT_CLOSE] = {FRAMING_NONE, EXTENT_NOTHING, false, false},
    [SERVER_FAULT_CLOSE_AFTER] = {FRAMING_LENGTH, EXTENT_WHOLE, false, false},
    [SERVER_FAULT_DRIP] = {FRAMING_LENGTH, EXTENT_WHOLE, true, false},
    [SERVER_FAULT_ENDLESS] = {FRAMING_CHUNKED, EXTENT_ENDLESS, true, false},
    [SERVER_FAULT_RAW] = {FRAMING_NONE, EXTENT_WHOLE, false, false},
    [SERVER_FAULT_RAW_RESET] = {FRAMING_NONE, EXTENT_WHOLE, false, true},
    [SERVER_FAULT_RAW_ENDLESS] = {FRAMING_NONE, EXTENT_ENDLESS, true, false},
};

bool loopback_wire_has_head(server_fault_kind kind) {
    return kind == SERVER_FAULT_ANSWER || plans[kind].framing != FRAMING_NONE;
}

/* The library's sockets do not block. server_stop shuts them down, which ends the wait. */
static bool send_all(int socket, const char *bytes, size_t size) {
    while (size > 0) {
        ssize_t sent = send(socket, bytes, size, MSG_NOSIGNAL);
        if (sent > 0) {
            bytes += sent;
            size -= (size_t)sent;
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            struct pollfd writable = {socket, POLLOUT, 0};
            if (poll(&writable, 1, -1) < 0 && errno != EINTR) {
                return false;
            }
        } else if (errno != EINTR) {
            return false;
        }
    }
    return true;
}

static void print_headers(FILE *out, enum framing framing, const server_fault *fault,
                          const loopback_reply *reply) {
    (void)fprintf(out, "HTTP/1.1 %u %s\r\nContent-Type: %s\r\n", reply->http_status,
                  MHD_get_reason_phrase_for(reply->http_status), reply->content_type);
    if (reply->gzip) {
        (void)fputs("Content-Encoding: gzip\r\n", out);
    }
    if (framing == FRAMING_LENGTH) {
        (void)fprintf(out, "Content-Length: %zu\r\n", reply->body_size);
    } else if (framing == FRAMING_CHUNKED) {
        (void)fputs("Transfer-Encoding: chunked\r\n", out);
    } else {
        (void)fputs("Connection: close\r\n", out);
    }
    for (size_t i = 0; i < SERVER_HEADERS_MAX && fault->headers[i].name; i++) {
        (void)fprintf(out, "%s: %s\r\n", fault->headers[i].name, fault->headers[i].value);
    }
    (void)fputs("\r\n", out);
}

static bool send_head(int socket, enum framing framing, const server_fault *fault,
                      const loopback_reply *reply) {
    char *head = NULL;
    size_t size;
    FILE *out = open_memstream(&head, &size);
    if (!out) {
        return false;
    }
    print_headers(out, framing, fault, reply);
    bool failed = ferror(out) != 0;
    bool sent = fclose(out) == 0 && !failed && send_all(socket, head, size);
    free(head);
    return sent;
}

static bool send_piece(int socket, enum framing framing, const char *bytes, size_t size) {
    if (framing != FRAMING_CHUNKED) {
        return send_all(socket, bytes, size);
    }
    char head[32];
    int head_size = snprintf(head, sizeof head, "%zx\r\n", size);
    return head_size > 0 && send_all(socket, head, (size_t)head_size) &&
           send_all(socket, bytes, size) && send_all(socket, "\r\n", 2);
}

static size_t smaller(size_t a, size_t b) {
    return a < b ? a : b;
}

static size_t extent_of(enum extent extent, const server_fault *fault,
                        const loopback_reply *reply) {
    switch (extent) {
    case EXTENT_NOTHING:
        return 0;
    case EXTENT_CUT:
        return smaller(fault->cut_at, reply->body_size);
    case EXTENT_WHOLE:
        return reply->body_size;
    case EXTENT_ENDLESS:
        return reply->body_size > 0 ? SIZE_MAX : 0;
    }
    return 0;
}

static size_t piece_of(const struct plan *plan, const server_fault *fault,
                       const loopback_reply *reply) {
    if (!plan->in_pieces || (plan->extent == EXTENT_ENDLESS && fault->piece_size == 0)) {
        return reply->body_size;
    }
    return fault->piece_size ? fault->piece_size : 1;
}

/* Behind its end an endless body goes on at cut_at, again and again. */
static size_t place_of(size_t sent, const server_fault *fault, const loopback_reply *reply) {
    return sent < reply->body_size
               ? sent
               : fault->cut_at + (sent - reply->body_size) % (reply->body_size - fault->cut_at);
}

static void send_body(server *self, int socket, const struct plan *plan, const server_fault *fault,
                      const loopback_reply *reply) {
    size_t extent = extent_of(plan->extent, fault, reply);
    size_t piece = piece_of(plan, fault, reply);
    size_t size;
    for (size_t sent = 0; sent < extent; sent += size) {
        size_t at = place_of(sent, fault, reply);
        size = smaller(piece, smaller(extent - sent, reply->body_size - at));
        if (sent > 0 && plan->in_pieces && !loopback_gate_pause(self, fault->interval_ms)) {
            return;
        }
        if (!send_piece(socket, plan->framing, reply->body + at, size)) {
            return;
        }
    }
}

/* The library would say FIN before a lingering close could say RST; dissolving the association
 * says RST at once. */
static void reset_connection(int socket) {
    const struct sockaddr nowhere = {.sa_family = AF_UNSPEC};
    (void)connect(socket, &nowhere, sizeof nowhere); /* fails only if it is gone already */
}

void loopback_wire_send(server *self, int socket, const server_fault *fault,
                        const loopback_reply *reply) {
    const struct plan *plan = &plans[fault->kind];
    if (plan->framing == FRAMING_NONE || send_head(socket, plan->framing, fault, reply)) {
        send_body(self, socket, plan, fault, reply);
    }
    if (plan->reset) {
        reset_connection(socket);
    }
}
