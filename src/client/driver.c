/* Owns the driver's role: whoever has it takes turns (drive.c). In CV_DRIVE_THREAD that is
 * the worker, from the first miss until close; in CV_DRIVE_POLL it is taken for one turn at a time.
 */
#include "client/client.h"

#include <string.h>

#include "client/drive.h"
#include "client/events.h"
#include "client/images.h"
#include "client/key_check.h"
#include "client/ready.h"
#include "client/recent_answer.h"
#include "client/suspension.h"
#include "client/transfer_face.h"
#include "support/error.h"

#define MAX_BODY_BYTES ((size_t)32 << 20)
#define TOLD_AFTER_MS  INT64_C(30000) /* a transfer's end is known so long after its time-out */

const cvi_driver_budget cvi_driver_whole_turn = {.time_us = 5000, .least_units = 1};

static const cvi_store_ops store_ops = {
    cvi_stores_lookup, cvi_stores_claim, cvi_stores_watch, cvi_stores_complete,  cvi_stores_release,
    cvi_stores_renew,  cvi_stores_heed,  cvi_stores_clean, cvi_stores_make_room,
};

static const cvi_transport_ops transport_ops = {cvi_transport_send, cvi_transport_cancel};

/* ---- the inbox ---- */

static void push_inbox_locked(cv_request *request) {
    cvi_queue *inbox = &request->client->inbox;
    request->owned_by_driver = true;
    request->in_inbox = true;
    request->inbox_next = NULL;
    if (inbox->last != NULL) {
        inbox->last->inbox_next = request;
    } else {
        inbox->first = request;
    }
    inbox->last = request;
}

void cvi_driver_interrupt_locked(cv_client *client) {
    if (client->transport != NULL) {
        cvi_transport_wake(client->transport); /* quick, and under the mutex it cannot be closed */
    }
}

void cvi_driver_submit_locked(cv_request *request) {
    cv_client *client = request->client;
    if (client->closed) {
        cvi_outcome outcome = {.result = NULL};
        cvi_error_set(&outcome.error, CV_ERROR_CLOSED, "the client is closed");
        cvi_request_complete_locked(request, &outcome);
        return;
    }
    if (!request->in_inbox) {
        push_inbox_locked(request);
        cvi_ready_update_locked(client);
    }
    if (client->settings.options.drive == CV_DRIVE_POLL && !client->driving) {
        cvi_waiters_signal_locked(client); /* somebody may sleep for want of work */
    }
    cvi_driver_interrupt_locked(client);
}

/* ---- the role ---- */

static bool is_closed(cv_client *client) {
    cvi_mutex_lock(&client->mutex);
    bool closed = client->closed;
    cvi_mutex_unlock(&client->mutex);
    return closed;
}

static void *work(void *user) {
    cv_client *client = user;
    while (!is_closed(client)) {
        cvi_suspension_heed(client);
        cvi_drive(client, NULL, -1, &cvi_driver_whole_turn);
    }
    return NULL;
}

/* Takes the role if it is free and there is something to drive; else sleeps, if it may. */
static bool take_turn(cv_client *client, cvi_waiter *waiter, int64_t timeout_ms) {
    bool taken = false;
    cvi_mutex_lock(&client->mutex);
    if (timeout_ms == 0 || !cvi_waiter_is_satisfied_locked(client, waiter)) {
        if (!client->closed && !client->driving && client->engine != NULL) {
            client->driving = true;
            waiter->signalled = false;
            taken = true;
        } else if (timeout_ms != 0) {
            cvi_waiter_sleep_locked(client, waiter, timeout_ms);
        }
    }
    cvi_mutex_unlock(&client->mutex);
    return taken;
}

void cvi_driver_end_turn(cv_client *client) {
    cvi_mutex_lock(&client->mutex);
    client->driving = false;
    cvi_waiters_signal_locked(client); /* another thread may want the role */
    cvi_mutex_unlock(&client->mutex);
}

void cvi_driver_turn(cv_client *client, cvi_waiter *waiter, int64_t timeout_ms,
                     const cvi_driver_budget *budget) {
    if (!take_turn(client, waiter, timeout_ms)) {
        return;
    }
    cvi_sigpipe sigpipe;
    cvi_sigpipe_block(&sigpipe);
    cvi_drive(client, waiter, timeout_ms, budget);
    cvi_sigpipe_restore(&sigpipe);
    cvi_driver_end_turn(client);
}

/* ---- starting ---- */

static bool lacks_network(cv_client *client) {
    cvi_mutex_lock(&client->mutex);
    bool lacks = client->network.size == 0 && !client->closed && cvi_transport_is_built_in();
    cvi_mutex_unlock(&client->mutex);
    return lacks;
}

/* False: there is one, or the client is closed. */
static bool take_network(cv_client *client, const cv_transport *network) {
    cvi_mutex_lock(&client->mutex);
    bool taken = client->network.size == 0 && !client->closed;
    if (taken) {
        client->network = *network;
    }
    cvi_mutex_unlock(&client->mutex);
    return taken;
}

/* The application's network is there from the start, the built-in one from the first miss. It is
 * opened without the mutex: that may load a library, and wait for who runs the constructors of
 * another, which may call this client. */
static bool open_network(cv_client *client, cv_error *error) {
    cv_transport network;
    if (!lacks_network(client)) {
        return true;
    }
    if (!cvi_transport_built_in(&network, NULL, &client->allocator, error)) {
        return false;
    }
    if (!take_network(client, &network)) { /* another thread was faster */
        network.close(network.user);
    }
    return true;
}

static void close_network(cv_client *client) {
    if (client->network.close != NULL) {
        client->network.close(client->network.user);
    }
    client->network = (cv_transport){.size = 0};
}

static cvi_transport *open_transport(cv_client *client, cv_error *error) {
    const cv_options *options = &client->settings.options;
    cvi_transport_options transport = {
        .api_key = options->api_key,
        .user_agent = client->settings.user_agent,
        .connect_timeout_ms = options->connect_timeout_ms,
        .timeout_ms = options->timeout_ms,
        .max_body_bytes = MAX_BODY_BYTES,
        .network = client->network,
        .allocator = client->allocator,
        .clock = client->clock,
    };
    return cvi_transport_open(&transport, error);
}

static int64_t smaller(int64_t a, int64_t b) {
    return a < b ? a : b;
}

/* Each part is cleaned if it wants to be, and the rows of the limit with whichever is. */
static int64_t clean_interval_ms(const cv_options *options) {
    int64_t cache_ms = options->cache.cleanup_interval_ms;
    int64_t dedupe_ms = options->dedupe.cleanup_interval_ms;
    if (cache_ms == CV_NONE || dedupe_ms == CV_NONE) {
        return cache_ms == CV_NONE ? dedupe_ms : cache_ms;
    }
    return smaller(cache_ms, dedupe_ms);
}

/* How old an admission may be when it is sent: half of the guard keeps the windows exact, and a
 * twenty-first of the interval (50 of 1 050 ms) keeps two requests apart as the service sees them.
 * A network that does not ask cannot be had to wait, so that its requests are apart as they start.
 */
static void set_ages(const cv_client *client, const cv_rate_limit_settings *limits,
                     cvi_engine_options *engine) {
    bool is_paced = limits->min_interval_ms != CV_NO_INTERVAL;
    bool is_guarded = limits->guard_ms != CV_NONE;
    engine->fresh_ms = is_guarded ? limits->guard_ms / 2 : 0;
    if (!client->network.asks_before_sending) {
        engine->fresh_ms = is_guarded ? engine->fresh_ms : client->settings.options.timeout_ms;
        return;
    }
    engine->waits_for_connections = is_paced;
    if (is_paced) {
        engine->fresh_ms = smaller(engine->fresh_ms, limits->min_interval_ms / 21);
    }
}

cvi_engine_options cvi_driver_engine_options(cv_client *client,
                                             const cv_rate_limit_settings *limits) {
    const cv_options *options = &client->settings.options;
    cvi_engine_options engine = {
        .allocator = client->allocator,
        .random = client->random,
        .transport_ops = &transport_ops,
        .transport = client->transport,
        .is_offline = client->network.size == 0,
        .deliver = cvi_request_deliver,
        .tell = options->on_event != NULL ? cvi_events_tell : NULL,
        .user = client,
        .log = client->log,
        .told_ms = options->timeout_ms + TOLD_AFTER_MS,
        .max_retries = options->max_retries,
    };
    set_ages(client, limits, &engine);
    return engine;
}

static cvi_engine *open_engine(cv_client *client, cvi_transport *transport) {
    const cv_options *options = &client->settings.options;
    cvi_engine_options engine = cvi_driver_engine_options(client, &options->rate_limit);
    engine.transport = transport; /* which becomes the client's with this engine */
    engine.store_ops = &store_ops;
    engine.stores = client->stores;
    engine.hear_key = cvi_key_hear;
    engine.recall_key = cvi_key_recall;
    engine.know = cvi_recent_know;
    engine.remember = cvi_recent_remember;
    engine.lease_ms = options->dedupe.lease_ms;
    engine.negative_ttl_ms =
        options->cache.negative_ttl_s == CV_NONE ? 0 : options->cache.negative_ttl_s * 1000;
    engine.clean_interval_ms = clean_interval_ms(options);
    engine.heeds_cache_control = options->cache.heed_cache_control;
    return cvi_engine_open(&engine, cvi_clock_now(&client->clock));
}

static bool start_locked(cv_client *client, cv_error *error) {
    if (client->engine == NULL) {
        cvi_transport *transport = open_transport(client, error);
        if (transport == NULL) {
            return false;
        }
        client->engine = open_engine(client, transport);
        if (client->engine == NULL) {
            cvi_transport_close(transport);
            cvi_error_no_memory(error);
            return false;
        }
        client->transport = transport;
        cvi_shelf_init(&client->shelf, client->stores, cvi_stores_store_dated, &client->allocator,
                       &client->random, client->log);
        cvi_suspension_start(client);
    }
    if (client->settings.options.drive == CV_DRIVE_THREAD && !client->has_worker) {
        client->has_worker = cvi_thread_start(&client->worker, work, client);
        if (!client->has_worker) {
            cvi_error_set(error, CV_ERROR_NOMEM, "the system refuses to start a worker thread");
            return false;
        }
    }
    return true;
}

bool cvi_driver_start(cv_client *client, cv_error *error) {
    if (!open_network(client, error)) {
        return false;
    }
    cvi_mutex_lock(&client->mutex);
    bool started = false;
    if (client->closed) {
        cvi_error_set(error, CV_ERROR_CLOSED, "the client is closed");
    } else {
        started = start_locked(client, error);
    }
    cvi_mutex_unlock(&client->mutex);
    return started;
}

/* ---- stopping ---- */

static bool may_take_locked(const cv_client *client, bool is_closing) {
    return is_closing || !client->closed;
}

/* A moment in which who drives may end its turn; without resources for a condition, a blind one. */
static void let_end_locked(cv_client *client, cvi_waiter *waiter) {
    cvi_driver_interrupt_locked(client);
    if (waiter != NULL) {
        cvi_waiter_sleep_locked(client, waiter, 10);
        return;
    }
    cvi_mutex_unlock(&client->mutex);
    cvi_platform_sleep_ms(1);
    cvi_mutex_lock(&client->mutex);
}

bool cvi_driver_take_role(cv_client *client, bool is_closing) {
    cvi_waiter waiter;
    bool entered = cvi_waiter_enter(client, &waiter, NULL);
    cvi_mutex_lock(&client->mutex);
    while (client->driving && may_take_locked(client, is_closing)) {
        let_end_locked(client, entered ? &waiter : NULL);
    }
    bool taken = may_take_locked(client, is_closing);
    client->driving = client->driving || taken;
    cvi_mutex_unlock(&client->mutex);
    if (entered) {
        cvi_waiter_leave(client, &waiter);
    }
    return taken;
}

/* For good: `closed` is set, so nobody else takes it again. */
static void take_role_for_good(cv_client *client) {
    if (!client->has_worker) {
        cvi_driver_take_role(client, true);
        return;
    }
    cvi_transport_wake(client->transport);
    cvi_thread_join(&client->worker);
}

void cvi_driver_stop(cv_client *client) {
    if (client->engine == NULL) {
        close_network(client);
        return;
    }
    take_role_for_good(client);
    cvi_sigpipe sigpipe; /* closing connections writes to them */
    cvi_sigpipe_block(&sigpipe);
    cvi_outcome outcome = {.result = NULL};
    cvi_error_set(&outcome.error, CV_ERROR_CLOSED, "the client was closed");
    bool done = false;
    for (cv_request *request; (request = cvi_drive_pop(client, &done)) != NULL;) {
        cvi_drive_leave(client, request);
        cvi_request_deliver(client, &request->passenger, &outcome);
    }
    cvi_engine_abandon(client->engine, &outcome);
    cvi_images_abandon(client, &outcome);
    cvi_drive_flush(client);
    cvi_shelf_clear(&client->shelf);
    cvi_images_end(client);
    cvi_engine_close(client->engine);
    client->engine = NULL;
    cvi_mutex_lock(&client->mutex);
    cvi_transport *transport = client->transport;
    client->transport = NULL;
    cvi_mutex_unlock(&client->mutex);
    cvi_transport_close(transport);
    close_network(client);
    cvi_sigpipe_restore(&sigpipe);
}
