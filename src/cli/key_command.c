/* Owns the running of that command. It stays in the program's process group, as one in another
 * could not ask for a password on the terminal. */
#include "key_command.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "interrupt.h"
#include "key.h"
#include "memory.h"

enum { LINE_MAX_BYTES = 4096, LOOK_MS = 20 };

extern char **environ;

typedef struct task {
    pid_t child;
    int output;
    int64_t end_ms;
    size_t length;
    char text[LINE_MAX_BYTES];
} task;

static int64_t now_ms(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool is_key(const char *entry) {
    for (const char *const *name = cli_key_variables; *name; name++) {
        size_t length = strlen(*name);
        if (strncmp(entry, *name, length) == 0 && entry[length] == '=') {
            return true;
        }
    }
    return false;
}

/* The environment without a key of before, which is nothing to a command that knows another;
 * free() it. */
static char **bare_environment(void) {
    size_t count = 0;
    while (environ[count]) {
        count++;
    }
    char **bare = cli_allocate(count + 1, sizeof(*bare));
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (!is_key(environ[i])) {
            bare[kept++] = environ[i];
        }
    }
    return bare;
}

/* The signals that the program ignores are not to be ignored by its child. */
static bool spawn(task *self, const char *command, int output) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    if (posix_spawn_file_actions_init(&actions) != 0) {
        return false;
    }
    if (posix_spawnattr_init(&attributes) != 0) {
        posix_spawn_file_actions_destroy(&actions);
        return false;
    }
    sigset_t usual;
    sigemptyset(&usual);
    sigaddset(&usual, SIGPIPE);
    char shell[] = "sh";
    char option[] = "-c";
    char *copy = cli_copy(command, strlen(command));
    char *arguments[] = {shell, option, copy, NULL};
    char **bare = bare_environment();
    bool is_running =
        posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO) == 0 &&
        posix_spawnattr_setsigdefault(&attributes, &usual) == 0 &&
        posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF) == 0 &&
        posix_spawn(&self->child, "/bin/sh", &actions, &attributes, arguments, bare) == 0;
    free(bare);
    free(copy);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return is_running;
}

static bool start(task *self, const char *command) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return false;
    }
    bool is_running = spawn(self, command, ends[1]);
    (void)close(ends[1]);
    self->output = ends[0];
    if (!is_running) {
        (void)close(ends[0]);
    }
    return is_running;
}

/* Waits until the output can be read (`fd` -1: for a while). False: time is up, or a signal came.
 */
static bool may_go_on(const task *self, int fd) {
    int64_t left_ms = self->end_ms - now_ms();
    if (left_ms <= 0 || cli_interrupt_status() != CLI_DONE) {
        return false;
    }
    struct pollfd looks[] = {{.fd = cli_interrupt_fd(), .events = POLLIN},
                             {.fd = fd, .events = POLLIN}};
    (void)poll(looks, 2, fd < 0 ? LOOK_MS : (int)left_ms);
    return cli_interrupt_status() == CLI_DONE && now_ms() < self->end_ms;
}

/* Reads until the command closes its output; what does not fit is read and dropped. */
static bool read_all(task *self) {
    while (may_go_on(self, self->output)) {
        char block[256];
        ssize_t got = read(self->output, block, sizeof(block));
        if (got == 0 || (got < 0 && errno != EINTR)) {
            return got == 0;
        }
        for (ssize_t i = 0; i < got && self->length < sizeof(self->text) - 1; i++) {
            self->text[self->length++] = block[i];
        }
    }
    return false;
}

/* The command's end. False: it had to be ended. */
static bool wait_for_end(task *self, int *status) {
    pid_t ended = waitpid(self->child, status, WNOHANG);
    while (ended == 0 && may_go_on(self, -1)) {
        ended = waitpid(self->child, status, WNOHANG);
    }
    if (ended == 0) {
        (void)kill(self->child, SIGKILL);
        (void)waitpid(self->child, status, 0);
        return false;
    }
    return ended == self->child;
}

static char *first_line(const char *text) {
    text += strspn(text, " \t");
    size_t length = strcspn(text, "\r\n");
    while (length > 0 && (text[length - 1] == ' ' || text[length - 1] == '\t')) {
        length--;
    }
    return length > 0 ? cli_copy(text, length) : NULL;
}

cli_key_command_end cli_key_command(const char *command, int64_t timeout_ms, char **line) {
    task self = {.end_ms = now_ms() + timeout_ms};
    *line = NULL;
    if (!start(&self, command)) {
        return CLI_KEY_COMMAND_FAILED;
    }
    int status = 0;
    bool is_read = read_all(&self);
    if (!is_read) {
        self.end_ms = now_ms(); /* whatever it was, there is nothing to wait for any more */
    }
    bool has_ended = wait_for_end(&self, &status);
    (void)close(self.output);
    if (cli_interrupt_status() == CLI_DONE && !has_ended) {
        return CLI_KEY_COMMAND_SLOW;
    }
    if (is_read && WIFEXITED(status) && WEXITSTATUS(status) == 0) {
        *line = first_line(self.text);
    }
    explicit_bzero(self.text, sizeof(self.text));
    return *line ? CLI_KEY_COMMAND_WELL : CLI_KEY_COMMAND_FAILED;
}
