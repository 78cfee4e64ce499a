/* Owns the tables of the shapes that are nested in records, and the search by name in any table.
 * Constant; any thread. */
#include <string.h>

#include "resources/table.h"

static const cvi_field ref_rows[] = {
    CVI_TEXT(cv_ref, api_detail_url, 0),
    CVI_INT64(cv_ref, id, 0),
    CVI_TEXT(cv_ref, name, 0),
    CVI_TEXT(cv_ref, site_detail_url, 0),
};

CVI_DEFINE_SHAPE(cvi_shape_ref, "ref", cv_ref, ref_rows);

static const cvi_field apiref_rows[] = {
    CVI_TEXT(cv_apiref, api_detail_url, 0),
    CVI_INT64(cv_apiref, id, 0),
    CVI_TEXT(cv_apiref, name, 0),
};

CVI_DEFINE_SHAPE(cvi_shape_apiref, "apiref", cv_apiref, apiref_rows);

static const cvi_field count_ref_rows[] = {
    CVI_TEXT(cv_count_ref, api_detail_url, 0), CVI_INT64(cv_count_ref, id, 0),
    CVI_TEXT(cv_count_ref, name, 0),           CVI_TEXT(cv_count_ref, site_detail_url, 0),
    CVI_INT64_TEXT(cv_count_ref, count, 0),
};

CVI_DEFINE_SHAPE(cvi_shape_count_ref, "count_ref", cv_count_ref, count_ref_rows);

static const cvi_field issue_ref_rows[] = {
    CVI_TEXT(cv_issue_ref, api_detail_url, 0), CVI_INT64(cv_issue_ref, id, 0),
    CVI_TEXT(cv_issue_ref, name, 0),           CVI_TEXT(cv_issue_ref, site_detail_url, 0),
    CVI_TEXT(cv_issue_ref, issue_number, 0),
};

CVI_DEFINE_SHAPE(cvi_shape_issue_ref, "issue_ref", cv_issue_ref, issue_ref_rows);

static const cvi_field issue_apiref_rows[] = {
    CVI_TEXT(cv_issue_apiref, api_detail_url, 0),
    CVI_INT64(cv_issue_apiref, id, 0),
    CVI_TEXT(cv_issue_apiref, name, 0),
    CVI_TEXT(cv_issue_apiref, issue_number, 0),
};

CVI_DEFINE_SHAPE(cvi_shape_issue_apiref, "issue_apiref", cv_issue_apiref, issue_apiref_rows);

static const cvi_field episode_ref_rows[] = {
    CVI_TEXT(cv_episode_ref, api_detail_url, 0), CVI_INT64(cv_episode_ref, id, 0),
    CVI_TEXT(cv_episode_ref, name, 0),           CVI_TEXT(cv_episode_ref, site_detail_url, 0),
    CVI_TEXT(cv_episode_ref, episode_number, 0),
};

CVI_DEFINE_SHAPE(cvi_shape_episode_ref, "episode_ref", cv_episode_ref, episode_ref_rows);

static const cvi_field episode_apiref_rows[] = {
    CVI_TEXT(cv_episode_apiref, api_detail_url, 0),
    CVI_INT64(cv_episode_apiref, id, 0),
    CVI_TEXT(cv_episode_apiref, name, 0),
    CVI_TEXT(cv_episode_apiref, episode_number, 0),
};

CVI_DEFINE_SHAPE(cvi_shape_episode_apiref, "episode_apiref", cv_episode_apiref,
                 episode_apiref_rows);

static const cvi_field person_credit_rows[] = {
    CVI_TEXT(cv_person_credit, api_detail_url, 0), CVI_INT64(cv_person_credit, id, 0),
    CVI_TEXT(cv_person_credit, name, 0),           CVI_TEXT(cv_person_credit, site_detail_url, 0),
    CVI_TEXT(cv_person_credit, role, 0),
};

CVI_DEFINE_SHAPE(cvi_shape_person_credit, "person_credit", cv_person_credit, person_credit_rows);

static const cvi_field image_rows[] = {
    CVI_TEXT(cv_image, icon_url, 0),     CVI_TEXT(cv_image, medium_url, 0),
    CVI_TEXT(cv_image, screen_url, 0),   CVI_TEXT(cv_image, screen_large_url, 0),
    CVI_TEXT(cv_image, small_url, 0),    CVI_TEXT(cv_image, super_url, 0),
    CVI_TEXT(cv_image, thumb_url, 0),    CVI_TEXT(cv_image, tiny_url, 0),
    CVI_TEXT(cv_image, original_url, 0), CVI_TEXT(cv_image, image_tags, 0),
};

CVI_DEFINE_SHAPE(cvi_shape_image, "image", cv_image, image_rows);

static const cvi_field associated_image_rows[] = {
    CVI_TEXT(cv_associated_image, original_url, 0),
    CVI_INT64(cv_associated_image, id, 0),
    CVI_TEXT(cv_associated_image, caption, 0),
    CVI_TEXT(cv_associated_image, image_tags, 0),
};

CVI_DEFINE_SHAPE(cvi_shape_associated_image, "associated_image", cv_associated_image,
                 associated_image_rows);

static const cvi_field date_object_rows[] = {
    CVI_TEXT(cv_date_object, date, 0),
    CVI_INT64(cv_date_object, timezone_type, 0),
    CVI_TEXT(cv_date_object, timezone, 0),
};

CVI_DEFINE_SHAPE(cvi_shape_date_object, "date_object", cv_date_object, date_object_rows);

#define ASSERT_LIST_LAYOUT(type)                                                                   \
    _Static_assert(sizeof(type) == sizeof(cvi_list) &&                                             \
                       offsetof(type, items) == offsetof(cvi_list, items) &&                       \
                       offsetof(type, count) == offsetof(cvi_list, count),                         \
                   "lists have one layout")

ASSERT_LIST_LAYOUT(cv_ref_list);
ASSERT_LIST_LAYOUT(cv_apiref_list);
ASSERT_LIST_LAYOUT(cv_count_ref_list);
ASSERT_LIST_LAYOUT(cv_issue_ref_list);
ASSERT_LIST_LAYOUT(cv_episode_ref_list);
ASSERT_LIST_LAYOUT(cv_person_credit_list);
ASSERT_LIST_LAYOUT(cv_associated_image_list);

static bool name_is(const char *name, size_t length, const char *known, size_t known_length) {
    return length == known_length && memcmp(name, known, length) == 0;
}

const cvi_field *cvi_shape_find(const cvi_shape *shape, const char *name, size_t length) {
    for (size_t i = 0; i < shape->row_count; i++) {
        const cvi_field *row = &shape->rows[i];
        if (name_is(name, length, row->wire, row->wire_length) ||
            name_is(name, length, row->member, row->member_length)) {
            return row;
        }
    }
    return NULL;
}

size_t cvi_kind_size(cvi_kind kind) {
    static const size_t sizes[] = {
        [CVI_KIND_TEXT] = sizeof(const char *),   [CVI_KIND_INT64] = sizeof(int64_t),
        [CVI_KIND_INT64_TEXT] = sizeof(int64_t),  [CVI_KIND_BOOL] = sizeof(bool),
        [CVI_KIND_OBJECT] = sizeof(const void *), [CVI_KIND_LIST] = sizeof(cvi_list),
    };
    return sizes[kind];
}
