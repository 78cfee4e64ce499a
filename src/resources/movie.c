/* Owns the table of movies. Constant; any thread. Sortable and filterable are the marks in the
 * service's documentation of /movies. */
#include <comicvine/movie.h>

#include "resources/registry.h"
#include "resources/table.h"

static const cvi_field rows[] = {
    CVI_TEXT(cv_movie, api_detail_url, CVI_IN_LIST),
    CVI_TEXT(cv_movie, box_office_revenue, CVI_IN_LIST | CVI_SORTABLE),
    CVI_TEXT(cv_movie, budget, CVI_IN_LIST | CVI_SORTABLE),
    CVI_LIST(cv_movie, characters, ref, 0),
    CVI_LIST(cv_movie, concepts, ref, 0),
    CVI_TEXT(cv_movie, date_added, CVI_QUERYABLE),
    CVI_TEXT(cv_movie, date_last_updated, CVI_QUERYABLE),
    CVI_TEXT(cv_movie, deck, CVI_IN_LIST),
    CVI_TEXT(cv_movie, description, CVI_IN_LIST),
    CVI_TEXT(cv_movie, distributor, CVI_IN_LIST),
    CVI_OBJECT(cv_movie, has_staff_review, ref, CVI_IN_LIST | CVI_FILTERABLE),
    CVI_INT64(cv_movie, id, CVI_QUERYABLE),
    CVI_OBJECT(cv_movie, image, image, CVI_IN_LIST),
    CVI_LIST(cv_movie, locations, ref, 0),
    CVI_TEXT(cv_movie, name, CVI_QUERYABLE),
    CVI_LIST(cv_movie, objects, ref, 0),
    CVI_LIST(cv_movie, producers, ref, CVI_IN_LIST),
    CVI_TEXT(cv_movie, rating, CVI_QUERYABLE),
    CVI_TEXT(cv_movie, release_date, CVI_QUERYABLE),
    CVI_TEXT(cv_movie, runtime, CVI_IN_LIST),
    CVI_TEXT(cv_movie, site_detail_url, CVI_IN_LIST),
    CVI_LIST(cv_movie, studios, ref, CVI_IN_LIST),
    CVI_LIST(cv_movie, teams, ref, 0),
    CVI_LIST(cv_movie, things, ref, 0),
    CVI_TEXT(cv_movie, total_revenue, CVI_IN_LIST | CVI_SORTABLE),
    CVI_LIST(cv_movie, writers, ref, CVI_IN_LIST),
};

static CVI_DEFINE_SHAPE(shape, "movie", cv_movie, rows);

CVI_DEFINE_RESOURCE(movie, CV_MOVIE, "movie", "movies", 4025, &shape);
