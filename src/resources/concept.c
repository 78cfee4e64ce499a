/* Owns the table of concepts. Constant; any thread. Sortable and filterable are the marks in the
 * service's documentation of /concepts. */
#include <comicvine/concept.h>

#include "resources/registry.h"
#include "resources/table.h"

static const cvi_field rows[] = {
    CVI_TEXT(cv_concept, aliases, CVI_IN_LIST | CVI_FILTERABLE),
    CVI_TEXT(cv_concept, api_detail_url, CVI_IN_LIST),
    CVI_INT64_AS(cv_concept, count_of_issue_appearances, "count_of_isssue_appearances",
                 CVI_IN_LIST),
    CVI_TEXT(cv_concept, date_added, CVI_QUERYABLE),
    CVI_TEXT(cv_concept, date_last_updated, CVI_QUERYABLE),
    CVI_TEXT(cv_concept, deck, CVI_IN_LIST),
    CVI_TEXT(cv_concept, description, CVI_IN_LIST),
    CVI_OBJECT(cv_concept, first_appeared_in_issue, issue_apiref, CVI_IN_LIST),
    CVI_INT64(cv_concept, id, CVI_QUERYABLE),
    CVI_OBJECT(cv_concept, image, image, CVI_IN_LIST),
    CVI_LIST(cv_concept, issue_credits, ref, 0),
    CVI_LIST(cv_concept, movies, ref, 0),
    CVI_TEXT(cv_concept, name, CVI_QUERYABLE),
    CVI_TEXT(cv_concept, site_detail_url, CVI_IN_LIST),
    CVI_TEXT(cv_concept, start_year, CVI_IN_LIST),
    CVI_LIST(cv_concept, volume_credits, ref, 0),
};

static CVI_DEFINE_SHAPE(shape, "concept", cv_concept, rows);

CVI_DEFINE_RESOURCE(concept, CV_CONCEPT, "concept", "concepts", 4015, &shape);
