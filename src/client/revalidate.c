/* Owns the requests that nobody waits for. Such a request belongs to the driver alone: whoever got
 * the stale answer may free it, and its own request, before this one is sent. In other processes
 * the job of its key keeps a second one from being sent. Any thread. */
#include "client/revalidate.h"

#include <string.h>

#include "client/calls.h"
#include "client/request_start.h"

#define HOLD_OFF_MS INT64_C(30000) /* a service that fails is not asked by each reader anew */

static cvi_revalidation *find(cvi_revalidations *all, const char *hash) {
    for (size_t i = 0; i < CVI_REVALIDATIONS_MAX; i++) {
        if (strcmp(all->places[i].hash, hash) == 0) {
            return &all->places[i];
        }
    }
    return NULL;
}

/* A place that is free, or whose failure may be forgotten. */
static cvi_revalidation *find_room(cvi_revalidations *all) {
    for (size_t i = 0; i < CVI_REVALIDATIONS_MAX; i++) {
        if (!all->places[i].is_under_way) {
            return &all->places[i];
        }
    }
    return NULL;
}

/* Whether a request for this key may start now; it is then noted as under way. */
static bool reserve_locked(cvi_revalidations *all, const char *hash, cvi_now now) {
    cvi_revalidation *place = find(all, hash);
    if (place != NULL && (place->is_under_way || now.boot_ms < place->not_before_boot_ms)) {
        return false;
    }
    if (place == NULL) {
        place = find_room(all);
    }
    if (place == NULL) {
        return false;
    }
    memcpy(place->hash, hash, CVI_HASH_SIZE);
    place->is_under_way = true;
    return true;
}

static void end_locked(cvi_revalidations *all, const char *hash, int64_t not_before_boot_ms) {
    cvi_revalidation *place = find(all, hash);
    *place = (cvi_revalidation){.not_before_boot_ms = not_before_boot_ms};
    if (not_before_boot_ms > 0) {
        memcpy(place->hash, hash, CVI_HASH_SIZE);
    }
}

void cvi_revalidation_end_locked(const cv_request *request) {
    cv_client *client = request->client;
    bool has_failed = request->outcome.result == NULL;
    int64_t not_before_boot_ms =
        has_failed ? cvi_clock_now(&client->clock).boot_ms + HOLD_OFF_MS : 0;
    end_locked(&client->revalidations, request->call->hash, not_before_boot_ms);
}

void cvi_revalidate(cv_client *client, cvi_call *call, int64_t max_age_ms) {
    cvi_now now = cvi_clock_now(&client->clock);
    cvi_mutex_lock(&client->mutex);
    bool may_start = reserve_locked(&client->revalidations, call->hash, now);
    cvi_mutex_unlock(&client->mutex);
    if (!may_start) {
        return;
    }
    cvi_order order = {.call = cvi_call_keep(call),
                       .options = cvi_options_of(CV_PRIORITY_BACKGROUND),
                       .asker = CVI_ASKER_LIBRARY,
                       .revalidates = true};
    order.options.stale = CV_STALE_NEVER;
    order.options.max_age_s = max_age_ms / 1000;
    cv_request *request = cvi_request_start(client, &order);
    if (request != NULL) {
        cvi_request_detach(request);
        return;
    }
    cvi_mutex_lock(&client->mutex);
    end_locked(&client->revalidations, call->hash, 0);
    cvi_mutex_unlock(&client->mutex);
}
