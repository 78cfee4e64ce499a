/* Owns what an application may change through the public handle of the rate limit: limits of
 * resources, pauses of the service, and what is forgotten. */
#include <comicvine/stores.h>

#include <inttypes.h>

#include "stores/rate_limit_face.h"
#include "stores/schema.h"
#include "stores/settings.h"
#include "support/error.h"
#include "support/options.h"

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
    if (!cvi_limit_check_resource(store, resource)) {
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
    bool done = cvi_limit_check_resource(store, resource) &&
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
        cvi_store_answer answer = cvi_circuit_close(&stores->rate_limit.circuit, error);
        return answer == CVI_STORE_DONE ? cvi_cooldowns_lift(cooldowns, run->resource, error)
                                        : answer;
    }
    return cvi_cooldowns_begin(cooldowns, run->resource, run->for_ms, now, &left_ms, error);
}

bool cv_rate_limit_store_cool_down(cv_rate_limit_store *store, const char *resource,
                                   int64_t for_ms) {
    cooling run = {resource != NULL ? resource : CVI_ALL_PATHS, for_ms};
    if (!cvi_limit_check_store(store) ||
        (resource != NULL && !cvi_limit_check_resource(store, resource))) {
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
    if (answer == CVI_STORE_DONE) {
        answer = cvi_circuit_close(&limit->circuit, error);
    }
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
    return cvi_budget_forget(&stores->budget, resource, cvi_limit_is_list(resource), deleted, more,
                             error);
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
    return cvi_limit_check_resource(store, resource) && forget(store, resource);
}

bool cv_rate_limit_store_clear(cv_rate_limit_store *store) {
    return cvi_limit_check_store(store) && forget(store, NULL);
}

bool cv_rate_limit_store_cleanup(cv_rate_limit_store *store) {
    return cvi_limit_check_store(store) &&
           cvi_public_delete_all(store->stores, store->stores->rate_limit_db,
                                 cvi_limit_clean_batch);
}
