/* Owns the table of episodes. Constant; any thread. Sortable and filterable are the marks in the
 * service's documentation of /episodes. */
#include <comicvine/episode.h>

#include "resources/registry.h"
#include "resources/table.h"

static const cvi_field rows[] = {
    CVI_TEXT(cv_episode, air_date, CVI_QUERYABLE),
    CVI_TEXT(cv_episode, aliases, CVI_IN_LIST | CVI_FILTERABLE),
    CVI_TEXT(cv_episode, api_detail_url, CVI_IN_LIST),
    CVI_LIST(cv_episode, character_credits, ref, 0),
    CVI_LIST(cv_episode, character_died_in, ref, 0),
    CVI_LIST(cv_episode, characters_died_in, ref, 0),
    CVI_LIST(cv_episode, concept_credits, ref, 0),
    CVI_TEXT(cv_episode, date_added, CVI_QUERYABLE),
    CVI_TEXT(cv_episode, date_last_updated, CVI_QUERYABLE),
    CVI_TEXT(cv_episode, deck, CVI_IN_LIST),
    CVI_TEXT(cv_episode, description, CVI_IN_LIST),
    CVI_TEXT(cv_episode, episode_number, CVI_IN_LIST),
    CVI_LIST(cv_episode, first_appearance_characters, ref, 0),
    CVI_LIST(cv_episode, first_appearance_concepts, ref, 0),
    CVI_LIST(cv_episode, first_appearance_locations, ref, 0),
    CVI_LIST(cv_episode, first_appearance_objects, ref, 0),
    CVI_LIST(cv_episode, first_appearance_storyarcs, ref, 0),
    CVI_LIST(cv_episode, first_appearance_teams, ref, 0),
    CVI_OBJECT(cv_episode, has_staff_review, ref, CVI_IN_LIST),
    CVI_INT64(cv_episode, id, CVI_QUERYABLE),
    CVI_OBJECT(cv_episode, image, image, CVI_IN_LIST),
    CVI_TEXT(cv_episode, issue_number, CVI_IN_LIST),
    CVI_LIST(cv_episode, location_credits, ref, 0),
    CVI_TEXT(cv_episode, name, CVI_QUERYABLE),
    CVI_LIST(cv_episode, object_credits, ref, 0),
    CVI_LIST(cv_episode, person_credits, person_credit, 0),
    CVI_OBJECT(cv_episode, series, ref, CVI_IN_LIST | CVI_FILTERABLE | CVI_BY_ID),
    CVI_TEXT(cv_episode, site_detail_url, CVI_IN_LIST),
    CVI_LIST(cv_episode, story_arc_credits, ref, 0),
    CVI_LIST(cv_episode, team_credits, ref, 0),
};

static CVI_DEFINE_SHAPE(shape, "episode", cv_episode, rows);

CVI_DEFINE_RESOURCE(episode, CV_EPISODE, "episode", "episodes", 4070, &shape);
