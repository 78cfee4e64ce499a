/* Rows in each format, into memory. */
#include "output.h"

#include "memory.h"
#include "unit.h"

static const char first[] = "{\"id\":1,\"name\":\"a,b\",\"volume\":{\"name\":\"V\"}}";
static const char second[] = "{\"id\":2,\"name\":\"say \\\"x\\\"\\n\\ty\\\\\",\"volume\":null}";

static const char names[] = "id,name,volume.name,fresh";
static const char raw[] = "{\"fresh\":[1,2],\"id\":99}";

typedef struct page {
    cli_output output;
    cli_text text;
} page;

static void begin(page *self, cli_output_format format, const char *columns) {
    cli_settings settings = {.format = {.format = format, .columns = columns}};
    cli_output_begin(&self->output, &settings);
    cli_text_begin(&self->text);
    self->output.file = self->text.file;
    self->output.is_terminal = false;
}

static char *end(page *self) {
    assert_true(cli_output_end(&self->output));
    cli_output_free(&self->output);
    return cli_text_end(&self->text);
}

static void put(page *self, const char *json, const char *text) {
    assert_true(cli_output_row(&self->output, cli_slice_of(json), cli_slice_of(text)));
}

static char *both(cli_output_format format, const char *columns) {
    page self;
    begin(&self, format, columns);
    cli_output_columns(&self.output, "id,name");
    put(&self, first, raw);
    put(&self, second, NULL);
    return end(&self);
}

static void test_csv(void **state) {
    (void)state;
    assert_text(both(CLI_OUTPUT_CSV, names), "id,name,volume.name,fresh\n1,\"a,b\",V,\"[1,2]\"\n"
                                             "2,\"say \"\"x\"\"\n\ty\\\",,\n");
    assert_text(both(CLI_OUTPUT_CSV, NULL), "id,name\n1,\"a,b\"\n2,\"say \"\"x\"\"\n\ty\\\"\n");
}

static void test_tsv(void **state) {
    (void)state;
    assert_text(both(CLI_OUTPUT_TSV, "name,id"), "name\tid\na,b\t1\nsay \"x\"\\n\\ty\\\\\t2\n");
}

static void test_json(void **state) {
    (void)state;
    assert_text(both(CLI_OUTPUT_JSON, "id"),
                "[\n  {\n    \"id\": 1\n  },\n  {\n    \"id\": 2\n  }\n]\n");
    assert_text(both(CLI_OUTPUT_JSON_LINES, names),
                "{\"id\":1,\"name\":\"a,b\",\"volume.name\":\"V\",\"fresh\":[1,2]}\n"
                "{\"id\":2,\"name\":\"say \\\"x\\\"\\n\\ty\\\\\",\"volume.name\":null,"
                "\"fresh\":null}\n");
    char *whole = cli_format("%s\n%s\n", first, second);
    assert_text(both(CLI_OUTPUT_JSON_LINES, NULL), whole);
    free(whole);
}

/* A line of progress may be drawn between two rows, on a line of its own. */
static void test_rows_end_with_their_line(void **state) {
    (void)state;
    for (int format = CLI_OUTPUT_JSON; format <= CLI_OUTPUT_RAW; format++) {
        page self;
        begin(&self, (cli_output_format)format, "id");
        put(&self, first, raw);
        long written = ftell(self.text.file);
        put(&self, "{}", NULL);
        long more = ftell(self.text.file);
        char *text = end(&self);
        assert_true(written > 0 && more > written);
        assert_int_equal(text[written - 1], '\n');
        assert_int_equal(text[more - 1], '\n');
        free(text);
    }
}

static void test_names_that_no_row_has(void **state) {
    (void)state;
    for (int format = CLI_OUTPUT_TABLE; format <= CLI_OUTPUT_RAW; format++) {
        page self;
        begin(&self, (cli_output_format)format, "nme,id,volume.name,fresh,volume.x");
        put(&self, second, NULL);
        put(&self, first, raw);
        char *missing = cli_output_missing(&self.output);
        if (format == CLI_OUTPUT_RAW) {
            assert_null(missing);
        } else {
            assert_string_equal(missing, "nme, volume.x");
        }
        free(missing);
        free(end(&self));
    }
    page usual;
    begin(&usual, CLI_OUTPUT_CSV, NULL);
    cli_output_columns(&usual.output, "id,deck");
    put(&usual, first, raw);
    assert_null(cli_output_missing(&usual.output));
    free(end(&usual));
}

static void test_raw(void **state) {
    (void)state;
    char *expected = cli_format("%s\n%s\n", raw, second);
    assert_text(both(CLI_OUTPUT_RAW, NULL), expected);
    free(expected);
}

static void test_table(void **state) {
    (void)state;
    assert_text(both(CLI_OUTPUT_TABLE, NULL), "id  name\n1   a,b\n2   say \"x\"  y\\\n");
}

static void test_nothing(void **state) {
    (void)state;
    static const struct {
        cli_output_format format;
        const char *text;
    } cases[] = {{CLI_OUTPUT_JSON, "[]\n"},     {CLI_OUTPUT_JSON_LINES, ""},
                 {CLI_OUTPUT_CSV, "id,name\n"}, {CLI_OUTPUT_TSV, "id\tname\n"},
                 {CLI_OUTPUT_TABLE, ""},        {CLI_OUTPUT_RAW, ""}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        page self;
        begin(&self, cases[i].format, "id,name");
        assert_text(end(&self), cases[i].text);
    }
}

/* On a terminal nothing that it would obey leaves the program, in no format. */
static void test_terminals_are_safe(void **state) {
    (void)state;
    static const char evil[] = "{\"id\":1,\"name\":\"\\u001b[2J\xc2\x9b"
                               "1m\x7f\xe2\x80\xae\"}";
    for (int format = CLI_OUTPUT_TABLE; format <= CLI_OUTPUT_RAW; format++) {
        page self;
        begin(&self, (cli_output_format)format, "id,name");
        self.output.is_terminal = true;
        put(&self, evil, NULL);
        char *text = end(&self);
        assert_null(strpbrk(text, "\x1b\x7f"));
        assert_null(strstr(text, "\xc2\x9b"));
        assert_null(strstr(text, "\xe2\x80\xae"));
        assert_non_null(strstr(text, "1m"));
        free(text);
    }
}

static void test_members_below_each_other(void **state) {
    (void)state;
    page self;
    begin(&self, CLI_OUTPUT_TABLE, NULL);
    cli_output_one(&self.output);
    put(&self, first, NULL);
    assert_text(end(&self), "id      1\nname    a,b\nvolume  V\n");
}

/* Far more rows than are held back, the widest last: all come, in order. */
static void test_many_rows(void **state) {
    (void)state;
    page self;
    begin(&self, CLI_OUTPUT_TABLE, "id");
    for (int i = 0; i < 1000; i++) {
        char row[32];
        snprintf(row, sizeof(row), "{\"id\":%d}", i);
        put(&self, row, NULL);
    }
    char *text = end(&self);
    const char *line = strchr(text, '\n') + 1;
    for (int i = 0; i < 1000; i++) {
        char *rest = NULL;
        assert_int_equal(strtol(line, &rest, 10), i);
        assert_int_equal(*rest, '\n');
        line = rest + 1;
    }
    assert_int_equal(*line, '\0');
    free(text);
}

static void test_a_full_disk_is_noticed(void **state) {
    (void)state;
    page self;
    begin(&self, CLI_OUTPUT_CSV, "id");
    free(cli_text_end(&self.text));
    FILE *full = fopen("/dev/full", "w");
    assert_non_null(full);
    self.output.file = full;
    put(&self, first, NULL);
    assert_false(cli_output_end(&self.output));
    assert_int_equal(self.output.error, 28); /* ENOSPC */
    assert_false(cli_output_end(&self.output));
    cli_output_free(&self.output);
    fclose(full);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_csv),
        cmocka_unit_test(test_tsv),
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_rows_end_with_their_line),
        cmocka_unit_test(test_names_that_no_row_has),
        cmocka_unit_test(test_raw),
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_nothing),
        cmocka_unit_test(test_terminals_are_safe),
        cmocka_unit_test(test_members_below_each_other),
        cmocka_unit_test(test_many_rows),
        cmocka_unit_test(test_a_full_disk_is_noticed),
    };
    return cmocka_run_group_tests_name("output", tests, NULL, NULL);
}
