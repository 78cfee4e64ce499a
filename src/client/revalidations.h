/* Which stale answers a client has fetched anew just now, or has tried to. */
#ifndef CVI_CLIENT_REVALIDATIONS_H
#define CVI_CLIENT_REVALIDATIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "support/digest.h"

enum { CVI_REVALIDATIONS_MAX = 100 };

typedef struct cvi_revalidation {
    char hash[CVI_HASH_SIZE]; /* "": a free place */
    bool is_under_way;
    int64_t not_before_boot_ms; /* after a failure */
} cvi_revalidation;

typedef struct cvi_revalidations {
    cvi_revalidation places[CVI_REVALIDATIONS_MAX];
} cvi_revalidations;

#endif
