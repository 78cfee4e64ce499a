/* The tables: every resource is found, every byte of every struct belongs to exactly one row, and
 * what may be sorted and filtered is what the service documents. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
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
    assert_int_equal(cv_resource_from_name("types"), CV_TYPE);
    assert_int_equal(cv_resource_from_name("type"), CV_RESOURCE_NONE);
    assert_string_equal(cv_resource_name(CV_ISSUE), "issue");
    assert_string_equal(cv_resource_name(CV_TYPE), "types");
    assert_null(cv_resource_name(CV_RESOURCE_NONE));
    assert_null(cv_resource_name((cv_resource)1000));
    assert_string_equal(cv_resource_list_name(CV_ISSUE), "issues");
    assert_string_equal(cv_resource_list_name(CV_SERIES), "series_list");
    assert_string_equal(cv_resource_list_name(CV_TYPE), "types");
    assert_null(cv_resource_list_name(CV_RESOURCE_NONE));
    assert_null(cv_resource_list_name((cv_resource)1000));
    assert_null(cv_resource_name((cv_resource)-1));
}

static void test_every_resource_is_found(void **state) {
    (void)state;
    size_t count;
    const cvi_resource *const *resources = all_resources(&count);
    for (size_t i = 0; i < count; i++) {
        const cvi_resource *resource = resources[i];
        assert_ptr_equal(cvi_registry_find(resource->resource), resource);
        assert_int_equal(cv_resource_from_name(resource->list_path), resource->resource);
        assert_int_equal(resource->type_id > 0, resource->detail_path != NULL);
        if (resource->detail_path != NULL) {
            assert_int_equal(cv_resource_from_name(resource->detail_path), resource->resource);
            assert_string_equal(cv_resource_name(resource->resource), resource->detail_path);
            assert_string_equal(resource->shape->name, resource->detail_path);
        }
    }
    assert_null(cvi_registry_find(CV_RESOURCE_NONE));
    assert_null(cvi_registry_find((cv_resource)1000));
}

/* ---- what the service calls them ---- */

typedef struct place {
    cv_resource resource;
    const char *detail_path;
    const char *list_path;
    int64_t type_id;
} place;

static const place places[] = {
    {CV_ISSUE, "issue", "issues", 4000},
    {CV_CHARACTER, "character", "characters", 4005},
    {CV_CONCEPT, "concept", "concepts", 4015},
    {CV_EPISODE, "episode", "episodes", 4070},
    {CV_LOCATION, "location", "locations", 4020},
    {CV_MOVIE, "movie", "movies", 4025},
    {CV_OBJECT, "object", "objects", 4055},
    {CV_ORIGIN, "origin", "origins", 4030},
    {CV_PERSON, "person", "people", 4040},
    {CV_POWER, "power", "powers", 4035},
    {CV_PROMO, "promo", "promos", 1700},
    {CV_PUBLISHER, "publisher", "publishers", 4010},
    {CV_SERIES, "series", "series_list", 4075},
    {CV_STORY_ARC, "story_arc", "story_arcs", 4045},
    {CV_TEAM, "team", "teams", 4060},
    {CV_VIDEO, "video", "videos", 2300},
    {CV_VIDEO_CATEGORY, "video_category", "video_categories", 2320},
    {CV_VIDEO_TYPE, "video_type", "video_types", 2320},
    {CV_VOLUME, "volume", "volumes", 4050},
    {CV_CHAT, "chat", "chats", 2450},
    {CV_TYPE, NULL, "types", 0},
};

static void test_paths_and_type_ids(void **state) {
    (void)state;
    size_t count;
    all_resources(&count);
    assert_int_equal(count, sizeof(places) / sizeof(places[0]));
    for (size_t i = 0; i < count; i++) {
        const cvi_resource *resource = cvi_registry_find(places[i].resource);
        assert_non_null(resource);
        assert_string_equal(resource->list_path, places[i].list_path);
        assert_int_equal(resource->type_id, places[i].type_id);
        assert_int_equal(resource->detail_path == NULL, places[i].detail_path == NULL);
        if (resource->detail_path != NULL) {
            assert_string_equal(resource->detail_path, places[i].detail_path);
        }
    }
}

/* ---- coverage of structs ---- */

/* What bools leave free in the eight bytes around them may be padding. A bool without a row hides
 * there: unit/test_members looks for it in the header. */
static void own_padding(const cvi_shape *shape, unsigned char *owners) {
    for (size_t i = 0; i < shape->row_count; i++) {
        size_t begin = shape->rows[i].offset / sizeof(int64_t) * sizeof(int64_t);
        bool is_bool = shape->rows[i].kind == CVI_KIND_BOOL;
        for (size_t byte = begin; is_bool && byte < begin + sizeof(int64_t); byte++) {
            owners[byte] = owners[byte] > 0 ? owners[byte] : 1;
        }
    }
}

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
    own_padding(shape, owners);
}

/* All other members are pointers, 64-bit numbers or pairs of them: no byte is padding. Answers
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
        assert_true(row->wire_length >= 2); /* the decoder compares no fewer */
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

/* Two bools beside each other are two members. */
static void test_bools_side_by_side(void **state) {
    (void)state;
    typedef struct switches {
        int64_t id;
        bool is_first;
        bool is_second;
    } switches;
    const cvi_field rows[] = {
        CVI_INT64(switches, id, 0),
        CVI_BOOL(switches, is_first, 0),
        CVI_BOOL(switches, is_second, 0),
    };
    const cvi_shape right = {"switches", rows, 3, sizeof(switches)};
    assert_int_equal(first_wrong_byte(&right, 0), sizeof(switches));
    const cvi_field twice[] = {rows[0], rows[1], rows[2], rows[2]};
    const cvi_shape with_two_seconds = {"switches", twice, 4, sizeof(switches)};
    assert_int_equal(first_wrong_byte(&with_two_seconds, 0), offsetof(switches, is_second));
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

static int compare_names(const void *one, const void *other) {
    return strcmp(*(const char *const *)one, *(const char *const *)other);
}

/* The names of the rows with this flag, sorted, with a blank between them. */
static void names_must_be(const cvi_resource *resource, unsigned flag, const char *expected) {
    const char *names[CVI_ROWS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < resource->shape->row_count; i++) {
        if ((resource->shape->rows[i].flags & flag) != 0) {
            names[count] = resource->shape->rows[i].wire;
            count++;
        }
    }
    qsort(names, count, sizeof(names[0]), compare_names);
    cvi_buffer text;
    cvi_buffer_init(&text, &cvi_default_allocator, 4096);
    for (size_t i = 0; i < count; i++) {
        cvi_buffer_add_text(&text, i > 0 ? " " : "");
        cvi_buffer_add_text(&text, names[i]);
    }
    assert_string_equal(count > 0 ? text.data : "", expected);
    cvi_buffer_free(&text);
}

/* The marks in the service's documentation of the lists. */
typedef struct marks {
    cv_resource resource;
    const char *sortable;
    const char *filterable;
} marks;

static const marks documented[] = {
    {CV_ISSUE, "cover_date date_added date_last_updated id issue_number name store_date",
     "aliases cover_date date_added date_last_updated id issue_number name store_date volume"},
    {CV_CHARACTER, "date_added date_last_updated id name",
     "date_added date_last_updated gender id name"},
    {CV_CONCEPT, "date_added date_last_updated id name",
     "aliases date_added date_last_updated id name"},
    {CV_EPISODE, "air_date date_added date_last_updated id name",
     "air_date aliases date_added date_last_updated id name series"},
    {CV_LOCATION, "date_added date_last_updated id name",
     "aliases date_added date_last_updated id name"},
    {CV_MOVIE,
     "box_office_revenue budget date_added date_last_updated id name rating release_date total_revenue",
     "date_added date_last_updated has_staff_review id name rating release_date"},
    {CV_OBJECT, "date_added date_last_updated id name",
     "aliases date_added date_last_updated id name"},
    {CV_ORIGIN, "id name", "id name"},
    {CV_PERSON, "birth country date_added date_last_updated death gender hometown id name",
     "aliases birth country date_added date_last_updated death gender hometown id name"},
    {CV_POWER, "date_added date_last_updated id name",
     "aliases date_added date_last_updated id name"},
    {CV_PROMO, "date_added id name", "date_added id name"},
    {CV_PUBLISHER, "date_added date_last_updated id location_state name",
     "aliases date_added date_last_updated id location_city location_state name"},
    {CV_SERIES, "date_added date_last_updated id name", "date_added date_last_updated id name"},
    {CV_STORY_ARC, "date_added date_last_updated id name",
     "aliases date_added date_last_updated id name"},
    {CV_TEAM, "date_added date_last_updated id name",
     "aliases date_added date_last_updated id name"},
    {CV_VIDEO, "id length_seconds name publish_date user",
     "id length_seconds name publish_date user"},
    {CV_VIDEO_CATEGORY, "", ""},
    {CV_VIDEO_TYPE, "", ""},
    {CV_VOLUME, "date_added date_last_updated id name", "date_added date_last_updated id name"},
    {CV_CHAT, "", ""},
    {CV_TYPE, "", ""},
};

static void test_marks_are_the_documented_ones(void **state) {
    (void)state;
    size_t count;
    all_resources(&count);
    assert_int_equal(count, sizeof(documented) / sizeof(documented[0]));
    for (size_t i = 0; i < count; i++) {
        const cvi_resource *resource = cvi_registry_find(documented[i].resource);
        names_must_be(resource, CVI_SORTABLE, documented[i].sortable);
        names_must_be(resource, CVI_FILTERABLE, documented[i].filterable);
    }
}

static void test_what_lists_of_issues_carry(void **state) {
    (void)state;
    names_must_be(&cvi_issue_resource, CVI_IN_LIST,
                  "aliases api_detail_url associated_images cover_date date_added "
                  "date_last_updated deck description has_staff_review id image issue_number name "
                  "site_detail_url store_date volume");
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
    assert_int_equal(cvi_kind_size(CVI_KIND_BOOL), sizeof(bool));
    assert_int_equal(cvi_kind_size(CVI_KIND_OBJECT), sizeof(cv_ref *));
    assert_int_equal(cvi_kind_size(CVI_KIND_LIST), sizeof(cv_ref_list));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_every_resource_is_found),
        cmocka_unit_test(test_paths_and_type_ids),
        cmocka_unit_test(test_every_byte_belongs_to_one_row),
        cmocka_unit_test(test_missing_and_double_rows_are_noticed),
        cmocka_unit_test(test_bools_side_by_side),
        cmocka_unit_test(test_lists_can_only_be_queried_by_what_they_carry),
        cmocka_unit_test(test_marks_are_the_documented_ones),
        cmocka_unit_test(test_what_lists_of_issues_carry),
        cmocka_unit_test(test_find_is_exact),
        cmocka_unit_test(test_kind_sizes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
