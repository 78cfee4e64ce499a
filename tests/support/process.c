/* Owns the children of a test. Their input is a socket, as a write to a pipe that nobody reads any
 * more would kill us. All descriptors are close-on-exec, so that no child holds another's
 * pipe open. Used from the test's own thread. */
#include "support/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { READ_END, WRITE_END, ENDS };

static void close_descriptor(int *descriptor) {
    if (*descriptor >= 0) {
        close(*descriptor);
        *descriptor = -1;
    }
}

static bool spawn(process *self, const char *const arguments[], const char *errors,
                  const int input[ENDS], const int output[ENDS]) {
    posix_spawn_file_actions_t actions;
    if (posix_spawn_file_actions_init(&actions) != 0) {
        return false;
    }
    bool prepared =
        posix_spawn_file_actions_adddup2(&actions, input[READ_END], STDIN_FILENO) == 0 &&
        posix_spawn_file_actions_adddup2(&actions, output[WRITE_END], STDOUT_FILENO) == 0 &&
        (errors == NULL ||
         posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, errors,
                                          O_WRONLY | O_CREAT | O_APPEND, S_IRUSR | S_IWUSR) == 0);
    /* posix_spawn takes char *const[], but changes nothing. */
    union {
        const char *const *constant;
        char *const *plain;
    } list = {.constant = arguments};
    bool started =
        prepared && posix_spawn(&self->pid, arguments[0], &actions, NULL, list.plain, environ) == 0;
    posix_spawn_file_actions_destroy(&actions);
    return started;
}

bool process_start(process *self, const char *const arguments[], const char *errors) {
    int input[ENDS] = {-1, -1};
    int output[ENDS] = {-1, -1};
    *self = (process){.input = -1, .output = -1};
    bool started = socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, input) == 0 &&
                   pipe2(output, O_CLOEXEC) == 0 && spawn(self, arguments, errors, input, output);
    close_descriptor(&input[READ_END]);
    close_descriptor(&output[WRITE_END]);
    if (!started) {
        self->pid = 0;
        close_descriptor(&input[WRITE_END]);
        close_descriptor(&output[READ_END]);
        return false;
    }
    self->input = input[WRITE_END];
    self->output = output[READ_END];
    return true;
}

static bool write_all(int descriptor, const char *bytes, size_t size) {
    while (size > 0) {
        ssize_t count = send(descriptor, bytes, size, MSG_NOSIGNAL);
        if (count < 0 && errno != EINTR) {
            return false;
        }
        if (count > 0) {
            bytes += count;
            size -= (size_t)count;
        }
    }
    return true;
}

bool process_tell(const process *self, const char *line) {
    return self->input >= 0 && write_all(self->input, line, strlen(line)) &&
           write_all(self->input, "\n", 1);
}

static int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Adds what has come to the buffer. False at the end, or after `end_ms`. */
static bool read_more(process *self, int64_t end_ms) {
    int64_t left_ms = end_ms - now_ms();
    struct pollfd wanted = {.fd = self->output, .events = POLLIN};
    if (self->size == sizeof(self->buffer) ||
        poll(&wanted, 1, left_ms > 0 ? (int)left_ms : 0) < 1) {
        return false;
    }
    ssize_t count =
        read(self->output, self->buffer + self->size, sizeof(self->buffer) - self->size);
    if (count < 1) {
        return false;
    }
    self->size += (size_t)count;
    return true;
}

bool process_hear(process *self, char line[PROCESS_LINE_MAX], int timeout_ms) {
    int64_t end_ms = now_ms() + timeout_ms;
    const char *end = NULL;
    while ((end = memchr(self->buffer, '\n', self->size)) == NULL) {
        if (self->output < 0 || !read_more(self, end_ms)) {
            return false;
        }
    }
    size_t length = (size_t)(end - self->buffer);
    memcpy(line, self->buffer, length);
    line[length] = '\0';
    self->size -= length + 1;
    memmove(self->buffer, end + 1, self->size);
    return true;
}

void process_close_input(process *self) {
    close_descriptor(&self->input);
}

bool process_signal(const process *self, int signal_number) {
    return self->pid > 0 && kill(self->pid, signal_number) == 0;
}

/* A process that ends closes its output, which poll sees within a time limit. What it still says is
 * of no interest any more. */
static bool ends_in_time(const process *self, int timeout_ms) {
    struct pollfd wanted = {.fd = self->output, .events = POLLIN};
    char unread[256];
    while (poll(&wanted, 1, timeout_ms) == 1) {
        ssize_t length = read(self->output, unread, sizeof(unread));
        if (length == 0 || (length < 0 && errno != EINTR)) {
            return true;
        }
    }
    return false;
}

static int reap(process *self) {
    int status = 0;
    pid_t reaped;
    do {
        reaped = waitpid(self->pid, &status, 0);
    } while (reaped < 0 && errno == EINTR);
    close_descriptor(&self->input);
    close_descriptor(&self->output);
    self->pid = 0;
    return reaped > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int process_end(process *self, int timeout_ms) {
    if (self->pid <= 0) {
        return -1;
    }
    process_close_input(self);
    if (!ends_in_time(self, timeout_ms)) {
        process_signal(self, SIGKILL);
    }
    return reap(self);
}

bool process_kill(process *self) {
    if (!process_signal(self, SIGKILL)) {
        return false;
    }
    reap(self);
    return true;
}
