/* Owns request handles: making, waiting, cancelling, freeing, taking results. A request lives until
 * both its user and the driver have let it go. */
#include "client/client.h"

#include <string.h>

#include "client/cursor.h"
#include "client/events.h"
#include "client/many.h"
#include "client/ready.h"
#include "client/request_start.h"
#include "client/revalidate.h"
#include "resources/image.h"
#include "support/allocator.h"
#include "support/error.h"

static const cv_error pending = {.code = CV_PENDING, .message = "under way"};
static const cv_error no_memory = {
    .code = CV_ERROR_NOMEM, .retryable = true, .message = "out of memory"};

/* ---- making ---- */

/* With memory for its last event, if it tells any. */
static cv_request *allocate_request(cv_client *client, const cvi_order *order) {
    cv_request *request = cvi_allocate(&client->allocator, sizeof(*request));
    if (request == NULL) {
        return NULL;
    }
    request->client = client;
    request->is_blocking = order->asker == CVI_ASKER_BLOCKING;
    request->tells = client->settings.options.on_event != NULL && order->asker != CVI_ASKER_LIBRARY;
    if (!cvi_events_prepare(request)) {
        cvi_release(&client->allocator, request);
        return NULL;
    }
    return request;
}

/* A request for the order's call, which it takes over; without one it is done with the error. */
static cv_request *new_request(cv_client *client, const cvi_order *order) {
    cv_request *request = allocate_request(client, order);
    if (request == NULL) {
        cvi_error_remember_no_memory();
        cvi_call_release(order->call);
        cvi_many_free(order->many);
        return NULL;
    }
    request->many = order->many;
    if (request->many != NULL) {
        request->many->request = request;
    }
    request->call = order->call;
    request->revalidates = order->revalidates;
    request->owned_by_user = true;
    if (order->call == NULL) {
        request->done = true;
        request->outcome = order->answer != NULL ? *order->answer : (cvi_outcome){.result = NULL};
        request->outcome.error = *order->error;
    }
    if (order->cursor != NULL) {
        request->cursor = cvi_cursor_keep(order->cursor);
    }
    cvi_client_keep(client);
    return request;
}

/* For images it does not matter whether records are cached. */
static cv_stale stale_of(const cv_request *request, const cv_request_options *options) {
    const cvi_settings *settings = &request->client->settings;
    if (!request->call->is_image) {
        return cvi_settings_stale(settings, options);
    }
    if (options->stale != CV_STALE_DEFAULT) {
        return options->stale;
    }
    return options->mode == CV_MODE_REFRESH ? CV_STALE_NEVER : settings->options.cache.stale;
}

static void fill_passenger(cv_request *request, const cv_request_options *options, bool looked) {
    const cv_client *client = request->client;
    cvi_passenger *passenger = &request->passenger;
    passenger->priority = options->priority;
    passenger->mode = options->mode;
    passenger->looked = looked;
    passenger->stale = stale_of(request, options);
    passenger->max_age_ms = options->max_age_s * 1000;
    passenger->max_wait_ms =
        options->max_wait_ms != 0 ? options->max_wait_ms : client->settings.options.max_wait_ms;
    passenger->deadline_ms = options->deadline_ms;
    passenger->deadline_boot_ms = INT64_MAX;
    if (options->deadline_ms > 0) {
        passenger->deadline_boot_ms = cvi_clock_now(&client->clock).boot_ms + options->deadline_ms;
    }
}

static void complete(cv_request *request, const cv_error *error) {
    cvi_outcome outcome = {.result = NULL, .error = *error};
    cvi_mutex_lock(&request->client->mutex);
    cvi_request_complete_locked(request, &outcome);
    cvi_mutex_unlock(&request->client->mutex);
}

/* Tells of a request that was done from the first. */
static void tell_end(cv_request *request) {
    cvi_mutex_lock(&request->client->mutex);
    cvi_events_tell_end_locked(request, &request->outcome);
    cvi_driver_interrupt_locked(request->client);
    cvi_mutex_unlock(&request->client->mutex);
}

cv_request *cvi_request_start(cv_client *client, const cvi_order *order) {
    cv_request *request = new_request(client, order);
    if (request == NULL) {
        return NULL;
    }
    if (request->call == NULL) {
        tell_end(request);
        cvi_ready_tell(client);
        return request;
    }
    fill_passenger(request, &order->options, order->looked);
    cv_error error;
    if (!cvi_driver_start(client, &error)) {
        complete(request, &error);
        cvi_ready_tell(client);
        return request;
    }
    const cv_event queued = {.kind = CV_EVENT_QUEUED};
    cvi_mutex_lock(&client->mutex);
    cvi_events_tell_locked(request, &queued);
    cvi_driver_submit_locked(request);
    cvi_mutex_unlock(&client->mutex);
    return request;
}

/* ---- ending ---- */

static bool is_orphan_locked(const cv_request *request) {
    return !request->owned_by_user && !request->owned_by_driver && request->pins == 0;
}

bool cvi_request_leave_driver_locked(cv_request *request) {
    request->owned_by_driver = request->in_inbox;
    return is_orphan_locked(request);
}

bool cvi_request_unpin_locked(cv_request *request) {
    request->pins--;
    return is_orphan_locked(request);
}

void cvi_request_destroy(cv_request *request) {
    cv_client *client = request->client;
    cvi_events_clear(request);
    cvi_result_release(request->outcome.result);
    cvi_call_release(request->call);
    cvi_many_free(request->many);
    cvi_cursor_release(request->cursor);
    cvi_release(&client->allocator, request);
    cvi_client_release(client);
}

void cvi_request_leave_driver(cv_request *request) {
    cv_client *client = request->client;
    cvi_mutex_lock(&client->mutex);
    bool is_orphan = cvi_request_leave_driver_locked(request);
    cvi_mutex_unlock(&client->mutex);
    if (is_orphan) {
        cvi_request_destroy(request);
    }
}

/* Ends a request early; the driver, if it has it, lets it go at its next turn. All in one hold of
 * the mutex: once it is done, its user may free it on another thread. */
static void cancel_locked(cv_request *request) {
    if (request->done) {
        return;
    }
    cvi_outcome outcome = {.result = NULL};
    cvi_error_set(&outcome.error, CV_ERROR_CANCELLED, "%s: cancelled", request->call->label);
    cvi_request_complete_locked(request, &outcome);
    if (request->owned_by_driver) {
        cvi_driver_submit_locked(request);
    }
}

void cv_request_cancel(cv_request *request) {
    if (request != NULL && !cvi_client_is_inherited(request->client)) {
        cv_client *client = request->client;
        cvi_mutex_lock(&client->mutex);
        cancel_locked(request);
        cvi_mutex_unlock(&client->mutex);
    }
}

void cvi_request_detach(cv_request *request) {
    cvi_mutex_lock(&request->client->mutex);
    request->owned_by_user = false;
    bool is_orphan = is_orphan_locked(request);
    cvi_mutex_unlock(&request->client->mutex);
    if (is_orphan) {
        cvi_request_destroy(request);
    }
}

void cvi_request_free(cv_request *request) {
    cv_client *client = request->client;
    if (cvi_client_is_inherited(client)) {
        return;
    }
    cvi_mutex_lock(&client->mutex);
    request->callback = NULL;
    request->owned_by_user = false;
    cvi_callbacks_drop_locked(request);
    cvi_events_drop_locked(request);
    cancel_locked(request);
    bool is_orphan = is_orphan_locked(request);
    cvi_mutex_unlock(&client->mutex);
    if (is_orphan) {
        cvi_request_destroy(request);
    }
}

void cv_request_free(cv_request *request) {
    if (request == NULL) {
        return;
    }
    if (request->is_blocking) { /* the call itself frees it */
        cv_request_cancel(request);
    } else {
        cvi_request_free(request);
    }
}

/* ---- looking and waiting ---- */

bool cv_request_done(const cv_request *request) {
    if (request == NULL || cvi_client_is_inherited(request->client)) {
        return true;
    }
    cvi_mutex_lock(&request->client->mutex);
    bool done = request->done;
    cvi_mutex_unlock(&request->client->mutex);
    return done;
}

const cv_error *cv_request_error(const cv_request *request) {
    if (request == NULL) {
        return &no_memory;
    }
    if (cvi_client_is_inherited(request->client)) {
        return &cvi_error_inherited;
    }
    return cv_request_done(request) ? &request->outcome.error : &pending;
}

static void wait_once(cv_client *client, const cv_request *request, cvi_waiter *waiter,
                      int64_t timeout_ms) {
    if (client->settings.options.drive == CV_DRIVE_POLL) {
        cvi_driver_turn(client, waiter, timeout_ms, &cvi_driver_whole_turn);
        return;
    }
    cvi_mutex_lock(&client->mutex);
    if (!request->done && !cvi_events_are_due_locked(client, request)) {
        cvi_waiter_sleep_locked(client, waiter, timeout_ms);
    }
    cvi_mutex_unlock(&client->mutex);
}

static bool wait_until_done(cv_request *request, cvi_waiter *waiter, int64_t timeout_ms) {
    cvi_timeout timeout = cvi_timeout_start(timeout_ms);
    int64_t left_ms = timeout_ms;
    while (!cv_request_done(request)) {
        if (left_ms == 0) {
            return false;
        }
        wait_once(request->client, request, waiter, left_ms);
        cvi_events_run(request->client, request);
        left_ms = cvi_timeout_left_ms(timeout);
    }
    return true;
}

/* Its events and its callback may free a request while it is waited for. */
static void pin(cv_request *request) {
    cvi_mutex_lock(&request->client->mutex);
    request->pins++;
    cvi_mutex_unlock(&request->client->mutex);
}

static void unpin(cv_request *request) {
    cv_client *client = request->client;
    if (cvi_client_is_inherited(client)) {
        return; /* an event or a callback has forked */
    }
    cvi_mutex_lock(&client->mutex);
    bool is_orphan = cvi_request_unpin_locked(request);
    cvi_mutex_unlock(&client->mutex);
    if (is_orphan) {
        cvi_request_destroy(request);
    }
}

bool cv_request_wait(cv_request *request, int64_t timeout_ms) {
    if (request == NULL || cvi_client_is_inherited(request->client)) {
        return true;
    }
    cv_client *client = request->client;
    cvi_waiter waiter;
    cvi_client_keep(client);
    pin(request);
    cvi_events_run(client, request);
    bool done = cv_request_done(request);
    if (!done && timeout_ms != 0 && cvi_waiter_enter(client, &waiter, request)) {
        done = wait_until_done(request, &waiter, timeout_ms);
        cvi_waiter_leave(client, &waiter);
    }
    cvi_events_run(client, request);
    if (done) {
        cvi_callbacks_run(client, request);
    }
    unpin(request);
    cvi_client_release(client);
    return done;
}

void cv_request_on_done(cv_request *request, cv_request_fn *callback, void *user) {
    if (request == NULL || cvi_client_is_inherited(request->client)) {
        return;
    }
    cv_client *client = request->client;
    cvi_client_keep(client); /* another thread may call back, and its callback free and close */
    cvi_mutex_lock(&client->mutex);
    cvi_callbacks_drop_locked(request);
    request->callback = callback;
    request->user = user;
    if (request->done) { /* unless it has been called back already */
        cvi_callbacks_queue_locked(request);
        cvi_driver_interrupt_locked(client);
    }
    cvi_mutex_unlock(&client->mutex);
    cvi_ready_tell(client);
    cvi_client_release(client);
}

/* ---- taking results ---- */

static bool checks_key(const cv_request *request) {
    return request->call != NULL && request->call->is_key_check;
}

/* `result` NULL: it is that of a request for many. */
static void refuse_type(const cv_request *request, const cvi_result *result) {
    cv_error wrong;
    if (checks_key(request)) {
        cvi_error_set(&wrong, CV_ERROR_ARGUMENT, "a check of the key has no result but its error");
    } else if (result == NULL) {
        cvi_error_set(&wrong, CV_ERROR_ARGUMENT, "the result is of many ids: cv_many_take");
    } else if (cvi_result_resource(result) == &cvi_image_resource) {
        cvi_error_set(&wrong, CV_ERROR_ARGUMENT, "the result is an image: cv_image_take");
    } else {
        cvi_error_set(&wrong, CV_ERROR_ARGUMENT, "the result is a %s of /%s",
                      cvi_result_is_list(result) ? "page" : "record",
                      cvi_result_resource(result)->list_path);
    }
    cvi_error_remember(&wrong);
}

/* The result of a request that is done and well, if it is of this kind; NULL and the thread's last
 * error otherwise. */
static cvi_result *find_result(const cv_request *request, cv_resource resource, bool is_list) {
    const cv_error *error = cv_request_error(request);
    if (error->code != CV_OK) {
        cvi_error_remember(error);
        return NULL;
    }
    cvi_result *result = request->outcome.result;
    bool right =
        result != NULL && !checks_key(request) &&
        cvi_result_resource(result) != &cvi_image_resource &&
        cvi_result_is_list(result) == is_list &&
        (resource == CV_RESOURCE_NONE || cvi_result_resource(result)->resource == resource);
    if (!right) {
        refuse_type(request, result);
        return NULL;
    }
    return result;
}

const cv_record *cvi_request_take_record(cv_request *request, cv_resource resource) {
    cvi_result *result = find_result(request, resource, false);
    const cv_record *record =
        result != NULL ? cvi_result_record(result, &request->outcome.provenance) : NULL;
    if (result != NULL && record == NULL) {
        cvi_error_remember_no_memory();
    }
    return record;
}

const cv_page *cvi_request_take_page(cv_request *request, cv_resource resource) {
    cvi_result *result = find_result(request, resource, true);
    const cv_page *page =
        result != NULL ? cvi_result_page(result, &request->outcome.provenance) : NULL;
    if (result != NULL && page == NULL) {
        cvi_error_remember_no_memory();
    }
    return page;
}

const cv_record *cv_record_take(cv_request *request) {
    return cvi_request_take_record(request, CV_RESOURCE_NONE);
}

const cv_page *cv_page_take(cv_request *request) {
    return cvi_request_take_page(request, CV_RESOURCE_NONE);
}
