/* Whether a poll is due, and who is told so: those who watch the client's descriptor, those who
 * look at the clock, and on_ready. */
#ifndef CVI_CLIENT_READY_H
#define CVI_CLIENT_READY_H

#include "client/client.h"

/* To be called whenever that may have changed: what can be delivered, or what the inbox holds. */
void cvi_ready_update_locked(cv_client *client);

/* What the driver knows at the end of its turn: until when nothing need be done but for what its
 * descriptors say. INT64_MAX: never. */
void cvi_ready_set_due_locked(cv_client *client, int64_t due_boot_ms, cvi_now now);

/* Somebody polls: the next time that a poll becomes due is news, and so is what a poll leaves. */
void cvi_ready_begin_poll(cv_client *client);
void cvi_ready_end_poll(cv_client *client);

/* Calls on_ready if it has to be. Nothing is held. */
void cvi_ready_tell(cv_client *client);

/* Nobody is told any more. */
void cvi_ready_close(cv_client *client);

#endif
