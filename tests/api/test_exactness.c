/* The limit in real time: eight processes ask for more than it allows for as long as
 * $COMICVINE_EXACTNESS_S says (12 s without), and the server's own log is judged. No window of it
 * may hold more than the limit, and next to nothing of what the limit allows may go unused. */
#include "support/api_actor.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    PROCESSES = 8,
    FIRST_ISSUE = 1,
    IDS_EACH = 400, /* more than a process can use up */
    GUARD_MS = 50,
    DEFAULT_LENGTH_S = 12,
    LEAST_LENGTH_S = 8, /* half of it must be longer than a window */
    LEAST_PERCENT = 95,
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

static void check(const api *self, const contest *rule) {
    const int64_t answered = rush(self, rule);
    const size_t count = server_request_count(self->server, NULL);
    int64_t *times_us = arrivals(self, count);
    const int64_t most = fullest_window(times_us, count, rule->window_ms);
    const int64_t allowed = rule->limit * rule->length_ms / (rule->window_ms + GUARD_MS);
    assert_in_range(count, rule->limit + 1, PROCESSES * IDS_EACH);
    const int64_t percent = used_percent(times_us, count, rule);
    free(times_us);
    print_message("%zu requests in %" PRId64 " ms, of %" PRId64 "; %" PRId64
                  " %% of what came back; at most %" PRId64 " in a window of %" PRId64
                  " ms, of %" PRId64 "\n",
                  count, rule->length_ms, allowed, percent, most, rule->window_ms, rule->limit);
    assert_true(most <= rule->limit);
    assert_true((int64_t)count * 100 >= allowed * LEAST_PERCENT);
    assert_true(percent >= LEAST_PERCENT);
    assert_in_range(answered, 1, count);
}

static void test_the_sliding_limit(void **context) {
    const contest rule = {CV_LIMIT_SLIDING, 40, 3000, length_ms()};
    check(*context, &rule);
}

static void test_the_adaptive_limit(void **context) {
    const contest rule = {CV_LIMIT_ADAPTIVE, 30, 3000, length_ms() / 2};
    check(*context, &rule);
}

#define EXACTNESS_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, api_tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        EXACTNESS_TEST(test_the_sliding_limit),
        EXACTNESS_TEST(test_the_adaptive_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
