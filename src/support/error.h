/* Making errors, and the one that each thread remembers. */
#ifndef CVI_SUPPORT_ERROR_H
#define CVI_SUPPORT_ERROR_H

#include <stdbool.h>

#include <comicvine/error.h>

/* Fills `error` (NULL: nothing happens) with a code and one line; statuses are 0, retryable is what
 * the code usually is. Overlong text is cut at a whole UTF-8 character. */
void cvi_error_set(cv_error *error, cv_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same for an error without words of its own: out of memory. */
void cvi_error_no_memory(cv_error *error);

/* What every use of a handle comes to in a child of fork that inherited it. */
extern const cv_error cvi_error_inherited;

/* Makes `error`, or out of memory, this thread's cv_last_error(). */
void cvi_error_remember(const cv_error *error);
void cvi_error_remember_no_memory(void);

#endif
