/* Owns the wrapping of pthread: mutexes, conditions on the monotonic clock, threads without
 * signals. Any thread. */
#include "support/platform.h"

#include <signal.h>
#include <time.h>

bool cvi_mutex_init(cvi_mutex *mutex) {
    return pthread_mutex_init(&mutex->handle, NULL) == 0;
}

void cvi_mutex_destroy(cvi_mutex *mutex) {
    pthread_mutex_destroy(&mutex->handle);
}

void cvi_mutex_lock(cvi_mutex *mutex) {
    pthread_mutex_lock(&mutex->handle);
}

void cvi_mutex_unlock(cvi_mutex *mutex) {
    pthread_mutex_unlock(&mutex->handle);
}

bool cvi_condition_init(cvi_condition *condition) {
    pthread_condattr_t attributes;
    if (pthread_condattr_init(&attributes) != 0) {
        return false;
    }
    bool made = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0 &&
                pthread_cond_init(&condition->handle, &attributes) == 0;
    pthread_condattr_destroy(&attributes);
    return made;
}

void cvi_condition_destroy(cvi_condition *condition) {
    pthread_cond_destroy(&condition->handle);
}

void cvi_condition_broadcast(cvi_condition *condition) {
    pthread_cond_broadcast(&condition->handle);
}

void cvi_condition_wait(cvi_condition *condition, cvi_mutex *mutex, int64_t timeout_ms) {
    if (timeout_ms < 0) {
        pthread_cond_wait(&condition->handle, &mutex->handle);
        return;
    }
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += (time_t)(timeout_ms / 1000);
    until.tv_nsec += (long)(timeout_ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_cond_timedwait(&condition->handle, &mutex->handle, &until);
}

bool cvi_thread_start(cvi_thread *thread, void *(*run)(void *user), void *user) {
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    if (pthread_sigmask(SIG_SETMASK, &all, &before) != 0) {
        return false;
    }
    bool started = pthread_create(&thread->handle, NULL, run, user) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return started;
}

void cvi_thread_join(cvi_thread *thread) {
    pthread_join(thread->handle, NULL);
}

static bool sigpipe_is_pending(void) {
    sigset_t pending;
    return sigpending(&pending) == 0 && sigismember(&pending, SIGPIPE) == 1;
}

void cvi_sigpipe_block(cvi_sigpipe *state) {
    sigset_t only;
    sigset_t before;
    sigemptyset(&only);
    sigaddset(&only, SIGPIPE);
    state->was_pending = sigpipe_is_pending();
    state->was_blocked =
        pthread_sigmask(SIG_BLOCK, &only, &before) != 0 || sigismember(&before, SIGPIPE) == 1;
}

void cvi_sigpipe_restore(const cvi_sigpipe *state) {
    if (state->was_blocked) {
        return;
    }
    sigset_t only;
    sigemptyset(&only);
    sigaddset(&only, SIGPIPE);
    const struct timespec at_once = {0, 0};
    if (!state->was_pending && sigpipe_is_pending()) {
        sigtimedwait(&only, NULL, &at_once);
    }
    pthread_sigmask(SIG_UNBLOCK, &only, NULL);
}
