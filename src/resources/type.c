/* Owns the table of types. Constant; any thread. The service documents nothing in this list as
 * sortable or filterable. */
#include <comicvine/type.h>

#include "resources/registry.h"
#include "resources/table.h"

static const cvi_field rows[] = {
    CVI_TEXT(cv_type, detail_resource_name, CVI_IN_LIST),
    CVI_INT64(cv_type, id, CVI_IN_LIST),
    CVI_TEXT(cv_type, list_resource_name, CVI_IN_LIST),
};

static CVI_DEFINE_SHAPE(shape, "type", cv_type, rows);

CVI_DEFINE_RESOURCE(type, CV_TYPE, NULL, "types", 0, &shape);
