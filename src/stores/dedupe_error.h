/* A failed job's error as text, for those who wait for it. */
#ifndef CVI_STORES_DEDUPE_ERROR_H
#define CVI_STORES_DEDUPE_ERROR_H

#include <stdbool.h>

#include <comicvine/error.h>

enum { CVI_ERROR_TEXT_SIZE = 640 };

/* Writes `error` of a request within `scope`. False if it does not fit. */
bool cvi_dedupe_error_write(const cv_error *error, const char *scope,
                            char text[CVI_ERROR_TEXT_SIZE]);

/* Reads it back. False if the text is not one of ours, or is about an API key's own standing
 * (refused, out of quota) and `scope` is another: then the error is not the reader's. */
bool cvi_dedupe_error_read(const char *text, const char *scope, cv_error *error);

#endif
