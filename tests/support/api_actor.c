/* Owns the talk with actors: whatever is not said as it should be fails the test. */
#include "support/api_actor.h"

#include <stdio.h>

enum { OUTCOME_PARTS = 8, TEXT_MAX = 640 };

typedef struct text {
    char bytes[TEXT_MAX];
} text;

static text named(const char *name, const char *value) {
    text result;
    int length = snprintf(result.bytes, sizeof(result.bytes), "%s=%s", name, value);
    assert_in_range(length, 1, TEXT_MAX - 1);
    return result;
}

void actor_launch(process *actor, const char *const arguments[], const char *errors) {
    assert_true(process_start(actor, arguments, errors));
}

void actor_start(process *actor, const api *world, const char *const further[ACTOR_ARGUMENTS_MAX]) {
    text url = named("url", server_base_url(world->server));
    text database = named("database", world->database.text);
    const char *arguments[ACTOR_ARGUMENTS_MAX + 6] = {CVI_PROGRAM_actor, url.bytes, database.bytes,
                                                      "key=" API_KEY, "max_retries=-1"};
    for (size_t i = 0; i < ACTOR_ARGUMENTS_MAX && further != NULL && further[i] != NULL; i++) {
        arguments[5 + i] = further[i];
    }
    actor_launch(actor, arguments, NULL);
    actor_hear_line(actor, ACTOR_READY);
}

void actor_hear_line(process *actor, const char *expected) {
    char line[PROCESS_LINE_MAX];
    assert_true(process_hear(actor, line, API_PATIENCE_MS));
    assert_string_equal(line, expected);
}

static void order(process *actor, const char *word, int64_t id) {
    char line[64];
    assert_true(snprintf(line, sizeof(line), "%s %" PRId64, word, id) > 0);
    assert_true(process_tell(actor, line));
}

void actor_ask(process *actor, int64_t id) {
    order(actor, "retrieve", id);
    actor_hear_line(actor, ACTOR_ASKED);
}

outcome actor_read(process *actor, int64_t id) {
    order(actor, "read", id);
    return actor_hear(actor);
}

void actor_walk(process *actor, int64_t page_size) {
    order(actor, "walk", page_size);
}

void actor_ask_for_many(process *actor, int64_t count) {
    order(actor, "many", count);
}

outcome actor_hear(process *actor) {
    char line[PROCESS_LINE_MAX];
    outcome result = {.code = CV_OK};
    int code = 0;
    int source = 0;
    assert_true(process_hear(actor, line, API_PATIENCE_MS));
    int parts = sscanf(line, OUTCOME_SCAN, &code, &source, &result.id, &result.retry_after_ms,
                       &result.http_status, &result.api_status, &result.retryable, result.message);
    if (parts != OUTCOME_PARTS) {
        fail_msg("no outcome: %s", line);
    }
    result.code = (cv_code)code;
    result.source = (cv_source)source;
    return result;
}

void actor_hear_done(process *actor) {
    actor_hear_line(actor, ACTOR_DONE);
}

void actor_end(process *actor) {
    assert_int_equal(process_end(actor, API_PATIENCE_MS), 0);
}
