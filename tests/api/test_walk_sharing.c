/* Several processes that walk through the same list, or ask for the same objects: one request for
 * each page, whoever makes it, and whoever is killed meanwhile. */
#include "support/api_actor.h"

enum { FIXTURE_ISSUES = 12, PROCESSES = 4, PAGE_SIZE = 5, PAGES = 3, IDS = 120, FOUND = 12 };

static void start_with(const api *self, process actors[PROCESSES], const char *argument) {
    const char *const arguments[ACTOR_ARGUMENTS_MAX] = {"lease_ms=60000", argument};
    for (size_t i = 0; i < PROCESSES; i++) {
        actor_start(&actors[i], self, arguments);
    }
}

static void start_all(const api *self, process actors[PROCESSES]) {
    start_with(self, actors, NULL);
}

static size_t requests(const api *self) {
    return server_request_count(self->server, NULL);
}

static void assert_came(process *actor, int64_t count) {
    outcome seen = actor_hear(actor);
    if (seen.code != CV_OK) {
        fail_msg("%s", seen.message);
    }
    assert_int_equal(seen.id, count);
}

static void share_pages(const api *self, const char *argument) {
    process actors[PROCESSES];
    start_with(self, actors, argument);
    for (size_t i = 0; i < PROCESSES; i++) {
        actor_walk(&actors[i], PAGE_SIZE);
    }
    for (size_t i = 0; i < PROCESSES; i++) {
        assert_came(&actors[i], FIXTURE_ISSUES);
        actor_end(&actors[i]);
    }
    assert_int_equal(requests(self), PAGES);
    assert_int_equal(api_query(self, "SELECT count(*) FROM rate_limits"), PAGES);
}

static void test_processes_share_the_pages_of_a_walk(void **context) {
    share_pages(*context, NULL);
}

/* One fetches ahead what another asks for just now, or has asked for. */
static void test_processes_share_pages_that_come_ahead(void **context) {
    share_pages(*context, "prefetch=1");
}

/* The answers are held back until all have asked: who comes later finds in the cache what there is,
 * and asks for the rest. */
static void test_processes_share_a_request_for_many(void **context) {
    api *self = *context;
    process actors[PROCESSES];
    start_all(self, actors);
    assert_true(server_hold(self->server, NULL));
    for (size_t i = 0; i < PROCESSES; i++) {
        actor_ask_for_many(&actors[i], IDS);
    }
    api_query_until(self, "SELECT count(*) FROM dedupe_waiters", 2 * (PROCESSES - 1));
    server_release(self->server, SERVER_ALL);
    for (size_t i = 0; i < PROCESSES; i++) {
        assert_came(&actors[i], FOUND);
        actor_end(&actors[i]);
    }
    assert_int_equal(requests(self), 2); /* ids 1 to 100 and the rest */
}

/* What two of them have in common is fetched once. */
static void test_processes_share_what_they_have_in_common(void **context) {
    enum { FIRST = 100, SECOND = 200 };
    api *self = api_new_with_list(SECOND);
    process first;
    process second;
    (void)context;
    static const char *const arguments[ACTOR_ARGUMENTS_MAX] = {NULL};
    actor_start(&first, self, arguments);
    actor_start(&second, self, arguments);
    assert_true(server_hold(self->server, NULL));
    actor_ask_for_many(&first, FIRST);
    actor_ask_for_many(&second, SECOND);
    api_query_until(self, "SELECT count(*) FROM dedupe_waiters", 1);
    server_release(self->server, SERVER_ALL);
    assert_came(&first, FIRST);
    assert_came(&second, SECOND);
    actor_end(&first);
    actor_end(&second);
    assert_int_equal(requests(self), 2);
    assert_int_equal(api_query(self, "SELECT count(*) FROM rate_limits"), 2);
    api_end(self);
}

/* The one that fetches the second page is killed: another fetches it, and all others end well. */
static void test_a_walker_that_is_killed_is_replaced(void **context) {
    api *self = *context;
    process actors[PROCESSES];
    start_all(self, actors);
    cv_client *client = api_open(self, NULL);
    const cv_query first_page = {.size = sizeof(cv_query), .limit = PAGE_SIZE};
    cv_issue_page_free(cv_issue_list(client, &first_page, CV_PRIORITY_USER));
    cv_client_close(client);
    assert_true(server_hold(self->server, API_ISSUES));
    actor_walk(&actors[0], PAGE_SIZE);
    assert_true(server_wait_for(self->server, API_ISSUES, 2, API_PATIENCE_MS));
    for (size_t i = 1; i < PROCESSES; i++) {
        actor_walk(&actors[i], PAGE_SIZE);
    }
    api_query_until(self, "SELECT count(*) FROM dedupe_waiters", PROCESSES - 1);
    assert_true(process_kill(&actors[0]));
    server_release(self->server, SERVER_ALL);
    for (size_t i = 1; i < PROCESSES; i++) {
        assert_came(&actors[i], FIXTURE_ISSUES);
        actor_end(&actors[i]);
    }
    assert_int_equal(requests(self), PAGES + 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        API_TEST(test_processes_share_the_pages_of_a_walk),
        API_TEST(test_processes_share_pages_that_come_ahead),
        API_TEST(test_processes_share_a_request_for_many),
        cmocka_unit_test(test_processes_share_what_they_have_in_common),
        API_TEST(test_a_walker_that_is_killed_is_replaced),
    };
    return cmocka_run_group_tests_name("walk sharing", tests, NULL, NULL);
}
