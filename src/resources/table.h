/* The tables that say what a resource is: one row for each member of its public struct. Decoder,
 * writer and checker read nothing else. All tables are constant; any thread. */
#ifndef CVI_RESOURCES_TABLE_H
#define CVI_RESOURCES_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <comicvine/record.h>
#include <comicvine/resource.h>

/* What a member is in C. What the service sends for it may differ; the decoder is tolerant. */
typedef enum cvi_kind {
    CVI_KIND_TEXT,       /* const char *; NULL: null */
    CVI_KIND_INT64,      /* int64_t; 0: null */
    CVI_KIND_INT64_TEXT, /* int64_t that travels as text: "12" */
    CVI_KIND_BOOL,       /* bool; false: null */
    CVI_KIND_OBJECT,     /* pointer to a struct with a shape; NULL: null or false */
    CVI_KIND_LIST        /* {items, count} of structs with a shape, laid out as cvi_list */
} cvi_kind;

/* What may be done with a field, or'ed together. */
enum {
    CVI_IN_LIST = 1,    /* lists carry it; without: only details do */
    CVI_SORTABLE = 2,   /* lists can be sorted by it */
    CVI_FILTERABLE = 4, /* lists can be filtered by it */
    CVI_MAY_LACK = 8,   /* an answer may lack it though it was asked for; of `id` alone */
    CVI_BY_ID = 16,     /* filtered by the id of what it refers to */
    CVI_QUERYABLE = CVI_IN_LIST | CVI_SORTABLE | CVI_FILTERABLE
};

/* A record remembers in two 64-bit masks which members were there and which were null. */
enum { CVI_ROWS_MAX = 64 };

typedef struct cvi_shape cvi_shape;

/* One row: one member. Both names are accepted from the service; `wire` is the one it uses. */
typedef struct cvi_field {
    const char *wire;
    const char *member;     /* the same text as `wire`, save where the wire is misspelt */
    const cvi_shape *shape; /* of the object or of the list's items, else NULL */
    uint32_t offset;
    uint8_t wire_length;
    uint8_t member_length;
    uint8_t kind; /* a cvi_kind */
    uint8_t flags;
} cvi_field;

/* A struct of the public headers: its rows stand in the order of the wire, so that the decoder
 * finds nearly every key at the first look. */
struct cvi_shape {
    const char *name; /* for messages and tests */
    const cvi_field *rows;
    size_t row_count;
    size_t size; /* of the struct */
};

/* The largest id that the library asks for. */
#define CVI_ID_MAX INT64_C(999999999999999)

/* A resource: where it lives in the service, and its record. */
typedef struct cvi_resource {
    cv_resource resource;
    const char *detail_path; /* "issue"; NULL: a list without details */
    const char *list_path;   /* "issues" */
    int64_t type_id;         /* the 4000 of 4000-52 */
    const cvi_shape *shape;  /* of a struct that begins with a cv_record */
    int64_t old_type_id;     /* in old addresses, the 37 of 37-52; 0: not known */
    /* Parameters that its list takes beside those that all lists take, a NULL behind the last one;
     * NULL: none. */
    const char *const *extras;
} cvi_resource;

/* How the decoder sees every list member; shapes.c asserts that the public ones are the same. */
typedef struct cvi_list {
    const void *items;
    size_t count;
} cvi_list;

/* The row whose wire or member name is `name`, or NULL. */
const cvi_field *cvi_shape_find(const cvi_shape *shape, const char *name, size_t length);

/* Bytes of a member of this kind. */
size_t cvi_kind_size(cvi_kind kind);

/* The nested shapes, each shared by all tables. */
extern const cvi_shape cvi_shape_ref;
extern const cvi_shape cvi_shape_apiref;
extern const cvi_shape cvi_shape_count_ref;
extern const cvi_shape cvi_shape_issue_ref;
extern const cvi_shape cvi_shape_issue_apiref;
extern const cvi_shape cvi_shape_episode_ref;
extern const cvi_shape cvi_shape_episode_apiref;
extern const cvi_shape cvi_shape_person_credit;
extern const cvi_shape cvi_shape_image;
extern const cvi_shape cvi_shape_associated_image;
extern const cvi_shape cvi_shape_date_object;

/* ---- rows ----
 * A row of the wrong kind does not compile: _Generic finds no branch for the member's type. The
 * _AS forms are for names that the service misspells. `element` is a public struct without its
 * "cv_"; its table is cvi_shape_<element>. */

#define CVI_MEMBER_OF(type, member) (((type *)0)->member)

#define CVI_ROW(type, member, wire, kind, shape, flags)                                            \
    {                                                                                              \
        wire, #member, shape, offsetof(type, member), sizeof(wire) - 1, sizeof(#member) - 1, kind, \
            flags                                                                                  \
    }

#define CVI_TEXT_AS(type, member, wire, flags)                                                     \
    CVI_ROW(type, member, wire,                                                                    \
            _Generic(CVI_MEMBER_OF(type, member), const char *: CVI_KIND_TEXT), NULL, flags)
#define CVI_INT64_AS(type, member, wire, flags)                                                    \
    CVI_ROW(type, member, wire,                                                                    \
            _Generic(CVI_MEMBER_OF(type, member), int64_t                                          \
                     : CVI_KIND_INT64),                                                            \
            NULL, flags)
#define CVI_INT64_TEXT_AS(type, member, wire, flags)                                               \
    CVI_ROW(type, member, wire,                                                                    \
            _Generic(CVI_MEMBER_OF(type, member), int64_t                                          \
                     : CVI_KIND_INT64_TEXT),                                                       \
            NULL, flags)
#define CVI_BOOL_AS(type, member, wire, flags)                                                     \
    CVI_ROW(type, member, wire,                                                                    \
            _Generic(CVI_MEMBER_OF(type, member), bool                                             \
                     : CVI_KIND_BOOL),                                                             \
            NULL, flags)
#define CVI_OBJECT_AS(type, member, element, wire, flags)                                          \
    CVI_ROW(type, member, wire,                                                                    \
            _Generic(CVI_MEMBER_OF(type, member), const cv_##element *: CVI_KIND_OBJECT),          \
            &cvi_shape_##element, flags)
#define CVI_LIST_AS(type, member, element, wire, flags)                                            \
    CVI_ROW(type, member, wire,                                                                    \
            _Generic(CVI_MEMBER_OF(type, member), cv_##element##_list                              \
                     : CVI_KIND_LIST),                                                             \
            &cvi_shape_##element, flags)

#define CVI_TEXT(type, member, flags)       CVI_TEXT_AS(type, member, #member, flags)
#define CVI_INT64(type, member, flags)      CVI_INT64_AS(type, member, #member, flags)
#define CVI_INT64_TEXT(type, member, flags) CVI_INT64_TEXT_AS(type, member, #member, flags)
#define CVI_BOOL(type, member, flags)       CVI_BOOL_AS(type, member, #member, flags)
#define CVI_OBJECT(type, member, element, flags)                                                   \
    CVI_OBJECT_AS(type, member, element, #member, flags)
#define CVI_LIST(type, member, element, flags) CVI_LIST_AS(type, member, element, #member, flags)

/* Defines a shape (`static` may stand before it) over an array of rows. */
#define CVI_DEFINE_SHAPE(variable, name, type, rows)                                               \
    const cvi_shape variable = {name, rows, sizeof(rows) / sizeof((rows)[0]), sizeof(type)};       \
    _Static_assert(sizeof(rows) / sizeof((rows)[0]) <= CVI_ROWS_MAX, "one bit for each row")

#define CVI_SAME_OFFSET(type, member) (offsetof(type, member) == offsetof(cv_page, member))

/* Defines cvi_<name>_resource, and asserts what lets one decoder serve all resources: a record
 * begins with its head, and every typed page is laid out as cv_page. Behind the type come the
 * address of the shape and what few resources have, as `.old_type_id = 37`. */
#define CVI_DEFINE_RESOURCE(name, number, detail, list, type, ...)                                 \
    const cvi_resource cvi_##name##_resource = {.resource = number,                                \
                                                .detail_path = detail,                             \
                                                .list_path = list,                                 \
                                                .type_id = type,                                   \
                                                .shape = __VA_ARGS__};                             \
    _Static_assert(offsetof(cv_##name, record) == 0, "a record begins with its head");             \
    _Static_assert(sizeof(cv_##name##_page) == sizeof(cv_page) &&                                  \
                       CVI_SAME_OFFSET(cv_##name##_page, items) &&                                 \
                       CVI_SAME_OFFSET(cv_##name##_page, count) &&                                 \
                       CVI_SAME_OFFSET(cv_##name##_page, limit) &&                                 \
                       CVI_SAME_OFFSET(cv_##name##_page, offset) &&                                \
                       CVI_SAME_OFFSET(cv_##name##_page, total) &&                                 \
                       CVI_SAME_OFFSET(cv_##name##_page, source) &&                                \
                       CVI_SAME_OFFSET(cv_##name##_page, fetched_at_ms) &&                         \
                       CVI_SAME_OFFSET(cv_##name##_page, expires_at_ms) &&                         \
                       CVI_SAME_OFFSET(cv_##name##_page, stale),                                   \
                   "pages have one layout")

#endif
