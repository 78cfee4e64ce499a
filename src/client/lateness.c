/* Owns when an answer is too old for somebody aboard. It ages from the moment in which it was
 * heard; until it is given it may have waited for the application to poll, for its turn to be read,
 * or for the file. Who had boarded before waits for just that; who came later takes it as the
 * cache's answer, fresh or not at all. An error that says nothing of the object is told to all, but
 * for another program's to those who came after it. Used by the engine alone. */
#include "client/lateness.h"

#include "client/unread.h"
#include "stores/limits.h"

/* ---- who is too late ---- */

bool cvi_late_for_look(const cvi_flight *flight) {
    return flight->stage == CVI_STAGE_WATCH ||
           (flight->stage == CVI_STAGE_DECODE && !cvi_unread_is_answer(flight));
}

/* Something that was heard at a moment, and how long it is fresh. */
typedef struct news {
    int64_t heard_boot_ms;
    int64_t ttl_ms;
} news;

static int64_t shorter(int64_t one_ms, int64_t other_ms) {
    return one_ms < other_ms ? one_ms : other_ms;
}

static bool is_past(const news *heard, const cvi_passenger *passenger) {
    int64_t age_ms = passenger->boarded_boot_ms - heard->heard_boot_ms;
    int64_t fresh_ms =
        passenger->max_age_ms > 0 ? shorter(heard->ttl_ms, passenger->max_age_ms) : heard->ttl_ms;
    return age_ms > 0 && age_ms >= fresh_ms;
}

static news answer_of(const cvi_flight *flight) {
    bool is_denial = flight->ending == CVI_ENDING_FAIL;
    return (news){flight->heard_boot_ms,
                  is_denial ? flight->engine->options.negative_ttl_ms : flight->keeping.ttl_ms};
}

bool cvi_late_for_answer(const cvi_flight *flight, const cvi_passenger *passenger) {
    const news own = answer_of(flight);
    return is_past(&own, passenger);
}

/* ---- parting ---- */

void cvi_late_part(cvi_engine *engine, cvi_flight *flight) {
    cvi_flight *other = NULL;
    cvi_passenger *next = NULL;
    for (cvi_passenger *passenger = flight->passengers; passenger != NULL; passenger = next) {
        next = passenger->next;
        if (passenger->is_late) {
            other = cvi_flight_change(engine, other, passenger);
        }
    }
}

static void note_past(cvi_flight *flight, const news *heard) {
    for (cvi_passenger *passenger = flight->passengers; passenger != NULL;
         passenger = passenger->next) {
        passenger->is_late = passenger->is_late || is_past(heard, passenger);
    }
}

void cvi_late_part_with_answer(cvi_engine *engine, cvi_flight *flight) {
    if (flight->ending != CVI_ENDING_PASS && flight->result != NULL) {
        const news own = answer_of(flight);
        note_past(flight, &own);
        cvi_late_part(engine, flight);
    }
}

static news news_at(int64_t wall_ms, int64_t ttl_ms, cvi_now now) {
    return (news){now.boot_ms - cvi_age_ms(now.wall_ms, wall_ms), ttl_ms};
}

/* What a job has kept for those who wait says no time of its own. */
static int64_t ttl_of(const cvi_flight *flight, const cvi_cached *cached) {
    if (cached->is_negative) {
        return flight->engine->options.negative_ttl_ms;
    }
    int64_t row_ms = cvi_age_ms(cached->expires_at_ms, cached->fetched_at_ms);
    return cached->row_id != 0 ? shorter(row_ms, flight->call->ttl_ms) : flight->call->ttl_ms;
}

/* What those aboard wait for is still to come: whatever it is, it is newer than their calls. */
static void note_pending(cvi_flight *flight) {
    for (cvi_passenger *passenger = flight->passengers; passenger != NULL;
         passenger = passenger->next) {
        passenger->is_late = false;
    }
}

void cvi_late_take_watch(cvi_engine *engine, cvi_flight *flight, const cvi_watch *watch,
                         cvi_now now) {
    const cvi_cached *cached = &watch->cached;
    if (watch->state == CVI_WATCH_COMPLETED) {
        const news found = news_at(cached->fetched_at_ms, ttl_of(flight, cached), now);
        note_past(flight, &found);
    } else if (watch->state != CVI_WATCH_FAILED) {
        note_pending(flight);
    } else if (watch->failure.code == CV_ERROR_NOT_FOUND) {
        const news found = news_at(watch->failed_at_ms, engine->options.negative_ttl_ms, now);
        note_past(flight, &found);
    }
    cvi_late_part(engine, flight);
}
