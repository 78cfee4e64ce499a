/* Owns how figures are taken and shown. One thread. */
#include "measure.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "team.h"

int64_t measure_now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

void measure_sleep_us(int64_t duration_us) {
    struct timespec duration = {.tv_sec = (time_t)(duration_us / 1000000),
                                .tv_nsec = (long)(duration_us % 1000000) * 1000};
    nanosleep(&duration, NULL);
}

bool measure_is_smoke(int argument_count, char **arguments) {
    return argument_count > 1 && strcmp(arguments[1], "--smoke") == 0;
}

void measure_add(measure_samples *samples, int64_t duration_ns) {
    team_check(samples->count < samples->size, "there is room for the sample");
    samples->ns[samples->count++] = duration_ns;
}

static int compare_durations(const void *a, const void *b) {
    int64_t left = *(const int64_t *)a;
    int64_t right = *(const int64_t *)b;
    return left > right ? 1 : left < right ? -1 : 0;
}

double measure_percentile(measure_samples *samples, double percent) {
    if (samples->count == 0) {
        return 0.0;
    }
    qsort(samples->ns, samples->count, sizeof(samples->ns[0]), compare_durations);
    size_t place = (size_t)((double)samples->count * percent / 100.0);
    size_t last = samples->count - 1;
    return (double)samples->ns[place < last ? place : last] / 1000.0;
}

static int compare_values(const void *a, const void *b) {
    double left = *(const double *)a;
    double right = *(const double *)b;
    return left > right ? 1 : left < right ? -1 : 0;
}

double measure_median(double *values, size_t count) {
    qsort(values, count, sizeof(values[0]), compare_values);
    return values[count / 2];
}

static const char *goal_text(const measure_line *line, char *text, size_t size) {
    switch (line->goal) {
    case MEASURE_NO_GOAL:
        return "";
    case MEASURE_FIGURE_BELOW:
        snprintf(text, size, "below %g %s", line->bound, line->unit);
        break;
    case MEASURE_RATIO_BELOW:
        snprintf(text, size, "ratio at most %g", line->bound);
        break;
    case MEASURE_RATIO_ABOVE:
        snprintf(text, size, "ratio at least %g", line->bound);
        break;
    }
    return text;
}

static const char *verdict(const measure_line *line, double ratio) {
    switch (line->goal) {
    case MEASURE_NO_GOAL:
        return "";
    case MEASURE_FIGURE_BELOW:
        return line->figure < line->bound ? "yes" : "**no**";
    case MEASURE_RATIO_BELOW:
        return ratio <= line->bound ? "yes" : "**no**";
    case MEASURE_RATIO_ABOVE:
        return ratio >= line->bound ? "yes" : "**no**";
    }
    return "";
}

void measure_print(const measure_line *line) {
    char goal[64];
    double ratio = line->floor > 0.0 ? line->figure / line->floor : 0.0;
    printf("| %s | %.4g %s |", line->name, line->figure, line->unit);
    if (line->floor > 0.0) {
        printf(" %.4g %s | %.2f |", line->floor, line->unit, ratio);
    } else {
        printf(" | |");
    }
    printf(" %s | %s |\n", goal_text(line, goal, sizeof(goal)), verdict(line, ratio));
    fflush(stdout);
}
