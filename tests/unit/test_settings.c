/* The client's options but for its numbers: refusals, copies, and what becomes of the key. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "client/settings.h"
#include "support/buffer.h"
#include "support/failing_allocator.h"
#include "support/fake_clock.h"
#include "support/settings_desk.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* ---- texts ---- */

static void test_key_is_needed(void **state) {
    (void)state;
    static const char *const missing[] = {NULL, ""};
    for (size_t i = 0; i < 2; i++) {
        cv_options options = settings_desk_plain;
        options.api_key = missing[i];
        settings_desk_refuse(&options, CV_ERROR_AUTH, "api_key is missing");
    }
    settings_desk_refuse(NULL, CV_ERROR_ARGUMENT, "NULL");
}

static void test_texts_hold_no_control_characters(void **state) {
    (void)state;
    static const size_t offsets[] = {offsetof(cv_options, api_key), offsetof(cv_options, base_url),
                                     offsetof(cv_options, application),
                                     offsetof(cv_options, database)};
    static const char *const texts[] = {"http://a\nb", "http://\r\n", "http://a\x7F", "\x01"};
    for (size_t i = 0; i < COUNT(offsets); i++) {
        for (size_t j = 0; j < COUNT(texts); j++) {
            cv_options options = settings_desk_plain;
            memcpy((char *)&options + offsets[i], &texts[j], sizeof(texts[j]));
            settings_desk_refuse(&options, CV_ERROR_ARGUMENT, "control character");
        }
    }
}

static void test_texts_have_a_longest_length(void **state) {
    (void)state;
    static const struct {
        size_t offset;
        size_t longest;
    } texts[] = {{offsetof(cv_options, api_key), 256},
                 {offsetof(cv_options, application), 128},
                 {offsetof(cv_options, database), 2048},
                 {offsetof(cv_options, base_url), 2048}};
    static char text[3000];
    const char *pointer = text;
    for (size_t i = 0; i < COUNT(texts); i++) {
        cv_options options = settings_desk_plain;
        memset(text, 'a', sizeof(text));
        memcpy(text, "http://", 7);
        memcpy((char *)&options + texts[i].offset, &pointer, sizeof(pointer));
        text[texts[i].longest] = '\0';
        cvi_settings settings = settings_desk_make(&options);
        cvi_settings_clear(&settings);
        text[texts[i].longest] = 'a';
        text[texts[i].longest + 1] = '\0';
        settings_desk_refuse(&options, CV_ERROR_ARGUMENT, "is longer than");
    }
}

static void test_error_never_holds_the_key(void **state) {
    (void)state;
    cv_options options = settings_desk_plain;
    cvi_settings settings;
    cv_error error;
    options.api_key = "secret\nsecret";
    assert_false(cvi_settings_init(&settings, &options, &error));
    assert_null(strstr(error.message, "secret"));
}

static void test_base_url(void **state) {
    (void)state;
    static const struct {
        const char *given;
        const char *kept; /* NULL: refused */
    } cases[] = {
        {NULL, CVI_DEFAULT_BASE_URL},
        {"http://h", "http://h"},
        {"https://h:8080/api///", "https://h:8080/api"},
        {"HTTP://H/Api/", "HTTP://H/Api"},
        {"", NULL},
        {"h/api", NULL},
        {"ftp://h/api", NULL},
        {"http://", NULL},
        {"https://", NULL},
        {"http:///", NULL},
        {"https:////api", NULL},
        {"http://user@h/", NULL},
        {"http://h/?a", NULL},
        {"http://h/#a", NULL},
        {"http://h /", NULL},
        {"http://[::1]:8080/api", "http://[::1]:8080/api"},
        {"http://10.0.0.1", "http://10.0.0.1"},
        {"http://a_b-c.d", "http://a_b-c.d"},
        {"http://h:0/", NULL},
        {"http://h:65536/", NULL},
        {"http://h:80a/", NULL},
        {"http://[::1", NULL},
        {"http://[]/", NULL},
        {"http://[h]/", NULL},
        {"http://h%0d/", NULL},
        {"http://h\"/", NULL},
        {"http://h\\/", NULL},
        {"http://h/\xC3\xA9", NULL},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        cv_options options = settings_desk_plain;
        options.base_url = cases[i].given;
        if (cases[i].kept == NULL) {
            settings_desk_refuse(&options, CV_ERROR_ARGUMENT, "base_url");
            continue;
        }
        cvi_settings settings = settings_desk_make(&options);
        assert_string_equal(settings.options.base_url, cases[i].kept);
        cvi_settings_clear(&settings);
    }
}

static void test_user_agent_names_library_and_application(void **state) {
    (void)state;
    cv_options options = settings_desk_plain;
    cvi_settings settings = settings_desk_make(&options);
    assert_memory_equal(settings.user_agent, "libcomicvine/" CV_VERSION " (+http", 20);
    assert_string_equal(strrchr(settings.user_agent, ')'), ")");
    cvi_settings_clear(&settings);
    options.application = "reader/3";
    settings = settings_desk_make(&options);
    assert_string_equal(strrchr(settings.user_agent, ')'), ") reader/3");
    cvi_settings_clear(&settings);
    char longest[CV_APPLICATION_MAX + 1] = "";
    memset(longest, '\xE9', CV_APPLICATION_MAX);
    options.application = longest;
    settings = settings_desk_make(&options);
    assert_memory_equal(strrchr(settings.user_agent, ')'), ") %E9%E9", 8);
    assert_int_equal(strlen(strrchr(settings.user_agent, ')')), 2 + 3 * CV_APPLICATION_MAX);
    cvi_settings_clear(&settings);
}

/* ---- choices and arrays ---- */

static void test_choices_that_do_not_exist(void **state) {
    (void)state;
    cv_options options = settings_desk_plain;
    options.drive = (cv_drive)2;
    settings_desk_refuse(&options, CV_ERROR_ARGUMENT, "drive");
    options = settings_desk_plain;
    options.rate_limit.kind = (cv_limit_kind)3;
    settings_desk_refuse(&options, CV_ERROR_ARGUMENT, "rate_limit.kind");
    options.rate_limit.kind = (cv_limit_kind)-1;
    settings_desk_refuse(&options, CV_ERROR_ARGUMENT, "rate_limit.kind");
    options = settings_desk_plain;
    const cv_allocator half = {.release = NULL};
    options.allocator = &half;
    settings_desk_refuse(&options, CV_ERROR_ARGUMENT, "allocator");
}

static void test_arrays_that_make_no_sense(void **state) {
    (void)state;
    static const cv_resource_limit limits[] = {
        {.resource = NULL, .limit = 1},     {.resource = "", .limit = 1},
        {.resource = "isues", .limit = 1},  {.resource = "issue/4000-1", .limit = 1},
        {.resource = "issue", .limit = -1}, {.resource = "issue", .limit = 1, .window_ms = -1},
    };
    static const cv_resource_ttl ttls[] = {
        {.resource = CV_RESOURCE_NONE, .ttl_s = 1}, {.resource = (cv_resource)99, .ttl_s = 1},
        {.resource = CV_ISSUE, .ttl_s = 0},         {.resource = CV_ISSUE, .ttl_s = -2},
        {.resource = CV_ISSUE, .ttl_s = 31536001},
    };
    for (size_t i = 0; i < COUNT(limits); i++) {
        cv_options options = settings_desk_plain;
        options.rate_limit.resources = &limits[i];
        options.rate_limit.resource_count = 1;
        settings_desk_refuse(&options, CV_ERROR_ARGUMENT, "rate_limit.resources[0]");
    }
    for (size_t i = 0; i < COUNT(ttls); i++) {
        cv_options options = settings_desk_plain;
        options.cache.ttls = &ttls[i];
        options.cache.ttl_count = 1;
        settings_desk_refuse(&options, CV_ERROR_ARGUMENT, "cache.ttls[0]");
    }
    cv_options options = settings_desk_plain;
    options.cache.ttl_count = 1;
    settings_desk_refuse(&options, CV_ERROR_ARGUMENT, "is NULL but has a count");
    options = settings_desk_plain;
    options.rate_limit.resource_count = 1;
    settings_desk_refuse(&options, CV_ERROR_ARGUMENT, "is NULL but has a count");
}

static void test_limits_of_resources_are_filled_in(void **state) {
    (void)state;
    const cv_resource_limit limits[] = {{.resource = "issue"},
                                        {.resource = "issues", .limit = 5, .window_ms = 1000}};
    cv_options options = settings_desk_plain;
    options.rate_limit.resources = limits;
    options.rate_limit.resource_count = 2;
    options.rate_limit.window_ms = 7000;
    cvi_settings settings = settings_desk_make(&options);
    const cv_resource_limit *copies = settings.options.rate_limit.resources;
    assert_int_equal(copies[0].limit, 0);
    assert_int_equal(copies[0].window_ms, 7000);
    assert_string_equal(copies[1].resource, "issues");
    assert_int_equal(copies[1].window_ms, 1000);
    cvi_settings_clear(&settings);
}

static void test_times_to_live(void **state) {
    (void)state;
    cv_options options = settings_desk_plain;
    cvi_settings settings = settings_desk_make(&options);
    assert_int_equal(cvi_settings_ttl_ms(&settings, CV_ISSUE), 3600000);
    cvi_settings_clear(&settings);
    const cv_resource_ttl ttls[] = {{.resource = CV_ISSUE, .ttl_s = 5},
                                    {.resource = CV_ISSUE, .ttl_s = 7}};
    options.cache.ttls = ttls;
    options.cache.ttl_count = 2;
    settings = settings_desk_make(&options);
    assert_int_equal(cvi_settings_ttl_ms(&settings, CV_ISSUE), 7000);
    assert_int_equal(cvi_settings_ttl_ms(&settings, CV_VOLUME), 3600000);
    cvi_settings_clear(&settings);
    options.cache.ttl_count = 0;
    options.cache.ttl_s = CV_NONE;
    settings = settings_desk_make(&options);
    assert_int_equal(cvi_settings_ttl_ms(&settings, CV_ISSUE), 0);
    cvi_settings_clear(&settings);
}

/* ---- copies ---- */

static void test_everything_is_copied(void **state) {
    (void)state;
    char key[] = "key";
    char base_url[] = "http://h";
    char database[] = "file";
    char name[] = "issue";
    cv_resource_limit limit = {.resource = name, .limit = 5, .window_ms = 5};
    cv_resource_ttl ttl = {.resource = CV_ISSUE, .ttl_s = 5};
    cv_options options = {.api_key = key, .base_url = base_url, .database = database};
    options.rate_limit.resources = &limit;
    options.rate_limit.resource_count = 1;
    options.cache.ttls = &ttl;
    options.cache.ttl_count = 1;
    cvi_settings settings = settings_desk_make(&options);
    memset(key, 'x', 3);
    memset(base_url, 'x', 8);
    memset(database, 'x', 4);
    memset(name, 'x', 5);
    limit.limit = ttl.ttl_s = 9;
    assert_string_equal(settings.options.api_key, "key");
    assert_string_equal(settings.options.base_url, "http://h");
    assert_string_equal(settings.options.database, "file");
    assert_string_equal(settings.options.rate_limit.resources[0].resource, "issue");
    assert_int_equal(settings.options.rate_limit.resources[0].limit, 5);
    assert_int_equal(settings.options.cache.ttls[0].ttl_s, 5);
    cvi_settings_clear(&settings);
}

/* What was given back, as the allocator saw it. */
typedef struct witness {
    bool saw_key;
} witness;

static void *witness_allocate(size_t size, void *user) {
    (void)user;
    size_t *block = calloc(1, size + 2 * sizeof(size_t)); /* all of it is looked at later */
    assert_non_null(block);
    block[0] = size;
    return block + 2; /* aligned as malloc's: 16 bytes */
}

static void witness_release(void *block, void *user) {
    witness *self = user;
    size_t *head = (size_t *)block - 2;
    self->saw_key = self->saw_key || memmem(block, head[0], "a-secret-key", 12) != NULL;
    free(head);
}

static void *witness_reallocate(void *block, size_t size, void *user) {
    const size_t *head = (const size_t *)block - 2;
    void *larger = witness_allocate(size, user);
    memcpy(larger, block, head[0] < size ? head[0] : size);
    witness_release(block, user);
    return larger;
}

static void test_key_is_wiped(void **state) {
    (void)state;
    witness seen = {.saw_key = false};
    const cv_allocator allocator = {witness_allocate, witness_reallocate, witness_release, &seen};
    cv_options options = settings_desk_plain;
    options.api_key = "a-secret-key";
    options.allocator = &allocator;
    char base_url[300] = "http://";
    memset(base_url + 7, 'h', sizeof(base_url) - 8);
    for (int i = 0; i < 2; i++) {
        cvi_settings settings = settings_desk_make(&options);
        cvi_settings_clear(&settings);
        assert_false(seen.saw_key);
        options.base_url = base_url; /* a text that outgrows what it is first put into */
    }
}

static void test_scope_depends_on_key_and_service(void **state) {
    (void)state;
    cv_options options[] = {settings_desk_plain, settings_desk_plain, settings_desk_plain};
    char scopes[3][33];
    options[1].api_key = "other";
    options[2].base_url = "http://mirror";
    for (size_t i = 0; i < 3; i++) {
        cvi_settings settings = settings_desk_make(&options[i]);
        memcpy(scopes[i], settings.scope, sizeof(scopes[i]));
        assert_int_equal(strspn(settings.scope, "0123456789abcdef"), 32);
        cvi_settings_clear(&settings);
    }
    assert_string_not_equal(scopes[0], scopes[1]);
    assert_string_not_equal(scopes[0], scopes[2]);
    options[0].base_url = CVI_DEFAULT_BASE_URL "/";
    cvi_settings settings = settings_desk_make(&options[0]);
    assert_string_equal(settings.scope, scopes[0]);
    cvi_settings_clear(&settings);
}

/* What fails together: not the path, the scheme or the spelling, but the name and the port. */
static void test_host_is_what_fails_together(void **state) {
    static const struct {
        const char *base_url;
        bool is_same;
    } cases[] = {
        {"http://mirror.example:8080/api", true},    {"http://mirror.example:8080", true},
        {"https://Mirror.EXAMPLE:8080/other", true}, {"http://mirror.example/api", false},
        {"http://mirror.example:8081/api", false},   {"http://mirror/example:8080", false},
    };
    (void)state;
    char first[33] = "";
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        cv_options options = settings_desk_plain;
        options.base_url = cases[i].base_url;
        cvi_settings settings = settings_desk_make(&options);
        assert_int_equal(strspn(settings.host, "0123456789abcdef"), 32);
        if (i == 0) {
            memcpy(first, settings.host, sizeof(first));
        }
        assert_int_equal(strcmp(settings.host, first) == 0, cases[i].is_same);
        cvi_settings_clear(&settings);
    }
}

static void test_each_allocation_may_fail(void **state) {
    (void)state;
    char long_text[129] = "";
    const cv_resource_limit limits[] = {{.resource = "issue"}, {.resource = "issues"}};
    cv_resource_ttl ttls[400];
    memset(long_text, 'a', sizeof(long_text) - 1);
    for (size_t i = 0; i < COUNT(ttls); i++) {
        ttls[i] = (cv_resource_ttl){.resource = CV_ISSUE, .ttl_s = 1};
    }
    for (size_t failing_call = 1;; failing_call++) {
        failing_allocator memory;
        cvi_settings settings;
        cv_error error;
        failing_allocator_init(&memory, failing_call, false);
        cv_options options = settings_desk_plain;
        options.allocator = &memory.allocator;
        options.application = long_text;
        options.rate_limit.resources = limits;
        options.rate_limit.resource_count = COUNT(limits);
        options.cache.ttls = ttls;
        options.cache.ttl_count = COUNT(ttls);
        if (cvi_settings_init(&settings, &options, &error)) {
            assert_false(atomic_load(&memory.has_failed));
            assert_in_range(failing_call, 3, 20);
            cvi_settings_clear(&settings);
            assert_int_equal(atomic_load(&memory.live), 0);
            return;
        }
        assert_int_equal(error.code, CV_ERROR_NOMEM);
        assert_int_equal(atomic_load(&memory.live), 0);
    }
}

/* ---- structs of other versions ---- */

typedef struct longer_options {
    cv_options options;
    int64_t added;
} longer_options;

static void test_structs_of_other_versions(void **state) {
    (void)state;
    longer_options newer = {.options = settings_desk_plain};
    newer.options.size = sizeof(newer);
    cvi_settings settings = settings_desk_make(&newer.options);
    cvi_settings_clear(&settings);
    newer.added = 1;
    settings_desk_refuse(&newer.options, CV_ERROR_ARGUMENT, "does not have");
    cv_options older = settings_desk_plain;
    older.size = offsetof(cv_options, max_retries);
    older.max_retries = 77;
    settings = settings_desk_make(&older);
    assert_int_equal(settings.options.max_retries, 2);
    cvi_settings_clear(&settings);
    older.size = 0;
    settings = settings_desk_make(&older);
    assert_int_equal(settings.options.max_retries, 77);
    cvi_settings_clear(&settings);
}

/* What stood in memory by chance, say: nothing is read behind it. */
static void test_sizes_that_are_none(void **state) {
    (void)state;
    static const size_t sizes[] = {1, sizeof(size_t) - 1, sizeof(cv_options) + 4097, SIZE_MAX};
    for (size_t i = 0; i < COUNT(sizes); i++) {
        cv_options options = settings_desk_plain;
        options.size = sizes[i];
        settings_desk_refuse(&options, CV_ERROR_ARGUMENT, "was not initialised");
    }
}

static void test_reserved_members_are_zero(void **state) {
    (void)state;
    cv_options options[] = {settings_desk_plain, settings_desk_plain, settings_desk_plain,
                            settings_desk_plain};
    options[0].reserved[COUNT(options[0].reserved) - 1] = 1;
    options[1].cache.reserved[0] = 1;
    options[2].dedupe.reserved[0] = -1;
    options[3].rate_limit.reserved[0] = INT64_MIN;
    static const char *const names[] = {"cv_options ", "cv_options.cache ", "cv_options.dedupe ",
                                        "cv_options.rate_limit "};
    for (size_t i = 0; i < COUNT(options); i++) {
        settings_desk_refuse(&options[i], CV_ERROR_ARGUMENT, names[i]);
    }
}

/* Those in the arrays of the options too, wherever they stand. */
static void test_reserved_members_of_arrays_are_zero(void **state) {
    (void)state;
    cv_resource_ttl ttls[2] = {{.resource = CV_ISSUE, .ttl_s = 60},
                               {.resource = CV_TEAM, .ttl_s = 60}};
    cv_resource_limit limits[2] = {{.resource = "issue"}, {.resource = "team"}};
    cv_options options = settings_desk_plain;
    ttls[1].reserved[0] = 1;
    options.cache.ttls = ttls;
    options.cache.ttl_count = COUNT(ttls);
    settings_desk_refuse(&options, CV_ERROR_ARGUMENT, "cv_resource_ttl");
    options = settings_desk_plain;
    limits[1].reserved[0] = -1;
    options.rate_limit.resources = limits;
    options.rate_limit.resource_count = COUNT(limits);
    settings_desk_refuse(&options, CV_ERROR_ARGUMENT, "cv_resource_limit");
}

/* ---- the default database ---- */

static void check_default(const char *data, const char *home, const char *expected) {
    cv_options options = settings_desk_plain;
    options.database = NULL;
    assert_int_equal(data != NULL ? setenv("XDG_DATA_HOME", data, 1) : unsetenv("XDG_DATA_HOME"),
                     0);
    assert_int_equal(home != NULL ? setenv("HOME", home, 1) : unsetenv("HOME"), 0);
    if (expected == NULL) {
        settings_desk_refuse(&options, CV_ERROR_ARGUMENT, "XDG_DATA_HOME");
        return;
    }
    cvi_settings settings = settings_desk_make(&options);
    assert_string_equal(settings.options.database, expected);
    cvi_settings_clear(&settings);
}

static void remove_folders(const char *root, const char *const *parts, size_t count) {
    for (size_t i = 0; i < count; i++) {
        char path[256];
        cvi_buffer text;
        struct stat status;
        cvi_buffer_over(&text, path, sizeof(path));
        cvi_buffer_add_text(&text, root);
        cvi_buffer_add_text(&text, parts[i]);
        assert_int_equal(stat(path, &status), 0);
        assert_int_equal(status.st_mode & 0777, 0700);
        assert_int_equal(rmdir(path), 0);
    }
}

static void test_default_database(void **state) {
    (void)state;
    static const char *const made[] = {"/comicvine", "/.local/share/comicvine", "/.local/share",
                                       "/.local"};
    char root[TEMP_PATH_SIZE];
    char expected[256];
    cvi_buffer text;
    temp_folder_make(root);
    cvi_buffer_over(&text, expected, sizeof(expected));
    cvi_buffer_add_format(&text, "%s/comicvine/comicvine.db", root);
    check_default(root, "/nowhere", expected);
    cvi_buffer_over(&text, expected, sizeof(expected));
    cvi_buffer_add_format(&text, "%s/.local/share/comicvine/comicvine.db", root);
    check_default(NULL, root, expected);
    check_default("relative", root, expected);
    check_default(NULL, NULL, NULL);
    check_default("", "relative", NULL);
    remove_folders(root, made, COUNT(made));
    temp_folder_remove(root);
}

static void test_default_database_that_cannot_be(void **state) {
    (void)state;
    static char longest[2100];
    cv_options options = settings_desk_plain;
    options.database = NULL;
    assert_int_equal(setenv("XDG_DATA_HOME", "/proc/self/nowhere", 1), 0);
    settings_desk_refuse(&options, CV_ERROR_STORE, "/proc/self/nowhere");
    memset(longest, 'x', sizeof(longest) - 1);
    longest[0] = '/';
    assert_int_equal(setenv("XDG_DATA_HOME", longest, 1), 0);
    settings_desk_refuse(&options, CV_ERROR_ARGUMENT, "too long");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_key_is_needed),
        cmocka_unit_test(test_texts_hold_no_control_characters),
        cmocka_unit_test(test_texts_have_a_longest_length),
        cmocka_unit_test(test_error_never_holds_the_key),
        cmocka_unit_test(test_base_url),
        cmocka_unit_test(test_user_agent_names_library_and_application),
        cmocka_unit_test(test_choices_that_do_not_exist),
        cmocka_unit_test(test_arrays_that_make_no_sense),
        cmocka_unit_test(test_limits_of_resources_are_filled_in),
        cmocka_unit_test(test_times_to_live),
        cmocka_unit_test(test_everything_is_copied),
        cmocka_unit_test(test_key_is_wiped),
        cmocka_unit_test(test_scope_depends_on_key_and_service),
        cmocka_unit_test(test_host_is_what_fails_together),
        cmocka_unit_test(test_each_allocation_may_fail),
        cmocka_unit_test(test_structs_of_other_versions),
        cmocka_unit_test(test_sizes_that_are_none),
        cmocka_unit_test(test_reserved_members_are_zero),
        cmocka_unit_test(test_reserved_members_of_arrays_are_zero),
        cmocka_unit_test(test_default_database),
        cmocka_unit_test(test_default_database_that_cannot_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
