/* Owns the waiting for room: who is told that it takes too long, how long a flight waits, and the
 * engine's memory of refusals, so that of many waiting flights only the best asks the stores again.
 * Used by the engine alone. */
#include "client/quota.h"

#include <inttypes.h>
#include <string.h>

#include "client/retry.h"
#include "client/stale.h"
#include "client/telling.h"
#include "support/buffer.h"
#include "support/error.h"

#define RELOOK_MS       INT64_C(10000) /* a long wait looks into the cache again so often */
#define PAUSE_RELOOK_MS INT64_C(1000)  /* and whether somebody has lifted a pause of the service */

/* By what keeps a flight from being admitted. */
static const struct {
    cvi_hindrance hindrance;
    cv_code code;
    int64_t relook_ms; /* it may end earlier than it says */
    const char *words;
} refusals[] = {
    [CVI_WAIT_INTERVAL] = {CVI_HINDRANCE_INTERVAL, CV_ERROR_RATE_LIMITED, RELOOK_MS,
                           "too soon after the last request"},
    [CVI_WAIT_LIMIT] = {CVI_HINDRANCE_LIMIT, CV_ERROR_RATE_LIMITED, RELOOK_MS,
                        "the budget is used up"},
    [CVI_WAIT_SHARE] = {CVI_HINDRANCE_SHARE, CV_ERROR_RATE_LIMITED, RELOOK_MS,
                        "held back for users: "},
    [CVI_WAIT_COOLDOWN] = {CVI_HINDRANCE_COOLDOWN, CV_ERROR_RATE_LIMITED, PAUSE_RELOOK_MS,
                           "the service has asked for a pause"},
    [CVI_WAIT_BLOCKED] = {CVI_HINDRANCE_BLOCKED, CV_ERROR_BLOCKED, PAUSE_RELOOK_MS,
                          "the service blocks requests"},
    [CVI_WAIT_UNREACHABLE] = {CVI_HINDRANCE_FAILING, CV_ERROR_NETWORK, PAUSE_RELOOK_MS,
                              "not sent: "},
    [CVI_WAIT_FAILING] = {CVI_HINDRANCE_FAILING, CV_ERROR_SERVER, PAUSE_RELOOK_MS, "not sent: "},
};

/* ---- patience ---- */

static void describe_refusal(const cvi_flight *flight, int64_t wait_ms, const cvi_refusal *refusal,
                             cv_error *error) {
    if (wait_ms < 0) {
        cvi_error_set(error, CV_ERROR_RATE_LIMITED, "%s: the limit of %s is 0", flight->call->label,
                      flight->call->segment);
        error->retryable = false;
    } else {
        cvi_error_set(error, refusals[refusal->reason].code,
                      "%s: %s%s, next request in %" PRId64 " ms", flight->call->label,
                      refusals[refusal->reason].words, refusal->text, wait_ms);
        error->retry_after_ms = wait_ms;
    }
}

/* Whether a passenger's patience covers the wait, which it has been told then. */
static bool will_wait(cvi_passenger *passenger, int64_t wait_ms, cvi_now now) {
    if (wait_ms < 0 || passenger->max_wait_ms == CV_NO_WAIT) {
        return false;
    }
    if (passenger->refused_boot_ms < 0) {
        passenger->refused_boot_ms = now.boot_ms;
    }
    int64_t waited_ms = now.boot_ms - passenger->refused_boot_ms;
    return waited_ms <= passenger->max_wait_ms && wait_ms <= passenger->max_wait_ms - waited_ms;
}

bool cvi_quota_turn_away(cvi_engine *engine, cvi_flight *flight, int64_t wait_ms,
                         const cv_error *error, cvi_now now) {
    cvi_passenger *next = NULL;
    bool all_told = true;
    for (cvi_passenger *passenger = flight->passengers; passenger != NULL; passenger = next) {
        next = passenger->next;
        if (!will_wait(passenger, wait_ms, now)) {
            all_told = cvi_stale_or_error(engine, passenger, error, now) && all_told;
        } else if (error->code != CV_ERROR_RATE_LIMITED) { /* room will come, health may not */
            cvi_stale_if_any(engine, passenger, error, now);
        }
    }
    return all_told;
}

/* The answer is when to come back, at most `until_boot_ms`: soon, where somebody could not be told.
 */
static int64_t judge_patience(cvi_engine *engine, cvi_flight *flight, int64_t wait_ms,
                              const cvi_refusal *refusal, int64_t until_boot_ms, cvi_now now) {
    cv_error error;
    describe_refusal(flight, wait_ms, refusal, &error);
    bool all_told = cvi_quota_turn_away(engine, flight, wait_ms, &error, now);
    return all_told ? until_boot_ms : now.boot_ms + cvi_busy_delay_ms(&engine->options.random);
}

/* ---- the memory of refusals ---- */

/* The gate's place; the first free one if the path has none yet. */
static size_t find_gate(const cvi_engine *engine, const char *segment) {
    size_t i = 0;
    while (i < engine->gate_count && strcmp(engine->gates[i].segment, segment) != 0) {
        i++;
    }
    return i;
}

static void keep_text(char *kept, const char *text, size_t size) {
    cvi_buffer out;
    cvi_buffer_over(&out, kept, size);
    cvi_buffer_add_text(&out, text);
}

static const cvi_gate_memory *known_gate(const cvi_engine *engine, const cvi_flight *flight) {
    size_t place = find_gate(engine, flight->call->segment);
    return place < engine->gate_count ? &engine->gates[place] : NULL;
}

static cvi_gate_memory *make_gate(cvi_engine *engine, const cvi_flight *flight) {
    size_t place = find_gate(engine, flight->call->segment);
    if (place == CVI_GATES_MAX) {
        return NULL;
    }
    cvi_gate_memory *gate = &engine->gates[place];
    if (place == engine->gate_count) {
        *gate = (cvi_gate_memory){.waiting = 0};
        keep_text(gate->segment, flight->call->segment, sizeof(gate->segment));
        engine->gate_count++;
    }
    return gate;
}

/* When the flight may ask again, and what was said last. A refusal that meets the background alone
 * does not hold users back. */
static int64_t closed_until(const cvi_engine *engine, const cvi_flight *flight,
                            cvi_refusal *refusal) {
    const cvi_gate_memory *gate = known_gate(engine, flight);
    int64_t until = engine->all_until_boot_ms;
    *refusal = (cvi_refusal){engine->all_reason, engine->all_text, engine->all_ends_boot_ms};
    if (gate != NULL && gate->until_boot_ms > until) {
        until = gate->until_boot_ms;
        *refusal = (cvi_refusal){gate->reason, "", gate->ends_boot_ms};
    }
    bool is_background = flight->priority == CV_PRIORITY_BACKGROUND;
    if (gate != NULL && is_background && gate->background_until_boot_ms > until) {
        until = gate->background_until_boot_ms;
        *refusal = (cvi_refusal){CVI_WAIT_SHARE, gate->share_text, gate->background_ends_boot_ms};
    }
    return until;
}

static void close_path(cvi_engine *engine, const cvi_flight *flight, const cvi_refusal *refusal,
                       int64_t until_boot_ms) {
    cvi_gate_memory *gate = make_gate(engine, flight);
    if (gate == NULL) {
        return; /* without the memory each flight asks for itself */
    }
    if (refusal->reason != CVI_WAIT_SHARE) {
        gate->until_boot_ms = until_boot_ms;
        gate->ends_boot_ms = refusal->ends_boot_ms;
        gate->reason = refusal->reason;
        return;
    }
    keep_text(gate->share_text, refusal->text, sizeof(gate->share_text));
    gate->background_until_boot_ms = until_boot_ms;
    gate->background_ends_boot_ms = refusal->ends_boot_ms;
}

static void close_gate(cvi_engine *engine, const cvi_flight *flight, const cvi_refusal *refusal,
                       int64_t until_boot_ms) {
    if (cvi_wait_is_for_all(refusal->reason)) {
        engine->all_until_boot_ms = until_boot_ms;
        engine->all_ends_boot_ms = refusal->ends_boot_ms;
        engine->all_reason = refusal->reason;
        keep_text(engine->all_text, refusal->text, sizeof(engine->all_text));
    } else {
        close_path(engine, flight, refusal, until_boot_ms);
    }
}

const char *cvi_quota_share_text(const cvi_engine *engine, const cvi_flight *flight) {
    const cvi_gate_memory *gate = known_gate(engine, flight);
    return gate != NULL ? gate->share_text : "";
}

/* ---- who is told ---- */

void cvi_quota_begin_line(cvi_engine *engine) {
    engine->waiting = 0;
    for (size_t i = 0; i < engine->gate_count; i++) {
        engine->gates[i].waiting = 0;
    }
}

void cvi_quota_count_in_line(cvi_engine *engine, const cvi_flight *flight) {
    if (engine->options.tell == NULL || flight->hindrance <= CVI_HINDRANCE_LOCK) {
        return;
    }
    size_t place = find_gate(engine, flight->call->segment);
    engine->waiting++;
    if (place < engine->gate_count) {
        engine->gates[place].waiting++;
    }
}

/* The place of a flight in the line of those who wait for the same. */
static int64_t place_in_line(const cvi_engine *engine, const cvi_flight *flight,
                             cvi_wait_reason reason) {
    const cvi_gate_memory *gate = known_gate(engine, flight);
    return 1 + (cvi_wait_is_for_all(reason) || gate == NULL ? engine->waiting : gate->waiting);
}

static void tell_wait(cvi_engine *engine, const cvi_flight *flight, const cvi_refusal *refusal,
                      cvi_now now) {
    const cvi_wait wait = {
        .words = refusals[refusal->reason].words,
        .text = refusal->text,
        .ends_boot_ms = refusal->ends_boot_ms,
        .place = place_in_line(engine, flight, refusal->reason),
    };
    cvi_tell_wait(engine, flight, &wait, now);
}

bool cvi_quota_holds_back(cvi_engine *engine, cvi_flight *flight, cvi_now now) {
    cvi_refusal refusal;
    int64_t until = closed_until(engine, flight, &refusal);
    if (now.boot_ms >= until) {
        return false;
    }
    int64_t due = judge_patience(engine, flight, until - now.boot_ms, &refusal, until, now);
    if (flight->passengers == NULL) {
        return false;
    }
    tell_wait(engine, flight, &refusal, now);
    flight->hindrance = refusals[refusal.reason].hindrance;
    flight->due_boot_ms = due;
    return true;
}

/* ---- what the stores have said ---- */

/* Keeps the flight waiting, without its job if the wait is a long one. */
static bool wait_until(cvi_engine *engine, cvi_flight *flight, const cvi_claim *claim,
                       int64_t until_boot_ms) {
    bool is_long = claim->wait_ms > engine->options.lease_ms;
    flight->was_refused = true;
    if (flight->job_id[0] != '\0' && is_long) {
        flight->resume = true;
        flight->resume_boot_ms = until_boot_ms;
        cvi_flight_pass(flight);
        return true;
    }
    if (flight->job_id[0] == '\0') {
        cvi_flight_move(flight, CVI_STAGE_LOOKUP);
    }
    flight->hindrance = refusals[claim->reason].hindrance;
    flight->due_boot_ms = until_boot_ms;
    return false;
}

bool cvi_quota_refused(cvi_engine *engine, cvi_flight *flight, const cvi_claim *claim,
                       cvi_now now) {
    cvi_refusal refusal = {claim->reason, claim->reason_text, now.boot_ms + claim->wait_ms};
    int64_t longest_ms = refusals[claim->reason].relook_ms;
    int64_t until = now.boot_ms + (claim->wait_ms < longest_ms ? claim->wait_ms : longest_ms);
    int64_t due = judge_patience(engine, flight, claim->wait_ms, &refusal, until, now);
    if (flight->passengers == NULL) {
        cvi_flight_pass(flight);
        return true;
    }
    close_gate(engine, flight, &refusal, until);
    tell_wait(engine, flight, &refusal, now);
    return wait_until(engine, flight, claim, due);
}

void cvi_quota_admitted(cvi_engine *engine, const cvi_flight *flight, const cvi_claim *claim,
                        cvi_now now) {
    const cvi_refusal others = {CVI_WAIT_INTERVAL, "", now.boot_ms + claim->wait_ms};
    close_gate(engine, flight, &others, others.ends_boot_ms);
}
