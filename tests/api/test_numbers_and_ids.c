/* The helpers for issue numbers, which sort as people read them, and for ids out of text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <comicvine.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- issue numbers ---- */

/* Each comes before the next one. */
static const char *const in_order[] = {
    "-10",
    "-2",
    "-1.5",
    "-1",
    "-\xC2\xBD",
    "-.1",
    "0",
    "0A",
    ".05",
    ".1",
    "\xC2\xBC",
    "\xE2\x85\x93",
    "\xC2\xBD",
    "\xC2\xBE",
    "1",
    "1 [2]",
    "1 [10]",
    "1.MU",
    "1.NOW",
    "1/5",
    "1/25",
    "1A",
    "1AU",
    "1b",
    "1.1",
    "1\xC2\xBD",
    "1.75",
    "2",
    "5/6",
    "9",
    "10",
    "11/2",
    "99",
    "100",
    "101",
    "101 & 102",
    "101/102",
    "101x02",
    "1987-9",
    "1987-10",
    "18446744073709551615",
    "18446744073709551616",
    "99999999999999999999999999",
    "Annual 2",
    "Annual 10",
    "Preview",
    "S02",
};

static int sign_of(int order) {
    return (order > 0) - (order < 0);
}

static void test_numbers_in_order(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(in_order); i++) {
        for (size_t k = 0; k < COUNT(in_order); k++) {
            int order = sign_of(cv_issue_number_compare(in_order[i], in_order[k]));
            if (order != (i > k) - (i < k)) {
                fail_msg("\"%s\" against \"%s\": %d", in_order[i], in_order[k], order);
            }
        }
    }
}

/* Two numbers in one are no fraction: they stay behind the first of them. */
static void test_double_numbers(void **state) {
    (void)state;
    static const char *const doubles[][2] = {
        {"101", "101/102"}, {"5", "5/6"},   {"7", "7/8"},
        {"1", "1/25"},      {"1", "1/2/3"}, {"11", "11/2"},
    };
    for (size_t i = 0; i < COUNT(doubles); i++) {
        assert_true(cv_issue_number_compare(doubles[i][0], doubles[i][1]) < 0);
    }
    assert_true(cv_issue_number_compare("101/102", "102") < 0);
    assert_true(cv_issue_number_compare("11/2", "11.5") < 0);
}

static void test_none_comes_last(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(in_order); i++) {
        assert_true(cv_issue_number_compare(in_order[i], NULL) < 0);
        assert_true(cv_issue_number_compare(in_order[i], "") < 0);
        assert_true(cv_issue_number_compare(NULL, in_order[i]) > 0);
        assert_true(cv_issue_number_compare("", in_order[i]) > 0);
    }
    assert_int_equal(cv_issue_number_compare(NULL, NULL), 0);
    assert_int_equal(cv_issue_number_compare(NULL, ""), 0);
}

static void test_spellings_of_one_number(void **state) {
    (void)state;
    static const char *const pairs[][2] = {
        {"1", "001"},
        {"1", "1.0"},
        {"1.50", "1.5"},
        {".5", "0.5"},
        {"\xC2\xBD", ".5"},
        {"1\xC2\xBD", "1.50"},
        {"0", "-0"},
        {"0", "000"},
        {"-1", "-01.0"},
        {"1.mu", "1.MU"},
        {"annual 2", "ANNUAL 02"},
        {"-.0", "0"},
        {"1/2", "\xC2\xBD"},
        {"1/2", "0.50"},
        {"1/4", "\xC2\xBC"},
        {"3/4", ".75"},
        {"1/3", "\xE2\x85\x93"},
        {"2/3", "\xE2\x85\x94"},
        {"-1/2", "-\xC2\xBD"},
        {"1 1/2", "1\xC2\xBD"},
        {"1 \xC2\xBD", "1.5"},
        {"-10 1/4", "-10.25"},
        {"1/2 Wizard", "\xC2\xBD wizard"},
        {" 5", "5"},
        {"5 ", "5"},
        {" \t5\t ", "5"},
        {"5\r", "5"},
        {" -1.MU ", "-1.mu"},
        {" 1 [2] ", "1 [2]"},
        {" \xC2\xBD ", ".5"},
        {"\tPreview ", "preview"},
        {" \t", ""},
    };
    for (size_t i = 0; i < COUNT(pairs); i++) {
        assert_int_equal(cv_issue_number_compare(pairs[i][0], pairs[i][1]), 0);
        assert_int_equal(cv_issue_number_compare(pairs[i][1], pairs[i][0]), 0);
    }
}

/* Marks without digits are no numbers. */
static void test_lonely_marks(void **state) {
    (void)state;
    static const char *const texts[] = {"-", ".", "-.", "--1", "+1", ".-1", "#1"};
    for (size_t i = 0; i < COUNT(texts); i++) {
        assert_true(cv_issue_number_compare("999", texts[i]) < 0);
        assert_int_equal(cv_issue_number_compare(texts[i], texts[i]), 0);
    }
}

static int compare_for_sort(const void *one, const void *other) {
    return cv_issue_number_compare(*(const char *const *)one, *(const char *const *)other);
}

static void test_sorting(void **state) {
    (void)state;
    const char *shuffled[COUNT(in_order)];
    for (size_t i = 0; i < COUNT(in_order); i++) {
        shuffled[i] = in_order[i * 17 % COUNT(in_order)];
    }
    qsort(shuffled, COUNT(shuffled), sizeof(shuffled[0]), compare_for_sort);
    for (size_t i = 0; i < COUNT(in_order); i++) {
        assert_ptr_equal(shuffled[i], in_order[i]);
    }
}

/* ---- any numbers ---- */

/* A generator of its own: the same numbers on every machine. */
static size_t draw(uint64_t *seed, size_t count) {
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (size_t)(*seed >> 33) % count;
}

enum { LONGEST_NUMBER = 64, NUMBERS = 160, SEEDS = 6 };

/* Pieces of numbers, put together without sense; few, so that many numbers begin alike. */
static void draw_number(uint64_t *seed, char number[LONGEST_NUMBER]) {
    static const char *const pieces[] = {
        "",     "-",  ".",   "/",   " ",        "0",        "00",
        "1",    "2",  "10",  "9",   "1",        "1/2",      "3/4",
        " 1/2", "\t", "[2]", ".MU", "\xC2\xBD", "\xC2\xBC", "1844674407370955161600",
        "A",    "a",  "b",   "_",   "x",
    };
    size_t parts = draw(seed, 5);
    size_t length = 0;
    number[0] = '\0';
    for (size_t i = 0; i < parts; i++) {
        const char *piece = pieces[draw(seed, COUNT(pieces))];
        size_t added = strlen(piece);
        if (length + added < LONGEST_NUMBER) {
            memcpy(number + length, piece, added + 1);
            length += added;
        }
    }
}

/* If neither is before the other, no third one tells them apart. */
static void assert_transitive(const char *one, const char *other, const char *third) {
    int first = sign_of(cv_issue_number_compare(one, other));
    int second = sign_of(cv_issue_number_compare(other, third));
    int both = sign_of(cv_issue_number_compare(one, third));
    bool holds = first == 0 ? both == second : second == -first || both == first;
    if (!holds) {
        fail_msg("\"%s\", \"%s\", \"%s\": %d, %d, %d", one, other, third, first, second, both);
    }
}

static void test_the_order_is_total(void **state) {
    (void)state;
    static char numbers[NUMBERS][LONGEST_NUMBER];
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        uint64_t drawn = seed;
        for (size_t i = 0; i < NUMBERS; i++) {
            draw_number(&drawn, numbers[i]);
        }
        for (size_t i = 0; i < NUMBERS; i++) {
            assert_int_equal(cv_issue_number_compare(numbers[i], numbers[i]), 0);
            for (size_t k = 0; k < NUMBERS; k++) {
                assert_int_equal(sign_of(cv_issue_number_compare(numbers[i], numbers[k])),
                                 -sign_of(cv_issue_number_compare(numbers[k], numbers[i])));
                assert_transitive(numbers[i], numbers[k], numbers[draw(&drawn, NUMBERS)]);
            }
        }
    }
}

/* Hundredths, written in a way drawn by lot: blanks, zeros, fractions by character and typed. */
static void write_hundredths(uint64_t *seed, int hundredths, char number[LONGEST_NUMBER]) {
    static const char *const blanks[] = {"", " ", "\t", "  "};
    static const char *const quarters[][4] = {
        {"", ".0", ".00", ".000"},
        {".25", "\xC2\xBC", " 1/4", ".250"},
        {".5", "\xC2\xBD", " 1/2", " \xC2\xBD"},
        {".75", "\xC2\xBE", " 3/4", ".750"},
    };
    int size = hundredths < 0 ? -hundredths : hundredths;
    const char *fraction = quarters[size % 100 / 25][draw(seed, 4)];
    snprintf(number, LONGEST_NUMBER, "%s%s%s%d%s%s", blanks[draw(seed, 4)],
             hundredths < 0 ? "-" : "", draw(seed, 2) == 0 ? "" : "00", size / 100, fraction,
             blanks[draw(seed, 4)]);
}

static void test_numbers_go_by_value(void **state) {
    (void)state;
    uint64_t seed = 42;
    for (int i = 0; i < 20000; i++) {
        char one[LONGEST_NUMBER];
        char other[LONGEST_NUMBER];
        int first = ((int)draw(&seed, 81) - 40) * 25;
        int second = ((int)draw(&seed, 81) - 40) * 25;
        write_hundredths(&seed, first, one);
        write_hundredths(&seed, second, other);
        int order = sign_of(cv_issue_number_compare(one, other));
        if (order != (first > second) - (first < second)) {
            fail_msg("\"%s\" against \"%s\": %d", one, other, order);
        }
    }
}

/* A number that fills more than any whole number of the machine, and its neighbour. */
static void test_very_long_numbers(void **state) {
    (void)state;
    static char one[10002];
    static char other[10002];
    memset(one, '9', 10000);
    memset(other, '9', 10000);
    assert_int_equal(cv_issue_number_compare(one, other), 0);
    one[9999] = '8';
    assert_true(cv_issue_number_compare(one, other) < 0);
    one[10000] = '0';
    assert_true(cv_issue_number_compare(one, other) > 0);
    one[5000] = '.';
    other[5000] = '.';
    assert_true(cv_issue_number_compare(one, other) < 0);
}

/* ---- ids ---- */

#define SITE "https://comicvine.gamespot.com/"

typedef struct id_case {
    const char *text;
    cv_resource resource;
    int64_t id; /* 0: there is none */
} id_case;

static void ids_must_be(const id_case *cases, size_t count) {
    for (size_t i = 0; i < count; i++) {
        int64_t id = -1;
        bool is_id = cv_id_parse(cases[i].text, cases[i].resource, &id);
        if (is_id != (cases[i].id != 0) || id != (is_id ? cases[i].id : -1)) {
            fail_msg("\"%s\": %lld", cases[i].text != NULL ? cases[i].text : "NULL", (long long)id);
        }
    }
}

static void test_ids(void **state) {
    (void)state;
    static const id_case cases[] = {
        {"52", CV_ISSUE, 52},
        {"52", CV_RESOURCE_NONE, 52},
        {"0052", CV_ISSUE, 52},
        {"4000-52", CV_ISSUE, 52},
        {"4000-52", CV_RESOURCE_NONE, 52},
        {"4005-1253", CV_CHARACTER, 1253},
        {"2320-7", CV_VIDEO_TYPE, 7},
        {"2320-7", CV_VIDEO_CATEGORY, 7},
        {"52/", CV_ISSUE, 52},
        {"4000-52/", CV_ISSUE, 52},
        {"4000-52/", CV_RESOURCE_NONE, 52},
        {"999999999999999", CV_ISSUE, INT64_C(999999999999999)},
        {"4000-999999999999999", CV_ISSUE, INT64_C(999999999999999)},
        {SITE "api/issue/4000-52/", CV_ISSUE, 52},
        {SITE "api/issue/4000-52", CV_ISSUE, 52},
        {SITE "api/issue/4000-52/?format=json&api_key=x/9", CV_ISSUE, 52},
        {SITE "lamplighter-7/4000-52/#reviews/4000-9", CV_ISSUE, 52},
        {SITE "api/first_appeared_in_issue/4000-52/", CV_ISSUE, 52},
        {SITE "api/creator/4040-801/", CV_PERSON, 801},
        {SITE "api/video_type/7/", CV_VIDEO_TYPE, 7},
        {SITE "api/video_category/7/", CV_VIDEO_CATEGORY, 7},
        {SITE "api/video_category/7/", CV_RESOURCE_NONE, 7},
        {SITE "api/video_type/2320-7/", CV_VIDEO_TYPE, 7},
        {SITE "api/video_category/2320-7/", CV_VIDEO_CATEGORY, 7},
        {SITE "api/video_type/2320-7/", CV_RESOURCE_NONE, 7},
        {SITE "api/videos_of/2320-7/", CV_VIDEO_TYPE, 7},
        {SITE "api/videos_of/2320-7/", CV_VIDEO_CATEGORY, 7},
        {SITE "4000-52/", CV_ISSUE, 52},
        {"http://127.0.0.1:8080/api/issue/4000-52/", CV_ISSUE, 52},
        {"http://mirror/4000-52", CV_ISSUE, 52},
        {"HTTPS://comicvine.gamespot.com/api/issue/4000-52/", CV_ISSUE, 52},
        {"Http://comicvine.gamespot.com/api/video_type/7/", CV_VIDEO_TYPE, 7},
        {"comicvine.gamespot.com/issue/4000-52/", CV_ISSUE, 52},
        {"comicvine.gamespot.com/api/video_type/7/?page=1", CV_VIDEO_TYPE, 7},
        {"127.0.0.1:8080/api/issue/4000-52#end", CV_RESOURCE_NONE, 52},
    };
    ids_must_be(cases, COUNT(cases));
}

/* As they stand in the HTML of descriptions: without scheme, or without host. */
static void test_links_of_descriptions(void **state) {
    (void)state;
    static const id_case cases[] = {
        {"/lamplighter-7/4000-52/", CV_ISSUE, 52},
        {"/4000-52", CV_ISSUE, 52},
        {"/lamplighter/4005-201/#history", CV_CHARACTER, 201},
        {"/lamplighter/4005-201/", CV_RESOURCE_NONE, 201},
        {"/api/video_type/7/", CV_VIDEO_TYPE, 7},
        {"../../lamplighter/4005-201/", CV_CHARACTER, 201},
        {"//comicvine.gamespot.com/lamplighter/4005-201/", CV_CHARACTER, 201},
    };
    ids_must_be(cases, COUNT(cases));
}

/* Old ones, relations in place of resources, and what only looks like one of these. */
static void test_addresses_of_all_times(void **state) {
    (void)state;
    static const id_case cases[] = {
        /* Old addresses: another host, no type or an old one. */
        {"http://www.comicvine.com/api/issue/6/", CV_ISSUE, 6},
        {"http://api.comicvine.com/volume/796/?format=xml", CV_VOLUME, 796},
        {"http://www.comicvine.com/lamplighter/37-6/", CV_ISSUE, 6},
        {"www.comicvine.com/lamplighter/49-796", CV_VOLUME, 796},
        {"37-6", CV_ISSUE, 6},
        {"49-796", CV_RESOURCE_NONE, 796},
        /* Path words that name a relation. */
        {SITE "api/first_appeared_in_episode/4070-401/", CV_EPISODE, 401},
        {SITE "api/episodes/4070-401/", CV_EPISODE, 401},
        {SITE "api/arc/4045-1101/", CV_STORY_ARC, 1101},
        {SITE "api/producer/4040-801/", CV_PERSON, 801},
        {SITE "api/writer/4040-801/", CV_PERSON, 801},
        {SITE "api/studio/4010-901/", CV_PUBLISHER, 901},
        /* Sites of videos and reviews, and one whose name has a dot. */
        {SITE "videos/three-min.-lamp/2300-1301/", CV_VIDEO, 1301},
        {"37-52", CV_VOLUME, 0},
        {"49-796", CV_ISSUE, 0},
        {"37-52", CV_CHARACTER, 0},
        {"http://www.comicvine.com/lamplighter/37-6/", CV_VOLUME, 0},
        {"http://www.comicvine.com/api/issue/6/", CV_VOLUME, 0},
        {SITE "api/review/1900-5/", CV_RESOURCE_NONE, 0},
        {SITE "api/review/1900-5/", CV_ISSUE, 0},
        {SITE "api/arc/1101/", CV_STORY_ARC, 0},
        {SITE "characters/?wikiSlug=glow&wikiTypeId=4035&wikiId=23&powers%5B%5D=23", CV_POWER, 0},
        {SITE "videos/three-min.-lamp/", CV_VIDEO_CATEGORY, 0},
    };
    ids_must_be(cases, COUNT(cases));
}

static void test_what_is_no_id(void **state) {
    (void)state;
    static const id_case cases[] = {
        {NULL, CV_ISSUE, 0},
        {"", CV_ISSUE, 0},
        {"0", CV_ISSUE, 0},
        {"-52", CV_ISSUE, 0},
        {"+52", CV_ISSUE, 0},
        {" 52", CV_ISSUE, 0},
        {"52 ", CV_ISSUE, 0},
        {"52x", CV_ISSUE, 0},
        {"4000-", CV_ISSUE, 0},
        {"4000-0", CV_ISSUE, 0},
        {"4000--52", CV_ISSUE, 0},
        {"4000-52-1", CV_ISSUE, 0},
        {"1000000000000000", CV_ISSUE, 0},
        {"4000-1000000000000000", CV_ISSUE, 0},
        {"9223372036854775807", CV_ISSUE, 0},
        {"9223372036854775808", CV_ISSUE, 0},
        {"99999999999999999999999", CV_ISSUE, 0},
        {"4000-99999999999999999999", CV_ISSUE, 0},
        {"4050-52", CV_ISSUE, 0},
        {"4000-52", CV_VOLUME, 0},
        {"9999-52", CV_RESOURCE_NONE, 0},
        {"4000-52", (cv_resource)1000, 0},
        {"52", CV_TYPE, 0},
        {"0-52", CV_TYPE, 0},
        {"issue/4000-52", CV_ISSUE, 0},
        {SITE, CV_ISSUE, 0},
        {SITE "api/issue/", CV_ISSUE, 0},
        {SITE "api/volume/4050-796/", CV_ISSUE, 0},
        {SITE "api/video_type/7/", CV_VIDEO_CATEGORY, 0},
        {SITE "api/video_type/7/", CV_ISSUE, 0},
        {SITE "lamps/7/", CV_RESOURCE_NONE, 0},
        {SITE "characters/?wikiId=23", CV_POWER, 0},
        {SITE "api/video_type/2320-7/", CV_VIDEO_CATEGORY, 0},
        {SITE "api/video_category/2320-7/", CV_VIDEO_TYPE, 0},
        {"https://", CV_RESOURCE_NONE, 0},
        {"https://4000-52", CV_ISSUE, 0},
        {"https://4000-52/", CV_ISSUE, 0},
        {"https:///", CV_RESOURCE_NONE, 0},
        {"https://video_type/7/", CV_VIDEO_TYPE, 0},
        {"https://host?x=/issue/4000-52/", CV_ISSUE, 0},
        {"comicvine.gamespot.com?x=/issue/4000-52/", CV_ISSUE, 0},
        {"comicvine.gamespot.com/lamps/7/", CV_RESOURCE_NONE, 0},
        {"/", CV_RESOURCE_NONE, 0},
        {"4000-52//", CV_ISSUE, 0},
        {"4000-52?x", CV_ISSUE, 0},
        {"/issue/4050-52/", CV_ISSUE, 0},
        {"/4000-52//", CV_ISSUE, 0},
        {"/52/", CV_ISSUE, 0},
        {"//52/", CV_RESOURCE_NONE, 0},
        {"//", CV_RESOURCE_NONE, 0},
        {"//4000-52//", CV_ISSUE, 0},
        {"?x=/issue/4000-52/", CV_ISSUE, 0},
        {"ftp://comicvine.gamespot.com/api/issue/4000-52/", CV_ISSUE, 0},
    };
    ids_must_be(cases, COUNT(cases));
}

static void test_resources_of_ids(void **state) {
    (void)state;
    static const struct {
        const char *text;
        cv_resource resource;
    } cases[] = {
        {"4000-52", CV_ISSUE},
        {"4040-801", CV_PERSON},
        {"2320-7", CV_VIDEO_CATEGORY},
        {SITE "api/object/4005-201/", CV_CHARACTER},
        {"http://www.comicvine.com/api/issue/6/", CV_ISSUE},
        {"http://www.comicvine.com/lamplighter/49-796/", CV_VOLUME},
        {"37-6", CV_ISSUE},
        {SITE "api/arc/4045-1101/", CV_STORY_ARC},
        {SITE "api/video_category/2320-7/", CV_VIDEO_CATEGORY},
        {SITE "api/video_type/2320-7/", CV_VIDEO_TYPE},
        {SITE "api/videos_of/2320-7/", CV_VIDEO_CATEGORY},
        {SITE "api/video_type/7/", CV_VIDEO_TYPE},
        {"comicvine.gamespot.com/issue/4000-52/", CV_ISSUE},
        {"4000-52/", CV_ISSUE},
        {"https://4000-52", CV_RESOURCE_NONE},
        {"4000-1000000000000000", CV_RESOURCE_NONE},
        {SITE "api/review/1900-5/", CV_RESOURCE_NONE},
        {"52", CV_RESOURCE_NONE},
        {"4000-x", CV_RESOURCE_NONE},
        {SITE "api/lamp/7/", CV_RESOURCE_NONE},
        {"", CV_RESOURCE_NONE},
        {NULL, CV_RESOURCE_NONE},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_int_equal(cv_id_resource(cases[i].text), cases[i].resource);
    }
}

/* What an id is one of, it can be parsed as, and as nothing else; a type that two resources share
 * is told apart by the path word alone. */
static void test_both_say_the_same(void **state) {
    (void)state;
    static const char *const texts[] = {
        "4000-52",
        "37-6",
        "http://www.comicvine.com/lamplighter/49-796/",
        SITE "api/issue/4000-52/",
        SITE "api/video_type/2320-7/",
        SITE "api/video_category/2320-7/",
        SITE "api/video_type/7/",
        "comicvine.gamespot.com/volume/4050-796/",
    };
    for (size_t i = 0; i < COUNT(texts); i++) {
        cv_resource told = cv_id_resource(texts[i]);
        assert_int_not_equal(told, CV_RESOURCE_NONE);
        for (int other = CV_RESOURCE_NONE + 1; other < 64; other++) {
            int64_t id = 0;
            bool is_id = cv_id_parse(texts[i], (cv_resource)other, &id);
            assert_int_equal(is_id, other == (int)told);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers_in_order),
        cmocka_unit_test(test_double_numbers),
        cmocka_unit_test(test_none_comes_last),
        cmocka_unit_test(test_spellings_of_one_number),
        cmocka_unit_test(test_lonely_marks),
        cmocka_unit_test(test_sorting),
        cmocka_unit_test(test_the_order_is_total),
        cmocka_unit_test(test_numbers_go_by_value),
        cmocka_unit_test(test_very_long_numbers),
        cmocka_unit_test(test_ids),
        cmocka_unit_test(test_links_of_descriptions),
        cmocka_unit_test(test_addresses_of_all_times),
        cmocka_unit_test(test_what_is_no_id),
        cmocka_unit_test(test_resources_of_ids),
        cmocka_unit_test(test_both_say_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
