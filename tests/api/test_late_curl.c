/* Libcurl comes with the first request: not with what the cache answers, and where it is missing
 * the cache still answers. A fork in the middle of its loading leaves a child that can load it too.
 * (Linked so that it is not there from the start, see CMakeLists.txt.) */
#include "support/api_actor.h"
#include "support/child.h"
#include "support/sanitized.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <comicvine/sys/transport.h>

enum { CACHED = 52, OTHER = 61, ROUNDS = 20, PATH_SIZE = 64 };

/* Whether that process has a file of this name in its memory. Any thread. */
static bool has_mapped(pid_t pid, const char *name) {
    char path[PATH_SIZE];
    char line[1024];
    bool found = false;
    snprintf(path, sizeof(path), "/proc/%ld/maps", (long)pid);
    FILE *maps = fopen(path, "r");
    if (maps == NULL) {
        return false;
    }
    while (fgets(line, sizeof(line), maps) != NULL) {
        found = found || strstr(line, name) != NULL;
    }
    fclose(maps);
    return found;
}

static void fill(const api *self) {
    cv_client *client = api_open(self, NULL);
    assert_int_equal(api_retrieve(client, CACHED).code, CV_OK);
    cv_client_close(client);
}

static void assert_answer(process *actor, int64_t id, cv_source source) {
    outcome told = actor_read(actor, id);
    assert_int_equal(told.code, CV_OK);
    assert_int_equal(told.id, id);
    assert_int_equal(told.source, source);
}

static void test_it_comes_with_the_first_request(void **context) {
    const api *self = *context;
    process actor;
    fill(self);
    actor_start(&actor, self, (const char *const[ACTOR_ARGUMENTS_MAX]){NULL});
    assert_answer(&actor, CACHED, CV_SOURCE_CACHE);
    assert_true(has_mapped(actor.pid, "libsqlite3")); /* so that the others would be seen */
    assert_false(has_mapped(actor.pid, "libcurl"));
    assert_false(has_mapped(actor.pid, "libssl"));
    assert_answer(&actor, OTHER, CV_SOURCE_NETWORK);
    assert_true(has_mapped(actor.pid, "libcurl"));
    actor_end(&actor);
}

/* Starts an actor for which the loader finds first what lies in this folder. */
static void start_with_libraries(process *actor, const api *self, const char *folder) {
    const char *before = getenv("LD_LIBRARY_PATH");
    char *kept = before != NULL ? strdup(before) : NULL;
    assert_int_equal(setenv("LD_LIBRARY_PATH", folder, 1), 0);
    actor_start(actor, self, (const char *const[ACTOR_ARGUMENTS_MAX]){NULL});
    if (kept != NULL) {
        setenv("LD_LIBRARY_PATH", kept, 1);
    } else {
        unsetenv("LD_LIBRARY_PATH");
    }
    free(kept);
}

/* What is found is a file of that name that is no library. */
static void test_without_it_the_cache_answers(void **context) {
    const api *self = *context;
    process actor;
    fill(self);
    scratch_path fake = scratch_file(&self->scratch, CVI_CURL_NAME);
    FILE *file = fopen(fake.text, "w");
    assert_non_null(file);
    assert_int_equal(fclose(file), 0);
    start_with_libraries(&actor, self, self->scratch.folder);
    assert_answer(&actor, CACHED, CV_SOURCE_CACHE);
    for (int i = 0; i < 2; i++) {
        outcome told = actor_read(&actor, OTHER);
        assert_int_equal(told.code, CV_ERROR_NETWORK);
        assert_false(told.retryable);
        assert_non_null(strstr(told.message, CVI_CURL_NAME));
    }
    assert_answer(&actor, CACHED, CV_SOURCE_CACHE);
    actor_end(&actor);
    assert_int_equal(api_query(self, "SELECT count(*) FROM rate_limits"), 1); /* the filler's */
}

/* ---- fork ---- */

#if !defined(UNDER_ADDRESS_SANITIZER) && !defined(UNDER_THREAD_SANITIZER)
#define CHILD_CAN_ALLOCATE /* it may find the allocator of a sanitizer locked by another thread */
#endif

#ifdef CHILD_CAN_ALLOCATE

static const char *load(void *user) {
    (void)user;
    cv_transport network;
    CHILD_CHECK(cv_transport_curl(&network));
    network.close(network.user);
    CHILD_CHECK(has_mapped(getpid(), CVI_CURL_NAME));
    return NULL;
}

typedef struct loader {
    const char *found;
    pthread_t thread;
} loader;

static void *load_beside(void *user) {
    loader *self = user;
    self->found = load(NULL);
    return NULL;
}

/* Its child comes at some moment of the other thread's loading. The library has heard of forks by
 * then, as it has where a client is open. */
static const char *fork_while_loading(void *user) {
    (void)user;
    loader other;
    cv_cache_options options = CV_CACHE_OPTIONS_INIT;
    options.database = ":memory:";
    cv_cache_store *store = cv_cache_store_open(&options);
    CHILD_CHECK(store != NULL);
    CHILD_CHECK(!has_mapped(getpid(), "libcurl"));
    CHILD_CHECK(pthread_create(&other.thread, NULL, load_beside, &other) == 0);
    const char *in_child = child_of_child(load, NULL);
    CHILD_CHECK(pthread_join(other.thread, NULL) == 0);
    cv_cache_store_close(store);
    CHILD_PASS(other.found);
    return in_child;
}

static const char *ask_version(void *user) {
    (void)user;
    CHILD_CHECK(!has_mapped(getpid(), "libcurl"));
    CHILD_CHECK(cv_curl_version() != NULL);
    CHILD_CHECK(has_mapped(getpid(), CVI_CURL_NAME));
    return NULL;
}

static void test_who_asks_for_its_version_loads_it(void **context) {
    (void)context;
    child_must_pass(ask_version, NULL);
}

static void test_a_child_of_the_middle_can_load_it(void **context) {
    (void)context;
    for (int i = 0; i < ROUNDS; i++) {
        child_must_pass(fork_while_loading, NULL);
    }
}

#endif

int main(void) {
    const struct CMUnitTest tests[] = {
#ifdef CHILD_CAN_ALLOCATE
        cmocka_unit_test(test_a_child_of_the_middle_can_load_it),
        cmocka_unit_test(test_who_asks_for_its_version_loads_it),
#endif
        API_TEST(test_it_comes_with_the_first_request),
        API_TEST(test_without_it_the_cache_answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
