/* Values where nobody expects them. A record of each resource that has every member is put together
 * from all its answers, and from its table what none of them has; then each member, each member of
 * what is nested in it, and each item of a list is replaced by every other kind of value, and the
 * written record must say the same as the text that was decoded. From our own fixtures, and from
 * recorded answers in the folder that COMICVINE_RECORDINGS names. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "resources/hits.h"
#include "resources/registry.h"
#include "resources/result.h"
#include "support/allocator.h"
#include "support/sample.h"
#include "support/written.h"

enum { PATH_SIZE = 1024, WHAT_SIZE = 256, ITEMS_KEPT = 2, ROUNDS = 60 };

static const char *const replacements[] = {
    "null",
    "false",
    "true",
    "[]",
    "{}",
    "\"\"",
    "\" \"",
    "\"x\"",
    "0",
    "1",
    "12",
    "-1",
    "1.5",
    "1.0",
    "1e3",
    "-0.0",
    "1e40",
    "\"12\"",
    "\"-1\"",
    "\"0\"",
    "\"007\"",
    "\"1.50\"",
    "\"1e3\"",
    "\"-0\"",
    "[[]]",
    "[null]",
    "[{}]",
    "[1]",
    "[false]",
    "\"true\"",
    "[[{}],\"x\"]",
    "\"a\\\\\"",
    "\"\\\"\"",
    "\"\\\\\\\"q\\\"\"",
    "\"[\\\"\"",
    "9223372036854775807",
    "-9223372036854775808",
    "\"9223372036854775808\"",
};

enum { REPLACEMENT_COUNT = sizeof(replacements) / sizeof(replacements[0]) };

static json_t *replacement(size_t index) {
    json_t *value = json_loads(replacements[index], JSON_DECODE_ANY, NULL);
    assert_non_null(value);
    return value;
}

/* ---- a record that has everything ---- */

static bool says_more(const json_t *value, const json_t *known) {
    bool is_filled = (json_is_object(value) || json_is_array(value)) &&
                     json_object_size(value) + json_array_size(value) > 0;
    bool was_filled = json_object_size(known) + json_array_size(known) > 0;
    return known == NULL || json_is_null(known) || (is_filled && !was_filled);
}

static void merge(json_t *whole, json_t *record) {
    const char *name;
    json_t *value;
    json_object_foreach(record, name, value) {
        if (!says_more(value, json_object_get(whole, name))) {
            continue;
        }
        json_t *copy = json_deep_copy(value);
        while (json_array_size(copy) > ITEMS_KEPT) {
            json_array_remove(copy, json_array_size(copy) - 1);
        }
        json_object_set_new(whole, name, copy);
    }
}

static void merge_file(json_t *whole, const char *path) {
    json_t *answer = json_load_file(path, 0, NULL);
    if (answer == NULL) {
        return; /* a folder need not have everything */
    }
    json_t *results = json_object_get(answer, "results");
    size_t index;
    json_t *item;
    if (json_is_object(results)) {
        merge(whole, results);
    }
    json_array_foreach(results, index, item) {
        merge(whole, item);
    }
    json_decref(answer);
}

static void merge_folder(json_t *whole, const char *folder) {
    DIR *opened = opendir(folder);
    if (opened == NULL) {
        return;
    }
    const struct dirent *entry = readdir(opened);
    for (; entry != NULL; entry = readdir(opened)) {
        char path[PATH_SIZE];
        snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
        if (entry->d_name[0] != '.') {
            merge_file(whole, path);
        }
    }
    closedir(opened);
}

static json_t *usual_value(const cvi_field *row);

/* Adds the members of a table that an object lacks. */
static void complete(json_t *object, const cvi_shape *shape) {
    for (size_t i = 0; i < shape->row_count; i++) {
        const cvi_field *row = &shape->rows[i];
        if (json_object_get(object, row->wire) == NULL) {
            json_object_set_new(object, row->wire, usual_value(row));
        }
    }
}

static json_t *usual_object(const cvi_shape *shape) {
    json_t *object = json_object();
    complete(object, shape);
    return object;
}

static json_t *usual_value(const cvi_field *row) {
    switch ((cvi_kind)row->kind) {
    case CVI_KIND_TEXT:
        return json_string(row->wire);
    case CVI_KIND_INT64:
        return json_integer(row->offset);
    case CVI_KIND_INT64_TEXT:
        return json_string("3");
    case CVI_KIND_BOOL:
        return json_true();
    case CVI_KIND_OBJECT:
        return usual_object(row->shape);
    case CVI_KIND_LIST:
        return json_pack("[o,o]", usual_object(row->shape), usual_object(row->shape));
    }
    return NULL;
}

/* A record with all members that the answers in a folder or the table have. Free with json_decref.
 */
static json_t *whole_record(const char *folder, const cvi_resource *resource) {
    json_t *whole = json_object();
    char path[PATH_SIZE];
    snprintf(path, sizeof(path), "%s/%s.json", folder, resource->list_path);
    merge_file(whole, path);
    if (resource->detail_path != NULL) {
        snprintf(path, sizeof(path), "%s/%s", folder, resource->detail_path);
        merge_folder(whole, path);
    }
    if (json_object_size(whole) > 0) {
        complete(whole, resource->shape);
    }
    return whole;
}

/* ---- decoding ---- */

/* Decodes a list of one record in pieces of a size, and compares it. */
static void check_in_pieces(const cvi_resource *resource, const json_t *record, const char *text,
                            size_t part) {
    const cvi_decode_options options = {.resource = resource, .is_list = true};
    const cvi_provenance from_cache = {
        .source = CV_SOURCE_CACHE, .fetched_at_ms = 0, .expires_at_ms = 0};
    cv_error error = {0};
    cvi_result *result =
        decode_in_parts(&options, &cvi_default_allocator, text, strlen(text), part, &error);
    if (result == NULL) {
        fail_msg("%s: %.400s", error.message, text);
    }
    const cv_page *page = cvi_result_page(result, &from_cache);
    assert_int_equal(page->count, 1);
    compare_record(resource->list_path, record, page->items[0]);
    compare_raw(record, page->items[0]);
    cv_page_free(page);
    cvi_result_release(result);
}

static void check(const cvi_resource *resource, json_t *record) {
    json_t *answer = json_pack("{s:i, s:[O]}", "status_code", 1, "results", record);
    char *text = json_dumps(answer, JSON_COMPACT);
    check_in_pieces(resource, record, text, 0);
    free(text);
    json_decref(answer);
}

/* The same with blanks between the values, and fed in small pieces. */
static void check_apart(const cvi_resource *resource, json_t *record) {
    json_t *answer = json_pack("{s:i, s:[O]}", "status_code", 1, "results", record);
    char *text = json_dumps(answer, JSON_INDENT(2));
    check_in_pieces(resource, record, text, 7);
    free(text);
    json_decref(answer);
}

/* Checks a record that has this member alone, which is taken over. */
static void check_member(const cvi_resource *resource, const char *name, json_t *value) {
    json_t *record = json_pack("{s:o}", name, value);
    check(resource, record);
    json_decref(record);
}

/* ---- each place by itself ---- */

/* Copies of an object, each with another key replaced, or left out. */
static json_t *changed_copies(json_t *object, json_t *value) {
    json_t *copies = json_array();
    const char *key;
    json_t *old;
    json_object_foreach(object, key, old) {
        json_t *copy = json_copy(object);
        if (value != NULL) {
            json_object_set(copy, key, value);
        } else {
            json_object_del(copy, key);
        }
        json_array_append_new(copies, copy);
    }
    return copies;
}

static void replace_in_object(const cvi_resource *resource, const char *name, json_t *object,
                              json_t *value) {
    json_t *copies = changed_copies(object, value);
    size_t index;
    json_t *copy;
    json_array_foreach(copies, index, copy) {
        check_member(resource, name, json_incref(copy));
    }
    json_decref(copies);
}

/* In a list also with strangers before, between and behind the items. */
static void replace_in_list(const cvi_resource *resource, const char *name, json_t *item,
                            json_t *value) {
    check_member(resource, name, changed_copies(item, value));
    if (value != NULL) {
        check_member(resource, name,
                     json_pack("[O,O,O,O,O,O]", value, value, item, value, item, value));
    }
}

static void replace_inside(const cvi_resource *resource, const char *name, json_t *member,
                           json_t *value) {
    json_t *item = json_array_get(member, 0);
    if (item != NULL) {
        replace_in_list(resource, name, item, value);
    } else {
        replace_in_object(resource, name, member, value);
    }
}

static void replace_each(const cvi_resource *resource, json_t *whole) {
    const char *name;
    json_t *member;
    json_object_foreach(whole, name, member) {
        check_member(resource, name, json_incref(member));
        replace_inside(resource, name, member, NULL);
        for (size_t i = 0; i < REPLACEMENT_COUNT; i++) {
            json_t *value = replacement(i);
            check_member(resource, name, json_incref(value));
            replace_inside(resource, name, member, value);
            json_decref(value);
        }
    }
}

/* ---- many places at once ---- */

static uint32_t next_random(uint32_t *state) {
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

/* A copy in which places have been replaced, left out or, in lists, put in. */
static json_t *scramble(const json_t *value, uint32_t *random) {
    const char *key;
    size_t index;
    json_t *old;
    if (next_random(random) % 8 == 0) {
        return replacement(next_random(random) % REPLACEMENT_COUNT);
    }
    if (json_is_object(value)) {
        json_t *object = json_object();
        json_object_foreach((json_t *)value, key, old) {
            if (next_random(random) % 8 != 0) {
                json_object_set_new(object, key, scramble(old, random));
            }
        }
        return object;
    }
    if (json_is_array(value)) {
        json_t *array = json_array();
        json_array_foreach((json_t *)value, index, old) {
            json_array_append_new(array, scramble(old, random));
        }
        return array;
    }
    return json_deep_copy(value);
}

static void scramble_often(const cvi_resource *resource, const json_t *whole) {
    uint32_t random = 2463534242;
    for (int round = 0; round < ROUNDS; round++) {
        json_t *record = scramble(whole, &random);
        if (json_is_object(record)) {
            check_apart(resource, record);
        }
        json_decref(record);
    }
}

/* The same record as a hit of a search. */
static void scramble_as_hit(const cvi_resource *resource, const json_t *whole) {
    uint32_t random = 88675123;
    for (int round = 0; round < ROUNDS; round++) {
        json_t *record = scramble(whole, &random);
        if (json_is_object(record)) {
            json_object_set_new(record, "resource_type", json_string(resource->detail_path));
            check(&cvi_search_resource, record);
        }
        json_decref(record);
    }
}

typedef void record_fn(const cvi_resource *resource, json_t *whole);

/* Calls `use` with a whole record of each resource; answers how many have one. */
static size_t for_each_record(const char *folder, record_fn *use) {
    size_t count;
    size_t found = 0;
    const cvi_resource *const *resources = cvi_registry_all(&count);
    for (size_t i = 0; i < count; i++) {
        json_t *whole = whole_record(folder, resources[i]);
        if (json_object_size(whole) > 0) {
            use(resources[i], whole);
            found++;
        }
        json_decref(whole);
    }
    return found;
}

static void replace_and_scramble(const cvi_resource *resource, json_t *whole) {
    replace_each(resource, whole);
    scramble_often(resource, whole);
    if (resource->detail_path != NULL) {
        scramble_as_hit(resource, whole);
    }
}

static void test_changed_fixtures(void **state) {
    (void)state;
    size_t count;
    cvi_registry_all(&count);
    assert_int_equal(for_each_record(CVI_FIXTURES "/resources", replace_and_scramble), count);
}

static void test_changed_recordings(void **state) {
    (void)state;
    const char *folder = getenv("COMICVINE_RECORDINGS");
    if (folder == NULL || for_each_record(folder, replace_and_scramble) == 0) {
        print_message("skipped: COMICVINE_RECORDINGS names no folder of answers\n");
        skip();
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_changed_fixtures),
        cmocka_unit_test(test_changed_recordings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
