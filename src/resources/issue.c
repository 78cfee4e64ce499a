/* Owns the table of issues. Constant; any thread. Sortable and filterable are the marks in the
 * service's documentation of /issues. */
#include <comicvine/issue.h>

#include "resources/registry.h"
#include "resources/table.h"

static const cvi_field rows[] = {
    CVI_TEXT(cv_issue, aliases, CVI_IN_LIST | CVI_FILTERABLE),
    CVI_TEXT(cv_issue, api_detail_url, CVI_IN_LIST),
    CVI_LIST(cv_issue, associated_images, associated_image, CVI_IN_LIST),
    CVI_LIST(cv_issue, character_credits, ref, 0),
    CVI_LIST(cv_issue, character_died_in, ref, 0),
    CVI_LIST(cv_issue, characters_died_in, ref, 0),
    CVI_LIST(cv_issue, concept_credits, ref, 0),
    CVI_TEXT(cv_issue, cover_date, CVI_QUERYABLE),
    CVI_TEXT(cv_issue, date_added, CVI_QUERYABLE),
    CVI_TEXT(cv_issue, date_last_updated, CVI_QUERYABLE),
    CVI_TEXT(cv_issue, deck, CVI_IN_LIST),
    CVI_TEXT(cv_issue, description, CVI_IN_LIST),
    CVI_LIST(cv_issue, disbanded_teams, ref, 0),
    CVI_LIST(cv_issue, first_appearance_characters, ref, 0),
    CVI_LIST(cv_issue, first_appearance_concepts, ref, 0),
    CVI_LIST(cv_issue, first_appearance_locations, ref, 0),
    CVI_LIST(cv_issue, first_appearance_objects, ref, 0),
    CVI_LIST(cv_issue, first_appearance_storyarcs, ref, 0),
    CVI_LIST(cv_issue, first_appearance_teams, ref, 0),
    CVI_OBJECT(cv_issue, has_staff_review, ref, CVI_IN_LIST),
    CVI_INT64(cv_issue, id, CVI_QUERYABLE),
    CVI_OBJECT(cv_issue, image, image, CVI_IN_LIST),
    CVI_TEXT(cv_issue, issue_number, CVI_QUERYABLE),
    CVI_LIST(cv_issue, location_credits, ref, 0),
    CVI_TEXT(cv_issue, name, CVI_QUERYABLE),
    CVI_LIST(cv_issue, object_credits, ref, 0),
    CVI_LIST(cv_issue, person_credits, person_credit, 0),
    CVI_TEXT(cv_issue, site_detail_url, CVI_IN_LIST),
    CVI_TEXT(cv_issue, store_date, CVI_QUERYABLE),
    CVI_LIST(cv_issue, story_arc_credits, ref, 0),
    CVI_LIST(cv_issue, team_credits, ref, 0),
    CVI_LIST(cv_issue, team_disbanded_in, ref, 0),
    CVI_LIST(cv_issue, teams_disbanded_in, ref, 0),
    CVI_OBJECT(cv_issue, volume, ref, CVI_IN_LIST | CVI_FILTERABLE | CVI_BY_ID),
};

static CVI_DEFINE_SHAPE(shape, "issue", cv_issue, rows);

CVI_DEFINE_RESOURCE(issue, CV_ISSUE, "issue", "issues", 4000, &shape, .old_type_id = 37);
