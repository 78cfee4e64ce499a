/* Owns the table of people. Constant; any thread. Sortable and filterable are the marks in the
 * service's documentation of /people. */
#include <comicvine/person.h>

#include "resources/registry.h"
#include "resources/table.h"

static const cvi_field rows[] = {
    CVI_TEXT(cv_person, aliases, CVI_IN_LIST | CVI_FILTERABLE),
    CVI_TEXT(cv_person, api_detail_url, CVI_IN_LIST),
    CVI_TEXT(cv_person, birth, CVI_QUERYABLE),
    CVI_INT64_AS(cv_person, count_of_issue_appearances, "count_of_isssue_appearances", CVI_IN_LIST),
    CVI_TEXT(cv_person, country, CVI_QUERYABLE),
    CVI_LIST(cv_person, created_characters, ref, 0),
    CVI_TEXT(cv_person, date_added, CVI_QUERYABLE),
    CVI_TEXT(cv_person, date_last_updated, CVI_QUERYABLE),
    CVI_OBJECT(cv_person, death, date_object, CVI_QUERYABLE),
    CVI_TEXT(cv_person, deck, CVI_IN_LIST),
    CVI_TEXT(cv_person, description, CVI_IN_LIST),
    CVI_TEXT(cv_person, email, CVI_IN_LIST),
    CVI_INT64(cv_person, gender, CVI_QUERYABLE),
    CVI_TEXT(cv_person, hometown, CVI_QUERYABLE),
    CVI_INT64(cv_person, id, CVI_QUERYABLE),
    CVI_OBJECT(cv_person, image, image, CVI_IN_LIST),
    CVI_LIST(cv_person, issue_credits, ref, 0),
    CVI_LIST(cv_person, issues, ref, 0),
    CVI_TEXT(cv_person, name, CVI_QUERYABLE),
    CVI_TEXT(cv_person, site_detail_url, CVI_IN_LIST),
    CVI_LIST(cv_person, story_arc_credits, ref, 0),
    CVI_LIST(cv_person, volume_credits, ref, 0),
    CVI_TEXT(cv_person, website, CVI_IN_LIST),
};

static CVI_DEFINE_SHAPE(shape, "person", cv_person, rows);

CVI_DEFINE_RESOURCE(person, CV_PERSON, "person", "people", 4040, &shape);
