/* A turn of the driver: for who has the role, in driver.c and suspend.c. */
#ifndef CVI_CLIENT_DRIVE_H
#define CVI_CLIENT_DRIVE_H

#include "client/client.h"

/* Works as long as the budget says; then, if nothing is left to be done
 * at once, waits for the network at most `timeout_ms` (-1: no limit), and not at all once `waiter`
 * (NULL: nobody) is signalled, and works once more. */
void cvi_drive(cv_client *client, const cvi_waiter *waiter, int64_t timeout_ms,
               const cvi_driver_budget *budget);

/* Stores the answers that are here and gives back what was not used, but not for long. */
void cvi_drive_flush(cv_client *client);

/* Takes a request, with all its parts, out of the engine. */
void cvi_drive_leave(cv_client *client, cv_request *request);

/* The next of the inbox; NULL: none. `done`: it has been completed elsewhere. Takes the mutex. */
cv_request *cvi_drive_pop(cv_client *client, bool *done);

#endif
