/* Owns the public handle of the rate limit: its opening, and the questions that admit or record a
 * request. Checks what the application passes. */
#include <comicvine/stores.h>

#include <string.h>

#include <comicvine/resource.h>

#include "stores/rate_limit_face.h"
#include "stores/settings.h"
#include "support/error.h"
#include "support/options.h"

#define CLEAN_INTERVAL_MS INT64_C(60000)

/* ---- opening and closing ---- */

/* One segment of a path, as it stands in URLs. */
static bool check_segment(const char *what, const char *text) {
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
    if (!cvi_public_check_text(what, text, CV_RESOURCE_MAX)) {
        return false;
    }
    size_t length = strspn(text, allowed);
    return text[length] == '\0' ||
           cvi_public_refuse("the %s holds the byte 0x%02X, which no path segment does", what,
                             (unsigned)(unsigned char)text[length]);
}

static bool check_resources(const cv_rate_limit_settings *settings) {
    for (size_t i = 0; i < settings->resource_count; i++) {
        if (!check_segment("name of a resource", settings->resources[i].resource)) {
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
    cvi_public_options common = {.database = own.database,
                                 .connection = own.connection,
                                 .scope = own.scope,
                                 .allocator = own.allocator,
                                 .clock = own.clock,
                                 .max_memory_bytes = own.max_memory_bytes,
                                 .origin = own.origin,
                                 .application = own.application};
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

bool cvi_limit_check_store(const cv_rate_limit_store *store) {
    if (store == NULL) {
        return cvi_public_refuse("the rate limit store is NULL");
    }
    return cvi_public_check_here(store->stores);
}

bool cvi_limit_check_resource(const cv_rate_limit_store *store, const char *resource) {
    return cvi_limit_check_store(store) && check_segment("resource", resource);
}

/* A path that is no detail that this version knows may be a list. */
bool cvi_limit_is_list(const char *resource) {
    cv_resource known = cv_resource_from_name(resource);
    return known == CV_RESOURCE_NONE || strcmp(cv_resource_name(known), resource) != 0;
}

cvi_claim_spec cvi_limit_spec_of(const char *resource, cv_priority priority) {
    return (cvi_claim_spec){.resource = resource,
                            .is_list = cvi_limit_is_list(resource),
                            .priority = priority,
                            .readiness = CVI_READY_SOON};
}

cvi_store_answer cvi_limit_clean_batch(cvi_stores *stores, cvi_now now, int64_t *deleted,
                                       bool *more, cv_error *error) {
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
    return cvi_public_clean_if_due(stores, CLEAN_INTERVAL_MS, cvi_limit_clean_batch, now, error);
}

cvi_store_answer cvi_limit_adopt(cvi_stores *stores, cvi_now now, bool *keep, cv_error *error) {
    int64_t adopted = 0;
    cvi_store_answer answer = cvi_rate_limit_adopt(&stores->rate_limit, now, &adopted, error);
    *keep = *keep || adopted > 0;
    return answer;
}

static cvi_store_answer ask(cvi_stores *stores, void *context, cvi_now now, bool *keep,
                            cv_error *error) {
    asking *run = context;
    const cvi_claim_spec spec = cvi_limit_spec_of(run->resource, run->priority);
    cvi_store_answer answer = CVI_STORE_DONE;
    run->room = (cvi_room){0};
    if (run->look_first) {
        answer = cvi_limit_adopt(stores, now, keep, error);
        if (answer == CVI_STORE_DONE) {
            answer = cvi_rate_limit_room(&stores->rate_limit, &spec, now, &run->room, error);
        }
    }
    if (answer == CVI_STORE_DONE && run->record) {
        answer = cvi_rate_limit_announce(&stores->rate_limit, &spec, now, &run->room, error);
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
    if (!cvi_limit_check_resource(store, run->resource)) {
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
