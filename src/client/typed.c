/* Owns the typed functions of every resource in the registry: one line there makes all of them. A
 * typed struct begins with the record, and a typed page is laid out like cv_page, so each function
 * is the general one under a name that the compiler can check. */
#include <comicvine.h>

#include "client/calls.h"
#include "client/cursor.h"
#include "client/request_start.h"

#define CVI_LIST_RESOURCE(name, NAME)                                                              \
    const cv_##name##_page *cv_##name##_list(cv_client *client, const cv_query *query,             \
                                             cv_priority priority) {                               \
        return (const cv_##name##_page *)cv_list(client, CV_##NAME, query, priority);              \
    }                                                                                              \
    const cv_##name##_page *cv_##name##_page_take(cv_request *request) {                           \
        return (const cv_##name##_page *)cvi_request_take_page(request, CV_##NAME);                \
    }                                                                                              \
    const cv_##name *cv_##name##_next(cv_cursor *cursor) {                                         \
        return (const cv_##name *)cvi_cursor_next_of(cursor, CV_##NAME);                           \
    }                                                                                              \
    void cv_##name##_page_free(const cv_##name##_page *page) {                                     \
        cv_page_free((const cv_page *)page);                                                       \
    }

#define CVI_RESOURCE(name, NAME)                                                                   \
    const cv_##name *cv_##name##_retrieve(cv_client *client, int64_t id, cv_priority priority) {   \
        return (const cv_##name *)cv_retrieve(client, CV_##NAME, id, priority);                    \
    }                                                                                              \
    const cv_##name *cv_##name##_retrieve_with(cv_client *client, int64_t id,                      \
                                               const cv_request_options *options) {                \
        return (const cv_##name *)cvi_fetch_record(client, CV_##NAME, id, options);                \
    }                                                                                              \
    const cv_##name *cv_##name##_take(cv_request *request) {                                       \
        return (const cv_##name *)cvi_request_take_record(request, CV_##NAME);                     \
    }                                                                                              \
    void cv_##name##_free(const cv_##name *record) {                                               \
        cv_record_free((const cv_record *)record);                                                 \
    }                                                                                              \
    CVI_LIST_RESOURCE(name, NAME)

#include "resources/resources.def"
