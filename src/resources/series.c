/* Owns the table of series. Constant; any thread. Sortable and filterable are the marks in the
 * service's documentation of /series_list. */
#include <comicvine/series.h>

#include "resources/registry.h"
#include "resources/table.h"

static const cvi_field rows[] = {
    CVI_TEXT(cv_series, aliases, CVI_IN_LIST),
    CVI_TEXT(cv_series, api_detail_url, CVI_IN_LIST),
    CVI_LIST(cv_series, character_credits, count_ref, 0),
    CVI_LIST(cv_series, characters, count_ref, 0),
    CVI_INT64(cv_series, count_of_episodes, CVI_IN_LIST),
    CVI_TEXT(cv_series, date_added, CVI_QUERYABLE),
    CVI_TEXT(cv_series, date_last_updated, CVI_QUERYABLE),
    CVI_TEXT(cv_series, deck, CVI_IN_LIST),
    CVI_TEXT(cv_series, description, CVI_IN_LIST),
    CVI_LIST(cv_series, episodes, episode_ref, 0),
    CVI_OBJECT(cv_series, first_episode, episode_apiref, CVI_IN_LIST),
    CVI_INT64(cv_series, id, CVI_QUERYABLE),
    CVI_OBJECT(cv_series, image, image, CVI_IN_LIST),
    CVI_OBJECT(cv_series, last_episode, episode_apiref, CVI_IN_LIST),
    CVI_LIST(cv_series, location_credits, count_ref, 0),
    CVI_TEXT(cv_series, name, CVI_QUERYABLE),
    CVI_OBJECT(cv_series, publisher, apiref, CVI_IN_LIST),
    CVI_TEXT(cv_series, site_detail_url, CVI_IN_LIST),
    CVI_TEXT(cv_series, start_year, CVI_IN_LIST),
};

static CVI_DEFINE_SHAPE(shape, "series", cv_series, rows);

CVI_DEFINE_RESOURCE(series, CV_SERIES, "series", "series_list", 4075, &shape);
