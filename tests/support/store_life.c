/* Owns the steps of a life. What another program does in them lies outside the handle. */
#include "support/store_life.h"

#include <string.h>

#include "support/allocator.h"

#define DENIAL "{\"status_code\":101}"
#define HASH_C "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"
#define HASH_D "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd"

static cvi_store_answer do_open(life *self, cv_error *error) {
    self->world->options.clock = self->world->clock.clock;
    self->stores = cvi_stores_open(&self->world->options, error);
    return self->stores != NULL ? CVI_STORE_DONE : CVI_STORE_FAILED;
}

/* The body as stored, or a miss; nothing else. */
static cvi_store_answer check_cached(life *self, cvi_store_answer answer, cvi_cached *cached) {
    if (answer == CVI_STORE_DONE && self->is_stored) {
        assert_non_null(cached->body);
        assert_string_equal(cached->body, LIFE_BODY);
    } else {
        assert_null(cached->body);
    }
    cvi_release(&self->world->options.allocator, cached->body);
    return answer;
}

static cvi_store_answer do_lookup(life *self, cv_error *error) {
    cvi_cached cached;
    cvi_store_answer answer =
        cvi_stores_lookup(self->stores, HASH_A, &(cvi_want){.ttl_ms = WORLD_TTL_MS},
                          self->world->clock.now, &cached, error);
    return check_cached(self, answer, &cached);
}

static cvi_store_answer claim_hash(life *self, const char *hash, cv_priority priority,
                                   cv_error *error) {
    const cvi_claim_spec spec = {.hash = hash,
                                 .resource = "issue",
                                 .priority = priority,
                                 .reread_cache = true,
                                 .ttl_ms = WORLD_TTL_MS};
    cvi_store_answer answer =
        cvi_stores_claim(self->stores, &spec, self->world->clock.now, &self->claim, error);
    if (answer == CVI_STORE_DONE) {
        assert_int_equal(self->claim.verdict, CVI_CLAIM_ADMITTED);
        self->admitted++;
    } else {
        assert_null(self->claim.cached.body);
        assert_int_equal(self->claim.row_id, 0);
    }
    return answer;
}

static cvi_store_answer do_claim(life *self, cv_error *error) {
    return claim_hash(self, HASH_A, CV_PRIORITY_BACKGROUND, error);
}

static cvi_store_answer heed(life *self, cvi_service_word word, int64_t probe, cv_error *error) {
    const cvi_heed_spec spec = {"issue", word, 1, probe};
    int64_t left_ms = 0;
    return cvi_stores_heed(self->stores, &spec, self->world->clock.now, &left_ms, error);
}

static cvi_store_answer do_refused(life *self, cv_error *error) {
    cvi_store_answer answer = heed(self, CVI_SERVICE_LIMITS, 0, error);
    fake_clock_advance(&self->world->clock, answer == CVI_STORE_DONE ? 1 : 0);
    return answer;
}

/* The probe of the pauses that the refusal and the failures have begun. */
static cvi_store_answer claim_probe(life *self, const char *hash, cv_error *error) {
    cvi_store_answer answer = claim_hash(self, hash, CV_PRIORITY_USER, error);
    assert_int_equal(self->claim.is_probe, answer == CVI_STORE_DONE);
    return answer;
}

static cvi_store_answer do_claim_probe(life *self, cv_error *error) {
    return claim_probe(self, HASH_D, error);
}

static cvi_store_answer do_claim_other(life *self, cv_error *error) {
    return claim_probe(self, HASH_B, error);
}

static cvi_store_answer do_answered(life *self, cv_error *error) {
    return heed(self, CVI_SERVICE_ANSWERS, self->claim.row_id, error);
}

/* Two failures open the circuit. */
static cvi_store_answer do_failed(life *self, cv_error *error) {
    return heed(self, CVI_SERVICE_FAILS, 0, error);
}

static cvi_store_answer do_failed_again(life *self, cv_error *error) {
    cvi_store_answer answer = heed(self, CVI_SERVICE_OVERLOADED, 0, error);
    fake_clock_advance(&self->world->clock, answer == CVI_STORE_DONE ? 1 : 0);
    return answer;
}

static cvi_store_answer do_probe_failed(life *self, cv_error *error) {
    cvi_store_answer answer = heed(self, CVI_SERVICE_UNREACHABLE, self->claim.row_id, error);
    fake_clock_advance(&self->world->clock, answer == CVI_STORE_DONE ? 2 : 0);
    return answer;
}

static cvi_store_answer do_renew(life *self, cv_error *error) {
    bool owned = false;
    cvi_store_answer answer = cvi_stores_renew(self->stores, HASH_A, self->claim.job_id,
                                               self->world->clock.now, &owned, error);
    assert_true(answer != CVI_STORE_DONE || owned);
    return answer;
}

static cvi_store_answer do_join(life *self, cv_error *error) {
    (void)error;
    world_execute(self->world, "INSERT OR IGNORE INTO dedupe_waiters VALUES('" HASH_A "', '-'),"
                               " ('" HASH_B "', '-')");
    return CVI_STORE_DONE;
}

static const cvi_validators version_1 = {.etag = "\"version-1\""};

static cvi_store_answer do_complete(life *self, cv_error *error) {
    const cvi_completion completion = {.hash = HASH_A,
                                       .job_id = self->claim.job_id,
                                       .body = LIFE_BODY,
                                       .size = strlen(LIFE_BODY),
                                       .keeping = {.ttl_ms = WORLD_TTL_MS},
                                       .validators = &version_1};
    bool owned = false;
    cvi_store_answer answer =
        cvi_stores_complete(self->stores, &completion, self->world->clock.now, &owned, error);
    assert_true(answer != CVI_STORE_DONE || owned);
    self->is_stored = answer == CVI_STORE_DONE;
    return answer;
}

static cvi_store_answer do_watch(life *self, cv_error *error) {
    cvi_watch watch;
    cvi_store_answer answer = cvi_stores_watch(self->stores, HASH_A, self->claim.job_id,
                                               self->world->clock.now, &watch, error);
    assert_true(answer != CVI_STORE_DONE || watch.state == CVI_WATCH_COMPLETED);
    return check_cached(self, answer, &watch.cached);
}

static cvi_store_answer do_hit(life *self, cv_error *error) {
    const cvi_claim_spec spec = {
        .hash = HASH_A, .resource = "issue", .reread_cache = true, .ttl_ms = WORLD_TTL_MS};
    cvi_claim claim;
    cvi_store_answer answer =
        cvi_stores_claim(self->stores, &spec, self->world->clock.now, &claim, error);
    assert_true(answer != CVI_STORE_DONE || claim.verdict == CVI_CLAIM_HIT);
    return check_cached(self, answer, &claim.cached);
}

static cvi_store_answer do_fail(life *self, cv_error *error) {
    cv_error failure = {.code = CV_ERROR_SERVER, .http_status = 500, .message = "it broke"};
    return cvi_stores_release(self->stores, HASH_B, self->claim.job_id, 0, &failure, 0,
                              self->world->clock.now, error);
}

static cvi_store_answer do_watch_failure(life *self, cv_error *error) {
    cvi_watch watch;
    cvi_store_answer answer = cvi_stores_watch(self->stores, HASH_B, self->claim.job_id,
                                               self->world->clock.now, &watch, error);
    assert_true(answer != CVI_STORE_DONE || watch.state == CVI_WATCH_FAILED);
    return answer;
}

/* With no job of its own: only the cache's part can fail. */
static cvi_store_answer do_deny(life *self, cv_error *error) {
    const cv_error denial = {.code = CV_ERROR_NOT_FOUND, .message = "no such object"};
    const cvi_completion completion = {.hash = HASH_C,
                                       .job_id = "",
                                       .body = DENIAL,
                                       .size = strlen(DENIAL),
                                       .keeping = {.ttl_ms = WORLD_TTL_MS},
                                       .failure = &denial};
    bool owned = false;
    return cvi_stores_complete(self->stores, &completion, self->world->clock.now, &owned, error);
}

static cvi_store_answer do_look_up_denial(life *self, cv_error *error) {
    cvi_cached cached;
    cvi_store_answer answer =
        cvi_stores_lookup(self->stores, HASH_C, &(cvi_want){.ttl_ms = WORLD_TTL_MS},
                          self->world->clock.now, &cached, error);
    assert_int_equal(cached.body != NULL, answer == CVI_STORE_DONE);
    if (cached.body != NULL) {
        assert_true(cached.is_negative);
        assert_string_equal(cached.body, DENIAL);
    }
    cvi_release(&self->world->options.allocator, cached.body);
    return answer;
}

/* What is past its time, and not deleted yet. */
static cvi_store_answer do_look_up_stale(life *self, cv_error *error) {
    cvi_cached cached;
    cvi_store_answer answer =
        cvi_stores_lookup(self->stores, HASH_A, &(cvi_want){.ttl_ms = 1, .stale_too = true},
                          self->world->clock.now, &cached, error);
    return check_cached(self, answer, &cached);
}

/* Too old for the caller: to be confirmed. */
static cvi_store_answer do_recall(life *self, cv_error *error) {
    const cvi_claim_spec spec = {.hash = HASH_A,
                                 .resource = "issue",
                                 .priority = CV_PRIORITY_USER,
                                 .reread_cache = true,
                                 .ttl_ms = 1,
                                 .recalls = true};
    cvi_store_answer answer =
        cvi_stores_claim(self->stores, &spec, self->world->clock.now, &self->claim, error);
    cvi_recalled *recalled = &self->claim.recalled;
    assert_int_equal(recalled->body != NULL, answer == CVI_STORE_DONE);
    if (recalled->body != NULL) {
        self->admitted++;
        assert_string_equal(recalled->body, LIFE_BODY);
        assert_string_equal(recalled->validators.etag, version_1.etag);
    }
    cvi_release(&self->world->options.allocator, recalled->body);
    return answer;
}

static cvi_store_answer do_give_up(life *self, cv_error *error) {
    return cvi_stores_release(self->stores, HASH_A, self->claim.job_id, 0, NULL, 0,
                              self->world->clock.now, error);
}

/* Time passes, and another program takes more room than there is. */
static cvi_store_answer do_crowd(life *self, cv_error *error) {
    (void)error;
    fake_clock_advance(&self->world->clock, 60000);
    world_execute(self->world, "INSERT OR REPLACE INTO cache(hash, value, expires_at, created_at)"
                               " VALUES('x', zeroblob(100), 9000000000000, 1),"
                               " ('y', zeroblob(100), 9000000000000, 2)");
    return CVI_STORE_DONE;
}

/* Through the lent handle, which does not wait where nothing is locked. */
static cvi_store_answer do_look_at_spenders(life *self, cv_error *error) {
    cv_rate_limit_spender found[2];
    size_t count = 0;
    cv_rate_limit_store *store = cvi_stores_rate_limit_store(self->stores);
    if (!cv_rate_limit_store_spenders(store, "issue", found, 2, &count)) {
        *error = *cv_last_error();
        assert_int_equal(count, 0);
        assert_int_equal(found[0].requests, 0);
        return CVI_STORE_FAILED;
    }
    assert_int_equal(count, 1);
    assert_int_equal(found[0].requests, self->admitted);
    assert_string_equal(found[0].application, "shelf");
    return CVI_STORE_DONE;
}

static cvi_store_answer do_age(life *self, cv_error *error) {
    (void)error;
    world_execute(self->world,
                  "INSERT OR REPLACE INTO cache(hash, value, expires_at, created_at)"
                  " VALUES('old', x'00', 0, 0);"
                  "INSERT OR REPLACE INTO dedupe_jobs(hash, job_id, status, created_at, updated_at)"
                  " VALUES('old', 'old', 'pending', 0, 0);"
                  "INSERT OR REPLACE INTO rate_limits(id, resource, timestamp)"
                  " VALUES(1000, 'old', 0)");
    return CVI_STORE_DONE;
}

static cvi_store_answer do_clean(life *self, cv_error *error) {
    bool more = false;
    return cvi_stores_clean(self->stores, self->world->clock.now, &more, error);
}

const life_step life_steps[] = {{do_open, false},
                                {do_lookup, false},
                                {do_claim, false},
                                {do_renew, false},
                                {do_join, true},
                                {do_complete, false},
                                {do_watch, false},
                                {do_lookup, false},
                                {do_hit, false},
                                {do_refused, false},
                                {do_failed, false},
                                {do_failed_again, false},
                                {do_claim_probe, false},
                                {do_probe_failed, false},
                                {do_failed, false},
                                {do_claim_other, false},
                                {do_answered, false},
                                {do_failed, false},
                                {do_answered, false},
                                {do_fail, false},
                                {do_watch_failure, false},
                                {do_deny, false},
                                {do_look_up_denial, false},
                                {do_look_at_spenders, false},
                                {do_look_up_stale, false},
                                {do_recall, false},
                                {do_give_up, false},
                                {do_crowd, true},
                                {do_lookup, false},
                                {do_deny, false},
                                {do_age, true},
                                {do_clean, false}};

const size_t life_step_count = sizeof(life_steps) / sizeof(life_steps[0]);
