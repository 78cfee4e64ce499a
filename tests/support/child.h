/* Children that a test forks off in the middle of its work, and what they find. A child may not
 * fail the test itself: it says what is wrong, and the test's own process fails. */
#ifndef TESTS_SUPPORT_CHILD_H
#define TESTS_SUPPORT_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

/* NULL: all is as it should be; else what is not, a static text. */
typedef const char *child_fn(void *user);

#define CHILD_TEXT_OF(line)  #line
#define CHILD_TEXT(line, it) "line " CHILD_TEXT_OF(line) ": " it

/* In a child_fn: ends it, unless this holds. */
#define CHILD_CHECK(condition)                                                                     \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            return CHILD_TEXT(__LINE__, #condition);                                               \
        }                                                                                          \
    } while (0)

/* In a child_fn: ends it if another one finds something. */
#define CHILD_PASS(call)                                                                           \
    do {                                                                                           \
        const char *child_found = (call);                                                          \
        if (child_found != NULL) {                                                                 \
            return child_found;                                                                    \
        }                                                                                          \
    } while (0)

typedef struct child {
    pid_t pid;
    int heard; /* the child says here what it has found */
} child;

/* Forks; the child runs this and ends. */
child child_start(child_fn *run, void *user);

/* Forks where both are to go on: true in the child, which ends with what it has found. */
bool child_split(child *self);
void child_end(const child *self, const char *found);

/* Waits for it, and kills it if it does not end in a minute. NULL: it found nothing wrong; else
 * what, or how it died. */
const char *child_join(child *self);

/* Both, and fails the test if anything is wrong. */
void child_must_pass(child_fn *run, void *user);

/* The same for a child_fn, which may have children in its turn. */
const char *child_of_child(child_fn *run, void *user);

#endif
