/* Where the key lies in memory: with a network that keeps nothing, only in pages that core dumps
 * leave out and that children of fork do not have, and nowhere once the client is closed. Each test
 * runs in a child, whose memory has never held the key otherwise. */
#include "support/byte_search.h"
#include "support/child.h"
#include "support/memory_search.h"
#include "support/sys_world.h"

#include <comicvine/sys/transport.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define MARK "a lamp that is seen from afar"

typedef struct scene {
    scratch scratch;
    scratch_path database;
    masked key;
    cv_drive drive;
    size_t seen; /* requests that had the key */
} scene;

/* ---- a network that keeps nothing ---- */

static bool start(void *user, cv_transfer *transfer, const cv_transfer_request *request) {
    static const char body[] = SYS_ISSUE(52);
    scene *self = user;
    self->seen += masked_is_in(&self->key, request->url) ? 1 : 0;
    cv_transfer_body(transfer, body, sizeof(body) - 1);
    cv_transfer_complete(transfer, CV_TRANSFER_ANSWERED, 200, NULL);
    cv_transfer_release(transfer);
    return true;
}

/* ---- the scene ---- */

static int set_up(void **context) {
    scene *self = calloc(1, sizeof(*self));
    assert_non_null(self);
    assert_true(scratch_make(&self->scratch));
    self->database = scratch_file(&self->scratch, "comics.db");
    assert_true(masked_make(&self->key));
    *context = self;
    return 0;
}

static int tear_down(void **context) {
    scene *self = *context;
    assert_true(scratch_remove(&self->scratch));
    free(self);
    return 0;
}

static cv_client *open_client(scene *self) {
    char key[MASKED_LENGTH + 1];
    cv_transport network = CV_TRANSPORT_INIT;
    cv_options options = CV_OPTIONS_INIT;
    network.user = self;
    network.start = start;
    masked_reveal(&self->key, key);
    options.api_key = key;
    options.base_url = SYS_BASE;
    options.database = self->database.text;
    options.drive = self->drive;
    options.transport = &network;
    options.rate_limit.min_interval_ms = CV_NO_INTERVAL;
    cv_client *client = cv_client_open(&options);
    explicit_bzero(key, sizeof(key));
    return client;
}

static const char *fetch(scene *self, cv_client *client) {
    size_t seen = self->seen;
    const cv_issue *issue = cv_issue_retrieve(client, 52, CV_PRIORITY_USER);
    CHILD_CHECK(issue != NULL);
    CHILD_CHECK(issue->record.source == CV_SOURCE_NETWORK);
    cv_issue_free(issue);
    CHILD_CHECK(self->seen == seen + 1);
    return NULL;
}

/* ---- the tests ---- */

static const char *expect_nothing(void *user) {
    const scene *self = user;
    memory_found found;
    CHILD_CHECK(memory_search(&self->key, &found));
    CHILD_CHECK(found.places == 0);
    return NULL;
}

static const char *expect_hidden(void *user) {
    const scene *self = user;
    memory_found found;
    CHILD_CHECK(memory_search(&self->key, &found));
    CHILD_CHECK(found.places > 0);
    CHILD_CHECK(found.hidden == found.places);
    return NULL;
}

/* The search itself finds what lies in the open. */
static const char *reveal(void *user) {
    const scene *self = user;
    static char key[MASKED_LENGTH + 1];
    memory_found found;
    CHILD_PASS(expect_nothing(user));
    masked_reveal(&self->key, key);
    CHILD_CHECK(memory_search(&self->key, &found));
    CHILD_CHECK(found.places >= 4);
    CHILD_CHECK(found.hidden == 0);
    explicit_bzero(key, sizeof(key));
    CHILD_PASS(expect_nothing(user));
    return NULL;
}

static void test_a_key_in_the_open_is_found(void **context) {
    child_must_pass(reveal, *context);
}

/* A request that is not freed keeps parts of a closed client, but not the key. */
static const char *use_client(void *user) {
    scene *self = user;
    cv_client *client = open_client(self);
    CHILD_CHECK(client != NULL);
    CHILD_PASS(expect_hidden(self));
    CHILD_PASS(fetch(self, client));
    CHILD_PASS(expect_hidden(self));
    CHILD_PASS(child_of_child(expect_nothing, self));
    cv_request *request = cv_request_retrieve(client, CV_ISSUE, 52, NULL);
    CHILD_CHECK(request != NULL && cv_request_wait(request, -1));
    cv_client_close(client);
    CHILD_PASS(expect_nothing(self));
    cv_request_free(request);
    CHILD_PASS(expect_nothing(self));
    return NULL;
}

static void test_it_is_hidden_and_wiped(void **context) {
    scene *self = *context;
    static const cv_drive drives[] = {CV_DRIVE_POLL, CV_DRIVE_THREAD};
    for (size_t i = 0; i < 2; i++) {
        self->drive = drives[i];
        self->database = scratch_file(&self->scratch, i == 0 ? "poll.db" : "thread.db");
        child_must_pass(use_client, self);
    }
}

/* An error while opening leaves nothing behind either. */
static const char *fail_to_open(void *user) {
    scene *self = user;
    self->database = scratch_file(&self->scratch, "missing/comics.db");
    CHILD_CHECK(open_client(self) == NULL);
    CHILD_CHECK(cv_last_error()->code == CV_ERROR_STORE);
    CHILD_PASS(expect_nothing(self));
    return NULL;
}

static void test_a_client_that_does_not_open_leaves_none(void **context) {
    child_must_pass(fail_to_open, *context);
}

/* Nor does one for whose key the system has no page. */
static const char *open_without_pages(void *user) {
    scene *self = user;
    struct rlimit before;
    CHILD_CHECK(getrlimit(RLIMIT_AS, &before) == 0);
    CHILD_CHECK(setrlimit(RLIMIT_AS, &(struct rlimit){0, before.rlim_max}) == 0);
    cv_client *client = open_client(self);
    CHILD_CHECK(setrlimit(RLIMIT_AS, &before) == 0);
    CHILD_CHECK(client == NULL);
    CHILD_CHECK(cv_last_error()->code == CV_ERROR_NOMEM);
    CHILD_PASS(expect_nothing(self));
    return NULL;
}

static void test_no_page_for_it_is_an_error(void **context) {
    child_must_pass(open_without_pages, *context);
}

/* ---- a real core ---- */

static bool cores_lie_in_the_folder(void) {
    char pattern[64] = "";
    FILE *file = fopen("/proc/sys/kernel/core_pattern", "re");
    if (file == NULL || fgets(pattern, sizeof(pattern), file) == NULL) {
        pattern[0] = '\0';
    }
    if (file != NULL) {
        fclose(file);
    }
    return strcmp(pattern, "core\n") == 0;
}

/* Ends without a core where something is wrong: the test finds none then. */
static void dump_core(scene *self) {
    const struct rlimit whole = {RLIM_INFINITY, RLIM_INFINITY};
    char *mark = strdup(MARK); /* memory of the same kind as the library's */
    cv_client *client = open_client(self);
    if (mark == NULL || client == NULL || fetch(self, client) != NULL ||
        chdir(self->scratch.folder) != 0 || setrlimit(RLIMIT_CORE, &whole) != 0) {
        _exit(1);
    }
    abort();
}

static void test_a_core_dump_is_without_it(void **context) {
    scene *self = *context;
    struct rlimit allowed;
    assert_int_equal(getrlimit(RLIMIT_CORE, &allowed), 0);
    if (allowed.rlim_max != RLIM_INFINITY || !cores_lie_in_the_folder()) {
        skip(); /* the system gives us none to look at */
    }
    pid_t pid = fork();
    if (pid == 0) {
        dump_core(self);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
    if (!WCOREDUMP(status)) {
        skip();
    }
    char key[MASKED_LENGTH + 1];
    size_t files = 0;
    masked_reveal(&self->key, key);
    assert_true(byte_search_files(&self->scratch, MARK, &files) > 0);
    assert_int_equal(byte_search_files(&self->scratch, key, &files), 0);
    explicit_bzero(key, sizeof(key));
}

/* Started once more with all functions bound, as the hardened library is: a loader that looks one
 * up when it is first called saves all registers on the stack, what they happen to hold included.
 */
static void bind_all(char *arguments[]) {
    if (getenv("LD_BIND_NOW") == NULL) {
        assert_int_equal(setenv("LD_BIND_NOW", "1", 1), 0);
        execv("/proc/self/exe", arguments);
        fail_msg("%s is not started again", arguments[0]);
    }
}

int main(int count, char *arguments[]) {
    (void)count;
    bind_all(arguments);
#define SCENE_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        SCENE_TEST(test_a_key_in_the_open_is_found),
        SCENE_TEST(test_it_is_hidden_and_wiped),
        SCENE_TEST(test_a_client_that_does_not_open_leaves_none),
        SCENE_TEST(test_no_page_for_it_is_an_error),
        SCENE_TEST(test_a_core_dump_is_without_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
