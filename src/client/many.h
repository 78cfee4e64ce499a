/* Requests for many objects at once. */
#ifndef CVI_CLIENT_MANY_H
#define CVI_CLIENT_MANY_H

#include "client/client.h"

enum { CVI_MANY_PARTS = 100, CVI_MANY_IDS_MAX = 10000 };

/* One of the distinct ids, and what is known of it. */
typedef struct cvi_many_entry {
    int64_t id;
    bool is_settled;
    cvi_result *result; /* of this object alone, or NULL: `error` */
    cvi_provenance provenance;
    cv_error error; /* of CVI_MANY_STALE: what the list has failed with */
} cvi_many_entry;

/* A passenger of the engine for some of the ids: one in the cache, or a list of them. */
typedef struct cvi_part {
    cvi_passenger passenger; /* first, so that the engine's pointer is ours */
    struct cvi_many *many;
    cvi_call *call;
    size_t first; /* its entries: those not settled from here */
    size_t end;   /* to before this */
    cvi_outcome outcome;
} cvi_part;

typedef enum cvi_many_phase {
    CVI_MANY_LOOKS, /* into the cache, id by id */
    CVI_MANY_LISTS, /* what was not there */
    CVI_MANY_STALE  /* into the cache once more, for what could not be had */
} cvi_many_phase;

/* What such a request asks for and where it is. The driver's until the request is done, then
 * constant. */
typedef struct cvi_many {
    cvi_arena arena; /* of all below */
    cv_request *request;
    const cvi_resource *resource;
    const char *fields; /* NULL: all */
    int64_t allow_unknown;
    const int64_t *ids; /* as asked */
    size_t id_count;
    cvi_many_entry *entries; /* sorted by id */
    size_t entry_count;
    cvi_many_phase phase;
    size_t next;   /* entry from which the phase goes on */
    size_t aboard; /* parts that have not come back */
    size_t part_count;
    int64_t stored; /* objects put into the cache in this round */
    cvi_part parts[CVI_MANY_PARTS];
} cvi_many;

/* Takes the request as far as it can go: looks at what its parts have brought, boards the next
 * ones, or completes it. The driver, outside the engine. */
void cvi_many_advance(cv_request *request);

/* One part has its outcome. With the last one the request goes to the inbox, to be advanced. The
 * driver, mostly inside the engine. */
void cvi_many_arrive(cv_client *client, cvi_passenger *passenger, const cvi_outcome *outcome);

/* Takes all parts out of the engine. The driver, outside the engine. */
void cvi_many_leave(cvi_many *many, cvi_engine *engine);

/* The entry of an id that was asked for. */
cvi_many_entry *cvi_many_find(const cvi_many *many, int64_t id);

/* Frees all of it; no part may be aboard. NULL is fine. */
void cvi_many_free(cvi_many *many);

#endif
