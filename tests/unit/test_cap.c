/* The bound on what a client holds: counted to the byte, given back, outlived by its blocks, the
 * same from many threads, and named in errors. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/allocator.h"
#include "support/cap.h"
#include "support/error.h"
#include "support/failing_allocator.h"

enum { ROOM = 10000, BLOCK = 100 };

typedef struct world {
    failing_allocator memory;
    cvi_cap *cap;
    cv_allocator allocator; /* the one that counts */
} world;

static int set_up(void **state) {
    static world self;
    failing_allocator_init(&self.memory, 0, false);
    self.cap = cvi_cap_open(&self.memory.allocator, ROOM);
    assert_non_null(self.cap);
    self.allocator = cvi_cap_allocator(self.cap);
    *state = &self;
    return 0;
}

static int tear_down(void **state) {
    world *self = *state;
    cvi_cap_close(self->cap);
    assert_int_equal(atomic_load(&self->memory.live), 0);
    return 0;
}

static size_t held(const world *self) {
    return atomic_load(&self->memory.bytes);
}

/* The next call of the application's allocator fails. */
static void starve(world *self) {
    self->memory.failing_call = atomic_load(&self->memory.calls) + 1;
}

/* What one block of this size costs. */
static size_t cost_of(const world *self, size_t size) {
    size_t before = held(self);
    void *block = cvi_allocate(&self->allocator, size);
    assert_non_null(block);
    size_t cost = held(self) - before;
    cvi_release(&self->allocator, block);
    assert_int_equal(held(self), before);
    return cost;
}

static void test_bound_is_met_to_the_byte(void **state) {
    world *self = *state;
    size_t head = cost_of(self, BLOCK) - BLOCK;
    size_t left = ROOM - held(self) - head;
    assert_null(cvi_allocate(&self->allocator, left + 1));
    assert_true(cvi_cap_has_refused());
    void *block = cvi_allocate(&self->allocator, left);
    assert_non_null(block);
    assert_false(cvi_cap_has_refused());
    assert_int_equal(held(self), ROOM);
    assert_null(cvi_allocate(&self->allocator, 1));
    assert_int_equal(held(self), ROOM);
    cvi_release(&self->allocator, block);
    block = cvi_allocate(&self->allocator, left);
    assert_non_null(block);
    cvi_release(&self->allocator, block);
}

static void test_blocks_are_aligned_and_whole(void **state) {
    world *self = *state;
    for (size_t size = 1; size < 100; size++) {
        char *block = cvi_allocate(&self->allocator, size);
        assert_int_equal((uintptr_t)block % _Alignof(max_align_t), 0);
        memset(block, 'x', size);
        cvi_release(&self->allocator, block);
    }
}

static void test_growing_and_shrinking_are_counted(void **state) {
    world *self = *state;
    char *block = cvi_copy_text(&self->allocator, "abc", 3);
    size_t before = held(self);
    block = cvi_reallocate(&self->allocator, block, 4 + 1000);
    assert_int_equal(held(self), before + 1000);
    assert_null(cvi_reallocate(&self->allocator, block, ROOM));
    assert_true(cvi_cap_has_refused());
    assert_string_equal(block, "abc");
    assert_int_equal(held(self), before + 1000);
    block = cvi_reallocate(&self->allocator, block, 4);
    assert_string_equal(block, "abc");
    size_t left = ROOM - held(self);
    block = cvi_reallocate(&self->allocator, block, 4 + left);
    assert_non_null(block);
    assert_null(cvi_allocate(&self->allocator, 1));
    cvi_release(&self->allocator, block);
}

/* What the system refuses is not counted, and not the cap's doing. */
static void test_refusals_of_the_system(void **state) {
    world *self = *state;
    char *block = cvi_allocate(&self->allocator, BLOCK);
    assert_null(cvi_allocate(&self->allocator, ROOM));
    assert_true(cvi_cap_has_refused());
    starve(self);
    assert_null(cvi_allocate(&self->allocator, BLOCK));
    assert_false(cvi_cap_has_refused());
    starve(self);
    assert_null(cvi_reallocate(&self->allocator, block, BLOCK + 1));
    starve(self);
    assert_null(cvi_reallocate(&self->allocator, block, BLOCK - 1));
    assert_false(cvi_cap_has_refused());
    size_t left = ROOM - held(self);
    block = cvi_reallocate(&self->allocator, block, BLOCK + left);
    assert_non_null(block);
    assert_int_equal(held(self), ROOM);
    cvi_release(&self->allocator, block);
}

static void test_sizes_do_not_overflow(void **state) {
    world *self = *state;
    size_t calls = atomic_load(&self->memory.calls);
    assert_null(cvi_allocate(&self->allocator, SIZE_MAX));
    assert_null(cvi_allocate(&self->allocator, SIZE_MAX - 1));
    assert_null(cvi_handout(&self->allocator, SIZE_MAX - 100));
    assert_int_equal(atomic_load(&self->memory.calls), calls);
    void *block = cvi_allocate(&self->allocator, 1);
    assert_null(cvi_reallocate(&self->allocator, block, SIZE_MAX));
    cvi_release(&self->allocator, block);
}

static void test_no_bound_is_too_large(void **state) {
    world *self = *state;
    cvi_cap *wide = cvi_cap_open(&self->memory.allocator, SIZE_MAX);
    cv_allocator allocator = cvi_cap_allocator(wide);
    assert_null(cvi_allocate(&allocator, SIZE_MAX));
    void *block = cvi_allocate(&allocator, ROOM);
    assert_non_null(block);
    cvi_release(&allocator, block);
    cvi_cap_close(wide);
}

static void test_cap_counts_itself(void **state) {
    world *self = *state;
    size_t before = held(self);
    size_t smallest = 0;
    cvi_cap *cap = NULL;
    while (cap == NULL) {
        cap = cvi_cap_open(&self->memory.allocator, ++smallest);
    }
    assert_int_equal(smallest, held(self) - before);
    cv_allocator allocator = cvi_cap_allocator(cap);
    assert_null(cvi_allocate(&allocator, 1));
    cvi_cap_close(cap);
    starve(self);
    assert_null(cvi_cap_open(&self->memory.allocator, ROOM));
    assert_false(cvi_cap_has_refused());
    cvi_cap_close(NULL);
}

/* A closed cap lives, counts and refuses until the last block is gone, in whatever order. */
static void test_blocks_outlive_the_cap(void **state) {
    world *self = *state;
    for (int order = 0; order < 2; order++) {
        cvi_cap *cap = cvi_cap_open(&self->memory.allocator, ROOM);
        cv_allocator allocator = cvi_cap_allocator(cap);
        void *blocks[2] = {cvi_allocate(&allocator, BLOCK), cvi_handout(&allocator, BLOCK)};
        cvi_cap_close(cap);
        assert_null(cvi_allocate(&allocator, ROOM));
        void *later = cvi_allocate(&allocator, BLOCK);
        assert_non_null(later);
        if (order == 0) {
            cvi_release(&allocator, blocks[0]);
            cvi_release(&allocator, later);
            cv_free(blocks[1]);
        } else {
            cv_free(blocks[1]);
            cvi_release(&allocator, later);
            cvi_release(&allocator, blocks[0]);
        }
        assert_int_equal(atomic_load(&self->memory.live), 1); /* the test's own cap */
    }
}

/* ---- errors ---- */

static void test_error_names_the_option(void **state) {
    world *self = *state;
    cv_error error;
    assert_null(cvi_allocate(&self->allocator, ROOM));
    cvi_error_no_memory(&error);
    assert_int_equal(error.code, CV_ERROR_NOMEM);
    assert_true(error.retryable);
    assert_non_null(strstr(error.message, "max_memory_bytes"));
    starve(self);
    assert_null(cvi_allocate(&self->allocator, 1));
    cvi_error_no_memory(&error);
    assert_string_equal(error.message, "out of memory");
}

static void *ask_on_another_thread(void *user) {
    world *self = user;
    void *block = cvi_allocate(&self->allocator, ROOM);
    return block == NULL && cvi_cap_has_refused() ? self : NULL;
}

static void test_refusal_is_told_to_its_thread(void **state) {
    world *self = *state;
    void *block = cvi_allocate(&self->allocator, 1);
    pthread_t thread;
    void *right = NULL;
    assert_int_equal(pthread_create(&thread, NULL, ask_on_another_thread, self), 0);
    assert_int_equal(pthread_join(thread, &right), 0);
    assert_ptr_equal(right, self);
    assert_false(cvi_cap_has_refused());
    cvi_release(&self->allocator, block);
}

/* ---- threads ---- */

enum { THREADS = 4, ROUNDS = 20000, MOST_BLOCKS = 40 };

typedef struct rush {
    world *self;
    size_t peak_bytes; /* seen by this thread */
    size_t refusals;
} rush;

static void note_peak(rush *run) {
    size_t now = held(run->self);
    run->peak_bytes = now > run->peak_bytes ? now : run->peak_bytes;
}

/* Takes as many blocks as it gets, so that the threads compete for the last bytes. */
static void *take_and_give(void *user) {
    rush *run = user;
    const cv_allocator *allocator = &run->self->allocator;
    for (int round = 0; round < ROUNDS / MOST_BLOCKS; round++) {
        void *blocks[MOST_BLOCKS] = {NULL};
        for (size_t i = 0; i < MOST_BLOCKS; i++) {
            blocks[i] = cvi_allocate(allocator, BLOCK + i);
            run->refusals += blocks[i] == NULL ? 1 : 0;
            note_peak(run);
        }
        for (size_t i = 0; i < MOST_BLOCKS; i++) {
            cvi_release(allocator, blocks[i]);
        }
    }
    return NULL;
}

static void test_threads_never_go_beyond(void **state) {
    world *self = *state;
    pthread_t threads[THREADS];
    rush runs[THREADS];
    size_t before = held(self);
    for (size_t i = 0; i < THREADS; i++) {
        runs[i] = (rush){.self = self};
        assert_int_equal(pthread_create(&threads[i], NULL, take_and_give, &runs[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_in_range(runs[i].peak_bytes, before + BLOCK, ROOM);
    }
    assert_int_equal(held(self), before);
    void *block = cvi_allocate(&self->allocator, ROOM / 2); /* nothing has stayed counted */
    assert_non_null(block);
    cvi_release(&self->allocator, block);
}

/* The owner closes while others give back the last blocks: one of them, no matter who, frees it. */
static void *give_one(void *user) {
    cv_free(user);
    return NULL;
}

static void test_last_one_frees(void **state) {
    world *self = *state;
    for (int round = 0; round < 500; round++) {
        cvi_cap *cap = cvi_cap_open(&self->memory.allocator, ROOM);
        cv_allocator allocator = cvi_cap_allocator(cap);
        pthread_t threads[THREADS];
        for (size_t i = 0; i < THREADS; i++) {
            void *block = cvi_handout(&allocator, BLOCK);
            assert_int_equal(pthread_create(&threads[i], NULL, give_one, block), 0);
        }
        cvi_cap_close(cap);
        for (size_t i = 0; i < THREADS; i++) {
            assert_int_equal(pthread_join(threads[i], NULL), 0);
        }
        assert_int_equal(atomic_load(&self->memory.live), 1);
    }
}

#define WITH_CAP(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_CAP(test_bound_is_met_to_the_byte),
        WITH_CAP(test_blocks_are_aligned_and_whole),
        WITH_CAP(test_growing_and_shrinking_are_counted),
        WITH_CAP(test_refusals_of_the_system),
        WITH_CAP(test_sizes_do_not_overflow),
        WITH_CAP(test_no_bound_is_too_large),
        WITH_CAP(test_cap_counts_itself),
        WITH_CAP(test_blocks_outlive_the_cap),
        WITH_CAP(test_error_names_the_option),
        WITH_CAP(test_refusal_is_told_to_its_thread),
        WITH_CAP(test_threads_never_go_beyond),
        WITH_CAP(test_last_one_frees),
    };
    return cmocka_run_group_tests_name("cap", tests, NULL, NULL);
}
