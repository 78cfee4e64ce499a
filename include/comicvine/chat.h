/* Chats: live broadcasts on the service's site, by id or as a list. The service documents them; no
 * answer was seen, and the type id is not the service's own word.
 *
 * Source of every member: the service's answer to /chat/2450-ID and /chats, under the same name.
 */
#ifndef COMICVINE_CHAT_H
#define COMICVINE_CHAT_H

#include <comicvine/client.h>
#include <comicvine/cursor.h>
#include <comicvine/query.h>
#include <comicvine/record.h>
#include <comicvine/request.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A chat; all that it points to belongs to it. Free it with cv_chat_free. */
typedef struct cv_chat {
    cv_record record;

    /* In details and lists alike. */
    int64_t id;               /* number of the chat; not documented, 0 if the service sends none */
    const char *title;        /* headline */
    const char *channel_name; /* name of the channel */
    const char *deck;         /* summary in a sentence or two, plain text */
    const cv_image *image;    /* picture */
    const char *password;     /* what the channel asks for; NULL: nothing */
    const char *api_detail_url;  /* this record's address in the API */
    const char *site_detail_url; /* page for people */
} cv_chat;

/* One page of a list of chats; see cv_page for the members. */
typedef struct cv_chat_page {
    const cv_chat *const *items;
    size_t count;
    int64_t limit;
    int64_t offset;
    int64_t total;
    cv_source source;
    int64_t fetched_at_ms;
    int64_t expires_at_ms;
    const cv_stale_note *stale;
    int64_t reserved[7];
} cv_chat_page;

/* The functions of every resource: issue.h says what they do, how long they block and who frees. */
CV_API const cv_chat *cv_chat_retrieve(cv_client *client, int64_t id, cv_priority priority);
CV_API const cv_chat *cv_chat_retrieve_with(cv_client *client, int64_t id,
                                            const cv_request_options *options);
CV_API const cv_chat_page *cv_chat_list(cv_client *client, const cv_query *query,
                                        cv_priority priority);
CV_API const cv_chat *cv_chat_take(cv_request *request);
CV_API const cv_chat_page *cv_chat_page_take(cv_request *request);
CV_API const cv_chat *cv_chat_next(cv_cursor *cursor);
CV_API void cv_chat_free(const cv_chat *record);
CV_API void cv_chat_page_free(const cv_chat_page *page);

#ifdef __cplusplus
}
#endif

#endif
