/* Owns the transport that writes down what another one brings. Each of its transfers stands between
 * the library's and the inner transport, which may end it on any thread, also after the recorder
 * was closed: the recorder lives until the last of them is released. */
#include <string.h>

#include <comicvine/sys/replay.h>

#include "client/recording.h"
#include "client/redact.h"
#include "client/transfer_face.h"
#include "support/allocator.h"
#include "support/buffer.h"
#include "support/error.h"
#include "support/platform.h"

#define SHORTEST_REDACTED_KEY ((size_t)8)
#define MOST_ANSWERS          9999 /* to one request */
#define HEADERS_BYTES         ((size_t)32768)
#define AROUND_BODY_BYTES     ((size_t)65536)

/* How often a request has been answered in this recording. */
typedef struct count {
    struct count *next;
    int answers;
    char target[];
} count;

typedef struct recording recording;

typedef struct recorder {
    char *folder;       /* fixed, as is the next */
    cv_transport inner; /* not used any more once it is closed */
    cvi_mutex mutex;    /* of all that follows */
    size_t references;  /* the table's, and each recording's */
    recording *recordings;
    count *counts;
} recorder;

/* One transfer that is written down. */
struct recording {
    cv_transfer face; /* first: what the inner transport sees */
    recorder *recorder;
    recording *next;
    cv_transfer *outer; /* the library's */
    size_t holds;       /* the inner transport's, and those of who tells it to cancel */
    bool has_ended;     /* as far as the inner transport says: only its first end counts */
    cvi_buffer headers;
    cvi_buffer body;
    char key[CVI_RECORDED_KEY_MAX + 1];
    char target[CVI_RECORDED_TARGET_MAX + 1];
};

static const cv_allocator *memory(void) {
    return &cvi_default_allocator;
}

/* ---- lives ---- */

static void free_recorder(recorder *self) {
    for (count *next = NULL; self->counts != NULL; self->counts = next) {
        next = self->counts->next;
        cvi_release(memory(), self->counts);
    }
    cvi_mutex_destroy(&self->mutex);
    cvi_release(memory(), self->folder);
    cvi_release(memory(), self);
}

static void unreference(recorder *self) {
    cvi_mutex_lock(&self->mutex);
    bool last = --self->references == 0;
    cvi_mutex_unlock(&self->mutex);
    if (last) {
        free_recorder(self);
    }
}

static void unlink_recording_locked(const recording *recording_gone) {
    recording **link = &recording_gone->recorder->recordings;
    while (*link != recording_gone) {
        link = &(*link)->next;
    }
    *link = recording_gone->next;
}

static void free_recording(recording *self) {
    cvi_buffer_free(&self->headers);
    cvi_buffer_free(&self->body);
    explicit_bzero(self->key, sizeof(self->key));
    cvi_release(memory(), self);
}

/* The last one frees it. */
static void drop(recording *self) {
    recorder *owner = self->recorder;
    cvi_mutex_lock(&owner->mutex);
    bool last = --self->holds == 0;
    if (last) {
        unlink_recording_locked(self);
    }
    cvi_mutex_unlock(&owner->mutex);
    if (last) {
        cv_transfer_release(self->outer);
        free_recording(self);
        unreference(owner);
    }
}

/* ---- writing down ---- */

/* From 1; 0 without memory. */
static int next_answer_locked(recorder *self, const char *target) {
    count *entry = self->counts;
    while (entry != NULL && strcmp(entry->target, target) != 0) {
        entry = entry->next;
    }
    if (entry == NULL) {
        size_t size = strlen(target) + 1;
        entry = cvi_allocate(memory(), sizeof(*entry) + size);
        if (entry == NULL) {
            return 0;
        }
        memcpy(entry->target, target, size);
        entry->next = self->counts;
        self->counts = entry;
    }
    return ++entry->answers;
}

static bool write_path(const recorder *self, const char *target, int number,
                       char path[CVI_RECORDING_PATH_MAX + 1]) {
    cvi_buffer text;
    cvi_buffer_over(&text, path, CVI_RECORDING_PATH_MAX + 1);
    cvi_recording_path(self->folder, target, number, &text);
    return !text.failed;
}

/* Those of an earlier recording, which went on longer. */
static void remove_from(const recorder *self, const char *target, int number) {
    char path[CVI_RECORDING_PATH_MAX + 1];
    while (number <= MOST_ANSWERS && write_path(self, target, number, path) &&
           cvi_file_remove(path)) {
        number++;
    }
}

static void blot_out(const recording *self, char *text, size_t size) {
    if (strlen(self->key) >= SHORTEST_REDACTED_KEY) {
        cvi_redact_secret(self->key, text, size);
    }
}

static bool write_file(recording *self, int number, cv_transfer_end end, int http_status,
                       cvi_buffer *reason) {
    char path[CVI_RECORDING_PATH_MAX + 1];
    cvi_buffer text;
    blot_out(self, self->body.data, self->body.length);
    const cvi_recorded recorded = {.target = self->target,
                                   .end = end,
                                   .http_status = http_status,
                                   .headers = self->headers.data,
                                   .headers_size = self->headers.length,
                                   .body = self->body.data,
                                   .size = self->body.length};
    cvi_buffer_init(&text, memory(), self->body.length + AROUND_BODY_BYTES);
    cvi_recording_write(&recorded, &text);
    bool made = !self->body.failed && !self->headers.failed && !text.failed && number > 0 &&
                number <= MOST_ANSWERS && write_path(self->recorder, self->target, number, path);
    bool written = made && cvi_file_write(path, text.data, text.length);
    if (!written) {
        cvi_buffer_add_text(reason, "cannot be recorded: ");
        cvi_buffer_add_text(reason, made ? cvi_file_trouble() : "no memory, or too many answers");
    }
    cvi_buffer_free(&text);
    return written;
}

/* Of what was too large nobody looks at the part that came. */
static bool record(recording *self, cv_transfer_end end, int http_status, cvi_buffer *reason) {
    recorder *owner = self->recorder;
    if (end == CV_TRANSFER_TOO_LARGE) {
        cvi_buffer_free(&self->body);
    }
    cvi_mutex_lock(&owner->mutex);
    int number = next_answer_locked(owner, self->target);
    cvi_mutex_unlock(&owner->mutex);
    if (number == 1) {
        remove_from(owner, self->target, 2);
    }
    return write_file(self, number, end, http_status, reason);
}

/* ---- what the inner transport calls ---- */

static recording *own(cv_transfer *face) {
    return (recording *)(void *)face; /* its first member */
}

static bool may_send(cv_transfer *face) {
    return cv_transfer_may_send(own(face)->outer);
}

static void take_header(cv_transfer *face, const char *name, const char *value) {
    recording *self = own(face);
    bool is_line = strpbrk(value, "\r\n") == NULL && strlen(value) <= CVI_RECORDING_HEADER_MAX;
    if (is_line && cvi_recorded_has_header(name)) {
        size_t written = self->headers.length;
        cvi_buffer_add_text(&self->headers, "header ");
        cvi_buffer_add_text(&self->headers, name);
        cvi_buffer_add_text(&self->headers, ": ");
        cvi_buffer_add_text(&self->headers, value);
        cvi_buffer_add_char(&self->headers, '\n');
        if (self->headers.length > written) {
            blot_out(self, self->headers.data + written, self->headers.length - written);
        }
    }
    cv_transfer_header(self->outer, name, value);
}

static bool take_body(cv_transfer *face, const void *bytes, size_t size) {
    recording *self = own(face);
    bool taken = cv_transfer_body(self->outer, bytes, size);
    if (taken) {
        cvi_buffer_add(&self->body, bytes, size);
    }
    return taken;
}

static void judge(cv_transfer *face, cv_transfer_end *end, int *http_status) {
    cv_transfer *outer = own(face)->outer;
    outer->face->judge(outer, end, http_status);
}

/* Written down is what the library makes of it, so that a replay comes to the same. What cannot be
 * written down is not handed on as if it had been. */
static bool complete(cv_transfer *face, cv_transfer_end end, int http_status, const char *reason) {
    recording *self = own(face);
    cv_transfer_end judged = end;
    int judged_status = http_status;
    char text[CVI_RECORDING_REASON_MAX + 1];
    cvi_buffer trouble;
    if (self->has_ended) {
        return false;
    }
    self->has_ended = true;
    judge(face, &judged, &judged_status);
    cvi_buffer_over(&trouble, text, sizeof(text));
    if (cvi_recorded_has_end(judged) && !record(self, judged, judged_status, &trouble)) {
        return cv_transfer_complete(self->outer, CV_TRANSFER_REFUSED, 0, text);
    }
    return cv_transfer_complete(self->outer, end, http_status, reason);
}

/* One that is given up has failed, or the library has ended it. */
static void release(cv_transfer *face) {
    (void)complete(face, CV_TRANSFER_FAILED, 0, "the transport gave it up");
    drop(own(face));
}

static const cvi_transfer_face recording_face = {may_send, take_header, take_body,
                                                 complete, release,     judge};

/* ---- the table ---- */

static recording *new_recording(recorder *owner, cv_transfer *outer,
                                const cv_transfer_request *request) {
    cvi_buffer target;
    cvi_buffer key;
    recording *self = cvi_allocate(memory(), sizeof(*self));
    if (self == NULL) {
        return NULL;
    }
    cvi_buffer_over(&target, self->target, sizeof(self->target));
    cvi_buffer_over(&key, self->key, sizeof(self->key));
    if (!cvi_recorded_target(request->url, &target, &key)) {
        cvi_release(memory(), self);
        return NULL;
    }
    self->face.face = &recording_face;
    self->recorder = owner;
    self->outer = outer;
    self->holds = 1;
    cvi_buffer_init(&self->headers, memory(), HEADERS_BYTES);
    cvi_buffer_init(&self->body, memory(), request->max_body_bytes);
    cvi_mutex_lock(&owner->mutex);
    owner->references++;
    self->next = owner->recordings;
    owner->recordings = self;
    cvi_mutex_unlock(&owner->mutex);
    return self;
}

/* The inner transport did not start it: the library keeps what is its own. */
static void undo(recording *self) {
    recorder *owner = self->recorder;
    cvi_mutex_lock(&owner->mutex);
    unlink_recording_locked(self);
    cvi_mutex_unlock(&owner->mutex);
    free_recording(self);
    unreference(owner);
}

static bool start(void *user, cv_transfer *outer, const cv_transfer_request *request) {
    recorder *self = user;
    recording *made = new_recording(self, outer, request);
    if (made == NULL) {
        return false;
    }
    if (!self->inner.start(self->inner.user, &made->face, request)) {
        undo(made);
        return false;
    }
    return true;
}

static void cancel(void *user, cv_transfer *outer) {
    recorder *self = user;
    if (self->inner.cancel == NULL) {
        return;
    }
    cvi_mutex_lock(&self->mutex);
    recording *found = self->recordings;
    while (found != NULL && found->outer != outer) {
        found = found->next;
    }
    if (found != NULL) {
        found->holds++; /* or its address might be another's by the time it is cancelled */
    }
    cvi_mutex_unlock(&self->mutex);
    if (found != NULL) {
        self->inner.cancel(self->inner.user, &found->face);
        drop(found);
    }
}

static void turn(void *user, cv_transport_turn *turn) {
    recorder *self = user;
    self->inner.turn(self->inner.user, turn);
}

static void wake(void *user) {
    recorder *self = user;
    self->inner.wake(self->inner.user);
}

static int descriptor_of(void *user) {
    recorder *self = user;
    return self->inner.descriptor(self->inner.user);
}

static int64_t due_ms(void *user) {
    recorder *self = user;
    return self->inner.due_ms(self->inner.user);
}

static void reset(void *user) {
    recorder *self = user;
    self->inner.reset(self->inner.user);
}

static void close_recorder(void *user) {
    recorder *self = user;
    if (self->inner.close != NULL) {
        self->inner.close(self->inner.user);
    }
    unreference(self);
}

static recorder *new_recorder(const char *folder) {
    recorder *self = cvi_allocate(memory(), sizeof(*self));
    if (self == NULL || !cvi_mutex_init(&self->mutex)) {
        cvi_release(memory(), self);
        return NULL;
    }
    self->references = 1;
    self->folder = cvi_copy_text(memory(), folder, strlen(folder));
    if (self->folder == NULL) {
        free_recorder(self);
        return NULL;
    }
    return self;
}

/* The inner transport last: what fails before leaves it alone. */
static recorder *open_recorder(const char *folder, const cv_transport *inner, cv_error *error) {
    recorder *self = new_recorder(folder);
    if (self == NULL) {
        cvi_error_no_memory(error);
        return NULL;
    }
    bool has_inner = inner != NULL ? cvi_transport_copy(&self->inner, inner, error)
                                   : cvi_transport_built_in(&self->inner, NULL, memory(), error);
    if (!has_inner) {
        free_recorder(self);
        return NULL;
    }
    return self;
}

bool cv_transport_record(cv_transport *transport, const char *folder, const cv_transport *inner) {
    cv_error error;
    recorder *self = NULL;
    if (cvi_recording_check_folder(folder, &error)) {
        self = open_recorder(folder, inner, &error);
    }
    if (self == NULL) {
        cvi_error_remember(&error);
        return false;
    }
    *transport = (cv_transport){.size = sizeof(*transport),
                                .user = self,
                                .asks_before_sending = self->inner.asks_before_sending,
                                .start = start,
                                .cancel = cancel,
                                .turn = self->inner.turn != NULL ? turn : NULL,
                                .wake = self->inner.wake != NULL ? wake : NULL,
                                .close = close_recorder,
                                .descriptor = self->inner.descriptor != NULL ? descriptor_of : NULL,
                                .due_ms = self->inner.due_ms != NULL ? due_ms : NULL,
                                .reset = self->inner.reset != NULL ? reset : NULL};
    return true;
}
