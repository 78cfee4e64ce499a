/* Owns an application's network for tests. The library calls it on its driver's thread; the
 * network's own thread answers beside that. */
#include "support/own_network.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static const char *header_of(const cv_transfer_request *request, const char *name) {
    for (size_t i = 0; i < request->header_count; i++) {
        if (strcmp(request->headers[i].name, name) == 0) {
            return request->headers[i].value;
        }
    }
    return "";
}

/* ---- answering ---- */

/* Whether it counts. */
static bool end(own_network *self, cv_transfer *transfer, const own_answer *answer) {
    if (answer->gives_up) {
        return false;
    }
    bool counts = cv_transfer_complete(transfer, answer->end, answer->http_status, answer->reason);
    if (answer->ends_twice) {
        assert_false(cv_transfer_complete(transfer, CV_TRANSFER_FAILED, 0, answer->reason));
    }
    if (!counts) {
        pthread_mutex_lock(&self->mutex);
        self->late++;
        pthread_mutex_unlock(&self->mutex);
    }
    return counts;
}

static bool give(own_network *self, cv_transfer *transfer, const own_answer *answer) {
    for (size_t i = 0; i < OWN_HEADERS_MAX; i++) {
        cv_transfer_header(transfer, answer->headers[i].name, answer->headers[i].value);
    }
    if (answer->body != NULL) {
        size_t size = answer->size > 0 ? answer->size : strlen(answer->body);
        size_t half = size / 2;
        if (cv_transfer_body(transfer, answer->body, half)) {
            (void)cv_transfer_body(transfer, answer->body + half, size - half);
        }
    }
    bool counts = end(self, transfer, answer);
    cv_transfer_release(transfer);
    return counts;
}

static cv_transfer *take(own_network *self, size_t index) {
    pthread_mutex_lock(&self->mutex);
    cv_transfer *transfer = self->transfers[index].transfer;
    self->transfers[index].transfer = NULL;
    pthread_mutex_unlock(&self->mutex);
    return transfer;
}

bool own_network_answer(own_network *self, size_t index, const own_answer *answer) {
    cv_transfer *transfer = take(self, index);
    assert_non_null(transfer);
    return give(self, transfer, answer);
}

static const own_answer *answer_of(const own_network *self, size_t index) {
    return index < self->script_length ? &self->script[index] : &self->answer;
}

/* A transfer that asks and is refused ends as one that was not sent. */
static void serve(own_network *self, size_t index, bool asks) {
    static const own_answer not_sent = {.end = CV_TRANSFER_NOT_SENT};
    cv_transfer *transfer = take(self, index);
    if (transfer == NULL) {
        return; /* cancelled */
    }
    const own_answer *answer = answer_of(self, index);
    self->refused = asks && !cv_transfer_may_send(transfer);
    give(self, transfer, self->refused ? &not_sent : answer);
}

/* The next one that nobody has answered yet; false: there is none. */
static bool take_index(own_network *self, size_t *index) {
    pthread_mutex_lock(&self->mutex);
    bool any = self->answered < self->count;
    *index = self->answered;
    self->answered += any ? 1 : 0;
    pthread_mutex_unlock(&self->mutex);
    return any;
}

static void *work(void *user) {
    own_network *self = user;
    for (;;) {
        pthread_mutex_lock(&self->mutex);
        while (!self->ends && self->answered == self->count) {
            pthread_cond_wait(&self->changed, &self->mutex);
        }
        bool ends = self->ends;
        pthread_mutex_unlock(&self->mutex);
        size_t index = 0;
        if (take_index(self, &index)) {
            serve(self, index, self->asks_on_a_thread);
        } else if (ends) {
            return NULL;
        }
    }
}

/* ---- the table ---- */

static bool start(void *user, cv_transfer *transfer, const cv_transfer_request *request) {
    own_network *self = user;
    if (self->lacks_memory) {
        return false;
    }
    pthread_mutex_lock(&self->mutex);
    size_t index = self->count++;
    own_transfer *noted = &self->transfers[index];
    noted->transfer = transfer;
    noted->fresh_connection = request->fresh_connection;
    (void)snprintf(noted->url, sizeof(noted->url), "%s", request->url);
    (void)snprintf(noted->user_agent, sizeof(noted->user_agent), "%s",
                   header_of(request, "User-Agent"));
    (void)snprintf(noted->etag, sizeof(noted->etag), "%s", header_of(request, "If-None-Match"));
    pthread_cond_broadcast(&self->changed);
    pthread_mutex_unlock(&self->mutex);
    if (self->manner == OWN_AT_ONCE) {
        serve(self, index, false);
    }
    return true;
}

static void cancel(void *user, cv_transfer *transfer) {
    own_network *self = user;
    bool found = false;
    pthread_mutex_lock(&self->mutex);
    self->cancelled++;
    for (size_t i = 0; i < self->count && self->manner != OWN_LATER; i++) {
        if (self->transfers[i].transfer == transfer) {
            self->transfers[i].transfer = NULL;
            found = true;
        }
    }
    pthread_mutex_unlock(&self->mutex);
    if (found) {
        cv_transfer_release(transfer);
    }
}

static void turn(void *user, cv_transport_turn *turn) {
    own_network *self = user; /* another process's word, by the descriptor, is only heard later */
    int64_t timeout_ms = turn->timeout_ms;
    size_t index = 0;
    bool any = false;
    while (take_index(self, &index)) {
        serve(self, index, true);
        any = true;
    }
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += (timeout_ms < 0 || timeout_ms > 20 ? 20 : (long)timeout_ms) * 1000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_mutex_lock(&self->mutex);
    if (!any && !self->woken && timeout_ms != 0) {
        pthread_cond_timedwait(&self->changed, &self->mutex, &until);
    }
    self->woken = false;
    pthread_mutex_unlock(&self->mutex);
}

static void wake(void *user) {
    own_network *self = user;
    pthread_mutex_lock(&self->mutex);
    self->woken = true;
    pthread_cond_broadcast(&self->changed);
    pthread_mutex_unlock(&self->mutex);
}

static void reset(void *user) {
    own_network *self = user;
    self->resets++;
}

static void close_network(void *user) {
    own_network *self = user;
    self->closed++;
}

void own_network_init(own_network *self, own_manner manner) {
    memset(self, 0, sizeof(*self));
    self->manner = manner;
    self->table = (cv_transport)CV_TRANSPORT_INIT;
    self->table.user = self;
    self->table.start = start;
    self->table.cancel = cancel;
    self->table.close = close_network;
    self->table.reset = reset;
    if (manner == OWN_TURN) {
        self->table.turn = turn;
        self->table.wake = wake;
        self->table.asks_before_sending = true;
    }
    assert_int_equal(pthread_mutex_init(&self->mutex, NULL), 0);
    assert_int_equal(pthread_cond_init(&self->changed, NULL), 0);
    if (manner == OWN_THREAD) {
        self->has_thread = pthread_create(&self->thread, NULL, work, self) == 0;
        assert_true(self->has_thread);
    }
}

void own_network_end(own_network *self) {
    if (self->has_thread) {
        pthread_mutex_lock(&self->mutex);
        self->ends = true;
        pthread_cond_broadcast(&self->changed);
        pthread_mutex_unlock(&self->mutex);
        pthread_join(self->thread, NULL);
    }
    for (size_t i = 0; i < self->count; i++) {
        assert_null(self->transfers[i].transfer);
    }
    pthread_cond_destroy(&self->changed);
    pthread_mutex_destroy(&self->mutex);
}

size_t own_network_count(own_network *self) {
    pthread_mutex_lock(&self->mutex);
    size_t count = self->count;
    pthread_mutex_unlock(&self->mutex);
    return count;
}

bool own_network_has_seen(own_network *self, const char *text) {
    bool seen = false;
    pthread_mutex_lock(&self->mutex);
    for (size_t i = 0; i < self->count; i++) {
        seen = seen || strstr(self->transfers[i].url, text) != NULL;
    }
    pthread_mutex_unlock(&self->mutex);
    return seen;
}
