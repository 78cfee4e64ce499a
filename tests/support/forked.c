/* Owns children without a program of their own. What fails in a child ends it, which the test hears
 * as silence. */
#include "support/forked.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { PATIENCE_MS = 60000 }; /* for what must come */

static struct rlimit usual;

/* ---- children ---- */

static void live(int said, void (*run)(int said, void *user), void *user) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (run != NULL) {
        run(said, user);
    }
    for (;;) {
        pause();
    }
}

void forked_start(forked *self, void (*run)(int said, void *user), void *user) {
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    self->pid = fork();
    assert_true(self->pid >= 0);
    if (self->pid == 0) {
        live(ends[1], run, user);
    }
    close(ends[1]);
    self->heard = ends[0];
}

void forked_say(int said, const void *bytes, size_t size) {
    if (write(said, bytes, size) != (ssize_t)size) {
        _exit(1);
    }
}

void forked_hear(const forked *self, void *bytes, size_t size) {
    assert_int_equal(read(self->heard, bytes, size), size);
}

void forked_kill(const forked *self) {
    siginfo_t ended;
    assert_int_equal(kill(self->pid, SIGKILL), 0);
    assert_int_equal(waitid(P_PID, (id_t)self->pid, &ended, WEXITED | WNOWAIT), 0);
}

void forked_bury(forked *self) {
    assert_int_equal(waitpid(self->pid, NULL, 0), self->pid);
    close(self->heard);
    self->pid = 0;
}

/* ---- descriptors ---- */

void await_readable(int descriptor) {
    struct pollfd wanted = {.fd = descriptor, .events = POLLIN};
    assert_true(descriptor >= 0);
    assert_int_equal(poll(&wanted, 1, PATIENCE_MS), 1);
}

int is_readable(int descriptor) {
    struct pollfd wanted = {.fd = descriptor, .events = POLLIN};
    assert_true(descriptor >= 0);
    return poll(&wanted, 1, 0) == 1;
}

size_t count_descriptors(void) {
    size_t count = 0;
    DIR *folder = opendir("/proc/self/fd");
    assert_non_null(folder);
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        count += entry->d_name[0] != '.' ? 1 : 0;
    }
    closedir(folder);
    return count - 1; /* the folder's own */
}

int count_watched(int epoll, int *member) {
    char name[64];
    char line[256];
    int found = -1;
    int count = 0;
    (void)snprintf(name, sizeof(name), "/proc/self/fdinfo/%d", epoll);
    FILE *info = fopen(name, "re");
    assert_non_null(info);
    while (fgets(line, sizeof(line), info) != NULL) {
        count += sscanf(line, "tfd: %d", &found) == 1 ? 1 : 0;
    }
    (void)fclose(info);
    if (member != NULL) {
        *member = found;
    }
    return count;
}

/* The lowest free number is what the next one gets. */
void limit_descriptors(int more) {
    int next = open("/dev/null", O_RDONLY | O_CLOEXEC);
    assert_true(next >= 0);
    close(next);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &usual), 0);
    struct rlimit narrow = {(rlim_t)(next + more), usual.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &narrow), 0);
}

void lift_limit(void) {
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &usual), 0);
}
