/* The client's options, checked, copied, with every default filled in. */
#ifndef CVI_CLIENT_SETTINGS_H
#define CVI_CLIENT_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include <comicvine/client.h>
#include <comicvine/error.h>
#include <comicvine/sys/transport.h>

#include "support/arena.h"
#include "support/cap.h"
#include "support/clock.h"
#include "support/options.h"

#define CVI_DEFAULT_BASE_URL "https://comicvine.gamespot.com/api"

typedef struct cvi_settings {
    cv_options options;       /* all texts and arrays are copies, in the arena but for the key;
                                 nothing is 0 for "default", CV_NONE is left where it means "off" */
    char *api_key;            /* a secret (platform.h): options.api_key, to be freed */
    const char *user_agent;   /* library, contact and application */
    char scope[33];           /* fingerprint of key and base URL, the service's unit of counting */
    char origin[33];          /* fingerprint of the base URL alone */
    char host[33];            /* fingerprint of its host alone */
    cv_image_settings images; /* with all defaults; ttl_s is never CV_NONE */
    cv_transport network;     /* the application's; no size: none */
    cvi_clock clock;
    cvi_cap *cap;    /* before the application's allocator; NULL: no bound */
    cvi_arena arena; /* its allocator is the one for all that the client holds */
} cvi_settings;

/* False: CV_ERROR_ARGUMENT names the option, CV_ERROR_AUTH a missing key; nothing is held then. */
bool cvi_settings_init(cvi_settings *settings, const cv_options *options, cv_error *error);

/* Wipes the key, which nobody reads any more: there is none from then on. */
void cvi_settings_forget_key(cvi_settings *settings);

/* Wipes the key and frees everything; the allocator stays good for blocks that are out. */
void cvi_settings_clear(cvi_settings *settings);

/* What stale answers are good for, for a call with these options. */
cv_stale cvi_settings_stale(const cvi_settings *settings, const cv_request_options *options);

/* How long an answer of this resource counts as fresh; 0: not at all. */
int64_t cvi_settings_ttl_ms(const cvi_settings *settings, cv_resource resource);

#endif
