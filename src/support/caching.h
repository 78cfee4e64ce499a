/* What a service says beside an answer about keeping it: validators and Cache-Control. Pure. */
#ifndef CVI_SUPPORT_CACHING_H
#define CVI_SUPPORT_CACHING_H

#include <stdbool.h>
#include <stdint.h>

enum { CVI_ETAG_SIZE = 256, CVI_LAST_MODIFIED_SIZE = 40 };

/* By which the service recognises its own answer. Texts that may be sent back; "": none. */
typedef struct cvi_validators {
    char etag[CVI_ETAG_SIZE];
    char last_modified[CVI_LAST_MODIFIED_SIZE];
} cvi_validators;

/* Cache-Control, as far as it is for a cache like ours. */
typedef struct cvi_cache_control {
    bool is_said;         /* any of the following */
    bool has_max_age;     /* also by no-cache, which is one of 0 */
    int64_t max_age_ms;   /* at most a year */
    bool no_store;        /* not to be kept */
    bool must_revalidate; /* by no-cache too: not to be given when it is old */
} cvi_cache_control;

typedef struct cvi_caching {
    cvi_validators validators;
    cvi_cache_control control;
} cvi_caching;

/* Takes a header's value into `validators`. A value that is not what the standard has it to be, too
 * long, or not printable, is none. */
void cvi_validators_take_etag(cvi_validators *validators, const char *value);
void cvi_validators_take_last_modified(cvi_validators *validators, const char *value);

bool cvi_validators_are_any(const cvi_validators *validators);

/* What a confirmation (`now`) does not say stays as it was. */
void cvi_validators_complete(cvi_validators *now, const cvi_validators *before);

/* Adds what one Cache-Control header says; of several max-ages the smallest counts. What is not
 * understood is passed over, but a max-age that is no number is 0. */
void cvi_cache_control_add(cvi_cache_control *control, const char *value);

#endif
