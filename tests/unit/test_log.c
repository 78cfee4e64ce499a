/* The ring of lines: levels, cuts, losses, and how lines are handed over. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/allocator.h"
#include "support/diary.h"
#include "support/failing_allocator.h"
#include "support/log.h"

enum { RING = 64, LONGEST = 511, THREADS = 4, LINES = 500 };

typedef struct reader {
    cvi_log *log;
    diary read;
    char last[1024];
    bool writes; /* one more line, from within */
} reader;

static void take(cv_log_level level, const char *line, void *user) {
    reader *self = user;
    diary_add(&self->read, "%d %.40s", (int)level, line);
    assert_true(strlen(line) <= LONGEST);
    memcpy(self->last, line, strlen(line) + 1);
    if (self->writes) {
        self->writes = false;
        cvi_log_write(self->log, CV_LOG_ERROR, "from within");
        cvi_log_flush(self->log);
        diary_add(&self->read, "still inside");
    }
}

static int set_up(void **state) {
    reader *self = calloc(1, sizeof(*self));
    assert_non_null(self);
    diary_init(&self->read);
    self->log = cvi_log_open(take, self, CV_LOG_INFO, &cvi_default_allocator);
    assert_non_null(self->log);
    *state = self;
    return 0;
}

static int tear_down(void **state) {
    reader *self = *state;
    cvi_log_close(self->log);
    diary_end(&self->read);
    free(self);
    return 0;
}

static void test_lines_wait_for_the_flush(void **state) {
    reader *self = *state;
    cvi_log_write(self->log, CV_LOG_INFO, "%s %d", "first", 1);
    cvi_log_write(self->log, CV_LOG_ERROR, "second");
    diary_check(&self->read, "");
    cvi_log_flush(self->log);
    diary_check(&self->read, "3 first 1\n1 second\n");
    cvi_log_flush(self->log);
    diary_check(&self->read, "");
}

static void test_only_what_is_wanted(void **state) {
    reader *self = *state;
    cvi_log_write(self->log, CV_LOG_DEBUG, "too much");
    assert_false(cvi_log_wants(self->log, CV_LOG_DEBUG));
    assert_true(cvi_log_wants(self->log, CV_LOG_INFO));
    cvi_log_flush(self->log);
    diary_check(&self->read, "");
}

static void test_nobody_reads(void **state) {
    (void)state;
    cvi_log_write(NULL, CV_LOG_ERROR, "%s", "nothing");
    cvi_log_flush(NULL);
    cvi_log_close(NULL);
    assert_false(cvi_log_wants(NULL, CV_LOG_ERROR));
}

static void test_one_line_stays_one_line(void **state) {
    reader *self = *state;
    cvi_log_write(self->log, CV_LOG_INFO, "one\ntwo\r\tthree\x7f.");
    cvi_log_flush(self->log);
    diary_check(&self->read, "3 one two  three .\n");
}

static void test_long_lines_are_cut(void **state) {
    reader *self = *state;
    char text[800];
    memset(text, 'x', sizeof(text));
    text[LONGEST] = '\0';
    cvi_log_write(self->log, CV_LOG_INFO, "%s", text);
    cvi_log_flush(self->log);
    assert_string_equal(self->last, text);
    text[LONGEST] = 'x';
    text[LONGEST + 1] = '\0';
    cvi_log_write(self->log, CV_LOG_INFO, "%s", text);
    cvi_log_flush(self->log);
    assert_int_equal(strlen(self->last), LONGEST);
    assert_string_equal(self->last + LONGEST - 4, "x...");
}

static void test_characters_are_not_cut(void **state) {
    reader *self = *state;
    char text[800];
    for (size_t i = 0; i + 2 < sizeof(text); i += 2) {
        memcpy(text + i, "\xC3\xA9", 3);
    }
    cvi_log_write(self->log, CV_LOG_INFO, "a%s", text);
    cvi_log_write(self->log, CV_LOG_INFO, "%s", text);
    for (int i = 0; i < 2; i++) {
        cvi_log_flush(self->log);
        size_t length = strlen(self->last);
        assert_string_equal(self->last + length - 3, "...");
        assert_memory_equal(self->last + length - 5, "\xC3\xA9", 2);
    }
}

static void test_what_has_no_room_is_counted(void **state) {
    reader *self = *state;
    for (int i = 0; i < RING + 6; i++) {
        cvi_log_write(self->log, CV_LOG_INFO, "line %d", i);
    }
    cvi_log_flush(self->log);
    assert_string_equal(self->last, "6 lines of the log were lost");
    self->read.length = 0;
    cvi_log_write(self->log, CV_LOG_INFO, "again");
    cvi_log_flush(self->log);
    assert_string_equal(self->last, "again");
}

/* No lock is held while a line is handed over; what comes meanwhile follows, after it. */
static void test_lines_come_one_at_a_time(void **state) {
    reader *self = *state;
    self->writes = true;
    cvi_log_write(self->log, CV_LOG_INFO, "first");
    cvi_log_write(self->log, CV_LOG_INFO, "second");
    cvi_log_flush(self->log);
    diary_check(&self->read, "3 first\nstill inside\n3 second\n1 from within\n");
}

/* ---- threads ---- */

typedef struct counter {
    cvi_log *log;
    atomic_int inside;
    atomic_int taken; /* or lost, as is said then */
    atomic_bool is_wrong;
} counter;

static void count(cv_log_level level, const char *line, void *user) {
    counter *self = user;
    bool is_lost = level == CV_LOG_WARNING;
    if (atomic_fetch_add(&self->inside, 1) != 0) {
        atomic_store(&self->is_wrong, true);
    }
    atomic_fetch_add(&self->taken, is_lost ? (int)strtol(line, NULL, 10) : 1);
    atomic_fetch_sub(&self->inside, 1);
}

static void *write_lines(void *user) {
    counter *self = user;
    for (int i = 0; i < LINES; i++) {
        cvi_log_write(self->log, CV_LOG_INFO, "line %d", i);
        cvi_log_flush(self->log);
    }
    return NULL;
}

static void test_threads_take_turns(void **state) {
    (void)state;
    static counter self;
    pthread_t threads[THREADS];
    self.log = cvi_log_open(count, &self, CV_LOG_INFO, &cvi_default_allocator);
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, write_lines, &self), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    assert_false(atomic_load(&self.is_wrong));
    cvi_log_flush(self.log);
    assert_int_equal(atomic_load(&self.taken), THREADS * LINES);
    cvi_log_close(self.log);
}

static void test_without_memory_there_is_none(void **state) {
    (void)state;
    failing_allocator memory;
    failing_allocator_init(&memory, 1, false);
    assert_null(cvi_log_open(take, NULL, CV_LOG_INFO, &memory.allocator));
    assert_int_equal(atomic_load(&memory.live), 0);
}

int main(void) {
#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_lines_wait_for_the_flush),
        TEST(test_only_what_is_wanted),
        cmocka_unit_test(test_nobody_reads),
        TEST(test_one_line_stays_one_line),
        TEST(test_long_lines_are_cut),
        TEST(test_characters_are_not_cut),
        TEST(test_what_has_no_room_is_counted),
        TEST(test_lines_come_one_at_a_time),
        cmocka_unit_test(test_threads_take_turns),
        cmocka_unit_test(test_without_memory_there_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
