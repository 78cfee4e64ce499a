/* cv_image_settings, checked, with every default filled in. Pure. */
#ifndef CVI_CLIENT_IMAGE_SETTINGS_H
#define CVI_CLIENT_IMAGE_SETTINGS_H

#include <stdbool.h>

#include <comicvine/client.h>

#include "support/arena.h"

/* Copies the caller's struct by its size (NULL: all defaults); texts stay the caller's, and the
 * name of the file may still be missing. False: CV_ERROR_ARGUMENT. */
bool cvi_image_settings_fill(cv_image_settings *own, const cv_image_settings *settings,
                             cv_error *error);

/* Gives it the name of a file, in the arena: that of the settings, or one beside `database`, which
 * is that of the client's, NULL if it has none. False: CV_ERROR_ARGUMENT if the two are one, or
 * CV_ERROR_NOMEM. */
bool cvi_image_settings_name(cv_image_settings *own, const char *database, cvi_arena *arena,
                             cv_error *error);

#endif
