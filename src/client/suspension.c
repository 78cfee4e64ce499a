/* Owns the client's rest: while it is suspended, the driver touches neither the file nor the
 * network, and holds nothing that others could want. Requests may come and go meanwhile; those that
 * have a deadline end with it. Any thread asks, who has the role does it. */
#include "client/suspension.h"

#include "client/drive.h"
#include "client/images.h"

void cvi_suspension_start(cv_client *client) {
    if (client->wants_suspended) {
        cvi_engine_suspend(client->engine, cvi_clock_now(&client->clock));
        client->is_suspended = true;
    }
}

static void take_all_arrivals(cv_client *client) {
    cvi_response response;
    cvi_now now = cvi_clock_now(&client->clock);
    for (void *owner; (owner = cvi_transport_next(client->transport, &response)) != NULL;) {
        cvi_engine_receive(cvi_engine_of(owner), owner, &response, now);
    }
}

static void change(cv_client *client, bool wants_suspended) {
    if (wants_suspended) {
        cvi_transport_reset(client->transport);
        take_all_arrivals(client);
        cvi_now now = cvi_clock_now(&client->clock);
        cvi_engine_suspend(client->engine, now);
        cvi_images_suspend(client, now);
        cvi_drive_flush(client);
    } else {
        cvi_engine_resume(client->engine);
        cvi_images_resume(client);
    }
    cvi_log_write(client->log, CV_LOG_DEBUG, wants_suspended ? "suspended" : "resumed");
    cvi_log_flush(client->log);
}

void cvi_suspension_heed(cv_client *client) {
    cvi_mutex_lock(&client->mutex);
    bool wants = client->wants_suspended;
    bool is_new = wants != client->is_suspended;
    cvi_mutex_unlock(&client->mutex);
    if (!is_new) {
        return;
    }
    change(client, wants);
    cvi_mutex_lock(&client->mutex);
    client->is_suspended = wants;
    client->due_boot_ms = 0; /* a turn knows more */
    cvi_waiters_signal_locked(client);
    cvi_mutex_unlock(&client->mutex);
}

/* In CV_DRIVE_POLL this thread does it itself. */
static void do_here(cv_client *client) {
    cvi_sigpipe sigpipe; /* closing connections writes to them */
    if (!cvi_driver_take_role(client, false)) {
        return;
    }
    cvi_sigpipe_block(&sigpipe);
    if (client->engine != NULL) {
        cvi_suspension_heed(client);
    }
    cvi_sigpipe_restore(&sigpipe);
    cvi_driver_end_turn(client);
}

/* Until the worker has done it, or somebody has asked for something else. */
static void wait_for_worker(cv_client *client, bool wants) {
    cvi_waiter waiter;
    if (!cvi_waiter_enter(client, &waiter, NULL)) {
        return; /* it does it all the same */
    }
    cvi_mutex_lock(&client->mutex);
    cvi_driver_interrupt_locked(client);
    while (client->has_worker && !client->closed && client->wants_suspended == wants &&
           client->is_suspended != wants) {
        cvi_waiter_sleep_locked(client, &waiter, -1);
    }
    cvi_mutex_unlock(&client->mutex);
    cvi_waiter_leave(client, &waiter);
}

static void ask_for(cv_client *client, bool wants) {
    cv_error error;
    if (client == NULL || cvi_client_is_inherited(client) || !cvi_client_enter(client, &error)) {
        return;
    }
    cvi_mutex_lock(&client->mutex);
    if (client->wants_suspended != wants) {
        client->wants_suspended = wants;
        cvi_waiters_signal_locked(client); /* who waits for the opposite waits in vain */
    }
    cvi_mutex_unlock(&client->mutex);
    if (client->settings.options.drive == CV_DRIVE_POLL) {
        do_here(client);
    } else {
        wait_for_worker(client, wants);
    }
    cvi_client_leave(client);
}

void cv_client_suspend(cv_client *client) {
    ask_for(client, true);
}

void cv_client_resume(cv_client *client) {
    ask_for(client, false);
}
