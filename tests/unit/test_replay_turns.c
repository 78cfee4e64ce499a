/* The turns of the transport that answers from a folder: how much one does, when it waits, what is
 * left when it is stopped in between, and whose clock and memory it uses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <comicvine/sys/replay.h>

#include "client/recording.h"
#include "client/transfer_face.h"
#include "support/allocator.h"
#include "support/failing_allocator.h"
#include "support/fake_clock.h"
#include "support/platform.h"
#include "support/scratch.h"

enum { TRANSFERS = 3, LONG_WAIT_MS = 20000, LATENCY_MS = 1000 };

/* What the library would hold: notes what comes of it. */
typedef struct noted {
    cv_transfer face; /* first */
    int ends;
    cv_transfer_end end;
    size_t body_bytes;
    bool released;
} noted;

static noted *note_of(cv_transfer *transfer) {
    return (noted *)(void *)transfer; /* its first member */
}

static bool may_send(cv_transfer *transfer) {
    (void)transfer;
    return true;
}

static void take_header(cv_transfer *transfer, const char *name, const char *value) {
    (void)transfer;
    (void)name;
    (void)value;
}

static bool take_body(cv_transfer *transfer, const void *bytes, size_t size) {
    (void)bytes;
    note_of(transfer)->body_bytes += size;
    return true;
}

static bool complete(cv_transfer *transfer, cv_transfer_end end, int http_status,
                     const char *reason) {
    (void)http_status;
    (void)reason;
    note_of(transfer)->ends++;
    note_of(transfer)->end = end;
    return true;
}

static void release(cv_transfer *transfer) {
    assert_false(note_of(transfer)->released);
    note_of(transfer)->released = true;
}

static const cvi_transfer_face face = {.may_send = may_send,
                                       .header = take_header,
                                       .body = take_body,
                                       .complete = complete,
                                       .release = release};

typedef struct player_world {
    scratch scratch;
    failing_allocator memory;
    fake_clock clock;
    cv_clock public_clock;
    cv_replay_options options;
    cv_transport player;
    noted transfers[TRANSFERS];
} player_world;

static void write_recording(const player_world *self, const char *target) {
    char path[CVI_RECORDING_PATH_MAX + 1];
    char text[512];
    cvi_buffer name;
    cvi_buffer content;
    cvi_buffer_over(&name, path, sizeof(path));
    cvi_recording_path(self->scratch.folder, target, 1, &name);
    cvi_buffer_over(&content, text, sizeof(text));
    cvi_buffer_add_format(&content, "comicvine-replay 1\nGET %s\nstatus 200\nbody\n{}", target);
    assert_false(content.failed || name.failed);
    assert_true(cvi_file_write(path, text, content.length));
}

static cv_now look(void *user) {
    const fake_clock *clock = user;
    return clock->now;
}

static int set_up(void **state) {
    player_world *self = calloc(1, sizeof(*self));
    assert_non_null(self);
    assert_true(scratch_make(&self->scratch));
    failing_allocator_init(&self->memory, 0, false);
    fake_clock_init(&self->clock, 1);
    self->public_clock = (cv_clock)CV_CLOCK_INIT;
    self->public_clock.now = look;
    self->public_clock.user = &self->clock;
    write_recording(self, "/api/issue/4000-0/?format=json");
    write_recording(self, "/api/issue/4000-1/?format=json");
    write_recording(self, "/api/issue/4000-2/?format=json");
    self->options = (cv_replay_options)CV_REPLAY_OPTIONS_INIT;
    self->options.folder = self->scratch.folder;
    self->options.clock = &self->public_clock;
    self->options.allocator = &self->memory.allocator;
    *state = self;
    return 0;
}

static int tear_down(void **state) {
    player_world *self = *state;
    assert_int_equal(atomic_load(&self->memory.live), 0);
    assert_true(scratch_remove(&self->scratch));
    free(self);
    return 0;
}

static void open_player(player_world *self, int64_t latency_ms) {
    self->options.latency_ms = latency_ms;
    assert_true(cv_transport_replay(&self->player, &self->options));
}

static void close_player(player_world *self) {
    self->player.close(self->player.user);
}

static bool start(player_world *self, size_t index) {
    static const char *const urls[TRANSFERS] = {
        "http://a.example/api/issue/4000-0/?format=json&api_key=k",
        "http://a.example/api/issue/4000-1/?format=json&api_key=k",
        "http://a.example/api/issue/4000-2/?format=json&api_key=k"};
    const cv_transfer_request request = {.size = sizeof(request), .url = urls[index]};
    self->transfers[index] = (noted){.face = {&face}};
    return self->player.start(self->player.user, &self->transfers[index].face, &request);
}

static void start_all(player_world *self) {
    for (size_t i = 0; i < TRANSFERS; i++) {
        assert_true(start(self, i));
    }
}

static int64_t take_turn(player_world *self, int64_t timeout_ms, int64_t work_us) {
    cv_transport_turn turn = {
        .size = sizeof(turn), .timeout_ms = timeout_ms, .descriptor = -1, .work_us = work_us};
    self->player.turn(self->player.user, &turn);
    return turn.pieces;
}

static int64_t due_ms(player_world *self) {
    return self->player.due_ms(self->player.user);
}

static void assert_answered(const player_world *self, size_t index) {
    const noted *transfer = &self->transfers[index];
    assert_int_equal(transfer->ends, 1);
    assert_int_equal(transfer->end, CV_TRANSFER_ANSWERED);
    assert_int_equal(transfer->body_bytes, 2);
    assert_true(transfer->released);
}

static void assert_untouched(const player_world *self, size_t index) {
    assert_int_equal(self->transfers[index].ends, 0);
    assert_false(self->transfers[index].released);
}

static void assert_dropped(const player_world *self, size_t index) {
    assert_int_equal(self->transfers[index].ends, 0);
    assert_true(self->transfers[index].released);
}

/* ---- slices ---- */

/* However long the turn may wait: the slice is over, and the next one is due. */
static void test_a_short_slice_plays_one(void **state) {
    player_world *self = *state;
    open_player(self, 0);
    start_all(self);
    cvi_timeout patience = cvi_timeout_start(LONG_WAIT_MS);
    for (size_t i = 0; i < TRANSFERS; i++) {
        assert_int_equal(due_ms(self), 0);
        assert_int_equal(take_turn(self, LONG_WAIT_MS, 0), 1);
        assert_answered(self, i);
        for (size_t later = i + 1; later < TRANSFERS; later++) {
            assert_untouched(self, later);
        }
    }
    assert_int_equal(due_ms(self), -1);
    assert_true(cvi_timeout_left_ms(patience) > LONG_WAIT_MS / 2);
    assert_int_equal(take_turn(self, 0, 0), 0);
    close_player(self);
}

static void test_an_endless_slice_plays_all(void **state) {
    player_world *self = *state;
    open_player(self, 0);
    start_all(self);
    assert_int_equal(take_turn(self, 0, -1), TRANSFERS);
    for (size_t i = 0; i < TRANSFERS; i++) {
        assert_answered(self, i);
    }
    close_player(self);
}

/* There is something to be taken: who waited would keep it from the library. */
static void test_who_has_played_does_not_wait(void **state) {
    player_world *self = *state;
    open_player(self, LATENCY_MS);
    assert_true(start(self, 0));
    fake_clock_advance(&self->clock, LATENCY_MS);
    cvi_timeout patience = cvi_timeout_start(LONG_WAIT_MS);
    assert_int_equal(take_turn(self, LONG_WAIT_MS, -1), 1);
    assert_answered(self, 0);
    assert_true(cvi_timeout_left_ms(patience) > LONG_WAIT_MS / 2);
    close_player(self);
}

static void test_cancelling_amid_slices(void **state) {
    player_world *self = *state;
    open_player(self, 0);
    start_all(self);
    assert_int_equal(take_turn(self, 0, 0), 1);
    self->player.cancel(self->player.user, &self->transfers[1].face);
    assert_dropped(self, 1);
    self->player.cancel(self->player.user, &self->transfers[0].face); /* has been given back */
    assert_answered(self, 0);
    assert_int_equal(take_turn(self, 0, 0), 1);
    assert_answered(self, 2);
    assert_dropped(self, 1);

    assert_true(start(self, 0)); /* behind the last, which was in the middle of nothing */
    assert_true(start(self, 1));
    self->player.cancel(self->player.user, &self->transfers[1].face);
    assert_true(start(self, 2));
    assert_int_equal(take_turn(self, 0, -1), 2);
    assert_answered(self, 0);
    assert_answered(self, 2);
    close_player(self);
}

static void test_closing_amid_slices(void **state) {
    player_world *self = *state;
    open_player(self, 0);
    start_all(self);
    assert_int_equal(take_turn(self, 0, 0), 1);
    close_player(self);
    assert_answered(self, 0);
    assert_dropped(self, 1);
    assert_dropped(self, 2);
}

/* ---- time ---- */

static void test_latency_passes_by_the_clock(void **state) {
    player_world *self = *state;
    open_player(self, LATENCY_MS);
    assert_true(start(self, 0));
    assert_int_equal(due_ms(self), LATENCY_MS);
    fake_clock_advance(&self->clock, 600);
    assert_true(start(self, 1));
    fake_clock_step_wall(&self->clock, 3600000);
    assert_int_equal(due_ms(self), 400);
    fake_clock_advance(&self->clock, 399);
    assert_int_equal(take_turn(self, 0, -1), 0);
    assert_untouched(self, 0);
    fake_clock_advance(&self->clock, 1);
    assert_int_equal(take_turn(self, 0, -1), 1);
    assert_answered(self, 0);
    assert_int_equal(due_ms(self), 600);
    fake_clock_advance(&self->clock, 3600000);
    assert_int_equal(due_ms(self), 0);
    assert_int_equal(take_turn(self, 0, -1), 1);
    assert_answered(self, 1);
    close_player(self);
}

static void test_a_clock_that_is_none(void **state) {
    player_world *self = *state;
    const cv_clock none = CV_CLOCK_INIT;
    self->options.clock = &none;
    assert_false(cv_transport_replay(&self->player, &self->options));
    assert_int_equal(cv_last_error()->code, CV_ERROR_ARGUMENT);
}

/* ---- memory ---- */

static bool play_once(player_world *self) {
    if (!cv_transport_replay(&self->player, &self->options)) {
        assert_int_equal(cv_last_error()->code, CV_ERROR_NOMEM);
        return false;
    }
    bool played = false;
    if (start(self, 0)) {
        assert_int_equal(take_turn(self, 0, -1), 1);
        assert_int_equal(self->transfers[0].ends, 1);
        assert_true(self->transfers[0].released);
        played = self->transfers[0].end == CV_TRANSFER_ANSWERED;
    }
    close_player(self);
    return played;
}

static void test_each_allocation_may_fail(void **state) {
    player_world *self = *state;
    size_t failing_call = 1;
    bool played = false;
    for (; !played; failing_call++) {
        failing_allocator_init(&self->memory, failing_call, false);
        played = play_once(self);
        assert_int_equal(atomic_load(&self->memory.live), 0);
        assert_true(played != atomic_load(&self->memory.has_failed));
    }
    assert_true(failing_call > 4);
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_WORLD(test_a_short_slice_plays_one),      IN_WORLD(test_an_endless_slice_plays_all),
        IN_WORLD(test_who_has_played_does_not_wait), IN_WORLD(test_cancelling_amid_slices),
        IN_WORLD(test_closing_amid_slices),          IN_WORLD(test_latency_passes_by_the_clock),
        IN_WORLD(test_a_clock_that_is_none),         IN_WORLD(test_each_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
