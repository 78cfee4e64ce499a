/* One call, worked out: what is asked for, under which key it is cached, which URL fetches it. */
#ifndef CVI_CLIENT_CALL_H
#define CVI_CLIENT_CALL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <comicvine/error.h>
#include <comicvine/query.h>

#include "client/settings.h"
#include "resources/decode.h"
#include "resources/table.h"
#include "support/caching.h"
#include "support/digest.h"

struct cvi_call;
struct cvi_response;
struct cvi_finding;

/* How to read what comes for a call: all of the ways of envelope.h, where they are explained. */
typedef struct cvi_judge {
    void (*response)(const struct cvi_call *call, struct cvi_response *response,
                     struct cvi_finding *finding);
    void (*stored)(const struct cvi_call *call, cvi_body body, bool is_negative,
                   struct cvi_finding *finding);
    void (*renewed)(const struct cvi_call *call, cvi_body body, struct cvi_finding *finding);

    /* The service confirms what the caller itself has (`validators` of the call). NULL: callers
     * have nothing. */
    void (*confirmed)(const struct cvi_call *call, const struct cvi_response *response,
                      struct cvi_finding *finding);
    bool reads_in_parts; /* long bodies, by cvi_judge_begin */
} cvi_judge;

/* Immutable once made; counted, since request and flight both need it. */
typedef struct cvi_call {
    atomic_int references;
    cv_allocator allocator;
    const cvi_judge *judge;
    const cvi_resource *resource;
    const char *segment; /* first path segment, the service's unit of limits */
    bool is_list;
    int64_t id; /* details */
    int64_t ttl_ms;
    char hash[CVI_HASH_SIZE];
    char full_hash[CVI_HASH_SIZE]; /* of the same object without `fields`; "": none */
    char label[64];                /* for messages: "issue/4000-52", "issues offset 100" */
    char *url;                     /* without the key */

    bool is_key_check; /* what comes of it is a word about the key, and no result */

    /* Of an image, which is no call of the API (image_call.h): the call lies in a cvi_image_call,
     * and goes without the key, to any host. */
    bool is_image;
    size_t max_body_bytes;            /* 0: the transport's */
    const cvi_validators *validators; /* of what the caller has; NULL: nothing */
} cvi_call;

enum { CVI_SEGMENT_SIZE = 64 }; /* no segment is longer, with its NUL */

enum { CVI_SEARCH_LIMIT = 10 }; /* page size of a search that names none */

/* The table of a resource; NULL: CV_ERROR_ARGUMENT. */
const cvi_resource *cvi_find_resource(cv_resource resource, cv_error *error);

/* Copy the caller's struct by its size (`query` NULL: leaves a list's defaults, is refused for a
 * search); texts stay the caller's. False: CV_ERROR_ARGUMENT. */
bool cvi_copy_query(cv_query *own, const cv_query *query, cv_error *error);
bool cvi_copy_search(cv_search_query *own, const cv_search_query *query, cv_error *error);

/* Checks and works out a call. NULL: CV_ERROR_ARGUMENT or CV_ERROR_NOMEM. Of `options`, which may
 * be NULL, only the fields count. */
cvi_call *cvi_call_detail(const cvi_settings *settings, cv_resource resource, int64_t id,
                          const cv_request_options *options, cv_error *error);

/* `query` may be NULL. */
cvi_call *cvi_call_list(const cvi_settings *settings, cv_resource resource, const cv_query *query,
                        cv_error *error);

/* A page of a search; its answer is a list of records of several resources. */
cvi_call *cvi_call_search(const cvi_settings *settings, const cv_search_query *query,
                          cv_error *error);

/* What a list says of one object, for the cache alone: it has no URL. A full entry of the object
 * answers it as well. Of `options` only the fields count. */
cvi_call *cvi_call_item(const cvi_settings *settings, const cvi_resource *resource, int64_t id,
                        const cv_request_options *options, cv_error *error);

/* A request that costs little and shows whether the key is accepted. Its hash is the key's, or
 * rather its fingerprint's, so that no other key's answer is taken for its own; what comes of it is
 * not stored. */
cvi_call *cvi_call_key_check(const cvi_settings *settings, cv_error *error);

/* An id is one that the service may have. */
bool cvi_check_id(const cvi_resource *resource, int64_t id, cv_error *error);

/* The answer to CV_MODE_CACHE_ONLY when there is none. */
void cvi_error_not_cached(cv_error *error, const char *label);

cvi_call *cvi_call_keep(cvi_call *call);
void cvi_call_release(cvi_call *call);

#endif
