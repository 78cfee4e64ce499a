/* The key is nowhere but in the request: after successes and every kind of failure, with a service
 * that echoes it wherever it can, no byte of the files and of what the program says holds it. */
#include "support/api_actor.h"
#include "support/api_trouble.h"
#include "support/byte_search.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ISSUE = TROUBLED_ISSUE };

/* One that must be escaped in a URL, and how it is then. */
#define ODD_KEY         "odd/key+with=signs&100%/of:them"
#define ODD_KEY_ESCAPED "odd%2Fkey%2Bwith%3Dsigns%26100%25%2Fof%3Athem"

/* ---- searching ---- */

/* What is known to be there must be found, or the search would prove nothing. */
static void assert_key_is_nowhere(const api *self, const char *key) {
    size_t files = 0;
    assert_true(byte_search_files(&self->scratch, "The Long Night on Wharf Street", &files) > 0);
    assert_true(files >= 5); /* database, -wal, -shm, .gate, what was said */
    assert_int_equal(byte_search_files(&self->scratch, key, &files), 0);
}

/* ---- an actor whose output is kept ---- */

typedef struct witness {
    api *self;
    process actor;
    FILE *said; /* what came on standard output; standard error has a file of its own */
} witness;

static void start_witness(witness *state, api *self, const char *key) {
    char url[128];
    char database[SCRATCH_PATH_MAX + 16];
    char key_argument[128];
    state->self = self;
    assert_true(snprintf(url, sizeof(url), "url=%s", server_base_url(self->server)) > 0);
    assert_true(snprintf(database, sizeof(database), "database=%s", self->database.text) > 0);
    assert_true(snprintf(key_argument, sizeof(key_argument), "key=%s", key) > 0);
    const char *const arguments[] = {
        CVI_PROGRAM_actor, url, database, key_argument, "max_retries=-1", "timeout_ms=20000", NULL};
    actor_launch(&state->actor, arguments, scratch_file(&self->scratch, "errors").text);
    actor_hear_line(&state->actor, ACTOR_READY);
    state->said = fopen(scratch_file(&self->scratch, "said").text, "w");
    assert_non_null(state->said);
}

static outcome hear(witness *state, int64_t id) {
    outcome seen = actor_read(&state->actor, id);
    assert_true(fprintf(state->said, OUTCOME_PRINT, (int)seen.code, (int)seen.source, seen.id,
                        seen.retry_after_ms, seen.http_status, seen.api_status, seen.retryable,
                        seen.message) > 0);
    return seen;
}

/* The files are searched twice: while the program runs, and after it has closed them. */
static void end_witness(witness *state, const char *key, const char *escaped_key) {
    char line[PROCESS_LINE_MAX];
    outcome last = hear(state, ISSUE);
    assert_string_equal(cv_code_name(last.code), "CV_OK");
    assert_int_equal(fclose(state->said), 0);
    assert_key_is_nowhere(state->self, key);
    assert_key_is_nowhere(state->self, escaped_key);
    actor_end(&state->actor);
    assert_false(process_hear(&state->actor, line, 0));
    assert_key_is_nowhere(state->self, key);
    assert_key_is_nowhere(state->self, escaped_key);
}

/* ---- the tests ---- */

static void test_no_trouble_shows_the_key(void **context) {
    api *self = *context;
    witness state;
    start_witness(&state, self, API_KEY);
    for (size_t i = 0; i < trouble_count; i++) {
        api_break(self, &troubles[i].fault);
        outcome seen = hear(&state, ISSUE);
        assert_string_equal(trouble_seen(&troubles[i], &seen).bytes,
                            trouble_expected(&troubles[i]).bytes);
        api_lift_pauses(self);
        if (trouble_is_remembered(&troubles[i])) {
            api_forget(self);
        }
    }
    end_witness(&state, API_KEY, API_KEY);
}

#define PAGE_WITH(key)                                                                             \
    "<html><head><title>No entry for " key "</title></head><body>api_key=" key "</body></html>"
#define REFUSAL_WITH(key)                                                                          \
    "{\"error\":\"Invalid API Key " key "\",\"limit\":0,\"offset\":0,"                             \
    "\"number_of_page_results\":0,\"number_of_total_results\":0,\"status_code\":100,"              \
    "\"results\":[]}"
#define ANSWER_WITH(id, key)                                                                       \
    "{\"error\":\"OK " key "\",\"limit\":1,\"offset\":0,\"number_of_page_results\":1,"             \
    "\"number_of_total_results\":1,\"status_code\":1,\"results\":{\"id\":" id ","                  \
    "\"name\":\"Echo of " key "\",\"unheard_of\":\"" key "\"},\"version\":\"1.0\"}"
#define LOCATION_WITH(host, key)                                                                   \
    {                                                                                              \
        { "Location", host "/api/issue/4000-52/?format=json&api_key=" key }                        \
    }

/* The service echoes the key in every place where text of its own can reach the caller or the file;
 * what it says is still understood. */
typedef struct echo {
    server_fault fault;
    int64_t id;
    cv_code code;
} echo;

static void hear_echoes(witness *state, const echo *echoes, size_t count) {
    for (size_t i = 0; i < count; i++) {
        api_break(state->self, &echoes[i].fault);
        outcome seen = hear(state, echoes[i].id);
        assert_string_equal(cv_code_name(seen.code), cv_code_name(echoes[i].code));
        api_lift_pauses(state->self);
    }
}

#define ECHOES_OF(key)                                                                             \
    {{.body = PAGE_WITH(key)}, ISSUE, CV_ERROR_BLOCKED},                                           \
        {{.http_status = 403, .body = PAGE_WITH(key)}, ISSUE, CV_ERROR_BLOCKED},                   \
        {{.http_status = 401, .body = REFUSAL_WITH(key)}, ISSUE, CV_ERROR_AUTH},                   \
        {{.body = REFUSAL_WITH(key)}, ISSUE, CV_ERROR_AUTH},                                       \
        {{.body = "no JSON but " key}, ISSUE, CV_ERROR_RESPONSE},                                  \
        {{.body = "{\"" key "\":\"" key}, ISSUE, CV_ERROR_RESPONSE},                               \
        {{.http_status = 500, .body = key}, ISSUE, CV_ERROR_SERVER}, {                             \
        {.http_status = 301,                                                                       \
         .body = PAGE_WITH(key),                                                                   \
         .headers = LOCATION_WITH("http://127.0.0.2:1", key)},                                     \
            ISSUE, CV_ERROR_RESPONSE                                                               \
    }

static void test_an_echoed_key_goes_nowhere(void **context) {
    static const echo echoes[] = {
        ECHOES_OF(API_KEY),
        {{.http_status = 302,
          .body = "",
          .headers = {{"Location", "/api/" API_KEY "/issue/4000-52/"}}},
         ISSUE,
         CV_ERROR_RESPONSE},
        {{.body = ANSWER_WITH("61", API_KEY)}, 61, CV_OK},
        {{.http_status = 302, .body = "", .headers = LOCATION_WITH("", API_KEY)}, ISSUE, CV_OK},
    };
    api *self = *context;
    witness state;
    start_witness(&state, self, API_KEY);
    hear_echoes(&state, echoes, API_COUNT(echoes));
    end_witness(&state, API_KEY, API_KEY);
}

/* The same for a key that is spelt differently in the URL: either spelling may come back. */
static void test_an_escaped_key_goes_nowhere(void **context) {
    static const echo echoes[] = {
        ECHOES_OF(ODD_KEY),
        ECHOES_OF(ODD_KEY_ESCAPED),
        {{.body = ANSWER_WITH("61", ODD_KEY)}, 61, CV_OK},
        {{.body = ANSWER_WITH("73", ODD_KEY_ESCAPED)}, 73, CV_OK},
    };
    api *self = *context;
    server_stop(self->server);
    self->server =
        server_start(&(server_options){.folder = CVI_FIXTURES "/comicvine", .api_key = ODD_KEY});
    assert_non_null(self->server);
    witness state;
    start_witness(&state, self, ODD_KEY);
    hear_echoes(&state, echoes, API_COUNT(echoes));
    end_witness(&state, ODD_KEY, ODD_KEY_ESCAPED);
}

/* What is said of a bad option does not quote the key either. */
static void test_a_refused_key_is_not_quoted(void **context) {
    static const char bad_key[] = "00c0ffee5e4711\ndecafbad0123456789abcdef42";
    api *self = *context;
    cv_options options = api_options(self);
    options.api_key = bad_key;
    assert_null(cv_client_open(&options));
    assert_int_equal(cv_last_error()->code, CV_ERROR_ARGUMENT);
    assert_non_null(strstr(cv_last_error()->message, "api_key"));
    assert_null(strstr(cv_last_error()->message, "decafbad"));
    assert_null(strstr(cv_last_error()->message, "c0ffee"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        API_TEST(test_no_trouble_shows_the_key),
        API_TEST(test_an_echoed_key_goes_nowhere),
        API_TEST(test_an_escaped_key_goes_nowhere),
        API_TEST(test_a_refused_key_is_not_quoted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
