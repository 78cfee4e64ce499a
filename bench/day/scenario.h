/* A day of three programs with one API key: what each of them asks for, and when. Made from a seed,
 * the same for whoever plays it. A catalog manager opens a shelf of issues and synchronises what
 * has changed, a reader opens issues with their volume and characters, a tagger finds and fetches
 * batches of files. */
#ifndef BENCH_DAY_SCENARIO_H
#define BENCH_DAY_SCENARIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    DAY_ISSUES_OF_A_VOLUME = 40,
    DAY_CAST = 4, /* characters of an issue */
    DAY_FILTER_MAX = 80,
    DAY_TIME_MAX = 24
};

#define DAY_SECOND_MS INT64_C(1000)
#define DAY_HOUR_MS   (3600 * DAY_SECOND_MS)
#define DAY_LENGTH_MS (24 * DAY_HOUR_MS)
#define DAY_NEVER_MS  INT64_MAX

typedef enum day_program { DAY_MANAGER, DAY_READER, DAY_TAGGER, DAY_PROGRAMS } day_program;
typedef enum day_resource { DAY_ISSUE, DAY_VOLUME, DAY_CHARACTER, DAY_RESOURCES } day_resource;

typedef struct day_access {
    day_resource resource;
    int64_t id;                  /* 0: a list */
    char filter[DAY_FILTER_MAX]; /* of a list: "volume:7,issue_number:12" */
    bool is_refresh;             /* the program knows that it has changed */
    int64_t pause_ms;            /* that the program makes before it */
} day_access;

/* Accesses that follow one after the other, each when the one before has been answered. */
typedef struct day_task {
    day_program program;
    bool is_users; /* somebody waits for it */
    int64_t begins_ms;
    size_t first; /* of the scenario's accesses */
    size_t count;
} day_task;

typedef struct day_change {
    int64_t at_ms;
    int64_t issue;
} day_change;

typedef struct day_scenario {
    uint64_t seed;
    int64_t volumes;       /* on the shelf, from 1 on */
    int64_t known_volumes; /* of the service */
    day_change *changes;   /* in the order of time */
    size_t change_count;
    day_task *tasks;
    size_t task_count;
    day_access *accesses;
    size_t access_count;
} day_scenario;

/* A day with a shelf of so many volumes; the batches and the changes grow with it. Freed by
 * day_scenario_free. */
void day_scenario_make(day_scenario *self, uint64_t seed, int64_t volumes);
void day_scenario_free(day_scenario *self);

/* A draw from 0 to `below` - 1, which is the same for the same seed and place. */
int64_t day_draw(uint64_t seed, uint64_t place, int64_t below);

/* Issue `number` (from 1) of a volume, and back. */
int64_t day_issue_id(int64_t volume, int64_t number);
int64_t day_volume_of(int64_t issue);
int64_t day_number_of(int64_t issue);

/* Character `index` of an issue: those of one volume are mostly the same. */
int64_t day_character_of(const day_scenario *self, int64_t issue, int64_t index);

/* "2026-01-05 HH:MM:SS" of the day, as the service writes it; and the day's instant that it says,
 * or -1. */
void day_time_text(int64_t at_ms, char text[DAY_TIME_MAX]);
int64_t day_time_of(const char *text);

/* When an issue was changed last, up to `at_ms`; -1: not this day. */
int64_t day_changed_ms(const day_scenario *self, int64_t issue, int64_t at_ms);

/* The same as the service writes it. */
void day_revision_text(const day_scenario *self, int64_t issue, int64_t at_ms,
                       char text[DAY_TIME_MAX]);

#endif
