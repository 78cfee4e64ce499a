/* Events and log: what is going on, for programs that show it.
 *
 * Events tell of each call's way, in the order in which things happen, each once, the last of them
 * CV_EVENT_DONE. They are delivered where callbacks are: on the thread that is inside
 * cv_client_poll, or inside cv_request_wait or a blocking call for its own request, and inside
 * cv_client_close for what is left; with no lock held. Inside one, everything is allowed: free,
 * submit, cancel, wait, poll, close. Events of one request never run at the same time; those of
 * several do, if several threads are inside.
 *
 * The events of a request come before its callback. Freeing a request drops those that it still
 * has. Events that nobody takes are kept, up to 32 of one request, then the oldest goes; one that
 * says that a request waits takes the place of an undelivered one of the same request that said so
 * too. An event for which there is no memory is lost, but not CV_EVENT_DONE, and never the answer.
 *
 * The log tells of the same and more in lines for people, on whichever thread does the work. */
#ifndef COMICVINE_EVENT_H
#define COMICVINE_EVENT_H

#include <stdint.h>

#include <comicvine/error.h>
#include <comicvine/record.h>
#include <comicvine/resource.h>
#include <comicvine/version.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What an event tells of. */
typedef enum cv_event_kind {
    CV_EVENT_QUEUED = 1, /* the request has been handed over */
    CV_EVENT_HIT,        /* the cache has the answer, be it that there is no such object (`code`) */
    CV_EVENT_JOINED,     /* somebody asks for the same already, here or in another program; in the
                            same client all who are joined are told what follows, each of them */

    /* Not yet: `reason`, `until_ms`, `place`. Told when a wait begins, and again when its reason
     * changes, or its end by a tenth of a second or more. The end is that of the reason: whoever
     * has a place behind the first goes later than that, and is told so again at each turn. */
    CV_EVENT_WAITING,

    CV_EVENT_SENT,  /* a request leaves for the service, the `tries`th of this call */
    CV_EVENT_RETRY, /* `tries` of them have failed (`code`, `reason`), another follows */

    /* This call has made a pause begin for all: the service has asked for it, or has failed so
     * often that it is left in peace (`code`, `reason`). */
    CV_EVENT_COOLDOWN,

    CV_EVENT_STALE, /* an answer past its time to live is given, for want of a better one */
    CV_EVENT_DONE   /* the end, well or not (`code`, `reason`) */
} cv_event_kind;

struct cv_request;

/* Good for the time of the call, with all that it points to. What a kind has no use for is 0. */
typedef struct cv_event {
    cv_event_kind kind; /* what it tells of */
    cv_code code; /* RETRY, COOLDOWN: what went wrong; DONE, HIT: how the call ends; else CV_OK */

    /* The handle that the call was started with. That of a blocking call is the library's: it may
     * be cancelled, freeing it does no more than that, and after its CV_EVENT_DONE it is gone. NULL
     * in the two events of a blocking call that the cache answers at once. */
    struct cv_request *request;

    /* What is asked for; CV_RESOURCE_NONE: hits of a search, an image, or a request that was
     * refused for its arguments, of which CV_EVENT_DONE alone is told (nothing, if the call
     * blocks). */
    cv_resource resource;
    cv_source source;   /* HIT, STALE, and DONE with CV_OK, but of a request for many */
    int64_t id;         /* of the object; 0: a list, a search, or many at once */
    const char *path;   /* first segment of the path, the service's unit of limits: "issue"; of an
                           image its host; "" for arguments that were refused */
    int64_t at_ms;      /* when it happened; Unix time in milliseconds, as all moments here */
    int64_t until_ms;   /* WAITING, RETRY, COOLDOWN: until when, as far as known; 0: not known */
    int64_t delay_ms;   /* how long that is from `at_ms` */
    int64_t place;      /* WAITING: in this client's line, from 1; 0: not a matter of turns */
    int64_t tries;      /* SENT, RETRY */
    const char *reason; /* one line, "" if there is nothing to say; never holds the API key */
    int64_t reserved[8];
} cv_event;

/* A request for many tells of itself: queued and done; and all that happens to each list or object
 * that it asks the service for. What it finds in the cache id by id it does not tell, nor does a
 * cursor of pages that it fetches ahead, nor anybody of what is fetched behind a stale answer. */
typedef void cv_event_fn(const cv_event *event, void *user);

/* What a line of the log is about. A level includes those before it. */
typedef enum cv_log_level {
    CV_LOG_DEFAULT = 0, /* in cv_options: CV_LOG_INFO; no line has it */
    CV_LOG_ERROR,       /* nothing can be sent, or others cannot be told what they should know */
    CV_LOG_WARNING,     /* something failed that the library goes on without, or will try again */
    CV_LOG_INFO,        /* opening, answers of the service */
    CV_LOG_DEBUG        /* each request that leaves with its address, each wait */
} cv_log_level;

/* Takes one line, at most 511 bytes, without a line break; it never holds the API key. Called on
 * whichever thread does the library's work, the worker among them, by one at a time for each client
 * and with no lock held, a little after what it tells of: at the end of a turn, of opening, of
 * closing. Must only take the line: calls into the library are not allowed here. Of lines that come
 * faster than they are taken some are lost, which the log says then. */
typedef void cv_log_fn(cv_log_level level, const char *line, void *user);

/* "queued", "hit" and so on; "unknown" for what is none. Static text. Any thread. */
CV_API const char *cv_event_name(cv_event_kind kind);

#ifdef __cplusplus
}
#endif

#endif
