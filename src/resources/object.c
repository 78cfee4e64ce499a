/* Owns the table of objects. Constant; any thread. Sortable and filterable are the marks in the
 * service's documentation of /objects. */
#include <comicvine/object.h>

#include "resources/registry.h"
#include "resources/table.h"

static const cvi_field rows[] = {
    CVI_TEXT(cv_object, aliases, CVI_IN_LIST | CVI_FILTERABLE),
    CVI_TEXT(cv_object, api_detail_url, CVI_IN_LIST),
    CVI_INT64(cv_object, count_of_issue_appearances, CVI_IN_LIST),
    CVI_TEXT(cv_object, date_added, CVI_QUERYABLE),
    CVI_TEXT(cv_object, date_last_updated, CVI_QUERYABLE),
    CVI_TEXT(cv_object, deck, CVI_IN_LIST),
    CVI_TEXT(cv_object, description, CVI_IN_LIST),
    CVI_OBJECT(cv_object, first_appeared_in_issue, issue_apiref, CVI_IN_LIST),
    CVI_INT64(cv_object, id, CVI_QUERYABLE),
    CVI_OBJECT(cv_object, image, image, CVI_IN_LIST),
    CVI_LIST(cv_object, issue_credits, ref, 0),
    CVI_LIST(cv_object, movies, ref, 0),
    CVI_TEXT(cv_object, name, CVI_QUERYABLE),
    CVI_TEXT(cv_object, site_detail_url, CVI_IN_LIST),
    CVI_TEXT(cv_object, start_year, CVI_IN_LIST),
    CVI_LIST(cv_object, story_arc_credits, ref, 0),
    CVI_LIST(cv_object, volume_credits, ref, 0),
};

static CVI_DEFINE_SHAPE(shape, "object", cv_object, rows);

CVI_DEFINE_RESOURCE(object, CV_OBJECT, "object", "objects", 4055, &shape);
