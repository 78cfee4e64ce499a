/* Which files a child of fork may open: none that was open at the fork, by whatever name, and all
 * others; after exec, all. */
#include "support/api.h"
#include "support/child.h"
#include "support/process.h"
#include "support/sanitized.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ISSUE = 52, OTHER_ISSUE = 61 };

/* A client of the test's own process, and another file beside its. */
typedef struct scene {
    api *self;
    cv_client *client;
    scratch_path other;
} scene;

static int set_up(void **context) {
    static scene state;
    state.self = api_new();
    state.client = api_open(state.self, NULL);
    state.other = scratch_file(&state.self->scratch, "other.db");
    *context = &state;
    return 0;
}

static int tear_down(void **context) {
    scene *state = *context;
    cv_client_close(state->client);
    api_end(state->self);
    return 0;
}

static cv_client *open_at(const scene *state, const char *path, cv_drive drive) {
    cv_options options = api_options(state->self);
    options.database = path;
    options.drive = drive;
    return cv_client_open(&options);
}

static bool is_refused(const scene *state, const char *path) {
    return open_at(state, path, CV_DRIVE_POLL) == NULL && cv_last_error()->code == CV_ERROR_STORE &&
           strstr(cv_last_error()->message, "exec") != NULL;
}

/* ---- files that were open ---- */

static const char *open_by_all_names(void *user) {
    const scene *state = user;
    const scratch *folder = &state->self->scratch;
    const char *path = state->self->database.text;
    scratch_path twin = scratch_file(folder, "another-name.db");
    scratch_path folder_link = scratch_file(folder, "another-folder");
    scratch_path detour = scratch_file(folder, "another-folder/comics.db");
    CHILD_CHECK(is_refused(state, path));
    CHILD_CHECK(strstr(cv_last_error()->message, path) != NULL);
    unlink(twin.text);
    unlink(folder_link.text);
    CHILD_CHECK(link(path, twin.text) == 0);
    CHILD_CHECK(is_refused(state, twin.text));
    CHILD_CHECK(symlink(folder->folder, folder_link.text) == 0);
    (void)snprintf(detour.text, sizeof(detour.text), "%.200s%s", folder_link.text,
                   strrchr(path, '/'));
    CHILD_CHECK(is_refused(state, detour.text));
    return NULL;
}

static const char *open_in_a_grandchild(void *user) {
    return child_of_child(open_by_all_names, user);
}

static void test_an_open_file_is_refused(void **context) {
    child_must_pass(open_by_all_names, *context);
    child_must_pass(open_in_a_grandchild, *context);
}

static const char *open_as_stores(void *user) {
    const scene *state = user;
    cv_cache_options cache = CV_CACHE_OPTIONS_INIT;
    cv_dedupe_options dedupe = CV_DEDUPE_OPTIONS_INIT;
    cv_rate_limit_options rate_limit = CV_RATE_LIMIT_OPTIONS_INIT;
    cache.database = dedupe.database = rate_limit.database = state->self->database.text;
    CHILD_CHECK(cv_cache_store_open(&cache) == NULL);
    CHILD_CHECK(cv_last_error()->code == CV_ERROR_STORE);
    CHILD_CHECK(cv_dedupe_store_open(&dedupe) == NULL);
    CHILD_CHECK(cv_rate_limit_store_open(&rate_limit) == NULL);
    cv_options options = api_options(state->self);
    options.database = state->other.text;
    options.cache.database = state->self->database.text;
    CHILD_CHECK(cv_client_open(&options) == NULL);
    CHILD_CHECK(cv_last_error()->code == CV_ERROR_STORE);
    return NULL;
}

static void test_no_store_opens_it_either(void **context) {
    child_must_pass(open_as_stores, *context);
}

/* The child makes a connection of its own, which SQLite does not refuse. */
static const char *open_over_a_connection(void *user) {
    const scene *state = user;
    cv_options options = api_options(state->self);
    options.database = NULL;
    CHILD_CHECK(sqlite3_open(state->self->database.text, &options.connection) == SQLITE_OK);
    CHILD_CHECK(cv_client_open(&options) == NULL);
    CHILD_CHECK(cv_last_error()->code == CV_ERROR_STORE);
    return NULL;
}

static void test_nor_does_a_connection_help(void **context) {
    child_must_pass(open_over_a_connection, *context);
}

/* What was opened in the parent over the application's connection counts as well. */
static void test_a_file_behind_a_connection_is_refused(void **context) {
    scene *state = *context;
    sqlite3 *connection = NULL;
    cv_client_close(state->client);
    assert_int_equal(sqlite3_open(state->self->database.text, &connection), SQLITE_OK);
    cv_options options = api_options(state->self);
    options.database = NULL;
    options.connection = connection;
    state->client = api_open(state->self, &options);
    child_must_pass(open_by_all_names, state);
    cv_client_close(state->client);
    state->client = NULL;
    assert_int_equal(sqlite3_close(connection), SQLITE_OK);
}

/* ---- other files ---- */

static const char *fetch(const scene *state, const char *path, cv_drive drive) {
    cv_client *client = open_at(state, path, drive);
    CHILD_CHECK(client != NULL);
    outcome first = api_retrieve(client, OTHER_ISSUE);
    CHILD_CHECK(first.code == CV_OK);
    CHILD_CHECK(first.id == OTHER_ISSUE);
    outcome second = api_retrieve(client, OTHER_ISSUE);
    CHILD_CHECK(second.source == CV_SOURCE_CACHE);
    cv_client_close(client);
    return NULL;
}

/* Between two requests lies the interval, which the child keeps as anybody does; it begins with the
 * first request, and clocks count whole milliseconds. */
static const char *wait_elsewhere(const scene *state) {
    enum { INTERVAL_MS = 60 };
    cv_options options = api_options(state->self);
    options.database = ":memory:";
    options.drive = CV_DRIVE_POLL;
    options.rate_limit.min_interval_ms = INTERVAL_MS;
    cv_client *client = cv_client_open(&options);
    CHILD_CHECK(client != NULL);
    int64_t start_ms = api_now_ms();
    CHILD_CHECK(api_retrieve(client, ISSUE).code == CV_OK);
    CHILD_CHECK(api_retrieve(client, OTHER_ISSUE).code == CV_OK);
    CHILD_CHECK(api_now_ms() - start_ms >= INTERVAL_MS - 1);
    cv_client_close(client);
    return NULL;
}

static const char *fetch_elsewhere(void *user) {
    const scene *state = user;
    CHILD_PASS(wait_elsewhere(state));
    unlink(state->other.text);
    CHILD_PASS(fetch(state, state->other.text, CV_DRIVE_POLL));
    CHILD_PASS(fetch(state, ":memory:", CV_DRIVE_POLL));
#ifndef UNDER_THREAD_SANITIZER /* it ends a child of threads that makes one itself */
    CHILD_PASS(fetch(state, state->other.text, CV_DRIVE_THREAD));
#endif
    return NULL;
}

/* The child's own file is open, and so the grandchild's to refuse. */
static const char *fork_again(void *user) {
    const scene *state = user;
    cv_client *client = open_at(state, state->other.text, CV_DRIVE_POLL);
    CHILD_CHECK(client != NULL);
    CHILD_CHECK(api_retrieve(client, OTHER_ISSUE).code == CV_OK);
    scene inner = {state->self, client, scratch_file(&state->self->scratch, "third.db")};
    scene outer = {state->self, client, state->other};
    outer.self->database = state->other;
    CHILD_PASS(child_of_child(open_by_all_names, &outer));
    CHILD_PASS(child_of_child(fetch_elsewhere, &inner));
    CHILD_CHECK(api_retrieve(client, OTHER_ISSUE).source == CV_SOURCE_CACHE);
    cv_client_close(client);
    return NULL;
}

static void test_other_files_work(void **context) {
    scene *state = *context;
    assert_int_equal(api_retrieve(state->client, ISSUE).code, CV_OK);
    child_must_pass(fetch_elsewhere, state);
    child_must_pass(fork_again, state);
    assert_int_equal(api_retrieve(state->client, ISSUE).source, CV_SOURCE_CACHE);
}

/* Nobody has it open any more: SQLite knows nothing of it. */
static const char *fetch_from_the_same(void *user) {
    const scene *state = user;
    return fetch(state, state->self->database.text, CV_DRIVE_POLL);
}

static void test_a_file_that_was_closed_works(void **context) {
    scene *state = *context;
    cv_client_close(state->client);
    child_must_pass(fetch_from_the_same, state);
    state->client = api_open(state->self, NULL);
    assert_int_equal(api_retrieve(state->client, OTHER_ISSUE).source, CV_SOURCE_CACHE);
}

/* Those that are closed work in a child, those that are open do not, whichever were closed. */
typedef struct shelf {
    const scene *state;
    scratch_path paths[3];
    cv_client *clients[3];
} shelf;

static const char *try_each(void *user) {
    const shelf *all = user;
    for (size_t i = 0; i < API_COUNT(all->paths); i++) {
        if (all->clients[i] != NULL) {
            CHILD_CHECK(is_refused(all->state, all->paths[i].text));
        } else {
            CHILD_PASS(fetch(all->state, all->paths[i].text, CV_DRIVE_POLL));
        }
    }
    return NULL;
}

static void test_files_are_closed_in_any_order(void **context) {
    static const char *const names[] = {"one.db", "two.db", "three.db"};
    static const size_t order[] = {1, 0, 2};
    shelf all = {.state = *context};
    for (size_t i = 0; i < API_COUNT(names); i++) {
        all.paths[i] = scratch_file(&all.state->self->scratch, names[i]);
        all.clients[i] = open_at(all.state, all.paths[i].text, CV_DRIVE_POLL);
        assert_non_null(all.clients[i]);
    }
    for (size_t i = 0; i < API_COUNT(order); i++) {
        cv_client_close(all.clients[order[i]]);
        all.clients[order[i]] = NULL;
        child_must_pass(try_each, &all);
    }
}

/* A file that took the place of the one that was open is another one. */
static const char *replace(void *user) {
    static const char *const ends[] = {"", "-wal", "-shm"};
    const scene *state = user;
    char path[SCRATCH_PATH_MAX + 8];
    for (size_t i = 0; i < API_COUNT(ends); i++) {
        (void)snprintf(path, sizeof(path), "%s%s", state->self->database.text, ends[i]);
        CHILD_CHECK(unlink(path) == 0);
    }
    return fetch_from_the_same(user);
}

static void test_a_file_in_its_place_works(void **context) {
    child_must_pass(replace, *context);
}

/* ---- exec ---- */

static const char *become_an_actor(void *user) {
    const scene *state = user;
    char database[SCRATCH_PATH_MAX + 16];
    char url[128];
    (void)snprintf(database, sizeof(database), "database=%s", state->self->database.text);
    (void)snprintf(url, sizeof(url), "url=%s", server_base_url(state->self->server));
    const char *const arguments[] = {CVI_PROGRAM_actor, database, url, "key=" API_KEY, NULL};
    process actor;
    char line[PROCESS_LINE_MAX];
    CHILD_CHECK(process_start(&actor, arguments, NULL));
    CHILD_CHECK(process_hear(&actor, line, API_PATIENCE_MS) && strcmp(line, ACTOR_READY) == 0);
    CHILD_CHECK(process_tell(&actor, "read 52"));
    CHILD_CHECK(process_hear(&actor, line, API_PATIENCE_MS) &&
                strncmp(line, "outcome 0 ", strlen("outcome 0 ")) == 0);
    CHILD_CHECK(process_end(&actor, API_PATIENCE_MS) == 0);
    return NULL;
}

static void test_after_exec_it_works(void **context) {
    scene *state = *context;
    child_must_pass(become_an_actor, state);
    assert_int_equal(api_retrieve(state->client, ISSUE).source, CV_SOURCE_CACHE);
}

#define WITH_SCENE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_SCENE(test_an_open_file_is_refused),
        WITH_SCENE(test_no_store_opens_it_either),
        WITH_SCENE(test_nor_does_a_connection_help),
        WITH_SCENE(test_a_file_behind_a_connection_is_refused),
        WITH_SCENE(test_other_files_work),
        WITH_SCENE(test_a_file_that_was_closed_works),
        WITH_SCENE(test_files_are_closed_in_any_order),
        WITH_SCENE(test_a_file_in_its_place_works),
        WITH_SCENE(test_after_exec_it_works),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
