/* examples/catalog.c: its table and the library's in one file, through one connection, joined. */
#include "support/program.h"

#include <stdio.h>
#include <string.h>

enum { MANY = 150, ARGUMENTS_MAX = MANY + 8 };

static void catalog(program *run, const api *self, const char *const words[]) {
    const char *arguments[ARGUMENTS_MAX] = {CVI_EXAMPLE_CATALOG, server_base_url(self->server),
                                            self->database.text};
    for (size_t i = 0; words[i] != NULL; i++) {
        assert_true(i + 4 < API_COUNT(arguments));
        arguments[i + 3] = words[i];
    }
    program_set_key(API_KEY);
    program_run(run, self, arguments);
}

#define CATALOG(run, self, ...) catalog(run, self, (const char *const[]){__VA_ARGS__, NULL})

static void add(const api *self, const char *place, const char *one, const char *other) {
    program run;
    CATALOG(&run, self, "add", place, one, other);
    program_assert_status(&run, 0);
    assert_string_equal(run.output, "");
    assert_string_equal(run.errors, "");
}

static void assert_lists(const api *self, const char *command, const char *expected) {
    program run;
    CATALOG(&run, self, command);
    program_assert_status(&run, 0);
    assert_string_equal(run.output, expected);
    assert_string_equal(run.errors, "");
}

static void test_a_shelf(void **context) {
    static const char known[] = "box 1: Moonwright & Daughters #½: Café “Zum Mond” 🌙 & 月 1/2"
                                " (2003-09-01)\n"
                                "box 1: Tin Orchard #1: - (1952-10-01)\n"
                                "box 2: Harbor Patrol #12: The Reviewed One (2011-03-01)\n"
                                "box 2: The Lamplighter #7: The Long Night on Wharf Street"
                                " (1994-07-01)\n";
    api *self = *context;
    add(self, "box 1", "61", "4000-88");
    add(self, "box 2", "52", "https://comicvine.gamespot.com/harbor-patrol-12/4000-73/");
    assert_lists(self, "list",
                 "box 1: issue 61, not known yet\n"
                 "box 1: issue 88, not known yet\n"
                 "box 2: issue 52, not known yet\n"
                 "box 2: issue 73, not known yet\n");
    assert_int_equal(server_request_count(self->server, NULL), 0);
    assert_lists(self, "fetch", known);
    assert_int_equal(server_request_count(self->server, NULL), 1); /* for all of them */
    assert_lists(self, "list", known);
    assert_lists(self, "fetch", known);
    assert_int_equal(server_request_count(self->server, NULL), 1);
}

static void test_tables_side_by_side(void **context) {
    api *self = *context;
    add(self, "attic", "52", "61");
    assert_lists(self, "fetch",
                 "attic: The Lamplighter #7: The Long Night on Wharf Street"
                 " (1994-07-01)\n"
                 "attic: Tin Orchard #1: - (1952-10-01)\n");
    assert_int_equal(api_query(self, "SELECT count(*) FROM shelf WHERE place = 'attic'"), 2);
    assert_int_equal(api_query(self, "SELECT count(*) FROM cache"), 3); /* and their list */
    assert_int_equal(api_query(self, "SELECT count(*) FROM rate_limits"), 1);
    assert_int_equal(api_query(self, "SELECT count(*) FROM dedupe_jobs WHERE status = 'pending'"),
                     0);
    assert_int_equal(api_query(self, "SELECT count(*) FROM sqlite_schema WHERE name = 'known'"), 0);
}

/* What another program on the file has fetched is known too. */
static void test_what_others_have_fetched(void **context) {
    api *self = *context;
    cv_client *client = api_open(self, NULL);
    assert_int_equal(api_retrieve(client, 73).code, CV_OK);
    cv_client_close(client);
    add(self, "desk", "73", "61");
    assert_lists(self, "list",
                 "desk: issue 61, not known yet\n"
                 "desk: Harbor Patrol #12: The Reviewed One (2011-03-01)\n");
    assert_int_equal(server_request_count(self->server, NULL), 1);
}

static void test_moved(void **context) {
    api *self = *context;
    add(self, "desk", "52", "61");
    add(self, "attic", "61", "73");
    assert_lists(self, "list",
                 "attic: issue 61, not known yet\n"
                 "attic: issue 73, not known yet\n"
                 "desk: issue 52, not known yet\n");
}

static void test_added_all_or_none(void **context) {
    api *self = *context;
    program run;
    CATALOG(&run, self, "add", "desk", "52", "sixty-one");
    program_assert_status(&run, 1);
    assert_string_equal(run.errors, "sixty-one is no issue's id\n");
    assert_lists(self, "list", "");
}

static void test_one_that_there_is_not(void **context) {
    api *self = *context;
    program run;
    add(self, "desk", "999", "61");
    CATALOG(&run, self, "fetch");
    program_assert_status(&run, 1);
    assert_string_equal(run.errors, "999: issues/999: no such object, says the list\n");
    assert_string_equal(run.output, "desk: issue 999, not known yet\n"
                                    "desk: Tin Orchard #1: - (1952-10-01)\n");
}

/* More than one request of the service brings. */
static void test_many(void **context) {
    (void)context;
    api *self = api_new_with_list(MANY);
    char ids[MANY][8];
    const char *words[ARGUMENTS_MAX] = {"add", "cellar"};
    for (int i = 0; i < MANY; i++) {
        assert_true(snprintf(ids[i], sizeof(ids[i]), "%d", i + 1) > 0);
        words[i + 2] = ids[i];
    }
    program run;
    catalog(&run, self, words);
    program_assert_status(&run, 0);
    CATALOG(&run, self, "fetch");
    program_assert_status(&run, 0);
    program_assert_says(&run, "cellar: - #-: Number 1 (-)\n");
    program_assert_says(&run, "cellar: - #-: Number 150 (-)\n");
    assert_null(strstr(run.output, "not known yet"));
    assert_int_equal(server_request_count(self->server, API_ISSUES), 2);
    api_end(self);
}

static void test_no_database(void **context) {
    api *self = *context;
    FILE *file = fopen(self->database.text, "w");
    assert_non_null(file);
    assert_true(fputs("This is a diary, not a database; it is not to be overwritten.", file) >= 0);
    assert_int_equal(fclose(file), 0);
    program run;
    CATALOG(&run, self, "list");
    program_assert_status(&run, 1);
    assert_string_equal(run.errors, "file is not a database\n");
}

static void test_how_it_is_called(void **context) {
    static const char *const wrong[][3] = {
        {"remove", NULL}, {"add", NULL}, {"add", "desk", NULL}, {"list", "desk", NULL}};
    for (size_t i = 0; i < API_COUNT(wrong); i++) {
        program run;
        catalog(&run, *context, wrong[i]);
        program_assert_status(&run, 2);
        program_assert_says(&run, "usage: ");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        API_TEST(test_a_shelf),
        API_TEST(test_tables_side_by_side),
        API_TEST(test_what_others_have_fetched),
        API_TEST(test_moved),
        API_TEST(test_added_all_or_none),
        API_TEST(test_one_that_there_is_not),
        cmocka_unit_test(test_many),
        API_TEST(test_no_database),
        API_TEST(test_how_it_is_called),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
