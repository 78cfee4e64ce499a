/* Time, percentiles, and what a measuring program says: one line of JSON for each figure, of which
 * scripts/bench makes tables. */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The monotonic clock, which all processes of the machine share. */
int64_t measure_now_ns(void);

/* Processor time of the calling thread, which does not count who else is at work. */
int64_t measure_busy_now_ns(void);

void measure_sleep_us(int64_t duration_us);

/* How many of `full` things to do: a few of them in a smoke run ("--smoke" among the arguments). */
bool measure_is_smoke(int argument_count, char **arguments);

/* Durations. A fixed number is made room for, in memory that the caller may share with its
 * children; what does not fit is an error of the program. */
typedef struct measure_samples {
    size_t count;
    size_t size;
    int64_t *ns;
} measure_samples;

/* Room for so many, in memory that children started later see too. Never given back. */
measure_samples measure_room(size_t size);

void measure_add(measure_samples *samples, int64_t duration_ns);

/* The duration in microseconds below which `percent` of them lie; 100: the longest. Sorts. */
double measure_percentile(measure_samples *samples, double percent);

/* Of an odd number of runs. Sorts. */
double measure_median(double *values, size_t count);

typedef enum measure_goal {
    MEASURE_NO_GOAL,
    MEASURE_FIGURE_BELOW,
    MEASURE_RATIO_BELOW, /* figure / floor, which then must be there */
    MEASURE_RATIO_ABOVE
} measure_goal;

typedef struct measure_line {
    const char *name; /* ends with the project's number for its goal, if it has one: " (P4)" */
    const char *unit;
    double figure; /* finite, as the floor */
    double floor;  /* 0: none */
    measure_goal goal;
    double bound;
} measure_line;

/* {"point":"P4","name":...,"part":null,"unit":...,"figure":...,"floor":...,"ratio":...,
 *  "goal":{"of":"ratio","rule":"at least","bound":0.8},"met":true}; null for what there is not. */
void measure_print(const measure_line *line);

typedef enum measure_part {
    MEASURE_P50,
    MEASURE_P99,
    MEASURE_P999,
    MEASURE_LONGEST,
    MEASURE_PARTS
} measure_part;

/* Of the samples of all runs together. */
typedef struct measure_distribution {
    const char *name; /* as a line's */
    measure_samples *figures;
    measure_samples *floors;         /* NULL: none */
    double bounds_us[MEASURE_PARTS]; /* what each is to stay below; 0: no goal */
} measure_distribution;

/* A line for each part, in microseconds; without p99 and p99.9 where there are fewer than 100 and
 * 1000 samples. */
void measure_print_distribution(const measure_distribution *distribution);

/* A point of a curve: {"curve":...,"series":...,"x":...,"unit":...,"figure":...,"floor":...} */
typedef struct measure_point {
    const char *curve; /* names a file */
    const char *series;
    double x;
    const char *unit;
    double figure;
    double floor; /* 0: none */
} measure_point;

void measure_print_point(const measure_point *point);

#endif
