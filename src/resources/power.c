/* Owns the table of powers. Constant; any thread. Sortable and filterable are the marks in the
 * service's documentation of /powers. */
#include <comicvine/power.h>

#include "resources/registry.h"
#include "resources/table.h"

static const cvi_field rows[] = {
    CVI_TEXT(cv_power, aliases, CVI_IN_LIST | CVI_FILTERABLE),
    CVI_TEXT(cv_power, api_detail_url, CVI_IN_LIST),
    CVI_LIST(cv_power, characters, ref, 0),
    CVI_TEXT(cv_power, date_added, CVI_QUERYABLE),
    CVI_TEXT(cv_power, date_last_updated, CVI_QUERYABLE),
    CVI_TEXT(cv_power, description, CVI_IN_LIST),
    CVI_INT64(cv_power, id, CVI_QUERYABLE),
    CVI_TEXT(cv_power, name, CVI_QUERYABLE),
    CVI_TEXT(cv_power, site_detail_url, CVI_IN_LIST),
};

static CVI_DEFINE_SHAPE(shape, "power", cv_power, rows);

CVI_DEFINE_RESOURCE(power, CV_POWER, "power", "powers", 4035, &shape);
