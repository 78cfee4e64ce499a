/* Owns which event a turn of a flight makes, and who aboard has heard it already. The driver's. */
#include "client/telling.h"

#include "support/buffer.h"

#define LOCK_TOLD_MS INT64_C(250) /* mostly a lock is held for some milliseconds */

static void tell_all(cvi_engine *engine, const cvi_flight *flight, const cv_event *event) {
    if (engine->options.tell == NULL) {
        return;
    }
    for (cvi_passenger *passenger = flight->passengers; passenger != NULL;
         passenger = passenger->next) {
        engine->options.tell(engine->options.user, passenger, event);
    }
}

void cvi_tell_joined(cvi_engine *engine, cvi_passenger *passenger) {
    const cv_event event = {.kind = CV_EVENT_JOINED};
    if (engine->options.tell != NULL) {
        engine->options.tell(engine->options.user, passenger, &event);
    }
}

void cvi_tell_watch(cvi_engine *engine, const cvi_flight *flight) {
    for (cvi_passenger *passenger = flight->passengers; passenger != NULL;
         passenger = passenger->next) {
        if (!passenger->joined) {
            cvi_tell_joined(engine, passenger);
        }
    }
}

/* Whether this is news to a passenger, who has it then. */
static bool is_news(cvi_passenger *passenger, const cvi_wait *wait) {
    if (passenger->told_words == wait->words &&
        passenger->told_until_boot_ms == wait->ends_boot_ms) {
        return false;
    }
    passenger->told_words = wait->words;
    passenger->told_until_boot_ms = wait->ends_boot_ms;
    return true;
}

static void fill_end(cv_event *event, int64_t delay_ms, cvi_now now) {
    event->at_ms = now.wall_ms;
    event->delay_ms = delay_ms;
    event->until_ms = now.wall_ms + delay_ms;
}

void cvi_tell_wait(cvi_engine *engine, const cvi_flight *flight, const cvi_wait *wait,
                   cvi_now now) {
    if (engine->options.tell == NULL) {
        return;
    }
    char text[sizeof(((cv_error *)NULL)->message)];
    cvi_buffer reason;
    cvi_buffer_over(&reason, text, sizeof(text));
    cvi_buffer_add_text(&reason, wait->words);
    cvi_buffer_add_text(&reason, wait->text);
    cv_event event = {.kind = CV_EVENT_WAITING, .place = wait->place, .reason = text};
    if (wait->ends_boot_ms != CVI_NEVER) {
        fill_end(&event, wait->ends_boot_ms - now.boot_ms, now);
    }
    for (cvi_passenger *passenger = flight->passengers; passenger != NULL;
         passenger = passenger->next) {
        if (is_news(passenger, wait)) {
            engine->options.tell(engine->options.user, passenger, &event);
        }
    }
}

void cvi_tell_lock(cvi_engine *engine, const cvi_flight *flight, cvi_now now) {
    static const cvi_wait locked = {.words = "another program keeps the database locked",
                                    .text = "",
                                    .ends_boot_ms = CVI_NEVER};
    if (now.boot_ms - flight->locked_boot_ms >= LOCK_TOLD_MS) {
        cvi_tell_wait(engine, flight, &locked, now);
    }
}

void cvi_tell_sent(cvi_engine *engine, const cvi_flight *flight) {
    const cv_event event = {.kind = CV_EVENT_SENT, .tries = flight->sends};
    tell_all(engine, flight, &event);
    for (cvi_passenger *passenger = flight->passengers; passenger != NULL;
         passenger = passenger->next) {
        passenger->told_words = NULL; /* another wait would be a new one */
    }
}

void cvi_tell_retry(cvi_engine *engine, const cvi_flight *flight, const cv_error *failure,
                    int64_t delay_ms, cvi_now now) {
    cv_event event = {.kind = CV_EVENT_RETRY,
                      .code = failure->code,
                      .tries = flight->tries,
                      .reason = failure->message};
    fill_end(&event, delay_ms, now);
    tell_all(engine, flight, &event);
}

void cvi_tell_cooldown(cvi_engine *engine, cvi_flight *flight, cvi_now now) {
    if (flight->told_cooldown) {
        return;
    }
    flight->told_cooldown = true;
    cv_event event = {
        .kind = CV_EVENT_COOLDOWN, .code = flight->failure.code, .reason = flight->failure.message};
    fill_end(&event, flight->failure.retry_after_ms, now);
    tell_all(engine, flight, &event);
}
