/* Owns the claim: the one transaction in which a caller finds the answer in the cache, or somebody
 * at work on it, or that there is no room, or is admitted. Its steps run in order until one
 * decides. The driver's thread. */
#include <string.h>

#include "stores/handle.h"

typedef struct claiming {
    cvi_stores *stores;
    const cvi_claim_spec *spec;
    cvi_now now;
    cvi_claim *claim;
    cvi_room room;
    bool keep;    /* something was written that must stay */
    bool decided; /* the verdict is in the claim */
} claiming;

/* With dedupe disabled an empty id stands for the job that there is not. */
static bool owns_job(const claiming *run) {
    return run->spec->job_id != NULL && run->spec->job_id[0] != '\0';
}

static void decide(claiming *run, cvi_claim_verdict verdict) {
    run->claim->verdict = verdict;
    run->decided = true;
}

/* An admission whose request never left stays back, whatever is decided next. */
static cvi_store_answer take_back(claiming *run, cv_error *error) {
    if (run->spec->row_id == 0) {
        return CVI_STORE_DONE;
    }
    run->keep = true;
    return cvi_rate_limit_take_back(&run->stores->rate_limit, run->spec->row_id, error);
}

static cvi_store_answer check_own_job(claiming *run, cv_error *error) {
    bool owned = true;
    if (!owns_job(run)) {
        return CVI_STORE_DONE;
    }
    cvi_store_answer answer = cvi_dedupe_renew(&run->stores->dedupe, run->spec->hash,
                                               run->spec->job_id, run->now, &owned, error);
    if (answer == CVI_STORE_DONE && !owned) {
        decide(run, CVI_CLAIM_LOST);
    }
    return answer;
}

static cvi_store_answer reread_cache(claiming *run, cv_error *error) {
    cvi_stores *stores = run->stores;
    bool is_damaged = false;
    if (owns_job(run) || !run->spec->reread_cache || stores->cache.disabled) {
        return CVI_STORE_DONE;
    }
    const cvi_want want = {.ttl_ms = run->spec->ttl_ms, .max_age_ms = run->spec->max_age_ms};
    cvi_cache_demand demand = cvi_cache_demand_of(&stores->cache, &want, run->now);
    cvi_store_answer answer = cvi_stores_find(stores, run->spec->hash, &demand, run->now,
                                              &run->claim->cached, &is_damaged, error);
    if (answer == CVI_STORE_DONE && run->claim->cached.body != NULL) {
        decide(run, CVI_CLAIM_HIT);
    }
    if (answer == CVI_STORE_DONE && is_damaged) {
        run->keep = true;
        cvi_log_write(stores->log, CV_LOG_WARNING, "an entry of the cache was damaged: deleted");
        answer = cvi_cache_delete(&stores->cache, run->spec->hash, error);
    }
    return answer;
}

static cvi_store_answer look_for_owner(claiming *run, cv_error *error) {
    cvi_dedupe *dedupe = &run->stores->dedupe;
    cvi_job job;
    if (owns_job(run) || dedupe->disabled) {
        return CVI_STORE_DONE;
    }
    cvi_store_answer answer = cvi_dedupe_find(dedupe, run->spec->hash, &job, error);
    if (answer != CVI_STORE_DONE || !cvi_dedupe_is_live(dedupe, &job, run->now)) {
        return answer;
    }
    bool added = false;
    memcpy(run->claim->job_id, job.job_id, sizeof(job.job_id));
    decide(run, CVI_CLAIM_WATCH);
    answer = cvi_dedupe_join(dedupe, run->spec->hash, &added, error);
    run->keep = run->keep || added;
    return answer;
}

static cvi_store_answer count_room(claiming *run, cv_error *error) {
    cvi_rate_limit *limit = &run->stores->rate_limit;
    int64_t adopted = 0;
    cvi_room *room = &run->room;
    cvi_store_answer answer = cvi_rate_limit_adopt(limit, run->now, &adopted, error);
    run->keep = run->keep || adopted > 0;
    if (answer == CVI_STORE_DONE) {
        answer = cvi_rate_limit_room(limit, run->spec, run->now, room, error);
    }
    if (answer == CVI_STORE_DONE) {
        answer = cvi_rate_limit_announce(limit, run->spec, run->now, room, error);
    }
    run->keep = run->keep || room->has_written;
    if (answer == CVI_STORE_DONE && room->wait_ms != 0) {
        run->claim->wait_ms = room->wait_ms;
        run->claim->reason = room->reason;
        memcpy(run->claim->reason_text, room->reason_text, sizeof(room->reason_text));
        decide(run, CVI_CLAIM_WAIT);
    } else {
        run->claim->wait_ms = limit->min_interval_ms;
    }
    return answer;
}

/* Only for what is really sent: it may be a large body. */
static cvi_store_answer recall(claiming *run, cv_error *error) {
    cvi_cache *cache = &run->stores->cache;
    bool has_deleted = false;
    if (!run->spec->recalls || cache->disabled) {
        return CVI_STORE_DONE;
    }
    cvi_store_answer answer =
        cvi_cache_recall(cache, run->spec->hash, &run->claim->recalled, &has_deleted, error);
    run->keep = run->keep || has_deleted;
    return answer;
}

static cvi_store_answer admit(claiming *run, cv_error *error) {
    const cvi_claim_spec *spec = run->spec;
    cvi_stores *stores = run->stores;
    run->keep = true;
    cvi_store_answer answer = cvi_rate_limit_admit(&stores->rate_limit, spec, &run->room, run->now,
                                                   &run->claim->row_id, error);
    if (answer != CVI_STORE_DONE) {
        return answer;
    }
    run->claim->is_probe = run->room.cooling.needs_probe;
    run->claim->has_failed = run->room.cooling.failures > 0;
    decide(run, CVI_CLAIM_ADMITTED);
    if (owns_job(run)) {
        memcpy(run->claim->job_id, spec->job_id, strnlen(spec->job_id, CVI_JOB_ID_SIZE - 1));
        return CVI_STORE_DONE;
    }
    if (stores->dedupe.disabled) {
        return CVI_STORE_DONE;
    }
    return cvi_dedupe_take(&stores->dedupe, spec->hash, run->now, run->claim->job_id, error);
}

static cvi_store_answer run_steps(claiming *run, cv_error *error) {
    static cvi_store_answer (*const steps[])(claiming *, cv_error *) = {
        take_back, check_own_job, reread_cache, look_for_owner, count_room, recall, admit};
    cvi_store_answer answer = CVI_STORE_DONE;
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        answer = steps[i](run, error);
        if (answer != CVI_STORE_DONE || run->decided) {
            break;
        }
    }
    return answer;
}

/* With files apart the job may be in the file and its admission not: nobody works on it. What keeps
 * this from being written leaves the job to its lease. */
static void give_job_back(const claiming *run) {
    cvi_stores *stores = run->stores;
    cv_error failure;
    if (stores->file_count == 1 || run->claim->verdict != CVI_CLAIM_ADMITTED || owns_job(run) ||
        stores->dedupe.disabled) {
        return;
    }
    if (cvi_stores_release(stores, run->spec->hash, run->claim->job_id, 0, NULL, 0, run->now,
                           &failure) == CVI_STORE_FAILED) {
        cvi_log_write(stores->log, CV_LOG_WARNING, "a job is left to its lease: %s",
                      failure.message);
    }
}

cvi_store_answer cvi_stores_claim(cvi_stores *stores, const cvi_claim_spec *spec, cvi_now now,
                                  cvi_claim *claim, cv_error *error) {
    claiming run = {.stores = stores, .spec = spec, .now = now, .claim = claim};
    memset(claim, 0, sizeof(*claim));
    cvi_store_answer answer = cvi_stores_begin(stores, 0, error);
    if (answer != CVI_STORE_DONE) {
        return answer;
    }
    run.now = cvi_db_now(stores->rate_limit_db, now);
    answer = run_steps(&run, error);
    answer = cvi_stores_end(stores, stores->dedupe_db, answer, run.keep, error);
    if (answer != CVI_STORE_DONE) {
        give_job_back(&run);
        cvi_stores_drop_body(stores, &claim->cached);
        cvi_release(&stores->files[0].allocator, claim->recalled.body);
        memset(claim, 0, sizeof(*claim));
    }
    return answer;
}
