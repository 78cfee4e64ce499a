/* Owns the table of teams. Constant; any thread. Sortable and filterable are the marks in the
 * service's documentation of /teams. */
#include <comicvine/team.h>

#include "resources/registry.h"
#include "resources/table.h"

static const cvi_field rows[] = {
    CVI_TEXT(cv_team, aliases, CVI_IN_LIST | CVI_FILTERABLE),
    CVI_TEXT(cv_team, api_detail_url, CVI_IN_LIST),
    CVI_LIST(cv_team, character_enemies, ref, 0),
    CVI_LIST(cv_team, character_friends, ref, 0),
    CVI_LIST(cv_team, characters, ref, 0),
    CVI_INT64_AS(cv_team, count_of_issue_appearances, "count_of_isssue_appearances", CVI_IN_LIST),
    CVI_INT64(cv_team, count_of_team_members, CVI_IN_LIST),
    CVI_TEXT(cv_team, date_added, CVI_QUERYABLE),
    CVI_TEXT(cv_team, date_last_updated, CVI_QUERYABLE),
    CVI_TEXT(cv_team, deck, CVI_IN_LIST),
    CVI_TEXT(cv_team, description, CVI_IN_LIST),
    CVI_LIST(cv_team, disbanded_in_issues, ref, 0),
    CVI_OBJECT(cv_team, first_appeared_in_issue, issue_apiref, CVI_IN_LIST),
    CVI_INT64(cv_team, id, CVI_QUERYABLE),
    CVI_OBJECT(cv_team, image, image, CVI_IN_LIST),
    CVI_LIST_AS(cv_team, issues_disbanded_in, ref, "isssues_disbanded_in", 0),
    CVI_LIST(cv_team, issue_credits, ref, 0),
    CVI_LIST(cv_team, movies, ref, 0),
    CVI_TEXT(cv_team, name, CVI_QUERYABLE),
    CVI_OBJECT(cv_team, publisher, apiref, CVI_IN_LIST),
    CVI_TEXT(cv_team, site_detail_url, CVI_IN_LIST),
    CVI_LIST(cv_team, story_arc_credits, ref, 0),
    CVI_LIST(cv_team, volume_credits, ref, 0),
};

static CVI_DEFINE_SHAPE(shape, "team", cv_team, rows);

CVI_DEFINE_RESOURCE(team, CV_TEAM, "team", "teams", 4060, &shape);
