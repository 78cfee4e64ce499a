/* Owns a ring of lines under a mutex of its own, which is held for no longer than it takes to copy
 * one. Only the thread that has set `is_flushing` hands lines over, so they come one at a time and
 * in order. */
#include "support/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "support/allocator.h"
#include "support/buffer.h"
#include "support/platform.h"

enum { LINES_MAX = 64, LINE_BYTES = 512 };

typedef struct log_line {
    cv_log_level level;
    char text[LINE_BYTES];
} log_line;

struct cvi_log {
    cv_log_fn *take;
    void *user;
    cv_log_level level;
    cv_allocator allocator;
    cvi_mutex mutex;
    bool is_flushing;
    size_t first;
    size_t count;
    unsigned lost;
    log_line lines[LINES_MAX];
};

cvi_log *cvi_log_open(cv_log_fn *take, void *user, cv_log_level level,
                      const cv_allocator *allocator) {
    cvi_log *log = cvi_allocate(allocator, sizeof(*log));
    if (log == NULL || !cvi_mutex_init(&log->mutex)) {
        cvi_release(allocator, log);
        return NULL;
    }
    log->take = take;
    log->user = user;
    log->level = level;
    log->allocator = *allocator;
    return log;
}

void cvi_log_close(cvi_log *log) {
    if (log != NULL) {
        cv_allocator allocator = log->allocator;
        cvi_mutex_destroy(&log->mutex);
        cvi_release(&allocator, log);
    }
}

bool cvi_log_wants(const cvi_log *log, cv_log_level level) {
    return log != NULL && level <= log->level;
}

/* ---- writing ---- */

static void blank_controls(char *text) {
    for (char *next = text; *next != '\0'; next++) {
        if ((unsigned char)*next < 0x20 || *next == 0x7F) {
            *next = ' ';
        }
    }
}

/* Says at its end that the text was cut, at a whole character. */
static void mark_cut(char text[LINE_BYTES]) {
    static const char mark[] = "...";
    size_t end = LINE_BYTES - sizeof(mark);
    while (end > 0 && ((unsigned char)text[end] & 0xC0) == 0x80) {
        end--;
    }
    memcpy(text + end, mark, sizeof(mark));
}

static void add_line(cvi_log *log, const log_line *line) {
    cvi_mutex_lock(&log->mutex);
    if (log->count < LINES_MAX) {
        log->lines[(log->first + log->count) % LINES_MAX] = *line;
        log->count++;
    } else {
        log->lost++;
    }
    cvi_mutex_unlock(&log->mutex);
}

void cvi_log_write(cvi_log *log, cv_log_level level, const char *format, ...) {
    if (!cvi_log_wants(log, level)) {
        return;
    }
    log_line line = {.level = level};
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(line.text, sizeof(line.text), format, arguments);
    va_end(arguments);
    if (length >= (int)sizeof(line.text)) {
        mark_cut(line.text);
    }
    blank_controls(line.text);
    add_line(log, &line);
}

/* ---- handing over ---- */

/* The next line, or how many were lost behind the last one. False: there is nothing to say. */
static bool next_line_locked(cvi_log *log, log_line *line) {
    if (log->count > 0) {
        *line = log->lines[log->first];
        log->first = (log->first + 1) % LINES_MAX;
        log->count--;
        return true;
    }
    if (log->lost > 0) {
        line->level = CV_LOG_WARNING;
        cvi_buffer text;
        cvi_buffer_over(&text, line->text, sizeof(line->text));
        cvi_buffer_add_format(&text, "%u lines of the log were lost", log->lost);
        log->lost = 0;
        return true;
    }
    return false;
}

void cvi_log_flush(cvi_log *log) {
    if (log == NULL) {
        return;
    }
    log_line line;
    cvi_mutex_lock(&log->mutex);
    bool is_ours = !log->is_flushing;
    log->is_flushing = true;
    while (is_ours && next_line_locked(log, &line)) {
        cvi_mutex_unlock(&log->mutex);
        log->take(line.level, line.text, log->user);
        cvi_mutex_lock(&log->mutex);
    }
    log->is_flushing = log->is_flushing && !is_ours;
    cvi_mutex_unlock(&log->mutex);
}
