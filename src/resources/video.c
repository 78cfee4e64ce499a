/* Owns the table of videos. Constant; any thread. Sortable and filterable are the marks in the
 * service's documentation of /videos. */
#include <comicvine/video.h>

#include "resources/registry.h"
#include "resources/table.h"

static const cvi_field rows[] = {
    CVI_TEXT(cv_video, api_detail_url, CVI_IN_LIST),
    CVI_TEXT(cv_video, deck, CVI_IN_LIST),
    CVI_TEXT(cv_video, embed_player, CVI_IN_LIST),
    CVI_TEXT(cv_video, guid, CVI_IN_LIST),
    CVI_INT64(cv_video, id, CVI_QUERYABLE),
    CVI_INT64(cv_video, length_seconds, CVI_QUERYABLE),
    CVI_TEXT(cv_video, name, CVI_QUERYABLE),
    CVI_BOOL(cv_video, premium, CVI_IN_LIST),
    CVI_TEXT(cv_video, publish_date, CVI_QUERYABLE),
    CVI_TEXT(cv_video, site_detail_url, CVI_IN_LIST),
    CVI_OBJECT(cv_video, image, image, CVI_IN_LIST),
    CVI_TEXT(cv_video, user, CVI_QUERYABLE),
    CVI_TEXT(cv_video, hosts, CVI_IN_LIST),
    CVI_TEXT(cv_video, crew, CVI_IN_LIST),
    CVI_TEXT(cv_video, video_type, CVI_IN_LIST),
    CVI_OBJECT(cv_video, video_show, ref, CVI_IN_LIST),
    CVI_LIST(cv_video, video_categories, ref, CVI_IN_LIST),
    CVI_TEXT(cv_video, saved_time, CVI_IN_LIST),
    CVI_TEXT(cv_video, youtube_id, CVI_IN_LIST),
    CVI_TEXT(cv_video, low_url, CVI_IN_LIST),
    CVI_TEXT(cv_video, high_url, CVI_IN_LIST),
    CVI_TEXT(cv_video, url, CVI_IN_LIST),
    CVI_TEXT(cv_video, hd_url, CVI_IN_LIST),
};

static const char *const extras[] = {"subscriber_only", "video_type", NULL};

static CVI_DEFINE_SHAPE(shape, "video", cv_video, rows);

CVI_DEFINE_RESOURCE(video, CV_VIDEO, "video", "videos", 2300, &shape, .extras = extras);
