/* Owns the table of volumes. Constant; any thread. Sortable and filterable are the marks in the
 * service's documentation of /volumes. */
#include <comicvine/volume.h>

#include "resources/registry.h"
#include "resources/table.h"

static const cvi_field rows[] = {
    CVI_TEXT(cv_volume, aliases, CVI_IN_LIST),
    CVI_TEXT(cv_volume, api_detail_url, CVI_IN_LIST),
    CVI_LIST(cv_volume, character_credits, count_ref, 0),
    CVI_LIST(cv_volume, characters, count_ref, 0),
    CVI_LIST(cv_volume, concept_credits, count_ref, 0),
    CVI_LIST(cv_volume, concepts, count_ref, 0),
    CVI_INT64(cv_volume, count_of_issues, CVI_IN_LIST),
    CVI_TEXT(cv_volume, date_added, CVI_QUERYABLE),
    CVI_TEXT(cv_volume, date_last_updated, CVI_QUERYABLE),
    CVI_TEXT(cv_volume, deck, CVI_IN_LIST),
    CVI_TEXT(cv_volume, description, CVI_IN_LIST),
    CVI_OBJECT(cv_volume, first_issue, issue_apiref, CVI_IN_LIST),
    CVI_INT64(cv_volume, id, CVI_QUERYABLE),
    CVI_OBJECT(cv_volume, image, image, CVI_IN_LIST),
    CVI_LIST(cv_volume, issues, issue_ref, 0),
    CVI_OBJECT(cv_volume, last_issue, issue_apiref, CVI_IN_LIST),
    CVI_LIST(cv_volume, location_credits, count_ref, 0),
    CVI_LIST(cv_volume, locations, count_ref, 0),
    CVI_TEXT(cv_volume, name, CVI_QUERYABLE),
    CVI_LIST(cv_volume, object_credits, count_ref, 0),
    CVI_LIST(cv_volume, objects, count_ref, 0),
    CVI_LIST(cv_volume, people, count_ref, 0),
    CVI_LIST(cv_volume, person_credits, count_ref, 0),
    CVI_OBJECT(cv_volume, publisher, apiref, CVI_IN_LIST),
    CVI_TEXT(cv_volume, site_detail_url, CVI_IN_LIST),
    CVI_TEXT(cv_volume, start_year, CVI_IN_LIST),
    CVI_LIST(cv_volume, team_credits, count_ref, 0),
};

static CVI_DEFINE_SHAPE(shape, "volume", cv_volume, rows);

CVI_DEFINE_RESOURCE(volume, CV_VOLUME, "volume", "volumes", 4050, &shape, .old_type_id = 49);
