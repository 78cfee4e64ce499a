/* A bound on what one client or handle of a store holds: an allocator before the application's,
 * which counts. */
#ifndef CVI_SUPPORT_CAP_H
#define CVI_SUPPORT_CAP_H

#include <stdbool.h>
#include <stddef.h>

#include <comicvine/memory.h>

typedef struct cvi_cap cvi_cap;

/* A cap whose blocks, with what is spent on counting them, take at most `max_bytes` of `backing`.
 * NULL: it refuses, or not even the cap fits. */
cvi_cap *cvi_cap_open(const cv_allocator *backing, size_t max_bytes);

/* Gives the cap up. Blocks that are out stay good and are counted; the last one that is released
 * takes the cap with it. NULL is fine. */
void cvi_cap_close(cvi_cap *cap);

/* The allocator that counts. Good as long as the cap is open or one of its blocks is out. Any
 * thread. */
cv_allocator cvi_cap_allocator(cvi_cap *cap);

/* What messages say then. */
#define CVI_CAP_REASON "all that option max_memory_bytes allows is taken"

/* Whether what this thread asked any cap for last was refused by the cap itself. */
bool cvi_cap_has_refused(void);

#endif
