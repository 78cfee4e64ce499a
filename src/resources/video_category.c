/* Owns the table of video categories. Constant; any thread. The service documents nothing in the
 * lists as sortable or filterable. */
#include <comicvine/video_category.h>

#include "resources/registry.h"
#include "resources/table.h"

static const cvi_field rows[] = {
    CVI_TEXT(cv_video_category, api_detail_url, CVI_IN_LIST),
    CVI_TEXT(cv_video_category, site_detail_url, CVI_IN_LIST),
    CVI_TEXT(cv_video_category, deck, CVI_IN_LIST),
    CVI_INT64(cv_video_category, id, CVI_IN_LIST),
    CVI_TEXT(cv_video_category, name, CVI_IN_LIST),
    CVI_OBJECT(cv_video_category, image, image, CVI_IN_LIST),
};

static CVI_DEFINE_SHAPE(shape, "video_category", cv_video_category, rows);

CVI_DEFINE_RESOURCE(video_category, CV_VIDEO_CATEGORY, "video_category", "video_categories", 2320,
                    &shape);
