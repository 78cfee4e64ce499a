/* The one URL builder: a path and parameters become a URL and a cache key. Pure. */
#ifndef CVI_CLIENT_URL_H
#define CVI_CLIENT_URL_H

#include <stdint.h>

#include "support/buffer.h"
#include "support/digest.h"

enum { CVI_TARGET_BYTES = 8191 };

typedef struct cvi_parameter {
    const char *name;
    const char *value; /* NULL: left out */
} cvi_parameter;

/* What is asked for: "issue/4000-52" and parameters in the order of their names. */
typedef struct cvi_target {
    const char *base_url;
    const char *path;
    const cvi_parameter *parameters;
    size_t parameter_count;
} cvi_target;

/* Adds text percent-encoded: all but letters, digits and "-._~". */
void cvi_url_encode(cvi_buffer *out, const char *text);

/* Adds "<base>/<path>/?format=json&name=value...", values percent-encoded. The slash before the
 * query saves a redirect. */
void cvi_url_write(const cvi_target *target, cvi_buffer *out);

/* The cache key: SHA-256 of path, parameters and, unless it is the service's own, base URL. All of
 * them together hold at most CVI_TARGET_BYTES. */
void cvi_url_hash(const cvi_target *target, char hash[CVI_HASH_SIZE]);

#endif
