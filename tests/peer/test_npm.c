/* One file, two kinds of program: this library and the Node packages whose tables it shares, at
 * work in turns and at once. Skipped where there is no node, or no packages (scripts/peer). */
#include "support/process.h"
#include "support/store_face.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    FIRST_ISSUE = 1000,
    ISSUES = 60,
    HOUR_MS = 3600000,
    HOUR_S = 3600,
    EXIT_SKIPPED = 77,
    FOLDER_MAX = 1024,
    TEXT_MAX = 4096
};

#define PEER_READY "ready 0.2.0 0.2.0"

typedef struct scene {
    api *self;
    process node;
} scene;

/* ---- the Node program ---- */

/* Where scripts/peer puts the packages. False: this user has no such place. */
static bool find_packages(char folder[FOLDER_MAX]) {
    static const struct {
        const char *variable;
        const char *below;
    } places[] = {{"COMICVINE_PEER", ""},
                  {"XDG_CACHE_HOME", "/comicvine-peer"},
                  {"HOME", "/.cache/comicvine-peer"}};
    for (size_t i = 0; i < API_COUNT(places); i++) {
        const char *value = getenv(places[i].variable);
        if (value != NULL && value[0] != '\0') {
            int length = snprintf(folder, FOLDER_MAX, "%s%s", value, places[i].below);
            return length > 0 && length < FOLDER_MAX;
        }
    }
    return false;
}

/* Starts the program; `line` is the first thing that it says. */
static bool start_node(process *node, char line[PROCESS_LINE_MAX]) {
    char folder[FOLDER_MAX];
    const char *const arguments[] = {"/usr/bin/env", "node", CVI_PEER_PROGRAM, folder, NULL};
    return find_packages(folder) && process_start(node, arguments, NULL) &&
           process_hear(node, line, API_PATIENCE_MS);
}

static void tell(process *node, const char *order, char answer[PROCESS_LINE_MAX]) {
    assert_true(process_tell(node, order));
    assert_true(process_hear(node, answer, API_PATIENCE_MS));
}

static void expect(process *node, const char *order, const char *answer) {
    char said[PROCESS_LINE_MAX];
    tell(node, order, said);
    if (strcmp(said, answer) != 0) {
        fail_msg("%s: %s instead of %s", order, said, answer);
    }
}

static void expect_number(process *node, const char *order, int64_t number) {
    char text[32];
    assert_true(snprintf(text, sizeof(text), "%" PRId64, number) > 0);
    expect(node, order, text);
}

/* Opens the scene's file with a limit of that kind; `journal` is the file's mode then. */
static void node_opens(scene *state, const char *kind, int64_t limit, int64_t window_ms,
                       const char *journal) {
    char order[PROCESS_LINE_MAX];
    int length = snprintf(order, sizeof(order), "open %s %s %" PRId64 " %" PRId64 " %s/ %s",
                          state->self->database.text, kind, limit, window_ms,
                          server_base_url(state->self->server), API_KEY);
    assert_in_range(length, 1, sizeof(order) - 1);
    expect(&state->node, order, journal);
}

/* True: the answer; false: held back by its limit. Anything else fails the test. */
static bool node_retrieves(scene *state, int64_t id) {
    char order[64];
    char said[PROCESS_LINE_MAX];
    assert_true(snprintf(order, sizeof(order), "retrieve %" PRId64, id) > 0);
    tell(&state->node, order, said);
    if (strstr(said, "Rate limit exceeded") != NULL) {
        return false;
    }
    assert_string_equal(said, "One of many");
    return true;
}

/* ---- ours ---- */

static cv_options options_with_limit(const scene *state, cv_limit_kind kind, int64_t limit) {
    cv_options options = api_options(state->self);
    options.rate_limit.kind = kind;
    options.rate_limit.limit = limit;
    options.max_wait_ms = CV_NO_WAIT;
    return options;
}

/* As node_retrieves. */
static bool we_retrieve(cv_client *client, int64_t id, cv_priority priority) {
    cv_request_options options = CV_REQUEST_OPTIONS_INIT;
    options.priority = priority;
    outcome seen = api_retrieve_with(client, id, &options);
    if (seen.code != CV_OK) {
        assert_string_equal(cv_code_name(seen.code), "CV_ERROR_RATE_LIMITED");
    }
    return seen.code == CV_OK;
}

static size_t requests(const scene *state) {
    return server_request_count(state->self->server, NULL);
}

/* ---- the file as it is ---- */

/* All rows of the packages' tables, in their columns. */
static void dump(const scene *state, char text[TEXT_MAX]) {
    static const char sql[] =
        "SELECT group_concat(row, '; ') FROM (SELECT hash || ',' || hex(value) || ',' || expires_at"
        " || ',' || created_at AS row FROM cache UNION ALL SELECT hash || ',' || job_id || ',' ||"
        " status || ',' || quote(result) || ',' || quote(error) || ',' || created_at || ',' ||"
        " updated_at FROM dedupe_jobs UNION ALL SELECT id || ',' || resource || ',' || timestamp"
        " FROM rate_limits)";
    sqlite3 *connection = NULL;
    sqlite3_stmt *statement = NULL;
    assert_int_equal(sqlite3_open(state->self->database.text, &connection), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(connection, sql, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    int length = snprintf(text, TEXT_MAX, "%s", (const char *)sqlite3_column_text(statement, 0));
    assert_in_range(length, 1, TEXT_MAX - 1);
    assert_int_equal(sqlite3_finalize(statement), SQLITE_OK);
    assert_int_equal(sqlite3_close(connection), SQLITE_OK);
}

static int64_t count(const scene *state, const char *sql) {
    return api_query(state->self, sql);
}

/* Also of what the packages wrote, which know nothing of a total. */
static void assert_sound(const scene *state) {
    assert_int_equal(count(state, "SELECT total FROM cache_bytes"),
                     count(state, "SELECT sum(length(value)) + sum(coalesce(length(tape), 0))"
                                  " FROM cache"));
    assert_int_equal(count(state, "SELECT integrity_check = 'ok' FROM pragma_integrity_check"), 1);
}

/* ---- a file that is theirs alone ---- */

/* What the packages leave of rate_limits: without a priority, with one, and with one that may be
 * NULL, if the first kind was opened by the second. */
static const struct {
    const char *label;
    const char *kinds[2]; /* opened one after the other */
    int64_t priority_columns;
    int64_t not_null;
} histories[] = {
    {"legacy", {"sliding", NULL}, 0, 0},
    {"adaptive", {"adaptive", NULL}, 1, 1},
    {"migrated", {"sliding", "adaptive"}, 1, 0},
};

/* Three requests, two of them answered from rows; a job that is done and one under way. */
static void node_makes_file(scene *state, size_t history) {
    for (size_t i = 0; i < 2 && histories[history].kinds[i] != NULL; i++) {
        node_opens(state, histories[history].kinds[i], 20, HOUR_MS, "delete");
        assert_true(node_retrieves(state, FIRST_ISSUE + (int64_t)i));
        expect(&state->node, "close", "closed");
    }
    const char *last = histories[history].kinds[1];
    node_opens(state, last != NULL ? last : histories[history].kinds[0], 20, HOUR_MS, "delete");
    assert_true(node_retrieves(state, FIRST_ISSUE + 5));
    expect(&state->node, "turn issue user", "sent");
    expect(&state->node, "set theirs lamp", "kept");
    char job_id[PROCESS_LINE_MAX];
    tell(&state->node, "register their-job", job_id);
    assert_int_equal(strlen(job_id), CV_JOB_ID_SIZE - 1);
    expect(&state->node, "close", "closed");
    assert_int_equal(count(state, "PRAGMA user_version"), 0);
    assert_int_equal(count(state, "SELECT journal_mode = 'delete' FROM pragma_journal_mode"), 1);
    assert_int_equal(count(state, "SELECT count(*) FROM pragma_table_info('rate_limits')"
                                  " WHERE name = 'priority'"),
                     histories[history].priority_columns);
    assert_int_equal(count(state, "SELECT count(*) FROM pragma_table_info('rate_limits')"
                                  " WHERE name = 'priority' AND \"notnull\""),
                     histories[history].not_null);
}

/* Ours opens it: every row is there, counts, and is seen for what it is. */
static void we_take_over(scene *state, int64_t theirs) {
    char before[TEXT_MAX];
    char after[TEXT_MAX];
    dump(state, before);
    cv_options options = options_with_limit(state, CV_LIMIT_SLIDING, theirs + 2);
    cv_client *client = api_open(state->self, &options);
    dump(state, after);
    assert_string_equal(after, before);
    bool yes = false;
    cv_rate_limit_status status;
    assert_done(cv_rate_limit_store_status(cv_client_rate_limit(client), "issue", &status));
    assert_int_equal(status.remaining, 2);
    assert_done(cv_dedupe_store_in_progress(cv_client_dedupe(client), "their-job", &yes));
    assert_true(yes);
    assert_true(we_retrieve(client, FIRST_ISSUE + 10, CV_PRIORITY_USER));
    assert_true(we_retrieve(client, FIRST_ISSUE + 11, CV_PRIORITY_USER));
    assert_false(we_retrieve(client, FIRST_ISSUE + 12, CV_PRIORITY_USER));
    cv_client_close(client);
}

/* The packages again, on a file that is in WAL mode by now. */
static void node_goes_on(scene *state, const char *kind, int64_t sent) {
    node_opens(state, kind, sent + 10, HOUR_MS, "wal");
    expect_number(&state->node, "requests", sent);
    expect_number(&state->node, "remaining issue", 10);
    expect(&state->node, "get theirs", "lamp");
    expect(&state->node, "progress their-job", "yes");
    expect(&state->node, "complete their-job wick", "completed");
    expect(&state->node, "result their-job", "wick");
    size_t before = requests(state);
    assert_true(node_retrieves(state, FIRST_ISSUE + 5)); /* from its own row */
    assert_int_equal(requests(state), before);
    assert_true(node_retrieves(state, FIRST_ISSUE + 20));
    assert_int_equal(requests(state), before + 1);
    expect_number(&state->node, "requests", sent + 1);
    expect(&state->node, "close", "closed");
}

static void test_a_file_of_theirs(void **context) {
    scene *state = *context;
    for (size_t i = 0; i < API_COUNT(histories); i++) {
        const bool twice = histories[i].kinds[1] != NULL;
        state->self->database = scratch_file(&state->self->scratch, histories[i].label);
        const int64_t theirs = twice ? 4 : 3;
        node_makes_file(state, i);
        we_take_over(state, theirs);
        node_goes_on(state, histories[i].kinds[twice ? 1 : 0], theirs + 2);
        assert_int_equal(count(state, "PRAGMA user_version"), 1005);
        assert_int_equal(count(state, "SELECT count(*) FROM rate_limits"), theirs + 3);
        assert_sound(state);
    }
}

/* ---- turns ---- */

static const struct {
    const char *theirs;
    cv_limit_kind ours;
    cv_priority priority;
    int64_t least; /* together, of a limit of 20 */
} pairs[] = {
    {"sliding", CV_LIMIT_SLIDING, CV_PRIORITY_USER, 20},
    {"sliding", CV_LIMIT_ADAPTIVE, CV_PRIORITY_USER, 20},
    {"adaptive", CV_LIMIT_ADAPTIVE, CV_PRIORITY_BACKGROUND, 14},
};

/* Each asks in turn, for issues that nobody has, until neither gets through. */
static void alternate(scene *state, size_t pair) {
    enum { LIMIT = 20, TURNS = 15 };
    cv_options options = options_with_limit(state, pairs[pair].ours, LIMIT);
    int64_t sent[2] = {0, 0};
    node_opens(state, pairs[pair].theirs, LIMIT, HOUR_MS, "delete");
    cv_client *client = api_open(state->self, &options);
    const size_t before = requests(state);
    for (int64_t i = 0; i < TURNS; i++) {
        sent[0] += node_retrieves(state, FIRST_ISSUE + 2 * i) ? 1 : 0;
        sent[1] += we_retrieve(client, FIRST_ISSUE + 2 * i + 1, pairs[pair].priority) ? 1 : 0;
    }
    print_message("%s: node sent %" PRId64 ", we %" PRId64 "\n", pairs[pair].theirs, sent[0],
                  sent[1]);
    assert_int_equal(requests(state) - before, sent[0] + sent[1]);
    assert_in_range(sent[0] + sent[1], pairs[pair].least, LIMIT);
    assert_in_range(sent[1] - sent[0], 0, 1);
    assert_int_equal(count(state, "SELECT count(*) FROM rate_limits"), sent[0] + sent[1]);
    /* What each has fetched is still there for it, without a request. */
    assert_true(node_retrieves(state, FIRST_ISSUE));
    assert_int_equal(api_retrieve(client, FIRST_ISSUE + 1).source, CV_SOURCE_CACHE);
    assert_int_equal(requests(state) - before, sent[0] + sent[1]);
    expect_number(&state->node, "items", sent[0] + sent[1]);
    cv_client_close(client);
    expect(&state->node, "close", "closed");
    assert_sound(state);
}

static void test_in_turns_never_above_the_limit(void **context) {
    scene *state = *context;
    for (size_t i = 0; i < API_COUNT(pairs); i++) {
        char name[32];
        assert_true(snprintf(name, sizeof(name), "turns-%zu.db", i) > 0);
        state->self->database = scratch_file(&state->self->scratch, name);
        alternate(state, i);
    }
}

/* A short window, again and again: judged by the times in the file, noted before anyone deletes. */
static void test_in_turns_over_many_windows(void **context) {
    enum { LIMIT = 6, WINDOW_MS = 400, LENGTH_MS = 4000, SENT_LEAST = 30, SENT_MAX = 1000 };
    scene *state = *context;
    static int64_t sent_at[SENT_MAX];
    size_t sent = 0;
    size_t ours = 0;
    cv_rate_limit_options options = CV_RATE_LIMIT_OPTIONS_INIT;
    options.database = state->self->database.text;
    options.kind = CV_LIMIT_SLIDING;
    options.limit = LIMIT;
    options.window_ms = WINDOW_MS;
    options.guard_ms = 1; /* we go by another clock than that of the rows, rounded apart */
    options.min_interval_ms = CV_NO_INTERVAL;
    node_opens(state, "sliding", LIMIT, WINDOW_MS, "delete");
    cv_rate_limit_store *limit = cv_rate_limit_store_open(&options);
    assert_non_null(limit);
    const int64_t end_ms = api_now_ms() + LENGTH_MS;
    for (bool our_turn = false; api_now_ms() < end_ms || sent < SENT_LEAST; our_turn = !our_turn) {
        assert_true(api_now_ms() < end_ms + API_PATIENCE_MS);
        char said[PROCESS_LINE_MAX] = "";
        int64_t wait_ms = -1;
        if (our_turn) {
            assert_done(
                cv_rate_limit_store_acquire(limit, "issue", CV_PRIORITY_BACKGROUND, &wait_ms));
        } else {
            tell(&state->node, "turn issue background", said);
        }
        if (wait_ms == 0 || strcmp(said, "sent") == 0) {
            assert_in_range(sent, 0, SENT_MAX - 1);
            sent_at[sent++] =
                count(state, "SELECT timestamp FROM rate_limits ORDER BY id DESC LIMIT 1");
            ours += our_turn ? 1 : 0;
        }
    }
    print_message("node sent %zu, we %zu\n", sent - ours, ours);
    assert_in_range(ours, 1, sent - 1);
    for (size_t i = LIMIT; i < sent; i++) {
        assert_true(sent_at[i] - sent_at[i - LIMIT] >= WINDOW_MS);
    }
    cv_rate_limit_store_close(limit);
    expect(&state->node, "close", "closed");
}

/* ---- lists, jobs, writing at once ---- */

/* The packages file each list under one name, which counts for all of our lists. */
static void test_their_lists_count_for_ours(void **context) {
    scene *state = *context;
    cv_options options = options_with_limit(state, CV_LIMIT_SLIDING, 3);
    node_opens(state, "sliding", 20, HOUR_MS, "delete");
    expect(&state->node, "list", "0");
    expect(&state->node, "turn unknown user", "sent");
    cv_client *client = api_open(state->self, &options);
    const cv_issue_page *page = cv_issue_list(client, NULL, CV_PRIORITY_USER);
    assert_non_null(page);
    cv_issue_page_free(page);
    cv_query second = CV_QUERY_INIT;
    second.offset = 100;
    assert_null(cv_issue_list(client, &second, CV_PRIORITY_USER));
    assert_string_equal(cv_code_name(cv_last_error()->code), "CV_ERROR_RATE_LIMITED");
    assert_true(we_retrieve(client, FIRST_ISSUE, CV_PRIORITY_USER));
    cv_client_close(client);
}

/* A job that one side has begun is under way for the other, and both sides' jobs stay. */
static void test_jobs_of_both(void **context) {
    scene *state = *context;
    char our_id[CV_JOB_ID_SIZE];
    char seen_id[CV_JOB_ID_SIZE];
    char their_id[PROCESS_LINE_MAX];
    bool owner = false;
    bool yes = true;
    cv_dedupe_options options = CV_DEDUPE_OPTIONS_INIT;
    cv_dedupe_stats stats;
    cv_blob result;
    options.database = state->self->database.text;
    node_opens(state, "adaptive", 20, HOUR_MS, "delete");
    cv_dedupe_store *jobs = cv_dedupe_store_open(&options);
    assert_non_null(jobs);
    assert_done(cv_dedupe_store_register(jobs, "our-job", our_id, &owner));
    assert_true(owner);
    expect(&state->node, "progress our-job", "yes");
    expect(&state->node, "register our-job", our_id);
    tell(&state->node, "register their-job", their_id);
    assert_done(cv_dedupe_store_register(jobs, "their-job", seen_id, &owner));
    assert_false(owner);
    assert_string_equal(seen_id, their_id);
    expect(&state->node, "complete their-job wick", "completed");
    assert_done(cv_dedupe_store_in_progress(jobs, "their-job", &yes));
    assert_false(yes);
    assert_done(cv_dedupe_store_complete(jobs, "our-job", our_id, "{}", 2));
    expect(&state->node, "progress our-job", "no");
    assert_done(cv_dedupe_store_wait(jobs, "our-job", our_id, 0, &result, NULL));
    face_check_blob(&result, "{}");
    expect(&state->node, "result their-job", "wick");
    assert_done(cv_dedupe_store_stats(jobs, &stats));
    assert_int_equal(stats.completed_jobs, 2);
    expect_number(&state->node, "jobs", stats.total_jobs);
    cv_dedupe_store_close(jobs);
}

static void test_both_write_at_once(void **context) {
    enum { ROWS = 300 };
    scene *state = *context;
    cv_cache_options options = CV_CACHE_OPTIONS_INIT;
    cv_rate_limit_options limits = CV_RATE_LIMIT_OPTIONS_INIT;
    char said[PROCESS_LINE_MAX];
    options.database = state->self->database.text;
    limits.database = state->self->database.text;
    node_opens(state, "sliding", INT64_C(2) * ROWS, HOUR_MS, "delete");
    cv_cache_store *cache = cv_cache_store_open(&options);
    cv_rate_limit_store *limit = cv_rate_limit_store_open(&limits);
    assert_non_null(cache);
    assert_non_null(limit);
    assert_true(process_tell(&state->node, "write theirs- 300"));
    for (int i = 0; i < ROWS; i++) {
        char hash[32];
        assert_true(snprintf(hash, sizeof(hash), "ours-%d", i) > 0);
        assert_done(cv_cache_store_set(cache, hash, "{}", 2, HOUR_S));
        assert_done(cv_rate_limit_store_record(limit, "crowd", CV_PRIORITY_USER));
    }
    assert_true(process_hear(&state->node, said, API_PATIENCE_MS));
    assert_string_equal(said, "300");
    assert_int_equal(count(state, "SELECT count(*) FROM cache"), 2 * ROWS);
    assert_int_equal(count(state, "SELECT count(*) FROM rate_limits"), 2 * ROWS);
    expect_number(&state->node, "requests", INT64_C(2) * ROWS);
    cv_rate_limit_store_close(limit);
    cv_cache_store_close(cache);
    expect(&state->node, "close", "closed");
    assert_sound(state);
}

/* ---- set-up ---- */

static int set_up(void **context) {
    char line[PROCESS_LINE_MAX];
    scene *state = calloc(1, sizeof(*state));
    assert_non_null(state);
    state->self = api_new_with_issues(FIRST_ISSUE, ISSUES);
    assert_true(start_node(&state->node, line));
    assert_string_equal(line, PEER_READY);
    *context = state;
    return 0;
}

static int tear_down(void **context) {
    scene *state = *context;
    int status = process_end(&state->node, API_PATIENCE_MS);
    api_end(state->self);
    free(state);
    return status;
}

/* Whether the Node program can be had at all. */
static bool has_peer(void) {
    char line[PROCESS_LINE_MAX] = "there is no node, or no folder for its packages";
    process node = {.input = -1, .output = -1};
    bool is_ready = start_node(&node, line) && strncmp(line, "ready", 5) == 0;
    process_end(&node, API_PATIENCE_MS);
    if (!is_ready) {
        print_message("skipped: %s\n", line);
    }
    return is_ready;
}

#define PEER_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        PEER_TEST(test_a_file_of_theirs),
        PEER_TEST(test_in_turns_never_above_the_limit),
        PEER_TEST(test_in_turns_over_many_windows),
        PEER_TEST(test_their_lists_count_for_ours),
        PEER_TEST(test_jobs_of_both),
        PEER_TEST(test_both_write_at_once),
    };
    return has_peer() ? cmocka_run_group_tests(tests, NULL, NULL) : EXIT_SKIPPED;
}
