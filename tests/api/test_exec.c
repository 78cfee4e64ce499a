/* A program that is started while a client is at work is left none of its descriptors. */
#include "support/api_actor.h"

#include <dirent.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { OWN_ISSUE = 52, WATCHED_ISSUE = 61, LISTED_MAX = 128, TARGET_MAX = 512 };

typedef struct listed {
    size_t count;
    char targets[LISTED_MAX][TARGET_MAX];
} listed;

static void add(listed *self, const char *target) {
    assert_true(self->count < LISTED_MAX);
    (void)snprintf(self->targets[self->count++], TARGET_MAX, "%s", target);
}

static bool has(const listed *self, const char *target) {
    for (size_t i = 0; i < self->count; i++) {
        if (strcmp(self->targets[i], target) == 0) {
            return true;
        }
    }
    return false;
}

/* What this process has open itself. */
static void list_own(listed *found) {
    found->count = 0;
    DIR *folder = opendir("/proc/self/fd");
    assert_non_null(folder);
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        char target[TARGET_MAX];
        ssize_t length = readlinkat(dirfd(folder), entry->d_name, target, sizeof(target) - 1);
        if (length > 0) {
            target[length] = '\0';
            add(found, target);
        }
    }
    closedir(folder);
}

/* What a program started now is left, but for the three that every program has. */
static void list_left(listed *found) {
    static const char *const arguments[] = {CVI_PROGRAM_actor_heir, NULL};
    process heir;
    char line[PROCESS_LINE_MAX];
    found->count = 0;
    assert_true(process_start(&heir, arguments, NULL));
    while (process_hear(&heir, line, API_PATIENCE_MS)) {
        const char *target = strchr(line, ' ');
        assert_non_null(target);
        if (strtol(line, NULL, 10) > STDERR_FILENO) {
            add(found, target + 1);
        }
    }
    assert_int_equal(process_end(&heir, API_PATIENCE_MS), 0);
}

static bool names(const listed *self, const char *part) {
    for (size_t i = 0; i < self->count; i++) {
        if (strstr(self->targets[i], part) != NULL) {
            return true;
        }
    }
    return false;
}

static void *wait_for_job(void *user) {
    cv_dedupe_store *jobs = user;
    char job_id[CV_JOB_ID_SIZE];
    bool owner = true;
    cv_blob result;
    if (cv_dedupe_store_register(jobs, "a job", job_id, &owner) && !owner) {
        cv_dedupe_store_wait(jobs, "a job", job_id, API_PATIENCE_MS, &result, NULL);
        cv_free(result.data);
    }
    return NULL;
}

/* All that a client may have: connections, another process to hear the end of, a wait. */
static void test_a_program_is_left_nothing(void **context) {
    static listed before;
    static listed own;
    static listed left;
    api *self = *context;
    process owner;
    list_left(&before);
    assert_true(server_hold(self->server, NULL));
    actor_start(&owner, self, NULL);
    actor_ask(&owner, WATCHED_ISSUE);
    api_await_requests(self, 1);
    cv_client *client = api_open(self, NULL);
    cv_request *watching = cv_request_retrieve(client, CV_ISSUE, WATCHED_ISSUE, NULL);
    cv_request *fetching = cv_request_retrieve(client, CV_ISSUE, OWN_ISSUE, NULL);
    char job_id[CV_JOB_ID_SIZE];
    bool is_owner = false;
    cv_dedupe_store *jobs = cv_client_dedupe(client);
    assert_true(cv_dedupe_store_register(jobs, "a job", job_id, &is_owner) && is_owner);
    pthread_t waiter;
    assert_int_equal(pthread_create(&waiter, NULL, wait_for_job, jobs), 0);
    api_await_requests(self, 2);
    api_query_until(self, "SELECT count(*) FROM dedupe_waiters", 2);
    for (int64_t end_ms = api_now_ms() + API_PATIENCE_MS; !names(&own, "pidfd");) {
        assert_true(api_now_ms() < end_ms);
        list_own(&own);
    }
    assert_true(names(&own, ".gate") && names(&own, "-wal") && names(&own, "eventpoll"));
    list_left(&left);
    for (size_t i = 0; i < left.count; i++) {
        if (!has(&before, left.targets[i])) {
            fail_msg("a program is left %s", left.targets[i]);
        }
    }
    assert_true(cv_dedupe_store_complete(jobs, "a job", job_id, "done", 4));
    assert_int_equal(pthread_join(waiter, NULL), 0);
    server_release(self->server, SERVER_ALL);
    assert_true(cv_request_wait(watching, API_PATIENCE_MS));
    assert_true(cv_request_wait(fetching, API_PATIENCE_MS));
    assert_int_equal(cv_request_error(watching)->code, CV_OK);
    assert_int_equal(cv_request_error(fetching)->code, CV_OK);
    cv_request_free(watching);
    cv_request_free(fetching);
    cv_client_close(client);
    actor_hear(&owner);
    actor_hear_done(&owner);
    actor_end(&owner);
}

int main(void) {
    const struct CMUnitTest tests[] = {API_TEST(test_a_program_is_left_nothing)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
