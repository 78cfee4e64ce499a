/* The grammar of the configuration file. */
#include "config.h"
#include "unit.h"

typedef struct seen {
    char text[512];
    const char *refused; /* name to stop at */
} seen;

static bool note(const char *name, const char *value, size_t line, void *user) {
    seen *self = user;
    size_t length = strlen(self->text);
    snprintf(self->text + length, sizeof(self->text) - length, "%zu:%s=<%s>;", line, name, value);
    return self->refused == NULL || strcmp(self->refused, name) != 0;
}

static bool read_text(const char *text, seen *self, size_t *line, bool *is_malformed) {
    char copy[512];
    size_t length = strlen(text);
    memcpy(copy, text, length);
    FILE *file = length > 0 ? fmemopen(copy, length, "r") : fopen("/dev/null", "r");
    assert_non_null(file);
    bool is_well = cli_config_read(file, note, self, line, is_malformed);
    fclose(file);
    return is_well;
}

static void test_lines(void **state) {
    (void)state;
    seen self = {{0}, NULL};
    size_t line = 0;
    bool is_malformed = true;
    assert_true(read_text("# a comment\n"
                          "\n"
                          "  [heading]\r\n"
                          "database = /a b/c.db  \n"
                          "; another\n"
                          "quiet=yes\r\n"
                          "\ttimeout\t=\t90s\n"
                          "quoted = \"  kept \"\n"
                          "equals = a=b\n"
                          "empty =\n"
                          "last = here",
                          &self, &line, &is_malformed));
    assert_false(is_malformed);
    assert_string_equal(self.text, "4:database=</a b/c.db>;6:quiet=<yes>;7:timeout=<90s>;"
                                   "8:quoted=<  kept >;9:equals=<a=b>;10:empty=<>;11:last=<here>;");
}

static void test_nothing(void **state) {
    (void)state;
    seen self = {{0}, NULL};
    size_t line = 9;
    bool is_malformed = true;
    assert_true(read_text("", &self, &line, &is_malformed));
    assert_int_equal(line, 0);
    assert_false(is_malformed);
    assert_string_equal(self.text, "");
}

static void test_malformed_lines(void **state) {
    (void)state;
    static const char *const texts[] = {"good = 1\nno sign\nlate = 2\n", "good = 1\n= value\n",
                                        "good = 1\n  =\n"};
    for (size_t i = 0; i < COUNT(texts); i++) {
        seen self = {{0}, NULL};
        size_t line = 0;
        bool is_malformed = false;
        assert_false(read_text(texts[i], &self, &line, &is_malformed));
        assert_true(is_malformed);
        assert_int_equal(line, 2);
        assert_string_equal(self.text, "1:good=<1>;");
    }
}

static void test_a_setting_that_is_refused(void **state) {
    (void)state;
    seen self = {{0}, "second"};
    size_t line = 0;
    bool is_malformed = true;
    assert_false(read_text("first = 1\nsecond = 2\nthird = 3\n", &self, &line, &is_malformed));
    assert_false(is_malformed);
    assert_int_equal(line, 2);
    assert_string_equal(self.text, "1:first=<1>;2:second=<2>;");
}

static void test_where_it_lies(void **state) {
    (void)state;
    assert_int_equal(setenv("HOME", "/home/me", 1), 0);
    assert_int_equal(setenv("XDG_CONFIG_HOME", "/etc/mine", 1), 0);
    assert_text(cli_config_path(), "/etc/mine/comicvine/config");
    assert_int_equal(setenv("XDG_CONFIG_HOME", "relative", 1), 0);
    assert_text(cli_config_path(), "/home/me/.config/comicvine/config");
    assert_int_equal(unsetenv("XDG_CONFIG_HOME"), 0);
    assert_text(cli_config_path(), "/home/me/.config/comicvine/config");
    assert_int_equal(unsetenv("HOME"), 0);
    assert_null(cli_config_path());
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),           cmocka_unit_test(test_nothing),
        cmocka_unit_test(test_malformed_lines), cmocka_unit_test(test_a_setting_that_is_refused),
        cmocka_unit_test(test_where_it_lies),
    };
    return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
