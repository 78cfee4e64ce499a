/* Owns the signals. A handler may do next to nothing, so it notes the signal and writes one byte
 * into a pipe, which wakes whoever polls it: a signal that comes between the look at the note and
 * the sleep is not lost. What a handler sees cannot be handed to it, hence the two statics. */
#include "interrupt.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <unistd.h>

static atomic_int noted; /* a handler runs on any thread, the client's worker too */
static int wake[2] = {-1, -1};

static void note(int number) {
    int before = errno;
    atomic_store(&noted, number);
    ssize_t written = write(wake[1], "", 1);
    (void)written; /* a full pipe wakes as well */
    errno = before;
}

/* What the program was started to ignore (nohup, jobs of a script) it goes on to ignore. */
static bool take(int number, const struct sigaction *action) {
    struct sigaction before;
    if (sigaction(number, NULL, &before) != 0) {
        return false;
    }
    return before.sa_handler == SIG_IGN || sigaction(number, action, NULL) == 0;
}

bool cli_interrupt_begin(void) {
    if (pipe2(wake, O_CLOEXEC | O_NONBLOCK) != 0) {
        return false;
    }
    /* Once: whoever presses Ctrl-C again does not want to wait for anything. */
    struct sigaction once = {.sa_handler = note, .sa_flags = (int)SA_RESETHAND};
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigemptyset(&once.sa_mask);
    sigemptyset(&ignore.sa_mask);
    return take(SIGINT, &once) && take(SIGTERM, &once) && take(SIGHUP, &once) &&
           sigaction(SIGPIPE, &ignore, NULL) == 0;
}

cli_status cli_interrupt_status(void) {
    int number = atomic_load(&noted);
    if (number == 0) {
        return CLI_DONE;
    }
    return number == SIGINT ? CLI_INTERRUPTED : CLI_TERMINATED;
}

int cli_interrupt_fd(void) {
    return wake[0];
}

void cli_interrupt_pipe(void) {
    struct sigaction usual = {.sa_handler = SIG_DFL};
    sigemptyset(&usual.sa_mask);
    (void)sigaction(SIGPIPE, &usual, NULL);
    (void)raise(SIGPIPE);
}
