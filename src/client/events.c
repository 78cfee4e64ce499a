/* Owns the events that wait for their delivery. Each stands in two lines, in the order of telling:
 * its client's and its request's. Both are read and written under the mutex; an event is delivered
 * with nothing held, by one thread at a time for each request, which meanwhile keeps the request's
 * memory. What a blocking call's request tells is delivered by the call alone, or from within one
 * of its own events. Any thread. */
#include "client/events.h"

#include <limits.h>
#include <string.h>

#include "client/many.h"
#include "support/allocator.h"

#define EVENTS_MAX 32 /* of one request, undelivered; the last one not counted */

struct cvi_event_node {
    cvi_event_node *before; /* in the client's line */
    cvi_event_node *next;
    cvi_event_node *later; /* of the same request */
    cv_event event;
    char reason[sizeof(((cv_error *)NULL)->message)];
};

/* Its address tells threads apart, for as long as they live. */
static _Thread_local char this_thread;

const char *cv_event_name(cv_event_kind kind) {
    static const char *const names[] = {
        [CV_EVENT_QUEUED] = "queued",     [CV_EVENT_HIT] = "hit",     [CV_EVENT_JOINED] = "joined",
        [CV_EVENT_WAITING] = "waiting",   [CV_EVENT_SENT] = "sent",   [CV_EVENT_RETRY] = "retry",
        [CV_EVENT_COOLDOWN] = "cooldown", [CV_EVENT_STALE] = "stale", [CV_EVENT_DONE] = "done",
    };
    bool is_known = (unsigned)kind < sizeof(names) / sizeof(names[0]) && names[kind] != NULL;
    return is_known ? names[kind] : "unknown";
}

/* ---- the two lines ---- */

static void append(cvi_event_node *node) {
    cvi_event_line *all = &node->event.request->client->events;
    cvi_event_line *own = &node->event.request->events;
    node->before = all->last;
    *(all->last != NULL ? &all->last->next : &all->first) = node;
    *(own->last != NULL ? &own->last->later : &own->first) = node;
    all->last = node;
    own->last = node;
    node->event.request->event_count++;
    node->event.request->client->event_count++;
}

/* Takes an event out of both lines. */
static void take_out(cvi_event_node *node) {
    cv_request *request = node->event.request;
    cvi_event_line *all = &request->client->events;
    cvi_event_node *earlier = NULL;
    for (cvi_event_node *own = request->events.first; own != node; own = own->later) {
        earlier = own;
    }
    *(earlier != NULL ? &earlier->later : &request->events.first) = node->later;
    *(node->before != NULL ? &node->before->next : &all->first) = node->next;
    *(node->next != NULL ? &node->next->before : &all->last) = node->before;
    if (node->later == NULL) {
        request->events.last = earlier;
    }
    request->event_count--;
    request->client->event_count--;
}

static void free_event(cvi_event_node *node) {
    cv_allocator allocator = node->event.request->client->allocator;
    cvi_release(&allocator, node);
}

static void drop(cvi_event_node *node) {
    take_out(node);
    free_event(node);
}

void cvi_events_drop_locked(cv_request *request) {
    while (request->events.first != NULL) {
        drop(request->events.first);
    }
}

/* ---- telling ---- */

/* NULL without memory. */
static cvi_event_node *new_event(cv_request *request) {
    cvi_event_node *node = cvi_allocate(&request->client->allocator, sizeof(*node));
    if (node != NULL) {
        node->event.request = request;
    }
    return node;
}

bool cvi_events_prepare(cv_request *request) {
    request->last_event = request->tells ? new_event(request) : NULL;
    return !request->tells || request->last_event != NULL;
}

void cvi_events_clear(cv_request *request) {
    cvi_events_drop_locked(request); /* nobody else knows the request any more */
    if (request->last_event != NULL) {
        free_event(request->last_event);
    }
}

/* What is said in place of an earlier word, and what there is no room for. */
static void make_room(cv_request *request, cv_event_kind kind) {
    cvi_event_node *last = request->events.last;
    if (kind == CV_EVENT_WAITING && last != NULL && last->event.kind == kind) {
        drop(last);
    } else if (request->event_count >= EVENTS_MAX) {
        drop(request->events.first);
    }
}

static void copy_reason(const char *reason, char *copy, size_t size) {
    size_t length = reason != NULL ? strnlen(reason, size - 1) : 0;
    if (length > 0) {
        memcpy(copy, reason, length);
    }
    copy[length] = '\0';
}

static void describe_call(const cvi_call *call, cv_event *event) {
    event->resource = call->resource->resource;
    event->path = call->segment;
    event->id = call->is_list ? 0 : call->id;
}

static void fill(cvi_event_node *node, const cvi_call *call, const cv_event *event) {
    cv_request *request = node->event.request;
    node->event = *event;
    node->event.request = request;
    copy_reason(event->reason, node->reason, sizeof(node->reason));
    node->event.reason = node->reason;
    if (event->at_ms == 0) {
        node->event.at_ms = cvi_clock_now(&request->client->clock).wall_ms;
    }
    node->event.path = "";
    if (call != NULL) {
        describe_call(call, &node->event);
    }
}

static void tell_with(cvi_event_node *node, const cvi_call *call, const cv_event *event) {
    fill(node, call, event);
    append(node);
    cvi_waiters_signal_for_locked(node->event.request);
}

/* The call is the request's, or that of one of its parts. */
static void tell_locked(cv_request *request, const cvi_call *call, const cv_event *event) {
    if (!request->tells || !request->owned_by_user) {
        return;
    }
    make_room(request, event->kind);
    cvi_event_node *node = new_event(request);
    if (node != NULL) {
        tell_with(node, call, event);
    }
}

void cvi_events_tell_locked(cv_request *request, const cv_event *event) {
    tell_locked(request, request->call, event);
}

/* What it means for an answer to have come from where it came from. CV_SOURCE_CACHE is also what
 * an error has that came from nowhere: without a time. */
static cv_event source_event(const cvi_outcome *outcome) {
    cv_event event = {.source = outcome->provenance.source};
    bool is_stored = outcome->provenance.fetched_at_ms != 0;
    if (is_stored && event.source == CV_SOURCE_CACHE) {
        event.kind = CV_EVENT_HIT;
        event.code = outcome->error.code;
    } else if (is_stored && event.source == CV_SOURCE_STALE) {
        event.kind = CV_EVENT_STALE;
        event.reason = outcome->provenance.note.reason.message;
    }
    return event;
}

static cv_event end_event(const cvi_outcome *outcome) {
    bool is_well = outcome->error.code == CV_OK;
    return (cv_event){.kind = CV_EVENT_DONE,
                      .code = outcome->error.code,
                      .source = outcome->provenance.source,
                      .reason = is_well ? NULL : outcome->error.message};
}

static void tell_source_locked(cv_request *request, const cvi_call *call,
                               const cvi_outcome *outcome) {
    const cv_event source = source_event(outcome);
    if (source.kind != 0) {
        tell_locked(request, call, &source);
    }
}

void cvi_events_tell_end_locked(cv_request *request, const cvi_outcome *outcome) {
    if (!request->tells || !request->owned_by_user) {
        return;
    }
    tell_source_locked(request, request->call, outcome);
    const cv_event end = end_event(outcome);
    cvi_event_node *node = request->last_event;
    request->last_event = NULL;
    tell_with(node, request->call, &end);
}

/* Looks of a request for many are too small to be told. */
static bool is_told(const cvi_part *part) {
    return part->kind != CVI_PART_LOOK;
}

void cvi_events_tell(void *user, cvi_passenger *passenger, const cv_event *event) {
    cv_client *client = user;
    cvi_part *part = passenger->is_part ? (cvi_part *)passenger : NULL;
    cvi_mutex_lock(&client->mutex);
    if (part == NULL) {
        cvi_events_tell_locked((cv_request *)passenger, event);
    } else if (is_told(part)) {
        tell_locked(part->many->request, part->call, event);
    }
    cvi_mutex_unlock(&client->mutex);
}

void cvi_events_tell_part(cv_client *client, const cvi_part *part, const cvi_outcome *outcome) {
    cv_request *request = part->many->request;
    if (request->tells && is_told(part)) {
        cvi_mutex_lock(&client->mutex);
        tell_source_locked(request, part->call, outcome);
        cvi_mutex_unlock(&client->mutex);
    }
}

static void tell_now(const cv_client *client, const cvi_call *call, cv_event *event) {
    const cv_options *options = &client->settings.options;
    describe_call(call, event);
    event->at_ms = cvi_clock_now(&client->clock).wall_ms;
    event->reason = event->reason != NULL ? event->reason : "";
    options->on_event(event, options->user);
}

void cvi_events_tell_answered(const cv_client *client, const cvi_call *call,
                              const cvi_outcome *outcome) {
    if (client->settings.options.on_event == NULL) {
        return;
    }
    cv_event source = source_event(outcome);
    cv_event end = end_event(outcome);
    if (source.kind != 0) {
        tell_now(client, call, &source);
    }
    tell_now(client, call, &end);
}

/* ---- delivering ---- */

static bool may_tell(const cv_request *request, bool is_own) {
    bool is_here = request->teller == &this_thread;
    return (request->teller == NULL || is_here) && (is_own || !request->is_blocking || is_here);
}

/* The first event that this thread may deliver; `request` NULL: of any. */
static cvi_event_node *first_due_locked(const cv_client *client, const cv_request *request) {
    if (request != NULL) {
        return may_tell(request, true) ? request->events.first : NULL;
    }
    cvi_event_node *node = client->events.first;
    while (node != NULL && !may_tell(node->event.request, false)) {
        node = node->next;
    }
    return node;
}

bool cvi_events_are_due_locked(const cv_client *client, const cv_request *request) {
    return first_due_locked(client, request) != NULL;
}

bool cvi_events_are_told_locked(const cv_request *request) {
    return request->events.first == NULL && may_tell(request, true);
}

/* The end of a delivery: what came meanwhile, others may deliver now. */
static void end_delivery(cv_client *client, cv_request *request, const void *teller_before) {
    cvi_mutex_lock(&client->mutex);
    request->teller = teller_before;
    if (request->events.first != NULL || request->in_callbacks) {
        cvi_waiters_signal_for_locked(request);
    }
    bool is_orphan = cvi_request_unpin_locked(request);
    cvi_mutex_unlock(&client->mutex);
    if (is_orphan) {
        cvi_request_destroy(request);
    }
}

static bool deliver_one(cv_client *client, cv_request *wanted) {
    if (cvi_client_is_inherited(client)) {
        return false;
    }
    cvi_mutex_lock(&client->mutex);
    cvi_event_node *node = first_due_locked(client, wanted);
    if (node == NULL) {
        cvi_mutex_unlock(&client->mutex);
        return false;
    }
    take_out(node);
    cv_request *request = node->event.request;
    const void *teller_before = request->teller;
    request->teller = &this_thread;
    request->pins++;
    cvi_mutex_unlock(&client->mutex);
    client->settings.options.on_event(&node->event, client->settings.options.user);
    if (cvi_client_is_inherited(client)) {
        return true; /* it has forked, and this is the child's way out */
    }
    free_event(node);
    end_delivery(client, request, teller_before);
    return true;
}

int cvi_events_run(cv_client *client, cv_request *request) {
    if (client->settings.options.on_event == NULL || cvi_client_is_inherited(client)) {
        return 0;
    }
    /* Of all only those that are there now, so that what is told of hits that an event asks for
     * cannot keep us for ever; one request comes to an end. */
    int due = INT_MAX;
    if (request == NULL) {
        cvi_mutex_lock(&client->mutex);
        due = client->event_count;
        cvi_mutex_unlock(&client->mutex);
    }
    int count = 0;
    while (count < due && deliver_one(client, request)) {
        count++;
    }
    return count;
}
