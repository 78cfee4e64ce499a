/* The one checker of fields, filters and sorts: what a caller names is looked up in the resource's
 * table before a request is spent. All functions are pure; any thread. */
#ifndef CVI_RESOURCES_CHECK_H
#define CVI_RESOURCES_CHECK_H

#include <stdbool.h>

#include <comicvine/error.h>

#include "resources/table.h"
#include "support/buffer.h"

/* Adds the canonical field list to `out`: wire names, sorted, without repeats, `id` among them.
 * `is_list`: only what lists carry. False: CV_ERROR_ARGUMENT names the field and what is allowed.
 */
bool cvi_check_fields(const cvi_resource *resource, bool is_list, const char *fields,
                      cvi_buffer *out, cv_error *error);

/* Adds the filter, checked: "field:value,field:value", each field filterable, no value empty. */
bool cvi_check_filter(const cvi_resource *resource, const char *filter, cvi_buffer *out,
                      cv_error *error);

/* Adds the sort, checked: "field:asc" or "field:desc" ("field" alone means asc), sortable. */
bool cvi_check_sort(const cvi_resource *resource, const char *sort, cvi_buffer *out,
                    cv_error *error);

#endif
