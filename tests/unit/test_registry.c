/* The tables: every resource is found, every byte of every struct belongs to exactly one row, and
 * what may be sorted and filtered is what the service documents. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "resources/registry.h"
#include "support/allocator.h"
#include "support/buffer.h"
#include "support/sample.h"

static const cvi_resource *const *all_resources(size_t *count) {
    const cvi_resource *const *resources = cvi_registry_all(count);
    assert_true(*count > 0);
    return resources;
}

static void test_names(void **state) {
    (void)state;
    assert_int_equal(cv_resource_from_name("issue"), CV_ISSUE);
    assert_int_equal(cv_resource_from_name("issues"), CV_ISSUE);
    assert_int_equal(cv_resource_from_name("Issue"), CV_RESOURCE_NONE);
    assert_int_equal(cv_resource_from_name("issu"), CV_RESOURCE_NONE);
    assert_int_equal(cv_resource_from_name(""), CV_RESOURCE_NONE);
    assert_int_equal(cv_resource_from_name(NULL), CV_RESOURCE_NONE);
    assert_string_equal(cv_resource_name(CV_ISSUE), "issue");
    assert_null(cv_resource_name(CV_RESOURCE_NONE));
    assert_null(cv_resource_name((cv_resource)1000));
    assert_null(cv_resource_name((cv_resource)-1));
}

static void test_every_resource_is_found(void **state) {
    (void)state;
    size_t count;
    const cvi_resource *const *resources = all_resources(&count);
    for (size_t i = 0; i < count; i++) {
        const cvi_resource *resource = resources[i];
        assert_ptr_equal(cvi_registry_find(resource->resource), resource);
        assert_int_equal(cv_resource_from_name(resource->detail_path), resource->resource);
        assert_int_equal(cv_resource_from_name(resource->list_path), resource->resource);
        assert_string_equal(cv_resource_name(resource->resource), resource->detail_path);
        assert_true(resource->type_id > 0);
    }
    assert_null(cvi_registry_find(CV_RESOURCE_NONE));
    assert_null(cvi_registry_find((cv_resource)1000));
}

static void test_issue(void **state) {
    (void)state;
    const cvi_resource *issue = cvi_registry_find(CV_ISSUE);
    assert_string_equal(issue->detail_path, "issue");
    assert_string_equal(issue->list_path, "issues");
    assert_int_equal(issue->type_id, 4000);
}

/* ---- coverage of structs ---- */

/* Counts for each byte of a struct how many rows (or the record's head) have it. */
static void count_owners(const cvi_shape *shape, size_t head_size, unsigned char *owners) {
    memset(owners, 0, shape->size);
    for (size_t i = 0; i < head_size; i++) {
        owners[i]++;
    }
    for (size_t i = 0; i < shape->row_count; i++) {
        const cvi_field *row = &shape->rows[i];
        size_t end = row->offset + cvi_kind_size((cvi_kind)row->kind);
        assert_true(end <= shape->size);
        for (size_t byte = row->offset; byte < end; byte++) {
            owners[byte]++;
        }
    }
}

/* All members are pointers, 64-bit numbers or pairs of them, so that no byte is padding. Answers
 * the first byte that is not owned once, or the struct's size. */
static size_t first_wrong_byte(const cvi_shape *shape, size_t head_size) {
    unsigned char owners[2048];
    assert_true(shape->size <= sizeof(owners));
    count_owners(shape, head_size, owners);
    size_t byte = 0;
    while (byte < shape->size && owners[byte] == 1) {
        byte++;
    }
    return byte;
}

static void check_shape(const cvi_shape *shape, size_t head_size) {
    size_t byte = first_wrong_byte(shape, head_size);
    if (byte != shape->size) {
        fail_msg("%s: byte %zu of %zu has no row, or two", shape->name, byte, shape->size);
    }
    for (size_t i = 0; i < shape->row_count; i++) {
        const cvi_field *row = &shape->rows[i];
        assert_int_equal(row->wire_length, strlen(row->wire));
        assert_int_equal(row->member_length, strlen(row->member));
        assert_ptr_equal(cvi_shape_find(shape, row->wire, row->wire_length), row);
        assert_ptr_equal(cvi_shape_find(shape, row->member, row->member_length), row);
        bool is_nested = row->kind == CVI_KIND_OBJECT || row->kind == CVI_KIND_LIST;
        assert_int_equal(row->shape != NULL, is_nested);
        if (is_nested) {
            check_shape(row->shape, 0);
        }
    }
}

static void test_every_byte_belongs_to_one_row(void **state) {
    (void)state;
    size_t count;
    const cvi_resource *const *resources = all_resources(&count);
    for (size_t i = 0; i < count; i++) {
        check_shape(resources[i]->shape, sizeof(cv_record));
    }
    check_shape(cvi_sample_resource.shape, sizeof(cv_record));
}

/* The check above does find a member without a row, and one with two. */
static void test_missing_and_double_rows_are_noticed(void **state) {
    (void)state;
    const cvi_field missing[] = {
        CVI_TEXT(cv_ref, api_detail_url, 0),
        CVI_TEXT(cv_ref, name, 0),
        CVI_TEXT(cv_ref, site_detail_url, 0),
    };
    const cvi_shape without_id = {"ref", missing, 3, sizeof(cv_ref)};
    assert_int_equal(first_wrong_byte(&without_id, 0), offsetof(cv_ref, id));
    const cvi_field twice[] = {
        CVI_TEXT(cv_ref, api_detail_url, 0),
        CVI_INT64(cv_ref, id, 0),
        CVI_TEXT(cv_ref, name, 0),
        CVI_TEXT(cv_ref, name, 0),
        CVI_TEXT(cv_ref, site_detail_url, 0),
    };
    const cvi_shape with_two_names = {"ref", twice, 5, sizeof(cv_ref)};
    assert_int_equal(first_wrong_byte(&with_two_names, 0), offsetof(cv_ref, name));
}

/* ---- what is written in the rows ---- */

static void test_lists_can_only_be_queried_by_what_they_carry(void **state) {
    (void)state;
    size_t count;
    const cvi_resource *const *resources = all_resources(&count);
    for (size_t i = 0; i < count; i++) {
        const cvi_shape *shape = resources[i]->shape;
        for (size_t k = 0; k < shape->row_count; k++) {
            unsigned flags = shape->rows[k].flags;
            if ((flags & (CVI_SORTABLE | CVI_FILTERABLE)) != 0) {
                assert_true((flags & CVI_IN_LIST) != 0);
            }
        }
    }
}

static void names_must_be(const cvi_resource *resource, unsigned flag, const char *expected) {
    cvi_buffer names;
    cvi_buffer_init(&names, &cvi_default_allocator, 4096);
    for (size_t i = 0; i < resource->shape->row_count; i++) {
        const cvi_field *row = &resource->shape->rows[i];
        if ((row->flags & flag) != 0) {
            cvi_buffer_add_text(&names, row->wire);
            cvi_buffer_add_char(&names, ' ');
        }
    }
    assert_string_equal(names.data, expected);
    cvi_buffer_free(&names);
}

static void test_marks_of_issues(void **state) {
    (void)state;
    const cvi_resource *issue = &cvi_issue_resource;
    names_must_be(issue, CVI_SORTABLE,
                  "cover_date date_added date_last_updated id issue_number name store_date ");
    names_must_be(issue, CVI_FILTERABLE,
                  "aliases cover_date date_added date_last_updated id issue_number name "
                  "store_date volume ");
    names_must_be(issue, CVI_IN_LIST,
                  "aliases api_detail_url associated_images cover_date date_added "
                  "date_last_updated deck description has_staff_review id image issue_number name "
                  "site_detail_url store_date volume ");
}

static void test_find_is_exact(void **state) {
    (void)state;
    const cvi_shape *shape = cvi_sample_resource.shape;
    assert_string_equal(cvi_shape_find(shape, "appearances", 11)->wire, "appearancess");
    assert_string_equal(cvi_shape_find(shape, "appearancess", 12)->member, "appearances");
    assert_string_equal(cvi_shape_find(shape, "idle", 2)->wire, "id");
    assert_null(cvi_shape_find(shape, "appearances", 10));
    assert_null(cvi_shape_find(shape, "", 0));
    assert_null(cvi_shape_find(shape, "ID", 2));
}

static void test_kind_sizes(void **state) {
    (void)state;
    assert_int_equal(cvi_kind_size(CVI_KIND_TEXT), sizeof(char *));
    assert_int_equal(cvi_kind_size(CVI_KIND_INT64), sizeof(int64_t));
    assert_int_equal(cvi_kind_size(CVI_KIND_INT64_TEXT), sizeof(int64_t));
    assert_int_equal(cvi_kind_size(CVI_KIND_OBJECT), sizeof(cv_ref *));
    assert_int_equal(cvi_kind_size(CVI_KIND_LIST), sizeof(cv_ref_list));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_every_resource_is_found),
        cmocka_unit_test(test_issue),
        cmocka_unit_test(test_every_byte_belongs_to_one_row),
        cmocka_unit_test(test_missing_and_double_rows_are_noticed),
        cmocka_unit_test(test_lists_can_only_be_queried_by_what_they_carry),
        cmocka_unit_test(test_marks_of_issues),
        cmocka_unit_test(test_find_is_exact),
        cmocka_unit_test(test_kind_sizes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
