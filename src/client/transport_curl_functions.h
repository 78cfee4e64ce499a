/* libcurl as the built-in network sees it: a table of those of its functions that are used. Filled
 * in by the linker (transport_curl_linked.c), or by loading libcurl when the first request is to be
 * sent (transport_curl_loaded.c), as COMICVINE_CURL_LAZY says: linking to it costs a program 3 ms
 * and 6 MB, also one that finds all it wants in the cache. */
#ifndef CVI_CLIENT_TRANSPORT_CURL_FUNCTIONS_H
#define CVI_CLIENT_TRANSPORT_CURL_FUNCTIONS_H

#include <stdbool.h>

#include <curl/curl.h>

#include <comicvine/error.h>

/* Without the "curl_" that all of them begin with. */
#define CVI_CURL_FUNCTIONS(each)                                                                   \
    each(easy_cleanup);                                                                            \
    each(easy_getinfo);                                                                            \
    each(easy_init);                                                                               \
    each(easy_nextheader);                                                                         \
    each(easy_setopt);                                                                             \
    each(easy_strerror);                                                                           \
    each(free);                                                                                    \
    each(global_cleanup);                                                                          \
    each(global_init);                                                                             \
    each(multi_add_handle);                                                                        \
    each(multi_cleanup);                                                                           \
    each(multi_info_read);                                                                         \
    each(multi_init);                                                                              \
    each(multi_perform);                                                                           \
    each(multi_poll);                                                                              \
    each(multi_remove_handle);                                                                     \
    each(multi_setopt);                                                                            \
    each(multi_socket_action);                                                                     \
    each(multi_timeout);                                                                           \
    each(multi_wakeup);                                                                            \
    each(slist_append);                                                                            \
    each(slist_free_all);                                                                          \
    each(url);                                                                                     \
    each(url_cleanup);                                                                             \
    each(url_get);                                                                                 \
    each(url_set);                                                                                 \
    each(version_info)

/* Each of the type that curl.h declares. */
#define CVI_CURL_MEMBER(name) __typeof__(&curl_##name) name

typedef struct cvi_curl {
    CVI_CURL_FUNCTIONS(CVI_CURL_MEMBER);
} cvi_curl;

/* Fills in the table. False: CV_ERROR_NETWORK, as libcurl is not there or lacks a function, which
 * the next call may find. Any thread, but with no lock of ours held: the loader takes its own, and
 * another thread may hold that while it runs the constructors of a plug-in, which call us. */
bool cvi_curl_find(cvi_curl *curl, cv_error *error);

/* The same from the library of that name; in a build with COMICVINE_CURL_LAZY alone. */
bool cvi_curl_load(cvi_curl *curl, const char *library, cv_error *error);

#endif
