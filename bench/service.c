/* Owns the service's process: one thread, which answers whoever has asked. */
#include "service.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "issue_body.h"
#include "team.h"

enum {
    CONNECTIONS_MAX = 256,
    REQUEST_MAX = 8192,
    ANSWER_MAX = 1 << 21,
    ITEMS_MAX = 100,
    LONG_EVERY = 16
};

typedef struct connection {
    size_t length;
    char request[REQUEST_MAX];
} connection;

typedef struct answer {
    size_t length;
    char text[ANSWER_MAX];
} answer;

/* ---- answers ---- */

static void add(answer *self, const char *text) {
    size_t length = strlen(text);
    team_check(length < ANSWER_MAX - self->length, "an answer is short enough");
    memcpy(self->text + self->length, text, length + 1);
    self->length += length;
}

static void add_issue(answer *self, int64_t id) {
    char text[1024];
    int length = snprintf(
        text, sizeof(text),
        "{\"resource_type\":\"issue\",\"id\":%" PRId64 ",\"name\":\"Issue number %" PRId64 "\","
        "\"issue_number\":\"%" PRId64 "\",\"aliases\":null,"
        "\"description\":\"<p>What happens in it, at some length: somebody goes out, something "
        "comes to light, and in the end hardly anybody is where they were before.</p>\","
        "\"volume\":{\"id\":7,\"name\":\"A volume\",\"api_detail_url\":\"http://localhost/7\"},"
        "\"person_credits\":[{\"id\":1,\"name\":\"One\",\"role\":\"writer\"},"
        "{\"id\":2,\"name\":\"Two\",\"role\":\"artist\"}]}",
        id, id, id);
    team_check(length > 0 && (size_t)length < sizeof(text), "an issue is short enough");
    add(self, text);
}

static void begin_envelope(answer *self, int64_t limit, int64_t offset, size_t count,
                           int64_t total) {
    char text[256];
    snprintf(text, sizeof(text),
             "{\"error\":\"OK\",\"limit\":%" PRId64 ",\"offset\":%" PRId64
             ",\"number_of_page_results\":%zu,\"number_of_total_results\":%" PRId64
             ",\"status_code\":1,\"results\":",
             limit, offset, count, total);
    add(self, text);
}

/* A long one now and then, the others a sixty-fourth of that. */
static void lengthen(answer *self, int64_t id, size_t largest_bytes) {
    static const char word[] = "<p>And so on, and so on, for as long as anybody cares to read.</p>";
    size_t bytes = id % LONG_EVERY == 0 ? largest_bytes : largest_bytes / 64;
    self->length--; /* the record's brace */
    add(self, ",\"deck\":\"");
    while (self->length + sizeof(word) < bytes) {
        add(self, word);
    }
    add(self, "\"}");
}

static void write_detail(answer *self, int64_t id, const service *settings) {
    if (settings->issue_bytes > 0) {
        issue_body_write(self->text, settings->issue_bytes, id);
        self->length = settings->issue_bytes;
        return;
    }
    begin_envelope(self, 1, 0, 1, 1);
    add_issue(self, id);
    if (settings->largest_bytes > 0) {
        lengthen(self, id, settings->largest_bytes);
    }
    add(self, ",\"version\":\"1.0\"}");
}

static void write_list(answer *self, const int64_t *ids, size_t count, int64_t limit,
                       int64_t offset, int64_t total) {
    begin_envelope(self, limit, offset, count, total);
    for (size_t i = 0; i < count; i++) {
        add(self, i == 0 ? "[" : ",");
        add_issue(self, ids[i]);
    }
    add(self, count == 0 ? "[],\"version\":\"1.0\"}" : "],\"version\":\"1.0\"}");
}

/* ---- requests ---- */

/* The whole number behind "?name=" or "&name="; `fallback` without. */
static int64_t number_of(const char *query, const char *name, int64_t fallback) {
    char start[32];
    snprintf(start, sizeof(start), "%s=", name);
    const char *found = strstr(query, start);
    return found != NULL ? strtoll(found + strlen(start), NULL, 10) : fallback;
}

/* The ids of "filter=id:1|2|3", whose marks travel as %3A and %7C. */
static size_t filtered_ids(const char *query, int64_t ids[ITEMS_MAX]) {
    const char *at = strstr(query, "filter=id");
    size_t count = 0;
    at = at != NULL ? at + strlen("filter=id") : "";
    while ((*at == '%' || *at == ':' || *at == '|') && count < ITEMS_MAX) {
        at += *at == '%' ? 3 : 1;
        ids[count++] = strtoll(at, (char **)&at, 10);
    }
    return count;
}

static void write_page(answer *self, const char *query) {
    int64_t ids[ITEMS_MAX];
    int64_t limit = number_of(query, "limit", ITEMS_MAX);
    int64_t page = number_of(query, "page", 1);
    int64_t offset = number_of(query, "offset", (page - 1) * limit);
    size_t count = filtered_ids(query, ids);
    if (count > 0) {
        write_list(self, ids, count, limit, 0, (int64_t)count);
        return;
    }
    for (int64_t id = offset + 1; id <= SERVICE_TOTAL && (int64_t)count < limit; id++) {
        ids[count++] = id;
    }
    write_list(self, ids, count, limit, offset, SERVICE_TOTAL);
}

/* `request` is its first line. */
static void write_answer(answer *self, const char *request, const service *settings) {
    static const char detail[] = "GET /api/issue/4000-";
    const char *query = strchr(request, '?');
    self->length = 0;
    if (strncmp(request, detail, sizeof(detail) - 1) == 0) {
        write_detail(self, strtoll(request + sizeof(detail) - 1, NULL, 10), settings);
    } else {
        write_page(self, query != NULL ? query : "");
    }
}

/* ---- connections ---- */

static void send_all(int descriptor, const char *bytes, size_t size) {
    while (size > 0) {
        ssize_t sent = send(descriptor, bytes, size, MSG_NOSIGNAL);
        if (sent <= 0) {
            return; /* they have gone, and the next look says so */
        }
        bytes += sent;
        size -= (size_t)sent;
    }
}

static void answer_request(int descriptor, const char *request, const service *settings) {
    static answer body;
    char head[160];
    write_answer(&body, request, settings);
    int length = snprintf(head, sizeof(head),
                          "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                          "Content-Length: %zu\r\n\r\n",
                          body.length);
    send_all(descriptor, head, (size_t)length);
    send_all(descriptor, body.text, body.length);
}

/* Answers each request that is there as a whole. False: the connection has ended. */
static bool serve(int descriptor, connection *self, const service *settings) {
    size_t left = REQUEST_MAX - 1 - self->length;
    ssize_t received = recv(descriptor, self->request + self->length, left, 0);
    if (received <= 0) {
        return false;
    }
    self->length += (size_t)received;
    self->request[self->length] = '\0';
    for (char *end; (end = strstr(self->request, "\r\n\r\n")) != NULL;) {
        end += 4;
        answer_request(descriptor, self->request, settings);
        self->length -= (size_t)(end - self->request);
        memmove(self->request, end, self->length + 1);
    }
    return self->length < REQUEST_MAX - 1;
}

static int take_connection(const service *self) {
    int at_once = 1; /* an answer's second part does not wait until its first is acknowledged */
    int descriptor = accept(self->listener, NULL, NULL);
    team_check(descriptor >= 0 &&
                   setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof(at_once)) == 0,
               "a connection can be taken");
    return descriptor;
}

static void answer_for_ever(void *user) {
    const service *self = user;
    static connection connections[CONNECTIONS_MAX];
    struct pollfd watched[CONNECTIONS_MAX + 1] = {{.fd = self->listener, .events = POLLIN}};
    nfds_t count = 1;
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* if a check ends the program */
    for (;;) {
        team_check(poll(watched, count, -1) > 0 || errno == EINTR, "the service can wait");
        for (nfds_t i = count - 1; i > 0; i--) {
            if (watched[i].revents != 0 && !serve(watched[i].fd, &connections[i - 1], self)) {
                close(watched[i].fd);
                count--;
                watched[i] = watched[count];
                connections[i - 1] = connections[count - 1];
            }
        }
        if ((watched[0].revents & POLLIN) != 0 && count <= CONNECTIONS_MAX) {
            watched[count] = (struct pollfd){.fd = take_connection(self), .events = POLLIN};
            connections[count - 1].length = 0;
            count++;
        }
    }
}

void service_start(service *self) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    self->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    team_check(self->listener >= 0 &&
                   bind(self->listener, (const struct sockaddr *)&address, size) == 0 &&
                   listen(self->listener, CONNECTIONS_MAX) == 0 &&
                   getsockname(self->listener, (struct sockaddr *)&address, &size) == 0,
               "there is a port to listen on");
    snprintf(self->base_url, sizeof(self->base_url), "http://127.0.0.1:%u/api",
             (unsigned)ntohs(address.sin_port));
    self->process = team_start(answer_for_ever, self);
    close(self->listener);
}

void service_stop(service *self) {
    team_kill(self->process);
    team_bury(self->process);
}
