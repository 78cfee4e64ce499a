/* The client: options, opening, closing, and driving it. */
#ifndef COMICVINE_CLIENT_H
#define COMICVINE_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <comicvine/event.h>
#include <comicvine/memory.h>
#include <comicvine/query.h>
#include <comicvine/resource.h>
#include <comicvine/version.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A client may be used from any number of threads. Any number of clients, in one program or in
 * many, may share one database file; they then share cache, requests under way and budget.
 *
 * In a child of fork every call on an inherited client, on its requests and cursors, and on store
 * handles fails with CV_ERROR_CLOSED (cv_request_done and cv_request_wait are true, numbers are
 * what they are for NULL), and what closes or frees one does nothing: the memory stays, and nothing
 * else is touched. Results stay readable and are freed as ever. Files that were open at the fork
 * cannot be opened there (CV_ERROR_STORE) until exec, all others can. docs/embedding.md has the
 * reasons, and what holds for several copies of the library in one process. */
typedef struct cv_client cv_client;

/* Told that a poll is due (cv_options.on_ready). */
typedef void cv_ready_fn(cv_client *client, void *user);

struct sqlite3;
struct cv_transport;
struct cv_clock;

/* Who does the client's work. */
typedef enum cv_drive {
    CV_DRIVE_THREAD = 0, /* a worker thread, started by the first cv_request_* that starts a call,
                            or the first blocking call that needs the service */
    CV_DRIVE_POLL        /* no thread of ours ever: cv_client_poll, waits and blocking calls work */
} cv_drive;

/* How requests of a path are held back. */
typedef enum cv_limit_kind {
    CV_LIMIT_ADAPTIVE = 0, /* the exact limit; while users are active the background gets a share */
    CV_LIMIT_SLIDING,      /* the exact limit, priorities only order who waits in a client */
    CV_LIMIT_NONE          /* no limit per resource; interval, pauses and circuit still hold */
} cv_limit_kind;

/* A time to live for one resource's answers, details and lists. */
typedef struct cv_resource_ttl {
    cv_resource resource; /* whose */
    int64_t ttl_s;        /* seconds, from 1; CV_NONE: nothing is fresh */
    int64_t reserved[2];
} cv_resource_ttl;

/* A limit for one path of the service. */
typedef struct cv_resource_limit {
    const char *resource; /* first path segment: "issue", "issues" */
    int64_t limit;        /* requests per window; 0 admits nothing */
    int64_t window_ms;    /* 0: the default window */
    int64_t reserved[2];
} cv_resource_limit;

#define CV_APPLICATION_MAX 128 /* bytes of an application's name, without the NUL */

/* What is kept of answers, and for how long it is good. */
typedef struct cv_cache_settings {
    bool disabled; /* nothing is read from the cache or stored in it */
    int64_t ttl_s; /* how long an answer counts as fresh; 0: 3 600. CV_NONE: not at all */
    const cv_resource_ttl *ttls; /* exceptions, copied */
    size_t ttl_count;            /* of `ttls` */
    int64_t max_entry_bytes;     /* larger bodies are not stored; 0: 5 MiB. CV_NONE: no bound */
    int64_t cleanup_interval_ms; /* 0: 60 000. CV_NONE: never */

    /* How long after its end an answer may still be given as a stale one, and is kept in the file;
     * 0: 604 800 (a week). CV_NONE: not at all. */
    int64_t stale_s;

    const char *database; /* a file of the cache's own, or ":memory:"; NULL: the client's */

    /* How long the service's answer that an object does not exist is believed: calls for it fail
     * with CV_ERROR_NOT_FOUND without a request. 0: 300. CV_NONE: not at all. */
    int64_t negative_ttl_s;

    /* What all bodies of the file may take, those of other programs too, with what is kept beside
     * them to read them faster (a tenth of their size); 0 or CV_NONE: no bound.
     * When there are more, those go that were not used for the longest time, a few with each answer
     * that is stored and in cleanups. A larger body is not stored. Uses are noted to the minute,
     * and only by those that have this set: programs that share a file should agree on it. */
    int64_t max_bytes;

    cv_stale stale; /* what stale answers are good for, where a call does not say otherwise */

    /* Believes the service's Cache-Control: max-age in place of the time to live, no-store,
     * no-cache and must-revalidate (not given when it is stale). Otherwise it does not count. What
     * was stored so is fresh for no longer for others on the file, and not given stale by them
     * either. Nothing of this where the time to live is CV_NONE. */
    bool heed_cache_control;

    /* What a client may hold in memory of the objects that it has read from the file last: as long
     * as nobody writes to that, the next call or request for one of them is answered without
     * reading it; after that its row is looked at, and the body read only if it is another one.
     * 0: 8 MiB; CV_NONE: nothing. With max_memory_bytes, of which it is part, at most an eighth
     * of that. A file in ":memory:" and a connection of the application's have nothing of this. */
    int64_t memory_bytes;
    int64_t reserved[10];
} cv_cache_settings;

/* How equal calls of all programs on the file are joined. */
typedef struct cv_dedupe_settings {
    bool disabled; /* equal calls are still joined within this client, not beyond */

    /* After this the client takes anybody's job over, alive or not; 0: 300 000. Each client has its
     * own patience: of several the shortest decides. */
    int64_t job_timeout_ms;

    /* The client loses a job of its own when it has been silent for so long, whatever the others on
     * the file are opened with; 0: 5 000, 100 to 3 600 000. */
    int64_t lease_ms;
    int64_t cleanup_interval_ms; /* 0: 60 000. CV_NONE: never */
    const char *database;        /* a file of the jobs' own; NULL: the client's */
    int64_t reserved[15];
} cv_dedupe_settings;

/* How CV_LIMIT_ADAPTIVE shares a path's limit out. A user request needs room under the limit and
 * nothing else. A background request also needs room under the background's share, which is what is
 * left of the limit when `user_reserved` is set apart. That depends on how many user requests of
 * the path the service got lately, from all programs on the file:
 *
 *   high activity       half the limit x max_user_scaling, at most 90 %; while requests also become
 *                       more frequent, the background is paused
 *   moderate activity   40 % of the limit x a factor that grows with activity, at most 70 %
 *   some, or nothing recorded at all    30 % of the limit, at least min_user_reserved
 *   none lately, or only background     min_user_reserved
 *   none for sustained_inactivity_threshold_ms    nothing: the background has the whole limit
 *
 * With a limit that is not above min_user_reserved the background therefore gets nothing until
 * users have come and gone; set min_user_reserved to CV_NONE if there are none. 0 in a member: its
 * default. */
typedef struct cv_adaptive_settings {
    int64_t monitoring_window_ms;              /* what "lately" means; 0: 900 000 */
    int64_t high_activity_threshold;           /* user requests in that time; 0: 10 */
    int64_t moderate_activity_threshold;       /* likewise, below the high one; 0: 3 */
    int64_t recalculation_interval_ms;         /* shares are kept so long, at most; 0: 30 000 */
    int64_t sustained_inactivity_threshold_ms; /* 0: 1 800 000 */
    double max_user_scaling;                   /* from 1 to 100; 0: 2.0 */
    int64_t min_user_reserved;                 /* requests per window; 0: 5. CV_NONE: none */
    bool no_background_pause;                  /* never pauses the background */
    int64_t reserved[8];
} cv_adaptive_settings;

/* How often requests are sent, by all programs on the file together. */
typedef struct cv_rate_limit_settings {
    cv_limit_kind kind; /* 0: CV_LIMIT_ADAPTIVE */
    int64_t limit;      /* requests per window and path; 0: 200, at most 1 000 000 */
    int64_t window_ms;  /* 0: 3 600 000 */

    /* Added to the window, as requests do not travel equally fast; 0: 2 000. With CV_NONE the
     * service may see one window overstepped by as much as two requests differ on their way. */
    int64_t guard_ms;

    int64_t min_interval_ms; /* between any two requests; 0: 1 050. CV_NO_INTERVAL: none */
    const cv_resource_limit *resources; /* exceptions, copied */
    size_t resource_count;              /* of `resources` */
    cv_adaptive_settings adaptive;      /* for CV_LIMIT_ADAPTIVE */
    const char *database;               /* a file of the limit's own; NULL: the client's */

    /* After so many tries in a row without an answer (no connection, a broken one, a time-out) or
     * with a 5xx, of all programs on the file together, the service's host is left in peace: for
     * circuit_open_ms, then one request tries it, alone among all programs, and ends the pause or
     * doubles it, up to five minutes. Calls that would wait for it longer than max_wait_ms fail
     * with CV_ERROR_NETWORK or CV_ERROR_SERVER and retry_after_ms. 0: 5. CV_NONE: this client
     * neither counts nor waits. */
    int64_t circuit_failures;
    int64_t circuit_open_ms; /* the first pause, less up to a quarter; 0: 10 000, at most 300 000 */
    int64_t reserved[13];
} cv_rate_limit_settings;

/* How images are fetched and kept (image.h). Start from CV_IMAGE_SETTINGS_INIT; 0 or NULL in a
 * member means its default. */
typedef struct cv_image_settings {
    size_t size;

    /* The file of images, apart from that of records, so that neither is in the other's way; its
     * folder must exist. It is made when the first image is asked for, and is also where programs
     * agree on the interval and on pauses: they should name the same. NULL: the name of the
     * client's database with "-images" behind it; or ":memory:", where that has no name. */
    const char *database;

    int64_t min_interval_ms; /* between any two requests for images; 0: 250. CV_NO_INTERVAL: none */
    int64_t ttl_s;           /* how long a cached one counts as fresh; 0: 604 800 (a week) */

    /* How long after that it is kept, and given if the host fails (cv_stale); 0: 2 592 000 (thirty
     * days). CV_NONE: not at all. */
    int64_t stale_s;

    /* What all cached images may take; when there are more, those go that were not used for the
     * longest time. 0: 268 435 456 (256 MiB). CV_NONE: no bound. */
    int64_t max_bytes;

    int64_t reserved[8];
} cv_image_settings;

/* clang-format off */
#define CV_IMAGE_SETTINGS_INIT                                                                     \
    {                                                                                              \
        sizeof(cv_image_settings), NULL, 0, 0, 0, 0, {0}                                           \
    }
/* clang-format on */

/* Start from CV_OPTIONS_INIT. 0 or NULL in a member means its default, CV_NONE in a time or count
 * switches it off. A value out of range is CV_ERROR_ARGUMENT. Everything is copied by
 * cv_client_open. */
typedef struct cv_options {
    size_t size;

    /* Needed. Never stored, logged or shown; blotted out (if it has 8 characters or more) where an
     * answer echoes it, also as URLs, JSON or HTML write it. */
    const char *api_key;

    /* NULL: https://comicvine.gamespot.com/api. Printable ASCII, the host a name or an address; no
     * user, query or fragment. */
    const char *base_url;

    /* Path of the file, or ":memory:". NULL: $XDG_DATA_HOME/comicvine/comicvine.db, else
     * ~/.local/share/comicvine/comicvine.db, whose folder is made with mode 0700; any other folder
     * must exist. */
    const char *database;

    /* "name/version", for the User-Agent beside the library's own, and kept with each request in
     * the file, so that who shares it sees who spent the budget (cv_rate_limit_store_spenders); at
     * most CV_APPLICATION_MAX bytes, without control characters. The header has bytes beyond ASCII
     * as URLs do, %C3%A9. */
    const char *application;

    cv_drive drive;             /* 0: CV_DRIVE_THREAD */
    int64_t connect_timeout_ms; /* 0: 10 000 */
    int64_t timeout_ms;         /* one transfer, from start to end; 0: 30 000 */
    int64_t max_wait_ms;        /* longest wait for quota; 0: 60 000. CV_NO_WAIT, CV_WAIT_FOREVER */
    int64_t max_retries;        /* after 5xx, time-outs, broken connections and cut answers, each
                                   admitted and counted; 0: 2. CV_NONE: none */

    /* SQLite's synchronous=NORMAL: quicker, but a power cut (not a crash) may forget the last
     * admissions. */
    bool relaxed_sync;

    cv_cache_settings cache;           /* what is kept of answers */
    cv_dedupe_settings dedupe;         /* how equal calls are joined */
    cv_rate_limit_settings rate_limit; /* how often requests are sent */
    const cv_allocator *allocator;     /* NULL: malloc; copied */

    /* An open connection of the application's, in place of `database`: used and never closed; its
     * settings, hooks and busy handler stay. It must outlive the client. Implies CV_DRIVE_POLL, and
     * the client is then to be used by one thread at a time, that which may use the connection just
     * now. While a transaction of the application's is open on it, calls that must write fail with
     * CV_ERROR_STORE and change nothing. It must be of the SQLite that the library uses, and is of
     * no use in a child of fork. If memory ran out while cv_client_open made or brought up to date
     * the tables, SQLite may have had none to roll back either: who goes on with the connection
     * looks at sqlite3_get_autocommit, and ends what is open with ROLLBACK. */
    struct sqlite3 *connection;

    cv_event_fn *on_event;  /* told what happens to each call (event.h); NULL: nothing is noted */
    cv_log_fn *on_log;      /* takes lines for people (event.h); NULL: none are written */
    void *user;             /* handed to all of them */
    cv_log_level log_level; /* CV_LOG_DEFAULT (0): CV_LOG_INFO */

    /* What the client may hold at a time of the memory that goes through `allocator`: requests that
     * are not freed, answers on their way and being decoded, records and pages in the application's
     * hands (also after the client is closed). A call that needs more fails with CV_ERROR_NOMEM,
     * and an answer that does not fit is not read to its end; when enough has been freed, calls do
     * well again. An answer that fits, but not with its records, is not kept, and its request is
     * spent: leave room for three times the largest. 0 or CV_NONE: no bound, and nothing is
     * counted; else from 131 072, of which some 40 000 are the client's own. What SQLite and
     * libcurl hold is not counted: SQLite keeps pages of the file in memory, some 2 MB for each
     * connection (docs/embedding.md). */
    int64_t max_memory_bytes;

    /* For loops that cannot watch cv_client_fd: called when there is something to deliver, mostly
     * by the worker, sometimes inside a call of yours that makes something due, or at the end of a
     * poll that has left something. It may do nothing but signal (post a message to the window,
     * say), so that cv_client_poll is called soon; it is not called again before that, unless
     * others have delivered what was due. In a poll, whose callbacks may go on with loops of their
     * own, it may be called once for what that poll is about to deliver. Never called while or
     * after the client is closed. Not for CV_DRIVE_POLL, where there is nobody who could call.
     * NULL: none. */
    cv_ready_fn *on_ready;

    /* What requests are sent with, in place of libcurl (sys/transport.h); copied. It belongs to one
     * client, which calls its `close` in the end; if cv_client_open fails it stays the caller's.
     * NULL: libcurl, from the first miss on. In a build without it, or where it cannot be loaded,
     * what is not cached fails with CV_ERROR_NETWORK then. */
    const struct cv_transport *transport;

    const struct cv_clock *clock;    /* what time it is (sys/clock.h); NULL: the system's; copied */
    const cv_image_settings *images; /* NULL: all defaults; copied */
    int64_t reserved[6];
} cv_options;

/* clang-format off */
#define CV_OPTIONS_INIT                                                                            \
    {                                                                                              \
        sizeof(cv_options), NULL, NULL, NULL, NULL, CV_DRIVE_THREAD, 0, 0, 0, 0, false,            \
        {false, 0, NULL, 0, 0, 0, 0, NULL, 0, 0, CV_STALE_DEFAULT, false, 0, {0}},                 \
        {false, 0, 0, 0, NULL, {0}},                                                               \
        {CV_LIMIT_ADAPTIVE, 0, 0, 0, 0, NULL, 0,                                                   \
         {0, 0, 0, 0, 0, 0.0, 0, false, {0}}, NULL, 0, 0, {0}},                                    \
        NULL, NULL, NULL, NULL, NULL, CV_LOG_DEFAULT, 0, NULL, NULL, NULL, NULL, {0}                  \
    }
/* clang-format on */

/* Opens a client and its database file, which is made if there is none (mode 0600). Touches no
 * network and starts no thread. Close it with cv_client_close. May wait some seconds for another
 * program that holds the file. NULL on failure: cv_last_error() says why. Any thread. */
CV_API cv_client *cv_client_open(const cv_options *options);

/* Whether the service accepts the key. Whatever the service has answered in the last day to this
 * client says so; else what a program with the same key and base URL has noted in the file: that it
 * was accepted holds for a day, that it was refused for cache.negative_ttl_s. Only if nothing is
 * known does this cost a request, for one entry of the list of promos, whose budget hardly anybody
 * needs; it blocks, waits for its turn and tells events like any other call
 * (cv_request_check_key does not block). False: cv_last_error() has CV_ERROR_AUTH if the key is
 * refused, with retry_after_ms if that was known and not asked; with any other code it is not
 * known. Any thread. */
CV_API bool cv_client_check_key(cv_client *client);

/* Completes what is under way with CV_ERROR_CLOSED, delivers the events and callbacks still due on
 * this thread, and gives everything back. Never waits for the network. Requests may be freed later,
 * results stay good. No other thread may begin a call with this client meanwhile; those inside
 * cv_request_wait or a blocking call return. Allowed inside a callback. What callbacks submit while
 * the client closes ends with CV_ERROR_CLOSED and is called back too, but not what the callbacks of
 * those submit in their turn. NULL is fine. */
CV_API void cv_client_close(cv_client *client);

/* Delivers events and callbacks that are due on this thread; in CV_DRIVE_POLL also does the
 * client's work. Returns as soon as it has delivered something, at the latest after `timeout_ms`
 * (0: at once, -1: no limit). Answers the number of events and callbacks delivered; 0 for NULL. Any
 * thread, also inside a callback.
 *
 * With 0 it never sleeps, never waits for a lock of another program or for the network, and works
 * for about a millisecond; what is left then is for the next calls, and cv_client_next_deadline
 * says 0. Long answers are looked through and decoded in parts over several calls. What is not
 * divided: a single text within an answer (some 1 ms for a megabyte), an old answer that is given
 * for want of a fresh one, an image out of the cache (some 3 ms for 4 MiB), and a transaction,
 * which also waits for the disk (see relaxed_sync); storing an answer of more than 256 KiB has a
 * call of its own (some 2 ms for a megabyte). CV_DRIVE_THREAD does all that elsewhere. */
CV_API int cv_client_poll(cv_client *client, int64_t timeout_ms);

/* The same as cv_client_poll(client, 0), but works and delivers until `budget_us` microseconds are
 * used up or nothing is left; it stops early where what comes next is to have a call of its own.
 * However short the budget is, each call brings the work on by one piece and delivers one event or
 * callback if any is due; who waits is served in order over the calls. */
CV_API int cv_client_poll_for(cv_client *client, int64_t budget_us);

/* Milliseconds until cv_client_poll is next needed: 0 now, -1 not until something new is asked
 * for. While an answer is on its way in CV_DRIVE_POLL this is a few milliseconds; at most 25 while
 * another program fetches it. Any thread. */
CV_API int64_t cv_client_next_deadline(const cv_client *client);

/* A descriptor for poll(2), epoll, or an event loop of any kind to watch: readable for as long as a
 * poll is due, so that neither a timer nor cv_client_next_deadline is needed beside it. The same
 * one each time; the client's, to be neither read nor closed: stop watching it before you close the
 * client. In CV_DRIVE_POLL one thread should watch it and poll; while another one drives inside a
 * blocking call the descriptor may be readable without need. -1: this system has none, no
 * descriptors are left, or the client is NULL or closed; then cv_client_next_deadline has to do.
 * Any thread. */
CV_API int cv_client_fd(const cv_client *client);

/* Lays the client to rest, before the machine or the application sleeps, or while a debugger holds
 * the program: what has been sent is broken off (it has cost its place in the budget), connections
 * are closed, jobs are handed back so that other programs may take them, answers that are here are
 * stored. When it returns, after some 50 ms at most, the client holds no lock and neither sends
 * anything nor touches the file; what another program has kept locked for that long is handed back
 * when it can be, or ends with its lease. Requests may be made meanwhile and wait; blocking calls
 * are answered from the cache or wait too; deadlines (cv_request_options.deadline_ms) go on, times
 * of sleep included (who takes a stale answer then gets it: that reads the cache). cv_client_poll
 * goes on to deliver. Suspending twice is the same as once. Any thread, also inside a callback.
 * NULL is fine. */
CV_API void cv_client_suspend(cv_client *client);

/* Goes on: what waits looks into the cache again and is admitted anew, on fresh connections,
 * however long the sleep was. NULL, or a client that is not suspended, is fine. */
CV_API void cv_client_resume(cv_client *client);

#ifdef __cplusplus
}
#endif

#endif
