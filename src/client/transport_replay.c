/* Owns the transport that answers from a folder. Used by one thread at a time, except wake. */
#include <inttypes.h>
#include <string.h>

#include <comicvine/sys/replay.h>

#include "client/recording.h"
#include "client/transfer_face.h"
#include "support/allocator.h"
#include "support/buffer.h"
#include "support/error.h"
#include "support/options.h"
#include "support/platform.h"
#include "support/slice.h"

#define MOST_FILE_BYTES ((size_t)64 << 20)
#define MOST_WAIT_MS    INT64_C(60000)

/* Which of its answers a request got last; 0: none yet. */
typedef struct place {
    struct place *next;
    int answers;
    char target[];
} place;

/* A transfer that waits for its time. */
typedef struct waiting {
    struct waiting *next;
    cv_transfer *transfer;
    int64_t due_boot_ms;
    place *place;
} waiting;

typedef struct player {
    cv_allocator allocator;
    cvi_clock clock;
    char *folder;
    int64_t latency_ms;
    cvi_event event;
    place *places;
    waiting *first; /* in the order of their starts, and so of their times */
    waiting *last;
} player;

/* ---- answers ---- */

static bool write_path(const player *self, const place *of, int number,
                       char path[CVI_RECORDING_PATH_MAX + 1]) {
    cvi_buffer text;
    cvi_buffer_over(&text, path, CVI_RECORDING_PATH_MAX + 1);
    cvi_recording_path(self->folder, of->target, number, &text);
    return !text.failed && cvi_file_exists(path);
}

/* The number of the next answer, or of the last one again; 0: there is none. */
static int find_file(const player *self, const place *of, char path[CVI_RECORDING_PATH_MAX + 1]) {
    if (write_path(self, of, of->answers + 1, path)) {
        return of->answers + 1;
    }
    return of->answers > 0 && write_path(self, of, of->answers, path) ? of->answers : 0;
}

static void refuse(cv_transfer *transfer, const char *what, const char *which, const char *why) {
    char text[CVI_RECORDING_REASON_MAX + 1];
    cvi_buffer reason;
    cvi_buffer_over(&reason, text, sizeof(text));
    cvi_buffer_add_text(&reason, what);
    cvi_buffer_add(&reason, which, strnlen(which, CVI_RECORDING_REASON_MAX / 2));
    cvi_buffer_add_text(&reason, why);
    cv_transfer_complete(transfer, CV_TRANSFER_REFUSED, 0, text);
}

/* Hands over what the file says, as far as it is wanted. */
static void hand_over(const cvi_recorded *recorded, cv_transfer *transfer) {
    cvi_recorded_hand_over(recorded, transfer);
    bool is_wanted = cv_transfer_body(transfer, recorded->body, recorded->size);
    cv_transfer_complete(transfer, is_wanted ? recorded->end : CV_TRANSFER_BROKEN,
                         recorded->http_status, "as it was recorded");
}

static void play(const player *self, cv_transfer *transfer, const place *of, const char *path) {
    char words[CVI_RECORDING_REASON_MAX / 2];
    cvi_buffer reason;
    cvi_buffer text;
    cvi_recorded recorded;
    cvi_buffer_over(&reason, words, sizeof(words));
    cvi_buffer_init(&text, &self->allocator, MOST_FILE_BYTES);
    const char *name = strrchr(path, '/') + 1;
    bool is_read = cvi_file_read(path, &text);
    if (text.no_memory) {
        cv_transfer_complete(transfer, CV_TRANSFER_NO_MEMORY, 0, NULL);
    } else if (!is_read) {
        refuse(transfer, name, ": ", cvi_file_trouble());
    } else if (!cvi_recording_read(text.data, text.length, of->target, &recorded, &reason)) {
        refuse(transfer, name, ": ", words);
    } else {
        hand_over(&recorded, transfer);
    }
    cvi_buffer_free(&text);
}

/* What has no answer was not sent; what has one is admitted like any other request. */
static void answer(const player *self, const waiting *entry) {
    char path[CVI_RECORDING_PATH_MAX + 1];
    place *of = entry->place;
    int number = find_file(self, of, path);
    if (number == 0) {
        refuse(entry->transfer, "not recorded: ", of->target, "");
    } else if (!cv_transfer_may_send(entry->transfer)) {
        cv_transfer_complete(entry->transfer, CV_TRANSFER_NOT_SENT, 0, NULL);
    } else {
        play(self, entry->transfer, of, path);
        of->answers = number;
    }
}

/* ---- the table ---- */

/* NULL without memory. */
static place *find_place(player *self, const char *target) {
    place *found = self->places;
    while (found != NULL && strcmp(found->target, target) != 0) {
        found = found->next;
    }
    if (found == NULL) {
        size_t size = strlen(target) + 1;
        found = cvi_allocate(&self->allocator, sizeof(*found) + size);
        if (found != NULL) {
            memcpy(found->target, target, size);
            found->next = self->places;
            self->places = found;
        }
    }
    return found;
}

static place *find_place_of(player *self, const char *url) {
    char text[CVI_RECORDED_TARGET_MAX + 1];
    char secret[CVI_RECORDED_KEY_MAX + 1];
    cvi_buffer target;
    cvi_buffer key;
    cvi_buffer_over(&target, text, sizeof(text));
    cvi_buffer_over(&key, secret, sizeof(secret));
    bool is_target = cvi_recorded_target(url, &target, &key);
    explicit_bzero(secret, sizeof(secret));
    return is_target ? find_place(self, text) : NULL;
}

static bool start(void *user, cv_transfer *transfer, const cv_transfer_request *request) {
    player *self = user;
    waiting *entry = cvi_allocate(&self->allocator, sizeof(*entry));
    place *of = find_place_of(self, request->url);
    if (entry == NULL || of == NULL) {
        cvi_release(&self->allocator, entry);
        return false;
    }
    entry->transfer = transfer;
    entry->due_boot_ms = cvi_clock_now(&self->clock).boot_ms + self->latency_ms;
    entry->place = of;
    if (self->last != NULL) {
        self->last->next = entry;
    } else {
        self->first = entry;
    }
    self->last = entry;
    return true;
}

/* Takes an entry out of the list and ends it. */
static void end(player *self, waiting *entry, bool with_answer) {
    waiting **link = &self->first;
    waiting *before = NULL;
    while (*link != entry) {
        before = *link;
        link = &before->next;
    }
    *link = entry->next;
    self->last = entry->next == NULL ? before : self->last;
    if (with_answer) {
        answer(self, entry);
    }
    cv_transfer_release(entry->transfer);
    cvi_release(&self->allocator, entry);
}

static void cancel(void *user, cv_transfer *transfer) {
    player *self = user;
    waiting *entry = self->first;
    while (entry != NULL && entry->transfer != transfer) {
        entry = entry->next;
    }
    if (entry != NULL) {
        end(self, entry, false);
    }
}

static int64_t due_ms(void *user) {
    const player *self = user;
    if (self->first == NULL) {
        return -1;
    }
    int64_t left_ms = self->first->due_boot_ms - cvi_clock_now(&self->clock).boot_ms;
    return left_ms > 0 ? left_ms : 0;
}

static void play_due(player *self, cvi_slice *slice) {
    while (!cvi_slice_is_over(slice) && due_ms(self) == 0) {
        end(self, self->first, true);
        cvi_slice_count(slice);
    }
}

static int64_t time_to_wait(player *self, int64_t timeout_ms) {
    int64_t wait_ms = timeout_ms < 0 || timeout_ms > MOST_WAIT_MS ? MOST_WAIT_MS : timeout_ms;
    int64_t left_ms = due_ms(self);
    return left_ms >= 0 && left_ms < wait_ms ? left_ms : wait_ms;
}

/* The event is taken by each turn, also by one that does not wait: a loop watches it. */
static void turn(void *user, cv_transport_turn *turn) {
    player *self = user;
    cvi_slice slice = cvi_slice_start(turn->work_us);
    play_due(self, &slice);
    int64_t wait_ms = slice.units > 0 ? 0 : time_to_wait(self, turn->timeout_ms);
    cvi_event_wait(&self->event, turn->descriptor, wait_ms);
    play_due(self, &slice);
    turn->pieces = slice.units;
}

static int descriptor_of(void *user) {
    const player *self = user;
    return self->event.descriptor;
}

static void wake(void *user) {
    const player *self = user;
    cvi_event_set(&self->event);
}

static void close_player(void *user) {
    player *self = user;
    while (self->first != NULL) {
        end(self, self->first, false);
    }
    for (place *next = NULL; self->places != NULL; self->places = next) {
        next = self->places->next;
        cvi_release(&self->allocator, self->places);
    }
    cvi_event_close(&self->event);
    cv_allocator allocator = self->allocator;
    cvi_release(&allocator, self->folder);
    cvi_release(&allocator, self);
}

static player *new_player(const cv_replay_options *options, const cvi_clock *clock) {
    const cv_allocator *allocator =
        options->allocator != NULL ? options->allocator : &cvi_default_allocator;
    player *self = cvi_allocate(allocator, sizeof(*self));
    if (self == NULL) {
        return NULL;
    }
    self->allocator = *allocator;
    self->clock = *clock;
    self->folder = cvi_copy_text(allocator, options->folder, strlen(options->folder));
    self->latency_ms = options->latency_ms;
    if (!cvi_event_open(&self->event) || self->folder == NULL) {
        close_player(self);
        return NULL;
    }
    return self;
}

static bool take_clock(const cv_replay_options *options, cvi_clock *clock, cv_error *error) {
    if (options->clock != NULL) {
        return cvi_clock_copy(clock, options->clock, error);
    }
    cvi_platform_clock(clock);
    return true;
}

static bool check(const cv_replay_options *options, cv_error *error) {
    size_t reserved = sizeof(options->reserved) / sizeof(options->reserved[0]);
    if (options->latency_ms < 0 || options->latency_ms > CVI_MAX_TIME_MS) {
        cvi_error_set(error, CV_ERROR_ARGUMENT, "option latency_ms is %" PRId64,
                      options->latency_ms);
        return false;
    }
    return cvi_check_reserved(options->reserved, reserved, "cv_replay_options", error) &&
           cvi_check_allocator(options->allocator, error) &&
           cvi_recording_check_folder(options->folder, error);
}

bool cv_transport_replay(cv_transport *transport, const cv_replay_options *options) {
    cv_error error;
    cv_replay_options own;
    cvi_clock clock;
    player *self = NULL;
    if (cvi_copy_sized(&own, sizeof(own), options, "cv_replay_options", &error) &&
        check(&own, &error) && take_clock(&own, &clock, &error)) {
        self = new_player(&own, &clock);
        cvi_error_no_memory(&error);
    }
    if (self == NULL) {
        cvi_error_remember(&error);
        return false;
    }
    *transport = (cv_transport){.size = sizeof(*transport),
                                .user = self,
                                .asks_before_sending = true,
                                .start = start,
                                .cancel = cancel,
                                .turn = turn,
                                .wake = wake,
                                .close = close_player,
                                .descriptor = descriptor_of,
                                .due_ms = due_ms};
    return true;
}
