/* Owns the form of the lines. */
#include "support/diary.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

void diary_init(diary *self) {
    *self = (diary){.length = 0};
    assert_int_equal(pthread_mutex_init(&self->mutex, NULL), 0);
}

void diary_end(diary *self) {
    pthread_mutex_destroy(&self->mutex);
}

static void add(diary *self, const char *format, va_list arguments) {
    size_t room = sizeof(self->text) - self->length;
    int length = vsnprintf(self->text + self->length, room, format, arguments);
    self->overflowed = self->overflowed || length < 0 || (size_t)length >= room;
    if (!self->overflowed) {
        self->length += (size_t)length;
    }
}

static void add_locked(diary *self, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add_locked(diary *self, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    add(self, format, arguments);
    va_end(arguments);
}

void diary_add(diary *self, const char *format, ...) {
    va_list arguments;
    pthread_mutex_lock(&self->mutex);
    va_start(arguments, format);
    add(self, format, arguments);
    va_end(arguments);
    add_locked(self, "\n");
    pthread_mutex_unlock(&self->mutex);
}

static void add_members(diary *self, const cv_event *event) {
    static const char *const sources[] = {"cache", "network", "shared", "stale"};
    switch (event->kind) {
    case CV_EVENT_WAITING:
        add_locked(self, " %s, place %d", event->reason, (int)event->place);
        break;
    case CV_EVENT_SENT:
        add_locked(self, " %d", (int)event->tries);
        break;
    case CV_EVENT_RETRY:
        add_locked(self, " %d %s", (int)event->tries, cv_code_name(event->code));
        break;
    case CV_EVENT_COOLDOWN:
    case CV_EVENT_HIT:
        add_locked(self, " %s", cv_code_name(event->code));
        break;
    case CV_EVENT_DONE:
        add_locked(self, " %s",
                   event->code == CV_OK ? sources[event->source] : cv_code_name(event->code));
        break;
    default:
        break;
    }
}

void diary_note(diary *self, const char *who, const cv_event *event) {
    pthread_mutex_lock(&self->mutex);
    add_locked(self, "%s %s", who, cv_event_name(event->kind));
    add_members(self, event);
    add_locked(self, "\n");
    pthread_mutex_unlock(&self->mutex);
}

static void forget_locked(diary *self) {
    self->length = 0;
    self->text[0] = '\0';
}

void diary_forget(diary *self) {
    pthread_mutex_lock(&self->mutex);
    forget_locked(self);
    pthread_mutex_unlock(&self->mutex);
}

void diary_check(diary *self, const char *expected) {
    pthread_mutex_lock(&self->mutex);
    assert_false(self->overflowed);
    assert_string_equal(self->text, expected);
    forget_locked(self);
    pthread_mutex_unlock(&self->mutex);
}
