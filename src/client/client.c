/* Owns the client's life: opening, polling, closing, and the count of those who still need its
 * memory. Any thread. */
#include "client/client.h"

#include <string.h>

#include "client/events.h"
#include "client/ready.h"
#include "support/allocator.h"
#include "support/error.h"

/* What callbacks submit while the client closes is done at once, and called back in the second
 * round; what they go on to submit then is not called back any more. */
#define CLOSING_ROUNDS 2

#define WITHOUT_END (-1)

/* Of a poll that does not wait. What a single small call takes in a turn is always done. */
static const cvi_driver_budget of_a_frame = {
    .time_us = 1000, .least_units = 8, .piece_bytes = CVI_DRIVER_PIECE_BYTES};

bool cvi_client_is_inherited(const cv_client *client) {
    return !cvi_birth_is_here(&client->birth);
}

bool cvi_client_check(const cv_client *client) {
    cv_error error;
    if (client == NULL) {
        cvi_error_set(&error, CV_ERROR_ARGUMENT, "client is NULL");
        cvi_error_remember(&error);
        return false;
    }
    if (cvi_client_is_inherited(client)) {
        cvi_error_remember(&cvi_error_inherited);
        return false;
    }
    return true;
}

void cvi_client_keep(cv_client *client) {
    cvi_mutex_lock(&client->mutex);
    client->references++;
    cvi_mutex_unlock(&client->mutex);
}

void cvi_client_release(cv_client *client) {
    if (cvi_client_is_inherited(client)) {
        return;
    }
    cvi_mutex_lock(&client->mutex);
    bool last = --client->references == 0;
    cvi_mutex_unlock(&client->mutex);
    if (last) {
        cvi_lineage_free(&client->lineage);
        cvi_mutex_destroy(&client->mutex);
        cv_allocator allocator = client->allocator;
        cvi_log_close(client->log);
        cvi_settings_clear(&client->settings);
        cvi_release(&allocator, client);
    }
}

static cvi_stores *open_stores(cv_client *client, cv_error *error) {
    if (!cvi_platform_random(&client->random)) {
        cvi_error_set(error, CV_ERROR_STORE,
                      "the system gives no random numbers, so that nobody "
                      "could own a job in the database");
        return NULL;
    }
    const cv_options *options = &client->settings.options;
    cvi_stores_options stores = {
        .database = options->database,
        .connection = options->connection,
        .scope = client->settings.scope,
        .origin = client->settings.origin,
        .host = client->settings.host,
        .application = options->application,
        .relaxed_sync = options->relaxed_sync,
        .cache = options->cache,
        .dedupe = options->dedupe,
        .rate_limit = options->rate_limit,
        .allocator = client->allocator,
        .clock = client->clock,
        .random = client->random,
        .log = client->log,
    };
    cvi_stores *opened = cvi_stores_open(&stores, error);
    if (opened != NULL && options->drive == CV_DRIVE_POLL) {
        cvi_stores_write_back_apart(opened); /* turns are short there */
    }
    return opened;
}

static cv_client *allocate_client(const cv_allocator *allocator) {
    cv_client *client = cvi_allocate(allocator, sizeof(*client));
    if (client == NULL || !cvi_lineage_init(&client->lineage)) {
        cvi_release(allocator, client);
        return NULL;
    }
    if (!cvi_mutex_init(&client->mutex)) {
        cvi_lineage_free(&client->lineage);
        cvi_release(allocator, client);
        return NULL;
    }
    return client;
}

/* Moves the settings into a new client; clears them if that fails. */
static cv_client *new_client(cvi_settings *settings, cv_error *error) {
    cv_allocator allocator = settings->arena.allocator;
    cv_client *client = allocate_client(&allocator);
    if (client == NULL) {
        cvi_settings_clear(settings);
        cvi_error_no_memory(error);
        return NULL;
    }
    client->settings = *settings;
    client->settings.options.allocator = &client->settings.arena.allocator;
    client->allocator = allocator;
    client->birth = cvi_lineage_birth(&client->lineage);
    client->references = 1;
    client->due_boot_ms = INT64_MAX;
    client->clock = client->settings.clock;
    client->network = client->settings.network;
    cvi_recent_init(&client->recent, &client->settings);
    return client;
}

static bool open_log(cv_client *client, cv_error *error) {
    const cv_options *options = &client->settings.options;
    if (options->on_log == NULL) {
        return true;
    }
    client->log =
        cvi_log_open(options->on_log, options->user, options->log_level, &client->allocator);
    if (client->log == NULL) {
        cvi_error_no_memory(error);
    }
    return client->log != NULL;
}

static bool open_parts(cv_client *client, cv_error *error) {
    if (open_log(client, error)) {
        client->stores = open_stores(client, error);
    }
    if (client->stores != NULL) {
        const char *database = client->settings.options.database;
        cvi_log_write(client->log, CV_LOG_INFO, "libcomicvine %s: opened %s", CV_VERSION,
                      database != NULL ? database : "the application's connection");
    }
    cvi_log_flush(client->log);
    return client->stores != NULL;
}

cv_client *cv_client_open(const cv_options *options) {
    cv_error error;
    cvi_settings settings;
    cv_client *client = NULL;
    if (cvi_settings_init(&settings, options, &error)) {
        client = new_client(&settings, &error);
    }
    if (client != NULL) {
        if (open_parts(client, &error)) {
            return client;
        }
        cvi_client_release(client);
    }
    cvi_error_remember(&error);
    return NULL;
}

bool cvi_client_enter(cv_client *client, cv_error *error) {
    cvi_mutex_lock(&client->mutex);
    bool is_open = !client->closed;
    client->visitors += is_open ? 1 : 0;
    cvi_mutex_unlock(&client->mutex);
    if (!is_open) {
        cvi_error_set(error, CV_ERROR_CLOSED, "the client is closed");
    }
    return is_open;
}

void cvi_client_leave(cv_client *client) {
    cvi_mutex_lock(&client->mutex);
    client->visitors--;
    cvi_mutex_unlock(&client->mutex);
}

/* Threads that use the stores on their own leave soon; the stores stay until then. */
static void wait_for_visitors(cv_client *client) {
    cvi_mutex_lock(&client->mutex);
    while (client->visitors > 0) {
        cvi_mutex_unlock(&client->mutex);
        cvi_platform_sleep_ms(1);
        cvi_mutex_lock(&client->mutex);
    }
    cvi_mutex_unlock(&client->mutex);
}

/* Delivers what is due on this thread, until the slice is over. Answers how much. */
static int deliver(cv_client *client, int64_t budget_us) {
    cvi_slice slice = cvi_slice_start(budget_us);
    int count = cvi_events_run_all(client, &slice);
    return count + cvi_callbacks_run_all(client, &slice);
}

void cv_client_close(cv_client *client) {
    if (client == NULL || cvi_client_is_inherited(client)) {
        return;
    }
    cvi_mutex_lock(&client->mutex);
    bool first = !client->closed;
    client->closed = true;
    cvi_waiters_signal_locked(client);
    cvi_mutex_unlock(&client->mutex);
    if (!first) {
        return;
    }
    cvi_driver_stop(client);
    wait_for_visitors(client);
    cvi_settings_forget_key(&client->settings); /* requests may keep the rest for long */
    cvi_recent_clear(&client->recent);
    cvi_stores_close(client->stores);
    client->stores = NULL;
    cvi_stores_close(client->images.stores);
    client->images.stores = NULL;
    cvi_ready_close(client); /* callbacks may fork: this is the parent's */
    cvi_log_write(client->log, CV_LOG_DEBUG, "closed");
    cvi_log_flush(client->log);
    for (int round = 0; round < CLOSING_ROUNDS; round++) {
        deliver(client, WITHOUT_END);
    }
    cvi_client_release(client);
}

/* NULL, remembered, without a client that is open. */
static cvi_stores *stores_of(cv_client *client) {
    cv_error error;
    if (!cvi_client_check(client)) {
        return NULL;
    }
    cvi_mutex_lock(&client->mutex);
    cvi_stores *stores = client->closed ? NULL : client->stores;
    cvi_mutex_unlock(&client->mutex);
    if (stores == NULL) {
        cvi_error_set(&error, CV_ERROR_CLOSED, "the client is closed");
        cvi_error_remember(&error);
    }
    return stores;
}

cv_cache_store *cv_client_cache(cv_client *client) {
    cvi_stores *stores = stores_of(client);
    return stores != NULL ? cvi_stores_cache_store(stores) : NULL;
}

cv_dedupe_store *cv_client_dedupe(cv_client *client) {
    cvi_stores *stores = stores_of(client);
    return stores != NULL ? cvi_stores_dedupe_store(stores) : NULL;
}

cv_rate_limit_store *cv_client_rate_limit(cv_client *client) {
    cvi_stores *stores = stores_of(client);
    return stores != NULL ? cvi_stores_rate_limit_store(stores) : NULL;
}

/* Sleeps until there is something to deliver; in CV_DRIVE_POLL works meanwhile. */
static void wait_or_drive(cv_client *client, cvi_waiter *waiter, int64_t timeout_ms,
                          const cvi_driver_budget *budget) {
    if (client->settings.options.drive == CV_DRIVE_POLL) {
        cvi_driver_turn(client, waiter, timeout_ms, budget);
        return;
    }
    cvi_mutex_lock(&client->mutex);
    if (!client->closed && !cvi_waiter_is_satisfied_locked(client, waiter) && timeout_ms != 0) {
        cvi_waiter_sleep_locked(client, waiter, timeout_ms);
    }
    cvi_mutex_unlock(&client->mutex);
}

static bool is_closed(cv_client *client) {
    cvi_mutex_lock(&client->mutex);
    bool closed = client->closed;
    cvi_mutex_unlock(&client->mutex);
    return closed;
}

static int poll_until(cv_client *client, cvi_waiter *waiter, int64_t timeout_ms) {
    cvi_timeout timeout = cvi_timeout_start(timeout_ms);
    wait_or_drive(client, waiter, 0, &of_a_frame);
    for (;;) {
        int count = deliver(client, WITHOUT_END);
        int64_t left_ms = cvi_timeout_left_ms(timeout);
        if (count > 0 || left_ms == 0 || is_closed(client)) {
            return count;
        }
        wait_or_drive(client, waiter, left_ms, &cvi_driver_whole_turn);
    }
}

/* What work leaves of the budget is for deliveries, and one of them always has its place. */
static int poll_within(cv_client *client, cvi_waiter *waiter, int64_t budget_us) {
    int64_t begun_us = cvi_platform_now_us();
    const cvi_driver_budget budget = {
        .time_us = budget_us, .least_units = 1, .piece_bytes = CVI_DRIVER_PIECE_BYTES};
    wait_or_drive(client, waiter, 0, &budget);
    int64_t left_us = budget_us - (cvi_platform_now_us() - begun_us);
    return deliver(client, left_us > 0 ? left_us : 0);
}

static int poll_as(cv_client *client, int (*way)(cv_client *, cvi_waiter *, int64_t),
                   int64_t duration) {
    cvi_waiter waiter;
    if (!cvi_client_check(client)) {
        return 0;
    }
    cvi_client_keep(client);
    int count = 0;
    if (cvi_waiter_enter(client, &waiter, NULL)) {
        cvi_ready_begin_poll(client);
        count = way(client, &waiter, duration);
        cvi_waiter_leave(client, &waiter);
        cvi_ready_end_poll(client);
    }
    cvi_client_release(client);
    return count;
}

int cv_client_poll(cv_client *client, int64_t timeout_ms) {
    return poll_as(client, poll_until, timeout_ms);
}

int cv_client_poll_for(cv_client *client, int64_t budget_us) {
    return poll_as(client, poll_within, budget_us > 0 ? budget_us : 0);
}
