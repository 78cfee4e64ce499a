/* Finding keys in a table: every name of every table, in order, against it, and what is near. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "resources/match.h"
#include "resources/registry.h"

typedef void shape_fn(const cvi_shape *shape);

static void for_each_shape(shape_fn *use) {
    size_t count;
    const cvi_resource *const *resources = cvi_registry_all(&count);
    for (size_t i = 0; i < count; i++) {
        const cvi_shape *shape = resources[i]->shape;
        use(shape);
        for (size_t row = 0; row < shape->row_count; row++) {
            if (shape->rows[row].shape != NULL) {
                use(shape->rows[row].shape);
            }
        }
    }
}

static void find_in_order(const cvi_shape *shape) {
    size_t expected = 0;
    for (size_t i = 0; i < shape->row_count; i++) {
        const cvi_field *row = &shape->rows[i];
        assert_ptr_equal(cvi_match_key(shape, row->wire, row->wire_length, &expected), row);
        assert_int_equal(expected, i + 1);
    }
}

static void test_names_in_order(void **state) {
    (void)state;
    for_each_shape(find_in_order);
}

static void find_from_anywhere(const cvi_shape *shape) {
    for (size_t i = 0; i < shape->row_count; i++) {
        const cvi_field *row = &shape->rows[i];
        for (size_t first = 0; first <= shape->row_count; first++) {
            size_t expected = first;
            assert_ptr_equal(cvi_match_key(shape, row->wire, row->wire_length, &expected), row);
            assert_int_equal(expected, i + 1);
        }
    }
}

static void test_names_in_any_order(void **state) {
    (void)state;
    for_each_shape(find_from_anywhere);
}

/* A name with one byte changed is no name of the table, whichever byte it is, and moves nothing. */
static void miss_changed_names(const cvi_shape *shape) {
    for (size_t i = 0; i < shape->row_count; i++) {
        const cvi_field *row = &shape->rows[i];
        for (size_t byte = 0; byte < row->wire_length; byte++) {
            char name[UINT8_MAX + 1];
            memcpy(name, row->wire, row->wire_length);
            name[byte] = '#';
            size_t expected = i;
            assert_null(cvi_match_key(shape, name, row->wire_length, &expected));
            assert_int_equal(expected, i);
        }
    }
}

static void test_changed_names(void **state) {
    (void)state;
    for_each_shape(miss_changed_names);
}

static void test_other_lengths(void **state) {
    (void)state;
    size_t expected = 0;
    assert_null(cvi_match_key(&cvi_shape_ref, "", 0, &expected));
    assert_null(cvi_match_key(&cvi_shape_ref, "i", 1, &expected));
    assert_null(cvi_match_key(&cvi_shape_ref, "nam", 3, &expected));
    assert_null(cvi_match_key(&cvi_shape_ref, "names", 5, &expected));
    assert_non_null(cvi_match_key(&cvi_shape_ref, "names", 4, &expected));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_in_order),
        cmocka_unit_test(test_names_in_any_order),
        cmocka_unit_test(test_changed_names),
        cmocka_unit_test(test_other_lengths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
