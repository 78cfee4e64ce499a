/* Owns the table of video types. Constant; any thread. The service documents nothing in the lists
 * as sortable or filterable. */
#include <comicvine/video_type.h>

#include "resources/registry.h"
#include "resources/table.h"

static const cvi_field rows[] = {
    CVI_TEXT(cv_video_type, api_detail_url, CVI_IN_LIST),
    CVI_TEXT(cv_video_type, site_detail_url, CVI_IN_LIST),
    CVI_TEXT(cv_video_type, deck, CVI_IN_LIST),
    CVI_INT64(cv_video_type, id, CVI_IN_LIST),
    CVI_TEXT(cv_video_type, name, CVI_IN_LIST),
};

static CVI_DEFINE_SHAPE(shape, "video_type", cv_video_type, rows);

CVI_DEFINE_RESOURCE(video_type, CV_VIDEO_TYPE, "video_type", "video_types", 2320, &shape);
