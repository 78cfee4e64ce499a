/* Thousands of ids at once: how much of the work one poll does, and that nothing else suffers. */
#include "support/api_many.h"

#include <stdlib.h>
#include <string.h>

enum {
    IDS = 3000,
    LISTED = 1000,      /* of them, how many the list has */
    LOOKS_IN_TURN = 32, /* each may read its own entry and the full one, and again stale ones */
    LOOKS_ABOARD = 32,  /* of each request, for which the turns before had no time */
    READS_OF_LOOK = 4
};

static int set_up(void **context) {
    return drive_set_up_on(context, CV_DRIVE_POLL, api_new_with_list(LISTED));
}

static int64_t *many_ids(size_t count) {
    int64_t *ids = calloc(count, sizeof(*ids));
    assert_non_null(ids);
    for (size_t i = 0; i < count; i++) {
        ids[i] = (int64_t)(count - i);
    }
    return ids;
}

static int64_t reads(const drive_scene *scene) {
    cv_cache_stats stats;
    assert_true(cv_cache_store_stats(cv_client_cache(scene->client), &stats));
    return stats.hits + stats.misses;
}

/* Polls once; the reads of the cache that it made, which must be few. */
static void poll_once(const drive_scene *scene, size_t requests) {
    int64_t before = reads(scene);
    cv_client_poll(scene->client, 0);
    int64_t made = reads(scene) - before;
    if (made > (LOOKS_IN_TURN + LOOKS_ABOARD * (int64_t)requests) * READS_OF_LOOK) {
        fail_msg("%lld reads in a poll", (long long)made);
    }
}

static void test_a_poll_looks_for_some(void **context) {
    drive_scene *scene = *context;
    int64_t *ids = many_ids(IDS);
    cv_request_options options = CV_REQUEST_OPTIONS_INIT;
    options.mode = CV_MODE_CACHE_ONLY;
    cv_request *request = cv_request_retrieve_many(scene->client, CV_ISSUE, ids, IDS, &options);
    size_t polls = 0;
    for (; !cv_request_done(request); polls++) {
        assert_true(polls < IDS);
        assert_int_equal(cv_client_next_deadline(scene->client), 0);
        poll_once(scene, 1);
    }
    assert_true(polls >= IDS / LOOKS_IN_TURN);
    assert_int_equal(cv_request_error(request)->code, CV_OK);
    cv_request_free(request);
    free(ids);
}

/* What a turn may do is for all of them together, and each gets on. */
static void test_requests_share_a_turn(void **context) {
    enum { REQUESTS = 5, EACH = 200 };
    drive_scene *scene = *context;
    int64_t *ids = many_ids(EACH);
    cv_request_options options = CV_REQUEST_OPTIONS_INIT;
    options.mode = CV_MODE_CACHE_ONLY;
    cv_request *requests[REQUESTS];
    for (size_t i = 0; i < REQUESTS; i++) {
        requests[i] = cv_request_retrieve_many(scene->client, CV_ISSUE, ids, EACH, &options);
    }
    for (size_t i = 0; i < REQUESTS; i++) {
        for (size_t polls = 0; !cv_request_done(requests[i]); polls++) {
            assert_true(polls < REQUESTS * EACH);
            poll_once(scene, REQUESTS);
        }
    }
    for (size_t i = 0; i < REQUESTS; i++) {
        assert_ended(requests[i], CV_OK);
        cv_request_free(requests[i]);
    }
    free(ids);
}

static void assert_answers(const cv_many *many, const int64_t *ids) {
    for (size_t i = 0; i < IDS; i++) {
        assert_int_equal(many->items[i].id, ids[i]);
        if (ids[i] <= LISTED) {
            assert_non_null(many->items[i].record);
            assert_int_equal(((const cv_issue *)many->items[i].record)->id, ids[i]);
        } else {
            assert_many_failed(&many->items[i], CV_ERROR_NOT_FOUND);
        }
    }
}

/* One request for each hundred, each admitted; every answer stored; and the second time the cache
 * has all that there is. */
static void test_thousands(void **context) {
    drive_scene *scene = *context;
    int64_t *ids = many_ids(IDS);
    const cv_many *many = many_fetch(scene->client, CV_ISSUE, ids, IDS, NULL);
    assert_answers(many, ids);
    cv_many_free(many);
    assert_int_equal(drive_requests(scene), IDS / 100);
    assert_int_equal(api_query(scene->self, "SELECT count(*) FROM rate_limits"), IDS / 100);
    drive_until(scene, "SELECT count(*) FROM cache", LISTED + IDS / 100);
    many = many_fetch(scene->client, CV_ISSUE, ids, IDS, NULL);
    assert_answers(many, ids);
    for (size_t i = IDS - LISTED; i < IDS; i++) {
        assert_many_record(&many->items[i], CV_SOURCE_CACHE);
    }
    cv_many_free(many);
    assert_int_equal(drive_requests(scene), IDS / 100); /* the lists without items are the same */
    free(ids);
}

/* Ids in any order, most of them several times. */
static void test_ids_that_repeat(void **context) {
    static const int64_t some[] = {7, 3, 7, 900, 3, 3, 1, 900};
    drive_scene *scene = *context;
    int64_t *ids = many_ids(IDS);
    for (size_t i = 0; i < IDS; i++) {
        ids[i] = some[(i * 5) % API_COUNT(some)];
    }
    const cv_many *many = many_fetch(scene->client, CV_ISSUE, ids, IDS, NULL);
    assert_answers(many, ids);
    assert_int_equal(drive_requests(scene), 1);
    assert_many_sent(scene, API_ISSUES, 0,
                     "format=json&filter=id%3A1%7C3%7C7%7C900&limit=100&api_key=***");
    cv_many_free(many);
    free(ids);
}

/* While the first of thousands are on their way, a single call does not wait for any of them. */
static void test_others_are_served_meanwhile(void **context) {
    drive_scene *scene = *context;
    note noted = {.calls = 0};
    int64_t *ids = many_ids(IDS);
    assert_true(server_hold(scene->self->server, API_ISSUES));
    cv_request *many = cv_request_retrieve_many(scene->client, CV_ISSUE, ids, IDS, NULL);
    cv_request *one = drive_ask(scene, 5, &noted);
    drive_until_called(scene, &noted);
    assert_false(cv_request_done(many));
    server_release(scene->self->server, SERVER_ALL);
    cv_request_free(one);
    cv_request_free(many);
    free(ids);
}

/* Given up after any number of turns: in looks, with lists under way, with items half taken. */
static void test_cancel_and_close_at_any_turn(void **context) {
    drive_scene *scene = *context;
    int64_t *ids = many_ids(500);
    for (int turns = 0; turns < 60; turns++) {
        cv_options options = api_options(scene->self);
        options.database = ":memory:";
        cv_client *client = drive_open(scene, &options);
        cv_request *first = cv_request_retrieve_many(client, CV_ISSUE, ids, 500, NULL);
        cv_request *second = cv_request_retrieve_many(client, CV_ISSUE, ids, 400, NULL);
        for (int i = 0; i < turns; i++) {
            cv_client_poll(client, 0);
        }
        cv_request_cancel(first);
        cv_client_poll(client, turns % 2);
        cv_client_close(client);
        assert_true(cv_request_done(first) && cv_request_done(second));
        cv_request_free(first);
        cv_request_free(second);
    }
    free(ids);
}

#define TURNS_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, drive_tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TURNS_TEST(test_a_poll_looks_for_some),
        TURNS_TEST(test_requests_share_a_turn),
        TURNS_TEST(test_thousands),
        TURNS_TEST(test_ids_that_repeat),
        TURNS_TEST(test_others_are_served_meanwhile),
        TURNS_TEST(test_cancel_and_close_at_any_turn),
    };
    return cmocka_run_group_tests_name("many turns", tests, NULL, NULL);
}
