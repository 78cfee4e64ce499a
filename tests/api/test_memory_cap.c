/* max_memory_bytes: whatever a client holds counts, nothing goes beyond, what does not fit is
 * CV_ERROR_NOMEM that names the option, and calls do well again when something has been freed. The
 * application's allocator, behind the cap, says what is really held. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "support/api.h"
#include "support/failing_allocator.h"

enum {
    ISSUE = 52,
    OTHER_ISSUE = 61,
    BOUND = 400000,
    LEAST_BOUND = 131072,
    LARGE = 300000, /* an answer whose decoding does not fit, though it may */
    HUGE = 3 << 20,
    HANDLES_MAX = 4000
};

typedef struct world {
    api *api;
    failing_allocator memory; /* counts */
    cv_options options;
    cv_client *client;
    const cv_record *ballast[HANDLES_MAX];
    size_t ballast_count;
} world;

static size_t held(world *self) {
    return atomic_load(&self->memory.bytes);
}

static void open_world(world *self, api *scene, cv_drive drive, int64_t bound) {
    memset(self, 0, sizeof(*self));
    self->api = scene;
    failing_allocator_init(&self->memory, 0, false);
    self->options = api_options(scene);
    self->options.drive = drive;
    self->options.allocator = &self->memory.allocator;
    self->options.max_memory_bytes = bound;
    self->client = api_open(scene, &self->options);
}

static void close_world(world *self) {
    cv_client_close(self->client);
    self->client = NULL;
    assert_int_equal(atomic_load(&self->memory.live), 0);
}

static void assert_names_the_bound(const cv_error *error) {
    assert_string_equal(cv_code_name(error->code), "CV_ERROR_NOMEM");
    assert_true(error->retryable);
    if (strstr(error->message, "max_memory_bytes") == NULL) {
        fail_msg("%s", error->message);
    }
}

/* Handles on the first record, until no further one fits. */
static void fill_up(world *self) {
    const cv_record *record = NULL;
    while ((record = cv_record_keep(self->ballast[0])) != NULL) {
        assert_in_range(self->ballast_count, 1, HANDLES_MAX - 1);
        self->ballast[self->ballast_count++] = record;
        assert_in_range(held(self), 1, (size_t)self->options.max_memory_bytes);
    }
    assert_names_the_bound(cv_last_error());
}

static void fill(world *self) {
    const cv_issue *issue = cv_issue_retrieve(self->client, ISSUE, CV_PRIORITY_USER);
    assert_non_null(issue);
    self->ballast[0] = &issue->record;
    self->ballast_count = 1;
    fill_up(self);
}

static void empty(world *self) {
    for (size_t i = 0; i < self->ballast_count; i++) {
        cv_record_free(self->ballast[i]);
    }
    self->ballast_count = 0;
}

/* ---- what is asked for without room ---- */

/* Asks; answers whether it went well, with the error if not. */
typedef bool asking(world *self, cv_error *error);

static bool has_page(const cv_page *page, cv_error *error) {
    *error = *cv_last_error();
    cv_page_free(page);
    return page != NULL;
}

static bool ask_for_hit(world *self, cv_error *error) {
    const cv_issue *issue = cv_issue_retrieve(self->client, ISSUE, CV_PRIORITY_USER);
    *error = *cv_last_error();
    cv_issue_free(issue);
    return issue != NULL;
}

static bool ask_cold(world *self, cv_error *error) {
    const cv_issue *issue = cv_issue_retrieve(self->client, OTHER_ISSUE, CV_PRIORITY_USER);
    *error = *cv_last_error();
    cv_issue_free(issue);
    return issue != NULL;
}

static bool ask_for_list(world *self, cv_error *error) {
    return has_page(cv_list(self->client, CV_ISSUE, NULL, CV_PRIORITY_USER), error);
}

static bool ask_for_search(world *self, cv_error *error) {
    cv_search_query query = CV_SEARCH_QUERY_INIT;
    query.query = "watch";
    return has_page(cv_search(self->client, &query, CV_PRIORITY_USER), error);
}

static bool ask_for_many(world *self, cv_error *error) {
    static const int64_t ids[] = {OTHER_ISSUE, ISSUE};
    cv_request *request = cv_request_retrieve_many(self->client, CV_ISSUE, ids, 2, NULL);
    if (request == NULL) {
        *error = *cv_last_error();
        return false;
    }
    assert_true(cv_request_wait(request, API_PATIENCE_MS));
    const cv_many *many = cv_many_take(request);
    bool is_good = many != NULL && many->items[0].record != NULL && many->items[1].record != NULL;
    if (many == NULL) {
        *error = *cv_last_error();
    } else {
        *error = many->items[many->items[0].record == NULL ? 0 : 1].error;
    }
    cv_many_free(many);
    cv_request_free(request);
    return is_good;
}

static bool ask_by_request(world *self, cv_error *error) {
    cv_request *request = cv_request_retrieve(self->client, CV_ISSUE, OTHER_ISSUE, NULL);
    if (request == NULL) {
        *error = *cv_last_error();
        return false;
    }
    assert_true(cv_request_wait(request, API_PATIENCE_MS));
    const cv_record *record = cv_record_take(request);
    *error = *cv_last_error();
    cv_record_free(record);
    cv_request_free(request);
    return record != NULL;
}

static bool walk(world *self, cv_error *error) {
    cv_cursor *cursor = cv_cursor_open(self->client, CV_ISSUE, NULL, CV_PRIORITY_USER);
    if (cursor == NULL) {
        *error = *cv_last_error();
        return false;
    }
    bool is_good = cv_cursor_next(cursor) != NULL;
    *error = *cv_cursor_error(cursor);
    cv_cursor_close(cursor);
    return is_good;
}

static bool write_record(world *self, cv_error *error) {
    char *json = cv_record_json(self->ballast_count > 0 ? self->ballast[0] : NULL);
    *error = *cv_last_error();
    cv_free(json);
    return json != NULL || self->ballast_count == 0;
}

static const char body[5000] = "some answer";

static bool read_store(world *self, cv_error *error) {
    cv_cache_store *store = cv_client_cache(self->client);
    cv_blob value = {NULL, 0};
    bool is_good = cv_cache_store_get(store, "a hash", &value) && value.size == sizeof(body);
    *error = *cv_last_error();
    cv_free(value.data);
    return is_good;
}

static asking *const all_askings[] = {ask_for_hit,    ask_cold,     ask_for_list,
                                      ask_for_search, ask_for_many, ask_by_request,
                                      walk,           write_record, read_store};

/* Some is left when the last handle did not fit, but never enough for any of these. */
static void test_no_kind_of_call_goes_beyond(void **context) {
    static const cv_drive drives[] = {CV_DRIVE_POLL, CV_DRIVE_THREAD};
    world self;
    cv_error error;
    for (size_t i = 0; i < 2 * API_COUNT(all_askings); i++) {
        open_world(&self, *context, drives[i % 2], BOUND);
        assert_true(
            cv_cache_store_set(cv_client_cache(self.client), "a hash", body, sizeof(body), 3600));
        fill(&self);
        size_t before = server_request_count(self.api->server, NULL);
        assert_false(all_askings[i / 2](&self, &error));
        assert_names_the_bound(&error);
        assert_in_range(held(&self), 1, BOUND);
        assert_in_range(server_request_count(self.api->server, NULL), before, before + 1);
        empty(&self);
        assert_true(all_askings[i / 2](&self, &error));
        close_world(&self);
        api_forget(self.api);
    }
}

/* ---- the queue ---- */

/* Freed requests go when whoever drives comes to them; those that are sent, with their answer. */
static void await_hit(world *self) {
    cv_error error;
    int64_t until_ms = api_now_ms() + API_PATIENCE_MS;
    while (!ask_for_hit(self, &error)) {
        assert_names_the_bound(&error);
        assert_true(api_now_ms() < until_ms);
        cv_client_poll(self->client, 1);
    }
}

static void test_queue_of_requests(void **context) {
    static const cv_drive drives[] = {CV_DRIVE_POLL, CV_DRIVE_THREAD};
    static cv_request *requests[HANDLES_MAX];
    world self;
    for (size_t i = 0; i < 2; i++) {
        size_t count = 0;
        open_world(&self, *context, drives[i], BOUND);
        assert_true(server_hold(self.api->server, NULL));
        bool fits = true;
        while (fits) {
            assert_in_range(count, 0, HANDLES_MAX - 1);
            cv_request *request =
                cv_request_retrieve(self.client, CV_ISSUE, ISSUE + (int64_t)count % 2, NULL);
            fits = request != NULL && cv_request_error(request)->code != CV_ERROR_NOMEM;
            assert_in_range(held(&self), 1, BOUND);
            if (!fits) {
                assert_names_the_bound(request != NULL ? cv_request_error(request)
                                                       : cv_last_error());
            }
            requests[count++] = request;
        }
        assert_in_range(count, 50, HANDLES_MAX);
        for (size_t k = 0; k < count; k++) {
            cv_request_free(requests[k]);
        }
        server_release(self.api->server, SERVER_ALL);
        await_hit(&self);
        close_world(&self);
        api_forget(self.api);
    }
}

/* ---- bodies ---- */

static char *large_issue(size_t size) {
    char *name = malloc(size + 1);
    assert_non_null(name);
    memset(name, 'x', size);
    name[size] = '\0';
    char *text = api_issue_text(ISSUE, name);
    free(name);
    return text;
}

static void test_huge_bodies_are_not_taken(void **context) {
    char *text = large_issue(HUGE);
    const server_fault faults[] = {
        {.path = API_ISSUE, .body = text},
        {.path = API_ISSUE, .kind = SERVER_FAULT_ENDLESS},
        {.path = API_ISSUE, .kind = SERVER_FAULT_DRIP, .body = text, .piece_size = 100000},
    };
    world self;
    cv_error error;
    open_world(&self, *context, CV_DRIVE_THREAD, BOUND);
    for (size_t i = 0; i < API_COUNT(faults); i++) {
        api_break(self.api, &faults[i]);
        assert_false(ask_for_hit(&self, &error));
        assert_names_the_bound(&error);
        assert_int_equal(server_request_count(self.api->server, NULL), i + 1);
    }
    assert_true(ask_for_hit(&self, &error)); /* the true one, which is small */
    close_world(&self);
    free(text);
}

/* A body that fits and cannot be decoded within the bound; nothing of it stays. */
static void test_decoding_counts(void **context) {
    char *text = large_issue(LARGE);
    world self;
    cv_error error;
    open_world(&self, *context, CV_DRIVE_THREAD, BOUND);
    size_t before = held(&self);
    api_break(self.api, &(server_fault){.path = API_ISSUE, .body = text});
    assert_false(ask_for_hit(&self, &error));
    assert_names_the_bound(&error);
    assert_in_range(held(&self), before, before + 20000);
    assert_true(ask_for_hit(&self, &error));
    close_world(&self);
    free(text);
}

/* What another client has stored stays stored, and costs no request only because it is too large
 * for this one; wherever the cache lies, and whether there are jobs. */
static void test_hit_that_does_not_fit_costs_no_request(void **context) {
    char *text = large_issue(LARGE);
    world self;
    cv_error error;
    for (int way = 0; way < 4; way++) {
        open_world(&self, *context, way == 0 ? CV_DRIVE_THREAD : CV_DRIVE_POLL, CV_NONE);
        cv_client_close(self.client);
        scratch_path own = scratch_file(&self.api->scratch, "cache.db");
        self.options.cache.database = way == 2 ? own.text : NULL;
        self.options.dedupe.disabled = way == 3;
        self.client = api_open(self.api, &self.options);
        size_t before = server_request_count(self.api->server, NULL);
        api_break(self.api, &(server_fault){.path = API_ISSUE, .body = text});
        assert_true(ask_for_hit(&self, &error));
        self.options.max_memory_bytes = BOUND;
        cv_client *wide = self.client;
        self.client = api_open(self.api, &self.options);
        assert_false(ask_for_hit(&self, &error));
        assert_names_the_bound(&error);
        cv_request *request = cv_request_retrieve(self.client, CV_ISSUE, ISSUE, NULL);
        assert_true(cv_request_wait(request, API_PATIENCE_MS));
        assert_names_the_bound(cv_request_error(request));
        cv_request_free(request);
        cv_client_close(self.client);
        self.client = wide;
        assert_true(ask_for_hit(&self, &error));
        assert_int_equal(server_request_count(self.api->server, NULL), before + 1);
        assert_true(cv_cache_store_clear(cv_client_cache(self.client)));
        close_world(&self);
    }
    free(text);
}

/* ---- lives ---- */

static void test_results_count_after_the_client(void **context) {
    world self;
    open_world(&self, *context, CV_DRIVE_THREAD, BOUND);
    fill(&self);
    cv_client_close(self.client);
    self.client = NULL;
    fill_up(&self); /* closing has made some room */
    assert_null(cv_record_json(self.ballast[0]));
    assert_names_the_bound(cv_last_error());
    const cv_issue *issue = (const cv_issue *)self.ballast[0];
    assert_int_equal(issue->id, ISSUE);
    for (size_t i = 1; i < self.ballast_count; i++) {
        cv_record_free(self.ballast[i]);
    }
    char *json = cv_record_json(self.ballast[0]);
    assert_non_null(json);
    cv_record_free(self.ballast[0]);
    cv_free(json); /* the last of all */
    assert_int_equal(atomic_load(&self.memory.live), 0);
}

static void test_clients_have_bounds_of_their_own(void **context) {
    world one;
    world other;
    cv_error error;
    open_world(&one, *context, CV_DRIVE_THREAD, BOUND);
    open_world(&other, *context, CV_DRIVE_POLL, BOUND);
    fill(&one);
    assert_true(ask_for_hit(&other, &error));
    fill(&other);
    assert_false(ask_for_hit(&one, &error));
    empty(&one);
    assert_true(ask_for_hit(&one, &error));
    assert_false(ask_for_hit(&other, &error));
    empty(&other);
    close_world(&one);
    close_world(&other);
}

/* The least that the option takes is enough for single objects. */
static void test_least_bound(void **context) {
    world self;
    cv_error error;
    open_world(&self, *context, CV_DRIVE_THREAD, LEAST_BOUND);
    assert_true(ask_cold(&self, &error));
    assert_true(ask_for_hit(&self, &error));
    close_world(&self);
    self.options.max_memory_bytes = LEAST_BOUND - 1;
    assert_null(cv_client_open(&self.options));
    assert_int_equal(cv_last_error()->code, CV_ERROR_ARGUMENT);
}

static void test_no_bound_costs_nothing(void **context) {
    world bounded;
    world free_one;
    open_world(&bounded, *context, CV_DRIVE_POLL, BOUND);
    open_world(&free_one, *context, CV_DRIVE_POLL, CV_NONE);
    assert_true(held(&free_one) < held(&bounded));
    assert_true(atomic_load(&free_one.memory.live) < atomic_load(&bounded.memory.live));
    close_world(&bounded);
    close_world(&free_one);
}

/* ---- threads ---- */

enum { THREADS = 4, ROUNDS = 150, KEPT = 40 };

typedef struct rush {
    world *self;
    size_t peak_bytes;
    int wrong; /* neither good nor a clean error */
    int good;
} rush;

static void note(rush *run, bool is_good) {
    size_t now = held(run->self);
    run->peak_bytes = now > run->peak_bytes ? now : run->peak_bytes;
    if (is_good) {
        run->good++;
    } else if (cv_last_error()->code != CV_ERROR_NOMEM) {
        run->wrong++;
    }
}

static void *ask_and_keep(void *user) {
    rush *run = user;
    for (int round = 0; round < ROUNDS; round++) {
        const cv_issue *issue = cv_issue_retrieve(
            run->self->client, round % 2 == 0 ? ISSUE : OTHER_ISSUE, CV_PRIORITY_USER);
        note(run, issue != NULL);
        const cv_record *kept[KEPT] = {NULL};
        for (size_t i = 0; issue != NULL && i < KEPT; i++) {
            kept[i] = cv_record_keep(&issue->record);
            note(run, kept[i] != NULL);
        }
        cv_issue_free(issue);
        for (size_t i = 0; i < KEPT; i++) {
            cv_record_free(kept[i]);
        }
    }
    return NULL;
}

static void test_threads_share_the_bound(void **context) {
    world self;
    cv_error error;
    pthread_t threads[THREADS];
    rush runs[THREADS];
    open_world(&self, *context, CV_DRIVE_THREAD, LEAST_BOUND);
    for (size_t i = 0; i < THREADS; i++) {
        runs[i] = (rush){.self = &self};
        assert_int_equal(pthread_create(&threads[i], NULL, ask_and_keep, &runs[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(runs[i].wrong, 0);
        assert_in_range(runs[i].peak_bytes, 1, LEAST_BOUND);
    }
    assert_true(ask_for_hit(&self, &error));
    close_world(&self);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        API_TEST(test_no_kind_of_call_goes_beyond),
        API_TEST(test_queue_of_requests),
        API_TEST(test_huge_bodies_are_not_taken),
        API_TEST(test_decoding_counts),
        API_TEST(test_hit_that_does_not_fit_costs_no_request),
        API_TEST(test_results_count_after_the_client),
        API_TEST(test_clients_have_bounds_of_their_own),
        API_TEST(test_least_bound),
        API_TEST(test_no_bound_costs_nothing),
        API_TEST(test_threads_share_the_bound),
    };
    return cmocka_run_group_tests_name("memory cap", tests, NULL, NULL);
}
