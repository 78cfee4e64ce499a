/* Owns the counters of what may be refused. Any thread may meet them. */
#include "torture/refusals.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

static struct {
    size_t calls;
    size_t failing_call; /* 0: none */
    bool keeps_failing;
    bool has_failed;
} plans[REFUSALS];

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

void refusal_begin(refusal kind, size_t call, bool keeps_failing) {
    pthread_mutex_lock(&mutex);
    plans[kind].calls = 0;
    plans[kind].failing_call = call;
    plans[kind].keeps_failing = keeps_failing;
    plans[kind].has_failed = false;
    pthread_mutex_unlock(&mutex);
}

bool refusal_end(refusal kind) {
    pthread_mutex_lock(&mutex);
    plans[kind].failing_call = 0;
    bool has_failed = plans[kind].has_failed;
    pthread_mutex_unlock(&mutex);
    return has_failed;
}

bool refusal_strikes(refusal kind) {
    pthread_mutex_lock(&mutex);
    size_t call = ++plans[kind].calls;
    size_t failing_call = plans[kind].failing_call;
    bool refused = failing_call != 0 &&
                   (call == failing_call || (plans[kind].keeps_failing && call > failing_call));
    plans[kind].has_failed = plans[kind].has_failed || refused;
    pthread_mutex_unlock(&mutex);
    return refused;
}

static bool has_no_descriptor(void) {
    if (!refusal_strikes(REFUSAL_DESCRIPTOR)) {
        return false;
    }
    errno = EMFILE;
    return true;
}

/* ---- in the place of the system's ---- */

int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*run)(void *user), void *user);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*run)(void *user), void *user);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*run)(void *user), void *user) {
    return refusal_strikes(REFUSAL_THREAD) ? EAGAIN
                                           : __real_pthread_create(thread, attributes, run, user);
}

int __real_open64(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    mode_t mode = (flags & O_CREAT) != 0 ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    return has_no_descriptor() ? -1 : __real_open64(path, flags, mode);
}

int __real_socket(int family, int type, int protocol);
int __wrap_socket(int family, int type, int protocol);
int __wrap_socket(int family, int type, int protocol) {
    return has_no_descriptor() ? -1 : __real_socket(family, type, protocol);
}

int __real_eventfd(unsigned count, int flags);
int __wrap_eventfd(unsigned count, int flags);
int __wrap_eventfd(unsigned count, int flags) {
    return has_no_descriptor() ? -1 : __real_eventfd(count, flags);
}

int __real_epoll_create1(int flags);
int __wrap_epoll_create1(int flags);
int __wrap_epoll_create1(int flags) {
    return has_no_descriptor() ? -1 : __real_epoll_create1(flags);
}

int __real_timerfd_create(int clock, int flags);
int __wrap_timerfd_create(int clock, int flags);
int __wrap_timerfd_create(int clock, int flags) {
    return has_no_descriptor() ? -1 : __real_timerfd_create(clock, flags);
}

DIR *__real_opendir(const char *path);
DIR *__wrap_opendir(const char *path);
DIR *__wrap_opendir(const char *path) {
    return has_no_descriptor() ? NULL : __real_opendir(path);
}
