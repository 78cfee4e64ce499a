/* Owns the table of publishers. Constant; any thread. Sortable and filterable are the marks in the
 * service's documentation of /publishers. */
#include <comicvine/publisher.h>

#include "resources/registry.h"
#include "resources/table.h"

static const cvi_field rows[] = {
    CVI_TEXT(cv_publisher, aliases, CVI_IN_LIST | CVI_FILTERABLE),
    CVI_TEXT(cv_publisher, api_detail_url, CVI_IN_LIST),
    CVI_LIST(cv_publisher, characters, ref, 0),
    CVI_TEXT(cv_publisher, date_added, CVI_QUERYABLE),
    CVI_TEXT(cv_publisher, date_last_updated, CVI_QUERYABLE),
    CVI_TEXT(cv_publisher, deck, CVI_IN_LIST),
    CVI_TEXT(cv_publisher, description, CVI_IN_LIST),
    CVI_INT64(cv_publisher, id, CVI_QUERYABLE),
    CVI_OBJECT(cv_publisher, image, image, CVI_IN_LIST),
    CVI_TEXT(cv_publisher, location_address, CVI_IN_LIST),
    CVI_TEXT(cv_publisher, location_city, CVI_IN_LIST | CVI_FILTERABLE),
    CVI_TEXT(cv_publisher, location_state, CVI_QUERYABLE),
    CVI_TEXT(cv_publisher, name, CVI_QUERYABLE),
    CVI_TEXT(cv_publisher, site_detail_url, CVI_IN_LIST),
    CVI_LIST(cv_publisher, story_arcs, ref, 0),
    CVI_LIST(cv_publisher, teams, ref, 0),
    CVI_LIST(cv_publisher, volumes, ref, 0),
};

static CVI_DEFINE_SHAPE(shape, "publisher", cv_publisher, rows);

CVI_DEFINE_RESOURCE(publisher, CV_PUBLISHER, "publisher", "publishers", 4010, &shape);
