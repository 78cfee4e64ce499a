/* Owns what is known of the key: what the service has last said to it, in this client or, as other
 * programs have noted, in the file; and the calls that ask. A blocking one waits for the file on
 * its own thread, a request leaves it to the driver, which never does. Any thread. */
#include "client/key_check.h"

#include <inttypes.h>

#include "client/calls.h"
#include "client/request_start.h"
#include "client/retry.h"
#include "stores/key_word.h"
#include "support/error.h"

/* ---- what is known ---- */

/* Whether something later is known than what was heard at `heard_boot_ms`. An application's clock
 * may go back, and then what is known is of the future. */
static bool knows_later_locked(const cv_client *client, int64_t heard_boot_ms, cvi_now now) {
    int64_t known_boot_ms = client->key_heard.boot_ms;
    return client->key_state != CVI_KEY_UNKNOWN && known_boot_ms > heard_boot_ms &&
           known_boot_ms <= now.boot_ms;
}

void cvi_key_hear(void *user, bool is_accepted, int64_t age_ms, cvi_now now) {
    cv_client *client = user;
    const cvi_now heard = {now.boot_ms - age_ms, now.wall_ms - age_ms};
    cvi_mutex_lock(&client->mutex);
    if (!knows_later_locked(client, heard.boot_ms, now)) {
        client->key_state = is_accepted ? CVI_KEY_ACCEPTED : CVI_KEY_REFUSED;
        client->key_heard = heard;
    }
    cvi_mutex_unlock(&client->mutex);
}

/* How long a word is believed: an answer that refuses the key as long as one that denies an object,
 * since the user may have put the key right meanwhile. */
static int64_t lifetime_ms(const cv_client *client, cvi_key_state state) {
    int64_t negative_ttl_s = client->settings.options.cache.negative_ttl_s;
    if (state == CVI_KEY_ACCEPTED) {
        return CVI_KEY_WORD_MAX_MS;
    }
    return state == CVI_KEY_REFUSED && negative_ttl_s != CV_NONE ? negative_ttl_s * 1000 : 0;
}

/* What is known, and for how long. */
typedef struct knowledge {
    cvi_key_state state; /* CVI_KEY_UNKNOWN: must be asked */
    int64_t left_ms;
    int64_t heard_wall_ms; /* 0: never */
} knowledge;

/* A word of the future is one of a clock that has been put right since. */
static knowledge judge(const cv_client *client, cvi_key_state state, int64_t age_ms,
                       int64_t heard_wall_ms) {
    int64_t left_ms = lifetime_ms(client, state) - age_ms;
    bool is_good = age_ms >= 0 && left_ms > 0;
    return (knowledge){is_good ? state : CVI_KEY_UNKNOWN, is_good ? left_ms : 0, heard_wall_ms};
}

static knowledge recall_own(cv_client *client, cvi_now now) {
    cvi_mutex_lock(&client->mutex);
    cvi_key_state state = client->key_state;
    cvi_now heard = client->key_heard;
    cvi_mutex_unlock(&client->mutex);
    return judge(client, state, now.boot_ms - heard.boot_ms, heard.wall_ms);
}

/* What others have noted since this client last heard of it. That it cannot be read costs a
 * request. */
static knowledge recall_noted(cv_client *client, const knowledge *own, int64_t patience_ms,
                              cvi_now now) {
    cv_error failure;
    cvi_key_state state = CVI_KEY_UNKNOWN;
    int64_t at_ms = 0;
    cvi_store_answer answer =
        cvi_stores_read_key(client->stores, patience_ms, &state, &at_ms, &failure);
    if (answer == CVI_STORE_FAILED) {
        cvi_log_write(client->log, CV_LOG_WARNING, "what is known of the key cannot be read: %s",
                      failure.message);
    }
    bool is_newer = answer == CVI_STORE_DONE && at_ms > own->heard_wall_ms;
    return is_newer ? judge(client, state, now.wall_ms - at_ms, at_ms) : *own;
}

/* The stores must be open. */
static knowledge recall(cv_client *client, int64_t patience_ms) {
    cvi_now now = cvi_clock_now(&client->clock);
    knowledge known = recall_own(client, now);
    return known.state == CVI_KEY_UNKNOWN ? recall_noted(client, &known, patience_ms, now) : known;
}

static void set_refused(const knowledge *known, cv_error *error) {
    cvi_error_set(error, CV_ERROR_AUTH,
                  "the service has refused the API key, next request in %" PRId64 " ms",
                  known->left_ms);
    error->retry_after_ms = known->left_ms;
}

/* ---- noting ---- */

/* What an outcome says of the key; CVI_KEY_UNKNOWN: nothing. */
static cvi_key_state state_of(const cvi_outcome *outcome) {
    if (outcome->result != NULL) {
        return CVI_KEY_ACCEPTED;
    }
    return outcome->error.code == CV_ERROR_AUTH ? CVI_KEY_REFUSED : CVI_KEY_UNKNOWN;
}

/* Notes what this client has last heard as of when it did: while others held the file, they may
 * have heard something later. */
static cvi_store_answer note(cv_client *client, int64_t patience_ms) {
    cv_error failure;
    cvi_mutex_lock(&client->mutex);
    cvi_key_state state = client->key_state;
    int64_t heard_boot_ms = client->key_heard.boot_ms;
    cvi_mutex_unlock(&client->mutex);
    cvi_now now = cvi_clock_now(&client->clock);
    int64_t age_ms = now.boot_ms > heard_boot_ms ? now.boot_ms - heard_boot_ms : 0;
    cvi_store_answer answer = cvi_stores_note_key(client->stores, patience_ms, state,
                                                  now.wall_ms - age_ms, now, &failure);
    if (answer == CVI_STORE_FAILED) {
        cvi_log_write(client->log, CV_LOG_WARNING, "what is known of the key cannot be noted: %s",
                      failure.message);
    }
    return answer;
}

int64_t cvi_key_step(cv_client *client, cvi_now now) {
    if (!client->is_key_untold) {
        return INT64_MAX;
    }
    if (now.boot_ms >= client->key_due_boot_ms) {
        if (note(client, 0) != CVI_STORE_BUSY) {
            client->is_key_untold = false;
            return INT64_MAX;
        }
        client->key_due_boot_ms = now.boot_ms + cvi_busy_delay_ms(&client->random);
    }
    return client->key_due_boot_ms;
}

void cvi_key_arrive(cv_client *client, const cvi_outcome *outcome) {
    if (state_of(outcome) != CVI_KEY_UNKNOWN) {
        cvi_now now = cvi_clock_now(&client->clock);
        client->is_key_untold = true;
        client->key_due_boot_ms = now.boot_ms;
        if (!client->is_suspended) {
            cvi_key_step(client, now);
        }
    }
}

/* ---- asking ---- */

/* False: refused, or not known, as the error says. */
static bool ask(cv_client *client, cv_error *error) {
    const cv_request_options options = cvi_options_of(CV_PRIORITY_USER);
    cvi_outcome outcome = {.result = NULL};
    cvi_call *call = cvi_call_key_check(&client->settings, &outcome.error);
    cvi_fetch_call(client, call, &options, &outcome);
    if (cvi_client_is_inherited(client)) {
        *error = cvi_error_inherited; /* an event has forked, and this is the child's way out */
        return false;
    }
    cvi_key_state state = state_of(&outcome);
    cvi_result_release(outcome.result);
    if (state != CVI_KEY_UNKNOWN && cvi_client_enter(client, error)) {
        note(client, CVI_KEY_PATIENCE_MS);
        cvi_client_leave(client);
    }
    *error = outcome.error;
    return state == CVI_KEY_ACCEPTED;
}

static bool check(cv_client *client, cv_error *error) {
    if (!cvi_client_enter(client, error)) {
        return false;
    }
    knowledge known = recall(client, CVI_KEY_PATIENCE_MS);
    cvi_client_leave(client);
    if (known.state == CVI_KEY_REFUSED) {
        set_refused(&known, error);
        return false;
    }
    return known.state == CVI_KEY_ACCEPTED || ask(client, error);
}

bool cv_client_check_key(cv_client *client) {
    if (!cvi_client_check(client)) {
        return false;
    }
    cv_error error;
    cvi_client_keep(client);
    bool is_accepted = check(client, &error);
    if (!cvi_client_is_inherited(client)) {
        cvi_log_flush(client->log);
    }
    cvi_client_release(client);
    if (!is_accepted) {
        cvi_error_remember(&error);
    }
    return is_accepted;
}

/* ---- as a request ---- */

/* A blocking call has looked already. */
bool cvi_key_recall(void *user, const cvi_passenger *passenger, cvi_outcome *outcome) {
    const cv_request *request = (const cv_request *)passenger;
    if (request->is_blocking || passenger->mode == CV_MODE_REFRESH) {
        return false;
    }
    knowledge known = recall(user, 0);
    *outcome = (cvi_outcome){.provenance = {.source = CV_SOURCE_CACHE}, .is_recalled = true};
    if (known.state == CVI_KEY_REFUSED) {
        set_refused(&known, &outcome->error);
    }
    return known.state != CVI_KEY_UNKNOWN;
}

bool cvi_key_serve(cv_request *request) {
    cvi_outcome outcome;
    cv_client *client = request->client;
    if (!request->call->is_key_check || !cvi_key_recall(client, &request->passenger, &outcome)) {
        return false;
    }
    cvi_mutex_lock(&client->mutex);
    cvi_request_complete_locked(request, &outcome);
    cvi_mutex_unlock(&client->mutex);
    cvi_request_leave_driver(request);
    return true;
}

cv_request *cv_request_check_key(cv_client *client, const cv_request_options *options) {
    if (!cvi_client_check(client)) {
        return NULL;
    }
    cv_error error;
    cvi_order order = {.error = &error};
    if (!cvi_copy_options(&order.options, options, &error)) {
        return cvi_request_start(client, &order);
    }
    if (order.options.fields != NULL) {
        cvi_error_set(&error, CV_ERROR_ARGUMENT, "a check of the key has no fields");
    } else {
        order.call = cvi_call_key_check(&client->settings, &error);
    }
    return cvi_request_start(client, &order);
}
