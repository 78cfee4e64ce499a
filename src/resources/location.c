/* Owns the table of locations. Constant; any thread. Sortable and filterable are the marks in the
 * service's documentation of /locations. */
#include <comicvine/location.h>

#include "resources/registry.h"
#include "resources/table.h"

static const cvi_field rows[] = {
    CVI_TEXT(cv_location, aliases, CVI_IN_LIST | CVI_FILTERABLE),
    CVI_TEXT(cv_location, api_detail_url, CVI_IN_LIST),
    CVI_INT64(cv_location, count_of_issue_appearances, CVI_IN_LIST),
    CVI_TEXT(cv_location, date_added, CVI_QUERYABLE),
    CVI_TEXT(cv_location, date_last_updated, CVI_QUERYABLE),
    CVI_TEXT(cv_location, deck, CVI_IN_LIST),
    CVI_TEXT(cv_location, description, CVI_IN_LIST),
    CVI_OBJECT(cv_location, first_appeared_in_issue, issue_apiref, CVI_IN_LIST),
    CVI_INT64(cv_location, id, CVI_QUERYABLE),
    CVI_OBJECT(cv_location, image, image, CVI_IN_LIST),
    CVI_LIST(cv_location, issue_credits, ref, 0),
    CVI_LIST(cv_location, movies, ref, 0),
    CVI_TEXT(cv_location, name, CVI_QUERYABLE),
    CVI_TEXT(cv_location, site_detail_url, CVI_IN_LIST),
    CVI_TEXT(cv_location, start_year, CVI_IN_LIST),
    CVI_LIST(cv_location, story_arc_credits, ref, 0),
    CVI_LIST(cv_location, volume_credits, ref, 0),
};

static CVI_DEFINE_SHAPE(shape, "location", cv_location, rows);

CVI_DEFINE_RESOURCE(location, CV_LOCATION, "location", "locations", 4020, &shape);
