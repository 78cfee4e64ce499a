/* Answers past their time: where they stand in for an error and where they do not, what is said
 * beside them, and that they can be told apart from everything else. */
#include "support/api_actor.h"
#include "support/api_drive.h"
#include "support/api_trouble.h"
#include "support/store_face.h"

#include <stdio.h>
#include <string.h>

enum { ISSUE = TROUBLED_ISSUE, OTHER_ISSUE = 61, UNKNOWN = 999, TTL_S = 3600, WEEK_S = 604800 };

#define PAST_S (TTL_S + 60)
#define JOBS   "SELECT count(*) FROM dedupe_jobs"

static cv_request_options with_stale(cv_stale stale) {
    cv_request_options options = CV_REQUEST_OPTIONS_INIT;
    options.stale = stale;
    return options;
}

/* Has the service answer, and lets the answer grow old. */
static void make_old(const drive_scene *scene, int64_t id) {
    assert_int_equal(api_retrieve(scene->client, id).code, CV_OK);
    face_age(scene->self, PAST_S);
}

/* Every request fails from now on. */
static void fail_all(const drive_scene *scene, unsigned http_status) {
    const server_fault failing = {.http_status = http_status, .body = "", .times = SERVER_ALL};
    api_break(scene->self, &failing);
}

static void check_note(const cv_stale_note *said, cv_code reason) {
    assert_non_null(said);
    assert_string_equal(cv_code_name(said->reason.code), cv_code_name(reason));
    assert_true(said->reason.message[0] != '\0');
    assert_in_range(said->age_ms, PAST_S * 1000, PAST_S * 1000 + API_PATIENCE_MS);
}

static void check_record(const cv_record *record, cv_code reason) {
    assert_non_null(record);
    assert_int_equal(record->source, CV_SOURCE_STALE);
    check_note(record->stale, reason);
    assert_true(record->expires_at_ms < record->fetched_at_ms + record->stale->age_ms);
}

/* A blocking call that gets the old answer for this reason. */
static void get_stale(cv_client *client, const cv_request_options *options, cv_code reason) {
    const cv_issue *issue = cv_issue_retrieve_with(client, ISSUE, options);
    if (issue == NULL) {
        fail_msg("%s", cv_last_error()->message);
    }
    check_record(&issue->record, reason);
    assert_int_equal(issue->id, ISSUE);
    assert_string_equal(issue->name, "The Long Night on Wharf Street");
    cv_issue_free(issue);
}

static void get_error(cv_client *client, const cv_request_options *options, cv_code code) {
    assert_string_equal(cv_code_name(api_retrieve_with(client, ISSUE, options).code),
                        cv_code_name(code));
}

/* ---- failures of the service ---- */

static bool stands_in(cv_code code) {
    return code != CV_ERROR_NOT_FOUND && code != CV_ERROR_REQUEST && code != CV_ERROR_AUTH;
}

static void meet(const trouble *met, cv_drive drive) {
    api *self = api_new();
    cv_options options = api_options(self);
    options.drive = drive;
    cv_client *client = api_open(self, &options);
    assert_int_equal(api_retrieve(client, ISSUE).code, CV_OK);
    face_age(self, PAST_S);
    cv_client_close(client);
    client = api_open(self, &options); /* with a connection of its own */
    api_break(self, &met->fault);
    if (stands_in(met->code)) {
        get_stale(client, NULL, met->code);
    } else {
        get_error(client, NULL, met->code);
    }
    assert_int_equal(server_request_count(self->server, NULL), 2);
    assert_int_equal(api_query(self, JOBS), 0);
    cv_client_close(client);
    api_end(self);
}

static void test_troubles_with_something_old(void **context) {
    (void)context;
    for (size_t i = 0; i < trouble_count; i++) {
        meet(&troubles[i], CV_DRIVE_THREAD);
        meet(&troubles[i], CV_DRIVE_POLL);
    }
}

static void test_who_wants_the_error_gets_it(void **context) {
    drive_scene *scene = *context;
    const cv_request_options never = with_stale(CV_STALE_NEVER);
    const cv_request_options if_error = with_stale(CV_STALE_IF_ERROR);
    cv_options options = api_options(scene->self);
    options.cache.stale = CV_STALE_NEVER;
    make_old(scene, ISSUE);
    fail_all(scene, 500);
    get_error(scene->client, &never, CV_ERROR_SERVER);
    cv_client *strict = drive_open(scene, &options);
    get_error(strict, NULL, CV_ERROR_SERVER);
    get_stale(strict, &if_error, CV_ERROR_SERVER);
    cv_client_close(strict);
    options = api_options(scene->self);
    options.cache.stale_s = CV_NONE;
    strict = drive_open(scene, &options);
    get_error(strict, &if_error, CV_ERROR_SERVER);
    cv_client_close(strict);
    get_stale(scene->client, NULL, CV_ERROR_SERVER);
}

static void test_not_for_ever(void **context) {
    drive_scene *scene = *context;
    make_old(scene, ISSUE);
    fail_all(scene, 500);
    get_stale(scene->client, NULL, CV_ERROR_SERVER);
    face_age(scene->self, WEEK_S);
    get_error(scene->client, NULL, CV_ERROR_SERVER);
}

static void test_what_is_damaged_is_not_given(void **context) {
    drive_scene *scene = *context;
    make_old(scene, ISSUE);
    face_execute(scene->self, "UPDATE cache SET value = replace(value, 'Wharf', 'Harbo')");
    fail_all(scene, 500);
    get_error(scene->client, NULL, CV_ERROR_SERVER);
    assert_int_equal(api_query(scene->self, "SELECT count(*) FROM cache"), 0);
}

/* That there is no such object is believed while that is fresh, and never from what is old. */
static void test_no_denial_is_given_late(void **context) {
    drive_scene *scene = *context;
    assert_int_equal(api_retrieve(scene->client, UNKNOWN).code, CV_ERROR_NOT_FOUND);
    face_age(scene->self, PAST_S);
    fail_all(scene, 500);
    assert_int_equal(api_retrieve(scene->client, UNKNOWN).code, CV_ERROR_SERVER);
}

/* ---- quota and pauses ---- */

static void test_out_of_quota(void **context) {
    drive_scene *scene = *context;
    cv_options options = api_options(scene->self);
    options.rate_limit.limit = 1;
    options.max_wait_ms = CV_NO_WAIT;
    cv_client *client = drive_open(scene, &options);
    assert_int_equal(api_retrieve(client, ISSUE).code, CV_OK);
    face_age(scene->self, PAST_S);
    const cv_issue *issue = cv_issue_retrieve(client, ISSUE, CV_PRIORITY_USER);
    check_record(&issue->record, CV_ERROR_RATE_LIMITED);
    assert_true(issue->record.stale->reason.retry_after_ms > 0);
    cv_issue_free(issue);
    assert_int_equal(drive_requests(scene), 1);
    cv_client_close(client);
}

static void test_a_pause_and_a_block(void **context) {
    drive_scene *scene = *context;
    cv_rate_limit_store *limits = cv_client_rate_limit(scene->client);
    cv_request_options options = CV_REQUEST_OPTIONS_INIT;
    options.max_wait_ms = CV_NO_WAIT;
    make_old(scene, ISSUE);
    assert_done(cv_rate_limit_store_cool_down(limits, "issue", 600000));
    get_stale(scene->client, &options, CV_ERROR_RATE_LIMITED);
    assert_done(cv_rate_limit_store_cool_down(limits, NULL, 900000));
    get_stale(scene->client, &options, CV_ERROR_BLOCKED);
    assert_int_equal(drive_requests(scene), 1);
}

static void test_a_deadline(void **context) {
    drive_scene *scene = *context;
    cv_request_options options = CV_REQUEST_OPTIONS_INIT;
    options.deadline_ms = 40;
    make_old(scene, ISSUE);
    drive_hold(scene);
    get_stale(scene->client, &options, CV_ERROR_TIMEOUT);
    options.stale = CV_STALE_NEVER;
    get_error(scene->client, &options, CV_ERROR_TIMEOUT);
    drive_release(scene);
}

/* ---- modes ---- */

static void test_cache_only(void **context) {
    drive_scene *scene = *context;
    cv_request_options options = CV_REQUEST_OPTIONS_INIT;
    options.mode = CV_MODE_CACHE_ONLY;
    make_old(scene, ISSUE);
    get_stale(scene->client, &options, CV_ERROR_NOT_CACHED);
    cv_request *request = cv_request_retrieve(scene->client, CV_ISSUE, ISSUE, &options);
    assert_true(cv_request_wait(request, API_PATIENCE_MS));
    const cv_record *record = cv_record_take(request);
    check_record(record, CV_ERROR_NOT_CACHED);
    cv_record_free(record);
    cv_request_free(request);
    options.stale = CV_STALE_WHILE_REVALIDATE; /* never a packet, whatever else is said */
    get_stale(scene->client, &options, CV_ERROR_NOT_CACHED);
    options.stale = CV_STALE_NEVER;
    get_error(scene->client, &options, CV_ERROR_NOT_CACHED);
    assert_int_equal(drive_requests(scene), 1);
}

static void test_refresh_wants_the_error_unless_it_says_so(void **context) {
    drive_scene *scene = *context;
    cv_request_options options = CV_REQUEST_OPTIONS_INIT;
    options.mode = CV_MODE_REFRESH;
    make_old(scene, ISSUE);
    fail_all(scene, 500);
    get_error(scene->client, &options, CV_ERROR_SERVER);
    options.stale = CV_STALE_IF_ERROR;
    get_stale(scene->client, &options, CV_ERROR_SERVER);
}

static void test_a_bound_of_age(void **context) {
    drive_scene *scene = *context;
    cv_request_options options = CV_REQUEST_OPTIONS_INIT;
    assert_int_equal(api_retrieve(scene->client, ISSUE).code, CV_OK);
    face_age(scene->self, 100);
    options.max_age_s = 200;
    assert_int_equal(api_retrieve_with(scene->client, ISSUE, &options).source, CV_SOURCE_CACHE);
    options.max_age_s = 100;
    options.mode = CV_MODE_CACHE_ONLY;
    options.stale = CV_STALE_NEVER;
    get_error(scene->client, &options, CV_ERROR_NOT_CACHED);
    options.mode = CV_MODE_DEFAULT;
    assert_int_equal(api_retrieve_with(scene->client, ISSUE, &options).source, CV_SOURCE_NETWORK);
    assert_int_equal(api_retrieve_with(scene->client, ISSUE, &options).source, CV_SOURCE_CACHE);
    face_age(scene->self, 100);
    fail_all(scene, 500);
    get_error(scene->client, &options, CV_ERROR_SERVER);
    options.stale = CV_STALE_DEFAULT;
    const cv_issue *issue = cv_issue_retrieve_with(scene->client, ISSUE, &options);
    assert_int_equal(issue->record.source, CV_SOURCE_STALE); /* for this call, whatever its TTL */
    assert_true(issue->record.stale->age_ms >= 100000);
    cv_issue_free(issue);
    assert_int_equal(api_retrieve(scene->client, ISSUE).source, CV_SOURCE_CACHE);
}

static void test_bad_options(void **context) {
    static const cv_request_options bad[] = {
        {.size = sizeof(cv_request_options), .max_age_s = -1},
        {.size = sizeof(cv_request_options), .max_age_s = INT64_MAX},
        {.size = sizeof(cv_request_options), .stale = (cv_stale)4},
    };
    drive_scene *scene = *context;
    for (size_t i = 0; i < API_COUNT(bad); i++) {
        get_error(scene->client, &bad[i], CV_ERROR_ARGUMENT);
    }
    cv_options options = api_options(scene->self);
    options.cache.stale = (cv_stale)4;
    assert_null(cv_client_open(&options));
    face_assert_error(CV_ERROR_ARGUMENT);
}

/* ---- lists, walks, many ---- */

static void test_pages_and_their_items(void **context) {
    drive_scene *scene = *context;
    cv_page_free(cv_list(scene->client, CV_ISSUE, NULL, CV_PRIORITY_USER));
    face_age(scene->self, PAST_S);
    fail_all(scene, 500);
    const cv_page *page = cv_list(scene->client, CV_ISSUE, NULL, CV_PRIORITY_USER);
    assert_int_equal(page->source, CV_SOURCE_STALE);
    check_note(page->stale, CV_ERROR_SERVER);
    for (size_t i = 0; i < page->count; i++) {
        check_record(page->items[i], CV_ERROR_SERVER);
    }
    const cv_record *kept = cv_record_keep(page->items[0]);
    cv_page_free(page);
    check_record(kept, CV_ERROR_SERVER);
    const cv_record *again = cv_record_keep(kept);
    cv_record_free(kept);
    check_record(again, CV_ERROR_SERVER);
    cv_record_free(again);
}

static void test_searches(void **context) {
    cv_search_query query = CV_SEARCH_QUERY_INIT;
    drive_scene *scene = *context;
    query.query = "lamplighter";
    cv_page_free(cv_search(scene->client, &query, CV_PRIORITY_USER));
    face_age(scene->self, PAST_S);
    fail_all(scene, 403);
    const cv_page *page = cv_search(scene->client, &query, CV_PRIORITY_USER);
    assert_non_null(page);
    check_note(page->stale, CV_ERROR_BLOCKED);
    cv_page_free(page);
}

static size_t walk_through(const drive_scene *scene, cv_source source) {
    cv_query query = CV_QUERY_INIT;
    query.limit = 5;
    cv_cursor *cursor = cv_cursor_open(scene->client, CV_ISSUE, &query, CV_PRIORITY_USER);
    size_t count = 0;
    for (const cv_record *record; (record = cv_cursor_next(cursor)) != NULL; count++) {
        assert_int_equal(record->source, source);
    }
    assert_int_equal(cv_cursor_error(cursor)->code, CV_OK);
    cv_cursor_close(cursor);
    return count;
}

static void test_a_walk_goes_on_through_what_is_old(void **context) {
    drive_scene *scene = *context;
    size_t count = walk_through(scene, CV_SOURCE_NETWORK);
    face_age(scene->self, PAST_S);
    fail_all(scene, 500);
    assert_int_equal(walk_through(scene, CV_SOURCE_STALE), count);
}

static const cv_many *fetch_many(const drive_scene *scene, const int64_t *ids, size_t count,
                                 const cv_request_options *options) {
    cv_request *request = cv_request_retrieve_many(scene->client, CV_ISSUE, ids, count, options);
    assert_true(cv_request_wait(request, API_PATIENCE_MS));
    const cv_many *many = cv_many_take(request);
    assert_non_null(many);
    cv_request_free(request);
    return many;
}

/* Full entries, what lists have said, and nothing at all. */
static void test_many(void **context) {
    static const int64_t ids[] = {ISSUE, OTHER_ISSUE, 88};
    const cv_request_options never = with_stale(CV_STALE_NEVER);
    drive_scene *scene = *context;
    cv_many_free(fetch_many(scene, &ids[1], 1, NULL));
    drive_until(scene, "SELECT count(*) FROM cache", 2); /* the list, and the object */
    make_old(scene, ISSUE);
    fail_all(scene, 403);
    const cv_many *many = fetch_many(scene, ids, API_COUNT(ids), NULL);
    check_record(many->items[0].record, CV_ERROR_BLOCKED);
    check_record(many->items[1].record, CV_ERROR_BLOCKED);
    assert_true(cv_record_has(many->items[0].record, "person_credits"));
    assert_false(cv_record_has(many->items[1].record, "person_credits"));
    assert_int_equal(many->items[0].error.code, CV_OK);
    assert_null(many->items[2].record);
    assert_int_equal(many->items[2].error.code, CV_ERROR_BLOCKED);
    cv_many_free(many);
    api_lift_pauses(scene->self);
    many = fetch_many(scene, ids, API_COUNT(ids), &never);
    for (size_t i = 0; i < API_COUNT(ids); i++) {
        assert_int_equal(many->items[i].error.code, CV_ERROR_BLOCKED);
    }
    cv_many_free(many);
}

/* What was fetched anew comes before what is old: nothing stale where the service answers. */
static void test_many_ask_the_service_first(void **context) {
    static const int64_t ids[] = {ISSUE, OTHER_ISSUE};
    drive_scene *scene = *context;
    make_old(scene, ISSUE);
    const cv_many *many = fetch_many(scene, ids, API_COUNT(ids), NULL);
    assert_int_equal(many->items[0].record->source, CV_SOURCE_NETWORK);
    assert_int_equal(many->items[1].record->source, CV_SOURCE_NETWORK);
    assert_int_equal(drive_requests(scene), 2);
    cv_many_free(many);
}

static void test_many_from_the_cache_alone(void **context) {
    static const int64_t ids[] = {ISSUE, 88};
    drive_scene *scene = *context;
    cv_request_options options = CV_REQUEST_OPTIONS_INIT;
    options.mode = CV_MODE_CACHE_ONLY;
    make_old(scene, ISSUE);
    const cv_many *many = fetch_many(scene, ids, API_COUNT(ids), &options);
    check_record(many->items[0].record, CV_ERROR_NOT_CACHED);
    assert_int_equal(many->items[1].error.code, CV_ERROR_NOT_CACHED);
    cv_many_free(many);
    assert_int_equal(drive_requests(scene), 1);
}

/* ---- callers that wait together ---- */

static void test_callers_on_one_flight(void **context) {
    drive_scene *scene = *context;
    const cv_request_options never = with_stale(CV_STALE_NEVER);
    const server_fault failing = {.http_status = 500, .body = ""};
    make_old(scene, ISSUE);
    drive_hold(scene);
    api_break(scene->self, &failing);
    cv_request *one = drive_ask(scene, ISSUE, NULL);
    cv_request *strict = cv_request_retrieve(scene->client, CV_ISSUE, ISSUE, &never);
    cv_request *other = drive_ask(scene, ISSUE, NULL);
    drive_until_sent(scene, 2);
    drive_release(scene);
    assert_true(cv_request_wait(one, API_PATIENCE_MS));
    assert_true(cv_request_wait(strict, API_PATIENCE_MS));
    assert_true(cv_request_wait(other, API_PATIENCE_MS));
    assert_ended(strict, CV_ERROR_SERVER);
    cv_request *const stale[] = {one, other};
    for (size_t i = 0; i < API_COUNT(stale); i++) {
        assert_ended(stale[i], CV_OK);
        const cv_record *record = cv_record_take(stale[i]);
        check_record(record, CV_ERROR_SERVER);
        cv_record_free(record);
        cv_request_free(stale[i]);
    }
    cv_request_free(strict);
    assert_int_equal(drive_requests(scene), 2);
}

static void test_waiters_in_other_processes(void **context) {
    static const char *const strictly[ACTOR_ARGUMENTS_MAX] = {"stale=1"};
    drive_scene *scene = *context;
    const server_fault failing = {.http_status = 500, .body = ""};
    process taking;
    process strict;
    make_old(scene, ISSUE);
    actor_start(&taking, scene->self, NULL);
    actor_start(&strict, scene->self, strictly);
    drive_hold(scene);
    api_break(scene->self, &failing);
    cv_request *request = drive_ask(scene, ISSUE, NULL);
    drive_until_sent(scene, 2);
    actor_ask(&taking, ISSUE);
    actor_ask(&strict, ISSUE);
    drive_until(scene, "SELECT count(*) FROM dedupe_waiters", 2);
    drive_release(scene);
    assert_true(cv_request_wait(request, API_PATIENCE_MS));
    cv_request_free(request);
    outcome seen = actor_hear(&taking);
    assert_int_equal(seen.code, CV_OK);
    assert_int_equal(seen.source, CV_SOURCE_STALE);
    assert_string_equal(cv_code_name(actor_hear(&strict).code), "CV_ERROR_SERVER");
    actor_hear_done(&taking);
    actor_hear_done(&strict);
    actor_end(&taking);
    actor_end(&strict);
    assert_int_equal(drive_requests(scene), 2);
}

/* ---- events ---- */

typedef struct heard {
    int stale;
    cv_source source;
    char reason[256];
} heard;

static void hear(const cv_event *event, void *user) {
    heard *self = user;
    if (event->kind == CV_EVENT_STALE) {
        self->stale++;
        self->source = event->source;
        (void)snprintf(self->reason, sizeof(self->reason), "%s", event->reason);
    }
}

/* With the error that the answer stands in for. */
static void test_it_is_told(void **context) {
    drive_scene *scene = *context;
    heard told = {.stale = 0};
    cv_options options = api_options(scene->self);
    options.on_event = hear;
    options.user = &told;
    make_old(scene, ISSUE);
    fail_all(scene, 500);
    cv_client *client = drive_open(scene, &options);
    get_stale(client, NULL, CV_ERROR_SERVER);
    cv_client_close(client);
    assert_int_equal(told.stale, 1);
    assert_int_equal(told.source, CV_SOURCE_STALE);
    assert_non_null(strstr(told.reason, "HTTP 500"));
}

/* ---- telling apart ---- */

/* From code and source alone, whoever asks. */
static void test_all_that_may_come_can_be_told_apart(void **context) {
    static const int64_t ids[] = {ISSUE, UNKNOWN, 88};
    drive_scene *scene = *context;
    cv_request_options cache_only = CV_REQUEST_OPTIONS_INIT;
    cache_only.mode = CV_MODE_CACHE_ONLY;
    cv_request_options hasty = CV_REQUEST_OPTIONS_INIT;
    hasty.max_wait_ms = CV_NO_WAIT;
    outcome found = api_retrieve(scene->client, ISSUE);
    outcome nothing_found = api_retrieve(scene->client, UNKNOWN);
    outcome never_looked = api_retrieve_with(scene->client, 88, &cache_only);
    outcome cached = api_retrieve(scene->client, ISSUE);
    const cv_many *partial = fetch_many(scene, ids, API_COUNT(ids), &cache_only);
    face_age(scene->self, PAST_S);
    fail_all(scene, 403);
    outcome blocked = api_retrieve(scene->client, OTHER_ISSUE);
    outcome stale = api_retrieve_with(scene->client, ISSUE, &hasty);
    assert_int_equal(found.code, CV_OK);
    assert_int_equal(found.source, CV_SOURCE_NETWORK);
    assert_int_equal(cached.code, CV_OK);
    assert_int_equal(cached.source, CV_SOURCE_CACHE);
    assert_int_equal(stale.code, CV_OK);
    assert_int_equal(stale.source, CV_SOURCE_STALE);
    assert_int_equal(nothing_found.code, CV_ERROR_NOT_FOUND);
    assert_int_equal(never_looked.code, CV_ERROR_NOT_CACHED);
    assert_int_equal(blocked.code, CV_ERROR_BLOCKED);
    assert_int_equal(partial->items[0].record->source, CV_SOURCE_CACHE);
    assert_int_equal(partial->items[1].error.code, CV_ERROR_NOT_FOUND);
    assert_int_equal(partial->items[2].error.code, CV_ERROR_NOT_CACHED);
    cv_many_free(partial);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_troubles_with_something_old),
        BOTH_DRIVES(test_who_wants_the_error_gets_it),
        BOTH_DRIVES(test_not_for_ever),
        BOTH_DRIVES(test_what_is_damaged_is_not_given),
        BOTH_DRIVES(test_no_denial_is_given_late),
        BOTH_DRIVES(test_out_of_quota),
        BOTH_DRIVES(test_a_pause_and_a_block),
        BOTH_DRIVES(test_a_deadline),
        BOTH_DRIVES(test_cache_only),
        BOTH_DRIVES(test_refresh_wants_the_error_unless_it_says_so),
        BOTH_DRIVES(test_a_bound_of_age),
        BOTH_DRIVES(test_bad_options),
        BOTH_DRIVES(test_pages_and_their_items),
        BOTH_DRIVES(test_searches),
        BOTH_DRIVES(test_a_walk_goes_on_through_what_is_old),
        BOTH_DRIVES(test_many),
        BOTH_DRIVES(test_many_ask_the_service_first),
        BOTH_DRIVES(test_many_from_the_cache_alone),
        POLL_ONLY(test_callers_on_one_flight), /* a worker may board the second one too late */
        BOTH_DRIVES(test_waiters_in_other_processes),
        BOTH_DRIVES(test_it_is_told),
        BOTH_DRIVES(test_all_that_may_come_can_be_told_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
