/* What each example says and how it ends when there is no key, a wrong one, or no such object. */
#include "support/program.h"

#include <stdio.h>
#include <string.h>

#define BASE_URL "<base url>"
#define DATABASE "<database>"

typedef struct example {
    const char *arguments[8];
    const char *input;          /* a line; NULL: none */
    const char *preparation[8]; /* a call that must do well first; none if empty */
} example;

/* All ask for an issue 999 or a volume 999, which there is not. */
static const example examples[] = {
    {{CVI_EXAMPLE_FETCH, "999", BASE_URL, DATABASE}, NULL, {NULL}},
    {{CVI_EXAMPLE_COVER, "999", "none.png", BASE_URL, DATABASE}, NULL, {NULL}},
    {{CVI_EXAMPLE_SHELF, BASE_URL, DATABASE, "1000000", "999"}, NULL, {NULL}},
    {{CVI_EXAMPLE_POOL, BASE_URL, DATABASE, "2", "999"}, NULL, {NULL}},
    {{CVI_EXAMPLE_CATALOG, BASE_URL, DATABASE, "fetch"},
     NULL,
     {CVI_EXAMPLE_CATALOG, BASE_URL, DATABASE, "add", "desk", "999"}},
    {{CVI_EXAMPLE_WATCH, BASE_URL, DATABASE, "999"}, NULL, {NULL}},
    {{CVI_EXAMPLE_POLL_LOOP, BASE_URL, DATABASE}, "999", {NULL}},
#ifdef CVI_EXAMPLE_UV_LOOP
    {{CVI_EXAMPLE_UV_LOOP, BASE_URL, DATABASE, "999"}, NULL, {NULL}},
#endif
#ifdef CVI_EXAMPLE_GLIB_LOOP
    {{CVI_EXAMPLE_GLIB_LOOP, BASE_URL, DATABASE, "999"}, NULL, {NULL}},
#endif
#ifdef CVI_EXAMPLE_VOLUME
    {{CVI_EXAMPLE_VOLUME, "999", BASE_URL, DATABASE}, NULL, {NULL}},
#endif
#ifdef CVI_EXAMPLE_ISSUE_PY
    {{CVI_PYTHON, CVI_EXAMPLE_ISSUE_PY, "999", BASE_URL, DATABASE}, NULL, {NULL}},
#endif
};

static void run_example(program *run, const api *self, const char *const words[8],
                        const char *input) {
    const char *arguments[9] = {NULL};
    for (size_t i = 0; i < 8 && words[i] != NULL; i++) {
        bool is_url = strcmp(words[i], BASE_URL) == 0;
        bool is_database = strcmp(words[i], DATABASE) == 0;
        arguments[i] = is_url        ? server_base_url(self->server)
                       : is_database ? self->database.text
                                     : words[i];
    }
    program_start(run, self, arguments);
    if (input != NULL) {
        /* One that refuses may have ended without reading; its status and words are looked at. */
        (void)process_tell(&run->process, input);
    }
    program_finish(run);
}

static api *start(const example *tried) {
    api *self = api_new();
    program run;
    program_set_key(API_KEY);
    if (tried->preparation[0] != NULL) {
        run_example(&run, self, tried->preparation, NULL);
        program_assert_status(&run, 0);
    }
    return self;
}

static void test_no_key(void **context) {
    (void)context;
    static const char *const keys[] = {NULL, ""};
    for (size_t i = 0; i < API_COUNT(examples) * API_COUNT(keys); i++) {
        const example *tried = &examples[i / API_COUNT(keys)];
        api *self = start(tried);
        program run;
        program_set_key(keys[i % API_COUNT(keys)]);
        run_example(&run, self, tried->arguments, tried->input);
        program_assert_status(&run, 1);
        assert_string_equal(run.output, "");
        program_assert_says(&run, "option api_key is missing");
        assert_int_equal(server_request_count(self->server, NULL), 0);
        api_end(self);
    }
}

static void test_wrong_key(void **context) {
    (void)context;
    static const char key[] = "not-the-key-that-the-server-knows";
    for (size_t i = 0; i < API_COUNT(examples); i++) {
        api *self = start(&examples[i]);
        program run;
        program_set_key(key);
        run_example(&run, self, examples[i].arguments, examples[i].input);
        program_assert_status(&run, 1);
        program_assert_says(&run, "the API key is refused");
        assert_null(strstr(run.output, key));
        assert_null(strstr(run.errors, key));
        assert_true(server_request_count(self->server, NULL) > 0);
        api_end(self);
    }
}

static void test_no_such_object(void **context) {
    (void)context;
    for (size_t i = 0; i < API_COUNT(examples); i++) {
        api *self = start(&examples[i]);
        program run;
        program_set_key(API_KEY);
        run_example(&run, self, examples[i].arguments, examples[i].input);
        program_assert_status(&run, 1);
        program_assert_says(&run, "999");
        program_assert_says(&run, " no ");
        assert_int_equal(server_request_count(self->server, NULL), 1);
        api_end(self);
    }
}

/* A database that cannot be made: the folder is not there. */
static void test_no_folder(void **context) {
    (void)context;
    for (size_t i = 0; i < API_COUNT(examples); i++) {
        api *self = api_new();
        program run;
        self->database = scratch_file(&self->scratch, "nowhere/comics.db");
        program_set_key(API_KEY);
        run_example(&run, self, examples[i].arguments, examples[i].input);
        program_assert_status(&run, 1);
        assert_string_equal(run.output, "");
        assert_true(run.errors[0] != '\0');
        assert_int_equal(server_request_count(self->server, NULL), 0);
        api_end(self);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_key),
        cmocka_unit_test(test_wrong_key),
        cmocka_unit_test(test_no_such_object),
        cmocka_unit_test(test_no_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
