/* Owns the shortest way to an answer: no key is worked out, no file read, nothing parsed. It rests
 * on the state of the cache's file, which each commit changes, whoever makes it; so what is given
 * is what a read would have found at the moment of the comparison. */
#include "client/recent_answer.h"

#include "client/events.h"
#include "resources/registry.h"

/* An entry outside the mutex. */
typedef struct recollection {
    cvi_call *call;
    cvi_result *result;
    cvi_cached row;
} recollection;

static bool recall_locked(cv_client *client, const cvi_resource *resource, int64_t id,
                          recollection *found) {
    cvi_stamp present;
    const cvi_remembered *entry = cvi_recent_find(&client->recent, resource, id);
    if (entry == NULL || !cvi_stores_stamp(client->stores, &present) ||
        !cvi_stamp_is_same(&entry->row.stamp, &present)) {
        return false;
    }
    found->call = cvi_call_keep(entry->call);
    found->result = cvi_result_keep(entry->result);
    found->row = entry->row;
    return true;
}

/* Finds an entry that is still true; client and stores stay until cvi_client_leave and release. */
static bool enter_with(cv_client *client, const cvi_resource *resource, int64_t id,
                       recollection *found) {
    cvi_mutex_lock(&client->mutex);
    bool is_found = !client->closed && recall_locked(client, resource, id, found);
    if (is_found) {
        client->visitors++;
        client->references++;
    }
    cvi_mutex_unlock(&client->mutex);
    return is_found;
}

/* Whether it is fresh, by the clock and for this caller. Then it becomes the outcome. */
static bool take_fresh(cv_client *client, int64_t max_age_ms, recollection *found,
                       cvi_outcome *outcome) {
    const cvi_want want = {.ttl_ms = found->call->ttl_ms, .max_age_ms = max_age_ms};
    if (!cvi_stores_look_again(client->stores, &found->row, &want, cvi_clock_now(&client->clock))) {
        return false;
    }
    outcome->result = found->result;
    outcome->provenance = (cvi_provenance){.source = CV_SOURCE_CACHE,
                                           .fetched_at_ms = found->row.fetched_at_ms,
                                           .expires_at_ms = found->row.expires_at_ms};
    return true;
}

bool cvi_recent_answer(cv_client *client, cv_resource resource, int64_t id,
                       const cv_request_options *options, cvi_outcome *outcome) {
    recollection found;
    const cvi_resource *table = cvi_registry_find(resource);
    if (table == NULL || options->fields != NULL || options->mode == CV_MODE_REFRESH ||
        !enter_with(client, table, id, &found)) {
        return false;
    }
    bool is_answer = take_fresh(client, options->max_age_s * 1000, &found, outcome);
    cvi_client_leave(client);
    if (is_answer) {
        cvi_events_tell_answered(client, found.call, outcome);
    } else {
        cvi_result_release(found.result);
    }
    cvi_call_release(found.call);
    cvi_client_release(client);
    return is_answer;
}

bool cvi_recent_serve(cv_request *request) {
    cv_client *client = request->client;
    cvi_outcome outcome = {.result = NULL};
    recollection found;
    if (request->passenger.mode == CV_MODE_REFRESH ||
        !cvi_recent_takes(&client->recent, request->call)) {
        return false;
    }
    cvi_mutex_lock(&client->mutex);
    bool is_found = recall_locked(client, request->call->resource, request->call->id, &found);
    cvi_mutex_unlock(&client->mutex);
    if (!is_found) {
        return false;
    }
    bool is_answer = take_fresh(client, request->passenger.max_age_ms, &found, &outcome);
    if (is_answer) {
        cvi_request_deliver(client, &request->passenger, &outcome);
    }
    cvi_result_release(found.result);
    cvi_call_release(found.call);
    return is_answer;
}

cvi_result *cvi_recent_know(void *user, const cvi_call *call, cvi_want *want) {
    cv_client *client = user;
    cvi_result *result = NULL;
    if (!cvi_recent_takes(&client->recent, call)) {
        return NULL;
    }
    cvi_mutex_lock(&client->mutex);
    const cvi_remembered *entry = cvi_recent_find(&client->recent, call->resource, call->id);
    if (entry != NULL) {
        want->knows = true;
        want->known_checksum = entry->row.checksum;
        result = cvi_result_keep(entry->result);
    }
    cvi_mutex_unlock(&client->mutex);
    return result;
}

void cvi_recent_remember(void *user, cvi_call *call, cvi_result *result, const cvi_cached *row) {
    cv_client *client = user;
    cvi_stamp after;
    if (!row->has_stamp || !cvi_recent_takes(&client->recent, call) ||
        !cvi_stores_stamp(client->stores, &after) || !cvi_stamp_is_same(&row->stamp, &after)) {
        return; /* which of the states the row is of cannot be told */
    }
    cvi_mutex_lock(&client->mutex);
    cvi_recent_put(&client->recent, call, result, row);
    cvi_mutex_unlock(&client->mutex);
}
