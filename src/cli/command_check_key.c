/* comicvine check-key: whether the service accepts the key. The library's call for that blocks, so
 * it has a thread of its own, and a signal closes the client below it. */
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "cli.h"
#include "commands.h"
#include "interrupt.h"
#include "json_write.h"
#include "record.h"

/* What the thread is handed, and what it leaves behind. */
typedef struct check {
    cv_client *client;
    int done; /* an eventfd */
    bool is_accepted;
    cv_error error; /* if it is not */
} check;

static void *run_check(void *user) {
    check *self = user;
    self->is_accepted = cv_client_check_key(self->client);
    self->error = *cv_last_error(); /* which is this thread's own */
    (void)eventfd_write(self->done, 1);
    return NULL;
}

static void sleep_until_done(const check *self) {
    struct pollfd looks[] = {{.fd = cli_interrupt_fd(), .events = POLLIN},
                             {.fd = self->done, .events = POLLIN}};
    while (cli_interrupt_status() == CLI_DONE && looks[1].revents == 0) {
        (void)poll(looks, 2, -1); /* a failure is EINTR: the signal is looked at next */
    }
}

/* Closing gives back what others could wait for, and ends the call on the other thread. */
static void close_if_interrupted(cli *self) {
    if (cli_interrupt_status() != CLI_DONE) {
        cv_client_close(self->client);
        self->client = NULL;
    }
}

/* False: there is no thread to be had. */
static bool ask(cli *self, check *run) {
    pthread_t thread;
    run->client = self->client;
    run->done = eventfd(0, EFD_CLOEXEC);
    bool is_running = run->done >= 0 && pthread_create(&thread, NULL, run_check, run) == 0;
    if (is_running) {
        sleep_until_done(run);
        close_if_interrupted(self);
        (void)pthread_join(thread, NULL);
    }
    if (run->done >= 0) {
        (void)close(run->done);
    }
    return is_running;
}

static cli_status write_accepted(cli *self) {
    cli_json row;
    cli_json_begin(&row);
    cli_json_text(&row, "key", "accepted");
    cli_output_one(&self->output);
    return cli_object_write(self, &row);
}

static cli_status run_check_key(cli *self, const void *own, size_t count,
                                const char *const *words) {
    (void)own;
    (void)words;
    if (count > 0) {
        return cli_usage_error(self, "check-key takes nothing: the key is never an argument");
    }
    cli_status status = cli_open(self);
    if (status != CLI_DONE) {
        return status;
    }
    check run = {.client = NULL};
    if (!ask(self, &run)) {
        return cli_fail(self, CLI_FAILED, "no thread is left");
    }
    return run.is_accepted ? write_accepted(self) : cli_fail_error(self, &run.error, "the API key");
}

const cli_command cli_command_check_key = {
    .name = "check-key",
    .usage = "",
    .summary = "asks whether the service accepts the API key",
    .examples = "comicvine check-key\n"
                "comicvine check-key --api-key-file ~/.comicvine-key\n",
    .about = "Costs one request at most, of a path that hardly anybody needs; the answer is\n"
             "remembered for a day. Ends with 0 if it is accepted, with 4 if it is refused.\n",
    .takes = CLI_TAKES_KEY | CLI_TAKES_OUTPUT,
    .run = run_check_key,
};
