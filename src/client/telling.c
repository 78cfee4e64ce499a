/* Owns which event or line a turn of a flight makes, and who aboard has heard it already. The
 * driver's. */
#include "client/telling.h"

#include <inttypes.h>

#include "support/buffer.h"

#define COMPLAINT_MS INT64_C(10000) /* a disk that is full fails twenty times in a second */
#define SAME_END_MS  INT64_C(100)
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
        passenger->told_words = NULL; /* another wait would be a new one */
    }
}

/* Whether two ends are so near that nobody cares which it is; neither is negative. */
static bool is_same_end(int64_t one_boot_ms, int64_t other_boot_ms) {
    int64_t apart_ms = one_boot_ms - other_boot_ms;
    return apart_ms > -SAME_END_MS && apart_ms < SAME_END_MS;
}

/* Whether this is news to a passenger, who has it then. */
static bool is_news(cvi_passenger *passenger, const cvi_wait *wait) {
    if (passenger->told_words == wait->words &&
        is_same_end(passenger->told_until_boot_ms, wait->ends_boot_ms)) {
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

/* Tells all for whom it is news. Answers whether it was anybody's. */
static bool spread_wait(cvi_engine *engine, const cvi_flight *flight, const cvi_wait *wait,
                        const cv_event *event) {
    bool any = false;
    for (cvi_passenger *passenger = flight->passengers; passenger != NULL;
         passenger = passenger->next) {
        if (!is_news(passenger, wait)) {
            continue;
        }
        any = true;
        if (engine->options.tell != NULL) {
            engine->options.tell(engine->options.user, passenger, event);
        }
    }
    return any;
}

void cvi_tell_wait(cvi_engine *engine, const cvi_flight *flight, const cvi_wait *wait,
                   cvi_now now) {
    if (engine->options.tell == NULL && !cvi_log_wants(engine->options.log, CV_LOG_DEBUG)) {
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
    if (spread_wait(engine, flight, wait, &event)) {
        cvi_log_write(engine->options.log, CV_LOG_DEBUG, "%s: waits, %s, %" PRId64 " ms",
                      flight->call->label, text, event.delay_ms);
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
    cvi_log_write(engine->options.log, CV_LOG_DEBUG, "%s: request %" PRId64 ", GET %s",
                  flight->call->label, flight->sends,
                  flight->redirect_url != NULL ? flight->redirect_url : flight->call->url);
    for (cvi_passenger *passenger = flight->passengers; passenger != NULL;
         passenger = passenger->next) {
        passenger->told_words = NULL; /* another wait would be a new one */
    }
}

void cvi_tell_response(cvi_engine *engine, const cvi_flight *flight, const cvi_response *response,
                       cvi_now now) {
    cvi_log *log = engine->options.log;
    const char *label = flight->call->label;
    if (!response->sent) {
        cvi_log_write(log, CV_LOG_DEBUG, "%s: was not sent", label);
        return;
    }
    int64_t duration_ms = now.boot_ms - flight->sent_boot_ms;
    if (response->kind == CVI_RESPONSE_ANSWER) {
        cvi_log_write(log, CV_LOG_INFO, "%s: HTTP %d, %zu bytes, %" PRId64 " ms", label,
                      response->http_status, response->size, duration_ms);
    } else if (response->kind == CVI_RESPONSE_REDIRECT) {
        cvi_log_write(log, CV_LOG_INFO, "%s: HTTP %d, redirected to %s", label,
                      response->http_status, response->redirect_url);
    } else {
        cvi_log_write(log, CV_LOG_WARNING, "%s: no good answer after %" PRId64 " ms: %s", label,
                      duration_ms, response->reason != NULL ? response->reason : "broken");
    }
}

void cvi_tell_retry(cvi_engine *engine, const cvi_flight *flight, cvi_now now) {
    const cvi_wait wait = {.words = "another try", .ends_boot_ms = flight->retry_boot_ms};
    const cv_error *failure = &flight->failure;
    cv_event event = {.kind = CV_EVENT_RETRY,
                      .code = failure->code,
                      .tries = flight->tries,
                      .reason = failure->message};
    fill_end(&event, now.boot_ms < wait.ends_boot_ms ? wait.ends_boot_ms - now.boot_ms : 0, now);
    if (spread_wait(engine, flight, &wait, &event)) {
        cvi_log_write(engine->options.log, CV_LOG_WARNING,
                      "%s; try %" PRId64 " follows in %" PRId64 " ms", failure->message,
                      flight->tries + 1, event.delay_ms);
    }
}

void cvi_tell_cooldown(cvi_engine *engine, cvi_flight *flight, int64_t pause_ms, cvi_now now) {
    if (flight->told_cooldown) {
        return;
    }
    flight->told_cooldown = true;
    cv_event event = {
        .kind = CV_EVENT_COOLDOWN, .code = flight->failure.code, .reason = flight->failure.message};
    fill_end(&event, pause_ms, now);
    tell_all(engine, flight, &event);
    cvi_log_write(engine->options.log, CV_LOG_WARNING, "%s; a pause of %" PRId64 " ms begins",
                  event.reason, event.delay_ms);
}

/* What the log is told, by what the stores have failed at. */
static const struct {
    cv_log_level level;
    const char *words;
} duties[CVI_DUTY_COUNT] = {
    [CVI_DUTY_LOOKUP] = {CV_LOG_WARNING, "the cache cannot be read"},
    [CVI_DUTY_CLAIM] = {CV_LOG_ERROR, "nothing can be admitted"},
    [CVI_DUTY_READMIT] = {CV_LOG_WARNING, "an admission cannot be taken anew"},
    [CVI_DUTY_STORE] = {CV_LOG_WARNING, "an answer cannot be stored"},
    [CVI_DUTY_RELEASE] = {CV_LOG_WARNING, "a job cannot be let go"},
    [CVI_DUTY_RENEW] = {CV_LOG_WARNING, "a lease cannot be renewed"},
    [CVI_DUTY_HEED] = {CV_LOG_ERROR, "others cannot be told of the service's refusal"},
    [CVI_DUTY_CLEAN] = {CV_LOG_WARNING, "the database cannot be cleaned"},
};

void cvi_tell_failure(cvi_engine *engine, cvi_duty duty, const char *label, const cv_error *failure,
                      cvi_now now) {
    int64_t *last_boot_ms = &engine->complained_boot_ms[duty];
    bool is_due = *last_boot_ms == 0 || now.boot_ms - *last_boot_ms >= COMPLAINT_MS;
    if (is_due && cvi_log_wants(engine->options.log, duties[duty].level)) {
        *last_boot_ms = now.boot_ms;
        cvi_log_write(engine->options.log, duties[duty].level, "%s%s%s: %s",
                      label != NULL ? label : "", label != NULL ? ": " : "", duties[duty].words,
                      failure->message);
    }
}
