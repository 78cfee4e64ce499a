/* Owns what happens to a job after the claim: watching it, renewing it, and its three ends; and
 * what the service's answer means for other requests. Whoever waits is woken after the commit,
 * never before: the row must say what the waking means. The driver's thread. */
#include <string.h>

#include "stores/handle.h"
#include "stores/limits.h"

/* How often a job is looked at whose owner's end nobody tells. */
#define UNTOLD_LOOK_MS INT64_C(25)

/* ---- watching ---- */

/* Either the job kept the answer, or the cache did. The cache's row may be of a later fetch, but
 * not of one before the job. */
static cvi_store_answer read_answer(cvi_stores *stores, const char *hash, const cvi_job *job,
                                    cvi_now now, cvi_cached *cached, cv_error *error) {
    cvi_store_answer answer = cvi_dedupe_result(&stores->dedupe, hash, job->job_id, cached, error);
    if (answer != CVI_STORE_DONE || cached->body != NULL) {
        return answer;
    }
    int64_t from_ms = job->created_ms > INT64_MIN + CVI_CLOCK_TOLERANCE_MS
                          ? job->created_ms - CVI_CLOCK_TOLERANCE_MS
                          : INT64_MIN;
    cvi_cache_demand demand = {.created_from_ms = from_ms, .any_expiry = true};
    return cvi_stores_find(stores, hash, &demand, now, cached, NULL, error);
}

static cvi_store_answer look_at(cvi_stores *stores, const char *hash, const cvi_job *job,
                                cvi_now now, cvi_watch *watch, cv_error *error) {
    cvi_store_answer answer = CVI_STORE_DONE;
    bool has_failure = false;
    if (job->status == CVI_JOB_COMPLETED) {
        answer = read_answer(stores, hash, job, now, &watch->cached, error);
        watch->state = watch->cached.body != NULL ? CVI_WATCH_COMPLETED : CVI_WATCH_GONE;
    } else if (job->status == CVI_JOB_FAILED) {
        answer = cvi_dedupe_failure(&stores->dedupe, hash, job->job_id, &watch->failure,
                                    &has_failure, error);
        watch->failed_at_ms = job->updated_ms;
        watch->state = has_failure ? CVI_WATCH_FAILED : CVI_WATCH_GONE;
    } else if (cvi_dedupe_is_live(&stores->dedupe, job, now)) {
        watch->state = CVI_WATCH_PENDING;
    }
    return answer;
}

static void leave_files(cvi_stores *stores, size_t count) {
    while (count > 0) {
        cvi_db_unlock(&stores->files[--count]);
    }
}

static cvi_store_answer enter_files(cvi_stores *stores, cv_error *error) {
    for (size_t i = 0; i < stores->file_count; i++) {
        cvi_store_answer answer = cvi_db_enter(&stores->files[i], error);
        if (answer != CVI_STORE_DONE) {
            leave_files(stores, i);
            return answer;
        }
    }
    return CVI_STORE_DONE;
}

cvi_store_answer cvi_stores_look_after(cvi_stores *stores, const char *hash, const char *job_id,
                                       cvi_now now, cvi_watch *watch, int64_t *owner,
                                       cv_error *error) {
    cvi_job job;
    memset(watch, 0, sizeof(*watch));
    watch->state = CVI_WATCH_GONE;
    *owner = 0;
    cvi_store_answer answer = enter_files(stores, error);
    if (answer != CVI_STORE_DONE) {
        return answer;
    }
    answer = cvi_dedupe_find(&stores->dedupe, hash, &job, error);
    if (answer == CVI_STORE_DONE && strcmp(job.job_id, job_id) == 0) {
        answer = look_at(stores, hash, &job, now, watch, error);
    }
    leave_files(stores, stores->file_count);
    if (watch->state == CVI_WATCH_PENDING && job.has_owner) {
        *owner = job.owner;
    }
    return answer;
}

/* A process is known to be the owner's if it was found before the look that saw the owner alive; so
 * a process that is new here takes a second look. */
cvi_store_answer cvi_stores_watch(cvi_stores *stores, const char *hash, const char *job_id,
                                  cvi_now now, cvi_watch *watch, cv_error *error) {
    int64_t owner = 0;
    cvi_store_answer answer =
        cvi_stores_look_after(stores, hash, job_id, now, watch, &owner, error);
    if (answer != CVI_STORE_DONE || watch->state != CVI_WATCH_PENDING) {
        return answer;
    }
    cvi_death_notice notice =
        cvi_deaths_expect(&stores->dedupe.deaths, cvi_turn_process_of(owner), now);
    if (notice == CVI_DEATH_TOLD_SINCE) {
        answer = cvi_stores_look_after(stores, hash, job_id, now, watch, &owner, error);
    }
    watch->backstop_ms = notice == CVI_DEATH_UNTOLD ? UNTOLD_LOOK_MS : CVI_TOLD_LOOK_MS;
    return answer;
}

/* ---- ending ---- */

static bool has_job(const char *job_id) {
    return job_id != NULL && job_id[0] != '\0';
}

/* Commits, then wakes; what was collected is freed in any case. */
static cvi_store_answer end_and_wake(cvi_stores *stores, cvi_db *first, cvi_store_answer answer,
                                     bool keep, bool owned, cvi_buffer *waiters, const char *hash,
                                     cv_error *error) {
    answer = cvi_stores_end(stores, first, answer, keep, error);
    if (answer == CVI_STORE_DONE && owned) {
        cvi_dedupe_wake(&stores->dedupe, waiters, hash);
    }
    cvi_buffer_free(waiters);
    return answer;
}

static cvi_store_answer complete_job(cvi_stores *stores, const cvi_completion *completion,
                                     bool is_cached, cvi_now now, cvi_buffer *waiters, bool *owned,
                                     cv_error *error) {
    if (!has_job(completion->job_id)) {
        return CVI_STORE_DONE;
    }
    bool is_result = completion->failure == NULL;
    bool is_kept = !is_cached || stores->cache_db != stores->dedupe_db; /* out of others' reach */
    cvi_ending ending = {is_result ? CVI_END_COMPLETED : CVI_END_FAILED,
                         completion->hash,
                         completion->job_id,
                         is_result && is_kept ? completion->body : NULL,
                         completion->size,
                         completion->failure,
                         completion->age_ms};
    return cvi_dedupe_end(&stores->dedupe, &ending, now, waiters, owned, error);
}

static cvi_cache_entry entry_of(const cvi_stores *stores, const cvi_completion *completion) {
    cvi_cache_entry entry = {.hash = completion->hash,
                             .body = completion->body,
                             .size = completion->size,
                             .tape = completion->tape,
                             .tape_size = completion->tape_size,
                             .keeping = completion->keeping,
                             .age_ms = completion->age_ms,
                             .validators = completion->validators,
                             .has_room = completion->has_room};
    if (completion->failure != NULL) {
        entry.is_negative = true;
        entry.keeping = (cvi_keeping){.ttl_ms = stores->cache.negative_ttl_ms};
        entry.validators = NULL;
    }
    return entry;
}

cvi_store_answer cvi_stores_complete(cvi_stores *stores, const cvi_completion *completion,
                                     cvi_now now, bool *owned, cv_error *error) {
    cvi_cache_entry entry = entry_of(stores, completion);
    bool is_cached = cvi_cache_accepts(&stores->cache, &entry);
    /* What is not stored takes the place of an older answer all the same. */
    const cvi_keeping *keeping = &entry.keeping;
    bool is_kept = keeping->ttl_ms > 0 || keeping->is_ordered || keeping->no_store;
    bool is_for_cache = !stores->cache.disabled && (entry.is_negative || is_kept);
    *owned = true;
    if (!is_for_cache && !has_job(completion->job_id)) {
        return CVI_STORE_DONE;
    }
    cvi_store_answer answer = cvi_stores_begin(stores, 0, error);
    if (answer != CVI_STORE_DONE) {
        return answer;
    }
    cvi_buffer waiters;
    cvi_dedupe_waiters_init(&stores->dedupe, &waiters);
    answer = complete_job(stores, completion, is_cached, now, &waiters, owned, error);
    if (answer == CVI_STORE_DONE && *owned && is_for_cache) {
        answer = cvi_cache_store(&stores->cache, &entry, now, error);
    }
    return end_and_wake(stores, stores->cache_db, answer, *owned, *owned, &waiters,
                        completion->hash, error);
}

cvi_store_answer cvi_stores_make_room(cvi_stores *stores, const cvi_completion *completion,
                                      cvi_now now, cv_error *error) {
    cvi_cache_entry entry = entry_of(stores, completion);
    const cvi_just_stored coming = cvi_cache_stored(&stores->cache, &entry);
    int64_t changed = 0;
    if (!cvi_cache_accepts(&stores->cache, &entry)) {
        return CVI_STORE_DONE;
    }
    cvi_store_answer answer = cvi_db_begin(stores->cache_db, 0, error);
    if (answer != CVI_STORE_DONE) {
        return answer;
    }
    answer = cvi_bound_make_room(&stores->cache.bound, &coming, now, &changed, error);
    return cvi_db_end(stores->cache_db, answer, changed > 0, error);
}

static cvi_store_answer release_in_transaction(cvi_stores *stores, const cvi_ending *ending,
                                               int64_t row_id, cvi_now now, cvi_buffer *waiters,
                                               bool *owned, cv_error *error) {
    cvi_store_answer answer = CVI_STORE_DONE;
    if (row_id != 0) {
        answer = cvi_rate_limit_take_back(&stores->rate_limit, row_id, error);
    }
    if (answer == CVI_STORE_DONE && has_job(ending->job_id)) {
        answer = cvi_dedupe_end(&stores->dedupe, ending, now, waiters, owned, error);
    }
    return answer;
}

cvi_store_answer cvi_stores_release(cvi_stores *stores, const char *hash, const char *job_id,
                                    int64_t row_id, const cv_error *failure, int64_t age_ms,
                                    cvi_now now, cv_error *error) {
    if (!has_job(job_id) && row_id == 0) {
        return CVI_STORE_DONE;
    }
    cvi_store_answer answer = cvi_stores_begin(stores, 0, error);
    if (answer != CVI_STORE_DONE) {
        return answer;
    }
    cvi_buffer waiters;
    bool owned = false;
    cvi_ending ending = {
        failure != NULL ? CVI_END_FAILED : CVI_END_PASSED, hash, job_id, NULL, 0, failure, age_ms};
    cvi_dedupe_waiters_init(&stores->dedupe, &waiters);
    answer = release_in_transaction(stores, &ending, row_id, now, &waiters, &owned, error);
    return end_and_wake(stores, stores->dedupe_db, answer, owned || row_id != 0, owned, &waiters,
                        hash, error);
}

cvi_store_answer cvi_stores_renew(cvi_stores *stores, const char *hash, const char *job_id,
                                  cvi_now now, bool *owned, cv_error *error) {
    *owned = true;
    if (!has_job(job_id)) {
        return CVI_STORE_DONE;
    }
    cvi_store_answer answer = cvi_db_begin(stores->dedupe_db, 0, error);
    if (answer != CVI_STORE_DONE) {
        return answer;
    }
    now = cvi_db_now(stores->dedupe_db, now);
    answer = cvi_dedupe_renew(&stores->dedupe, hash, job_id, now, owned, error);
    return cvi_db_end(stores->dedupe_db, answer, *owned, error);
}

/* ---- heeding ---- */

/* What it means for the requests of the path, or of all. */
static cvi_store_answer heed_wish(cvi_cooldowns *cooldowns, const cvi_heed_spec *spec, cvi_now now,
                                  int64_t *left_ms, cv_error *error) {
    switch (spec->word) {
    case CVI_SERVICE_ANSWERS:
        return spec->probe != 0 ? cvi_cooldowns_end(cooldowns, spec->probe, error) : CVI_STORE_DONE;
    case CVI_SERVICE_LIMITS:
    case CVI_SERVICE_OVERLOADED:
        return cvi_cooldowns_begin(cooldowns, spec->resource, spec->asked_ms, now, left_ms, error);
    case CVI_SERVICE_BLOCKS:
        return cvi_cooldowns_begin(cooldowns, CVI_ALL_PATHS, spec->asked_ms, now, left_ms, error);
    case CVI_SERVICE_FAILS:
    case CVI_SERVICE_UNREACHABLE:
    case CVI_SERVICE_SILENT:
        break;
    }
    return CVI_STORE_DONE;
}

/* What it says of the host. One that refuses works. */
static cvi_store_answer heed_health(cvi_circuit *circuit, const cvi_heed_spec *spec, cvi_now now,
                                    int64_t *pause_ms, cv_error *error) {
    switch (spec->word) {
    case CVI_SERVICE_ANSWERS:
    case CVI_SERVICE_LIMITS:
    case CVI_SERVICE_BLOCKS:
        return cvi_circuit_succeed(circuit, spec->probe, error);
    case CVI_SERVICE_OVERLOADED:
    case CVI_SERVICE_FAILS:
        return cvi_circuit_fail(circuit, false, spec->probe, now, pause_ms, error);
    case CVI_SERVICE_UNREACHABLE:
        return cvi_circuit_fail(circuit, true, spec->probe, now, pause_ms, error);
    case CVI_SERVICE_SILENT:
        break;
    }
    return CVI_STORE_DONE;
}

cvi_store_answer cvi_stores_heed(cvi_stores *stores, const cvi_heed_spec *spec, cvi_now now,
                                 int64_t *left_ms, cv_error *error) {
    cvi_cooldowns *cooldowns = &stores->rate_limit.cooldowns;
    int64_t pause_ms = 0;
    *left_ms = 0;
    cvi_store_answer answer = cvi_db_begin(stores->rate_limit_db, 0, error);
    if (answer != CVI_STORE_DONE) {
        return answer;
    }
    now = cvi_db_now(stores->rate_limit_db, now);
    answer = heed_wish(cooldowns, spec, now, left_ms, error);
    if (answer == CVI_STORE_DONE) {
        answer = heed_health(&stores->rate_limit.circuit, spec, now, &pause_ms, error);
        *left_ms = *left_ms > 0 ? *left_ms : pause_ms;
    }
    if (answer == CVI_STORE_DONE && spec->probe != 0) {
        answer = cvi_cooldowns_drop_probe(cooldowns, spec->probe, error);
    }
    return cvi_db_end(stores->rate_limit_db, answer, true, error);
}
