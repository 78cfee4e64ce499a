/* What can be said about one call: who waits for it, what is asked for, how long it may take. */
#ifndef COMICVINE_QUERY_H
#define COMICVINE_QUERY_H

#include <stddef.h>
#include <stdint.h>

#include <comicvine/version.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CV_NONE         (-1)      /* in any time or count: off */
#define CV_NO_WAIT      (-1)      /* in max_wait_ms: fail at once when there is no quota */
#define CV_WAIT_FOREVER INT64_MAX /* in max_wait_ms: however long it takes */
#define CV_NO_INTERVAL  (-1)      /* in min_interval_ms: for one's own mirror */

/* Users are served before the background. */
typedef enum cv_priority { CV_PRIORITY_BACKGROUND = 0, CV_PRIORITY_USER = 1 } cv_priority;

/* Where an answer may come from. */
typedef enum cv_mode {
    CV_MODE_DEFAULT = 0, /* the cache if fresh, else the service */
    CV_MODE_CACHE_ONLY,  /* never a packet: CV_ERROR_NOT_CACHED if the cache has nothing, not even a
                            stale answer */
    CV_MODE_REFRESH      /* one admitted request, whatever the cache holds; the answer is stored */
} cv_mode;

/* What an answer in the cache is good for once it is past its time to live, or older than a call's
 * max_age_s, and until stale_s after that. Where it is given it is marked: CV_SOURCE_STALE, with
 * its age and the reason (cv_stale_note).
 *
 * It stands in for CV_ERROR_NETWORK, _TIMEOUT, _SERVER, _RESPONSE, _BLOCKED and _RATE_LIMITED (a
 * wait for quota beyond max_wait_ms too), for _NOT_CACHED in CV_MODE_CACHE_ONLY, and when a
 * deadline passes; never for any other error. That there is no such object is never said from a
 * stale answer.
 *
 * CV_STALE_IF_ERROR gives it when the error would have come: after the retries, and after waits for
 * room of up to max_wait_ms. While the service is known to fail or to block nobody waits who can
 * have it. Set deadline_ms for those who want it sooner still.
 *
 * What CV_STALE_WHILE_REVALIDATE fetches behind the answer ends with the client: cv_client_close
 * does not wait for it, so a program that closes at once never gets anything newer this way. In
 * CV_DRIVE_POLL later polls and waits fetch it. After a failure it is not tried again at once. */
typedef enum cv_stale {
    CV_STALE_DEFAULT =
        0,             /* in cv_cache_settings: CV_STALE_IF_ERROR. Of a call: what the client has,
                          but for CV_MODE_REFRESH, which asks for the service: CV_STALE_NEVER */
    CV_STALE_NEVER,    /* the error instead */
    CV_STALE_IF_ERROR, /* where the call would fail */
    CV_STALE_WHILE_REVALIDATE /* at once, and it is fetched anew behind it, at background priority,
                                 by one program at a time; in CV_MODE_DEFAULT */
} cv_stale;

/* Options of one call. Start from CV_REQUEST_OPTIONS_INIT; a member of 0 or NULL has its default
 * (but priority: 0 is the background). Only read during the call that takes it. */
typedef struct cv_request_options {
    size_t size;
    cv_priority priority; /* who goes first */

    /* For a retrieve: names joined by commas, blanks around them not counted, at most 2 048 bytes,
     * NULL: all; `id` is always added. A list has its fields in its cv_query. */
    const char *fields;

    cv_mode mode;        /* where the answer may come from */
    int64_t max_wait_ms; /* longest wait for quota; 0: the client's; CV_NO_WAIT, CV_WAIT_FOREVER */

    /* For the whole call, from now; 0: none. When it passes the call ends with CV_ERROR_TIMEOUT, or
     * with CV_ERROR_STORE if all that it waited for was a locked database; or with a stale answer
     * in place of either. */
    int64_t deadline_ms;

    /* Not 0: names in `fields` that this version does not know pass, for what the service has added
     * since. Such members are read with cv_record_raw. */
    int64_t allow_unknown;

    /* Seconds: what the cache has had for longer is not fresh for this call, whatever its time to
     * live; 0: no such bound. */
    int64_t max_age_s;

    cv_stale stale; /* what stale answers are good for */
    int64_t reserved[5];
} cv_request_options;

/* clang-format off */
#define CV_REQUEST_OPTIONS_INIT                                                                    \
    {sizeof(cv_request_options), CV_PRIORITY_USER, NULL, CV_MODE_DEFAULT, 0, 0, 0, 0,              \
     CV_STALE_DEFAULT, {0}}
/* clang-format on */

/* Which part of a list is wanted, in the service's own syntax. Names are checked against the
 * resource before anything is sent; the error names the nearest one that there is. Blanks around
 * names do not count: "id, name" is "id,name". Values are escaped for the URL and keep their
 * blanks; numbers and ids must be bare ones ("volume:796", not "volume:4050-796"). In a filter a
 * comma begins the next field: a value that holds one (see cv_filter_add) cannot be asked for.
 * Texts have at most 2 048 bytes each. Only read during the call that takes it. */
typedef struct cv_query {
    size_t size;
    const char *fields; /* "id,name"; NULL: all. `id` is always added */
    const char *filter; /* "name:Lamplighter,volume:796", dates as "start|end"; NULL: none */
    const char *sort;   /* "cover_date:desc"; NULL: the service's order */
    int64_t limit;      /* page size, 1 to 100; 0: the service's default, 100 */
    int64_t offset;     /* matches to skip */

    /* Not 0: names in `fields`, `filter` and `sort` that this version does not know, or not for
     * that use, pass: letters, digits and "_". */
    int64_t allow_unknown;

    /* For videos alone, on any other list CV_ERROR_ARGUMENT; NULL: not sent. The service documents
     * the two without saying what they take, so that a value is sent as it is. */
    const char *subscriber_only; /* whether videos for subscribers are wanted: "1" */
    const char *video_type;      /* kind of video, by its number it seems: "8" */

    int64_t reserved[5];
} cv_query;

/* clang-format off */
#define CV_QUERY_INIT                                                                              \
    {sizeof(cv_query), NULL, NULL, NULL, 0, 0, 0, NULL, NULL, {0}}
/* clang-format on */

/* What is searched for, across resources. Names are checked before anything is sent; the error
 * names the nearest one that there is. Blanks around names do not count. Texts have at most 2 048
 * bytes each. Only read during the call that takes it. */
typedef struct cv_search_query {
    size_t size;
    const char *query; /* the words, needed */

    /* Detail paths or list paths joined by commas, "issue,volumes"; NULL: all. The service searches
     * character, concept, episode, issue, location, object, origin, person, publisher, series,
     * story_arc, team, video and volume. */
    const char *resources;

    /* As in cv_query, of any of `resources` (NULL: of any that is searched); `id` and the type are
     * always added. */
    const char *fields;

    int64_t limit; /* page size, 1 to 100; 0: the service's default, 10. It may give less */
    int64_t page;  /* number of the page, from 1; 0: the first */

    /* Not 0: names in `resources` and `fields` that this version does not know, or not for that
     * use, pass: letters, digits and "_". */
    int64_t allow_unknown;

    const char *subscriber_only; /* as in cv_query; NULL: not sent */

    int64_t reserved[6];
} cv_search_query;

/* clang-format off */
#define CV_SEARCH_QUERY_INIT                                                                       \
    {sizeof(cv_search_query), NULL, NULL, NULL, 0, 0, 0, NULL, {0}}
/* clang-format on */

#ifdef __cplusplus
}
#endif

#endif
