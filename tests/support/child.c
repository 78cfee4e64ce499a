/* Owns the children and their words. A child that passes says so too, as silence means that it was
 * killed. */
#include "support/child.h"

#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { PATIENCE_MS = 60000, WORDS_MAX = 512 };

static const char passed[] = "passed";

bool child_split(child *self) {
    int ends[2];
    *self = (child){-1, -1};
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return false;
    }
    self->pid = fork();
    bool is_child = self->pid == 0;
    self->heard = is_child ? ends[1] : ends[0];
    close(is_child ? ends[0] : ends[1]);
    return is_child;
}

/* By the bare system call: what runs at the end of a process is not the child's to do. */
void child_end(const child *self, const char *found) {
    const char *words = found != NULL ? found : passed;
    ssize_t written = write(self->heard, words, strlen(words));
    _exit(written > 0 ? 0 : 1);
}

child child_start(child_fn *run, void *user) {
    child self;
    if (child_split(&self)) {
        child_end(&self, run(user));
    }
    return self;
}

static const char *hear(const child *self) {
    static char words[WORDS_MAX];
    struct pollfd wanted = {.fd = self->heard, .events = POLLIN};
    if (poll(&wanted, 1, PATIENCE_MS) != 1) {
        return "the child hangs";
    }
    ssize_t length = read(self->heard, words, sizeof(words) - 1);
    words[length > 0 ? length : 0] = '\0';
    return length > 0 ? words : "the child was killed";
}

const char *child_join(child *self) {
    if (self->pid <= 0) {
        return "there is no child";
    }
    const char *words = hear(self);
    kill(self->pid, SIGKILL); /* it has said all */
    waitpid(self->pid, NULL, 0);
    close(self->heard);
    *self = (child){-1, -1};
    return strcmp(words, passed) == 0 ? NULL : words;
}

const char *child_of_child(child_fn *run, void *user) {
    child self = child_start(run, user);
    return child_join(&self);
}

void child_must_pass(child_fn *run, void *user) {
    const char *found = child_of_child(run, user);
    if (found != NULL) {
        fail_msg("in the child, %s", found);
    }
}
