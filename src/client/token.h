/* Tokens: where a walk stands, as a line of text. Pure. */
#ifndef CVI_CLIENT_TOKEN_H
#define CVI_CLIENT_TOKEN_H

#include <stdbool.h>
#include <stdint.h>

#include <comicvine/error.h>

#include "support/arena.h"
#include "support/buffer.h"

enum { CVI_TOKEN_BYTES_MAX = 32768 };

/* All that a walk needs to begin again; texts are NULL where there is none. */
typedef struct cvi_bookmark {
    /* what is walked */
    const char *path; /* list path of a resource, or "search" */
    const char *query;
    const char *resources;
    const char *fields;
    const char *filter;
    const char *sort;
    const char *subscriber_only;
    const char *video_type;
    int64_t limit;
    int64_t allow_unknown;
    int64_t priority;
    /* where it stands */
    int64_t offset;    /* matches before the page */
    int64_t page;      /* its number */
    int64_t index;     /* records of it that were given */
    int64_t last_id;   /* the one that was given last, 0: none */
    int64_t last_type; /* its cv_resource */
    int64_t total;     /* -1: not known */
} cvi_bookmark;

/* Adds the token. */
void cvi_token_write(const cvi_bookmark *bookmark, cvi_buffer *out);

/* Reads a token, texts into the arena. False: it is none of this version, or was damaged
 * (CV_ERROR_ARGUMENT), or no memory. What it says is not checked further. */
bool cvi_token_read(const char *token, cvi_arena *arena, cvi_bookmark *bookmark, cv_error *error);

#endif
