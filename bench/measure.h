/* Time, percentiles, and one line of a Markdown table for each figure. */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The monotonic clock, which all processes of the machine share. */
int64_t measure_now_ns(void);
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

void measure_add(measure_samples *samples, int64_t duration_ns);

/* The duration in microseconds below which `percent` of them lie; 100: the longest. Sorts. */
double measure_percentile(measure_samples *samples, double percent);

/* Of an odd number of runs. Sorts. */
double measure_median(double *values, size_t count);

typedef enum measure_goal {
    MEASURE_NO_GOAL,
    MEASURE_FIGURE_BELOW,
    MEASURE_RATIO_BELOW, /* figure / floor */
    MEASURE_RATIO_ABOVE
} measure_goal;

typedef struct measure_line {
    const char *name;
    const char *unit;
    double figure;
    double floor; /* 0: none */
    measure_goal goal;
    double bound;
} measure_line;

/* Prints | name | figure | floor | ratio | goal | met |. */
void measure_print(const measure_line *line);

#endif
