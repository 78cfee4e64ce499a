/* The arithmetic of walking: where pages begin, when a walk is over, which pages are believed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "client/walk.h"

enum { LIMIT = 3 };

/* A page with ids from `first` on. */
static cvi_walk_page page_of(int64_t offset, int64_t total, int64_t first, size_t count) {
    cvi_walk_page page = {
        .limit = LIMIT, .offset = offset, .total = total, .items = (int64_t)count};
    for (size_t i = 0; i < count && i < CVI_WALK_KEYS_MAX; i++) {
        page.records.keys[i] = (cvi_walk_key){first + (int64_t)i, CV_ISSUE, 0};
        page.records.count++;
    }
    return page;
}

static void must_take(cvi_walk *walk, const cvi_walk_page *page) {
    cv_error error = {.code = CV_OK};
    if (!cvi_walk_take(walk, page, &error)) {
        fail_msg("%s", error.message);
    }
}

static void must_refuse(cvi_walk *walk, const cvi_walk_page *page, const char *words) {
    const cvi_walk before = *walk;
    cv_error error;
    assert_false(cvi_walk_take(walk, page, &error));
    assert_int_equal(error.code, CV_ERROR_RESPONSE);
    assert_non_null(strstr(error.message, words));
    assert_memory_equal(walk, &before, sizeof(before));
}

static cvi_walk begin(void) {
    cvi_walk walk;
    cvi_walk_start(&walk, 0);
    return walk;
}

static void test_a_new_walk_is_not_over(void **state) {
    (void)state;
    cvi_walk walk;
    cvi_walk_start(&walk, 7);
    assert_false(cvi_walk_is_over(&walk));
    assert_int_equal(walk.next_offset, 7);
    assert_int_equal(walk.next_page, 1);
    assert_int_equal(walk.total, -1);
    assert_false(cvi_walk_repeats(&walk, 0));
}

static void test_full_pages(void **state) {
    (void)state;
    cvi_walk walk = begin();
    for (int64_t offset = 0; offset < 9; offset += LIMIT) {
        assert_false(cvi_walk_is_over(&walk));
        const cvi_walk_page page = page_of(offset, 9, offset + 1, LIMIT);
        must_take(&walk, &page);
        assert_int_equal(walk.offset, offset);
        assert_int_equal(walk.next_offset, offset + LIMIT);
        assert_int_equal(walk.next_page, 1); /* nobody asks by number */
    }
    assert_true(cvi_walk_is_over(&walk));
}

static void test_an_empty_list_is_over_at_once(void **state) {
    (void)state;
    cvi_walk walk = begin();
    const cvi_walk_page page = page_of(0, 0, 0, 0);
    must_take(&walk, &page);
    assert_true(cvi_walk_is_over(&walk));
}

static void test_a_walk_that_begins_behind_the_end(void **state) {
    (void)state;
    cvi_walk walk;
    cvi_walk_start(&walk, 50);
    const cvi_walk_page page = page_of(50, 9, 0, 0);
    must_take(&walk, &page);
    assert_true(cvi_walk_is_over(&walk));
}

/* [] among the items is counted by the service and is no record. */
static void test_items_that_are_no_records_take_up_room(void **state) {
    (void)state;
    cvi_walk walk = begin();
    cvi_walk_page page = page_of(0, 5, 1, 1);
    page.items = 3;
    must_take(&walk, &page);
    assert_int_equal(walk.next_offset, 3);
    page = page_of(3, 5, 0, 0);
    page.items = 2;
    must_take(&walk, &page);
    assert_true(cvi_walk_is_over(&walk));
}

static void test_the_service_may_apply_another_limit(void **state) {
    (void)state;
    cvi_walk walk = begin();
    cvi_walk_page page = page_of(0, 200, 1, 50); /* 100 were asked for */
    page.limit = 50;
    must_take(&walk, &page);
    assert_int_equal(walk.next_offset, 50);
    page = page_of(50, 200, 51, 50);
    page.limit = 0; /* or not say it */
    must_take(&walk, &page);
    assert_int_equal(walk.next_offset, 100);
}

static void test_pages_that_are_refused(void **state) {
    (void)state;
    cvi_walk walk = begin();
    cvi_walk_page page = page_of(0, 9, 1, LIMIT);
    must_take(&walk, &page);
    page = page_of(3, 9, 0, 0);
    must_refuse(&walk, &page, "ends too early");
    page = page_of(0, 9, 1, LIMIT);
    must_refuse(&walk, &page, "once more");
    page = page_of(0, 9, 2, LIMIT - 1); /* a part of it too */
    must_refuse(&walk, &page, "once more");
    page = page_of(3, 9, 4, LIMIT);
    must_take(&walk, &page);
}

static void test_an_empty_first_page_of_some_is_refused(void **state) {
    (void)state;
    cvi_walk walk = begin();
    const cvi_walk_page page = page_of(0, 9, 0, 0);
    must_refuse(&walk, &page, "ends too early");
}

static void test_offsets_do_not_overflow(void **state) {
    (void)state;
    cvi_walk walk;
    cvi_walk_start(&walk, INT64_MAX - 1);
    static const int64_t totals[] = {-1, 0, 9, INT64_MAX};
    for (size_t i = 0; i < sizeof(totals) / sizeof(totals[0]); i++) {
        const cvi_walk_page page = page_of(INT64_MAX - 1, totals[i], 1, LIMIT);
        must_refuse(&walk, &page, "more than can be counted");
    }
}

/* A service that says the offset it was asked for and ignores it. */
static void test_the_same_records_at_the_right_place_are_refused(void **state) {
    (void)state;
    cvi_walk walk = begin();
    cvi_walk_page page = page_of(0, 9, 1, LIMIT);
    must_take(&walk, &page);
    page = page_of(3, 12, 1, LIMIT);
    must_refuse(&walk, &page, "once more");
    page = page_of(3, 12, 2, LIMIT - 1); /* a part of them too */
    must_refuse(&walk, &page, "once more");
}

/* 2 to 4 for what is behind 3: with three more passed, 5 and 6 would be lost. */
static void test_a_page_from_before_is_refused(void **state) {
    (void)state;
    cvi_walk walk = begin();
    cvi_walk_page page = page_of(0, 9, 1, LIMIT);
    must_take(&walk, &page);
    page = page_of(1, 9, 2, LIMIT);
    must_refuse(&walk, &page, "begins earlier");
    page = page_of(0, 9, 0, LIMIT); /* the list has one more in front, the offset is ignored */
    must_refuse(&walk, &page, "begins earlier");
    page = page_of(2, 3, 0, 0); /* nothing is nowhere */
    must_take(&walk, &page);
    assert_true(cvi_walk_is_over(&walk));
}

/* A list that has moved by one: the place is right, so it is no failure. */
static void test_one_record_again_at_the_right_place(void **state) {
    (void)state;
    cvi_walk walk = begin();
    cvi_walk_page page = page_of(0, 4, 1, LIMIT);
    must_take(&walk, &page);
    page = page_of(3, 4, 3, 1);
    must_take(&walk, &page);
    assert_true(cvi_walk_repeats(&walk, 0));
    assert_true(cvi_walk_is_over(&walk));
}

/* Asked for what is behind 3, the service sends what is behind 6. */
static void test_a_page_from_further_on_is_refused(void **state) {
    (void)state;
    cvi_walk walk = begin();
    cvi_walk_page page = page_of(1, 9, 2, LIMIT);
    must_refuse(&walk, &page, "begins further on");
    page = page_of(0, 9, 1, LIMIT);
    must_take(&walk, &page);
    page = page_of(6, 9, 7, LIMIT);
    must_refuse(&walk, &page, "begins further on");
    page = page_of(INT64_MAX, 9, 7, LIMIT);
    must_refuse(&walk, &page, "begins further on");
    page = page_of(3, 9, 4, LIMIT);
    must_take(&walk, &page);
}

static void test_repeats(void **state) {
    (void)state;
    cvi_walk walk = begin();
    cvi_walk_page page = page_of(0, 9, 1, LIMIT);
    must_take(&walk, &page);
    page = page_of(3, 9, 3, LIMIT); /* 3 4 5 */
    page.records.keys[2] = page.records.keys[1];
    must_take(&walk, &page);
    assert_true(cvi_walk_repeats(&walk, 0));  /* on the page before */
    assert_false(cvi_walk_repeats(&walk, 1)); /* new */
    assert_true(cvi_walk_repeats(&walk, 2));  /* earlier on this one */
    assert_false(cvi_walk_repeats(&walk, LIMIT));
}

static void test_what_is_no_repeat(void **state) {
    (void)state;
    cvi_walk walk = begin();
    cvi_walk_page page = page_of(0, 9, 1, LIMIT);
    page.records.keys[1].id = 0;
    must_take(&walk, &page);
    page = page_of(3, 9, 1, LIMIT);
    page.records.keys[0].resource = CV_VOLUME;
    page.records.keys[1].id = 0;
    page.records.keys[2].id = 77;
    must_take(&walk, &page);
    for (size_t i = 0; i < LIMIT; i++) {
        assert_false(cvi_walk_repeats(&walk, i));
    }
}

/* ---- by page ---- */

static cvi_walk begin_at_page(int64_t page) {
    cvi_walk walk;
    cvi_walk_start_at_page(&walk, (page - 1) * LIMIT, page, LIMIT);
    return walk;
}

/* What a short page lacks is on no other one: asking for it would be asking behind the end. */
static void test_a_short_page_by_number_counts_as_whole(void **state) {
    (void)state;
    cvi_walk walk = begin_at_page(1);
    cvi_walk_page page = page_of(0, 9, 1, LIMIT);
    must_take(&walk, &page);
    page = page_of(3, 9, 4, LIMIT - 1);
    must_take(&walk, &page);
    assert_int_equal(walk.offset, 3);
    assert_int_equal(walk.next_offset, 6);
    assert_int_equal(walk.page, 2);
    assert_int_equal(walk.next_page, 3);
    assert_false(cvi_walk_is_over(&walk));
    page = page_of(6, 9, 7, LIMIT);
    must_take(&walk, &page);
    assert_int_equal(walk.next_offset, 9);
    assert_int_equal(walk.missing, 1);
    assert_true(cvi_walk_is_over(&walk));
}

static void test_the_last_page_by_number_may_be_short(void **state) {
    (void)state;
    static const size_t counts[] = {1, 2};
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        cvi_walk walk = begin_at_page(2);
        const cvi_walk_page page = page_of(3, 5, 4, counts[i]); /* of the 2 that there are */
        must_take(&walk, &page);
        assert_int_equal(walk.next_offset, 5);
        assert_int_equal(walk.missing, 2 - counts[i]);
        assert_true(cvi_walk_is_over(&walk));
    }
}

static void test_a_page_by_number_behind_the_end(void **state) {
    (void)state;
    cvi_walk walk = begin_at_page(4);
    const cvi_walk_page page = page_of(9, 7, 0, 0);
    must_take(&walk, &page);
    assert_int_equal(walk.next_offset, 9);
    assert_true(cvi_walk_is_over(&walk));
}

/* A limit that is not said, or that no page can have, is the one that was asked for. */
static void test_limits_that_lie(void **state) {
    (void)state;
    static const int64_t lies[] = {0, -1, INT64_MIN, INT64_MAX, CVI_WALK_KEYS_MAX + 1};
    for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
        cvi_walk walk = begin_at_page(2);
        cvi_walk_page page = page_of(0, 9, 4, LIMIT);
        page.limit = lies[i];
        must_take(&walk, &page);
        assert_int_equal(walk.offset, 3);
        assert_int_equal(walk.next_offset, 6);
    }
}

/* Pages 1 of 2 and 2 of 3 leave one out; pages 1 of 3 and 2 of 2 have one in common. */
static void test_a_limit_that_changes_on_the_way(void **state) {
    (void)state;
    cvi_walk walk = begin_at_page(1);
    cvi_walk_page page = page_of(0, 9, 1, 2);
    page.limit = 2;
    must_take(&walk, &page);
    page = page_of(0, 9, 4, LIMIT);
    must_refuse(&walk, &page, "begins further on");
    walk = begin_at_page(1);
    page = page_of(0, 9, 1, LIMIT);
    must_take(&walk, &page);
    page = page_of(2, 9, 3, 2);
    page.limit = 2;
    must_take(&walk, &page);
    assert_int_equal(walk.offset, 2);
    assert_int_equal(walk.next_offset, 4);
    assert_true(cvi_walk_repeats(&walk, 0));
}

/* Pages of 100 were asked for: where the walk begins is known with its first answer only. */
static void test_the_first_page_by_number_says_where_it_begins(void **state) {
    (void)state;
    cvi_walk walk;
    cvi_walk_start_at_page(&walk, 200, 3, 100);
    assert_int_equal(walk.next_offset, 200);
    cvi_walk_page page = page_of(6, 11, 7, LIMIT);
    must_take(&walk, &page);
    assert_int_equal(walk.offset, 6);
    assert_int_equal(walk.next_offset, 9);
    assert_false(cvi_walk_is_over(&walk));
    page = page_of(9, 11, 10, 2);
    must_take(&walk, &page);
    assert_true(cvi_walk_is_over(&walk));
    cvi_walk_start_at_page(&walk, 3, 2, LIMIT); /* it may be further on, too */
    page = page_of(50, 51, 51, 1);
    page.limit = 50;
    must_take(&walk, &page);
    assert_int_equal(walk.offset, 50);
}

static void test_page_numbers_do_not_overflow(void **state) {
    (void)state;
    cvi_walk walk = begin_at_page(CVI_WALK_PAGE_MAX);
    cvi_walk_page page = page_of(0, INT64_MAX, 1, LIMIT);
    page.limit = CVI_WALK_KEYS_MAX;
    must_take(&walk, &page);
    assert_int_equal(walk.next_offset, (int64_t)CVI_WALK_PAGE_MAX * CVI_WALK_KEYS_MAX);
    assert_int_equal(walk.next_page, (int64_t)CVI_WALK_PAGE_MAX + 1);
    page = page_of(0, INT64_MAX, 11, LIMIT);
    page.limit = CVI_WALK_KEYS_MAX;
    must_take(&walk, &page);
    assert_false(cvi_walk_is_over(&walk));
}

static void test_pages_by_number_that_are_refused(void **state) {
    (void)state;
    cvi_walk walk = begin_at_page(1);
    cvi_walk_page page = page_of(0, 9, 1, LIMIT);
    must_take(&walk, &page);
    page = page_of(3, 9, 0, 0);
    must_refuse(&walk, &page, "ends too early");
    page = page_of(6, 9, 7, LIMIT);
    must_refuse(&walk, &page, "begins further on");
    page = page_of(3, 9, 1, LIMIT);
    must_refuse(&walk, &page, "once more");
}

/* ---- totals that are none ---- */

/* Walks through a list of `count` whose pages all say `total`; answers how many pages it took. */
static int walk_through(cvi_walk *walk, int64_t count, int64_t total) {
    int pages = 0;
    for (; !cvi_walk_is_over(walk); pages++) {
        int64_t place = walk->next_offset;
        int64_t left = count - place;
        assert_true(left >= 0 && pages < 10);
        const cvi_walk_page page =
            page_of(place, total, place + 1, left < LIMIT ? (size_t)left : LIMIT);
        must_take(walk, &page);
        assert_int_equal(walk->offset, place);
    }
    return pages;
}

/* Nothing is lost where the service says no total, or one that its own page goes beyond: the end is
 * where nothing comes any more. */
static void test_a_list_without_a_total_ends_where_it_is_empty(void **state) {
    (void)state;
    static const int64_t totals[] = {-1, INT64_MIN, 0, 1, 2, 4, 5, INT64_MAX};
    static const int64_t counts[] = {7, 9};
    for (size_t i = 0; i < sizeof(totals) / sizeof(totals[0]); i++) {
        for (size_t j = 0; j < sizeof(counts) / sizeof(counts[0]); j++) {
            cvi_walk walk = begin();
            assert_int_equal(walk_through(&walk, counts[j], totals[i]), 4);
            assert_int_equal(walk.next_offset, counts[j]);
            assert_int_equal(cvi_walk_total(&walk), counts[j]);
        }
    }
}

/* Short pages are no end there, and lose nothing. */
static void test_a_short_page_without_a_total_is_no_end(void **state) {
    (void)state;
    cvi_walk walk = begin();
    cvi_walk_page page = page_of(0, -1, 1, 1);
    must_take(&walk, &page);
    assert_false(cvi_walk_is_over(&walk));
    assert_int_equal(cvi_walk_total(&walk), -1);
    page = page_of(1, -1, 2, LIMIT);
    must_take(&walk, &page);
    assert_int_equal(walk.next_offset, 4);
    assert_int_equal(walk.missing, 0);
}

static void test_a_search_without_a_total_ends_where_it_is_empty(void **state) {
    (void)state;
    static const int64_t totals[] = {-1, 0, 2};
    static const size_t counts[] = {LIMIT, LIMIT - 1, LIMIT};
    for (size_t i = 0; i < sizeof(totals) / sizeof(totals[0]); i++) {
        cvi_walk walk = begin_at_page(1);
        for (size_t j = 0; j < sizeof(counts) / sizeof(counts[0]); j++) {
            const cvi_walk_page page = page_of(0, totals[i], 1 + 10 * (int64_t)j, counts[j]);
            must_take(&walk, &page);
            assert_int_equal(walk.next_offset, LIMIT * (j + 1));
            assert_int_equal(cvi_walk_total(&walk), -1);
            assert_false(cvi_walk_is_over(&walk));
        }
        const cvi_walk_page last = page_of(0, totals[i], 0, 0);
        must_take(&walk, &last);
        assert_true(cvi_walk_is_over(&walk));
        assert_int_equal(cvi_walk_total(&walk), 9);
        assert_int_equal(walk.missing, 0); /* a short page may be the last one */
    }
}

static void test_an_empty_first_page_without_a_total_is_the_end(void **state) {
    (void)state;
    cvi_walk walk = begin();
    const cvi_walk_page page = page_of(0, -1, 0, 0);
    must_take(&walk, &page);
    assert_true(cvi_walk_is_over(&walk));
    assert_int_equal(cvi_walk_total(&walk), 0);
}

/* A page that says none leaves the one before: an early end is still noticed. */
static void test_a_total_holds_until_another_is_said(void **state) {
    (void)state;
    cvi_walk walk = begin();
    cvi_walk_page page = page_of(0, 9, 1, LIMIT);
    must_take(&walk, &page);
    page = page_of(3, -1, 4, LIMIT);
    must_take(&walk, &page);
    assert_int_equal(cvi_walk_total(&walk), 9);
    page = page_of(6, -1, 0, 0);
    must_refuse(&walk, &page, "behind 6 of 9 is empty: the list ends too early");
    page = page_of(6, -1, 7, LIMIT);
    must_take(&walk, &page);
    assert_true(cvi_walk_is_over(&walk));
}

static void test_a_total_may_be_said_later(void **state) {
    (void)state;
    static const int64_t wrong[] = {-1, 2};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        cvi_walk walk = begin();
        cvi_walk_page page = page_of(0, wrong[i], 1, LIMIT);
        must_take(&walk, &page);
        assert_int_equal(cvi_walk_total(&walk), -1);
        page = page_of(3, 20, 0, 0);
        must_refuse(&walk, &page, "ends too early");
        page = page_of(3, 5, 4, 2);
        must_take(&walk, &page);
        assert_int_equal(cvi_walk_total(&walk), 5);
        assert_true(cvi_walk_is_over(&walk));
    }
}

/* With no total to come to, it would be walked for ever. */
static void test_one_record_for_ever_without_a_total_is_refused(void **state) {
    (void)state;
    cvi_walk walk = begin();
    cvi_walk_page page = page_of(0, -1, 1, LIMIT);
    must_take(&walk, &page);
    page = page_of(3, -1, 3, 1); /* the list has moved by one */
    must_take(&walk, &page);
    assert_true(cvi_walk_repeats(&walk, 0));
    page = page_of(4, -1, 3, 1);
    must_refuse(&walk, &page, "the page behind 4 is the one before once more");
}

static void test_no_records_for_ever_without_a_total_are_refused(void **state) {
    (void)state;
    cvi_walk walk = begin();
    cvi_walk_page page = page_of(0, -1, 0, 0);
    page.items = LIMIT;
    must_take(&walk, &page);
    page.offset = 3;
    must_refuse(&walk, &page, "the page behind 3 is the one before once more");
    page.total = 12; /* which has an end */
    must_take(&walk, &page);
    page.offset = 6;
    must_take(&walk, &page);
}

/* ---- places that are not said ---- */

static void test_a_page_that_does_not_say_its_place_is_at_the_right_one(void **state) {
    (void)state;
    cvi_walk walk = begin();
    cvi_walk_page page = page_of(-1, 7, 1, LIMIT);
    must_take(&walk, &page);
    page = page_of(-1, 7, 1, LIMIT);
    must_refuse(&walk, &page, "once more");
    page = page_of(-1, 7, 4, LIMIT);
    must_take(&walk, &page);
    assert_int_equal(walk.offset, 3);
    page = page_of(-1, 7, 6, 1); /* once more alone */
    must_take(&walk, &page);
    assert_true(cvi_walk_is_over(&walk));
}

/* ---- records without an id ---- */

static cvi_walk_page page_of_texts(int64_t offset, int64_t text, int64_t other) {
    cvi_walk_page page = {.limit = 2, .offset = offset, .total = 9, .items = 2};
    page.records.keys[0] = (cvi_walk_key){0, CV_CHAT, text};
    page.records.keys[1] = (cvi_walk_key){0, CV_CHAT, other};
    page.records.count = 2;
    return page;
}

/* Their texts tell that the service has sent the page before once more. */
static void test_a_page_is_known_by_its_texts_too(void **state) {
    (void)state;
    cvi_walk walk = begin();
    cvi_walk_page page = page_of_texts(0, 51, 52);
    must_take(&walk, &page);
    page = page_of_texts(2, 51, 52);
    must_refuse(&walk, &page, "once more");
    page = page_of_texts(2, 52, 53);
    must_take(&walk, &page);
    page = page_of_texts(4, 0, 0); /* not known: like no other */
    must_take(&walk, &page);
    page = page_of_texts(6, 0, 0);
    must_take(&walk, &page);
}

/* Two that are alike may be two. */
static void test_a_record_is_no_repeat_for_its_text(void **state) {
    (void)state;
    cvi_walk walk = begin();
    cvi_walk_page page = page_of_texts(0, 51, 51);
    must_take(&walk, &page);
    assert_false(cvi_walk_repeats(&walk, 1));
    page = page_of_texts(2, 51, 52);
    must_take(&walk, &page);
    assert_false(cvi_walk_repeats(&walk, 0));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_new_walk_is_not_over),
        cmocka_unit_test(test_full_pages),
        cmocka_unit_test(test_an_empty_list_is_over_at_once),
        cmocka_unit_test(test_a_walk_that_begins_behind_the_end),
        cmocka_unit_test(test_items_that_are_no_records_take_up_room),
        cmocka_unit_test(test_the_service_may_apply_another_limit),
        cmocka_unit_test(test_pages_that_are_refused),
        cmocka_unit_test(test_an_empty_first_page_of_some_is_refused),
        cmocka_unit_test(test_offsets_do_not_overflow),
        cmocka_unit_test(test_the_same_records_at_the_right_place_are_refused),
        cmocka_unit_test(test_a_page_from_before_is_refused),
        cmocka_unit_test(test_one_record_again_at_the_right_place),
        cmocka_unit_test(test_a_page_from_further_on_is_refused),
        cmocka_unit_test(test_repeats),
        cmocka_unit_test(test_what_is_no_repeat),
        cmocka_unit_test(test_a_short_page_by_number_counts_as_whole),
        cmocka_unit_test(test_the_last_page_by_number_may_be_short),
        cmocka_unit_test(test_a_page_by_number_behind_the_end),
        cmocka_unit_test(test_limits_that_lie),
        cmocka_unit_test(test_a_limit_that_changes_on_the_way),
        cmocka_unit_test(test_the_first_page_by_number_says_where_it_begins),
        cmocka_unit_test(test_page_numbers_do_not_overflow),
        cmocka_unit_test(test_pages_by_number_that_are_refused),
        cmocka_unit_test(test_a_list_without_a_total_ends_where_it_is_empty),
        cmocka_unit_test(test_a_short_page_without_a_total_is_no_end),
        cmocka_unit_test(test_a_search_without_a_total_ends_where_it_is_empty),
        cmocka_unit_test(test_an_empty_first_page_without_a_total_is_the_end),
        cmocka_unit_test(test_a_total_holds_until_another_is_said),
        cmocka_unit_test(test_a_total_may_be_said_later),
        cmocka_unit_test(test_one_record_for_ever_without_a_total_is_refused),
        cmocka_unit_test(test_no_records_for_ever_without_a_total_are_refused),
        cmocka_unit_test(test_a_page_that_does_not_say_its_place_is_at_the_right_one),
        cmocka_unit_test(test_a_page_is_known_by_its_texts_too),
        cmocka_unit_test(test_a_record_is_no_repeat_for_its_text),
    };
    return cmocka_run_group_tests_name("walk", tests, NULL, NULL);
}
