/* Owns the scenes of the three stores: every function of each, by itself and lent by a client. A
 * step that fails is told, and the next one is taken all the same. */
#include <string.h>

#include "torture/scene.h"

#define HASH     "0123456789abcdef"
#define BODY     "what the hash stands for"
#define RESOURCE "issue"

enum { TTL_S = 60 };

static bool step(stage *self, bool is_well) {
    return stage_ended(self, is_well, cv_last_error());
}

/* ---- cache ---- */

/* What is there may be missing, but never another. */
static void check_body(cv_blob *blob, bool must_be_there) {
    assert_true(blob->data != NULL || !must_be_there);
    if (blob->data != NULL) {
        assert_int_equal(blob->size, strlen(BODY));
        assert_string_equal(blob->data, BODY);
    }
    cv_free(blob->data);
    blob->data = NULL;
}

static void use_cache(stage *self, cv_cache_store *store) {
    cv_blob blob = {0};
    cv_cache_stats stats;
    int64_t age_ms = 0;
    bool is_stored = step(self, cv_cache_store_set(store, HASH, BODY, strlen(BODY), TTL_S));
    if (step(self, cv_cache_store_get(store, HASH, &blob))) {
        check_body(&blob, is_stored);
    }
    if (step(self, cv_cache_store_get_stale(store, HASH, &blob, &age_ms))) {
        check_body(&blob, is_stored);
    }
    if (step(self, cv_cache_store_stats(store, &stats))) {
        assert_true(stats.total_items > 0 || !is_stored);
    }
    bool is_deleted = step(self, cv_cache_store_delete(store, HASH));
    if (step(self, cv_cache_store_get(store, HASH, &blob))) {
        assert_true(blob.data == NULL || !is_deleted);
        check_body(&blob, false);
    }
    step(self, cv_cache_store_cleanup(store));
    step(self, cv_cache_store_clear(store));
}

static void use_own_cache(stage *self) {
    cv_cache_options options = CV_CACHE_OPTIONS_INIT;
    options.database = self->options.database;
    options.allocator = self->options.allocator;
    options.clock = self->options.clock;
    cv_cache_store *store = cv_cache_store_open(&options);
    if (step(self, store != NULL)) {
        use_cache(self, store);
    }
    cv_cache_store_close(store);
}

/* ---- jobs ---- */

/* Registers, and answers whether the job is ours: nobody else wants it. */
static bool take_job(stage *self, cv_dedupe_store *store, char job_id[CV_JOB_ID_SIZE]) {
    bool is_owner = false;
    if (!step(self, cv_dedupe_store_register(store, HASH, job_id, &is_owner))) {
        assert_false(is_owner);
        return false;
    }
    return is_owner;
}

/* A client's handle keeps a result or an error only for those who wait already. */
static void complete_job(stage *self, cv_dedupe_store *store, bool is_lent) {
    char job_id[CV_JOB_ID_SIZE];
    cv_blob result = {0};
    bool is_running = false;
    if (!take_job(self, store, job_id)) {
        return;
    }
    step(self, cv_dedupe_store_renew(store, HASH, job_id));
    if (step(self, cv_dedupe_store_in_progress(store, HASH, &is_running))) {
        assert_true(is_running);
    }
    if (!step(self, cv_dedupe_store_complete(store, HASH, job_id, BODY, strlen(BODY)))) {
        return;
    }
    bool is_well = cv_dedupe_store_wait(store, HASH, job_id, 0, &result, NULL);
    if (is_lent) {
        stage_refused(self, is_well, cv_last_error(), CV_ERROR_CANCELLED);
    } else if (step(self, is_well)) {
        check_body(&result, true);
    }
}

/* Who waits gets the owner's error. */
static void fail_job(stage *self, cv_dedupe_store *store, bool is_lent) {
    char job_id[CV_JOB_ID_SIZE];
    cv_blob result = {0};
    cv_error left = {.code = CV_ERROR_SERVER, .message = "as the owner says"};
    cv_error found = {.code = CV_OK};
    if (take_job(self, store, job_id) &&
        step(self, cv_dedupe_store_fail(store, HASH, job_id, &left))) {
        bool is_well = cv_dedupe_store_wait(store, HASH, job_id, 0, &result, &found);
        stage_refused(self, is_well, &found, is_lent ? CV_ERROR_CANCELLED : CV_ERROR_SERVER);
    }
}

static void release_job(stage *self, cv_dedupe_store *store) {
    char job_id[CV_JOB_ID_SIZE];
    bool is_running = true;
    if (take_job(self, store, job_id) && step(self, cv_dedupe_store_release(store, HASH, job_id)) &&
        step(self, cv_dedupe_store_in_progress(store, HASH, &is_running))) {
        assert_false(is_running);
    }
}

static void use_jobs(stage *self, cv_dedupe_store *store, bool is_lent) {
    cv_dedupe_stats stats;
    complete_job(self, store, is_lent);
    fail_job(self, store, is_lent);
    release_job(self, store);
    step(self, cv_dedupe_store_stats(store, &stats));
    step(self, cv_dedupe_store_cleanup(store));
    step(self, cv_dedupe_store_clear(store));
}

static void use_own_jobs(stage *self) {
    cv_dedupe_options options = CV_DEDUPE_OPTIONS_INIT;
    options.database = self->options.database;
    options.allocator = self->options.allocator;
    options.clock = self->options.clock;
    options.scope = "torture";
    cv_dedupe_store *store = cv_dedupe_store_open(&options);
    if (step(self, store != NULL)) {
        use_jobs(self, store, false);
    }
    cv_dedupe_store_close(store);
}

/* ---- limit ---- */

static void spend(stage *self, cv_rate_limit_store *store) {
    int64_t wait_ms = 0;
    bool may_proceed = false;
    bool is_counted =
        step(self, cv_rate_limit_store_acquire(store, RESOURCE, CV_PRIORITY_USER, &wait_ms));
    assert_int_equal(wait_ms, is_counted ? 0 : -1);
    step(self, cv_rate_limit_store_can_proceed(store, RESOURCE, CV_PRIORITY_USER, &may_proceed));
    is_counted = step(self, cv_rate_limit_store_record(store, RESOURCE, CV_PRIORITY_BACKGROUND)) ||
                 is_counted;
    if (!step(self, cv_rate_limit_store_wait_time(store, RESOURCE, CV_PRIORITY_USER, &wait_ms))) {
        assert_int_equal(wait_ms, -1);
    }
    cv_rate_limit_status status;
    if (step(self, cv_rate_limit_store_status(store, RESOURCE, &status))) {
        assert_true(status.used > 0 || !is_counted);
    }
}

static void look_at_spenders(stage *self, cv_rate_limit_store *store) {
    cv_rate_limit_spender spender;
    cv_rate_limit_stats stats;
    size_t count = 0;
    step(self, cv_rate_limit_store_spenders(store, RESOURCE, &spender, 1, &count));
    step(self, cv_rate_limit_store_stats(store, &stats));
}

/* Nobody is admitted in a pause. */
static void pause_and_go_on(stage *self, cv_rate_limit_store *store) {
    int64_t wait_ms = 0;
    bool is_paused = step(self, cv_rate_limit_store_cool_down(store, RESOURCE, 60000));
    if (step(self, cv_rate_limit_store_acquire(store, RESOURCE, CV_PRIORITY_USER, &wait_ms))) {
        assert_true(wait_ms > 0 || !is_paused);
    }
    step(self, cv_rate_limit_store_cool_down(store, RESOURCE, CV_NONE));
}

static void change_rules(stage *self, cv_rate_limit_store *store) {
    enum { LIMIT = 7, WINDOW_MS = 60000 };
    int64_t limit = 0;
    int64_t window_ms = 0;
    bool is_set = step(self, cv_rate_limit_store_set_resource(store, RESOURCE, LIMIT, WINDOW_MS));
    if (step(self, cv_rate_limit_store_get_resource(store, RESOURCE, &limit, &window_ms))) {
        assert_true(limit == LIMIT || !is_set);
    }
}

static void use_limit(stage *self, cv_rate_limit_store *store) {
    spend(self, store);
    look_at_spenders(self, store);
    pause_and_go_on(self, store);
    change_rules(self, store);
    step(self, cv_rate_limit_store_cleanup(store));
    step(self, cv_rate_limit_store_reset(store, RESOURCE));
    step(self, cv_rate_limit_store_clear(store));
}

static void use_own_limit(stage *self) {
    cv_rate_limit_options options = CV_RATE_LIMIT_OPTIONS_INIT;
    options.database = self->options.database;
    options.allocator = self->options.allocator;
    options.clock = self->options.clock;
    options.application = self->options.application;
    options.scope = "torture";
    options.min_interval_ms = CV_NO_INTERVAL;
    cv_rate_limit_store *store = cv_rate_limit_store_open(&options);
    if (step(self, store != NULL)) {
        use_limit(self, store);
    }
    cv_rate_limit_store_close(store);
}

/* ---- a client's ---- */

static void use_lent_stores(stage *self) {
    use_cache(self, cv_client_cache(self->client));
    use_jobs(self, cv_client_dedupe(self->client), true);
    use_limit(self, cv_client_rate_limit(self->client));
}

static void retrieve(stage *self) {
    stage_retrieve(self, STAGE_ISSUE, NULL);
}

/* What a program shows its user. */
static void show_status(stage *self) {
    cv_rate_limit_status status;
    cv_cache_stats stats;
    if (step(self,
             cv_rate_limit_store_status(cv_client_rate_limit(self->client), RESOURCE, &status))) {
        assert_int_equal(status.used, 1);
        assert_int_equal(status.remaining, status.limit - 1);
    }
    if (step(self, cv_cache_store_stats(cv_client_cache(self->client), &stats))) {
        assert_true(stats.total_items >= 1);
    }
    look_at_spenders(self, cv_client_rate_limit(self->client));
}

static const scene scenes[] = {
    {.name = "cache store", .play = use_own_cache, .opens_itself = true, .is_alone = true},
    {.name = "dedupe store", .play = use_own_jobs, .opens_itself = true, .is_alone = true},
    {.name = "rate limit store", .play = use_own_limit, .opens_itself = true},
    {.name = "lent stores", .play = use_lent_stores, .drive = CV_DRIVE_POLL, .is_alone = true},
    {.name = "quota and status", .prepare = retrieve, .play = show_status, .drive = CV_DRIVE_POLL},
};

const scene_list store_scenes = SCENE_LIST(scenes);
