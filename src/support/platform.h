/* What the operating system gives: clocks, randomness, threads, file locks, wake-up sockets, word
 * of the end of other processes, and what fork and exec leave behind. The only place that includes
 * pthread, reads a clock or knows Linux. */
#ifndef CVI_SUPPORT_PLATFORM_H
#define CVI_SUPPORT_PLATFORM_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <comicvine/error.h>

#include "support/buffer.h"
#include "support/clock.h"

/* ---- clock and randomness (platform_clock.c) ---- */

/* CLOCK_BOOTTIME, CLOCK_REALTIME and the kernel's boot id. */
void cvi_platform_clock(cvi_clock *clock);

/* CLOCK_MONOTONIC, for how long something takes. */
int64_t cvi_platform_now_us(void);

/* A name for a boot that nobody shares with the caller. */
void cvi_platform_name_boot(char *name, size_t size);

/* The kernel's generator. False if it does not answer. */
bool cvi_platform_random(cvi_random *random);

/* Sleeps; only for blocking store calls outside the engine, such as opening the file. */
void cvi_platform_sleep_ms(int64_t duration_ms);
void cvi_platform_sleep_us(int64_t duration_us);

/* ---- secrets (platform_secret.c) ---- */

/* A copy of `length` bytes with a NUL behind them that core dumps leave out and that is empty in a
 * child of fork, where the system can do that. NULL without memory. */
char *cvi_secret_copy(const char *text, size_t length);

/* Wipes it and gives it back. NULL is fine; so is a child of fork, where nothing happens. */
void cvi_secret_free(char *secret);

/* ---- threads (platform_thread.c) ---- */

typedef struct cvi_mutex {
    pthread_mutex_t handle;
} cvi_mutex;

typedef struct cvi_condition {
    pthread_cond_t handle;
} cvi_condition;

typedef struct cvi_thread {
    pthread_t handle;
} cvi_thread;

/* Both answer false without resources. */
bool cvi_mutex_init(cvi_mutex *mutex);
bool cvi_condition_init(cvi_condition *condition);
void cvi_mutex_destroy(cvi_mutex *mutex);
void cvi_condition_destroy(cvi_condition *condition);
void cvi_mutex_lock(cvi_mutex *mutex);
void cvi_mutex_unlock(cvi_mutex *mutex);
void cvi_condition_broadcast(cvi_condition *condition);

/* Waits at most `timeout_ms` (-1: no limit) on the monotonic clock; may wake for no reason. */
void cvi_condition_wait(cvi_condition *condition, cvi_mutex *mutex, int64_t timeout_ms);

/* Starts a thread in which every signal that can be blocked is blocked, so that the host's handlers
 * never run there. False if the system refuses. */
bool cvi_thread_start(cvi_thread *thread, void *(*run)(void *user), void *user);
void cvi_thread_join(cvi_thread *thread);

/* When a wait of so many milliseconds from now ends, on the monotonic clock; negative: never. */
typedef struct cvi_timeout {
    int64_t end_ms; /* INT64_MAX: never */
} cvi_timeout;
cvi_timeout cvi_timeout_start(int64_t timeout_ms);

/* What is left of it: 0 when it is over, -1 when it never is. */
int64_t cvi_timeout_left_ms(cvi_timeout timeout);

/* Keeps SIGPIPE away from this thread while libcurl writes to sockets; restore undoes it and drops
 * a SIGPIPE that arrived meanwhile. */
typedef struct cvi_sigpipe {
    bool was_blocked;
    bool was_pending;
} cvi_sigpipe;
void cvi_sigpipe_block(cvi_sigpipe *state);
void cvi_sigpipe_restore(const cvi_sigpipe *state);

/* ---- files (platform_file.c) ---- */

/* Makes the folder (and its parents) with mode 0700 where missing. */
bool cvi_folder_make(const char *path, cv_error *error);

/* Absolute path of `path` with all symbolic links of its folder resolved, but not of the last part,
 * into `resolved` of `size` bytes. Refuses a name that leaves no room for those of the files that
 * SQLite makes beside it. */
bool cvi_path_resolve(const char *path, char *resolved, size_t size, cv_error *error);

/* Whether `path`'s folder lies on a network file system; the file need not exist. `name` gets the
 * kind. False also when the system cannot tell. */
bool cvi_path_is_remote(const char *path, const char **name);

/* Whether there is anything of that name, a dangling symbolic link included. */
bool cvi_file_exists(const char *path);

/* Refuses what is there under that name if it is a symbolic link, no regular file, or one with
 * further names, beside each of which SQLite would make files of its own. */
bool cvi_file_check_kind(const char *path, cv_error *error);

/* Which file a path leads to, by whatever name. */
typedef struct cvi_file_id {
    uint64_t device;
    uint64_t inode;
} cvi_file_id;
bool cvi_file_identify(const char *path, cvi_file_id *id, cv_error *error);

/* Creates an empty file with mode 0600 if there is none; refuses symbolic links and anything that
 * is not a regular file. Call only under the gate: closing a descriptor of a database file that
 * SQLite has open in this process would drop SQLite's locks. */
bool cvi_file_create_private(const char *path, cv_error *error);

/* The side file `<database>.gate`: open-file-description locks on its bytes, which the kernel drops
 * when their holder dies and which nothing else in the process can drop. */
typedef struct cvi_gate {
    int descriptor;
    struct cvi_gate *next; /* in platform_fork.c's list while open, so it stays where it is */
} cvi_gate;

bool cvi_gate_open(cvi_gate *gate, const char *path, cv_error *error);
void cvi_gate_close(cvi_gate *gate);

typedef enum cvi_lock_answer {
    CVI_LOCK_TAKEN,
    CVI_LOCK_HELD, /* by somebody else */
    CVI_LOCK_FAILED
} cvi_lock_answer;

/* Locks a byte for this descriptor alone. Never waits. */
cvi_lock_answer cvi_gate_try(cvi_gate *gate, int64_t byte);
void cvi_gate_release(cvi_gate *gate, int64_t byte);

/* Locks a byte that others may lock in the same way, but not try. */
cvi_lock_answer cvi_gate_share(cvi_gate *gate, int64_t byte);

/* Whether another descriptor holds the byte, or any of `count` bytes. */
cvi_lock_answer cvi_gate_probe(const cvi_gate *gate, int64_t byte);
cvi_lock_answer cvi_gate_probe_span(const cvi_gate *gate, int64_t first, int64_t count);

/* ---- files as a whole (platform_text.c) ---- */

/* Adds what the file holds. False: it cannot be read, or is larger than the buffer may be. */
bool cvi_file_read(const char *path, cvi_buffer *out);

/* Replaces the file, or makes it: nobody ever sees a part of it. */
bool cvi_file_write(const char *path, const char *bytes, size_t size);

/* Writes all of it. False: errno says why. */
bool cvi_descriptor_write(int descriptor, const char *bytes, size_t size);

/* Locks the file for this descriptor, open for writing, until it is closed. Never waits. */
cvi_lock_answer cvi_file_lock(int descriptor);

/* As cvi_file_write, but to the disk, for files that others may write at the same time
 * (platform_replace.c): until then the bytes lie beside it, under its name and ".comicvine-N.part",
 * N from 0 to CVI_DRAFTS - 1. What killed programs have left under such names is removed. False
 * with EIO, EDQUOT or ENOSPC: it may be in place, and yet not survive a power cut. */
bool cvi_file_replace(const char *path, const char *bytes, size_t size);

enum { CVI_DRAFTS = 64 };

/* False: there was none, or it cannot be removed. */
bool cvi_file_remove(const char *path);

/* Why the last of these failed on this thread, in words. */
const char *cvi_file_trouble(void);

/* ---- libraries that are loaded late (platform_library.c, in builds that do) ---- */

typedef struct cvi_library {
    void *handle;
} cvi_library;

/* For good: nothing unloads it. False: CV_ERROR_NETWORK, as it is the network that is loaded so.
 * Runs the library's constructors: no lock is to be held. Any thread, any number of times. */
bool cvi_library_load(cvi_library *library, const char *name, cv_error *error);

/* Writes the address of a function into `function`, a pointer to a pointer of its type. */
bool cvi_library_find(const cvi_library *library, const char *name, void *function,
                      cv_error *error);

/* ---- waking other processes (platform_wake.c) ---- */

/* A datagram socket in the kernel's abstract namespace. Where there is none, `descriptor` is -1,
 * the address is empty and waiters rely on their backstop look at the row. */
typedef struct cvi_wake {
    int descriptor;
    char address[64]; /* printable text that others pass to cvi_wake_send */
} cvi_wake;

void cvi_wake_open(cvi_wake *wake, const cvi_random *random);
void cvi_wake_close(cvi_wake *wake);

/* Takes the oldest message, with its word; "" for one that says nothing, or more than fits. False:
 * there is none. Never blocks. */
bool cvi_wake_take(const cvi_wake *wake, char *word, size_t size);

/* Reads away what has arrived; true if there was anything. Never blocks. */
bool cvi_wake_drain(const cvi_wake *wake);

/* Sleeps until a message is there or `other` (-1: none) is readable, at most `timeout_ms`. */
void cvi_wake_wait(const cvi_wake *wake, int other, int64_t timeout_ms);

/* Wakes whoever has the address `to`, and says a word, which may be ""; never blocks, a dead
 * address is no error. */
void cvi_wake_send(const cvi_wake *wake, const char *to, const char *word);

/* ---- waking other threads (platform_event.c) ---- */

/* Ends the next wait for it, or the one under way. */
typedef struct cvi_event {
    int descriptor; /* readable while it is set */
    int other_end;  /* of a pipe, where that is what it is; else -1 */
} cvi_event;

/* False without descriptors. Closing one that was not opened is fine. */
bool cvi_event_open(cvi_event *event);
void cvi_event_close(cvi_event *event);
void cvi_event_set(const cvi_event *event);

/* Sleeps until the event is set, which it takes, or `other` (-1: none) is readable, at most
 * `timeout_ms` (-1: no limit). */
void cvi_event_wait(const cvi_event *event, int other, int64_t timeout_ms);

/* ---- the end of other processes (platform_process.c) ---- */

enum { CVI_PROCESS_BITS = 34 };

/* A number of so many bits for this process, by which those know it who share its process ids and
 * its wake-up addresses (containers need not). 0 where that cannot be told. Reused by the system:
 * it names a process only as long as that is known to live. */
int64_t cvi_process_number(void);

/* The system's number of this process, for people to read. */
int64_t cvi_process_id(void);

/* A descriptor, the caller's, that becomes readable when the process of that number ends. -1: it
 * has ended, is of another namespace, or the system does not say or has no descriptors left. */
int cvi_process_open(int64_t number);
bool cvi_process_has_ended(int descriptor);
void cvi_process_close(int descriptor); /* -1 is fine */

/* A descriptor that is readable while any of its members is; members stay their owners', who take
 * them out before they close them. -1: none on this system, or no descriptors left. */
typedef struct cvi_bundle {
    int descriptor;
} cvi_bundle;

void cvi_bundle_open(cvi_bundle *bundle);
void cvi_bundle_close(cvi_bundle *bundle);
bool cvi_bundle_add(const cvi_bundle *bundle, int member);
void cvi_bundle_remove(const cvi_bundle *bundle, int member);

/* Fills in members that are readable, and answers how many; what has no room comes next time. */
size_t cvi_bundle_ready(const cvi_bundle *bundle, int *members, size_t size);

/* A member that somebody waits to read from or to write to; one that has failed is both. */
typedef struct cvi_ready {
    int descriptor;
    bool reads;
    bool writes;
} cvi_ready;

/* Makes it a member, or changes what is waited for. */
bool cvi_bundle_watch(const cvi_bundle *bundle, const cvi_ready *wanted);

/* One that is ready; each has its turn. False: none is. Never waits. */
bool cvi_bundle_next(const cvi_bundle *bundle, cvi_ready *ready);

/* ---- a descriptor that says when there is something to do (platform_signal.c) ---- */

/* Readable while it is raised, when its time has come, or while a member is readable. All
 * descriptors are -1 where the system has no such thing. */
typedef struct cvi_signal {
    cvi_bundle bundle; /* what to watch */
    int flag;
    int timer;
    bool is_raised;
} cvi_signal;

/* False: none on this system, or no descriptors left. */
bool cvi_signal_open(cvi_signal *self);
void cvi_signal_close(cvi_signal *self);
void cvi_signal_raise(cvi_signal *self);
void cvi_signal_lower(cvi_signal *self);

/* From now on, by the boot clock; -1: never. An earlier time is forgotten. */
void cvi_signal_set_timer(const cvi_signal *self, int64_t delay_ms);

/* ---- exec (platform_exec.c) ---- */

/* A socket that exec closes; -1: as for socket(2). */
int cvi_socket_open(int family, int type, int protocol);
void cvi_socket_close(int descriptor);

/* Has exec close the local sockets and pipes that another library made for itself without saying
 * which: both ends of those that grow by one byte each time that `stir` is called. */
void cvi_exec_closes(void (*stir)(void *user), void *user);

/* ---- fork (platform_fork.c) ---- */

/* Numbers the processes that fork makes out of one: 1, 2 in its child, 3 in the child's. May be
 * shared by several copies of the library. */
typedef struct cvi_lineage {
    struct cvi_lineage_page *page; /* a child of fork gets it empty, if `is_wiped` */
    bool is_wiped;
    uint64_t last;
} cvi_lineage;

/* In which process something was made. All zero: in this one, whichever that is. */
typedef struct cvi_birth {
    const struct cvi_lineage_page *page;
    uint64_t generation;
} cvi_birth;

/* False without memory. */
bool cvi_lineage_init(cvi_lineage *lineage);

/* Only where it was made; no birth may be left that is still asked about. */
void cvi_lineage_free(cvi_lineage *lineage);

/* The running process. One thread at a time. */
cvi_birth cvi_lineage_birth(cvi_lineage *lineage);

/* False in a child of fork that inherited what was born. Costs no system call, but where the kernel
 * cannot give a child an empty page. Any thread. */
bool cvi_birth_is_here(const cvi_birth *birth);

/* Has fork() heed what follows; false without memory. Any thread, any number of times. */
bool cvi_fork_heed(void);

/* Between these a thread is where a fork must not cut it off, since a mutex that it holds (SQLite's
 * own) would be held in the child for ever: fork() waits for it, for a second at most. They nest.
 * Not for what sleeps. */
void cvi_fork_hold_off(void);
void cvi_fork_let(void);

/* Whether this process came of a fork that has not waited long enough. */
bool cvi_fork_was_torn(void);

/* Has a child of fork close its copy of the gate's descriptor, which would keep the locks of a
 * parent that dies. For cvi_gate_open and cvi_gate_close. */
void cvi_fork_add_gate(cvi_gate *gate);
void cvi_fork_remove_gate(cvi_gate *gate);

#endif
