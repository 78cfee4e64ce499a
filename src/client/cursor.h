/* Cursors, for the requests that fetch their pages and for the typed functions. */
#ifndef CVI_CLIENT_CURSOR_H
#define CVI_CLIENT_CURSOR_H

#include <comicvine/cursor.h>

#include "client/engine.h"

/* One reference more / less; the last one frees. Both take the client's mutex. NULL is fine for
 * release. */
cv_cursor *cvi_cursor_keep(cv_cursor *cursor);
void cvi_cursor_release(cv_cursor *cursor);

/* The request for the cursor's next page is about to be done with `outcome`: moves the cursor on,
 * or turns the outcome into the error of a page that cannot be the next one. The client's mutex is
 * held. */
void cvi_cursor_arrive_locked(cv_cursor *cursor, cvi_outcome *outcome);

/* A page has come: has the one behind it put into the cache, if that is wanted. Starts a request
 * and waits for nothing. The client's mutex is not held; the caller has a reference, or its thread
 * is the cursor's own. */
void cvi_cursor_fetch_ahead(cv_cursor *cursor);

/* cv_cursor_next for a cursor on this resource alone; else CV_ERROR_ARGUMENT. */
const cv_record *cvi_cursor_next_of(cv_cursor *cursor, cv_resource resource);

#endif
