/* Owns what the public handle of the rate limit tells of itself: the status of a path, who spent
 * its budget, and the figures over all. Looking changes nothing for others, but that shares may be
 * counted anew. */
#include <comicvine/stores.h>

#include <string.h>

#include "stores/rate_limit_face.h"

/* ---- status ---- */

typedef struct looking {
    const char *resource;
    cv_rate_limit_status *status;
} looking;

static void fill_status(cv_rate_limit_status *status, const cvi_path_limit *path,
                        const cvi_used *used, const cvi_room *room, cvi_now now) {
    *status = (cv_rate_limit_status){.limit = CV_NONE, .remaining = CV_NONE, .used = used->count};
    if (path->limit >= 0) {
        status->limit = path->limit;
        status->remaining = path->limit > used->count ? path->limit - used->count : 0;
    }
    if (used->count > 0) {
        status->reset_at_ms = now.wall_ms + used->oldest_boot_ms + path->look_back_ms - now.boot_ms;
    }
    status->next_slot_ms = room->wait_ms < 0 ? -1 : now.wall_ms + room->wait_ms;
    int64_t pause_ms = room->cooling.left_ms;
    status->cooldown_until_ms = pause_ms > 0 ? now.wall_ms + pause_ms : 0;
}

/* A host that fails is what a user must know first. */
static void fill_pause_reason(cv_rate_limit_status *status, const cvi_room *room) {
    char text[CVI_REASON_SIZE];
    cvi_cooling_explain(&room->cooling, text);
    if (text[0] != '\0') {
        memcpy(status->reason, text, sizeof(status->reason));
    }
}

static void fill_share(cv_rate_limit_status *status, const cvi_share *share) {
    status->user_reserved = share->user_reserved;
    status->background_max = share->background_max;
    status->background_paused = share->background_paused;
    status->recent_user_activity = share->recent_user_activity;
    memcpy(status->reason, share->reason, sizeof(status->reason));
}

static cvi_store_answer look_at_share(cvi_stores *stores, const cvi_claim_spec *spec,
                                      cv_rate_limit_status *status, cvi_now now, bool *keep,
                                      cv_error *error) {
    cvi_counted counted;
    cvi_share share;
    cvi_store_answer answer =
        cvi_rate_limit_share(&stores->rate_limit, spec, now, &counted, &share, error);
    *keep = *keep || counted.is_new;
    fill_share(status, &share);
    return answer;
}

static cvi_store_answer look(cvi_stores *stores, void *context, cvi_now now, bool *keep,
                             cv_error *error) {
    const looking *run = context;
    const cvi_claim_spec spec = cvi_limit_spec_of(run->resource, CV_PRIORITY_USER);
    cvi_room room = {0};
    cvi_used used = {0};
    cvi_store_answer answer = cvi_limit_adopt(stores, now, keep, error);
    if (answer == CVI_STORE_DONE) {
        answer = cvi_rate_limit_room(&stores->rate_limit, &spec, now, &room, error);
    }
    if (answer == CVI_STORE_DONE) {
        answer = cvi_budget_used(&stores->budget, run->resource, spec.is_list, now, &used, error);
    }
    if (answer == CVI_STORE_DONE) {
        fill_status(run->status, cvi_rate_limit_path(&stores->rate_limit, run->resource), &used,
                    &room, now);
        answer = look_at_share(stores, &spec, run->status, now, keep, error);
        fill_pause_reason(run->status, &room);
    }
    return answer;
}

bool cv_rate_limit_store_status(cv_rate_limit_store *store, const char *resource,
                                cv_rate_limit_status *status) {
    if (status == NULL) {
        return cvi_public_refuse("the status is NULL");
    }
    memset(status, 0, sizeof(*status));
    looking run = {resource, status};
    return cvi_limit_check_resource(store, resource) &&
           cvi_public_write(store->stores, store->stores->rate_limit_db, look, &run);
}

/* ---- spenders ---- */

typedef struct counting {
    const char *resource;
    cv_rate_limit_spender *spenders;
    size_t capacity;
    size_t count;
} counting;

static cvi_store_answer count_spenders(cvi_stores *stores, void *context, cvi_now now, bool *keep,
                                       cv_error *error) {
    counting *run = context;
    cvi_store_answer answer = cvi_limit_adopt(stores, now, keep, error);
    if (answer != CVI_STORE_DONE) {
        return answer;
    }
    return cvi_spenders_find(&stores->spenders, run->resource, cvi_limit_is_list(run->resource),
                             now, run->spenders, run->capacity, &run->count, error);
}

bool cv_rate_limit_store_spenders(cv_rate_limit_store *store, const char *resource,
                                  cv_rate_limit_spender *spenders, size_t capacity, size_t *count) {
    if (count == NULL || (spenders == NULL && capacity > 0)) {
        return cvi_public_refuse("the place for the spenders or their count is NULL");
    }
    counting run = {resource, spenders, capacity, 0};
    bool done = cvi_limit_check_resource(store, resource) &&
                cvi_public_write(store->stores, store->stores->rate_limit_db, count_spenders, &run);
    *count = done ? run.count : 0;
    size_t filled = *count < capacity ? *count : capacity;
    for (size_t i = filled; i < capacity; i++) {
        spenders[i] = (cv_rate_limit_spender){.pid = 0};
    }
    return done;
}

/* ---- figures over all ---- */

static cvi_store_answer add_up(cvi_stores *stores, void *context, cvi_now now, bool *keep,
                               cv_error *error) {
    cvi_store_answer answer = cvi_limit_adopt(stores, now, keep, error);
    if (answer != CVI_STORE_DONE) {
        return answer;
    }
    cvi_budget_totals *totals = context;
    answer = cvi_budget_total(&stores->budget, cvi_limit_is_list, now, totals, error);
    *keep = *keep || totals->has_written;
    return answer;
}

static void fill_stats(cv_rate_limit_stats *stats, const cvi_budget_totals *totals) {
    stats->unique_resources = totals->resources;
    stats->rate_limited_resources = totals->full_resources;
    stats->priority_mode_activations = totals->activations;
    if (totals->resources > 0) {
        stats->average_user_activity = (double)totals->users / (double)totals->resources;
    }
    if (totals->background_max > 0) {
        stats->background_utilization = (double)totals->background / (double)totals->background_max;
    }
}

/* A walk through the whole table, which holds up nobody. */
static bool count_requests(cv_rate_limit_store *store, int64_t *requests) {
    return cvi_public_read_row(store->stores->rate_limit_db, cvi_budget_requests_text,
                               CVI_VALUES(cvi_text(store->stores->rate_limit.scope)), requests, 1);
}

bool cv_rate_limit_store_stats(cv_rate_limit_store *store, cv_rate_limit_stats *stats) {
    cvi_budget_totals totals = {0};
    if (stats == NULL) {
        return cvi_public_refuse("the stats are NULL");
    }
    memset(stats, 0, sizeof(*stats));
    if (!cvi_limit_check_store(store) ||
        !cvi_public_write(store->stores, store->stores->rate_limit_db, add_up, &totals) ||
        !count_requests(store, &stats->total_requests)) {
        return false;
    }
    fill_stats(stats, &totals);
    return true;
}
