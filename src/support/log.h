/* Lines for the application's on_log: written anywhere, under any lock, and handed over later where
 * no lock is held.
 *
 * Every function takes NULL, a log that nobody reads: nothing is formatted then. Any thread. */
#ifndef CVI_SUPPORT_LOG_H
#define CVI_SUPPORT_LOG_H

#include <stdbool.h>

#include <comicvine/event.h>
#include <comicvine/memory.h>

typedef struct cvi_log cvi_log;

/* A log that hands lines up to `level` to `take`. NULL without memory. */
cvi_log *cvi_log_open(cv_log_fn *take, void *user, cv_log_level level,
                      const cv_allocator *allocator);

/* Frees it, with what was not flushed. */
void cvi_log_close(cvi_log *log);

/* Whether lines of this level are read: for what would cost something beside the line. */
bool cvi_log_wants(const cvi_log *log, cv_log_level level);

/* Adds one line, which is cut where it is too long, and loses its control characters. Where nobody
 * has flushed for long the new line is lost, and how many were is said with the next flush. */
void cvi_log_write(cvi_log *log, cv_log_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Hands over what there is, with no lock held; unless another thread does so just now, which then
 * hands over these lines too. */
void cvi_log_flush(cvi_log *log);

#endif
