/* The client and its requests, for the files that share them: who may touch what.
 *
 * `fixed` members never change after open. `shared` members are read and written under the mutex.
 * `driver` members belong to whoever has the driver's role: the worker thread, or in CV_DRIVE_POLL
 * the thread that set `driving`. Callbacks are called with neither mutex nor role held. */
#ifndef CVI_CLIENT_CLIENT_H
#define CVI_CLIENT_CLIENT_H

#include <stdbool.h>

#include <comicvine/client.h>
#include <comicvine/cursor.h>
#include <comicvine/request.h>

#include "client/call.h"
#include "client/engine.h"
#include "client/recent.h"
#include "client/revalidations.h"
#include "client/settings.h"
#include "client/shelf.h"
#include "client/transport.h"
#include "stores/key_word.h"
#include "stores/stores.h"
#include "support/log.h"
#include "support/platform.h"
#include "support/slice.h"

/* A thread that sleeps until something is there for it. Lies on that thread's stack. */
typedef struct cvi_waiter {
    struct cvi_waiter *next;
    cvi_condition condition;
    const cv_request *request; /* waits for this one, NULL: for anything to deliver */
    bool signalled;            /* what it waits for may have happened */
} cvi_waiter;

/* An event that waits for its delivery (events.c). */
typedef struct cvi_event_node cvi_event_node;

typedef struct cvi_event_line {
    cvi_event_node *first;
    cvi_event_node *last;
} cvi_event_line;

/* A queue of requests, linked through one of their members. */
typedef struct cvi_queue {
    cv_request *first;
    cv_request *last;
} cvi_queue;

/* Who is told that a poll is due (ready.c). */
typedef struct cvi_ready_word {
    cvi_signal signal; /* made when it is first asked for */
    bool has_signal;
    int transport_member; /* of the signal, as far as the driver knows; -1: none */
    int stores_member;
    bool owes; /* on_ready has to be called */
    bool told; /* it has been, and nobody has polled since */
} cvi_ready_word;

/* The stores of images, and what of their settings the engine needs (images.c). */
typedef struct cvi_image_file {
    cvi_stores *stores;
    cv_rate_limit_settings limits;
    int64_t lease_ms;
    int64_t clean_interval_ms;
} cvi_image_file;

struct cv_client {
    /* fixed */
    cvi_settings settings;
    cv_allocator allocator;
    cvi_clock clock;
    cvi_random random;
    cvi_stores *stores;
    cv_transport network; /* no size: none; the built-in one comes with the transport */
    cvi_log *log;         /* NULL: nobody reads it */
    cvi_lineage lineage;  /* its own, as requests outlive the stores */
    cvi_birth birth;      /* where it was opened */

    /* shared */
    cvi_mutex mutex;
    int references; /* the application's, one per request, one per thread inside poll or wait */
    int visitors;   /* threads that use the stores on their own */
    bool closed;
    bool driving; /* in CV_DRIVE_POLL: somebody has the driver's role */
    bool wants_suspended;
    bool is_suspended; /* written with the role */
    bool has_worker;
    cvi_queue inbox;       /* submitted or left, for the driver */
    cvi_queue callbacks;   /* done, to be called back */
    cvi_event_line events; /* of all requests */
    int event_count;
    cvi_revalidations revalidations;
    cvi_recent recent;
    cvi_waiter *waiters;
    cvi_key_state key_state; /* what the service last said to the key */
    cvi_now key_heard;       /* and when */
    int64_t due_boot_ms;     /* when the driver wants to step next */
    cvi_ready_word ready;
    cvi_transport *transport; /* set once, at the first miss; used by the driver */
    cvi_image_file images;    /* set once, by the first who asks for an image */
    cvi_thread worker;

    /* driver */
    cvi_engine *engine;       /* made with the transport */
    cvi_shelf shelf;          /* likewise */
    int next_kind;            /* of work, for the next turn (drive.c) */
    bool is_key_untold;       /* a request has learnt of the key what the file does not have yet */
    int64_t key_due_boot_ms;  /* when to try to note it */
    cvi_engine *image_engine; /* made when the first request for an image comes aboard */
};

struct cv_request {
    cvi_passenger passenger; /* first, so that the engine's pointer is ours; driver's */
    cv_client *client;       /* fixed */
    cvi_call *call;          /* fixed; NULL when the arguments were bad */
    struct cvi_many *many;   /* fixed; what it asks for, of a request for many; driver's */
    cv_cursor *cursor;       /* fixed; whose next page it fetches, or NULL; counted */
    bool revalidates;        /* fixed; it is the client's own: see revalidate.h */
    bool is_blocking;        /* fixed; of a blocking call, which alone delivers its events */
    bool tells;              /* fixed; the application wants its events */

    /* shared */
    bool owned_by_user;   /* the handle is not freed yet */
    bool owned_by_driver; /* in the inbox, or aboard */
    bool in_inbox;
    bool done;
    bool in_callbacks;
    bool called_back; /* once is all there is */
    cv_request *inbox_next;
    cv_request *callbacks_next;
    cv_request_fn *callback;
    void *user;
    cvi_event_line events; /* of this request alone */
    int event_count;
    cvi_event_node *last_event; /* has memory for CV_EVENT_DONE, until that is queued */
    const void *teller;         /* the thread that delivers one of its events just now, or NULL */
    int pins;                   /* deliveries and waits that need its memory, freed or not */
    cvi_outcome outcome;        /* holds one reference to its result */
};

/* ---- client.c ---- */

/* Whether this process came by the client through a fork. Of all that hangs on it nothing may be
 * touched then: its threads are not there, its mutexes may be locked, its sockets and its file are
 * the parent's, and its lists may be half changed. What the child gives back stays where it is, and
 * goes with its memory. */
bool cvi_client_is_inherited(const cv_client *client);

/* Every public function with a client begins here. False, remembered: it is NULL or inherited. */
bool cvi_client_check(const cv_client *client);

/* One reference more / less; the last one frees. Both take the mutex, and release does nothing
 * in a child that a callback has forked off. */
void cvi_client_keep(cv_client *client);
void cvi_client_release(cv_client *client);

/* A thread that uses the stores on its own is between these; they stay open meanwhile. False: the
 * client is closed (CV_ERROR_CLOSED). */
bool cvi_client_enter(cv_client *client, cv_error *error);
void cvi_client_leave(cv_client *client);

/* ---- driver.c ---- */

/* Makes sure that somebody can drive: transport, engine and (CV_DRIVE_THREAD) the worker. */
bool cvi_driver_start(cv_client *client, cv_error *error);

/* What an engine of the client's has in common with the other: all but stores and what goes with
 * them. The ages of admissions are those that `limits` ask for. The driver's. */
cvi_engine_options cvi_driver_engine_options(cv_client *client,
                                             const cv_rate_limit_settings *limits);

/* Puts a request into the inbox and tells the driver, which cvi_driver_start has made sure of; a
 * closed client completes it with CV_ERROR_CLOSED. */
void cvi_driver_submit_locked(cv_request *request);

/* Ends the wait of a turn that somebody drives just now. */
void cvi_driver_interrupt_locked(cv_client *client);

/* How much a turn works before it looks whether it may go on. */
typedef struct cvi_driver_budget {
    int64_t time_us;
    int64_t least_units; /* also when that takes longer */
    size_t piece_bytes;  /* longer bodies are worked on in parts of so many; 0: at once */
} cvi_driver_budget;

/* Of a caller that has not: it is decoded in some tenths of a millisecond. */
#define CVI_DRIVER_PIECE_BYTES ((size_t)64 << 10)

extern const cvi_driver_budget cvi_driver_whole_turn; /* where the caller has time */

/* One turn in CV_DRIVE_POLL if nobody else drives (cvi_drive): works within the budget, waits at
 * most `timeout_ms` (-1: no limit) for the network, and not at all once `waiter`, which is linked,
 * is signalled. If somebody drives, waits for that signal instead. */
void cvi_driver_turn(cv_client *client, cvi_waiter *waiter, int64_t timeout_ms,
                     const cvi_driver_budget *budget);

/* Takes the role in CV_DRIVE_POLL, for which it waits if it must, and gives it back. False: the
 * client is being closed, by somebody else than the caller. */
bool cvi_driver_take_role(cv_client *client, bool is_closing);
void cvi_driver_end_turn(cv_client *client);

/* Ends driving for good: worker joined, requests completed, answers stored. */
void cvi_driver_stop(cv_client *client);

/* ---- waiting and callbacks (delivery.c); the mutex is held where the name says so ---- */

/* Puts a waiter into the client's list, for `request` or (NULL) anything to deliver; false without
 * resources. Takes the mutex, as does taking it out again. */
bool cvi_waiter_enter(cv_client *client, cvi_waiter *waiter, const cv_request *request);
void cvi_waiter_leave(cv_client *client, cvi_waiter *waiter);

/* Whether what the waiter waits for is there already. */
bool cvi_waiter_is_satisfied_locked(const cv_client *client, const cvi_waiter *waiter);

/* Sleeps until the waiter is signalled, at most `timeout_ms` (-1: no limit); takes the signal. */
void cvi_waiter_sleep_locked(cv_client *client, cvi_waiter *waiter, int64_t timeout_ms);

/* Signals those who wait for this request, and those who wait for any if they may deliver what it
 * has. */
void cvi_waiters_signal_for_locked(const cv_request *request);

/* Signals all waiters: something has changed that each must look at. */
void cvi_waiters_signal_locked(cv_client *client);

/* Ends a request that is not done: wakes its waiters, queues its callback. */
void cvi_request_complete_locked(cv_request *request, const cvi_outcome *outcome);

/* The engine's way to hand over an answer. */
void cvi_request_deliver(void *user, cvi_passenger *passenger, const cvi_outcome *outcome);

/* Calls back for one request, if it is queued and all its events are told. Answers how many. Takes
 * the mutex. */
int cvi_callbacks_run(cv_client *client, cv_request *request);

/* The same for all that are queued now, until the slice is over. */
int cvi_callbacks_run_all(cv_client *client, cvi_slice *slice);

/* Whether cvi_callbacks_run_all would call back for any. */
bool cvi_callbacks_are_due_locked(const cv_client *client);

/* Queues the callback of a done request, or takes it out of the queue. */
void cvi_callbacks_queue_locked(cv_request *request);
void cvi_callbacks_drop_locked(cv_request *request);

/* ---- request.c ---- */

/* The driver no longer has the request (but for what may be in its inbox). True: nobody has, and
 * the caller destroys it after letting go of the mutex. */
bool cvi_request_leave_driver_locked(cv_request *request);

/* The same, and destroys it then. Takes the mutex, which may be gone when it returns. */
void cvi_request_leave_driver(cv_request *request);

/* A thread no longer needs the request's memory. True: as above. */
bool cvi_request_unpin_locked(cv_request *request);

/* Gives the handle back, whoever had it. */
void cvi_request_free(cv_request *request);

/* Frees a request that neither its user nor the driver has. Takes the mutex. */
void cvi_request_destroy(cv_request *request);

#endif
