/* Owns a proxy for tests: one thread, which serves a connection to its end before the next. A
 * connection carries one request, since the answer to it says close, or one tunnel. */
#include "proxy.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { HEARD_MAX = 65536, PIECE = 16384 };

struct proxy {
    int listener;
    int stop[2]; /* closing the second end ends every wait */
    uint16_t port;
    char *authorization;
    pthread_t thread;
    bool is_running;

    pthread_mutex_t mutex; /* of what follows */
    size_t count;
    char heard[HEARD_MAX]; /* heads, one after the other */
    char last[PROXY_HEAD_MAX];
    size_t last_size;
};

/* ---- sockets ---- */

/* Until one of both is readable (-1: none); false when the proxy is to stop. */
static bool wait_for(const proxy *self, int one, int other, bool *one_is_ready) {
    struct pollfd wanted[] = {{self->stop[0], POLLIN, 0}, {one, POLLIN, 0}, {other, POLLIN, 0}};
    if (poll(wanted, 3, -1) < 0 || wanted[0].revents != 0) {
        return false;
    }
    *one_is_ready = wanted[1].revents != 0;
    return true;
}

static bool send_all(int to, const char *bytes, size_t size) {
    while (size > 0) {
        ssize_t sent = send(to, bytes, size, MSG_NOSIGNAL);
        if (sent <= 0) {
            return false;
        }
        bytes += sent;
        size -= (size_t)sent;
    }
    return true;
}

static bool send_text(int to, const char *text) {
    return send_all(to, text, strlen(text));
}

/* Both ways, until either end closes. */
static void relay(const proxy *self, int client, int server) {
    char bytes[PIECE];
    bool from_client = false;
    while (wait_for(self, client, server, &from_client)) {
        ssize_t length = recv(from_client ? client : server, bytes, sizeof bytes, 0);
        if (length <= 0 || !send_all(from_client ? server : client, bytes, (size_t)length)) {
            return;
        }
    }
}

static int connect_to(uint16_t port) {
    const struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (server >= 0 && connect(server, (const struct sockaddr *)&address, sizeof address) != 0) {
        close(server);
        server = -1;
    }
    return server;
}

/* ---- a request ---- */

/* The head with its blank line; false if the client goes first. */
static bool read_head(const proxy *self, int client, char head[PROXY_HEAD_MAX], size_t *whole) {
    size_t size = 0;
    bool is_ready = false;
    head[0] = '\0';
    while (strstr(head, "\r\n\r\n") == NULL) {
        if (size + 1 >= PROXY_HEAD_MAX || !wait_for(self, client, -1, &is_ready)) {
            return false;
        }
        ssize_t length = recv(client, head + size, PROXY_HEAD_MAX - 1 - size, 0);
        if (length <= 0) {
            return false;
        }
        size += (size_t)length;
        head[size] = '\0';
    }
    *whole = size;
    return true;
}

static void remember(proxy *self, const char *head, size_t size) {
    pthread_mutex_lock(&self->mutex);
    self->count++;
    memcpy(self->last, head, size + 1);
    self->last_size = size;
    size_t used = strlen(self->heard);
    (void)snprintf(self->heard + used, sizeof self->heard - used, "%s", head);
    pthread_mutex_unlock(&self->mutex);
}

static bool is_let_in(const proxy *self, const char *head) {
    const char *header = strcasestr(head, "\r\nProxy-Authorization: ");
    if (self->authorization == NULL) {
        return true;
    }
    if (header == NULL) {
        return false;
    }
    const char *value = header + strlen("\r\nProxy-Authorization: ");
    size_t length = strlen(self->authorization);
    return strncmp(value, self->authorization, length) == 0 && value[length] == '\r';
}

/* The headers but for those that are between client and proxy, and close in their place. */
static bool forward_headers(char *headers, int server) {
    char *rest = NULL;
    for (char *line = strtok_r(headers, "\r\n", &rest); line;
         line = strtok_r(NULL, "\r\n", &rest)) {
        bool is_between = strncasecmp(line, "Proxy-", 6) == 0;
        if (!is_between && !(send_text(server, line) && send_text(server, "\r\n"))) {
            return false;
        }
    }
    return send_text(server, "Connection: close\r\n\r\n");
}

/* "GET http://host:port/path HTTP/1.1". */
static void forward(const proxy *self, int client, char *head) {
    unsigned port = 0;
    int path_at = 0;
    char *headers = strstr(head, "\r\n");
    *headers = '\0';
    if (sscanf(head, "GET http://127.0.0.1:%u%n", &port, &path_at) != 1 || path_at == 0) {
        (void)send_text(client, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
        return;
    }
    int server = connect_to((uint16_t)port);
    if (server >= 0 && send_text(server, "GET ") && send_text(server, head + path_at) &&
        send_text(server, "\r\n") && forward_headers(headers + 2, server)) {
        relay(self, client, server);
    }
    if (server >= 0) {
        close(server);
    }
}

static void tunnel(const proxy *self, int client, unsigned port) {
    int server = connect_to((uint16_t)port);
    if (server < 0) {
        (void)send_text(client, "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n");
        return;
    }
    if (send_text(client, "HTTP/1.1 200 Connection established\r\n\r\n")) {
        relay(self, client, server);
    }
    close(server);
}

static void serve(proxy *self, int client) {
    char head[PROXY_HEAD_MAX];
    size_t size = 0;
    unsigned port = 0;
    if (!read_head(self, client, head, &size)) {
        return;
    }
    remember(self, head, size);
    if (!is_let_in(self, head)) {
        (void)send_text(client, "HTTP/1.1 407 Proxy Authentication Required\r\n"
                                "Proxy-Authenticate: Basic realm=\"proxy\"\r\n"
                                "Connection: close\r\nContent-Length: 0\r\n\r\n");
    } else if (sscanf(head, "CONNECT 127.0.0.1:%u ", &port) == 1) {
        tunnel(self, client, port);
    } else {
        forward(self, client, head);
    }
}

static void *run(void *user) {
    proxy *self = user;
    bool is_ready = false;
    while (wait_for(self, self->listener, -1, &is_ready)) {
        int client = accept4(self->listener, NULL, NULL, SOCK_CLOEXEC);
        if (client >= 0) {
            serve(self, client);
            close(client);
        }
    }
    return NULL;
}

/* ---- life ---- */

static bool listen_somewhere(proxy *self) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    self->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (self->listener < 0 || bind(self->listener, (struct sockaddr *)&address, size) != 0 ||
        listen(self->listener, 16) != 0 ||
        getsockname(self->listener, (struct sockaddr *)&address, &size) != 0) {
        return false;
    }
    self->port = ntohs(address.sin_port);
    return true;
}

proxy *proxy_start(const char *authorization) {
    proxy *self = calloc(1, sizeof *self);
    if (self == NULL) {
        return NULL;
    }
    self->listener = self->stop[0] = self->stop[1] = -1;
    pthread_mutex_init(&self->mutex, NULL);
    self->authorization = authorization != NULL ? strdup(authorization) : NULL;
    self->is_running = (authorization == NULL || self->authorization != NULL) &&
                       pipe2(self->stop, O_CLOEXEC) == 0 && listen_somewhere(self) &&
                       pthread_create(&self->thread, NULL, run, self) == 0;
    if (!self->is_running) {
        proxy_stop(self);
        return NULL;
    }
    return self;
}

static void close_one(int descriptor) {
    if (descriptor >= 0) {
        close(descriptor);
    }
}

void proxy_stop(proxy *self) {
    if (self == NULL) {
        return;
    }
    close_one(self->stop[1]);
    if (self->is_running) {
        pthread_join(self->thread, NULL);
    }
    close_one(self->stop[0]);
    close_one(self->listener);
    pthread_mutex_destroy(&self->mutex);
    free(self->authorization);
    free(self);
}

/* ---- what it was asked ---- */

uint16_t proxy_port(const proxy *self) {
    return self->port;
}

size_t proxy_count(proxy *self) {
    pthread_mutex_lock(&self->mutex);
    size_t count = self->count;
    pthread_mutex_unlock(&self->mutex);
    return count;
}

bool proxy_heard(proxy *self, const char *text) {
    pthread_mutex_lock(&self->mutex);
    bool heard = strstr(self->heard, text) != NULL;
    pthread_mutex_unlock(&self->mutex);
    return heard;
}

size_t proxy_last_head(proxy *self, char head[PROXY_HEAD_MAX]) {
    pthread_mutex_lock(&self->mutex);
    size_t size = self->last_size;
    memcpy(head, self->last, size + 1);
    pthread_mutex_unlock(&self->mutex);
    return size;
}
