/* Owns the table of promos. Constant; any thread. Sortable and filterable are the marks in the
 * service's documentation of /promos. */
#include <comicvine/promo.h>

#include "resources/registry.h"
#include "resources/table.h"

static const cvi_field rows[] = {
    CVI_TEXT(cv_promo, api_detail_url, CVI_IN_LIST),
    CVI_TEXT(cv_promo, date_added, CVI_QUERYABLE),
    CVI_TEXT(cv_promo, deck, CVI_IN_LIST),
    CVI_TEXT(cv_promo, guid, CVI_IN_LIST),
    CVI_INT64(cv_promo, id, CVI_QUERYABLE),
    CVI_OBJECT(cv_promo, image, image, CVI_IN_LIST),
    CVI_TEXT(cv_promo, link, CVI_IN_LIST),
    CVI_TEXT(cv_promo, name, CVI_QUERYABLE),
    CVI_TEXT(cv_promo, resource_type, CVI_IN_LIST),
    CVI_TEXT(cv_promo, user, CVI_IN_LIST),
};

static CVI_DEFINE_SHAPE(shape, "promo", cv_promo, rows);

CVI_DEFINE_RESOURCE(promo, CV_PROMO, "promo", "promos", 1700, &shape);
