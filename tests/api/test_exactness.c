/* The limit in real time: eight processes ask for more than it allows for as long as
 * $COMICVINE_EXACTNESS_S says (12 s without), and the server's own log is judged. No window of it
 * may hold more than the limit, and next to nothing of what the limit allows may go unused. */
#include "support/api_actor.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum {
    PROCESSES = 8,
    FIRST_ISSUE = 1,
    IDS_EACH = 400, /* more than a process can use up */
    GUARD_MS = 50,
    DEFAULT_LENGTH_S = 12,
    LEAST_LENGTH_S = 8, /* half of it must be longer than a window */
    LEAST_PERCENT = 95,
    MOST_CONTESTS = 3,
    US_PER_MS = 1000,
    TEXT_MAX = 32
};

typedef struct contest {
    cv_limit_kind kind;
    int64_t limit;
    int64_t window_ms;
    int64_t length_ms;
} contest;

static int64_t length_ms(void) {
    const char *text = getenv("COMICVINE_EXACTNESS_S");
    int64_t length_s = text != NULL ? strtoll(text, NULL, 10) : DEFAULT_LENGTH_S;
    assert_in_range(length_s, LEAST_LENGTH_S, 600);
    return length_s * 1000;
}

static int set_up(void **context) {
    *context = api_new_with_issues(FIRST_ISSUE, (size_t)PROCESSES * IDS_EACH);
    return 0;
}

/* ---- processes ---- */

typedef struct number_text {
    char bytes[TEXT_MAX];
} number_text;

static number_text text_of(int64_t number) {
    number_text text;
    assert_true(snprintf(text.bytes, sizeof(text.bytes), "%" PRId64, number) > 0);
    return text;
}

static void start(process *actor, const api *self, const contest *rule, int64_t first_id) {
    const number_text kind = text_of(rule->kind);
    const number_text limit = text_of(rule->limit);
    const number_text window_ms = text_of(rule->window_ms);
    const number_text guard_ms = text_of(GUARD_MS);
    const number_text first = text_of(first_id);
    const char *const arguments[] = {CVI_PROGRAM_actor_rush,
                                     server_base_url(self->server),
                                     self->database.text,
                                     API_KEY,
                                     kind.bytes,
                                     limit.bytes,
                                     window_ms.bytes,
                                     guard_ms.bytes,
                                     first.bytes,
                                     NULL};
    actor_launch(actor, arguments, NULL);
    actor_hear_line(actor, ACTOR_READY);
}

/* Answers how many calls were answered; none may have failed. */
static int64_t hear_end(process *actor, int64_t length) {
    char line[PROCESS_LINE_MAX];
    char *rest = NULL;
    assert_true(process_hear(actor, line, (int)length + API_PATIENCE_MS));
    int64_t answered = strtoll(line, &rest, 10);
    assert_string_equal(rest, " answered, 0 failed");
    actor_end(actor);
    return answered;
}

static int64_t rush(const api *self, const contest *rule) {
    process actors[PROCESSES];
    const number_text length = text_of(rule->length_ms);
    int64_t answered = 0;
    for (int64_t i = 0; i < PROCESSES; i++) {
        start(&actors[i], self, rule, FIRST_ISSUE + i * IDS_EACH);
    }
    for (size_t i = 0; i < PROCESSES; i++) {
        assert_true(process_tell(&actors[i], length.bytes));
    }
    for (size_t i = 0; i < PROCESSES; i++) {
        answered += hear_end(&actors[i], rule->length_ms);
    }
    return answered;
}

/* ---- the server's log ---- */

static int64_t *arrivals(const api *self, size_t count) {
    int64_t *times_us = calloc(count + 1, sizeof(*times_us));
    assert_non_null(times_us);
    for (size_t i = 0; i < count; i++) {
        server_request request;
        assert_true(server_request_at(self->server, NULL, i, &request));
        times_us[i] = request.received_us;
    }
    return times_us;
}

/* The most that any window holds. It is enough to look at those that begin with a request. */
static int64_t fullest_window(const int64_t *times_us, size_t count, int64_t window_ms) {
    int64_t most = 0;
    for (size_t i = 0; i < count; i++) {
        int64_t held = 0;
        for (size_t k = 0; k < count; k++) {
            int64_t since_us = times_us[k] - times_us[i];
            held += since_us >= 0 && since_us < window_ms * US_PER_MS ? 1 : 0;
        }
        most = held > most ? held : most;
    }
    return most;
}

/* How quickly room is used that comes back: percent of the limit that the requests make which
 * follow the first full window, over the time in which they came. */
static int64_t used_percent(const int64_t *times_us, size_t count, const contest *rule) {
    const size_t later = count - (size_t)rule->limit;
    const int64_t elapsed_us = times_us[later] - times_us[0];
    const int64_t allowed = rule->limit * elapsed_us / ((rule->window_ms + GUARD_MS) * US_PER_MS);
    return (int64_t)later * 100 / allowed;
}

/* ---- the file's own record ---- */

/* However late requests arrive: what was admitted keeps to the limit, guard and all. */
static void check_admissions(const api *self, const contest *rule) {
    char sql[256];
    assert_true(snprintf(sql, sizeof(sql),
                         "SELECT coalesce(max(n), 0) FROM (SELECT count(*) AS n"
                         " FROM rate_limits a JOIN rate_limits b ON b.boot_ms >= a.boot_ms"
                         " AND b.boot_ms < a.boot_ms + %" PRId64 " GROUP BY a.id)",
                         rule->window_ms + GUARD_MS) > 0);
    assert_in_range(api_query(self, sql), 1, rule->limit);
}

/* The longest way of a request from its admission to the server, if each has its row still. */
static int64_t longest_way_ms(const api *self, const int64_t *times_us, size_t count) {
    int64_t longest_ms = 0;
    if (api_query(self, "SELECT count(*) FROM rate_limits") != (int64_t)count) {
        return 0;
    }
    for (size_t i = 0; i < count; i++) {
        char sql[96];
        assert_true(snprintf(sql, sizeof(sql),
                             "SELECT boot_ms FROM rate_limits ORDER BY boot_ms LIMIT 1 OFFSET %zu",
                             i) > 0);
        int64_t way_ms = times_us[i] / US_PER_MS - api_query(self, sql);
        longest_ms = way_ms > longest_ms ? way_ms : longest_ms;
    }
    return longest_ms;
}

/* ---- the machine ---- */

/* How late a thread is woken that sleeps for a millisecond, at the worst: the guard covers requests
 * that travel unequally fast, but not a machine that stops for longer than that, or that keeps one
 * of the processes waiting between its admission and its sending. */
typedef struct lateness {
    pthread_t thread;
    atomic_bool ends;
    int64_t worst_ms;
} lateness;

static void *watch_clock(void *user) {
    lateness *self = user;
    int64_t then_ms = api_now_ms();
    while (!atomic_load(&self->ends)) {
        const struct timespec moment = {0, 1000000};
        nanosleep(&moment, NULL);
        const int64_t now_ms = api_now_ms();
        const int64_t late_ms = now_ms - then_ms - 1;
        self->worst_ms = late_ms > self->worst_ms ? late_ms : self->worst_ms;
        then_ms = now_ms;
    }
    return NULL;
}

static void lateness_start(lateness *self) {
    self->worst_ms = 0;
    atomic_init(&self->ends, false);
    assert_int_equal(pthread_create(&self->thread, NULL, watch_clock, self), 0);
}

static int64_t lateness_end(lateness *self) {
    atomic_store(&self->ends, true);
    assert_int_equal(pthread_join(self->thread, NULL), 0);
    return self->worst_ms;
}

/* ---- the judgement ---- */

/* Whether the contest was won. `late_ms` is how far the machine stood in the way. */
static bool hold(const api *self, const contest *rule, int64_t *late_ms) {
    lateness machine;
    lateness_start(&machine);
    const int64_t answered = rush(self, rule);
    *late_ms = lateness_end(&machine);
    const size_t count = server_request_count(self->server, NULL);
    int64_t *times_us = arrivals(self, count);
    const int64_t most = fullest_window(times_us, count, rule->window_ms);
    const int64_t allowed = rule->limit * rule->length_ms / (rule->window_ms + GUARD_MS);
    assert_in_range(count, rule->limit + 1, PROCESSES * IDS_EACH);
    const int64_t percent = used_percent(times_us, count, rule);
    check_admissions(self, rule);
    const int64_t way_ms = longest_way_ms(self, times_us, count);
    *late_ms = way_ms > *late_ms ? way_ms : *late_ms;
    free(times_us);
    print_message("%zu requests in %" PRId64 " ms, of %" PRId64 "; %" PRId64
                  " %% of what came back; at most %" PRId64 " in a window of %" PRId64
                  " ms, of %" PRId64 "; the machine was up to %" PRId64 " ms late\n",
                  count, rule->length_ms, allowed, percent, most, rule->window_ms, rule->limit,
                  *late_ms);
    assert_in_range(answered, 1, count);
    return most <= rule->limit && (int64_t)count * 100 >= allowed * LEAST_PERCENT &&
           percent >= LEAST_PERCENT;
}

/* A contest that was lost on a machine that could not keep time says nothing, and is held again. */
static void check(const contest *rule) {
    for (int i = 0; i < MOST_CONTESTS; i++) {
        void *context = NULL;
        int64_t late_ms = 0;
        assert_int_equal(set_up(&context), 0);
        const bool won = hold(context, rule, &late_ms);
        assert_int_equal(api_tear_down(&context), 0);
        if (won) {
            return;
        }
        assert_true(late_ms > GUARD_MS / 2);
    }
    print_message("this machine is too busy to tell\n");
}

static void test_the_sliding_limit(void **context) {
    (void)context;
    const contest rule = {CV_LIMIT_SLIDING, 40, 3000, length_ms()};
    check(&rule);
}

static void test_the_adaptive_limit(void **context) {
    (void)context;
    const contest rule = {CV_LIMIT_ADAPTIVE, 30, 3000, length_ms() / 2};
    check(&rule);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_sliding_limit),
        cmocka_unit_test(test_the_adaptive_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
