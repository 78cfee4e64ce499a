/* Pictures, which are no part of the API: no key is asked for. */
#ifndef TESTS_SERVER_IMAGE_H
#define TESTS_SERVER_IMAGE_H

#include "reply.h"

/* Whether a picture lies at this path. */
bool loopback_is_image(const char *path);

/* A PNG of 2 by 3 pixels, with the path behind its end, so that no two are the same. False if
 * memory is short. */
bool loopback_reply_image(loopback_reply *reply, const char *path);

#endif
