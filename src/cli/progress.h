/* One line on standard error that says what is done and what is waited for. */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <comicvine.h>
#include <stdbool.h>
#include <stdint.h>

#include "settings.h"

typedef struct cli_progress {
    bool is_shown;
    bool redraws;       /* the line is written over; else each is a line of its own */
    bool is_drawn;      /* there is one on the terminal just now */
    size_t drawn_width; /* its columns */
    int64_t started_ms; /* monotonic, as is the next */
    int64_t drawn_ms;   /* when it was drawn last */
    int64_t done;       /* what the command counts */
    int64_t total;      /* -1: not known */
    int64_t sent;       /* requests that have left */
    int64_t until_ms;   /* Unix time, end of the wait; 0: none */
    bool is_waiting;
    char path[CV_RESOURCE_MAX + 1]; /* of the limit that the last event was about */
    char reason[256];
    int64_t used; /* of that limit; -1: not known */
    int64_t limit;
} cli_progress;

/* Whether lines are shown follows from the settings and from what standard error is. */
void cli_progress_begin(cli_progress *self, const cli_settings *settings);

/* Takes note of what happens; `store` is asked for the figures of a limit that is waited for. */
void cli_progress_event(cli_progress *self, const cv_event *event, cv_rate_limit_store *store);

/* Draws the line if there is something new to say; called often. */
void cli_progress_tick(cli_progress *self);

/* Milliseconds until the next tick is of use; -1: none. */
int cli_progress_due_ms(const cli_progress *self);

/* Takes the line away, before anything else is written to the terminal. */
void cli_progress_clear(cli_progress *self);

/* The line, without its end; cut where `size` bytes do not hold it. */
void cli_progress_line(const cli_progress *self, int64_t now_unix_ms, int64_t elapsed_ms,
                       char *line, size_t size);

#endif
