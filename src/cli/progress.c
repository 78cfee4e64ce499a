/* Owns the line of progress. Nothing is drawn in the first half second: most runs are over by then,
 * and a line that comes and goes is noise. */
#include "progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "duration.h"
#include "terminal.h"
#include "text.h"

enum { QUIET_MS = 500, REDRAW_MS = 250, LINE_MS = 5000 };

static int64_t clock_ms(clockid_t which) {
    struct timespec now;
    (void)clock_gettime(which, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void cli_progress_begin(cli_progress *self, const cli_settings *settings) {
    bool on_terminal = isatty(STDERR_FILENO) == 1;
    bool is_shown = settings->progress == CLI_PROGRESS_ALWAYS ||
                    (settings->progress == CLI_PROGRESS_AUTO && on_terminal && !settings->quiet);
    *self = (cli_progress){.is_shown = is_shown,
                           .redraws = cli_terminal_obeys(STDERR_FILENO),
                           .started_ms = clock_ms(CLOCK_MONOTONIC),
                           .total = -1,
                           .used = -1};
}

static void note_wait(cli_progress *self, const cv_event *event, cv_rate_limit_store *store) {
    self->is_waiting = true;
    self->until_ms = event->until_ms;
    (void)snprintf(self->reason, sizeof(self->reason), "%s", event->reason);
    cv_rate_limit_status status;
    self->used = -1;
    if (event->path[0] != '\0' && cv_rate_limit_store_status(store, event->path, &status) &&
        status.limit != CV_NONE) {
        self->used = status.used;
        self->limit = status.limit;
    }
}

void cli_progress_event(cli_progress *self, const cv_event *event, cv_rate_limit_store *store) {
    self->is_waiting = false;
    (void)snprintf(self->path, sizeof(self->path), "%s", event->path);
    if (event->kind == CV_EVENT_SENT) {
        self->sent++;
    } else if (self->is_shown &&
               (event->kind == CV_EVENT_WAITING || event->kind == CV_EVENT_RETRY)) {
        note_wait(self, event, store);
    }
}

static void write_wait(FILE *out, const cli_progress *self, int64_t now_unix_ms) {
    if (self->until_ms > now_unix_ms) {
        char clock[CLI_DURATION_SIZE];
        cli_duration_clock(self->until_ms - now_unix_ms, clock);
        (void)fprintf(out, ", waiting %s for /%s", clock, self->path);
    } else {
        (void)fprintf(out, ", waiting for /%s", self->path);
    }
    if (self->used >= 0) {
        (void)fprintf(out, ", %lld of %lld used", (long long)self->used, (long long)self->limit);
    }
    if (self->reason[0] != '\0') {
        (void)fprintf(out, ": %s", self->reason);
    }
}

static void write_rate(FILE *out, const cli_progress *self, int64_t elapsed_ms) {
    if (self->done > 0 && elapsed_ms >= 1000) {
        (void)fprintf(out, ", %.1f/s", (double)self->done * 1000 / (double)elapsed_ms);
    }
}

void cli_progress_line(const cli_progress *self, int64_t now_unix_ms, int64_t elapsed_ms,
                       char *line, size_t size) {
    FILE *out = fmemopen(line, size, "w");
    if (!out) {
        line[0] = '\0'; /* a line of progress is not worth an error */
        return;
    }
    if (self->total >= 0) {
        (void)fprintf(out, "%lld of %lld", (long long)self->done, (long long)self->total);
    } else {
        (void)fprintf(out, "%lld done", (long long)self->done);
    }
    write_rate(out, self, elapsed_ms);
    (void)fprintf(out, ", %lld sent", (long long)self->sent);
    if (self->is_waiting) {
        write_wait(out, self, now_unix_ms);
    }
    (void)fclose(out);
    line[size - 1] = '\0';
}

/* Goes to the beginning of the line that is drawn. A terminal that has become too narrow for it may
 * have wrapped it or cut it, and does not say which: going up could meet what others have written,
 * so the old line is left as it is and a new one begun. */
static void begin_line(const cli_progress *self, size_t columns) {
    bool may_be_wrapped = self->is_drawn && self->drawn_width >= columns;
    (void)fputs(may_be_wrapped ? "\n\r" : "\r", stderr);
}

static void redraw(cli_progress *self, const char *text) {
    size_t columns = cli_terminal_columns(STDERR_FILENO); /* it may have changed */
    size_t width = cli_text_width(text);
    width = width < columns ? width : columns - 1;
    begin_line(self, columns);
    cli_text_write_cell(stderr, text, width, false);
    (void)fputs("\033[K", stderr);
    self->is_drawn = true;
    self->drawn_width = width;
}

static void draw(cli_progress *self, int64_t now_ms) {
    char line[512];
    cli_progress_line(self, clock_ms(CLOCK_REALTIME), now_ms - self->started_ms, line,
                      sizeof(line));
    char *clean = cli_text_clean(line, strlen(line));
    if (self->redraws) {
        redraw(self, clean);
    } else {
        (void)fprintf(stderr, "%s\n", clean);
    }
    (void)fflush(stderr);
    free(clean);
    self->drawn_ms = now_ms;
}

void cli_progress_tick(cli_progress *self) {
    int64_t now_ms = clock_ms(CLOCK_MONOTONIC);
    int64_t pause_ms = self->redraws ? REDRAW_MS : LINE_MS;
    if (!self->is_shown || now_ms - self->started_ms < QUIET_MS ||
        (self->drawn_ms != 0 && now_ms - self->drawn_ms < pause_ms)) {
        return;
    }
    draw(self, now_ms);
}

int cli_progress_due_ms(const cli_progress *self) {
    return self->is_shown ? REDRAW_MS : -1;
}

void cli_progress_clear(cli_progress *self) {
    if (self->is_drawn) {
        begin_line(self, cli_terminal_columns(STDERR_FILENO));
        (void)fputs("\033[K", stderr);
        (void)fflush(stderr);
        self->is_drawn = false;
    }
}
