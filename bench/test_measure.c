/* Tests of what measuring programs share: percentiles, and the lines that they print. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "measure.h"

enum { TEXT_MAX = 4096 };

/* ---- what was printed ---- */

typedef struct capture {
    FILE *file;
    int output; /* where standard output goes else */
    char text[TEXT_MAX];
} capture;

static void begin_capture(capture *self) {
    self->file = tmpfile();
    assert_non_null(self->file);
    fflush(stdout);
    self->output = dup(STDOUT_FILENO);
    assert_true(self->output >= 0 && dup2(fileno(self->file), STDOUT_FILENO) >= 0);
}

static const char *end_capture(capture *self) {
    fflush(stdout);
    assert_true(dup2(self->output, STDOUT_FILENO) >= 0);
    close(self->output);
    rewind(self->file);
    self->text[fread(self->text, 1, TEXT_MAX - 1, self->file)] = '\0';
    fclose(self->file);
    return self->text;
}

static void assert_printed(const measure_line *line, const char *wanted) {
    capture printed;
    begin_capture(&printed);
    measure_print(line);
    assert_string_equal(end_capture(&printed), wanted);
}

static size_t count_of(const char *text, const char *part) {
    size_t count = 0;
    for (text = strstr(text, part); text != NULL; text = strstr(text + 1, part)) {
        count++;
    }
    return count;
}

/* ---- figures ---- */

/* So many microseconds each, from 1 on, the longest first. */
static measure_samples samples_of(int64_t count) {
    measure_samples samples = measure_room((size_t)count);
    for (int64_t i = count; i > 0; i--) {
        measure_add(&samples, i * 1000);
    }
    return samples;
}

static void test_percentiles(void **state) {
    (void)state;
    measure_samples samples = samples_of(1000);
    assert_float_equal(measure_percentile(&samples, 50.0), 501.0, 1e-9);
    assert_float_equal(measure_percentile(&samples, 99.0), 991.0, 1e-9);
    assert_float_equal(measure_percentile(&samples, 99.9), 1000.0, 1e-9);
    assert_float_equal(measure_percentile(&samples, 100.0), 1000.0, 1e-9);
    samples.count = 0;
    assert_float_equal(measure_percentile(&samples, 50.0), 0.0, 1e-9);
}

static void test_the_median_is_the_middle_run(void **state) {
    (void)state;
    double values[] = {9.0, 1.0, 5.0, 700.0, 4.0};
    assert_float_equal(measure_median(values, 5), 5.0, 1e-9);
}

static void test_smoke_is_the_first_argument(void **state) {
    (void)state;
    char *arguments[] = {"bench_x", "--smoke"};
    assert_true(measure_is_smoke(2, arguments));
    assert_false(measure_is_smoke(1, arguments));
}

/* ---- lines ---- */

static void test_a_line_without_floor_and_goal(void **state) {
    (void)state;
    assert_printed(&(measure_line){.name = "calls", .unit = "/s", .figure = 0.5},
                   "{\"point\":null,\"name\":\"calls\",\"part\":null,\"unit\":\"/s\","
                   "\"figure\":0.5,\"floor\":null,\"ratio\":null,\"goal\":null,\"met\":null}\n");
}

static void test_the_goal_s_number_stands_in_the_name(void **state) {
    (void)state;
    assert_printed(&(measure_line){"reads (P12), hot", "us", 3.0, 2.0, MEASURE_RATIO_BELOW, 1.25},
                   "{\"point\":\"P12\",\"name\":\"reads, hot\",\"part\":null,\"unit\":\"us\","
                   "\"figure\":3,\"floor\":2,\"ratio\":1.5,"
                   "\"goal\":{\"of\":\"ratio\",\"rule\":\"at most\",\"bound\":1.25},"
                   "\"met\":false}\n");
    assert_printed(&(measure_line){.name = "reads (PRAGMA)", .unit = "us", .figure = 1.0},
                   "{\"point\":null,\"name\":\"reads (PRAGMA)\",\"part\":null,\"unit\":\"us\","
                   "\"figure\":1,\"floor\":null,\"ratio\":null,\"goal\":null,\"met\":null}\n");
}

static void test_goals_are_met_at_their_bound_or_below_it(void **state) {
    (void)state;
    static const struct {
        measure_goal goal;
        double figure;
        double bound;
        bool is_met;
    } cases[] = {{MEASURE_FIGURE_BELOW, 9.9, 10.0, true}, {MEASURE_FIGURE_BELOW, 10.0, 10.0, false},
                 {MEASURE_RATIO_BELOW, 20.0, 10.0, true}, {MEASURE_RATIO_BELOW, 20.1, 10.0, false},
                 {MEASURE_RATIO_ABOVE, 20.0, 10.0, true}, {MEASURE_RATIO_ABOVE, 19.9, 10.0, false}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        capture printed;
        begin_capture(&printed);
        measure_print(
            &(measure_line){"x", "us", cases[i].figure, 2.0, cases[i].goal, cases[i].bound});
        const char *text = end_capture(&printed);
        assert_non_null(strstr(text, cases[i].is_met ? "\"met\":true" : "\"met\":false"));
    }
}

static void test_a_distribution_has_the_parts_that_its_samples_can_tell(void **state) {
    (void)state;
    static const struct {
        int64_t samples;
        size_t lines;
    } cases[] = {{10, 2}, {100, 3}, {1000, 4}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        capture printed;
        measure_samples samples = samples_of(cases[i].samples);
        begin_capture(&printed);
        measure_print_distribution(&(measure_distribution){
            "waits (P7)", &samples, &samples, {[MEASURE_LONGEST] = 1001.0}});
        const char *text = end_capture(&printed);
        assert_int_equal(count_of(text, "\n"), cases[i].lines);
        assert_int_equal(count_of(text, "\"point\":\"P7\",\"name\":\"waits\""), cases[i].lines);
        assert_int_equal(count_of(text, "\"met\":true"), 1);
        assert_int_equal(count_of(text, "\"part\":\"longest\""), 1);
    }
}

static void test_a_point_of_a_curve(void **state) {
    (void)state;
    capture printed;
    begin_capture(&printed);
    measure_print_point(&(measure_point){"rows", "hit", 1e6, "us", 4.5, 0.0});
    assert_string_equal(end_capture(&printed),
                        "{\"curve\":\"rows\",\"series\":\"hit\",\"x\":1000000,\"unit\":\"us\","
                        "\"figure\":4.5,\"floor\":null}\n");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_percentiles),
        cmocka_unit_test(test_the_median_is_the_middle_run),
        cmocka_unit_test(test_smoke_is_the_first_argument),
        cmocka_unit_test(test_a_line_without_floor_and_goal),
        cmocka_unit_test(test_the_goal_s_number_stands_in_the_name),
        cmocka_unit_test(test_goals_are_met_at_their_bound_or_below_it),
        cmocka_unit_test(test_a_distribution_has_the_parts_that_its_samples_can_tell),
        cmocka_unit_test(test_a_point_of_a_curve),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
