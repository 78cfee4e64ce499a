/* Owns the table of origins. Constant; any thread. Sortable and filterable are the marks in the
 * service's documentation of /origins. */
#include <comicvine/origin.h>

#include "resources/registry.h"
#include "resources/table.h"

static const cvi_field rows[] = {
    CVI_TEXT(cv_origin, api_detail_url, CVI_IN_LIST),  CVI_TEXT(cv_origin, character_set, 0),
    CVI_LIST(cv_origin, characters, apiref, 0),        CVI_INT64(cv_origin, id, CVI_QUERYABLE),
    CVI_TEXT(cv_origin, name, CVI_QUERYABLE),          CVI_LIST(cv_origin, profiles, ref, 0),
    CVI_TEXT(cv_origin, site_detail_url, CVI_IN_LIST),
};

static CVI_DEFINE_SHAPE(shape, "origin", cv_origin, rows);

CVI_DEFINE_RESOURCE(origin, CV_ORIGIN, "origin", "origins", 4030, &shape);
