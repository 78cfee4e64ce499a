/* Request handles and their callbacks: when, how often and on which thread they come, and what may
 * be done inside one. */
#include "support/api_drive.h"

#include <string.h>

enum { ISSUE = 52, OTHER_ISSUE = 61, THIRD_ISSUE = 73, SHORT_MS = 20 };

/* ---- handles ---- */

static void test_a_request_from_start_to_end(void **context) {
    drive_scene *scene = *context;
    drive_hold(scene);
    cv_request *request = drive_ask(scene, ISSUE, NULL);
    assert_false(cv_request_done(request));
    assert_int_equal(cv_request_error(request)->code, CV_PENDING);
    assert_false(cv_request_wait(request, 0));
    int64_t start_ms = api_now_ms();
    assert_false(cv_request_wait(request, SHORT_MS));
    assert_true(api_now_ms() - start_ms >= SHORT_MS);
    drive_until_sent(scene, 1);
    assert_false(cv_request_done(request));
    assert_null(cv_issue_take(request));
    assert_null(cv_record_take(request));
    drive_release(scene);
    assert_true(cv_request_wait(request, -1));
    assert_ended(request, CV_OK);
    assert_true(cv_request_wait(request, 0));
    cv_request_free(request);
}

static void test_a_result_may_be_taken_often_and_outlives_all(void **context) {
    drive_scene *scene = *context;
    cv_request *request = drive_ask(scene, ISSUE, NULL);
    assert_true(cv_request_wait(request, API_PATIENCE_MS));
    const cv_issue *first = cv_issue_take(request);
    const cv_issue *second = cv_issue_take(request);
    const cv_record *record = cv_record_take(request);
    cv_request_free(request);
    cv_client_close(scene->client);
    scene->client = NULL;
    assert_non_null(first);
    assert_non_null(second);
    assert_non_null(record);
    assert_ptr_not_equal(first, second);
    cv_issue_free(first);
    assert_int_equal(second->id, ISSUE);
    assert_string_equal(second->volume->name, "The Lamplighter");
    assert_int_equal(record->resource, CV_ISSUE);
    cv_issue_free(second);
    cv_record_free(record);
}

static void test_a_result_of_another_type_is_not_taken(void **context) {
    drive_scene *scene = *context;
    cv_request *detail = drive_ask(scene, ISSUE, NULL);
    cv_request *list = cv_request_list(scene->client, CV_ISSUE, NULL, NULL);
    assert_true(cv_request_wait(detail, API_PATIENCE_MS));
    assert_true(cv_request_wait(list, API_PATIENCE_MS));
    assert_null(cv_issue_page_take(detail));
    assert_int_equal(cv_last_error()->code, CV_ERROR_ARGUMENT);
    assert_null(cv_page_take(detail));
    assert_string_equal(cv_last_error()->message, "the result is a record of /issues");
    assert_int_equal(cv_last_error()->code, CV_ERROR_ARGUMENT);
    assert_null(cv_issue_take(list));
    assert_int_equal(cv_last_error()->code, CV_ERROR_ARGUMENT);
    assert_null(cv_record_take(list));
    assert_string_equal(cv_last_error()->message, "the result is a page of /issues");
    assert_int_equal(cv_last_error()->code, CV_ERROR_ARGUMENT);
    const cv_issue_page *page = cv_issue_page_take(list);
    const cv_page *general = cv_page_take(list);
    assert_non_null(page);
    assert_non_null(general);
    assert_int_equal(page->count, general->count);
    cv_issue_page_free(page);
    cv_page_free(general);
    cv_request_free(detail);
    cv_request_free(list);
}

static void test_a_failed_request_has_no_result(void **context) {
    enum { UNKNOWN = 999 };
    drive_scene *scene = *context;
    cv_request *request = drive_ask(scene, UNKNOWN, NULL);
    assert_true(cv_request_wait(request, API_PATIENCE_MS));
    assert_ended(request, CV_ERROR_NOT_FOUND);
    assert_null(cv_issue_take(request));
    assert_null(cv_record_take(request));
    cv_request_free(request);
}

static void test_a_bad_argument_is_a_request_that_is_done(void **context) {
    drive_scene *scene = *context;
    note noted = {.calls = 0};
    cv_request *request = drive_ask(scene, 0, &noted);
    assert_ended(request, CV_ERROR_ARGUMENT);
    assert_int_equal(noted.calls, 0);
    assert_int_equal(cv_client_poll(scene->client, 0), 1);
    assert_called_once(&noted, CV_ERROR_ARGUMENT);
    cv_request_free(request);
    cv_request_options options = CV_REQUEST_OPTIONS_INIT;
    options.fields = "id"; /* the fields of a list belong into its query */
    cv_request *list = cv_request_list(scene->client, CV_ISSUE, NULL, &options);
    assert_ended(list, CV_ERROR_ARGUMENT);
    cv_request_free(list);
    assert_int_equal(drive_requests(scene), 0);
}

/* Whatever is asked for, what says how is checked first. */
static void test_wrong_options_are_refused_for_all_kinds(void **context) {
    drive_scene *scene = *context;
    cv_search_query words = CV_SEARCH_QUERY_INIT;
    words.query = "lamp";
    const cv_request_options wrong[] = {
        {.size = sizeof(cv_request_options), .priority = (cv_priority)7},
        {.size = sizeof(cv_request_options), .max_wait_ms = -7},
        {.size = sizeof(cv_request_options), .max_age_s = -1},
        {.size = sizeof(cv_request_options), .reserved = {1}},
    };
    for (size_t i = 0; i < API_COUNT(wrong); i++) {
        cv_request *requests[] = {
            cv_request_retrieve(scene->client, CV_ISSUE, ISSUE, &wrong[i]),
            cv_request_list(scene->client, CV_ISSUE, NULL, &wrong[i]),
            cv_request_search(scene->client, &words, &wrong[i]),
        };
        for (size_t kind = 0; kind < API_COUNT(requests); kind++) {
            assert_ended(requests[kind], CV_ERROR_ARGUMENT);
            cv_request_free(requests[kind]);
        }
    }
    assert_int_equal(drive_requests(scene), 0);
}

static void test_fields_of_a_search_belong_into_its_query(void **context) {
    drive_scene *scene = *context;
    cv_request_options options = CV_REQUEST_OPTIONS_INIT;
    cv_search_query words = CV_SEARCH_QUERY_INIT;
    options.fields = "id";
    words.query = "lamp";
    cv_request *request = cv_request_search(scene->client, &words, &options);
    assert_ended(request, CV_ERROR_ARGUMENT);
    assert_non_null(strstr(cv_request_error(request)->message, "cv_search_query"));
    cv_request_free(request);
    assert_int_equal(drive_requests(scene), 0);
}

static void test_null_is_fine_everywhere(void **context) {
    (void)context;
    assert_null(cv_request_retrieve(NULL, CV_ISSUE, ISSUE, NULL));
    assert_int_equal(cv_last_error()->code, CV_ERROR_ARGUMENT);
    assert_null(cv_request_list(NULL, CV_ISSUE, NULL, NULL));
    assert_int_equal(cv_last_error()->code, CV_ERROR_ARGUMENT);
    assert_true(cv_request_done(NULL));
    assert_true(cv_request_wait(NULL, -1));
    assert_int_equal(cv_request_error(NULL)->code, CV_ERROR_NOMEM);
    cv_request_cancel(NULL);
    cv_request_on_done(NULL, note_call, NULL);
    cv_request_free(NULL);
    assert_null(cv_issue_take(NULL));
    assert_null(cv_issue_page_take(NULL));
    assert_null(cv_record_take(NULL));
    assert_null(cv_page_take(NULL));
}

/* ---- callbacks: when and where ---- */

static void test_poll_calls_back_once(void **context) {
    drive_scene *scene = *context;
    note noted = {.calls = 0};
    cv_request *request = drive_ask(scene, ISSUE, &noted);
    assert_int_equal(cv_client_poll(scene->client, API_PATIENCE_MS), 1);
    assert_called_once(&noted, CV_OK);
    assert_int_equal(cv_client_poll(scene->client, 0), 0);
    assert_true(cv_request_wait(request, 0));
    assert_called_once(&noted, CV_OK);
    cv_request_free(request);
}

static void test_wait_calls_back_for_its_own_request(void **context) {
    drive_scene *scene = *context;
    note own = {.calls = 0};
    note other = {.calls = 0};
    cv_request *request = drive_ask(scene, ISSUE, &own);
    cv_request *beside = drive_ask(scene, OTHER_ISSUE, &other);
    assert_true(cv_request_wait(request, API_PATIENCE_MS));
    assert_called_once(&own, CV_OK);
    assert_int_equal(other.calls, 0);
    drive_until_called(scene, &other);
    assert_called_once(&other, CV_OK);
    assert_called_once(&own, CV_OK);
    cv_request_free(request);
    cv_request_free(beside);
}

static void test_a_callback_may_come_late(void **context) {
    drive_scene *scene = *context;
    note noted = {.calls = 0};
    cv_request *request = drive_ask(scene, ISSUE, NULL);
    assert_true(cv_request_wait(request, API_PATIENCE_MS));
    cv_request_on_done(request, note_call, &noted);
    assert_int_equal(noted.calls, 0);
    assert_int_equal(cv_client_poll(scene->client, 0), 1);
    assert_called_once(&noted, CV_OK);
    cv_request_free(request);
}

/* Once is once, whoever is named later. */
static void test_nothing_is_called_after_a_callback(void **context) {
    drive_scene *scene = *context;
    note first = {.calls = 0};
    note second = {.calls = 0};
    cv_request *request = drive_ask(scene, ISSUE, &first);
    drive_until_called(scene, &first);
    cv_request_on_done(request, note_call, &second);
    assert_true(cv_request_wait(request, 0));
    assert_int_equal(cv_client_poll(scene->client, 0), 0);
    assert_called_once(&first, CV_OK);
    assert_int_equal(second.calls, 0);
    cv_request_free(request);
}

static void test_a_callback_may_be_replaced_and_taken_back(void **context) {
    drive_scene *scene = *context;
    note first = {.calls = 0};
    note second = {.calls = 0};
    cv_request *request = drive_ask(scene, ISSUE, &first);
    cv_request_on_done(request, note_call, &second);
    drive_until_called(scene, &second);
    assert_called_once(&second, CV_OK);
    assert_int_equal(first.calls, 0);
    cv_request_free(request);
    request = drive_ask(scene, ISSUE, &first);
    cv_request_on_done(request, NULL, NULL);
    assert_true(cv_request_wait(request, API_PATIENCE_MS));
    assert_int_equal(cv_client_poll(scene->client, 0), 0);
    assert_int_equal(first.calls, 0);
    cv_request_free(request);
}

static void test_each_of_many_calls_back_once(void **context) {
    static const int64_t ids[] = {52, 61, 73, 88, 94, 107, 52, 61, 0, 999};
    drive_scene *scene = *context;
    note notes[API_COUNT(ids)] = {{.calls = 0}};
    cv_request *requests[API_COUNT(ids)];
    for (size_t i = 0; i < API_COUNT(ids); i++) {
        requests[i] = drive_ask(scene, ids[i], &notes[i]);
    }
    int delivered = 0;
    for (size_t i = 0; i < API_COUNT(ids); i++) {
        while (notes[i].calls == 0) {
            delivered += cv_client_poll(scene->client, API_PATIENCE_MS);
        }
    }
    assert_int_equal(delivered, API_COUNT(ids));
    for (size_t i = 0; i < API_COUNT(ids); i++) {
        cv_code expected = ids[i] == 0     ? CV_ERROR_ARGUMENT
                           : ids[i] == 999 ? CV_ERROR_NOT_FOUND
                                           : CV_OK;
        assert_called_once(&notes[i], expected);
        cv_request_free(requests[i]);
    }
    assert_int_equal(drive_requests(scene), 7);
}

/* ---- callbacks: what they may do ---- */

static void free_it(cv_request *request, void *user) {
    note_call(request, user);
    cv_request_free(request);
}

static void test_a_callback_may_free_its_request(void **context) {
    drive_scene *scene = *context;
    note in_poll = {.calls = 0};
    note in_wait = {.calls = 0};
    cv_request_on_done(drive_ask(scene, ISSUE, NULL), free_it, &in_poll);
    drive_until_called(scene, &in_poll);
    assert_called_once(&in_poll, CV_OK);
    cv_request *request = drive_ask(scene, OTHER_ISSUE, NULL);
    cv_request_on_done(request, free_it, &in_wait);
    assert_true(cv_request_wait(request, API_PATIENCE_MS));
    assert_called_once(&in_wait, CV_OK);
}

typedef struct chain {
    drive_scene *scene;
    cv_request *next;
    note own;
    note of_next;
} chain;

static void submit_another(cv_request *request, void *user) {
    chain *self = user;
    note_call(request, &self->own);
    self->next = cv_request_retrieve(self->scene->client, CV_ISSUE, OTHER_ISSUE, NULL);
    cv_request_on_done(self->next, note_call, &self->of_next);
}

static void test_a_callback_may_submit(void **context) {
    chain links = {.scene = *context};
    cv_request *request = drive_ask(links.scene, ISSUE, NULL);
    cv_request_on_done(request, submit_another, &links);
    drive_until_called(links.scene, &links.of_next);
    assert_called_once(&links.own, CV_OK);
    assert_called_once(&links.of_next, CV_OK);
    cv_request_free(request);
    cv_request_free(links.next);
}

static void submit_and_wait(cv_request *request, void *user) {
    submit_another(request, user);
    chain *self = user;
    cv_request_wait(self->next, API_PATIENCE_MS);
}

static void test_a_callback_may_wait(void **context) {
    chain links = {.scene = *context};
    cv_request *request = drive_ask(links.scene, ISSUE, NULL);
    cv_request_on_done(request, submit_and_wait, &links);
    assert_true(cv_request_wait(request, API_PATIENCE_MS));
    assert_called_once(&links.own, CV_OK);
    assert_called_once(&links.of_next, CV_OK);
    cv_request_free(request);
    cv_request_free(links.next);
}

static void cancel_another(cv_request *request, void *user) {
    chain *self = user;
    note_call(request, &self->own);
    cv_request_cancel(self->next);
}

static void test_a_callback_may_cancel(void **context) {
    drive_scene *scene = *context;
    chain links = {.scene = scene};
    assert_true(server_hold(scene->self->server, "/api/issue/4000-61/"));
    links.next = drive_ask(scene, OTHER_ISSUE, &links.of_next);
    cv_request *request = drive_ask(scene, ISSUE, NULL);
    cv_request_on_done(request, cancel_another, &links);
    drive_until_called(scene, &links.of_next);
    assert_called_once(&links.own, CV_OK);
    assert_called_once(&links.of_next, CV_ERROR_CANCELLED);
    cv_request_free(request);
    cv_request_free(links.next);
}

static void close_client(cv_request *request, void *user) {
    chain *self = user;
    note_call(request, &self->own);
    cv_client *client = self->scene->client;
    self->scene->client = NULL;
    cv_client_close(client);
}

/* Called in poll, or in wait; the other request ends by the close, inside of which its callback
 * comes. Handle and result stay good. */
static void close_inside(drive_scene *scene, bool in_wait) {
    chain links = {.scene = scene};
    assert_true(server_hold(scene->self->server, "/api/issue/4000-61/"));
    links.next = drive_ask(scene, OTHER_ISSUE, &links.of_next);
    cv_request *request = drive_ask(scene, ISSUE, NULL);
    cv_request_on_done(request, close_client, &links);
    if (in_wait) {
        assert_true(cv_request_wait(request, API_PATIENCE_MS));
    } else {
        while (links.own.calls == 0) {
            assert_true(cv_client_poll(scene->client, API_PATIENCE_MS) > 0);
        }
    }
    assert_called_once(&links.own, CV_OK);
    assert_called_once(&links.of_next, CV_ERROR_CLOSED);
    const cv_issue *issue = cv_issue_take(request);
    assert_non_null(issue);
    assert_int_equal(issue->id, ISSUE);
    cv_issue_free(issue);
    cv_request_free(request);
    cv_request_free(links.next);
}

static void test_a_callback_in_poll_may_close(void **context) {
    close_inside(*context, false);
}

static void test_a_callback_in_wait_may_close(void **context) {
    close_inside(*context, true);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        BOTH_DRIVES(test_a_request_from_start_to_end),
        BOTH_DRIVES(test_a_result_may_be_taken_often_and_outlives_all),
        BOTH_DRIVES(test_a_result_of_another_type_is_not_taken),
        BOTH_DRIVES(test_a_failed_request_has_no_result),
        BOTH_DRIVES(test_a_bad_argument_is_a_request_that_is_done),
        BOTH_DRIVES(test_wrong_options_are_refused_for_all_kinds),
        BOTH_DRIVES(test_fields_of_a_search_belong_into_its_query),
        cmocka_unit_test(test_null_is_fine_everywhere),
        BOTH_DRIVES(test_poll_calls_back_once),
        BOTH_DRIVES(test_wait_calls_back_for_its_own_request),
        BOTH_DRIVES(test_a_callback_may_come_late),
        BOTH_DRIVES(test_nothing_is_called_after_a_callback),
        BOTH_DRIVES(test_a_callback_may_be_replaced_and_taken_back),
        BOTH_DRIVES(test_each_of_many_calls_back_once),
        BOTH_DRIVES(test_a_callback_may_free_its_request),
        BOTH_DRIVES(test_a_callback_may_submit),
        BOTH_DRIVES(test_a_callback_may_wait),
        BOTH_DRIVES(test_a_callback_may_cancel),
        BOTH_DRIVES(test_a_callback_in_poll_may_close),
        BOTH_DRIVES(test_a_callback_in_wait_may_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
