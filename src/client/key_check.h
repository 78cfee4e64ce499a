/* Whether the service accepts the key. */
#ifndef CVI_CLIENT_KEY_CHECK_H
#define CVI_CLIENT_KEY_CHECK_H

#include "client/client.h"

/* The engine's way to tell what an answer of the service, heard `age_ms` ago, says about the key.
 * Takes the mutex. */
void cvi_key_hear(void *user, bool is_accepted, int64_t age_ms, cvi_now now);

/* The engine's way to end a passenger of a call that checks the key with what is known, if anything
 * is. False: it must be asked. Takes the mutex; the driver. */
bool cvi_key_recall(void *user, const cvi_passenger *passenger, cvi_outcome *outcome);

/* The same for a request that has not boarded. False: it must be asked; so must all other requests.
 * The driver, outside the engine. */
bool cvi_key_serve(cv_request *request);

/* Notes in the file what has come for a request that checks the key, now or, if others hold that,
 * with cvi_key_step. The driver. */
void cvi_key_arrive(cv_client *client, const cvi_outcome *outcome);

/* Notes what is not in the file yet, if it is time, and never waits. The answer is the boot time at
 * which to call again, INT64_MAX: when something has come. The driver. */
int64_t cvi_key_step(cv_client *client, cvi_now now);

#endif
