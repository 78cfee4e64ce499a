/* Owns what a fork would break: mutexes of others (SQLite's) that some thread holds just then,
 * locks that a child's copy of a descriptor keeps when its parent dies, and handles that are the
 * parent's alone.
 *
 * fork() waits until no thread is between hold_off and let, and keeps others from going there. The
 * wait has an end, as somebody in there may wait in turn for what fork() has stopped already, such
 * as the application's own allocator. Our handlers leave with the library when it is unloaded
 * (glibc files them under it; where handlers stay, libraries do too). A fork that runs no handlers,
 * by clone(2) alone, is noticed all the same: by the page. Any thread. */
#include "support/platform.h"

#include <stdatomic.h>
#include <sys/mman.h>
#include <unistd.h>

#define PATIENCE_MS 1000

/* ---- generations ---- */

struct cvi_lineage_page {
    atomic_uint_fast64_t generation; /* 0: nobody has asked since the fork */
    atomic_bool is_wiped;
    atomic_long pid; /* tells where the page is not wiped */
};

static bool wipe_on_fork(void *page) {
#ifdef MADV_WIPEONFORK
    return madvise(page, sizeof(struct cvi_lineage_page), MADV_WIPEONFORK) == 0;
#else
    (void)page;
    return false;
#endif
}

bool cvi_lineage_init(cvi_lineage *lineage) {
    void *page = mmap(NULL, sizeof(struct cvi_lineage_page), PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) {
        return false;
    }
    *lineage = (cvi_lineage){.page = page, .is_wiped = wipe_on_fork(page)};
    return true;
}

void cvi_lineage_free(cvi_lineage *lineage) {
    munmap(lineage->page, sizeof(struct cvi_lineage_page));
    lineage->page = NULL;
}

static bool is_here(const struct cvi_lineage_page *page, uint64_t generation) {
    return atomic_load(&page->generation) == generation &&
           (atomic_load(&page->is_wiped) || atomic_load(&page->pid) == getpid());
}

/* The number comes first: with it alone the page is nobody's, not the parent's. */
cvi_birth cvi_lineage_birth(cvi_lineage *lineage) {
    struct cvi_lineage_page *page = lineage->page;
    if (lineage->last == 0 || !is_here(page, lineage->last)) {
        atomic_store(&page->generation, ++lineage->last);
        atomic_store(&page->pid, getpid());
        atomic_store(&page->is_wiped, lineage->is_wiped);
    }
    return (cvi_birth){page, lineage->last};
}

bool cvi_birth_is_here(const cvi_birth *birth) {
    return birth->page == NULL || is_here(birth->page, birth->generation);
}

/* ---- fork() ---- */

/* fork() itself is the process's, and so is what it must find. */
static struct {
    cvi_mutex mutex; /* held through a fork */
    bool is_heeded;
    cvi_condition changed;
    int inside; /* threads that hold a fork off */
    bool is_forking;
    bool was_torn;
    cvi_gate *gates;
} forks = {.mutex = {PTHREAD_MUTEX_INITIALIZER}};

static _Thread_local int depth; /* how often this thread has said so */

/* Those whom a fork on this thread cannot wait for: this thread itself, in a hook. */
static int own_share(void) {
    return depth > 0 ? 1 : 0;
}

static void before_fork(void) {
    cvi_mutex_lock(&forks.mutex);
    cvi_timeout timeout = cvi_timeout_start(PATIENCE_MS);
    int64_t left_ms = PATIENCE_MS;
    while (forks.inside > own_share() && left_ms > 0) {
        forks.is_forking = true; /* again: another thread's fork may have ended meanwhile */
        cvi_condition_wait(&forks.changed, &forks.mutex, left_ms);
        left_ms = cvi_timeout_left_ms(timeout);
    }
}

static void after_fork_in_parent(void) {
    forks.is_forking = false;
    cvi_condition_broadcast(&forks.changed);
    cvi_mutex_unlock(&forks.mutex);
}

/* Of the parent's threads only this one is here. Nobody else waits: the condition begins anew. */
static void after_fork_in_child(void) {
    forks.was_torn = forks.was_torn || forks.inside > own_share();
    forks.inside = own_share();
    forks.is_forking = false;
    forks.was_torn = !cvi_condition_init(&forks.changed) || forks.was_torn;
    while (forks.gates != NULL) {
        cvi_gate *gate = forks.gates;
        forks.gates = gate->next;
        close(gate->descriptor);
        gate->descriptor = -1;
    }
    cvi_mutex_unlock(&forks.mutex);
}

static bool start_heeding(void) {
    if (!cvi_condition_init(&forks.changed)) {
        return false;
    }
    if (pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child) != 0) {
        cvi_condition_destroy(&forks.changed);
        return false;
    }
    return true;
}

bool cvi_fork_heed(void) {
    cvi_mutex_lock(&forks.mutex);
    forks.is_heeded = forks.is_heeded || start_heeding();
    bool is_heeded = forks.is_heeded;
    cvi_mutex_unlock(&forks.mutex);
    return is_heeded;
}

void cvi_fork_hold_off(void) {
    if (depth++ > 0) {
        return;
    }
    cvi_mutex_lock(&forks.mutex);
    while (forks.is_forking) {
        cvi_condition_wait(&forks.changed, &forks.mutex, -1);
    }
    forks.inside++;
    cvi_mutex_unlock(&forks.mutex);
}

void cvi_fork_let(void) {
    if (--depth > 0) {
        return;
    }
    cvi_mutex_lock(&forks.mutex);
    forks.inside--;
    if (forks.is_forking) {
        cvi_condition_broadcast(&forks.changed);
    }
    cvi_mutex_unlock(&forks.mutex);
}

bool cvi_fork_was_torn(void) {
    cvi_mutex_lock(&forks.mutex);
    bool was_torn = forks.was_torn;
    cvi_mutex_unlock(&forks.mutex);
    return was_torn;
}

/* ---- gates ---- */

void cvi_fork_add_gate(cvi_gate *gate) {
    cvi_mutex_lock(&forks.mutex);
    gate->next = forks.gates;
    forks.gates = gate;
    cvi_mutex_unlock(&forks.mutex);
}

void cvi_fork_remove_gate(cvi_gate *gate) {
    cvi_mutex_lock(&forks.mutex);
    cvi_gate **link = &forks.gates;
    while (*link != gate) {
        link = &(*link)->next;
    }
    *link = gate->next;
    cvi_mutex_unlock(&forks.mutex);
}
