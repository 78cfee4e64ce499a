/* Owns the table of story arcs. Constant; any thread. Sortable and filterable are the marks in the
 * service's documentation of /story_arcs. */
#include <comicvine/story_arc.h>

#include "resources/registry.h"
#include "resources/table.h"

static const cvi_field rows[] = {
    CVI_TEXT(cv_story_arc, aliases, CVI_IN_LIST | CVI_FILTERABLE),
    CVI_TEXT(cv_story_arc, api_detail_url, CVI_IN_LIST),
    CVI_INT64_AS(cv_story_arc, count_of_issue_appearances, "count_of_isssue_appearances",
                 CVI_IN_LIST),
    CVI_TEXT(cv_story_arc, date_added, CVI_QUERYABLE),
    CVI_TEXT(cv_story_arc, date_last_updated, CVI_QUERYABLE),
    CVI_TEXT(cv_story_arc, deck, CVI_IN_LIST),
    CVI_TEXT(cv_story_arc, description, CVI_IN_LIST),
    CVI_LIST(cv_story_arc, episodes, ref, 0),
    CVI_OBJECT(cv_story_arc, first_appeared_in_episode, episode_apiref, CVI_IN_LIST),
    CVI_OBJECT(cv_story_arc, first_appeared_in_issue, issue_apiref, CVI_IN_LIST),
    CVI_INT64(cv_story_arc, id, CVI_QUERYABLE),
    CVI_OBJECT(cv_story_arc, image, image, CVI_IN_LIST),
    CVI_LIST(cv_story_arc, issues, ref, 0),
    CVI_LIST(cv_story_arc, movies, ref, 0),
    CVI_TEXT(cv_story_arc, name, CVI_QUERYABLE),
    CVI_OBJECT(cv_story_arc, publisher, ref, CVI_IN_LIST),
    CVI_TEXT(cv_story_arc, site_detail_url, CVI_IN_LIST),
};

static CVI_DEFINE_SHAPE(shape, "story_arc", cv_story_arc, rows);

CVI_DEFINE_RESOURCE(story_arc, CV_STORY_ARC, "story_arc", "story_arcs", 4045, &shape);
