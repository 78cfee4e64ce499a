/* A fork while a thread of ours is inside libcurl, which has locks for all its users, as has the
 * TLS library below it: fork() waits for that thread, so that the child can use both. Here the
 * thread comes out only when the fork is over, which shows in the child: it knows that fork() has
 * waited in vain. */
#include "support/api.h"
#include "support/child.h"

#include <dlfcn.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>

static struct {
    atomic_bool is_armed;
    sem_t is_inside;
    sem_t may_leave;
} stop;

/* In place of the system's: the loader finds this one first, for libcurl too, which calls it for a
 * socket that is to be connected. */
int setsockopt(int descriptor, int level, int option, const void *value, socklen_t size) {
    int (*real)(int, int, int, const void *, socklen_t) = NULL;
    void *symbol = dlsym(RTLD_NEXT, "setsockopt");
    memcpy(&real, &symbol, sizeof(symbol));
    if (atomic_exchange(&stop.is_armed, false)) {
        sem_post(&stop.is_inside);
        while (sem_wait(&stop.may_leave) != 0) {
        }
    }
    return real(descriptor, level, option, value, size);
}

static const char *open_nothing(void *user) {
    const api *self = user;
    scratch_path own = scratch_file(&self->scratch, "child.db");
    cv_options options = api_options(self);
    options.database = own.text;
    CHILD_CHECK(cv_client_open(&options) == NULL);
    CHILD_CHECK(cv_last_error()->code == CV_ERROR_STORE);
    CHILD_CHECK(strstr(cv_last_error()->message, "exec") != NULL);
    return NULL;
}

static const char *open_and_ask(void *user) {
    const api *self = user;
    scratch_path own = scratch_file(&self->scratch, "child.db");
    cv_options options = api_options(self);
    options.database = own.text;
    options.drive = CV_DRIVE_POLL;
    cv_client *client = cv_client_open(&options);
    CHILD_CHECK(client != NULL);
    CHILD_CHECK(api_retrieve(client, 61).source == CV_SOURCE_NETWORK);
    cv_client_close(client);
    return NULL;
}

static void test_a_fork_waits_for_who_is_inside(void **context) {
    api *self = *context;
    cv_client *client = api_open(self, NULL);
    assert_int_equal(sem_init(&stop.is_inside, 0, 0), 0);
    assert_int_equal(sem_init(&stop.may_leave, 0, 0), 0);
    atomic_store(&stop.is_armed, true);
    cv_request *request = cv_request_retrieve(client, CV_ISSUE, 52, NULL);
    assert_non_null(request);
    assert_int_equal(sem_wait(&stop.is_inside), 0);
    const char *found = child_of_child(open_nothing, self);
    sem_post(&stop.may_leave);
    assert_true(cv_request_wait(request, API_PATIENCE_MS));
    assert_string_equal(cv_request_error(request)->message, "");
    cv_request_free(request);
    assert_null(found);
    child_must_pass(open_and_ask, self);
    cv_client_close(client);
    sem_destroy(&stop.is_inside);
    sem_destroy(&stop.may_leave);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        API_TEST(test_a_fork_waits_for_who_is_inside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
