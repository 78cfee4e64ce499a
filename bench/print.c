/* Owns how figures are written: JSON, a line each, which is written at once, lest a later end of
 * the program loses it. One thread. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "measure.h"
#include "team.h"

/* A name without the number of its goal. */
typedef struct title {
    int start_length;
    const char *start;
    const char *end;
    int number; /* 0: of no goal */
} title;

static title split_name(const char *name) {
    static const char mark[] = " (P";
    const char *found = strstr(name, mark);
    title self = {(int)strlen(name), name, "", 0};
    if (found == NULL) {
        return self;
    }
    char *end;
    long number = strtol(found + sizeof(mark) - 1, &end, 10);
    if (number > 0 && number < 100 && *end == ')') {
        self = (title){(int)(found - name), name, end + 1, (int)number};
    }
    return self;
}

/* Names are the programs' own: none has a character that JSON would have escaped. */
static const char *plain(const char *text) {
    for (const char *at = text; *at != '\0'; at++) {
        team_check((unsigned char)*at >= ' ' && *at != '"' && *at != '\\', text);
    }
    return text;
}

static void print_number(const char *key, double value) {
    team_check(isfinite(value), key);
    printf(",\"%s\":%.9g", key, value);
}

static void print_floor(const measure_line *line) {
    if (line->floor > 0.0) {
        print_number("floor", line->floor);
        print_number("ratio", line->figure / line->floor);
    } else {
        printf(",\"floor\":null,\"ratio\":null");
    }
}

static void print_goal(const measure_line *line) {
    static const struct {
        const char *of;
        const char *rule;
    } goals[] = {[MEASURE_FIGURE_BELOW] = {"figure", "below"},
                 [MEASURE_RATIO_BELOW] = {"ratio", "at most"},
                 [MEASURE_RATIO_ABOVE] = {"ratio", "at least"}};
    if (line->goal == MEASURE_NO_GOAL) {
        printf(",\"goal\":null,\"met\":null");
        return;
    }
    bool is_met = false;
    if (line->goal == MEASURE_FIGURE_BELOW) {
        is_met = line->figure < line->bound;
    } else {
        team_check(line->floor > 0.0, "a goal of a ratio has a floor");
        double ratio = line->figure / line->floor;
        is_met = line->goal == MEASURE_RATIO_BELOW ? ratio <= line->bound : ratio >= line->bound;
    }
    printf(",\"goal\":{\"of\":\"%s\",\"rule\":\"%s\"", goals[line->goal].of,
           goals[line->goal].rule);
    print_number("bound", line->bound);
    printf("},\"met\":%s", is_met ? "true" : "false");
}

/* `part` is NULL for a figure that is no part of a distribution. */
static void print_part(const measure_line *line, const char *part) {
    title name = split_name(plain(line->name));
    if (name.number > 0) {
        printf("{\"point\":\"P%d\"", name.number);
    } else {
        printf("{\"point\":null");
    }
    printf(",\"name\":\"%.*s%s\"", name.start_length, name.start, name.end);
    if (part != NULL) {
        printf(",\"part\":\"%s\"", part);
    } else {
        printf(",\"part\":null");
    }
    printf(",\"unit\":\"%s\"", plain(line->unit));
    print_number("figure", line->figure);
    print_floor(line);
    print_goal(line);
    printf("}\n");
    fflush(stdout);
}

void measure_print(const measure_line *line) {
    print_part(line, NULL);
}

void measure_print_distribution(const measure_distribution *distribution) {
    static const struct {
        const char *name;
        double percent;
        size_t samples; /* as many as it takes to speak of it */
    } parts[MEASURE_PARTS] = {[MEASURE_P50] = {"p50", 50.0, 1},
                              [MEASURE_P99] = {"p99", 99.0, 100},
                              [MEASURE_P999] = {"p99.9", 99.9, 1000},
                              [MEASURE_LONGEST] = {"longest", 100.0, 1}};
    measure_samples *floors = distribution->floors;
    team_check(distribution->figures->count > 0 && (floors == NULL || floors->count > 0),
               "a distribution has samples");
    for (int i = 0; i < MEASURE_PARTS; i++) {
        double bound_us = distribution->bounds_us[i];
        if (distribution->figures->count < parts[i].samples) {
            continue;
        }
        measure_line line = {
            .name = distribution->name,
            .unit = "us",
            .figure = measure_percentile(distribution->figures, parts[i].percent),
            .floor = floors != NULL ? measure_percentile(floors, parts[i].percent) : 0.0,
            .goal = bound_us > 0.0 ? MEASURE_FIGURE_BELOW : MEASURE_NO_GOAL,
            .bound = bound_us,
        };
        print_part(&line, parts[i].name);
    }
}

void measure_print_point(const measure_point *point) {
    printf("{\"curve\":\"%s\",\"series\":\"%s\"", plain(point->curve), plain(point->series));
    print_number("x", point->x);
    printf(",\"unit\":\"%s\"", plain(point->unit));
    print_number("figure", point->figure);
    if (point->floor > 0.0) {
        print_number("floor", point->floor);
    } else {
        printf(",\"floor\":null");
    }
    printf("}\n");
    fflush(stdout);
}
