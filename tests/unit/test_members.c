/* The tables beside the text of the public headers: every member that is declared there has its
 * row, and a comment. What a struct looks like in memory cannot tell that of a bool. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "resources/registry.h"

enum { HEADER_BYTES_MAX = 32768, NAME_BYTES_MAX = 64 };

typedef struct member {
    char name[NAME_BYTES_MAX];
    bool has_comment;
} member;

/* ---- reading declarations ---- */

static const char *skip_blanks(const char *text) {
    return text + strspn(text, " \n");
}

static const char *skip_comments(const char *text) {
    text = skip_blanks(text);
    while (strncmp(text, "/*", 2) == 0) {
        const char *end = strstr(text, "*/");
        assert_non_null(end);
        text = skip_blanks(end + 2);
    }
    return text;
}

/* Reads the declaration at *text and goes behind it. False: the struct ends there. */
static bool next_member(const char **text, member *found) {
    const char *begin = skip_comments(*text);
    if (*begin == '}') {
        return false;
    }
    const char *end = strchr(begin, ';');
    assert_non_null(end);
    const char *name = end;
    while (name > begin && name[-1] != ' ' && name[-1] != '*') {
        name--;
    }
    size_t length = (size_t)(end - name);
    assert_in_range(length, 1, NAME_BYTES_MAX - 1);
    memcpy(found->name, name, length);
    found->name[length] = '\0';
    found->has_comment = strncmp(end + 1 + strspn(end + 1, " "), "/*", 2) == 0;
    *text = end + 1;
    return true;
}

static void test_declarations_are_read(void **state) {
    (void)state;
    const char *text = "\n    /* Both; of one kind. */\n    bool one; /* this; */\n    bool two;\n"
                       "    const cv_ref\n        *three;   /* that */\n} cv_thing;\n";
    member found;
    assert_true(next_member(&text, &found));
    assert_string_equal(found.name, "one");
    assert_true(found.has_comment);
    assert_true(next_member(&text, &found));
    assert_string_equal(found.name, "two");
    assert_false(found.has_comment);
    assert_true(next_member(&text, &found));
    assert_string_equal(found.name, "three");
    assert_true(found.has_comment);
    assert_false(next_member(&text, &found));
}

/* ---- tables ---- */

/* Reads the header that declares a struct, and answers where its members begin. */
static const char *open_struct(const char *header, const char *name, char text[HEADER_BYTES_MAX]) {
    char path[1024];
    snprintf(path, sizeof(path), "%s/%s.h", CVI_HEADERS, header);
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        fail_msg("cannot open %s", path);
    }
    size_t size = fread(text, 1, HEADER_BYTES_MAX - 1, file);
    assert_int_not_equal(feof(file), 0);
    fclose(file);
    text[size] = '\0';
    char head[NAME_BYTES_MAX + 32];
    snprintf(head, sizeof(head), "typedef struct cv_%s {\n", name);
    const char *begin = strstr(text, head);
    if (begin == NULL) {
        fail_msg("%s does not declare cv_%s", path, name);
    }
    return begin + strlen(head);
}

/* Each member has one row; as many rows as members: none has two. */
static void check_shape(const char *header, const cvi_shape *shape, size_t head_count) {
    char text[HEADER_BYTES_MAX];
    const char *next = open_struct(header, shape->name, text);
    member found;
    for (size_t i = 0; i < head_count; i++) {
        assert_true(next_member(&next, &found));
        assert_string_equal(found.name, "record");
    }
    size_t count = 0;
    for (; next_member(&next, &found); count++) {
        const cvi_field *row = cvi_shape_find(shape, found.name, strlen(found.name));
        if (row == NULL || strcmp(row->member, found.name) != 0) {
            fail_msg("cv_%s: %s has no row", shape->name, found.name);
        }
        if (!found.has_comment) {
            fail_msg("cv_%s: %s has no comment", shape->name, found.name);
        }
    }
    if (count != shape->row_count) {
        fail_msg("cv_%s: %zu rows for %zu members", shape->name, shape->row_count, count);
    }
}

static void test_every_member_of_a_record_has_its_row(void **state) {
    (void)state;
    size_t count;
    const cvi_resource *const *resources = cvi_registry_all(&count);
    for (size_t i = 0; i < count; i++) {
        check_shape(resources[i]->shape->name, resources[i]->shape, 1);
    }
}

static void test_every_member_of_a_nested_shape_has_its_row(void **state) {
    (void)state;
    static const cvi_shape *const shapes[] = {
        &cvi_shape_ref,         &cvi_shape_apiref,           &cvi_shape_count_ref,
        &cvi_shape_issue_ref,   &cvi_shape_issue_apiref,     &cvi_shape_episode_ref,
        &cvi_shape_image,       &cvi_shape_episode_apiref,   &cvi_shape_person_credit,
        &cvi_shape_date_object, &cvi_shape_associated_image,
    };
    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
        check_shape("record", shapes[i], 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_declarations_are_read),
        cmocka_unit_test(test_every_member_of_a_record_has_its_row),
        cmocka_unit_test(test_every_member_of_a_nested_shape_has_its_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
