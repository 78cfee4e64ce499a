/* The settings of the three stores: defaults and ranges, for the client and for handles alone. */
#ifndef CVI_STORES_SETTINGS_H
#define CVI_STORES_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>

#include <comicvine/client.h>
#include <comicvine/error.h>

enum { CVI_LONGEST_PATH = 2048 };

#define CVI_MAX_REQUESTS INT64_C(1000000) /* the largest limit */

/* Each fills the defaults in and checks; messages name an option with `prefix` before it. CV_NONE
 * is left where it stands for "off". Names of resources are not looked at. */
bool cvi_cache_settings_fill(cv_cache_settings *settings, const char *prefix, cv_error *error);
bool cvi_dedupe_settings_fill(cv_dedupe_settings *settings, const char *prefix, cv_error *error);
bool cvi_rate_limit_settings_fill(cv_rate_limit_settings *settings, const char *prefix,
                                  cv_error *error);

/* The path of the file that all programs of a user share; makes its folder. */
bool cvi_default_database(char path[CVI_LONGEST_PATH], cv_error *error);

#endif
