/* A flight: one distinct request under way in a client, and those who wait for it. Shared by the
 * files of the engine. */
#ifndef CVI_CLIENT_FLIGHT_H
#define CVI_CLIENT_FLIGHT_H

#include "client/engine.h"
#include "client/envelope.h"

typedef enum cvi_stage {
    CVI_STAGE_LOOKUP,  /* asks the cache; also while waiting for quota, owning nothing */
    CVI_STAGE_CLAIM,   /* takes the job and an admission, or learns why not */
    CVI_STAGE_WATCH,   /* somebody else fetches it */
    CVI_STAGE_SEND,    /* hands the request to the transport */
    CVI_STAGE_RECEIVE, /* waits for the transport */
    CVI_STAGE_STORE,   /* ends the job: stores the answer, shares the error, or passes the job on */
    CVI_STAGE_BACKOFF, /* waits before another try, job kept */
    CVI_STAGE_DECODE,  /* reads a long body, a part in each turn */
    CVI_STAGE_DONE     /* left by all; freed by the step */
} cvi_stage;

enum { CVI_STAGE_COUNT = CVI_STAGE_DONE + 1 };

/* What keeps a flight where it is, for those whose deadline passes meanwhile. */
typedef enum cvi_hindrance {
    CVI_HINDRANCE_NONE, /* it is on its way */
    CVI_HINDRANCE_LOCK, /* somebody has locked the database */
    CVI_HINDRANCE_INTERVAL,
    CVI_HINDRANCE_LIMIT,
    CVI_HINDRANCE_SHARE,
    CVI_HINDRANCE_COOLDOWN,
    CVI_HINDRANCE_BLOCKED,
    CVI_HINDRANCE_FAILING
} cvi_hindrance;

/* How a flight's job ends in CVI_STAGE_STORE. */
typedef enum cvi_flight_ending {
    CVI_ENDING_PASS,    /* to the next waiter, with nothing */
    CVI_ENDING_FAIL,    /* with `failure` for all */
    CVI_ENDING_COMPLETE /* with `result` */
} cvi_flight_ending;

#define CVI_NEVER INT64_MAX

/* A body that is being read (unread.c). */
typedef struct cvi_unread cvi_unread;

struct cvi_flight {
    cvi_engine *engine;
    cvi_flight *next; /* in the engine's list, best rank first */
    cvi_call *call;
    int64_t sequence;     /* order of arrival */
    int64_t round;        /* the last one that it was stepped in */
    size_t handled_bytes; /* of bodies, in that step */
    cv_priority priority;
    cvi_passenger *passengers; /* first come first */

    cvi_stage stage;
    int64_t due_boot_ms; /* not to be looked at before, unless something arrives */
    cvi_hindrance hindrance;
    bool refresh;        /* does not take the cache for an answer */
    bool distrust_cache; /* the cached body was unusable */
    bool was_refused;    /* has been told to wait for quota, so it obeys the engine's gates */

    char job_id[CVI_JOB_ID_SIZE];     /* our job, or "" */
    char watched_id[CVI_JOB_ID_SIZE]; /* somebody else's job, in WATCH */
    bool lost_job;                    /* ours was taken over: nothing may be written */
    int64_t renew_boot_ms;
    int64_t row_id; /* the admission, 0: none that could be taken back */
    int64_t admitted_boot_ms;
    bool connects; /* must be admitted anew when its connection is ready */

    cvi_recalled recalled;  /* what the service may confirm; its body NULL: nothing */
    cvi_transfer *transfer; /* in RECEIVE */
    cvi_unread *unread;     /* in DECODE */
    char *redirect_url;     /* where the service sent us, or NULL */
    int redirects;
    int64_t tries;          /* answered or failed */
    int64_t sends;          /* requests that have left */
    int64_t sent_boot_ms;   /* when the last one did */
    int64_t locked_boot_ms; /* since when the database is locked, with that hindrance */
    bool fresh_connection;  /* the last one was dead */

    bool must_heed; /* the stores must learn what the last answer means to all */
    cvi_service_word word;
    bool is_untold;             /* they could not take it: it holds for this client alone */
    bool told_cooldown;         /* those aboard know of the pause that it means */
    int64_t asked_ms;           /* of that word */
    int64_t heed_until_boot_ms; /* of a refusal: when its pause would be over */
    int64_t probe;              /* the admission that tries whether a pause is over; 0: none */
    bool follows_failure;       /* the request before it failed: that this one does not is news */
    int64_t retry_boot_ms;      /* in BACKOFF: not tried again before */

    cvi_result *stale; /* what the cache had past its time, at that instant; NULL: nothing */
    cvi_provenance stale_provenance;
    int64_t stale_boot_ms; /* -1: not looked yet */
    int64_t
        stale_by_boot_ms; /* a cache that is locked is not asked for longer; 0: was not locked */

    cvi_flight_ending ending;
    bool resume; /* after passing the job on, wait on at LOOKUP */
    int64_t resume_boot_ms;
    cvi_result *result; /* of COMPLETE; of FAIL the answer that denies the object, or NULL */
    char *tape;         /* of the result of COMPLETE, to be stored beside it; NULL: none */
    size_t tape_size;
    cv_error failure;      /* of ending FAIL, and in BACKOFF of the last try */
    int64_t heard_boot_ms; /* when the last answer was complete */
    int64_t fetched_at_ms; /* the same by the wall clock, of COMPLETE */
    cvi_keeping keeping;   /* of the result of COMPLETE, as are the validators */
    cvi_validators validators;
    bool wanted_room;        /* in STORE, for a long result: it was asked for */
    bool has_room;           /* and was made */
    int64_t give_up_boot_ms; /* in STORE, where the stores fail; 0: they have not */
};

/* Moves a flight to a stage that may follow its own (asserted in debug builds), due at once. */
void cvi_flight_move(cvi_flight *flight, cvi_stage stage);

/* Gives everybody aboard the same answer; the flight is empty then. */
void cvi_flight_deliver(cvi_engine *engine, cvi_flight *flight, const cvi_outcome *outcome);

/* The same for one passenger. */
void cvi_flight_disembark(cvi_engine *engine, cvi_passenger *passenger, const cvi_outcome *outcome);

/* Moves a passenger into `other`, or if that is NULL into a new flight, which asks the cache and
 * ranks behind its own. The answer is the flight; NULL without memory, which has been delivered. */
cvi_flight *cvi_flight_change(cvi_engine *engine, cvi_flight *other, cvi_passenger *passenger);

/* The loosest bound of age that somebody aboard has; 0: no bound. */
int64_t cvi_flight_max_age_ms(const cvi_flight *flight);

/* Ends the flight with an error for all; what it holds is given up in STORE. */
void cvi_flight_fail(cvi_flight *flight, const cv_error *error);

/* Gives up what the flight holds, without an answer. */
void cvi_flight_pass(cvi_flight *flight);

/* Runs the flight's stage. True: it moved, run on; false: it waits until due_boot_ms. */
bool cvi_stage_run(cvi_engine *engine, cvi_flight *flight, cvi_now now);

/* Whether it has so much to store, in one transaction, that a short turn does nothing else. */
bool cvi_stage_is_long(const cvi_engine *engine, const cvi_flight *flight);

/* How long the last answer has been here: it may have waited for the application to poll, for its
 * turn to be read, or for the file. */
int64_t cvi_flight_age_ms(const cvi_flight *flight, cvi_now now);

/* Renews the lease when it is time. */
void cvi_flight_renew(cvi_engine *engine, cvi_flight *flight, cvi_now now);

/* What a response means for the flight: the next stage. Takes what the response holds. */
void cvi_flight_take_response(cvi_engine *engine, cvi_flight *flight, cvi_response *response,
                              cvi_now now);

/* The same once the response is judged; takes what the finding holds. NULL: it confirms what is
 * unusable, so that the whole must be asked for. */
void cvi_flight_take_finding(cvi_engine *engine, cvi_flight *flight, const cvi_finding *finding,
                             cvi_now now);

#endif
