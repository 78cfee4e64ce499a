/* Owns the public handle of the rate limit: checks what the application passes, and calls
 * rate_limit.c and budget.c. */
#include <comicvine/stores.h>

#include <inttypes.h>
#include <string.h>

#include <comicvine/resource.h>

#include "stores/limits.h"
#include "stores/public_call.h"
#include "stores/schema.h"
#include "stores/settings.h"
#include "support/error.h"
#include "support/options.h"

#define CLEAN_INTERVAL_MS INT64_C(60000)

/* ---- opening and closing ---- */

static bool check_resources(const cv_rate_limit_settings *settings) {
    for (size_t i = 0; i < settings->resource_count; i++) {
        if (!cvi_public_check_text("name of a resource", settings->resources[i].resource,
                                   CV_RESOURCE_MAX)) {
            return false;
        }
    }
    return true;
}

static bool read_options(cv_rate_limit_options *own, const cv_rate_limit_options *options,
                         cv_rate_limit_settings *settings) {
    cv_error error;
    if (!cvi_public_copy_options(own, sizeof(*own), options, "cv_rate_limit_options", own->reserved,
                                 sizeof(own->reserved) / sizeof(own->reserved[0]))) {
        return false;
    }
    *settings = (cv_rate_limit_settings){.kind = own->kind,
                                         .limit = own->limit,
                                         .window_ms = own->window_ms,
                                         .guard_ms = own->guard_ms,
                                         .min_interval_ms = own->min_interval_ms,
                                         .adaptive = own->adaptive,
                                         .resources = own->resources,
                                         .resource_count = own->resource_count};
    if (cvi_rate_limit_settings_fill(settings, "", &error)) {
        return check_resources(settings);
    }
    cvi_error_remember(&error);
    return false;
}

cv_rate_limit_store *cv_rate_limit_store_open(const cv_rate_limit_options *options) {
    cv_rate_limit_options own;
    cvi_stores_options parts = cvi_public_parts();
    if (!read_options(&own, options, &parts.rate_limit)) {
        return NULL;
    }
    cvi_public_options common = {own.database, own.connection, own.scope, own.allocator,
                                 own.origin};
    cvi_stores *stores = cvi_public_open(&common, &parts);
    if (stores == NULL) {
        return NULL;
    }
    stores->rate_limit_store.is_lent = false;
    return &stores->rate_limit_store;
}

void cv_rate_limit_store_close(cv_rate_limit_store *store) {
    if (store != NULL && !store->is_lent) {
        cvi_stores_close(store->stores);
    }
}

/* ---- asking ---- */

typedef struct asking {
    const char *resource;
    cv_priority priority;
    bool record;     /* if there is room */
    bool look_first; /* else it is recorded without room too */
    cvi_room room;
} asking;

static bool check_store(const cv_rate_limit_store *store) {
    return store != NULL || cvi_public_refuse("the rate limit store is NULL");
}

static bool check_resource(const cv_rate_limit_store *store, const char *resource) {
    return check_store(store) && cvi_public_check_text("resource", resource, CV_RESOURCE_MAX);
}

/* A path that is no detail that this version knows may be a list. */
static bool is_list(const char *resource) {
    cv_resource known = cv_resource_from_name(resource);
    return known == CV_RESOURCE_NONE || strcmp(cv_resource_name(known), resource) != 0;
}

static cvi_claim_spec spec_of(const char *resource, cv_priority priority, bool only_looks) {
    return (cvi_claim_spec){.resource = resource,
                            .is_list = is_list(resource),
                            .priority = priority,
                            .readiness = CVI_READY_SOON,
                            .only_looks = only_looks};
}

static cvi_store_answer clean_batch(cvi_stores *stores, cvi_now now, int64_t *deleted, bool *more,
                                    cv_error *error) {
    return cvi_rate_limit_clean(&stores->rate_limit, now, deleted, more, error);
}

static cvi_store_answer record_request(cvi_stores *stores, const cvi_claim_spec *spec,
                                       const cvi_room *room, cvi_now now, cv_error *error) {
    int64_t row_id = 0;
    cvi_store_answer answer =
        cvi_rate_limit_admit(&stores->rate_limit, spec, room, now, &row_id, error);
    if (answer != CVI_STORE_DONE || stores->rate_limit_store.is_lent) {
        return answer;
    }
    return cvi_public_clean_if_due(stores, CLEAN_INTERVAL_MS, clean_batch, now, error);
}

static cvi_store_answer adopt(cvi_stores *stores, cvi_now now, bool *keep, cv_error *error) {
    int64_t adopted = 0;
    cvi_store_answer answer = cvi_rate_limit_adopt(&stores->rate_limit, now, &adopted, error);
    *keep = *keep || adopted > 0;
    return answer;
}

static cvi_store_answer ask(cvi_stores *stores, void *context, cvi_now now, bool *keep,
                            cv_error *error) {
    asking *run = context;
    const cvi_claim_spec spec = spec_of(run->resource, run->priority, !run->record);
    cvi_store_answer answer = CVI_STORE_DONE;
    run->room = (cvi_room){0};
    if (run->look_first) {
        answer = adopt(stores, now, keep, error);
        if (answer == CVI_STORE_DONE) {
            answer = cvi_rate_limit_room(&stores->rate_limit, &spec, now, &run->room, error);
        }
    }
    /* Who only looks announces nothing, and leaves the counting to those who act. */
    *keep = *keep || (run->record && run->room.has_written);
    if (answer != CVI_STORE_DONE || !run->record || run->room.wait_ms != 0) {
        return answer;
    }
    *keep = true;
    return record_request(stores, &spec, &run->room, now, error);
}

static bool run_asking(cv_rate_limit_store *store, asking *run) {
    if (!check_resource(store, run->resource)) {
        return false;
    }
    if (run->priority != CV_PRIORITY_USER && run->priority != CV_PRIORITY_BACKGROUND) {
        return cvi_public_refuse("the priority has no value %d", run->priority);
    }
    return cvi_public_write(store->stores, store->stores->rate_limit_db, ask, run);
}

bool cv_rate_limit_store_acquire(cv_rate_limit_store *store, const char *resource,
                                 cv_priority priority, int64_t *wait_ms) {
    asking run = {resource, priority, true, true, {0}};
    if (wait_ms == NULL) {
        return cvi_public_refuse("the place for wait_ms is NULL");
    }
    *wait_ms = -1; /* whoever overlooks a failure must not send */
    bool done = run_asking(store, &run);
    if (done) {
        *wait_ms = run.room.wait_ms;
    }
    return done;
}

bool cv_rate_limit_store_wait_time(cv_rate_limit_store *store, const char *resource,
                                   cv_priority priority, int64_t *wait_ms) {
    asking run = {resource, priority, false, true, {0}};
    if (wait_ms == NULL) {
        return cvi_public_refuse("the place for wait_ms is NULL");
    }
    *wait_ms = -1;
    bool done = run_asking(store, &run);
    if (done) {
        *wait_ms = run.room.wait_ms;
    }
    return done;
}

bool cv_rate_limit_store_can_proceed(cv_rate_limit_store *store, const char *resource,
                                     cv_priority priority, bool *yes) {
    int64_t wait_ms = 0;
    if (yes == NULL) {
        return cvi_public_refuse("the place for the answer is NULL");
    }
    bool done = cv_rate_limit_store_wait_time(store, resource, priority, &wait_ms);
    *yes = done && wait_ms == 0;
    return done;
}

bool cv_rate_limit_store_record(cv_rate_limit_store *store, const char *resource,
                                cv_priority priority) {
    asking run = {resource, priority, true, false, {0}};
    return run_asking(store, &run);
}

/* ---- status ---- */

typedef struct looking {
    const char *resource;
    cv_rate_limit_status *status;
} looking;

static void fill_status(cv_rate_limit_status *status, const cvi_path_limit *path,
                        const cvi_used *used, const cvi_room *room, cvi_now now) {
    *status = (cv_rate_limit_status){.limit = CV_NONE, .remaining = CV_NONE};
    if (path->limit >= 0) {
        status->limit = path->limit;
        status->remaining = path->limit > used->count ? path->limit - used->count : 0;
    }
    if (used->count > 0) {
        status->reset_at_ms = now.wall_ms + used->oldest_boot_ms + path->look_back_ms - now.boot_ms;
    }
    status->next_slot_ms = room->wait_ms < 0 ? -1 : now.wall_ms + room->wait_ms;
    status->cooldown_until_ms = room->cooldown_ms > 0 ? now.wall_ms + room->cooldown_ms : 0;
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
    const cvi_claim_spec spec = spec_of(run->resource, CV_PRIORITY_USER, true);
    cvi_room room = {0};
    cvi_used used = {0};
    cvi_store_answer answer = adopt(stores, now, keep, error);
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
    return check_resource(store, resource) &&
           cvi_public_write(store->stores, store->stores->rate_limit_db, look, &run);
}

static cvi_store_answer add_up(cvi_stores *stores, void *context, cvi_now now, bool *keep,
                               cv_error *error) {
    cvi_store_answer answer = adopt(stores, now, keep, error);
    if (answer != CVI_STORE_DONE) {
        return answer;
    }
    cvi_budget_totals *totals = context;
    answer = cvi_budget_total(&stores->budget, is_list, now, totals, error);
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
    if (!check_store(store) ||
        !cvi_public_write(store->stores, store->stores->rate_limit_db, add_up, &totals) ||
        !count_requests(store, &stats->total_requests)) {
        return false;
    }
    fill_stats(stats, &totals);
    return true;
}

/* ---- limits of resources ---- */

typedef struct setting {
    const char *resource;
    int64_t limit;
    int64_t window_ms;
} setting;

/* First the file keeps rows for as long as the new window, then the window is used. */
static cvi_store_answer keep_rows(cvi_stores *stores, void *context, cvi_now now, bool *keep,
                                  cv_error *error) {
    const setting *run = context;
    (void)now;
    *keep = true;
    return cvi_schema_raise_look_back(stores->rate_limit_db->connection,
                                      stores->rate_limit_db->path,
                                      run->window_ms + stores->rate_limit.guard_ms, error);
}

static cvi_store_answer use_limit(cvi_stores *stores, void *context, cvi_now now, bool *keep,
                                  cv_error *error) {
    const setting *run = context;
    (void)now;
    (void)keep;
    if (cvi_rate_limit_set_path(&stores->rate_limit, run->resource, run->limit, run->window_ms)) {
        return CVI_STORE_DONE;
    }
    cvi_error_no_memory(error);
    return CVI_STORE_FAILED;
}

bool cv_rate_limit_store_set_resource(cv_rate_limit_store *store, const char *resource,
                                      int64_t limit, int64_t window_ms) {
    if (limit < 0 || limit > CVI_MAX_REQUESTS) {
        return cvi_public_refuse("limit is %" PRId64 ", not from 0 to %" PRId64, limit,
                                 CVI_MAX_REQUESTS);
    }
    if (window_ms < 1 || window_ms > CVI_MAX_TIME_MS) {
        return cvi_public_refuse("window_ms is %" PRId64 ", not from 1 to a year", window_ms);
    }
    if (!check_resource(store, resource)) {
        return false;
    }
    setting run = {resource, limit, window_ms};
    cvi_db *db = store->stores->rate_limit_db;
    return cvi_public_write(store->stores, db, keep_rows, &run) &&
           cvi_public_read(store->stores, db, use_limit, &run);
}

static cvi_store_answer read_limit(cvi_stores *stores, void *context, cvi_now now, bool *keep,
                                   cv_error *error) {
    setting *run = context;
    const cvi_path_limit *path = cvi_rate_limit_path(&stores->rate_limit, run->resource);
    (void)now;
    (void)keep;
    (void)error;
    run->limit = path->limit;
    run->window_ms = path->look_back_ms - stores->rate_limit.guard_ms;
    return CVI_STORE_DONE;
}

bool cv_rate_limit_store_get_resource(cv_rate_limit_store *store, const char *resource,
                                      int64_t *limit, int64_t *window_ms) {
    if (limit == NULL || window_ms == NULL) {
        return cvi_public_refuse("the place for limit or window_ms is NULL");
    }
    setting run = {resource, 0, 0};
    bool done = check_resource(store, resource) &&
                cvi_public_read(store->stores, store->stores->rate_limit_db, read_limit, &run);
    *limit = run.limit;
    *window_ms = run.window_ms;
    return done;
}

/* ---- pauses of the service ---- */

typedef struct cooling {
    const char *resource;
    int64_t for_ms;
} cooling;

static cvi_store_answer cool_down(cvi_stores *stores, void *context, cvi_now now, bool *keep,
                                  cv_error *error) {
    const cooling *run = context;
    cvi_cooldowns *cooldowns = &stores->rate_limit.cooldowns;
    int64_t left_ms = 0;
    *keep = true;
    if (run->for_ms == CV_NONE) {
        return cvi_cooldowns_lift(cooldowns, run->resource, error);
    }
    return cvi_cooldowns_begin(cooldowns, run->resource, run->for_ms, now, &left_ms, error);
}

bool cv_rate_limit_store_cool_down(cv_rate_limit_store *store, const char *resource,
                                   int64_t for_ms) {
    cooling run = {resource != NULL ? resource : CVI_ALL_PATHS, for_ms};
    if (!check_store(store) || (resource != NULL && !check_resource(store, resource))) {
        return false;
    }
    if (for_ms < 0 && for_ms != CV_NONE) {
        return cvi_public_refuse("the time is negative, and not CV_NONE");
    }
    return cvi_public_write(store->stores, store->stores->rate_limit_db, cool_down, &run);
}

/* ---- deleting ---- */

typedef struct forgetting {
    const char *resource; /* NULL: all */
    bool more;
} forgetting;

/* A path is free again only if everything is. */
static cvi_store_answer lift(cvi_rate_limit *limit, const char *resource, cv_error *error) {
    cvi_cooldowns *cooldowns = &limit->cooldowns;
    cvi_store_answer answer = cvi_shares_forget(&limit->shares, resource, error);
    if (answer != CVI_STORE_DONE) {
        return answer;
    }
    if (resource == NULL) {
        return cvi_cooldowns_lift_all(cooldowns, error);
    }
    answer = cvi_cooldowns_lift(cooldowns, resource, error);
    if (answer != CVI_STORE_DONE) {
        return answer;
    }
    return cvi_cooldowns_lift(cooldowns, CVI_ALL_PATHS, error);
}

static cvi_store_answer forget_rows(cvi_stores *stores, const char *resource, int64_t *deleted,
                                    bool *more, cv_error *error) {
    if (resource == NULL) {
        return cvi_budget_forget_all(&stores->budget, deleted, more, error);
    }
    return cvi_budget_forget(&stores->budget, resource, is_list(resource), deleted, more, error);
}

static cvi_store_answer forget_batch(cvi_stores *stores, void *context, cvi_now now, bool *keep,
                                     cv_error *error) {
    forgetting *run = context;
    int64_t deleted = 0;
    (void)now;
    run->more = false;
    cvi_store_answer answer = forget_rows(stores, run->resource, &deleted, &run->more, error);
    *keep = true;
    if (answer != CVI_STORE_DONE || run->more) {
        return answer;
    }
    return lift(&stores->rate_limit, run->resource, error);
}

static bool forget(cv_rate_limit_store *store, const char *resource) {
    forgetting run = {resource, true};
    while (run.more) {
        if (!cvi_public_write(store->stores, store->stores->rate_limit_db, forget_batch, &run)) {
            return false;
        }
        cvi_db_offer(store->stores->rate_limit_db);
    }
    return true;
}

bool cv_rate_limit_store_reset(cv_rate_limit_store *store, const char *resource) {
    return check_resource(store, resource) && forget(store, resource);
}

bool cv_rate_limit_store_clear(cv_rate_limit_store *store) {
    return check_store(store) && forget(store, NULL);
}

bool cv_rate_limit_store_cleanup(cv_rate_limit_store *store) {
    return check_store(store) &&
           cvi_public_delete_all(store->stores, store->stores->rate_limit_db, clean_batch);
}
