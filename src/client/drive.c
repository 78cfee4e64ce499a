/* Owns a turn of the driver. The work is of some kinds that take turns: where a slice of time is
 * over, the next one goes on with the next kind, and within a kind with who has waited longest; so
 * however short the slices are, everybody is served. What cannot be divided is one unit: a flight's
 * step (with it a transaction), what one socket has, the part of an answer that is decoded, a
 * batch of the shelf, of a cleanup, or of what goes back from the log into the file. Storing a long
 * answer has a turn of its own. Used by who has the role. */
#include "client/drive.h"

#include "client/images.h"
#include "client/key_check.h"
#include "client/many.h"
#include "client/ready.h"
#include "client/recent_answer.h"

#define NETWORK_LOOK_MS 5  /* how often poll should come while an answer is on its way */
#define WATCH_LOOK_MS   25 /* and while others fetch one: nobody sleeps on the wake descriptor */
#define FLUSH_MS        50 /* at most this is spent on storing answers that are here */
#define FLUSH_SLICE_US  5000

typedef struct turn {
    cv_client *client;
    cvi_slice *slice;
    cvi_now now;
    int64_t engine_due_boot_ms;
    int64_t images_due_boot_ms;
    int64_t shelf_due_boot_ms;
    int64_t key_due_boot_ms;
    size_t piece_bytes;
    int64_t many_steps; /* left to requests for many, which are long */
    bool is_cut;        /* the slice was over before all was done */
} turn;

static int64_t smaller(int64_t a, int64_t b) {
    return a < b ? a : b;
}

/* ---- the inbox ---- */

static cv_request *pop_locked(cv_client *client, bool *done) {
    cv_request *request = client->inbox.first;
    if (request != NULL) {
        client->inbox.first = request->inbox_next;
        if (client->inbox.first == NULL) {
            client->inbox.last = NULL;
        }
        request->in_inbox = false;
        *done = request->done;
    }
    return request;
}

cv_request *cvi_drive_pop(cv_client *client, bool *done) {
    cvi_mutex_lock(&client->mutex);
    cv_request *request = pop_locked(client, done);
    cvi_mutex_unlock(&client->mutex);
    return request;
}

void cvi_drive_leave(cv_client *client, cv_request *request) {
    cvi_engine_leave(cvi_images_engine_of(client, request), &request->passenger);
    if (request->many != NULL) {
        cvi_many_leave(request->many, client->engine);
    }
}

static const cv_request *last_of_inbox(cv_client *client) {
    cvi_mutex_lock(&client->mutex);
    const cv_request *last = client->inbox.last;
    cvi_mutex_unlock(&client->mutex);
    return last;
}

/* At rest everything waits, whatever is in memory. */
static void answer_or_board(cv_client *client, cv_request *request) {
    if (request->call->is_image) {
        cvi_images_board(client, request);
    } else if (client->is_suspended || !(cvi_recent_serve(request) || cvi_key_serve(request))) {
        cvi_engine_board(client->engine, &request->passenger, request->call,
                         cvi_clock_now(&client->clock));
    }
}

static void take_in(turn *self, cv_request *request, bool done) {
    cvi_slice_count(self->slice);
    if (done) {
        cvi_drive_leave(self->client, request);
        cvi_request_leave_driver(request);
    } else if (request->many == NULL) {
        answer_or_board(self->client, request);
    } else {
        self->slice->units -= self->many_steps == 0 ? 1 : 0; /* it can only come back */
        cvi_many_advance(request, &self->many_steps);
    }
}

/* Takes what is there when it begins: a request for many that has more to do comes back, behind the
 * others. */
static void take_inbox(turn *self) {
    bool done = false;
    bool is_last = false;
    const cv_request *last = last_of_inbox(self->client);
    while (last != NULL && !is_last && !cvi_slice_is_over(self->slice)) {
        cv_request *request = cvi_drive_pop(self->client, &done);
        is_last = request == last;
        take_in(self, request, done);
    }
}

/* ---- the other kinds ---- */

static void step_engine(turn *self) {
    self->now = cvi_clock_now(&self->client->clock);
    self->engine_due_boot_ms = cvi_engine_step(self->client->engine, self->now, self->slice);
}

static void step_images(turn *self) {
    self->now = cvi_clock_now(&self->client->clock);
    self->images_due_boot_ms = cvi_images_step(self->client, self->now, self->slice);
}

static void move_bytes(turn *self) {
    cvi_transport_turn(self->client->transport, 0, -1, self->slice);
}

/* A long body is looked through before it is taken. */
static void prepare_arrivals(turn *self) {
    while (self->piece_bytes > 0 && !cvi_slice_is_over(self->slice) &&
           cvi_transport_prepare(self->client->transport, self->piece_bytes)) {
        cvi_slice_count_bytes(self->slice, self->piece_bytes);
    }
}

/* Who waits for other clients' jobs looks, where it may be his that has ended. */
static void hear_of_ends(turn *self) {
    cvi_news news;
    if (!cvi_stores_wake_drain(self->client->stores, &news)) {
        return;
    }
    cvi_slice_count(self->slice);
    if (news.is_about_any) {
        cvi_engine_wake_watchers(self->client->engine, NULL);
        return;
    }
    for (size_t i = 0; i < news.count; i++) {
        cvi_engine_wake_watchers(self->client->engine, news.hashes[i]);
    }
}

static void take_arrivals(turn *self) {
    cv_client *client = self->client;
    cvi_response response;
    void *owner = NULL;
    prepare_arrivals(self);
    self->now = cvi_clock_now(&client->clock);
    while (!cvi_slice_is_over(self->slice) &&
           (owner = cvi_transport_next(client->transport, &response)) != NULL) {
        size_t size = response.size;
        cvi_engine_receive(cvi_engine_of(owner), owner, &response, self->now);
        cvi_slice_count_bytes(self->slice, size);
        prepare_arrivals(self);
    }
    hear_of_ends(self);
}

static void store_shelf(turn *self) {
    cv_client *client = self->client;
    self->shelf_due_boot_ms = INT64_MAX;
    if (client->is_suspended || cvi_shelf_is_empty(&client->shelf)) {
        return;
    }
    self->now = cvi_clock_now(&client->clock);
    bool is_due = self->now.boot_ms >= client->shelf.due_boot_ms;
    self->shelf_due_boot_ms = cvi_shelf_step(&client->shelf, self->now);
    self->slice->units += is_due ? 1 : 0;
}

static void note_key(turn *self) {
    cv_client *client = self->client;
    self->key_due_boot_ms = INT64_MAX;
    if (client->is_suspended || !client->is_key_untold) {
        return;
    }
    self->now = cvi_clock_now(&client->clock);
    self->key_due_boot_ms = cvi_key_step(client, self->now);
    self->slice->units += client->is_key_untold ? 0 : 1;
}

/* Where a thread drives, commits do it. */
static void write_back(turn *self) {
    cv_client *client = self->client;
    bool is_done = !client->is_suspended &&
                   (cvi_stores_write_back(client->stores) || cvi_images_write_back(client));
    self->slice->units += is_done ? 1 : 0;
}

static void (*const kinds[])(turn *) = {take_inbox,    step_engine, step_images, move_bytes,
                                        take_arrivals, store_shelf, note_key,    write_back};

enum { KIND_COUNT = sizeof(kinds) / sizeof(kinds[0]) };

/* ---- a turn ---- */

/* Each kind once, from the one on where the last turn was cut. */
static void work_once(turn *self) {
    for (int i = 0; i < KIND_COUNT && !self->is_cut; i++) {
        kinds[self->client->next_kind](self);
        if (!self->slice->is_given_up) { /* else it is the first of the next turn */
            self->client->next_kind = (self->client->next_kind + 1) % KIND_COUNT;
        }
        self->is_cut = cvi_slice_is_over(self->slice);
    }
}

/* Until nothing is left that could be done now. */
static void work(turn *self) {
    int64_t units = -1;
    while (!self->is_cut && self->slice->units != units) {
        units = self->slice->units;
        work_once(self);
    }
    if (!self->is_cut) {
        self->client->next_kind = 0;
    }
}

static int64_t due_of(const turn *self) {
    int64_t due = smaller(self->engine_due_boot_ms, self->shelf_due_boot_ms);
    due = smaller(due, self->images_due_boot_ms);
    due = smaller(due, self->key_due_boot_ms);
    return self->is_cut ? self->now.boot_ms : due;
}

static int64_t work_for(cv_client *client, const cvi_driver_budget *budget) {
    cvi_slice slice = cvi_slice_start(budget->time_us);
    slice.least = budget->least_units;
    turn self = {.client = client,
                 .slice = &slice,
                 .now = cvi_clock_now(&client->clock),
                 .piece_bytes = budget->piece_bytes,
                 .many_steps = CVI_MANY_STEPS};
    cvi_engine_divide(client->engine, budget->piece_bytes);
    cvi_images_divide(client, budget->piece_bytes);
    work(&self);
    cvi_log_flush(client->log);
    return due_of(&self);
}

/* When poll is due, for who looks at the clock alone, and for who also watches the descriptor. */
static void note_due(cv_client *client, int64_t due_boot_ms) {
    cvi_now now = cvi_clock_now(&client->clock);
    int64_t looks_boot_ms = due_boot_ms;
    if (cvi_transport_is_busy(client->transport)) {
        looks_boot_ms = smaller(looks_boot_ms, now.boot_ms + NETWORK_LOOK_MS);
    }
    if (cvi_engine_is_watching(client->engine)) {
        looks_boot_ms = smaller(looks_boot_ms, now.boot_ms + WATCH_LOOK_MS);
    }
    cvi_mutex_lock(&client->mutex);
    client->due_boot_ms = looks_boot_ms;
    cvi_ready_set_due_locked(client, due_boot_ms, now);
    cvi_mutex_unlock(&client->mutex);
    cvi_ready_tell(client);
}

static bool is_signalled(cv_client *client, const cvi_waiter *waiter) {
    cvi_mutex_lock(&client->mutex);
    bool signalled = client->closed || client->wants_suspended != client->is_suspended ||
                     client->inbox.first != NULL || (waiter != NULL && waiter->signalled);
    cvi_mutex_unlock(&client->mutex);
    return signalled;
}

/* How long a turn may wait: until the engine is due, and not past `timeout_ms` (-1: no limit). */
static int64_t time_to_wait(int64_t due_boot_ms, cvi_now now, int64_t timeout_ms) {
    int64_t until_due = due_boot_ms > now.boot_ms ? due_boot_ms - now.boot_ms : 0;
    return timeout_ms < 0 ? until_due : smaller(until_due, timeout_ms);
}

/* Only bytes are waited for; what they mean is work again. */
static void wait_for_network(cv_client *client, int64_t wait_ms, const cvi_driver_budget *budget) {
    cvi_slice slice = cvi_slice_start(budget->time_us);
    cvi_transport_turn(client->transport, wait_ms, cvi_stores_wake_descriptor(client->stores),
                       &slice);
}

void cvi_drive(cv_client *client, const cvi_waiter *waiter, int64_t timeout_ms,
               const cvi_driver_budget *budget) {
    int64_t due = work_for(client, budget);
    note_due(client, due);
    int64_t wait_ms = time_to_wait(due, cvi_clock_now(&client->clock), timeout_ms);
    if (wait_ms == 0 || is_signalled(client, waiter)) {
        return;
    }
    wait_for_network(client, wait_ms, budget);
    note_due(client, work_for(client, budget));
}

static bool is_flushed(const cv_client *client) {
    return cvi_engine_is_idle(client->engine) && cvi_images_are_idle(client) &&
           cvi_shelf_is_empty(&client->shelf) && !client->is_key_untold;
}

void cvi_drive_flush(cv_client *client) {
    cvi_timeout timeout = cvi_timeout_start(FLUSH_MS);
    cvi_engine_divide(client->engine, 0);
    cvi_images_divide(client, 0);
    bool is_first = true;
    while (is_first || (!is_flushed(client) && cvi_timeout_left_ms(timeout) > 0)) {
        cvi_now now = cvi_clock_now(&client->clock);
        cvi_slice slice = cvi_slice_start(FLUSH_SLICE_US);
        int64_t due_boot_ms = cvi_engine_step(client->engine, now, &slice);
        int64_t images_due_boot_ms = cvi_images_step(client, now, &slice);
        if (smaller(due_boot_ms, images_due_boot_ms) > now.boot_ms) {
            cvi_platform_sleep_ms(1);
        }
        cvi_shelf_step(&client->shelf, now);
        cvi_key_step(client, now);
        is_first = false;
    }
}
