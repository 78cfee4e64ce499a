/* The allocator's shell and the arena: alignment, overflow, failure, and what is freed when. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "support/allocator.h"
#include "support/arena.h"
#include "support/failing_allocator.h"

static int set_up(void **state) {
    static failing_allocator memory;
    failing_allocator_init(&memory, 0, false);
    *state = &memory;
    return 0;
}

static int tear_down(void **state) {
    failing_allocator *memory = *state;
    assert_int_equal(atomic_load(&memory->live), 0);
    assert_int_equal(atomic_load(&memory->bytes), 0);
    return 0;
}

/* The next allocation fails. */
static void starve(failing_allocator *memory) {
    memory->failing_call = atomic_load(&memory->calls) + 1;
}

static bool is_aligned(const void *block) {
    return (uintptr_t)block % _Alignof(max_align_t) == 0;
}

/* ---- the allocator ---- */

static void test_memory_is_zeroed(void **state) {
    failing_allocator *memory = *state;
    static const char zeros[300];
    char *block = cvi_allocate(&memory->allocator, sizeof(zeros));
    assert_memory_equal(block, zeros, sizeof(zeros));
    memset(block, 1, sizeof(zeros));
    cvi_release(&memory->allocator, block);
    block = cvi_allocate_array(&memory->allocator, 100, 3);
    assert_memory_equal(block, zeros, sizeof(zeros));
    assert_int_equal(atomic_load(&memory->bytes), 300);
    cvi_release(&memory->allocator, block);
}

static void test_nothing_is_a_byte(void **state) {
    failing_allocator *memory = *state;
    void *block = cvi_allocate(&memory->allocator, 0);
    assert_non_null(block);
    assert_int_equal(atomic_load(&memory->bytes), 1);
    block = cvi_reallocate(&memory->allocator, block, 0);
    assert_non_null(block);
    assert_int_equal(atomic_load(&memory->bytes), 1);
    cvi_release(&memory->allocator, block);
    block = cvi_allocate_array(&memory->allocator, 5, 0);
    assert_non_null(block);
    cvi_release(&memory->allocator, block);
    cvi_release(&memory->allocator, NULL);
}

static void test_products_do_not_overflow(void **state) {
    failing_allocator *memory = *state;
    assert_null(cvi_allocate_array(&memory->allocator, SIZE_MAX / 2, 3));
    assert_null(cvi_allocate_array(&memory->allocator, SIZE_MAX, SIZE_MAX));
    assert_null(cvi_copy_text(&memory->allocator, "", SIZE_MAX));
    assert_null(cvi_handout(&memory->allocator, SIZE_MAX));
    assert_null(cvi_handout(&memory->allocator, SIZE_MAX - 8));
    assert_int_equal(atomic_load(&memory->calls), 0);
}

static void test_resizing_keeps_what_is_there(void **state) {
    failing_allocator *memory = *state;
    char *block = cvi_reallocate(&memory->allocator, NULL, 4);
    memcpy(block, "abc", 4);
    block = cvi_reallocate(&memory->allocator, block, 4000);
    assert_string_equal(block, "abc");
    starve(memory);
    assert_null(cvi_reallocate(&memory->allocator, block, 8000));
    assert_string_equal(block, "abc");
    assert_int_equal(atomic_load(&memory->bytes), 4000);
    cvi_release(&memory->allocator, block);
}

static void test_copies_end_in_nul(void **state) {
    failing_allocator *memory = *state;
    char *copy = cvi_copy_text(&memory->allocator, "a\0bcd", 4);
    assert_memory_equal(copy, "a\0bc\0", 5);
    cvi_release(&memory->allocator, copy);
    copy = cvi_copy_text(&memory->allocator, NULL, 0);
    assert_string_equal(copy, "");
    cvi_release(&memory->allocator, copy);
}

static void test_failure_is_null(void **state) {
    failing_allocator *memory = *state;
    starve(memory);
    memory->keeps_failing = true;
    assert_null(cvi_allocate(&memory->allocator, 1));
    assert_null(cvi_allocate_array(&memory->allocator, 1, 1));
    assert_null(cvi_reallocate(&memory->allocator, NULL, 1));
    assert_null(cvi_copy_text(&memory->allocator, "a", 1));
    assert_null(cvi_handout(&memory->allocator, 1));
    memory->keeps_failing = false;
}

static void test_handed_out_block_knows_its_allocator(void **state) {
    failing_allocator *memory = *state;
    for (size_t size = 0; size < 40; size++) {
        char *block = cvi_handout(&memory->allocator, size);
        assert_true(is_aligned(block));
        memset(block, 'x', size);
        cv_free(block);
    }
    cv_free(NULL);
}

static void test_default_allocator(void **state) {
    (void)state;
    char *block = cvi_allocate(&cvi_default_allocator, 10);
    block = cvi_reallocate(&cvi_default_allocator, block, 100000);
    assert_non_null(block);
    cvi_release(&cvi_default_allocator, block);
    cv_free(cvi_handout(&cvi_default_allocator, 10));
}

/* ---- the arena ---- */

static void test_arena_allocates_nothing_before_it_is_used(void **state) {
    failing_allocator *memory = *state;
    cvi_arena arena;
    cvi_arena_init(&arena, &memory->allocator, 0);
    assert_int_equal(atomic_load(&memory->calls), 0);
    cvi_arena_clear(&arena);
}

static void test_arena_aligns_and_packs(void **state) {
    failing_allocator *memory = *state;
    cvi_arena arena;
    cvi_arena_init(&arena, &memory->allocator, 0);
    char *text = cvi_arena_take_bytes(&arena, 3);
    assert_ptr_equal(cvi_arena_take_bytes(&arena, 2), text + 3);
    for (size_t size = 0; size < 50; size++) {
        void *block = cvi_arena_take(&arena, size);
        assert_true(is_aligned(block));
        memset(block, 0xAB, size);
        assert_non_null(cvi_arena_take_bytes(&arena, 1));
    }
    assert_int_equal(atomic_load(&memory->calls), 1);
    cvi_arena_clear(&arena);
}

/* Nothing that was taken is ever touched by what is taken later. */
static void test_arena_parts_do_not_overlap(void **state) {
    failing_allocator *memory = *state;
    enum { PARTS = 600 };
    static unsigned char *parts[PARTS];
    cvi_arena arena;
    cvi_arena_init(&arena, &memory->allocator, 16);
    for (size_t i = 0; i < PARTS; i++) {
        size_t size = 1 + i * 37 % 900;
        parts[i] = i % 2 == 0 ? cvi_arena_take(&arena, size)
                              : (unsigned char *)cvi_arena_take_bytes(&arena, size);
        memset(parts[i], (int)(i % 251), size);
    }
    for (size_t i = 0; i < PARTS; i++) {
        size_t size = 1 + i * 37 % 900;
        for (size_t at = 0; at < size; at++) {
            assert_int_equal(parts[i][at], i % 251);
        }
    }
    cvi_arena_clear(&arena);
}

static void test_arena_allocates_seldom(void **state) {
    failing_allocator *memory = *state;
    cvi_arena arena;
    cvi_arena_init(&arena, &memory->allocator, 0);
    for (int i = 0; i < 100000; i++) {
        assert_non_null(cvi_arena_take(&arena, 40));
    }
    assert_in_range(atomic_load(&memory->calls), 5, 16);
    cvi_arena_clear(&arena);
}

static void test_arena_of_the_right_size_allocates_once(void **state) {
    failing_allocator *memory = *state;
    cvi_arena arena;
    cvi_arena_init(&arena, &memory->allocator, 100000);
    for (int i = 0; i < 1000; i++) {
        assert_non_null(cvi_arena_take_bytes(&arena, 100));
    }
    assert_int_equal(atomic_load(&memory->calls), 1);
    assert_non_null(cvi_arena_take_bytes(&arena, 1));
    assert_int_equal(atomic_load(&memory->calls), 2);
    cvi_arena_clear(&arena);
}

static void test_arena_takes_what_is_larger_than_any_block(void **state) {
    failing_allocator *memory = *state;
    cvi_arena arena;
    cvi_arena_init(&arena, &memory->allocator, 0);
    char *large = cvi_arena_take(&arena, 3 << 20);
    memset(large, 1, 3 << 20);
    assert_null(cvi_arena_take(&arena, SIZE_MAX));
    assert_null(cvi_arena_copy_text(&arena, "", SIZE_MAX));
    assert_string_equal(cvi_arena_copy_text(&arena, "text behind", 4), "text");
    assert_string_equal(cvi_arena_copy_text(&arena, NULL, 0), "");
    cvi_arena_clear(&arena);
}

/* The block of its own leaves the open one open. */
static void test_arena_goes_on_behind_a_large_part(void **state) {
    failing_allocator *memory = *state;
    cvi_arena arena;
    cvi_arena_init(&arena, &memory->allocator, 1000);
    char *first = cvi_arena_take_bytes(&arena, 10);
    char *large = cvi_arena_take(&arena, 5000);
    memset(large, 1, 5000);
    assert_ptr_equal(cvi_arena_take_bytes(&arena, 900), first + 10);
    assert_int_equal(atomic_load(&memory->calls), 2);
    cvi_arena_clear(&arena);
}

static void test_tight_arena_grows_by_steps(void **state) {
    failing_allocator *memory = *state;
    cvi_arena arena;
    cvi_arena_init_tight(&arena, &memory->allocator, 10000, 500);
    for (int i = 0; i < 1200; i++) {
        assert_non_null(cvi_arena_take_bytes(&arena, 10));
    }
    assert_int_equal(atomic_load(&memory->calls), 5);
    assert_in_range(memory->bytes, 12000, 12000 + 500);
    cvi_arena_clear(&arena);
}

static void test_arena_extends_what_was_taken_last(void **state) {
    failing_allocator *memory = *state;
    cvi_arena arena;
    cvi_arena_init(&arena, &memory->allocator, 1000);
    char *text = cvi_arena_take_bytes(&arena, 10);
    assert_true(cvi_arena_extend(&arena, text, 10, 600));
    memset(text, 1, 600);
    assert_false(cvi_arena_extend(&arena, text, 600, 1001));
    assert_false(cvi_arena_extend(&arena, text, 600, SIZE_MAX));
    assert_true(cvi_arena_extend(&arena, text, 600, 700));
    assert_ptr_equal(cvi_arena_take_bytes(&arena, 1), text + 700);
    assert_false(cvi_arena_extend(&arena, text, 700, 701));
    cvi_arena_clear(&arena);
}

static void test_arena_survives_failure(void **state) {
    failing_allocator *memory = *state;
    cvi_arena arena;
    cvi_arena_init(&arena, &memory->allocator, 0);
    starve(memory);
    assert_null(cvi_arena_take(&arena, 1));
    char *text = cvi_arena_copy_text(&arena, "kept", 4);
    starve(memory);
    assert_null(cvi_arena_take(&arena, 100000));
    assert_string_equal(text, "kept");
    assert_non_null(cvi_arena_take(&arena, 100));
    cvi_arena_clear(&arena);
    assert_int_equal(atomic_load(&memory->live), 0);
    assert_string_equal(cvi_arena_copy_text(&arena, "again", 5), "again");
    cvi_arena_clear(&arena);
}

#define COUNTED(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        COUNTED(test_memory_is_zeroed),
        COUNTED(test_nothing_is_a_byte),
        COUNTED(test_products_do_not_overflow),
        COUNTED(test_resizing_keeps_what_is_there),
        COUNTED(test_copies_end_in_nul),
        COUNTED(test_failure_is_null),
        COUNTED(test_handed_out_block_knows_its_allocator),
        cmocka_unit_test(test_default_allocator),
        COUNTED(test_arena_allocates_nothing_before_it_is_used),
        COUNTED(test_arena_aligns_and_packs),
        COUNTED(test_arena_parts_do_not_overlap),
        COUNTED(test_arena_allocates_seldom),
        COUNTED(test_arena_of_the_right_size_allocates_once),
        COUNTED(test_arena_takes_what_is_larger_than_any_block),
        COUNTED(test_arena_goes_on_behind_a_large_part),
        COUNTED(test_tight_arena_grows_by_steps),
        COUNTED(test_arena_extends_what_was_taken_last),
        COUNTED(test_arena_survives_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
