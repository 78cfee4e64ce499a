/* What happens to requests, on its way to the application's on_event. */
#ifndef CVI_CLIENT_EVENTS_H
#define CVI_CLIENT_EVENTS_H

#include "client/client.h"

/* Sees to it that a new request will be able to tell of its end. False without memory. */
bool cvi_events_prepare(cv_request *request);

/* Queues an event of a request and wakes those who would deliver it; `event` need only hold what
 * its kind has use for. Does nothing for a request that does not tell or has been freed. */
void cvi_events_tell_locked(cv_request *request, const cv_event *event);

/* The same for what an outcome means: that it came from the cache, say, and that this is the end.
 */
void cvi_events_tell_end_locked(cv_request *request, const cvi_outcome *outcome);

/* The engine's way to tell; only used if the client tells at all. The driver. */
void cvi_events_tell(void *user, cvi_passenger *passenger, const cv_event *event);

/* The outcome of a part of a request for many. The driver. */
struct cvi_part;
void cvi_events_tell_part(cv_client *client, const struct cvi_part *part,
                          const cvi_outcome *outcome);

/* Tells at once of a call that became no request: the cache has answered it. No lock is held. */
void cvi_events_tell_answered(const cv_client *client, const cvi_call *call,
                              const cvi_outcome *outcome);

/* Delivers the events of one request. Answers how many. Takes the mutex; holds nothing while it
 * delivers. */
int cvi_events_run(cv_client *client, cv_request *request);

/* The same for all that are there now but those of blocking calls of others, until the slice is
 * over. */
int cvi_events_run_all(cv_client *client, cvi_slice *slice);

/* Whether these would deliver anything on this thread. */
bool cvi_events_are_due_locked(const cv_client *client, const cv_request *request);

/* Whether a poll by any thread would, which need not be inside one of their deliveries. */
bool cvi_events_are_due_to_all_locked(const cv_client *client);

/* Whether all is told that there was, so that the request may call back on this thread. */
bool cvi_events_are_told_locked(const cv_request *request);

/* Drops what a request has still to tell. */
void cvi_events_drop_locked(cv_request *request);

/* Frees what cvi_events_prepare has seen to, and what is left. */
void cvi_events_clear(cv_request *request);

#endif
