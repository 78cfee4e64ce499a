/* Whether the service accepts the key. */
#ifndef CVI_CLIENT_KEY_CHECK_H
#define CVI_CLIENT_KEY_CHECK_H

#include "client/client.h"

/* The engine's way to tell what an answer of the service says about the key. Takes the mutex. */
void cvi_key_hear(void *user, bool is_accepted, cvi_now now);

#endif
