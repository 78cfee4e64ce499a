/* Owns the day's accesses. Nothing in them depends on when they are answered. */
#include "day/scenario.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "team.h"

enum { CHARACTERS = 400, LEADS = 8, FIRST_NUMBERS = 1000, RUN_OF_FILES = 5 };

/* ---- what there is ---- */

int64_t day_draw(uint64_t seed, uint64_t place, int64_t below) {
    uint64_t mixed = seed + (place + 1) * UINT64_C(0x9e3779b97f4a7c15);
    mixed = (mixed ^ (mixed >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    mixed = (mixed ^ (mixed >> 27)) * UINT64_C(0x94d049bb133111eb);
    mixed ^= mixed >> 31;
    return (int64_t)(mixed % (uint64_t)below);
}

int64_t day_issue_id(int64_t volume, int64_t number) {
    return volume * FIRST_NUMBERS + number;
}

int64_t day_volume_of(int64_t issue) {
    return issue / FIRST_NUMBERS;
}

int64_t day_number_of(int64_t issue) {
    return issue % FIRST_NUMBERS;
}

int64_t day_character_of(const day_scenario *self, int64_t issue, int64_t index) {
    uint64_t place = (uint64_t)(issue * DAY_CAST + index);
    int64_t lead = day_draw(self->seed ^ 1, place, LEADS);
    bool is_guest = index == DAY_CAST - 1;
    uint64_t origin = is_guest ? place : (uint64_t)(day_volume_of(issue) * LEADS + lead);
    return 1 + day_draw(self->seed ^ (is_guest ? 2 : 3), origin, CHARACTERS);
}

void day_time_text(int64_t at_ms, char text[DAY_TIME_MAX]) {
    int64_t at_s = at_ms / 1000;
    int length = snprintf(text, DAY_TIME_MAX, "2026-01-05 %02d:%02d:%02d", (int)(at_s / 3600),
                          (int)(at_s / 60 % 60), (int)(at_s % 60));
    team_check(length == 19, "an instant is of the day");
}

int64_t day_time_of(const char *text) {
    int hours;
    int minutes;
    int seconds;
    if (sscanf(text, "2026-01-05 %d:%d:%d", &hours, &minutes, &seconds) != 3) {
        return -1;
    }
    return ((int64_t)hours * 3600 + minutes * 60 + seconds) * 1000;
}

int64_t day_changed_ms(const day_scenario *self, int64_t issue, int64_t at_ms) {
    int64_t changed_ms = -1;
    for (size_t i = 0; i < self->change_count && self->changes[i].at_ms <= at_ms; i++) {
        if (self->changes[i].issue == issue) {
            changed_ms = self->changes[i].at_ms;
        }
    }
    return changed_ms;
}

void day_revision_text(const day_scenario *self, int64_t issue, int64_t at_ms,
                       char text[DAY_TIME_MAX]) {
    int64_t changed_ms = day_changed_ms(self, issue, at_ms);
    if (changed_ms < 0) {
        memcpy(text, "2025-06-01 00:00:00", 20);
        return;
    }
    day_time_text(changed_ms, text);
}

/* ---- what is asked for ---- */

static void *grow(void *array, size_t count, size_t size) {
    void *grown = realloc(array, (count + 1) * size);
    team_check(grown != NULL, "there is memory for the day");
    return grown;
}

static void add(day_scenario *self, day_access access) {
    self->accesses = grow(self->accesses, self->access_count, sizeof(access));
    self->accesses[self->access_count++] = access;
    self->tasks[self->task_count - 1].count++;
}

static void add_object(day_scenario *self, day_resource resource, int64_t id, int64_t pause_ms) {
    add(self, (day_access){.resource = resource, .id = id, .pause_ms = pause_ms});
}

static void add_issues_of(day_scenario *self, int64_t volume) {
    day_access access = {.resource = DAY_ISSUE};
    snprintf(access.filter, sizeof(access.filter), "volume:%" PRId64, volume);
    add(self, access);
}

/* Everything on the shelf: each volume, its list of issues, each issue with all its credits. */
static void open_shelf(day_scenario *self, int64_t amount) {
    (void)amount; /* it is the shelf's */
    for (int64_t volume = 1; volume <= self->volumes; volume++) {
        add_object(self, DAY_VOLUME, volume, 0);
        add_issues_of(self, volume);
    }
    for (int64_t volume = 1; volume <= self->volumes; volume++) {
        for (int64_t number = 1; number <= DAY_ISSUES_OF_A_VOLUME; number++) {
            add_object(self, DAY_ISSUE, day_issue_id(volume, number), 0);
        }
    }
}

/* What has changed in the `hours` before, by a list, then each of these issues anew. */
static void synchronise(day_scenario *self, int64_t hours) {
    day_access list = {.resource = DAY_ISSUE};
    int64_t until_ms = self->tasks[self->task_count - 1].begins_ms;
    int64_t since_ms = until_ms - hours * DAY_HOUR_MS;
    char since[DAY_TIME_MAX];
    char until[DAY_TIME_MAX];
    day_time_text(since_ms, since);
    day_time_text(until_ms, until);
    snprintf(list.filter, sizeof(list.filter), "date_last_updated:%s|%s", since, until);
    add(self, list);
    for (size_t i = 0; i < self->change_count; i++) {
        const day_change *change = &self->changes[i];
        if (change->at_ms > since_ms &&
            day_changed_ms(self, change->issue, until_ms) == change->at_ms) {
            add(self, (day_access){.resource = DAY_ISSUE, .id = change->issue, .is_refresh = true});
        }
    }
}

/* So many issues, half a minute to three minutes each, mostly one volume in its order. */
static void read_issues(day_scenario *self, int64_t amount) {
    uint64_t place = (uint64_t)self->task_count << 32;
    int64_t volume = 1 + day_draw(self->seed, place++, self->volumes);
    int64_t number = 1 + day_draw(self->seed, place++, DAY_ISSUES_OF_A_VOLUME);
    for (int64_t i = 0; i < amount; i++) {
        int64_t issue = day_issue_id(volume, number);
        int64_t pause_ms = (30 + day_draw(self->seed, place++, 151)) * DAY_SECOND_MS;
        add_object(self, DAY_ISSUE, issue, pause_ms);
        add_object(self, DAY_VOLUME, volume, 0);
        for (int64_t index = 0; index < DAY_CAST; index++) {
            add_object(self, DAY_CHARACTER, day_character_of(self, issue, index), 0);
        }
        number = number % DAY_ISSUES_OF_A_VOLUME + 1;
        if (day_draw(self->seed, place++, 4) == 0) {
            volume = 1 + day_draw(self->seed, place++, self->volumes);
        }
    }
}

/* So many files, in runs of a volume; a third of the runs are not on the shelf. For each: the
 * volume by its name, the issue by its number, then the whole issue. */
static void tag_files(day_scenario *self, int64_t amount) {
    uint64_t place = (uint64_t)self->task_count << 32;
    int64_t volume = 0;
    int64_t number = 0;
    for (int64_t i = 0; i < amount; i++) {
        if (i % RUN_OF_FILES == 0) {
            bool is_new = day_draw(self->seed, place++, 3) == 0;
            int64_t others = self->known_volumes - self->volumes;
            volume = 1 + (is_new ? self->volumes + day_draw(self->seed, place++, others)
                                 : day_draw(self->seed, place++, self->volumes));
            number = day_draw(self->seed, place++, DAY_ISSUES_OF_A_VOLUME - RUN_OF_FILES);
        }
        number++;
        day_access volumes = {.resource = DAY_VOLUME};
        day_access issues = {.resource = DAY_ISSUE};
        snprintf(volumes.filter, sizeof(volumes.filter), "name:Volume %" PRId64, volume);
        snprintf(issues.filter, sizeof(issues.filter), "volume:%" PRId64 ",issue_number:%" PRId64,
                 volume, number);
        add(self, volumes);
        add(self, issues);
        add_object(self, DAY_ISSUE, day_issue_id(volume, number), 0);
    }
}

/* ---- the day ---- */

typedef struct planned {
    day_program program;
    bool is_users;
    int hour;
    int minute;
    void (*fill)(day_scenario *self, int64_t amount);
    int64_t amount;
    bool is_per_volume; /* `amount` holds for a shelf of 50 volumes */
} planned;

static const planned plan[] = {
    {DAY_MANAGER, false, 7, 0, open_shelf, 0, false},
    {DAY_MANAGER, false, 8, 0, synchronise, 8, false},
    {DAY_MANAGER, false, 10, 0, synchronise, 2, false},
    {DAY_TAGGER, false, 10, 5, tag_files, 150, true},
    {DAY_MANAGER, false, 12, 0, synchronise, 2, false},
    {DAY_READER, true, 12, 15, read_issues, 10, true},
    {DAY_MANAGER, false, 14, 0, synchronise, 2, false},
    {DAY_MANAGER, false, 16, 0, synchronise, 2, false},
    {DAY_TAGGER, false, 16, 10, tag_files, 150, true},
    {DAY_MANAGER, false, 18, 0, synchronise, 2, false},
    {DAY_READER, true, 18, 20, read_issues, 15, true},
    {DAY_MANAGER, false, 19, 0, open_shelf, 0, false},
    {DAY_MANAGER, false, 20, 0, synchronise, 2, false},
    {DAY_READER, true, 21, 0, read_issues, 25, true},
    {DAY_MANAGER, false, 22, 0, synchronise, 2, false},
};

enum { WHOLE_SHELF = 50, CHANGES = 150 };

static int64_t scaled(const day_scenario *self, int64_t amount) {
    int64_t part = amount * self->volumes / WHOLE_SHELF;
    return part > 0 ? part : 1;
}

static int by_time(const void *a, const void *b) {
    const day_change *left = a;
    const day_change *right = b;
    return left->at_ms > right->at_ms ? 1 : left->at_ms < right->at_ms ? -1 : 0;
}

static void make_changes(day_scenario *self) {
    self->change_count = (size_t)scaled(self, CHANGES);
    self->changes = calloc(self->change_count, sizeof(*self->changes));
    team_check(self->changes != NULL, "there is memory for the day");
    for (size_t i = 0; i < self->change_count; i++) {
        int64_t volume = 1 + day_draw(self->seed ^ 4, i, self->volumes);
        int64_t number = 1 + day_draw(self->seed ^ 5, i, DAY_ISSUES_OF_A_VOLUME);
        self->changes[i].issue = day_issue_id(volume, number);
        self->changes[i].at_ms = day_draw(self->seed ^ 6, i, 24 * 3600) * DAY_SECOND_MS;
    }
    qsort(self->changes, self->change_count, sizeof(*self->changes), by_time);
}

void day_scenario_make(day_scenario *self, uint64_t seed, int64_t volumes) {
    *self = (day_scenario){.seed = seed, .volumes = volumes, .known_volumes = volumes * 2};
    make_changes(self);
    for (size_t i = 0; i < sizeof(plan) / sizeof(plan[0]); i++) {
        const planned *row = &plan[i];
        self->tasks = grow(self->tasks, self->task_count, sizeof(*self->tasks));
        self->tasks[self->task_count++] = (day_task){
            .program = row->program,
            .is_users = row->is_users,
            .begins_ms = row->hour * DAY_HOUR_MS + row->minute * (DAY_HOUR_MS / 60),
            .first = self->access_count,
        };
        row->fill(self, row->is_per_volume ? scaled(self, row->amount) : row->amount);
    }
}

void day_scenario_free(day_scenario *self) {
    free(self->changes);
    free(self->tasks);
    free(self->accesses);
}
