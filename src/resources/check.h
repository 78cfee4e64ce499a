/* The one checker of fields, filters and sorts: what a caller names is looked up in the resource's
 * table before a request is spent. All functions are pure; any thread. */
#ifndef CVI_RESOURCES_CHECK_H
#define CVI_RESOURCES_CHECK_H

#include <stdbool.h>

#include <comicvine/error.h>

#include "resources/table.h"
#include "support/buffer.h"

/* Whose names they are. */
typedef struct cvi_scope {
    const cvi_resource *resource;
    bool is_list;        /* fields: only what lists carry */
    bool allows_unknown; /* names that the table lacks, or not for this use, pass as they are */
} cvi_scope;

/* For all of them: texts are not NULL, at most 2048 bytes, without control characters. Names are
 * accepted as members or as on the wire, and written as on the wire; one that is let through though
 * unknown has letters, digits and "_" alone. False: `error` has CV_ERROR_ARGUMENT and one line that
 * names the culprit, the name that was probably meant and what is allowed (CV_ERROR_NOMEM when
 * `out` could not grow), and `out` holds nothing of use. */

/* Adds the canonical field list to `out`: wire names, sorted, without repeats, `id` among them.
 * Blanks around names do not count. */
bool cvi_check_fields(const cvi_scope *scope, const char *fields, cvi_buffer *out, cv_error *error);

/* Adds the filter, checked: "field:value,field:value", each field filterable and there once, no
 * value empty. Blanks around a field do not count; values pass unchanged, blanks at their ends too:
 * the URL is escaped where it is built. A comma always begins the next field, as the service knows
 * no way to escape it. */
bool cvi_check_filter(const cvi_scope *scope, const char *filter, cvi_buffer *out, cv_error *error);

/* Adds the sort, checked: "field:asc" or "field:desc" ("field" alone means asc), sortable. Several
 * are refused: the service obeys the last alone. Blanks around either do not count. */
bool cvi_check_sort(const cvi_scope *scope, const char *sort, cvi_buffer *out, cv_error *error);

/* Adds the value of a parameter that only some lists take, this one among them; not an empty one.
 * Blanks around it do not count. */
bool cvi_check_extra(const cvi_resource *resource, const char *name, const char *value,
                     cvi_buffer *out, cv_error *error);

#endif
