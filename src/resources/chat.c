/* Owns the table of chats. Constant; any thread. The service documents nothing in the lists as
 * sortable or filterable. */
#include <comicvine/chat.h>

#include "resources/registry.h"
#include "resources/table.h"

static const cvi_field rows[] = {
    CVI_TEXT(cv_chat, api_detail_url, CVI_IN_LIST),
    CVI_TEXT(cv_chat, channel_name, CVI_IN_LIST),
    CVI_TEXT(cv_chat, deck, CVI_IN_LIST),
    CVI_INT64(cv_chat, id, CVI_IN_LIST | CVI_MAY_LACK),
    CVI_OBJECT(cv_chat, image, image, CVI_IN_LIST),
    CVI_TEXT(cv_chat, password, CVI_IN_LIST),
    CVI_TEXT(cv_chat, site_detail_url, CVI_IN_LIST),
    CVI_TEXT(cv_chat, title, CVI_IN_LIST),
};

static CVI_DEFINE_SHAPE(shape, "chat", cv_chat, rows);

CVI_DEFINE_RESOURCE(chat, CV_CHAT, "chat", "chats", 2450, &shape);
