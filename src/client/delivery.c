/* Owns the hand-over of answers: a request becomes done exactly once, under the mutex; its waiters
 * are woken; its callback is queued, and called later with no lock held. Any thread. */
#include "client/client.h"

#include <string.h>

#include "client/cursor.h"
#include "client/events.h"
#include "client/key_check.h"
#include "client/many.h"
#include "client/ready.h"
#include "client/revalidate.h"

/* ---- waiters ---- */

bool cvi_waiter_enter(cv_client *client, cvi_waiter *waiter, const cv_request *request) {
    memset(waiter, 0, sizeof(*waiter));
    if (!cvi_condition_init(&waiter->condition)) {
        return false;
    }
    waiter->request = request;
    cvi_mutex_lock(&client->mutex);
    waiter->next = client->waiters;
    client->waiters = waiter;
    cvi_mutex_unlock(&client->mutex);
    return true;
}

void cvi_waiter_leave(cv_client *client, cvi_waiter *waiter) {
    if (cvi_client_is_inherited(client)) {
        return; /* a callback has forked, and this is the child's way out */
    }
    cvi_mutex_lock(&client->mutex);
    cvi_waiter **link = &client->waiters;
    while (*link != waiter) {
        link = &(*link)->next;
    }
    *link = waiter->next;
    cvi_mutex_unlock(&client->mutex);
    cvi_condition_destroy(&waiter->condition);
}

bool cvi_waiter_is_satisfied_locked(const cv_client *client, const cvi_waiter *waiter) {
    if (cvi_events_are_due_locked(client, waiter->request)) {
        return true;
    }
    return waiter->request != NULL ? waiter->request->done : cvi_callbacks_are_due_locked(client);
}

void cvi_waiter_sleep_locked(cv_client *client, cvi_waiter *waiter, int64_t timeout_ms) {
    cvi_timeout timeout = cvi_timeout_start(timeout_ms);
    int64_t left_ms = timeout_ms;
    while (!waiter->signalled && left_ms != 0) {
        cvi_condition_wait(&waiter->condition, &client->mutex, left_ms);
        left_ms = cvi_timeout_left_ms(timeout);
    }
    waiter->signalled = false;
}

static void signal_waiter(cvi_waiter *waiter) {
    waiter->signalled = true;
    cvi_condition_broadcast(&waiter->condition);
}

void cvi_waiters_signal_locked(cv_client *client) {
    for (cvi_waiter *waiter = client->waiters; waiter != NULL; waiter = waiter->next) {
        signal_waiter(waiter);
    }
}

void cvi_waiters_signal_for_locked(const cv_request *request) {
    bool is_for_any =
        request->in_callbacks || (request->events.first != NULL && !request->is_blocking);
    for (cvi_waiter *waiter = request->client->waiters; waiter != NULL; waiter = waiter->next) {
        if (waiter->request == request || (waiter->request == NULL && is_for_any)) {
            signal_waiter(waiter);
        }
    }
}

/* ---- callbacks ---- */

void cvi_callbacks_queue_locked(cv_request *request) {
    cvi_queue *queue = &request->client->callbacks;
    if (request->in_callbacks || request->called_back || request->callback == NULL) {
        return;
    }
    request->in_callbacks = true;
    request->callbacks_next = NULL;
    if (queue->last != NULL) {
        queue->last->callbacks_next = request;
    } else {
        queue->first = request;
    }
    queue->last = request;
    cvi_waiters_signal_for_locked(request);
    cvi_ready_update_locked(request->client);
}

void cvi_callbacks_drop_locked(cv_request *request) {
    if (!request->in_callbacks) {
        return;
    }
    cvi_queue *queue = &request->client->callbacks;
    cv_request *before = NULL;
    cv_request **link = &queue->first;
    while (*link != request) {
        before = *link;
        link = &before->callbacks_next;
    }
    *link = request->callbacks_next;
    if (queue->last == request) {
        queue->last = before;
    }
    request->in_callbacks = false;
    cvi_ready_update_locked(request->client);
}

/* The first that may be called back on this thread: a request's events come before. */
static cv_request *first_due_locked(const cv_client *client) {
    cv_request *request = client->callbacks.first;
    while (request != NULL && !cvi_events_are_told_locked(request)) {
        request = request->callbacks_next;
    }
    return request;
}

bool cvi_callbacks_are_due_locked(const cv_client *client) {
    return first_due_locked(client) != NULL;
}

/* Takes one callback out of the queue and calls it. `request` NULL: the first. */
static bool run_one(cv_client *client, cv_request *request) {
    if (cvi_client_is_inherited(client)) {
        return false; /* the one before has forked */
    }
    cvi_mutex_lock(&client->mutex);
    if (request == NULL) {
        request = first_due_locked(client);
    }
    if (request == NULL || !request->in_callbacks || !cvi_events_are_told_locked(request)) {
        cvi_mutex_unlock(&client->mutex);
        return false;
    }
    cvi_callbacks_drop_locked(request);
    cv_request_fn *callback = request->callback;
    void *user = request->user;
    request->called_back = true;
    cvi_mutex_unlock(&client->mutex);
    callback(request, user); /* may free the request */
    return true;
}

int cvi_callbacks_run(cv_client *client, cv_request *request) {
    return run_one(client, request) ? 1 : 0;
}

int cvi_callbacks_run_all(cv_client *client, cvi_slice *slice) {
    int count = 0;
    if (cvi_client_is_inherited(client)) {
        return 0; /* the round before has forked */
    }
    /* Only those that are there now, so that callbacks which submit hits cannot keep us for ever.
     */
    cvi_mutex_lock(&client->mutex);
    int due = 0;
    for (cv_request *next = client->callbacks.first; next != NULL; next = next->callbacks_next) {
        due++;
    }
    cvi_mutex_unlock(&client->mutex);
    while (count < due && !cvi_slice_is_over(slice) && run_one(client, NULL)) {
        cvi_slice_count(slice);
        count++;
    }
    return count;
}

/* ---- completing ---- */

void cvi_request_complete_locked(cv_request *request, const cvi_outcome *outcome) {
    if (request->done) {
        return;
    }
    request->outcome = *outcome;
    if (outcome->result != NULL) {
        cvi_result_keep(outcome->result);
    }
    if (request->cursor != NULL) {
        cvi_cursor_arrive_locked(request->cursor, &request->outcome);
    }
    if (request->revalidates) {
        cvi_revalidation_end_locked(request);
    }
    cvi_events_tell_end_locked(request, &request->outcome);
    request->done = true;
    cvi_callbacks_queue_locked(request);
    cvi_waiters_signal_for_locked(request);
}

void cvi_request_deliver(void *user, cvi_passenger *passenger, const cvi_outcome *outcome) {
    cv_client *client = user;
    if (passenger->is_part) {
        cvi_many_arrive(client, passenger, outcome);
        return;
    }
    cv_request *request = (cv_request *)passenger;
    if (outcome->revalidates) { /* the first, as the request may be gone once it is done */
        cvi_revalidate(client, request->call, passenger->max_age_ms);
    }
    if (request->call->is_key_check && !request->is_blocking && !outcome->is_recalled) {
        cvi_key_arrive(client, outcome);
    }
    cvi_mutex_lock(&client->mutex);
    cvi_request_complete_locked(request, outcome);
    cv_cursor *moved = request->outcome.result != NULL ? request->cursor : NULL;
    cvi_mutex_unlock(&client->mutex);
    if (moved != NULL) { /* whom the request keeps, as the driver keeps the request */
        cvi_cursor_fetch_ahead(moved);
    }
    cvi_request_leave_driver(request);
}
