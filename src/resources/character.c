/* Owns the table of characters. Constant; any thread. Sortable and filterable are the marks in the
 * service's documentation of /characters. */
#include <comicvine/character.h>

#include "resources/registry.h"
#include "resources/table.h"

static const cvi_field rows[] = {
    CVI_TEXT(cv_character, aliases, CVI_IN_LIST),
    CVI_TEXT(cv_character, api_detail_url, CVI_IN_LIST),
    CVI_TEXT(cv_character, birth, CVI_IN_LIST),
    CVI_LIST(cv_character, character_enemies, ref, 0),
    CVI_LIST(cv_character, character_friends, ref, 0),
    CVI_INT64(cv_character, count_of_issue_appearances, CVI_IN_LIST),
    CVI_LIST(cv_character, creators, ref, 0),
    CVI_TEXT(cv_character, date_added, CVI_QUERYABLE),
    CVI_TEXT(cv_character, date_last_updated, CVI_QUERYABLE),
    CVI_TEXT(cv_character, deck, CVI_IN_LIST),
    CVI_TEXT(cv_character, description, CVI_IN_LIST),
    CVI_OBJECT(cv_character, first_appeared_in_issue, issue_apiref, CVI_IN_LIST),
    CVI_INT64(cv_character, gender, CVI_IN_LIST | CVI_FILTERABLE),
    CVI_INT64(cv_character, id, CVI_QUERYABLE),
    CVI_OBJECT(cv_character, image, image, CVI_IN_LIST),
    CVI_LIST(cv_character, issue_credits, ref, 0),
    CVI_LIST(cv_character, issues_died_in, ref, 0),
    CVI_LIST(cv_character, movies, ref, 0),
    CVI_TEXT(cv_character, name, CVI_QUERYABLE),
    CVI_OBJECT(cv_character, origin, apiref, CVI_IN_LIST),
    CVI_LIST(cv_character, powers, apiref, 0),
    CVI_OBJECT(cv_character, publisher, apiref, CVI_IN_LIST),
    CVI_TEXT(cv_character, real_name, CVI_IN_LIST),
    CVI_TEXT(cv_character, site_detail_url, CVI_IN_LIST),
    CVI_LIST(cv_character, story_arc_credits, ref, 0),
    CVI_LIST(cv_character, team_enemies, ref, 0),
    CVI_LIST(cv_character, team_friends, ref, 0),
    CVI_LIST(cv_character, teams, ref, 0),
    CVI_LIST(cv_character, volume_credits, ref, 0),
};

static CVI_DEFINE_SHAPE(shape, "character", cv_character, rows);

CVI_DEFINE_RESOURCE(character, CV_CHARACTER, "character", "characters", 4005, &shape);
