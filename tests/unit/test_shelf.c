/* The shelf: in which batches and when it stores, what it answers meanwhile, what becomes of what
 * cannot be stored. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/shelf.h"
#include "resources/decode.h"
#include "resources/registry.h"
#include "support/allocator.h"
#include "support/diary.h"
#include "support/error.h"
#include "support/failing_allocator.h"
#include "support/fake_clock.h"

#define DESK_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

enum { ROWS = 25, BYTES = 256 * 1024, TTL_MS = 60000, BATCHES_MAX = 64 };

/* Stands for the stores: notes how many came in each transaction. */
struct cvi_stores {
    cvi_store_answer answer;
    size_t batches[BATCHES_MAX];
    size_t batch_count;
    char first_hash[CVI_HASH_SIZE]; /* of the last batch */
    int64_t fetched_at_ms;
    int64_t expires_at_ms;
};

typedef struct desk {
    cvi_log *log;
    diary said;
    failing_allocator memory;
    fake_clock clock;
    cvi_shelf shelf;
    struct cvi_stores stores;
} desk;

static cvi_store_answer note_batch(cvi_stores *stores, const cvi_dated *dated, size_t count,
                                   cvi_now now, cv_error *error) {
    (void)now;
    if (stores->answer == CVI_STORE_FAILED) {
        cvi_error_set(error, CV_ERROR_STORE, "no room");
    }
    assert_true(count > 0 && stores->batch_count < BATCHES_MAX);
    stores->batches[stores->batch_count++] = count;
    memcpy(stores->first_hash, dated[0].hash, sizeof(stores->first_hash));
    stores->fetched_at_ms = dated[0].fetched_at_ms;
    stores->expires_at_ms = dated[0].expires_at_ms;
    return stores->answer;
}

static void take_line(cv_log_level level, const char *line, void *user) {
    diary_add(user, "%d %s", (int)level, line);
}

static int set_up(void **state) {
    desk *self = calloc(1, sizeof(*self));
    assert_non_null(self);
    diary_init(&self->said);
    self->log = cvi_log_open(take_line, &self->said, CV_LOG_DEBUG, &cvi_default_allocator);
    assert_non_null(self->log);
    failing_allocator_init(&self->memory, 0, false);
    fake_clock_init(&self->clock, 1);
    cvi_shelf_init(&self->shelf, &self->stores, note_batch, &self->memory.allocator,
                   &self->clock.random, self->log);
    *state = self;
    return 0;
}

static int tear_down(void **state) {
    desk *self = *state;
    cvi_shelf_clear(&self->shelf);
    assert_int_equal(atomic_load(&self->memory.live), 0);
    cvi_log_close(self->log);
    diary_end(&self->said);
    free(self);
    return 0;
}

/* An issue's answer of at least this size. */
static cvi_result *result_of(desk *self, size_t size) {
    static const char head[] = "{\"status_code\":1,\"results\":{\"id\":1,\"name\":\"";
    static const char tail[] = "\"}}";
    size_t length = sizeof(head) - 1 + size + sizeof(tail) - 1;
    char *body = cvi_allocate(&self->memory.allocator, length + 1);
    assert_non_null(body);
    memcpy(body, head, sizeof(head) - 1);
    memset(body + sizeof(head) - 1, 'x', size);
    memcpy(body + sizeof(head) - 1 + size, tail, sizeof(tail));
    const cvi_decode_options options = {.resource = cvi_registry_find(CV_ISSUE)};
    cv_error error;
    cvi_result *result =
        cvi_decode(&options, &self->memory.allocator, (cvi_body){body, length, 0}, &error);
    assert_non_null(result);
    return result;
}

static void make_hash(size_t number, char hash[CVI_HASH_SIZE]) {
    assert_true(snprintf(hash, CVI_HASH_SIZE, "%064zx", number) == CVI_HASH_LENGTH);
}

static void put_aged(desk *self, size_t number, size_t size, int64_t age_ms, cv_source source) {
    char hash[CVI_HASH_SIZE];
    make_hash(number, hash);
    int64_t fetched_ms = self->clock.now.wall_ms - age_ms;
    const cvi_provenance provenance = {
        .source = source, .fetched_at_ms = fetched_ms, .expires_at_ms = fetched_ms + TTL_MS};
    cvi_result *result = result_of(self, size);
    cvi_shelf_put(&self->shelf, hash, result, &provenance);
    cvi_result_release(result);
}

static void put(desk *self, size_t number, size_t size) {
    put_aged(self, number, size, 0, CV_SOURCE_NETWORK);
}

static const cvi_shelved *find(desk *self, size_t number) {
    char hash[CVI_HASH_SIZE];
    make_hash(number, hash);
    return cvi_shelf_find(&self->shelf, hash, self->clock.now);
}

static int64_t step(desk *self) {
    return cvi_shelf_step(&self->shelf, self->clock.now);
}

static void test_an_empty_shelf_has_nothing_to_do(void **state) {
    desk *self = *state;
    assert_true(cvi_shelf_is_empty(&self->shelf));
    assert_int_equal(step(self), INT64_MAX);
    assert_null(find(self, 1));
    assert_int_equal(self->stores.batch_count, 0);
}

static void test_batches_of_some_rows_with_a_pause_between(void **state) {
    desk *self = *state;
    for (size_t i = 0; i < 2 * ROWS + 1; i++) {
        put(self, i, 10);
    }
    int64_t due_ms = step(self);
    assert_int_equal(self->stores.batch_count, 1);
    assert_true(due_ms > self->clock.now.boot_ms && due_ms <= self->clock.now.boot_ms + 2);
    assert_int_equal(step(self), due_ms); /* not yet */
    assert_int_equal(self->stores.batch_count, 1);
    fake_clock_advance(&self->clock, due_ms - self->clock.now.boot_ms);
    due_ms = step(self);
    fake_clock_advance(&self->clock, due_ms - self->clock.now.boot_ms);
    assert_int_equal(step(self), INT64_MAX);
    assert_int_equal(self->stores.batch_count, 3);
    assert_int_equal(self->stores.batches[0], ROWS);
    assert_int_equal(self->stores.batches[1], ROWS);
    assert_int_equal(self->stores.batches[2], 1);
    assert_true(cvi_shelf_is_empty(&self->shelf));
}

static void test_batches_are_bounded_in_bytes(void **state) {
    desk *self = *state;
    put(self, 1, 2 * BYTES); /* more than a batch may have: alone */
    put(self, 2, BYTES / 2 - 100);
    put(self, 3, BYTES / 2 - 100);
    put(self, 4, 100);
    static const size_t wanted[] = {1, 2, 1};
    for (size_t i = 0; i < 3; i++) {
        step(self);
        assert_int_equal(self->stores.batches[i], wanted[i]);
        fake_clock_advance(&self->clock, 5);
    }
    assert_true(cvi_shelf_is_empty(&self->shelf));
}

static void test_the_times_are_those_of_the_answer(void **state) {
    desk *self = *state;
    put_aged(self, 7, 10, 5000, CV_SOURCE_CACHE);
    step(self);
    assert_int_equal(self->stores.fetched_at_ms, self->clock.now.wall_ms - 5000);
    assert_int_equal(self->stores.expires_at_ms, self->clock.now.wall_ms - 5000 + TTL_MS);
}

static void test_what_is_not_stored_yet_is_found(void **state) {
    desk *self = *state;
    put(self, 1, 10);
    put_aged(self, 1 + CVI_SHELF_BUCKETS, 10, 5, CV_SOURCE_CACHE);
    assert_non_null(find(self, 1));
    assert_int_equal(find(self, 1)->provenance.source, CV_SOURCE_SHARED);
    assert_int_equal(find(self, 1 + CVI_SHELF_BUCKETS)->provenance.source, CV_SOURCE_CACHE);
    assert_null(find(self, 2));
    step(self);
    assert_null(find(self, 1));
}

static void test_the_newest_is_found_and_nothing_expired(void **state) {
    desk *self = *state;
    put_aged(self, 1, 10, 100, CV_SOURCE_NETWORK);
    put_aged(self, 1, 10, 50, CV_SOURCE_NETWORK);
    put_aged(self, 1, 10, 75, CV_SOURCE_CACHE);
    assert_int_equal(find(self, 1)->provenance.fetched_at_ms, self->clock.now.wall_ms - 50);
    put_aged(self, 2, 10, TTL_MS, CV_SOURCE_CACHE);
    assert_null(find(self, 2));
}

static void test_a_locked_file_is_tried_again(void **state) {
    desk *self = *state;
    self->stores.answer = CVI_STORE_BUSY;
    put(self, 1, 10);
    int64_t due_ms = step(self);
    assert_true(due_ms > self->clock.now.boot_ms && due_ms <= self->clock.now.boot_ms + 2);
    assert_non_null(find(self, 1));
    assert_false(cvi_shelf_is_empty(&self->shelf));
    self->stores.answer = CVI_STORE_DONE;
    fake_clock_advance(&self->clock, 2);
    assert_int_equal(step(self), INT64_MAX);
    assert_int_equal(self->stores.batch_count, 2);
}

static void test_what_cannot_be_stored_is_dropped(void **state) {
    desk *self = *state;
    self->stores.answer = CVI_STORE_FAILED;
    put(self, 1, 10);
    assert_int_equal(step(self), INT64_MAX);
    assert_true(cvi_shelf_is_empty(&self->shelf));
    assert_null(find(self, 1));
    cvi_log_flush(self->log);
    diary_check(&self->said, "2 what a list says cannot be stored: no room\n"
                             "2 1 objects of lists were not stored\n");
}

/* However many there are, the log hears of the first and of their number. */
static void test_many_that_cannot_be_stored(void **state) {
    desk *self = *state;
    self->stores.answer = CVI_STORE_FAILED;
    for (size_t id = 1; id <= 60; id++) {
        put(self, id, 10);
    }
    while (step(self) != INT64_MAX) {
        fake_clock_advance(&self->clock, 1);
    }
    assert_int_equal(self->stores.batch_count, 3);
    cvi_log_flush(self->log);
    diary_check(&self->said, "2 what a list says cannot be stored: no room\n"
                             "2 60 objects of lists were not stored\n");
}

static void test_without_memory_nothing_is_put(void **state) {
    desk *self = *state;
    char hash[CVI_HASH_SIZE];
    const cvi_provenance provenance = {
        .source = CV_SOURCE_NETWORK, .fetched_at_ms = 0, .expires_at_ms = INT64_MAX};
    cvi_result *result = result_of(self, 10);
    make_hash(1, hash);
    self->memory.failing_call = atomic_load(&self->memory.calls) + 1;
    cvi_shelf_put(&self->shelf, hash, result, &provenance);
    assert_true(cvi_shelf_is_empty(&self->shelf));
    cvi_result_release(result);
}

/* The oldest is stored first, also after the shelf was empty. */
static void test_the_order_is_that_of_putting(void **state) {
    desk *self = *state;
    char hash[CVI_HASH_SIZE];
    for (size_t round = 0; round < 2; round++) {
        put(self, 9 + round, 10);
        put(self, 4 + round, 10);
        step(self);
        fake_clock_advance(&self->clock, 5);
        make_hash(9 + round, hash);
        assert_string_equal(self->stores.first_hash, hash);
        assert_true(cvi_shelf_is_empty(&self->shelf));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        DESK_TEST(test_an_empty_shelf_has_nothing_to_do),
        DESK_TEST(test_batches_of_some_rows_with_a_pause_between),
        DESK_TEST(test_batches_are_bounded_in_bytes),
        DESK_TEST(test_the_times_are_those_of_the_answer),
        DESK_TEST(test_what_is_not_stored_yet_is_found),
        DESK_TEST(test_the_newest_is_found_and_nothing_expired),
        DESK_TEST(test_a_locked_file_is_tried_again),
        DESK_TEST(test_what_cannot_be_stored_is_dropped),
        DESK_TEST(test_many_that_cannot_be_stored),
        DESK_TEST(test_without_memory_nothing_is_put),
        DESK_TEST(test_the_order_is_that_of_putting),
    };
    return cmocka_run_group_tests_name("shelf", tests, NULL, NULL);
}
