/* Owns how the end of another process is heard of: Linux tells it through a descriptor. Process ids
 * mean something within their namespace of the kernel alone, and wake-up addresses within theirs,
 * so both are in a process's number. Any thread. */
#include "support/platform.h"

#include <errno.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/epoll.h>
#endif

enum { PLACE_BITS = 12, PID_BITS = CVI_PROCESS_BITS - PLACE_BITS, READY_AT_ONCE = 64 };

/* ---- numbers ---- */

/* Different for different namespaces, nearly always: two that are taken for one only make somebody
 * wait for the next look. 0 where they have no names. */
static uint64_t find_place(void) {
    static const uint64_t spread = UINT64_C(0x9E3779B97F4A7C15);
    struct stat ids;
    struct stat network;
    if (stat("/proc/self/ns/pid", &ids) != 0 || stat("/proc/self/ns/net", &network) != 0) {
        return 0;
    }
    uint64_t mixed = ((uint64_t)ids.st_ino * spread + (uint64_t)network.st_ino) * spread;
    uint64_t place = mixed >> (64 - PLACE_BITS);
    return place != 0 ? place : 1;
}

int64_t cvi_process_id(void) {
    return (int64_t)getpid();
}

int64_t cvi_process_number(void) {
    uint64_t place = find_place();
    uint64_t pid = (uint64_t)getpid();
    return place != 0 && pid >> PID_BITS == 0 ? (int64_t)(pid << PLACE_BITS | place) : 0;
}

/* ---- descriptors ---- */

#ifdef SYS_pidfd_open
static int open_pid(pid_t pid) {
    return (int)syscall(SYS_pidfd_open, pid, 0); /* close-on-exec by itself */
}
#else
static int open_pid(pid_t pid) {
    (void)pid;
    return -1;
}
#endif

int cvi_process_open(int64_t number) {
    const int64_t place_mask = (INT64_C(1) << PLACE_BITS) - 1;
    int64_t pid = number >> PLACE_BITS;
    uint64_t place = find_place();
    if (pid <= 0 || pid >> PID_BITS != 0 || place == 0 ||
        (uint64_t)(number & place_mask) != place) {
        return -1;
    }
    int descriptor = open_pid((pid_t)pid);
    if (descriptor >= 0 && cvi_process_has_ended(descriptor)) { /* and nobody has buried it yet */
        cvi_process_close(descriptor);
        return -1;
    }
    return descriptor;
}

bool cvi_process_has_ended(int descriptor) {
    struct pollfd wanted = {.fd = descriptor, .events = POLLIN};
    return poll(&wanted, 1, 0) == 1;
}

void cvi_process_close(int descriptor) {
    if (descriptor >= 0) {
        close(descriptor);
    }
}

/* ---- bundles ---- */

#ifdef __linux__

void cvi_bundle_open(cvi_bundle *bundle) {
    bundle->descriptor = epoll_create1(EPOLL_CLOEXEC);
}

bool cvi_bundle_add(const cvi_bundle *bundle, int member) {
    struct epoll_event wanted = {.events = EPOLLIN, .data = {.fd = member}};
    return epoll_ctl(bundle->descriptor, EPOLL_CTL_ADD, member, &wanted) == 0;
}

/* Closing the member is not enough: a child of ours may hold it open too. */
void cvi_bundle_remove(const cvi_bundle *bundle, int member) {
    epoll_ctl(bundle->descriptor, EPOLL_CTL_DEL, member, NULL);
}

size_t cvi_bundle_ready(const cvi_bundle *bundle, int *members, size_t size) {
    struct epoll_event events[READY_AT_ONCE];
    int most = size < READY_AT_ONCE ? (int)size : READY_AT_ONCE;
    int count = 0;
    do {
        count = epoll_wait(bundle->descriptor, events, most, 0);
    } while (count < 0 && errno == EINTR);
    for (int i = 0; i < count; i++) {
        members[i] = events[i].data.fd;
    }
    return count > 0 ? (size_t)count : 0;
}

bool cvi_bundle_watch(const cvi_bundle *bundle, const cvi_ready *wanted) {
    struct epoll_event event = {.events = (wanted->reads ? (uint32_t)EPOLLIN : 0) |
                                          (wanted->writes ? (uint32_t)EPOLLOUT : 0),
                                .data = {.fd = wanted->descriptor}};
    return epoll_ctl(bundle->descriptor, EPOLL_CTL_MOD, wanted->descriptor, &event) == 0 ||
           epoll_ctl(bundle->descriptor, EPOLL_CTL_ADD, wanted->descriptor, &event) == 0;
}

/* The kernel puts a member that it has told of behind the others. */
bool cvi_bundle_next(const cvi_bundle *bundle, cvi_ready *ready) {
    struct epoll_event event;
    int count = 0;
    do {
        count = epoll_wait(bundle->descriptor, &event, 1, 0);
    } while (count < 0 && errno == EINTR);
    if (count <= 0) {
        return false;
    }
    const uint32_t failed = EPOLLERR | EPOLLHUP;
    *ready = (cvi_ready){.descriptor = event.data.fd,
                         .reads = (event.events & (EPOLLIN | failed)) != 0,
                         .writes = (event.events & (EPOLLOUT | failed)) != 0};
    return true;
}

#else

void cvi_bundle_open(cvi_bundle *bundle) {
    bundle->descriptor = -1;
}

bool cvi_bundle_add(const cvi_bundle *bundle, int member) {
    (void)bundle;
    (void)member;
    return false;
}

void cvi_bundle_remove(const cvi_bundle *bundle, int member) {
    (void)bundle;
    (void)member;
}

size_t cvi_bundle_ready(const cvi_bundle *bundle, int *members, size_t size) {
    (void)bundle;
    (void)members;
    (void)size;
    return 0;
}

bool cvi_bundle_watch(const cvi_bundle *bundle, const cvi_ready *wanted) {
    (void)bundle;
    (void)wanted;
    return false;
}

bool cvi_bundle_next(const cvi_bundle *bundle, cvi_ready *ready) {
    (void)bundle;
    (void)ready;
    return false;
}

#endif

void cvi_bundle_close(cvi_bundle *bundle) {
    if (bundle->descriptor >= 0) {
        close(bundle->descriptor);
    }
    bundle->descriptor = -1;
}
