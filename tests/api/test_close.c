/* Closing with hundreds of requests under way: soon, once for each, and nothing stays behind. */
#include "support/api_actor.h"
#include "support/api_drive.h"
#include "support/forked.h"

#include <dirent.h>
#include <poll.h>

enum {
    FIRST = 1,
    REQUESTS = 500,
    SENT = 60,      /* of them; the others wait for room in the budget */
    SOON_MS = 20000 /* far more than it takes, and far less than waiting for the service would */
};

#define JOBS "SELECT count(*) FROM dedupe_jobs WHERE status = 'pending'"

static int set_up_thread(void **context) {
    return drive_set_up_on(context, CV_DRIVE_THREAD, api_new_with_issues(FIRST, REQUESTS));
}

static int set_up_poll(void **context) {
    return drive_set_up_on(context, CV_DRIVE_POLL, api_new_with_issues(FIRST, REQUESTS));
}

static size_t count_threads(void) {
    size_t count = 0;
    DIR *folder = opendir("/proc/self/task");
    assert_non_null(folder);
    while (readdir(folder) != NULL) {
        count++;
    }
    closedir(folder);
    return count;
}

typedef struct crowd_of_requests {
    cv_request *requests[REQUESTS];
    note noted[REQUESTS];
} crowd_of_requests;

static cv_client *open_limited(const drive_scene *scene) {
    cv_options options = api_options(scene->self);
    options.rate_limit.kind = CV_LIMIT_SLIDING;
    options.rate_limit.limit = SENT;
    options.max_wait_ms = CV_WAIT_FOREVER;
    return drive_open(scene, &options);
}

static void ask_for_all(drive_scene *scene, crowd_of_requests *crowd) {
    for (int i = 0; i < REQUESTS; i++) {
        crowd->noted[i] = (note){.calls = 0};
        crowd->requests[i] = drive_ask(scene, FIRST + i, &crowd->noted[i]);
    }
    drive_until_sent(scene, SENT);
}

static void assert_all_closed(const crowd_of_requests *crowd) {
    for (int i = 0; i < REQUESTS; i++) {
        assert_called_once(&crowd->noted[i], CV_ERROR_CLOSED);
        cv_request_free(crowd->requests[i]);
    }
}

/* The server's ends of connections, each with a thread, go a moment later. */
static void await_no_more(size_t descriptors, size_t threads) {
    for (int waited_ms = 0; count_descriptors() > descriptors || count_threads() > threads;
         waited_ms++) {
        assert_true(waited_ms < API_PATIENCE_MS);
        poll(NULL, 0, 1);
    }
}

static void test_hundreds_end_at_once(void **context) {
    static crowd_of_requests crowd;
    drive_scene *scene = *context;
    cv_client_close(scene->client);
    size_t descriptors = count_descriptors();
    size_t threads = count_threads();
    drive_hold(scene);
    scene->client = open_limited(scene);
    ask_for_all(scene, &crowd);
    int64_t begun_ms = api_now_ms();
    cv_client_close(scene->client);
    int64_t took_ms = api_now_ms() - begun_ms;
    scene->client = NULL;
    print_message("closing took %d ms\n", (int)took_ms);
    assert_true(took_ms < SOON_MS);
    assert_all_closed(&crowd);
    assert_int_equal(api_query(scene->self, JOBS), 0);
    drive_release(scene);
    await_no_more(descriptors, threads);
}

/* Whoever comes next, a process of its own, finds nobody's job. */
static void test_the_next_process_finds_them_free(void **context) {
    static crowd_of_requests crowd;
    static const char *const arguments[ACTOR_ARGUMENTS_MAX] = {"lease_ms=60000", "limit=1000"};
    drive_scene *scene = *context;
    process next;
    actor_start(&next, scene->self, arguments);
    cv_client_close(scene->client);
    drive_hold(scene);
    scene->client = open_limited(scene);
    ask_for_all(scene, &crowd);
    cv_client_close(scene->client);
    scene->client = NULL;
    assert_all_closed(&crowd);
    drive_release(scene);
    size_t before = drive_requests(scene);
    outcome taken = actor_read(&next, FIRST);
    assert_int_equal(taken.code, CV_OK);
    assert_int_equal(taken.source, CV_SOURCE_NETWORK);
    assert_int_equal(drive_requests(scene), before + 1);
    actor_end(&next);
}

#define IN_BOTH(test)                                                                              \
    {#test " (thread)", test, set_up_thread, drive_tear_down, NULL}, {                             \
#test " (poll)", test, set_up_poll, drive_tear_down, NULL                                  \
    }

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_BOTH(test_hundreds_end_at_once),
        IN_BOTH(test_the_next_process_finds_them_free),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
