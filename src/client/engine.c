/* Owns the list of flights: boarding, leaving, ranking, stepping, ending. A passenger is aboard at
 * most one flight; a flight is freed only here, in the step after it is DONE. */
#include "client/engine_internal.h"

#include <inttypes.h>
#include <string.h>

#include "client/lateness.h"
#include "client/quota.h"
#include "client/renewal.h"
#include "client/stale.h"
#include "client/telling.h"
#include "client/unread.h"
#include "support/allocator.h"
#include "support/buffer.h"
#include "support/error.h"

/* Where cleaning found more to do, it goes on this much later. */
#define CLEAN_AGAIN_MS 20

cvi_engine *cvi_engine_open(const cvi_engine_options *options, cvi_now now) {
    cvi_engine *engine = cvi_allocate(&options->allocator, sizeof(*engine));
    if (engine != NULL) {
        engine->options = *options;
        engine->clean_boot_ms = options->clean_interval_ms == CV_NONE
                                    ? CVI_NEVER
                                    : now.boot_ms + options->clean_interval_ms;
    }
    return engine;
}

static void free_flight(cvi_engine *engine, cvi_flight *flight) {
    const cv_allocator *allocator = &engine->options.allocator;
    cvi_renewal_forget(flight);
    cvi_unread_drop(flight);
    cvi_call_release(flight->call);
    cvi_result_release(flight->result);
    cvi_result_release(flight->stale);
    cvi_release(allocator, flight->redirect_url);
    cvi_release(allocator, flight->tape);
    cvi_release(allocator, flight);
}

void cvi_engine_close(cvi_engine *engine) {
    if (engine == NULL) {
        return;
    }
    while (engine->flights != NULL) {
        cvi_flight *flight = engine->flights;
        engine->flights = flight->next;
        free_flight(engine, flight);
    }
    cv_allocator allocator = engine->options.allocator;
    cvi_release(&allocator, engine);
}

/* ---- the list ---- */

static bool ranks_before(const cvi_flight *a, const cvi_flight *b) {
    if (a->priority != b->priority) {
        return a->priority > b->priority;
    }
    return a->sequence < b->sequence;
}

static void link_flight(cvi_engine *engine, cvi_flight *flight) {
    cvi_flight **link = &engine->flights;
    while (*link != NULL && ranks_before(*link, flight)) {
        link = &(*link)->next;
    }
    flight->next = *link;
    *link = flight;
}

static void unlink_flight(cvi_engine *engine, cvi_flight *flight) {
    cvi_flight **link = &engine->flights;
    while (*link != flight) {
        link = &(*link)->next;
    }
    *link = flight->next;
}

/* ---- boarding ---- */

/* Whether a flight under way can still give this passenger what it wants. */
static bool may_board(const cvi_flight *flight, const cvi_passenger *passenger) {
    switch (passenger->mode) {
    case CV_MODE_CACHE_ONLY: /* wants a look at the cache, or at what is on its way there */
        if (flight->stage != CVI_STAGE_STORE) {
            return flight->stage == CVI_STAGE_LOOKUP && !flight->was_refused && !flight->refresh;
        }
        break;
    case CV_MODE_REFRESH: /* wants a request that begins after its own call */
        return flight->refresh &&
               (flight->stage == CVI_STAGE_LOOKUP || flight->stage == CVI_STAGE_CLAIM);
    case CV_MODE_DEFAULT: /* wants the cache asked first, which a refresh does not */
        if (flight->refresh && !passenger->looked && flight->stage <= CVI_STAGE_CLAIM) {
            return false;
        }
        break;
    }
    if (flight->stage == CVI_STAGE_STORE) {
        return flight->ending == CVI_ENDING_COMPLETE && !cvi_late_for_answer(flight, passenger);
    }
    return flight->stage != CVI_STAGE_DONE;
}

static bool is_for(const cvi_flight *flight, const char *hash) {
    return memcmp(flight->call->hash, hash, CVI_HASH_LENGTH) == 0;
}

static cvi_flight *find_flight(const cvi_engine *engine, const cvi_passenger *passenger,
                               const cvi_call *call) {
    for (cvi_flight *flight = engine->flights; flight != NULL; flight = flight->next) {
        if (is_for(flight, call->hash) && may_board(flight, passenger)) {
            return flight;
        }
    }
    return NULL;
}

static cvi_flight *new_flight(cvi_engine *engine, cvi_call *call) {
    cvi_flight *flight = cvi_allocate(&engine->options.allocator, sizeof(*flight));
    if (flight != NULL) {
        flight->engine = engine;
        flight->call = cvi_call_keep(call);
        flight->sequence = engine->sequence++;
        flight->round = engine->is_in_round ? engine->round : 0; /* others wait for their turn */
        flight->stale_boot_ms = -1;
    }
    return flight;
}

static cvi_flight *start_flight(cvi_engine *engine, const cvi_passenger *passenger,
                                cvi_call *call) {
    cvi_flight *flight = new_flight(engine, call);
    if (flight == NULL) {
        return NULL;
    }
    flight->priority = passenger->priority;
    flight->refresh = passenger->mode == CV_MODE_REFRESH;
    flight->stage = passenger->looked || flight->refresh ? CVI_STAGE_CLAIM : CVI_STAGE_LOOKUP;
    link_flight(engine, flight);
    return flight;
}

static void append_passenger(cvi_flight *flight, cvi_passenger *passenger) {
    cvi_passenger **link = &flight->passengers;
    while (*link != NULL) {
        link = &(*link)->next;
    }
    passenger->joined = flight->passengers != NULL || flight->stage > CVI_STAGE_CLAIM;
    passenger->is_late = cvi_late_for_look(flight);
    passenger->next = NULL;
    passenger->flight = flight;
    *link = passenger;
}

/* Lets a flight that waits look again: a passenger has boarded who may have to be told at once, or
 * who as a user may be let in where the background was not. */
static void ask_again(cvi_flight *flight) {
    bool waits = flight->stage == CVI_STAGE_LOOKUP || flight->stage == CVI_STAGE_CLAIM;
    if (flight->was_refused && waits) {
        flight->was_refused = false;
        flight->due_boot_ms = 0;
    }
    if (flight->stage == CVI_STAGE_BACKOFF || flight->stage == CVI_STAGE_WATCH) {
        flight->due_boot_ms = 0;
    }
}

/* A user aboard makes it a user's flight. */
static void raise_flight(cvi_engine *engine, cvi_flight *flight, cv_priority priority) {
    if (priority > flight->priority) {
        unlink_flight(engine, flight);
        flight->priority = priority;
        link_flight(engine, flight);
    }
}

static void deliver_stored(cvi_engine *engine, cvi_flight *flight, cvi_passenger *passenger) {
    cvi_outcome outcome = {
        .result = flight->result,
        .provenance = {.source = CV_SOURCE_SHARED,
                       .fetched_at_ms = flight->fetched_at_ms,
                       .expires_at_ms = flight->fetched_at_ms + flight->keeping.ttl_ms}};
    engine->options.deliver(engine->options.user, passenger, &outcome);
}

void cvi_engine_board(cvi_engine *engine, cvi_passenger *passenger, cvi_call *call, cvi_now now) {
    passenger->flight = NULL;
    passenger->boarded_boot_ms = now.boot_ms;
    passenger->refused_boot_ms = -1;
    passenger->told_words = NULL;
    cvi_flight *flight = find_flight(engine, passenger, call);
    if (flight == NULL) {
        flight = start_flight(engine, passenger, call);
    }
    if (flight == NULL) {
        cvi_outcome outcome = {.result = NULL};
        cvi_error_no_memory(&outcome.error);
        engine->options.deliver(engine->options.user, passenger, &outcome);
        return;
    }
    if (flight->stage == CVI_STAGE_STORE) {
        cvi_tell_joined(engine, passenger);
        deliver_stored(engine, flight, passenger);
        return;
    }
    append_passenger(flight, passenger);
    if (passenger->joined) {
        cvi_tell_joined(engine, passenger);
    }
    raise_flight(engine, flight, passenger->priority);
    ask_again(flight);
}

static void unlink_passenger(cvi_passenger *passenger) {
    cvi_passenger **link = &passenger->flight->passengers;
    while (*link != passenger) {
        link = &(*link)->next;
    }
    *link = passenger->next;
    passenger->next = NULL;
    passenger->flight = NULL;
}

cvi_flight *cvi_flight_change(cvi_engine *engine, cvi_flight *other, cvi_passenger *passenger) {
    cvi_call *call = passenger->flight->call;
    unlink_passenger(passenger);
    if (other == NULL) {
        other = start_flight(engine, passenger, call);
    }
    if (other == NULL) {
        cvi_outcome outcome = {.result = NULL};
        cvi_error_no_memory(&outcome.error);
        engine->options.deliver(engine->options.user, passenger, &outcome);
        return NULL;
    }
    append_passenger(other, passenger);
    raise_flight(engine, other, passenger->priority);
    return other;
}

int64_t cvi_flight_max_age_ms(const cvi_flight *flight) {
    int64_t loosest_ms = -1;
    for (const cvi_passenger *passenger = flight->passengers; passenger != NULL;
         passenger = passenger->next) {
        if (passenger->max_age_ms == 0) {
            return 0;
        }
        if (passenger->max_age_ms > loosest_ms) {
            loosest_ms = passenger->max_age_ms;
        }
    }
    return loosest_ms > 0 ? loosest_ms : 0;
}

void cvi_flight_disembark(cvi_engine *engine, cvi_passenger *passenger,
                          const cvi_outcome *outcome) {
    unlink_passenger(passenger);
    engine->options.deliver(engine->options.user, passenger, outcome);
}

void cvi_flight_deliver(cvi_engine *engine, cvi_flight *flight, const cvi_outcome *outcome) {
    while (flight->passengers != NULL) {
        cvi_passenger *passenger = flight->passengers;
        cvi_outcome own = *outcome;
        if (own.result != NULL && own.provenance.source == CV_SOURCE_NETWORK && passenger->joined) {
            own.provenance.source = CV_SOURCE_SHARED;
        }
        cvi_flight_disembark(engine, passenger, &own);
    }
}

/* The last one out ends a flight, unless its request has been sent: that is paid for. */
static void end_if_empty(cvi_engine *engine, cvi_flight *flight) {
    if (flight->passengers != NULL) {
        return;
    }
    switch (flight->stage) {
    case CVI_STAGE_RECEIVE:
        if (engine->options.transport_ops->cancel(engine->options.transport, flight->transfer)) {
            flight->transfer = NULL;
            engine->under_way--;
            cvi_flight_pass(flight);
        }
        break;
    case CVI_STAGE_STORE:
        flight->resume = false;
        break;
    case CVI_STAGE_DONE:
        break;
    case CVI_STAGE_DECODE:
        if (!cvi_unread_is_answer(flight)) {
            cvi_unread_drop(flight);
            cvi_flight_pass(flight);
        }
        break;
    default:
        cvi_flight_pass(flight);
    }
}

void cvi_engine_leave(cvi_engine *engine, cvi_passenger *passenger) {
    cvi_flight *flight = passenger->flight;
    if (flight != NULL) {
        unlink_passenger(passenger);
        end_if_empty(engine, flight);
    }
}

/* ---- stepping ---- */

/* How a deadline that passes is told, by what the flight was waiting for. */
static const struct {
    cv_code code;
    const char *meanwhile;
} hindrances[] = {
    [CVI_HINDRANCE_NONE] = {CV_ERROR_TIMEOUT, "no answer yet"},
    [CVI_HINDRANCE_LOCK] = {CV_ERROR_STORE, "another program keeps the database locked"},
    [CVI_HINDRANCE_INTERVAL] = {CV_ERROR_TIMEOUT, "waiting for its turn among the requests"},
    [CVI_HINDRANCE_LIMIT] = {CV_ERROR_TIMEOUT, "waiting for room in the budget"},
    [CVI_HINDRANCE_SHARE] = {CV_ERROR_TIMEOUT, "held back for users: "},
    [CVI_HINDRANCE_COOLDOWN] = {CV_ERROR_TIMEOUT, "the service has asked for a pause"},
    [CVI_HINDRANCE_BLOCKED] = {CV_ERROR_TIMEOUT, "the service blocks requests"},
    [CVI_HINDRANCE_FAILING] = {CV_ERROR_TIMEOUT, "the service fails, and is left in peace"},
};

static void expire_passenger(cvi_engine *engine, cvi_passenger *passenger, cvi_now now) {
    const cvi_flight *flight = passenger->flight;
    cv_error error;
    const char *why =
        flight->hindrance == CVI_HINDRANCE_SHARE ? cvi_quota_share_text(engine, flight) : "";
    cvi_error_set(&error, hindrances[flight->hindrance].code,
                  "%s: the deadline of %" PRId64 " ms has passed: %s%s", flight->call->label,
                  passenger->deadline_ms, hindrances[flight->hindrance].meanwhile, why);
    error.retryable = true;
    cvi_stale_expire(engine, passenger, &error, now);
}

static void expire_passengers(cvi_engine *engine, cvi_flight *flight, cvi_now now) {
    cvi_passenger *next = NULL;
    bool any = false;
    for (cvi_passenger *passenger = flight->passengers; passenger != NULL; passenger = next) {
        next = passenger->next;
        if (now.boot_ms >= passenger->deadline_boot_ms) {
            expire_passenger(engine, passenger, now);
            any = true;
        }
    }
    if (any) {
        end_if_empty(engine, flight);
    }
}

static int64_t earliest(int64_t a, int64_t b) {
    return a < b ? a : b;
}

/* Whether it has to wait until the engine is resumed. */
static bool is_resting(const cvi_engine *engine, const cvi_flight *flight) {
    return engine->is_suspended && flight->stage != CVI_STAGE_STORE;
}

/* When the flight wants to be looked at again. */
static int64_t next_look(const cvi_engine *engine, const cvi_flight *flight) {
    bool rests = is_resting(engine, flight);
    int64_t next = rests ? CVI_NEVER : flight->due_boot_ms;
    if (!rests && flight->job_id[0] != '\0') {
        next = earliest(next, flight->renew_boot_ms);
    }
    for (const cvi_passenger *passenger = flight->passengers; passenger != NULL;
         passenger = passenger->next) {
        next = earliest(next, passenger->deadline_boot_ms);
    }
    return next;
}

/* Who takes an old answer at once need not wait for a flight that has left the cache behind. */
static void give_old_answers(cvi_engine *engine, cvi_flight *flight, cvi_now now) {
    bool is_under_way = flight->stage != CVI_STAGE_LOOKUP && flight->stage != CVI_STAGE_DONE;
    if (is_under_way && cvi_stale_give_old(engine, flight, now)) {
        end_if_empty(engine, flight);
    }
}

static void step_flight(cvi_engine *engine, cvi_flight *flight, cvi_now now) {
    expire_passengers(engine, flight, now);
    if (is_resting(engine, flight)) {
        return;
    }
    give_old_answers(engine, flight, now);
    cvi_flight_renew(engine, flight, now);
    while (flight->stage != CVI_STAGE_DONE && !is_resting(engine, flight) &&
           now.boot_ms >= flight->due_boot_ms && cvi_stage_run(engine, flight, now)) {
    }
}

static int64_t next_clean(const cvi_engine *engine) {
    return engine->is_suspended ? CVI_NEVER : engine->clean_boot_ms;
}

static void clean(cvi_engine *engine, cvi_now now, cvi_slice *slice) {
    if (now.boot_ms < next_clean(engine)) {
        return;
    }
    cvi_slice_count(slice);
    bool more = false;
    cv_error failure; /* cleaning is tried again; what it fails on shows where it matters */
    cvi_store_answer answer =
        engine->options.store_ops->clean(engine->options.stores, now, &more, &failure);
    if (answer == CVI_STORE_FAILED) {
        cvi_tell_failure(engine, CVI_DUTY_CLEAN, NULL, &failure, now);
    }
    bool again = answer == CVI_STORE_BUSY || (answer == CVI_STORE_DONE && more);
    engine->clean_boot_ms =
        now.boot_ms + (again ? CLEAN_AGAIN_MS : engine->options.clean_interval_ms);
}

static void begin_round(cvi_engine *engine) {
    if (!engine->is_in_round) {
        engine->is_in_round = true;
        engine->round++;
        cvi_quota_begin_line(engine);
    }
}

/* The flight's turn in this round. */
static void take_turn(cvi_engine *engine, cvi_flight *flight, cvi_now now, cvi_slice *slice) {
    bool is_due = now.boot_ms >= next_look(engine, flight);
    step_flight(engine, flight, now);
    if (is_due) {
        cvi_slice_count_bytes(slice, flight->handled_bytes);
        flight->handled_bytes = 0;
    }
    flight->round = engine->round;
    cvi_quota_count_in_line(engine, flight);
}

/* False: the slice was over before all had their turn. `next`: when the first is due again. */
static bool step_flights(cvi_engine *engine, cvi_now now, cvi_slice *slice, int64_t *next) {
    cvi_flight **link = &engine->flights;
    while (*link != NULL) {
        cvi_flight *flight = *link;
        if (flight->round != engine->round && flight->stage != CVI_STAGE_DONE) {
            if (cvi_slice_is_over(slice) ||
                (now.boot_ms >= flight->due_boot_ms && cvi_stage_is_long(engine, flight) &&
                 cvi_slice_give_up(slice))) {
                return false;
            }
            take_turn(engine, flight, now, slice);
        }
        if (flight->stage == CVI_STAGE_DONE) {
            *link = flight->next;
            free_flight(engine, flight);
            continue;
        }
        *next = earliest(*next, next_look(engine, flight));
        link = &flight->next;
    }
    return true;
}

int64_t cvi_engine_step(cvi_engine *engine, cvi_now now, cvi_slice *slice) {
    int64_t next = CVI_NEVER;
    begin_round(engine);
    bool is_cut = !step_flights(engine, now, slice, &next);
    if (is_cut || (now.boot_ms >= next_clean(engine) && cvi_slice_is_over(slice))) {
        return now.boot_ms;
    }
    engine->is_in_round = false;
    clean(engine, now, slice);
    return earliest(next, next_clean(engine));
}

void cvi_engine_divide(cvi_engine *engine, size_t piece_bytes) {
    engine->piece_bytes = piece_bytes;
}

cvi_engine *cvi_engine_of(const void *owner) {
    const cvi_flight *flight = owner;
    return flight->engine;
}

void cvi_engine_receive(cvi_engine *engine, void *owner, cvi_response *response, cvi_now now) {
    cvi_flight *flight = owner;
    flight->transfer = NULL;
    engine->under_way--;
    if (response->kind == CVI_RESPONSE_ANSWER) {
        engine->answered_boot_ms = now.boot_ms;
    }
    cvi_flight_take_response(engine, flight, response, now);
}

void cvi_engine_wake_watchers(cvi_engine *engine, const char *hash) {
    for (cvi_flight *flight = engine->flights; flight != NULL; flight = flight->next) {
        if (flight->stage == CVI_STAGE_WATCH && (hash == NULL || is_for(flight, hash))) {
            flight->due_boot_ms = 0;
        }
    }
}

bool cvi_engine_is_watching(const cvi_engine *engine) {
    for (const cvi_flight *flight = engine->flights; flight != NULL; flight = flight->next) {
        if (flight->stage == CVI_STAGE_WATCH) {
            return true;
        }
    }
    return false;
}

void cvi_engine_abandon(cvi_engine *engine, const cvi_outcome *outcome) {
    for (cvi_flight *flight = engine->flights; flight != NULL; flight = flight->next) {
        cvi_flight_deliver(engine, flight, outcome);
        end_if_empty(engine, flight);
        if (flight->stage == CVI_STAGE_RECEIVE) {
            cvi_flight_move(flight, CVI_STAGE_DONE); /* sent, but nobody stays to hear the answer */
        }
    }
}

bool cvi_engine_is_idle(const cvi_engine *engine) {
    for (const cvi_flight *flight = engine->flights; flight != NULL; flight = flight->next) {
        if (!is_resting(engine, flight)) {
            return false;
        }
    }
    return true;
}
