/* Whole answers, field for field: what the typed members hold is written back and compared with the
 * text as an independent reader sees it. First our own fixtures (below CVI_FIXTURES), then recorded
 * answers in the folder that COMICVINE_RECORDINGS names; without it these tests say that they were
 * skipped. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "resources/hits.h"
#include "resources/registry.h"
#include "resources/result.h"
#include "support/allocator.h"
#include "support/buffer.h"
#include "support/sample.h"
#include "support/written.h"

enum { FILE_BYTES_MAX = 32 << 20, PATH_SIZE = 1024 };

static const cvi_provenance from_cache = {
    .source = CV_SOURCE_CACHE, .fetched_at_ms = 0, .expires_at_ms = 0};

/* The folder, or the end of the test. */
static const char *recordings(void) {
    const char *folder = getenv("COMICVINE_RECORDINGS");
    DIR *opened = folder != NULL ? opendir(folder) : NULL;
    if (opened == NULL) {
        print_message("skipped: COMICVINE_RECORDINGS names no folder\n");
        skip();
    }
    closedir(opened);
    return folder;
}

/* The content of a file. Free with cvi_buffer_free. */
static cvi_buffer read_file(const char *path) {
    cvi_buffer text;
    cvi_buffer_init(&text, &cvi_default_allocator, FILE_BYTES_MAX);
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        fail_msg("cannot open %s", path);
    }
    char piece[65536];
    size_t size = fread(piece, 1, sizeof(piece), file);
    while (size > 0) {
        cvi_buffer_add(&text, piece, size);
        size = fread(piece, 1, sizeof(piece), file);
    }
    assert_int_equal(ferror(file), 0);
    fclose(file);
    assert_false(text.failed);
    return text;
}

typedef void file_fn(const char *path, const cvi_resource *resource, bool is_list);

/* Calls `use` with each .json file of a folder; answers how many there were. */
static size_t for_each_file(const char *folder, file_fn *use, const cvi_resource *resource) {
    DIR *opened = opendir(folder);
    if (opened == NULL) {
        return 0;
    }
    size_t count = 0;
    const struct dirent *entry = readdir(opened);
    for (; entry != NULL; entry = readdir(opened)) {
        const char *end = strrchr(entry->d_name, '.');
        if (end == NULL || strcmp(end, ".json") != 0) {
            continue;
        }
        char path[PATH_SIZE];
        cvi_buffer out;
        cvi_buffer_over(&out, path, sizeof(path));
        cvi_buffer_add_text(&out, folder);
        cvi_buffer_add_char(&out, '/');
        cvi_buffer_add_text(&out, entry->d_name);
        assert_false(out.failed);
        use(path, resource, false);
        count++;
    }
    closedir(opened);
    return count;
}

static void refuse_unknown(void *user, const char *shape, const char *member) {
    fail_msg("%s: %s has a member without a row: %s", (const char *)user, shape, member);
}

static cvi_result *decode_file(const char *path, const cvi_buffer *text,
                               const cvi_resource *resource, bool is_list, size_t part) {
    char name[PATH_SIZE];
    cvi_buffer out;
    cvi_buffer_over(&out, name, sizeof(name));
    cvi_buffer_add_text(&out, path);
    const cvi_decode_options options = {
        .resource = resource, .is_list = is_list, .on_unknown = refuse_unknown, .user = name};
    cv_error error = {0};
    cvi_result *result =
        decode_in_parts(&options, &cvi_default_allocator, text->data, text->length, part, &error);
    if (result == NULL) {
        fail_msg("%s: %s", path, error.message);
    }
    return result;
}

/* What a list carries must be marked so in the table, or nobody could ask for it. */
static void check_marks(const char *path, const json_t *item, const cv_record *record) {
    const cvi_resource *known = cvi_registry_find(record->resource);
    const cvi_resource *resource = known != NULL ? known : &cvi_search_resource;
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)item, name, value) {
        const cvi_field *row = cvi_shape_find(resource->shape, name, strlen(name));
        bool is_type = row == NULL && strcmp(name, "resource_type") == 0; /* every hit's */
        if (!is_type && (row == NULL || (row->flags & CVI_IN_LIST) == 0)) {
            fail_msg("%s: the table does not say that lists carry %s", path, name);
        }
    }
}

static void compare_page(const char *path, const json_t *sent, cvi_result *result) {
    const cv_page *page = cvi_result_page(result, &from_cache);
    assert_non_null(page);
    size_t index;
    size_t count = 0;
    const json_t *item;
    json_array_foreach(sent, index, item) {
        if (json_is_object(item)) {
            assert_true(count < page->count);
            check_marks(path, item, page->items[count]);
            compare_record(path, item, page->items[count]);
            compare_raw(item, page->items[count]);
            count++;
        }
    }
    assert_int_equal(count, page->count);
    cv_page_free(page);
}

static void compare_file(const char *path, const cvi_resource *resource, bool is_list) {
    cvi_buffer text = read_file(path);
    json_t *sent = json_loadb(text.data, text.length, 0, NULL);
    assert_non_null(sent);
    const json_t *results = json_object_get(sent, "results");
    const size_t parts[] = {1, 7, 4099, 0};
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        cvi_result *result = decode_file(path, &text, resource, is_list, parts[i]);
        if (is_list) {
            compare_page(path, results, result);
        } else {
            const cv_record *record = cvi_result_record(result, &from_cache);
            assert_non_null(record);
            compare_record(path, results, record);
            compare_raw(results, record);
            cv_record_free(record);
        }
        cvi_result_release(result);
    }
    json_decref(sent);
    cvi_buffer_free(&text);
}

static void join(char *path, const char *folder, const char *name, const char *end) {
    cvi_buffer out;
    cvi_buffer_over(&out, path, PATH_SIZE);
    cvi_buffer_add_text(&out, folder);
    cvi_buffer_add_char(&out, '/');
    cvi_buffer_add_text(&out, name);
    cvi_buffer_add_text(&out, end);
    assert_false(out.failed);
}

/* What nobody has recorded: a folder need not have them. */
static bool is_unseen(const cvi_resource *resource) {
    return resource->resource == CV_CHAT || resource->resource == CV_TYPE;
}

static void compare_details(const char *folder, bool with_unseen) {
    size_t count;
    const cvi_resource *const *resources = cvi_registry_all(&count);
    for (size_t i = 0; i < count; i++) {
        if (resources[i]->detail_path == NULL) {
            continue;
        }
        char path[PATH_SIZE];
        join(path, folder, resources[i]->detail_path, "");
        size_t files = for_each_file(path, compare_file, resources[i]);
        print_message("%s: %zu files\n", resources[i]->detail_path, files);
        if (files == 0 && (with_unseen || !is_unseen(resources[i]))) {
            fail_msg("%s has no file", path);
        }
    }
}

static void compare_lists(const char *folder, bool with_unseen) {
    size_t count;
    const cvi_resource *const *resources = cvi_registry_all(&count);
    for (size_t i = 0; i < count; i++) {
        char path[PATH_SIZE];
        join(path, folder, resources[i]->list_path, ".json");
        if (with_unseen || !is_unseen(resources[i]) || access(path, R_OK) == 0) {
            compare_file(path, resources[i], true);
        }
    }
}

static void compare_search(const char *path, const cvi_resource *resource, bool is_list) {
    (void)is_list;
    compare_file(path, resource, true);
}

/* Searches: search.json, and all in search/. */
static void compare_searches(const char *folder, bool must_be_there) {
    char path[PATH_SIZE];
    join(path, folder, "search", "");
    for_each_file(path, compare_search, &cvi_search_resource);
    join(path, folder, "search", ".json");
    if (must_be_there || access(path, R_OK) == 0) {
        compare_file(path, &cvi_search_resource, true);
    }
}

/* Whether one of the comparisons above reads this entry of the folder. */
static bool is_read(const char *name) {
    if (strcmp(name, "errors") == 0 || strcmp(name, "search") == 0 ||
        strcmp(name, "search.json") == 0) {
        return true;
    }
    size_t count;
    const cvi_resource *const *resources = cvi_registry_all(&count);
    for (size_t i = 0; i < count; i++) {
        const char *list_path = resources[i]->list_path;
        const char *detail_path = resources[i]->detail_path;
        bool is_list = strncmp(name, list_path, strlen(list_path)) == 0 &&
                       strcmp(name + strlen(list_path), ".json") == 0;
        if (is_list || (detail_path != NULL && strcmp(name, detail_path) == 0)) {
            return true;
        }
    }
    return false;
}

/* Fails for what no comparison reads: a list under a wrong name, a resource without a table. */
static void refuse_strangers(const char *folder) {
    DIR *opened = opendir(folder);
    assert_non_null(opened);
    const struct dirent *entry = readdir(opened);
    for (; entry != NULL; entry = readdir(opened)) {
        if (entry->d_name[0] != '.' && !is_read(entry->d_name)) {
            fail_msg("%s: nothing here reads %s", folder, entry->d_name);
        }
    }
    closedir(opened);
}

/* Error bodies are named by their status code. */
static void compare_error(const char *path, const cvi_resource *resource, bool is_list) {
    cvi_buffer text = read_file(path);
    cvi_result *result = decode_file(path, &text, resource, is_list, 0);
    long expected = strtol(strrchr(path, '/') + 1, NULL, 10);
    assert_int_equal(cvi_result_envelope(result)->status_code, expected);
    assert_string_not_equal(cvi_result_envelope(result)->error, "");
    assert_int_equal(cvi_result_count(result), 0);
    cvi_result_release(result);
    cvi_buffer_free(&text);
}

static void compare_errors(const char *folder) {
    char path[PATH_SIZE];
    join(path, folder, "errors", "");
    assert_true(for_each_file(path, compare_error, cvi_registry_find(CV_ISSUE)) > 0);
}

static void test_fixtures(void **state) {
    (void)state;
    compare_details(CVI_FIXTURES "/resources", true);
    compare_lists(CVI_FIXTURES "/resources", true);
    compare_searches(CVI_FIXTURES "/resources", true);
    refuse_strangers(CVI_FIXTURES "/resources");
    compare_errors(CVI_FIXTURES);
}

static void test_fixtures_of_issues(void **state) {
    (void)state;
    assert_true(for_each_file(CVI_FIXTURES "/comicvine/issue", compare_file, &cvi_issue_resource) >
                0);
    compare_file(CVI_FIXTURES "/comicvine/issues.json", &cvi_issue_resource, true);
}

static void test_recorded_details(void **state) {
    (void)state;
    compare_details(recordings(), false);
}

static void test_recorded_lists(void **state) {
    (void)state;
    compare_lists(recordings(), false);
}

static void test_recorded_searches(void **state) {
    (void)state;
    compare_searches(recordings(), false);
}

static void test_every_recording_is_read(void **state) {
    (void)state;
    refuse_strangers(recordings());
}

static void test_recorded_errors(void **state) {
    (void)state;
    compare_errors(recordings());
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fixtures),
        cmocka_unit_test(test_fixtures_of_issues),
        cmocka_unit_test(test_recorded_details),
        cmocka_unit_test(test_recorded_lists),
        cmocka_unit_test(test_recorded_searches),
        cmocka_unit_test(test_recorded_errors),
        cmocka_unit_test(test_every_recording_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
