/* Suspending and resuming, for the driver. */
#ifndef CVI_CLIENT_SUSPENSION_H
#define CVI_CLIENT_SUSPENSION_H

#include "client/client.h"

/* A client that was suspended before it had an engine begins with one that is. The mutex is held.
 */
void cvi_suspension_start(cv_client *client);

/* Does what has been asked for last. Who has the role. */
void cvi_suspension_heed(cv_client *client);

#endif
