/* Owns how figures are taken: clock, samples, percentiles. One thread. */
#include "measure.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "team.h"

static int64_t clock_ns(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t measure_now_ns(void) {
    return clock_ns(CLOCK_MONOTONIC);
}

int64_t measure_busy_now_ns(void) {
    return clock_ns(CLOCK_THREAD_CPUTIME_ID);
}

void measure_sleep_us(int64_t duration_us) {
    struct timespec duration = {.tv_sec = (time_t)(duration_us / 1000000),
                                .tv_nsec = (long)(duration_us % 1000000) * 1000};
    nanosleep(&duration, NULL);
}

bool measure_is_smoke(int argument_count, char **arguments) {
    return argument_count > 1 && strcmp(arguments[1], "--smoke") == 0;
}

measure_samples measure_room(size_t size) {
    return (measure_samples){0, size, team_share(size * sizeof(int64_t))};
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
