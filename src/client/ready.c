/* Owns the word that a poll is due. The descriptor says so for as long as it is, on_ready once each
 * time that it becomes so. What blocking calls deliver for themselves counts for nobody else, nor
 * what another thread is delivering just now: it will be looked at again when that is done. */
#include "client/ready.h"

#include "client/events.h"

/* ---- what is due ---- */

static bool is_callback_due_locked(const cv_client *client) {
    for (const cv_request *request = client->callbacks.first; request != NULL;
         request = request->callbacks_next) {
        if (request->events.first == NULL && request->teller == NULL) {
            return true;
        }
    }
    return false;
}

static bool is_due_locked(const cv_client *client) {
    bool drives = client->settings.options.drive == CV_DRIVE_POLL;
    return (drives && client->inbox.first != NULL) || is_callback_due_locked(client) ||
           cvi_events_are_due_to_all_locked(client);
}

int64_t cv_client_next_deadline(const cv_client *constant) {
    cv_client *client = (cv_client *)constant; /* the mutex is not part of what const protects */
    if (client == NULL || cvi_client_is_inherited(client)) {
        return -1;
    }
    bool drives = client->settings.options.drive == CV_DRIVE_POLL;
    cvi_now now = cvi_clock_now(&client->clock);
    cvi_mutex_lock(&client->mutex);
    int64_t left_ms = -1;
    if (is_due_locked(client)) {
        left_ms = 0;
    } else if (drives && client->due_boot_ms != INT64_MAX) {
        left_ms = client->due_boot_ms > now.boot_ms ? client->due_boot_ms - now.boot_ms : 0;
    }
    cvi_mutex_unlock(&client->mutex);
    return left_ms;
}

/* ---- telling ---- */

void cvi_ready_update_locked(cv_client *client) {
    cvi_ready_word *ready = &client->ready;
    bool is_due = !client->closed && is_due_locked(client);
    if (ready->has_signal) {
        (is_due ? cvi_signal_raise : cvi_signal_lower)(&ready->signal);
    }
    ready->told = ready->told && is_due;
    ready->owes = is_due && !ready->told && client->settings.options.on_ready != NULL;
}

void cvi_ready_begin_poll(cv_client *client) {
    cvi_mutex_lock(&client->mutex);
    client->ready.told = false;
    cvi_mutex_unlock(&client->mutex);
}

void cvi_ready_tell(cv_client *client) {
    const cv_options *options = &client->settings.options;
    cvi_mutex_lock(&client->mutex);
    bool owes = client->ready.owes && !client->closed;
    client->ready.owes = false;
    client->ready.told = client->ready.told || owes;
    cvi_mutex_unlock(&client->mutex);
    if (owes) {
        options->on_ready(client, options->user);
    }
}

void cvi_ready_end_poll(cv_client *client) {
    if (cvi_client_is_inherited(client)) {
        return; /* a callback has forked, and this is the child's way out */
    }
    cvi_mutex_lock(&client->mutex);
    cvi_ready_update_locked(client);
    cvi_mutex_unlock(&client->mutex);
    cvi_ready_tell(client);
}

/* ---- the descriptor ---- */

static void exchange_member(const cvi_bundle *bundle, int *member, int descriptor) {
    if (*member == descriptor) {
        return;
    }
    if (*member >= 0) {
        cvi_bundle_remove(bundle, *member);
    }
    *member = descriptor >= 0 && cvi_bundle_add(bundle, descriptor) ? descriptor : -1;
}

static int64_t sooner(int64_t a, int64_t b) {
    return a < 0 || (b >= 0 && b < a) ? b : a;
}

/* How often to look where no descriptor tells of the network. */
#define BLIND_LOOK_MS 5

void cvi_ready_set_due_locked(cv_client *client, int64_t due_boot_ms, cvi_now now) {
    cvi_ready_word *ready = &client->ready;
    cvi_ready_update_locked(client);
    if (!ready->has_signal || client->settings.options.drive != CV_DRIVE_POLL) {
        return;
    }
    const cvi_bundle *bundle = &ready->signal.bundle;
    exchange_member(bundle, &ready->transport_member, cvi_transport_descriptor(client->transport));
    exchange_member(bundle, &ready->stores_member, cvi_stores_wake_descriptor(client->stores));
    int64_t until_due_ms = due_boot_ms > now.boot_ms ? due_boot_ms - now.boot_ms : 0;
    int64_t delay_ms = due_boot_ms == INT64_MAX ? -1 : until_due_ms;
    delay_ms = sooner(delay_ms, cvi_transport_due_ms(client->transport));
    if (ready->transport_member < 0 && cvi_transport_is_busy(client->transport)) {
        delay_ms = sooner(delay_ms, BLIND_LOOK_MS);
    }
    cvi_signal_set_timer(&ready->signal, delay_ms);
}

static void open_signal_locked(cv_client *client) {
    cvi_ready_word *ready = &client->ready;
    ready->has_signal = cvi_signal_open(&ready->signal);
    ready->transport_member = -1;
    ready->stores_member = -1;
    if (ready->has_signal && client->engine != NULL &&
        client->settings.options.drive == CV_DRIVE_POLL) {
        cvi_signal_set_timer(&ready->signal, 0); /* the driver's next turn knows more */
    }
    cvi_ready_update_locked(client);
}

int cv_client_fd(const cv_client *constant) {
    cv_client *client =
        (cv_client *)constant; /* the descriptor is not part of what const protects */
    if (client == NULL || cvi_client_is_inherited(client)) {
        return -1;
    }
    cvi_mutex_lock(&client->mutex);
    if (!client->ready.has_signal && !client->closed) {
        open_signal_locked(client);
    }
    int descriptor = client->ready.has_signal ? client->ready.signal.bundle.descriptor : -1;
    cvi_mutex_unlock(&client->mutex);
    return descriptor;
}

void cvi_ready_close(cv_client *client) {
    cvi_mutex_lock(&client->mutex);
    if (client->ready.has_signal) {
        cvi_signal_close(&client->ready.signal);
    }
    client->ready.has_signal = false;
    cvi_mutex_unlock(&client->mutex);
}
