/* The command line, and what its values become. */
#include "arguments.h"
#include "settings.h"
#include "unit.h"

#include <comicvine.h>

enum { WORDS_MAX = 12 };

typedef struct line {
    cli_arguments arguments;
    cli_given_list given;
    cli_settings settings;
} line;

/* The words behind the program's name, ends with NULL. */
static void parse(line *self, const char *const *words) {
    const char *argv[WORDS_MAX + 2] = {"comicvine"};
    int argc = 1;
    while (words[argc - 1]) {
        argv[argc] = words[argc - 1];
        argc++;
    }
    *self = (line){0};
    cli_arguments_parse(&self->arguments, argc, argv, &self->settings, &self->given);
}

static void apply(line *self) {
    for (size_t i = 0; i < self->given.count; i++) {
        const cli_given *given = &self->given.items[i];
        assert_true(cli_option_set(given->row, given->base, given->value));
    }
}

static void finish(line *self) {
    cli_arguments_free(&self->arguments);
    cli_given_free(&self->given);
}

#define PARSE(self, ...) parse(self, (const char *const[]){__VA_ARGS__, NULL})

static void test_options_stand_on_both_sides(void **state) {
    (void)state;
    line self;
    PARSE(&self, "--database", "a.db", "-v", "get", "--timeout=90s", "issue", "-qv", "52",
          "--offline");
    assert_null(self.arguments.complaint);
    apply(&self);
    assert_string_equal(self.arguments.command->name, "get");
    assert_int_equal(self.arguments.word_count, 2);
    assert_string_equal(self.arguments.words[0], "issue");
    assert_string_equal(self.arguments.words[1], "52");
    assert_string_equal(self.settings.database, "a.db");
    assert_int_equal(self.settings.timeout_ms, 90000);
    assert_int_equal(self.settings.verbosity, 2);
    assert_true(self.settings.quiet);
    assert_true(self.settings.is_offline);
    finish(&self);
}

/* "--json 52" is not "--json=52". */
static void test_values_that_may_lack(void **state) {
    (void)state;
    line self;
    PARSE(&self, "get", "--json", "issue", "--wait", "52");
    apply(&self);
    assert_int_equal(self.arguments.word_count, 2);
    assert_int_equal(self.settings.format.format, CLI_OUTPUT_JSON);
    assert_null(self.settings.format.columns);
    assert_int_equal(self.settings.max_wait_ms, CV_WAIT_FOREVER);
    finish(&self);
    PARSE(&self, "get", "--csv=id,name", "issue", "--wait=10m", "52");
    apply(&self);
    assert_int_equal(self.settings.format.format, CLI_OUTPUT_CSV);
    assert_string_equal(self.settings.format.columns, "id,name");
    assert_int_equal(self.settings.max_wait_ms, 600000);
    finish(&self);
    PARSE(&self, "get", "--wait", "--no-wait", "issue", "1"); /* the later one wins */
    apply(&self);
    assert_int_equal(self.settings.max_wait_ms, CV_NO_WAIT);
    finish(&self);
}

static void test_a_time_behind_a_blank(void **state) {
    (void)state;
    line self;
    PARSE(&self, "get", "--wait", "5s", "issue", "52");
    assert_string_equal(self.arguments.complaint, "--wait takes its time with \"=\": --wait=5s");
    finish(&self);
    PARSE(&self, "quota", "--watch", "1m30s");
    assert_non_null(strstr(self.arguments.complaint, "--watch=1m30s"));
    finish(&self);
    PARSE(&self, "search", "--wait", "--", "5s"); /* a word */
    assert_null(self.arguments.complaint);
    assert_int_equal(self.arguments.word_count, 1);
    finish(&self);
}

static void test_words_that_look_like_options(void **state) {
    (void)state;
    line self;
    PARSE(&self, "search", "--", "--json", "-v");
    assert_null(self.arguments.complaint);
    assert_int_equal(self.arguments.word_count, 2);
    assert_string_equal(self.arguments.words[0], "--json");
    assert_string_equal(self.arguments.words[1], "-v");
    finish(&self);
    PARSE(&self, "batch", "issue", "-");
    assert_null(self.arguments.complaint);
    assert_string_equal(self.arguments.words[1], "-");
    finish(&self);
}

static void test_complaints(void **state) {
    (void)state;
    static const struct {
        const char *words[4];
        const char *part;
    } cases[] = {
        {{"gte", NULL}, "is get meant?"},
        {{"publisher", NULL}, "there is no command publisher"},
        {{"get", "--feilds=x", NULL}, "is --fields meant?"},
        {{"get", "--unheard-of", NULL}, "there is no option --unheard-of of get"},
        {{"--jsonl", "get", NULL}, "stands behind their name"},
        {{"get", "--api-key", "x", NULL}, "can be read by all"},
        {{"--api-key=x", "get", NULL}, "can be read by all"},
        {{"get", "--fields", NULL}, "--fields needs a value"},
        {{"get", "--offline=yes", NULL}, "--offline takes no value"},
        {{"get", "-Z", NULL}, "there is no option -Z"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        line self;
        parse(&self, cases[i].words);
        assert_non_null(self.arguments.complaint);
        if (!strstr(self.arguments.complaint, cases[i].part)) {
            fail_msg("\"%s\" lacks \"%s\"", self.arguments.complaint, cases[i].part);
        }
        finish(&self);
    }
}

static void test_no_command(void **state) {
    (void)state;
    line self;
    PARSE(&self, "--quiet");
    assert_null(self.arguments.complaint);
    assert_null(self.arguments.command);
    finish(&self);
    PARSE(&self, "--help");
    assert_true(self.arguments.wants_help);
    finish(&self);
    PARSE(&self, "get", "-h");
    assert_true(self.arguments.wants_help);
    finish(&self);
    PARSE(&self, "-V");
    assert_true(self.arguments.wants_version);
    finish(&self);
}

/* ---- values ---- */

typedef struct bag {
    bool flag;
    int64_t number;
    const char *text;
} bag;

static const char *const words[] = {"red", "green", NULL};
static const cli_option flag_row = {.kind = CLI_OPTION_FLAG, .offset = offsetof(bag, flag)};
static const cli_option number_row = {
    .kind = CLI_OPTION_NUMBER, .offset = offsetof(bag, number), .least = 1, .most = 100};
static const cli_option choice_row = {
    .kind = CLI_OPTION_CHOICE, .offset = offsetof(bag, number), .words = words};
static const cli_option any_time_row = {.kind = CLI_OPTION_DURATION,
                                        .offset = offsetof(bag, number)};
static const cli_option watch_row = {
    .kind = CLI_OPTION_DURATION, .offset = offsetof(bag, number), .least = 200, .most = 3600000};
static const cli_option time_row = {
    .kind = CLI_OPTION_DURATION, .offset = offsetof(bag, number), .least = 1000};
static const cli_option name_row = {
    .kind = CLI_OPTION_TEXT, .offset = offsetof(bag, text), .least = 1};
static const cli_option text_row = {.kind = CLI_OPTION_TEXT, .offset = offsetof(bag, text)};

static void test_values(void **state) {
    (void)state;
    bag self = {false, 0, NULL};
    assert_true(cli_option_set(&flag_row, &self, NULL));
    assert_true(self.flag);
    assert_true(cli_option_set(&flag_row, &self, "off"));
    assert_false(self.flag);
    assert_true(cli_option_set(&flag_row, &self, "yes"));
    assert_true(self.flag);
    assert_true(cli_option_set(&number_row, &self, "100"));
    assert_int_equal(self.number, 100);
    assert_true(cli_option_set(&choice_row, &self, "green"));
    assert_int_equal(self.number, 1);
    assert_true(cli_option_set(&time_row, &self, "1s"));
    assert_int_equal(self.number, 1000);
    assert_true(cli_option_set(&text_row, &self, ""));
    assert_string_equal(self.text, "");
}

static void test_what_is_no_value(void **state) {
    (void)state;
    static const struct {
        const cli_option *row;
        const char *value;
        const char *wanted;
    } cases[] = {
        {&flag_row, "maybe", "yes or no"},
        {&number_row, "0", "a number from 1 to 100"},
        {&number_row, "101", "a number from 1 to 100"},
        {&number_row, "ten", "a number from 1 to 100"},
        {&choice_row, "blue", "red or green"},
        {&choice_row, "", "red or green"},
        {&time_row, "999ms", "a duration such as 90s, 15m, 2h or 1d, from 1s"},
        {&time_row, "soon", "a duration such as 90s, 15m, 2h or 1d, from 1s"},
        {&watch_row, "1ms", "a duration such as 90s, 15m, 2h or 1d, from 200ms to 1h"},
        {&watch_row, "2h", "a duration such as 90s, 15m, 2h or 1d, from 200ms to 1h"},
        {&name_row, "", "a value that is not empty"},
        {&any_time_row, "-1", "a duration such as 90s, 15m, 2h or 1d"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        bag self = {true, 55, NULL};
        assert_false(cli_option_set(cases[i].row, &self, cases[i].value));
        assert_int_equal(self.number, 55);
        assert_true(self.flag);
        assert_null(self.text);
        assert_text(cli_option_wanted(cases[i].row), cases[i].wanted);
    }
}

/* Every option has a help text, and every command examples that begin with the program's name. */
static void test_tables_are_complete(void **state) {
    (void)state;
    for (const cli_command *const *row = cli_commands; *row; row++) {
        const cli_command *command = *row;
        assert_true(cli_command_find(command->name) == command);
        assert_non_null(command->summary);
        assert_non_null(strstr(command->examples, "comicvine "));
        assert_int_equal(command->examples[strlen(command->examples) - 1], '\n');
        const cli_option_group *groups[CLI_GROUPS_MAX];
        size_t count = cli_command_groups(command, groups);
        for (size_t i = 0; i < count; i++) {
            for (size_t k = 0; k < groups[i]->count; k++) {
                const cli_option *option = &groups[i]->rows[k];
                assert_true(strlen(option->help) > 10);
                assert_true(option->kind != CLI_OPTION_CHOICE || option->words != NULL);
            }
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_options_stand_on_both_sides),
        cmocka_unit_test(test_values_that_may_lack),
        cmocka_unit_test(test_a_time_behind_a_blank),
        cmocka_unit_test(test_words_that_look_like_options),
        cmocka_unit_test(test_complaints),
        cmocka_unit_test(test_no_command),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_what_is_no_value),
        cmocka_unit_test(test_tables_are_complete),
    };
    return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
