/* What somebody may have meant. */
#include "nearest.h"
#include "unit.h"

static void test_distance(void **state) {
    (void)state;
    static const struct {
        const char *one;
        const char *other;
        size_t distance;
    } cases[] = {{"", "", 0},
                 {"get", "get", 0},
                 {"", "get", 3},
                 {"gte", "get", 1},
                 {"isue", "issue", 1},
                 {"issuse", "issue", 1},
                 {"list", "lost", 1},
                 {"search", "batch", 3},
                 {"volmue", "volume", 1},
                 {"abcdef", "badcfe", 3}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_int_equal(cli_distance(cases[i].one, cases[i].other), cases[i].distance);
        assert_int_equal(cli_distance(cases[i].other, cases[i].one), cases[i].distance);
    }
}

/* Beyond what there are words for, all letters differ. */
static void test_long_words(void **state) {
    (void)state;
    char word[200];
    memset(word, 'a', sizeof(word) - 1);
    word[sizeof(word) - 1] = '\0';
    assert_int_equal(cli_distance(word, word), sizeof(word) - 1);
    assert_int_equal(cli_distance(word, "a"), sizeof(word) - 1);
}

static const char *nearest_of(const char *word, const char *const *candidates) {
    cli_nearest nearest = {word, NULL, 0};
    for (size_t i = 0; candidates[i]; i++) {
        cli_nearest_try(&nearest, candidates[i]);
    }
    return nearest.found;
}

static void test_the_nearest_wins(void **state) {
    (void)state;
    static const char *const words[] = {"list", "get", "search", "batch", NULL};
    assert_string_equal(nearest_of("serach", words), "search");
    assert_string_equal(nearest_of("gt", words), "get");
    assert_string_equal(nearest_of("lisst", words), "list");
    assert_string_equal(nearest_of("batc", words), "batch");
    assert_null(nearest_of("publisher", words));
    assert_null(nearest_of("xy", words));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_distance),
        cmocka_unit_test(test_long_words),
        cmocka_unit_test(test_the_nearest_wins),
    };
    return cmocka_run_group_tests_name("nearest", tests, NULL, NULL);
}
