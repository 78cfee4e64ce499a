/* Owns the public calls: arguments become a checked call; blocking ones look into the cache on the
 * calling thread first, so that a hit costs no hand-over. Any thread. */
#include "client/calls.h"

#include <inttypes.h>
#include <string.h>

#include <comicvine/search.h>

#include "client/envelope.h"
#include "client/events.h"
#include "client/lookup.h"
#include "client/recent_answer.h"
#include "client/request_start.h"
#include "client/revalidate.h"
#include "client/stale.h"
#include "support/error.h"

enum { LARGEST_AGE_S = 31536000 }; /* a year, like the times of the cache */

/* ---- arguments ---- */

static bool check_options(const cv_request_options *options, cv_error *error) {
    if (options->priority != CV_PRIORITY_BACKGROUND && options->priority != CV_PRIORITY_USER) {
        cvi_error_set(error, CV_ERROR_ARGUMENT, "priority has no value %d", options->priority);
    } else if ((unsigned)options->mode > CV_MODE_REFRESH) {
        cvi_error_set(error, CV_ERROR_ARGUMENT, "mode has no value %d", options->mode);
    } else if (options->max_wait_ms < CV_NO_WAIT || options->deadline_ms < 0) {
        cvi_error_set(error, CV_ERROR_ARGUMENT,
                      "max_wait_ms %" PRId64 " or deadline_ms %" PRId64 " is negative",
                      options->max_wait_ms, options->deadline_ms);
    } else if (options->deadline_ms > INT64_MAX / 2) {
        cvi_error_set(error, CV_ERROR_ARGUMENT, "deadline_ms is beyond all times");
    } else if (options->max_age_s < 0 || options->max_age_s > LARGEST_AGE_S) {
        cvi_error_set(error, CV_ERROR_ARGUMENT, "max_age_s %" PRId64 " is not from 0 to %d",
                      options->max_age_s, LARGEST_AGE_S);
    } else if ((unsigned)options->stale > CV_STALE_WHILE_REVALIDATE) {
        cvi_error_set(error, CV_ERROR_ARGUMENT, "stale has no value %d", options->stale);
    } else {
        return true;
    }
    return false;
}

bool cvi_copy_options(cv_request_options *own, const cv_request_options *options, cv_error *error) {
    *own = cvi_options_of(CV_PRIORITY_USER);
    return options == NULL ||
           (cvi_copy_sized(own, sizeof(*own), options, "cv_request_options", error) &&
            cvi_check_reserved(own->reserved, sizeof(own->reserved) / sizeof(own->reserved[0]),
                               "cv_request_options", error) &&
            check_options(own, error));
}

/* Works out a retrieve or a list; NULL and `error` if it cannot be asked. */
static cvi_call *detail_call(cv_client *client, cv_resource resource, int64_t id,
                             const cv_request_options *options, cv_request_options *own,
                             cv_error *error) {
    if (!cvi_copy_options(own, options, error)) {
        return NULL;
    }
    return cvi_call_detail(&client->settings, resource, id, own, error);
}

static cvi_call *list_call(cv_client *client, cv_resource resource, const cv_query *query,
                           const cv_request_options *options, cv_request_options *own,
                           cv_error *error) {
    if (!cvi_copy_options(own, options, error)) {
        return NULL;
    }
    if (own->fields != NULL) {
        cvi_error_set(error, CV_ERROR_ARGUMENT, "the fields of a list belong into its cv_query");
        return NULL;
    }
    return cvi_call_list(&client->settings, resource, query, error);
}

static cvi_call *search_call(cv_client *client, const cv_search_query *query,
                             const cv_request_options *options, cv_request_options *own,
                             cv_error *error) {
    if (!cvi_copy_options(own, options, error)) {
        return NULL;
    }
    if (own->fields != NULL) {
        cvi_error_set(error, CV_ERROR_ARGUMENT,
                      "the fields of a search belong into its cv_search_query");
        return NULL;
    }
    return cvi_call_search(&client->settings, query, error);
}

/* ---- requests ---- */

static cv_request *start(cv_client *client, cvi_call *call, const cv_request_options *options,
                         const cv_error *error) {
    cvi_order order = {.call = call, .error = error, .options = *options};
    return cvi_request_start(client, &order);
}

cv_request *cv_request_retrieve(cv_client *client, cv_resource resource, int64_t id,
                                const cv_request_options *options) {
    if (!cvi_client_check(client)) {
        return NULL;
    }
    cv_error error;
    cv_request_options own;
    cvi_call *call = detail_call(client, resource, id, options, &own, &error);
    return start(client, call, &own, &error);
}

cv_request *cv_request_list(cv_client *client, cv_resource resource, const cv_query *query,
                            const cv_request_options *options) {
    if (!cvi_client_check(client)) {
        return NULL;
    }
    cv_error error;
    cv_request_options own;
    cvi_call *call = list_call(client, resource, query, options, &own, &error);
    return start(client, call, &own, &error);
}

cv_request *cv_request_search(cv_client *client, const cv_search_query *query,
                              const cv_request_options *options) {
    if (!cvi_client_check(client)) {
        return NULL;
    }
    cv_error error;
    cv_request_options own;
    cvi_call *call = search_call(client, query, options, &own, &error);
    return start(client, call, &own, &error);
}

/* ---- the cache, on the calling thread ---- */

static bool is_answered(const cvi_outcome *outcome) {
    return outcome->result != NULL || outcome->error.code != CV_OK;
}

/* What the cache has comes to: `known` is the result of a body that was not read again. */
static void judge(const cvi_call *call, const cvi_cached *cached, cvi_result *known,
                  cvi_finding *finding) {
    if (cached->is_known) {
        *finding = (cvi_finding){.result = cvi_result_keep(known)};
        return;
    }
    cvi_body body = {cached->body, cached->size, cached->tape_size};
    cvi_judge_stored(call, body, cached->is_negative, finding);
}

/* Gives what was found to the caller. False: it is of no use. */
static bool take(const cvi_cached *cached, const cvi_finding *finding, cvi_outcome *outcome) {
    outcome->provenance = (cvi_provenance){.source = CV_SOURCE_CACHE,
                                           .fetched_at_ms = cached->fetched_at_ms,
                                           .expires_at_ms = cached->expires_at_ms};
    if (finding->error.code == CV_ERROR_NOT_FOUND) {
        outcome->error = finding->error;
        return true;
    }
    outcome->result = finding->result;
    return finding->result != NULL;
}

/* Reads a result, or the error that there is no such object, or neither, a miss. False: the engine
 * must ask again, and say what is wrong if need be. */
static bool read_cache(cv_client *client, cvi_call *call, int64_t max_age_s, cvi_outcome *outcome) {
    cvi_cached cached;
    cvi_finding finding;
    cv_error error; /* what is wrong shows when the engine looks */
    cvi_now now = cvi_clock_now(&client->clock);
    cvi_want want = {.ttl_ms = call->ttl_ms, .max_age_ms = max_age_s * 1000};
    cvi_result *known = cvi_recent_know(client, call, &want);
    bool is_read = cvi_look_up(cvi_stores_lookup, client->stores, call, &want, now, &cached,
                               &error) == CVI_STORE_DONE;
    if (is_read && (cached.body != NULL || cached.is_known)) {
        judge(call, &cached, known, &finding);
        is_read = take(&cached, &finding, outcome);
    }
    if (outcome->result != NULL) {
        cvi_recent_remember(client, call, outcome->result, &cached);
    }
    cvi_result_release(known);
    return is_read;
}

/* What is given for want of something fresh by a call that begins no request for itself: an old
 * answer, or to those who only ask the cache an error; or nothing. False: as above. */
static bool read_old(cv_client *client, const cvi_call *call, const cv_request_options *options,
                     cvi_outcome *outcome) {
    cv_stale stale = cvi_settings_stale(&client->settings, options);
    bool is_only_cache = options->mode == CV_MODE_CACHE_ONLY;
    cvi_now now = cvi_clock_now(&client->clock);
    cv_error reason;
    cv_error failure; /* shows when the engine looks */
    if (is_only_cache) {
        cvi_error_not_cached(&reason, call->label);
    } else {
        cvi_stale_set_pending(&reason, call);
    }
    bool takes = is_only_cache ? cvi_stale_stands_in(stale, reason.code)
                               : stale == CV_STALE_WHILE_REVALIDATE;
    if (takes && cvi_stale_read(cvi_stores_lookup, client->stores, call, now, &outcome->result,
                                &outcome->provenance, &failure) != CVI_STORE_DONE) {
        return false;
    }
    if (outcome->result != NULL) {
        cvi_stale_mark(&outcome->provenance, &reason, now);
        outcome->revalidates = !is_only_cache;
    } else if (is_only_cache) {
        outcome->error = reason;
    }
    return true;
}

static bool read_on_calling_thread(cv_client *client, cvi_call *call,
                                   const cv_request_options *options, cvi_outcome *outcome) {
    return read_cache(client, call, options->max_age_s, outcome) &&
           (is_answered(outcome) || read_old(client, call, options, outcome));
}

/* ---- blocking calls ---- */

cv_request_options cvi_options_of(cv_priority priority) {
    cv_request_options options = CV_REQUEST_OPTIONS_INIT;
    options.priority = priority;
    return options;
}

/* Cancels the request of a blocking call, if it is not done, tells so, and frees it. */
static void end(cv_request *request) {
    if (request != NULL) {
        cv_request_cancel(request);
        cvi_events_run(request->client, request);
        cvi_request_free(request);
    }
}

/* Answers a call from the cache or through a request, which it then waits for. The outcome holds a
 * reference to its result. Takes the call over. */
static void fetch_call(cv_client *client, cvi_call *call, const cv_request_options *options,
                       cvi_outcome *outcome) {
    cvi_order order = {.call = call, .options = *options, .asker = CVI_ASKER_BLOCKING};
    if (options->mode != CV_MODE_REFRESH && !call->is_image) {
        if (!cvi_client_enter(client, &outcome->error)) {
            cvi_call_release(call);
            return;
        }
        order.looked = read_on_calling_thread(client, call, options, outcome);
        cvi_log_flush(client->log);
        cvi_client_leave(client);
        if (is_answered(outcome)) {
            if (outcome->revalidates) {
                cvi_revalidate(client, call, options->max_age_s * 1000);
            }
            cvi_events_tell_answered(client, call, outcome);
            cvi_call_release(call);
            return;
        }
    }
    cv_request *request = cvi_request_start(client, &order);
    if (request == NULL || !cv_request_wait(request, -1)) {
        cvi_error_no_memory(&outcome->error); /* or the wait itself had not what it needs */
        end(request);
        return;
    }
    outcome->error = *cv_request_error(request);
    if (outcome->error.code == CV_OK) {
        outcome->result = cvi_result_keep(request->outcome.result);
        outcome->provenance = request->outcome.provenance;
    }
    end(request);
}

void cvi_fetch_call(cv_client *client, cvi_call *call, const cv_request_options *options,
                    cvi_outcome *outcome) {
    if (call != NULL) {
        cvi_client_keep(client);
        fetch_call(client, call, options, outcome);
        cvi_client_release(client);
    }
}

/* Lets the result go once the caller has a handle on it; without a handle, says why. */
static void settle(const cvi_outcome *outcome, const void *handle) {
    if (handle == NULL && outcome->result != NULL) {
        cvi_error_remember_no_memory(); /* a result without a handle has no other reason */
    } else if (handle == NULL) {
        cvi_error_remember(&outcome->error);
    }
    cvi_result_release(outcome->result);
}

const cv_record *cvi_fetch_record(cv_client *client, cv_resource resource, int64_t id,
                                  const cv_request_options *options) {
    if (!cvi_client_check(client)) {
        return NULL;
    }
    cv_request_options own;
    cvi_outcome outcome = {.result = NULL};
    if (cvi_copy_options(&own, options, &outcome.error) &&
        !cvi_recent_answer(client, resource, id, &own, &outcome)) {
        cvi_call *call = cvi_call_detail(&client->settings, resource, id, &own, &outcome.error);
        cvi_fetch_call(client, call, &own, &outcome);
    }
    const cv_record *record =
        outcome.result != NULL ? cvi_result_record(outcome.result, &outcome.provenance) : NULL;
    settle(&outcome, record);
    return record;
}

/* The outcome's page for the caller. */
static const cv_page *hand_out_page(cvi_outcome *outcome) {
    const cv_page *page =
        outcome->result != NULL ? cvi_result_page(outcome->result, &outcome->provenance) : NULL;
    settle(outcome, page);
    return page;
}

const cv_page *cvi_fetch_page(cv_client *client, cv_resource resource, const cv_query *query,
                              const cv_request_options *options) {
    if (!cvi_client_check(client)) {
        return NULL;
    }
    cv_request_options own;
    cvi_outcome outcome = {.result = NULL};
    cvi_call *call = list_call(client, resource, query, options, &own, &outcome.error);
    cvi_fetch_call(client, call, &own, &outcome);
    return hand_out_page(&outcome);
}

const cv_page *cv_search(cv_client *client, const cv_search_query *query, cv_priority priority) {
    if (!cvi_client_check(client)) {
        return NULL;
    }
    cv_request_options options = cvi_options_of(priority);
    cv_request_options own;
    cvi_outcome outcome = {.result = NULL};
    cvi_call *call = search_call(client, query, &options, &own, &outcome.error);
    cvi_fetch_call(client, call, &own, &outcome);
    return hand_out_page(&outcome);
}

const cv_record *cv_retrieve(cv_client *client, cv_resource resource, int64_t id,
                             cv_priority priority) {
    cv_request_options options = cvi_options_of(priority);
    return cvi_fetch_record(client, resource, id, &options);
}

const cv_page *cv_list(cv_client *client, cv_resource resource, const cv_query *query,
                       cv_priority priority) {
    cv_request_options options = cvi_options_of(priority);
    return cvi_fetch_page(client, resource, query, &options);
}
