/* Starting requests and taking their results by resource: what the public calls are made of. */
#ifndef CVI_CLIENT_REQUEST_START_H
#define CVI_CLIENT_REQUEST_START_H

#include "client/client.h"

/* Whose a request is, and so who hears of it. */
typedef enum cvi_asker {
    CVI_ASKER_USER,     /* has the handle */
    CVI_ASKER_BLOCKING, /* a call that waits for it */
    CVI_ASKER_LIBRARY   /* nobody: it tells nothing */
} cvi_asker;

/* What a request is to do. */
typedef struct cvi_order {
    cvi_call *call;             /* taken over; NULL: the arguments were bad */
    const cv_error *error;      /* why, then */
    const cvi_outcome *answer;  /* or what is known without a call; its result is taken over */
    cv_request_options options; /* checked */
    cvi_asker asker;
    bool looked;           /* the cache has been asked already */
    struct cvi_many *many; /* taken over; of a request for many, or NULL */
    cv_cursor *cursor;     /* whose next page it is, or NULL; its mutex is not held */
    bool revalidates;      /* see revalidate.h */
} cvi_order;

/* A handle on a new request, which may be done already. NULL without memory. */
cv_request *cvi_request_start(cv_client *client, const cvi_order *order);

/* The user lets go of a request that goes on without one. */
void cvi_request_detach(cv_request *request);

/* The result as a handle for the caller; CV_RESOURCE_NONE: of any resource. NULL: cv_last_error. */
const cv_record *cvi_request_take_record(cv_request *request, cv_resource resource);
const cv_page *cvi_request_take_page(cv_request *request, cv_resource resource);

#endif
