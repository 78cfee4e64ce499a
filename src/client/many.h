/* Requests for many objects at once. */
#ifndef CVI_CLIENT_MANY_H
#define CVI_CLIENT_MANY_H

#include "client/client.h"

enum {
    CVI_MANY_IDS_MAX = 10000,
    CVI_MANY_IDS_PER_LIST = 100,
    CVI_MANY_STEPS = 32,  /* looks into the cache, or items of lists, in a turn of the driver */
    CVI_MANY_LOOKS = 32,  /* parts aboard at once that look into the cache */
    CVI_MANY_FETCHES = 4, /* and that ask the service */
    CVI_MANY_PARTS = CVI_MANY_LOOKS + CVI_MANY_FETCHES
};

/* One of the distinct ids, and what is known of it. */
typedef struct cvi_many_entry {
    int64_t id;
    bool is_settled;
    bool is_doubted; /* a list of long ago did not have it: it must be asked for anew */
    const struct cvi_part *asked_by;    /* the list that asks for it, or asked last */
    struct cvi_many_entry *wanted_next; /* in the queue of those that the cache does not have, or
                                           of those that could not be had */
    cvi_result *result;                 /* of this object alone, or NULL: `error` */
    cvi_provenance provenance;
    cv_error error; /* without a result, or before: what its list has failed with */
} cvi_many_entry;

typedef enum cvi_part_kind {
    CVI_PART_LOOK,  /* for one id in the cache */
    CVI_PART_STALE, /* for one that could not be had, in the cache again */
    CVI_PART_LIST,  /* asks for some ids at once */
    CVI_PART_SINGLE /* asks for one, where lists cannot be asked by id */
} cvi_part_kind;

typedef enum cvi_part_state {
    CVI_PART_FREE,
    CVI_PART_ABOARD,
    CVI_PART_BACK /* has its outcome, which is to be looked at */
} cvi_part_state;

/* A passenger of the engine for some of the ids. */
typedef struct cvi_part {
    cvi_passenger passenger; /* first, so that the engine's pointer is ours */
    struct cvi_many *many;
    cvi_part_kind kind;
    cvi_part_state state;
    cvi_call *call;
    cvi_outcome outcome;
    size_t seen; /* items of the list that were looked at */
    size_t told; /* distinct ones among them that were asked for */
    size_t entry_count;
    cvi_many_entry *entries[CVI_MANY_IDS_PER_LIST]; /* by id */
} cvi_part;

/* What such a request asks for and where it is. The driver's until the request is done, then
 * constant. */
typedef struct cvi_many {
    cvi_arena arena; /* of all below */
    cv_request *request;
    const cvi_resource *resource;
    const char *fields; /* NULL: all */
    int64_t allow_unknown;
    bool has_id_lists;  /* the resource's lists can be asked by id */
    const int64_t *ids; /* as asked */
    size_t id_count;
    cvi_many_entry *entries; /* sorted by id */
    size_t entry_count;
    size_t settled_count;
    size_t next;                  /* the first entry that was not looked for */
    cvi_many_entry *wanted_first; /* those to be asked for, by id */
    size_t wanted_count;
    cvi_many_entry *failed; /* those that could not be had: something stale will do */
    size_t looks;           /* parts in use of each kind */
    size_t fetches;
    size_t aboard;     /* parts that have not come back */
    bool is_advancing; /* what comes back at once is seen without a further turn */
    cvi_part parts[CVI_MANY_PARTS];
} cvi_many;

/* Whether the service can be asked for a list of ids of this resource. */
bool cvi_many_has_id_lists(const cvi_resource *resource);

/* Takes the request some way on: looks at what its parts have brought, boards further ones, or
 * completes it. `steps` is what the turn has left for all such requests; where it does not suffice
 * the request goes to the inbox for the next turn. The driver, outside the engine. */
void cvi_many_advance(cv_request *request, int64_t *steps);

/* One part has its outcome; the request goes to the inbox, to be advanced. The driver, mostly
 * inside the engine. */
void cvi_many_arrive(cv_client *client, cvi_passenger *passenger, const cvi_outcome *outcome);

/* Takes all parts out of the engine. The driver, outside the engine. */
void cvi_many_leave(cvi_many *many, cvi_engine *engine);

/* The entry of an id; NULL: it was not asked for. */
cvi_many_entry *cvi_many_find(const cvi_many *many, int64_t id);

/* What a list has brought. False: there is more in it than `steps` allow, call again. (many_list.c)
 */
bool cvi_many_take_list(cvi_many *many, cvi_part *part, int64_t *steps);

/* The call for what a list says of one object, in the cache; NULL: `error`. */
cvi_call *cvi_many_item_call(const cvi_many *many, int64_t id, cv_error *error);

/* An id has come to its end: with a result, a reference to which is taken over, or an error. */
void cvi_many_settle(cvi_many *many, cvi_many_entry *entry, cvi_result *result,
                     const cvi_provenance *provenance);
void cvi_many_settle_failed(cvi_many *many, cvi_many_entry *entry, const cv_error *error);

/* The same where a stale answer will do instead of the error, if that is one of those. */
void cvi_many_fail(cvi_many *many, cvi_many_entry *entry, const cv_error *error);

/* The service is to be asked for an id, in its place among the others. */
void cvi_many_want(cvi_many *many, cvi_many_entry *entry);

/* Frees all of it; no part may be aboard. NULL is fine. */
void cvi_many_free(cvi_many *many);

#endif
