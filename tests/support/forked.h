/* Copies of the test's process that do one thing and then sleep until they are killed; and how many
 * descriptors the test's own process has, and may have. Copies are made before threads are. */
#ifndef TESTS_SUPPORT_FORKED_H
#define TESTS_SUPPORT_FORKED_H

#include <stddef.h>
#include <sys/types.h>

typedef struct forked {
    pid_t pid; /* 0: none, or buried */
    int heard; /* what it says comes out here */
} forked;

/* `run` may say something of its own with `forked_say`. NULL: it only sleeps. Ends with us. */
void forked_start(forked *self, void (*run)(int said, void *user), void *user);
void forked_say(int said, const void *bytes, size_t size);

/* Waits for so many bytes. */
void forked_hear(const forked *self, void *bytes, size_t size);

/* SIGKILL, and waits until it has ended; but for `forked_bury` it stays among the processes. */
void forked_kill(const forked *self);
void forked_bury(forked *self);

/* Waits, for long if it must, until the descriptor is readable; whether it is at this moment. */
void await_readable(int descriptor);
int is_readable(int descriptor);

size_t count_descriptors(void);

/* How many an epoll watches, also those that nobody can take out of it any more. `member`: the
 * number that one of them had when it was put in; NULL: nobody asks. */
int count_watched(int epoll, int *member);

/* Only so many more can be opened, from now until it is lifted. */
void limit_descriptors(int more);
void lift_limit(void);

#endif
