/* What was told of requests, as lines of text that a test can compare as a whole. */
#ifndef TESTS_SUPPORT_DIARY_H
#define TESTS_SUPPORT_DIARY_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <comicvine/event.h>

typedef struct diary {
    pthread_mutex_t mutex; /* events of several requests may come at the same time */
    char text[16384];
    size_t length;
    bool overflowed;
} diary;

void diary_init(diary *self);
void diary_end(diary *self);

/* Adds a line: `who`, the kind, and of the members those that the kind has use for. No times of
 * the day, which differ from run to run, and no reasons, but how the wait is called. */
void diary_note(diary *self, const char *who, const cv_event *event);

/* Adds a line as it is. */
void diary_add(diary *self, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Forgets what was noted. */
void diary_forget(diary *self);

/* Fails the test unless exactly this was noted since the last look; then forgets it. */
void diary_check(diary *self, const char *expected);

#endif
