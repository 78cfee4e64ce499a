/* Owns the shortest way to an answer: no key is worked out, no file read, nothing parsed. It rests
 * on the state of the cache's file, which each commit changes, whoever makes it; so what is given
 * is what a read would have found at the moment of the comparison. Any thread. */
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
        !cvi_stamp_is_same(&entry->stamp, &present)) {
        return false;
    }
    *found = (recollection){cvi_call_keep(entry->call), cvi_result_keep(entry->result), entry->row};
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

/* Whether it is fresh, by the clock and for this caller. */
static bool is_fresh(cv_client *client, const cv_request_options *options, recollection *found) {
    const cvi_want want = {.ttl_ms = found->call->ttl_ms, .max_age_ms = options->max_age_s * 1000};
    return cvi_stores_look_again(client->stores, &found->row, &want, cvi_clock_now(&client->clock));
}

bool cvi_recent_answer(cv_client *client, cv_resource resource, int64_t id,
                       const cv_request_options *options, cvi_outcome *outcome) {
    recollection found;
    const cvi_resource *table = cvi_registry_find(resource);
    if (table == NULL || options->fields != NULL || options->mode == CV_MODE_REFRESH ||
        !enter_with(client, table, id, &found)) {
        return false;
    }
    bool is_answer = is_fresh(client, options, &found);
    cvi_client_leave(client);
    if (is_answer) {
        outcome->result = found.result;
        outcome->provenance = (cvi_provenance){.source = CV_SOURCE_CACHE,
                                               .fetched_at_ms = found.row.fetched_at_ms,
                                               .expires_at_ms = found.row.expires_at_ms};
        cvi_events_tell_answered(client, found.call, outcome);
    } else {
        cvi_result_release(found.result);
    }
    cvi_call_release(found.call);
    cvi_client_release(client);
    return is_answer;
}

cvi_result *cvi_recent_know(cv_client *client, const cvi_call *call, cvi_want *want) {
    cvi_result *result = NULL;
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

void cvi_recent_remember(cv_client *client, cvi_call *call, cvi_result *result,
                         const cvi_cached *row, const cvi_stamp *before) {
    cvi_stamp after;
    if (!cvi_stores_stamp(client->stores, &after) || !cvi_stamp_is_same(before, &after)) {
        return; /* which of the states the row is of cannot be told */
    }
    cvi_mutex_lock(&client->mutex);
    cvi_recent_put(&client->recent, call, result, row, &after);
    cvi_mutex_unlock(&client->mutex);
}
