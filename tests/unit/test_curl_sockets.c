/* Which descriptors the built-in network watches while libcurl, of which this plays the part, opens
 * and closes them: libcurl 7.88 tells of one that was not connected yet when it has closed it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client/transport_curl.h"
#include "support/forked.h"

typedef struct part {
    cvi_curl curl;
    cvi_curl_sockets sockets;
    curl_socket_callback watch;
    void *user; /* of watch */
    int socket; /* that libcurl has open; -1: none */
    int other;  /* of another thread; -1: none */
    void (*during)(struct part *self);
} part;

static part *the_part; /* libcurl's functions get nothing that leads to it */

/* ---- libcurl ---- */

static CURLM *init(void) {
    return &the_part->curl;
}

static CURLMcode fine(CURLM *multi) {
    (void)multi;
    return CURLM_OK;
}

static CURLMcode set_option(CURLM *multi, CURLMoption option, ...) {
    va_list arguments;
    (void)multi;
    va_start(arguments, option);
    if (option == CURLMOPT_SOCKETFUNCTION) {
        the_part->watch = va_arg(arguments, curl_socket_callback);
    } else if (option == CURLMOPT_SOCKETDATA) {
        the_part->user = va_arg(arguments, void *);
    }
    va_end(arguments);
    return CURLM_OK;
}

static CURLMcode due_now(CURLM *multi, long *due_ms) {
    (void)multi;
    *due_ms = 0;
    return CURLM_OK;
}

static CURLMcode run(CURLM *multi, curl_socket_t socket, int events, int *running) {
    (void)multi;
    (void)socket;
    (void)events;
    (void)running;
    the_part->during(the_part);
    return CURLM_OK;
}

static CURLMcode remove_easy(CURLM *multi, CURL *easy) {
    (void)multi;
    (void)easy;
    the_part->during(the_part);
    return CURLM_OK;
}

/* ---- what happens in it ---- */

static void tell(const part *self, int what) {
    assert_int_equal(self->watch(NULL, self->socket, what, self->user, NULL), 0);
}

static void open_next(part *self) {
    self->socket = cvi_socket_open(AF_INET, SOCK_STREAM, 0);
    assert_true(self->socket >= 0);
}

static void connect_socket(part *self) {
    open_next(self);
    tell(self, CURL_POLL_OUT);
}

static void be_connected(part *self) {
    tell(self, CURL_POLL_IN);
}

static void stop_reading(part *self) {
    tell(self, CURL_POLL_REMOVE);
}

static void close_silently(part *self) {
    close(self->socket);
    tell(self, CURL_POLL_REMOVE);
}

/* Somebody watches that by the same bundle, so that one can see whether it is left alone. */
static void close_and_lose_number(part *self) {
    struct epoll_event wanted = {.events = EPOLLIN, .data = {.fd = self->socket}};
    close(self->socket);
    self->other = eventfd(1, EFD_CLOEXEC);
    assert_int_equal(self->other, self->socket); /* the lowest that is free */
    assert_int_equal(
        epoll_ctl(self->sockets.bundle.descriptor, EPOLL_CTL_ADD, self->other, &wanted), 0);
    tell(self, CURL_POLL_REMOVE);
}

/* Of which nothing is told: it is watched for the same as before. */
static void try_next_address(part *self) {
    int before = self->socket;
    close(self->socket);
    open_next(self);
    assert_int_equal(self->socket, before);
}

static void close_by_us(part *self) {
    assert_int_equal(cvi_curl_sockets_close_socket(&self->sockets, self->socket), 0);
    tell(self, CURL_POLL_REMOVE);
}

/* ---- the library ---- */

static void move(part *self, void (*during)(part *)) {
    cvi_slice one = cvi_slice_start(0);
    self->during = during;
    cvi_curl_sockets_move(&self->sockets, &one);
}

static void drop(part *self, void (*during)(part *)) {
    self->during = during;
    cvi_curl_sockets_drop(&self->sockets, NULL);
}

static int count_members(const part *self) {
    return count_watched(self->sockets.bundle.descriptor, NULL);
}

static int set_up(void **state) {
    static part self;
    self = (part){.socket = -1, .other = -1};
    the_part = &self;
    self.curl.multi_init = init;
    self.curl.multi_cleanup = fine;
    self.curl.multi_wakeup = fine;
    self.curl.multi_setopt = set_option;
    self.curl.multi_timeout = due_now;
    self.curl.multi_socket_action = run;
    self.curl.multi_remove_handle = remove_easy;
    *state = &self;
    return cvi_curl_sockets_open(&self.sockets, &self.curl) ? 0 : -1;
}

static int tear_down(void **state) {
    part *self = *state;
    cvi_curl_sockets_close(&self->sockets);
    return 0;
}

/* ---- tests ---- */

static void test_what_libcurl_wants_is_watched(void **state) {
    part *self = *state;
    move(self, connect_socket);
    assert_int_equal(count_members(self), 1);
    move(self, be_connected);
    assert_int_equal(count_members(self), 1);
    move(self, stop_reading);
    assert_int_equal(count_members(self), 0);
    move(self, be_connected); /* used anew */
    assert_int_equal(count_members(self), 1);
    move(self, close_by_us);
    assert_int_equal(count_members(self), 0);
}

static void test_a_number_that_is_anothers_is_left_alone(void **state) {
    static void (*const ways[])(part *, void (*)(part *)) = {move, drop};
    part *self = *state;
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        cvi_ready ready;
        move(self, connect_socket);
        ways[i](self, close_and_lose_number);
        assert_true(cvi_bundle_next(&self->sockets.bundle, &ready));
        assert_int_equal(ready.descriptor, self->other);
        close(self->other);
    }
}

static void test_the_next_attempt_has_the_same_number(void **state) {
    part *self = *state;
    cvi_ready ready;
    move(self, connect_socket);
    move(self, try_next_address);
    assert_int_equal(count_members(self), 1);
    assert_true(cvi_bundle_next(&self->sockets.bundle, &ready)); /* it has not begun to connect */
    assert_int_equal(ready.descriptor, self->socket);
    assert_true(ready.writes);
    move(self, close_by_us);
}

/* As a child of fork has one. */
static void test_a_copy_keeps_nothing_in_the_bundle(void **state) {
    static void (*const ways[])(part *, void (*)(part *)) = {move, drop};
    part *self = *state;
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        move(self, connect_socket);
        int copy = dup(self->socket);
        assert_true(copy >= 0);
        ways[i](self, close_silently);
        assert_int_equal(count_members(self), 0);
        close(copy);
    }
}

static void test_an_attempt_that_goes_on_is_watched(void **state) {
    part *self = *state;
    move(self, connect_socket);
    int first = self->socket;
    move(self, connect_socket);
    assert_int_equal(count_members(self), 2);
    move(self, close_silently);
    assert_int_equal(count_members(self), 1);
    self->socket = first;
    drop(self, close_silently);
    assert_int_equal(count_members(self), 0);
}

int main(void) {
#define WITH_PART(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        WITH_PART(test_what_libcurl_wants_is_watched),
        WITH_PART(test_a_number_that_is_anothers_is_left_alone),
        WITH_PART(test_the_next_attempt_has_the_same_number),
        WITH_PART(test_a_copy_keeps_nothing_in_the_bundle),
        WITH_PART(test_an_attempt_that_goes_on_is_watched),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
