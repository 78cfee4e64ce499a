/*
 * comicvine-loopback: serves a folder of answers on 127.0.0.1 until SIGTERM, SIGINT or SIGHUP.
 *
 * It does not end with its standard input: a script that starts it in the background gives it
 * /dev/null there. A script kills it by its process id (`trap 'kill $pid' EXIT`).
 */
#define _POSIX_C_SOURCE 200809L
#include "server.h"

#include "text.h"

#include <getopt.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { EXIT_USAGE = 2 };

struct arguments {
    server_options server;
    const char *port_file;
};

static int usage(const char *program) {
    (void)fprintf(
        stderr,
        "usage: %s --folder FOLDER [--key KEY] [--port PORT] [--port-file PATH] [--log PATH]\n"
        "          [--gzip]\n"
        "Serves recorded answers of the Comic Vine API on 127.0.0.1 and prints its base URL.\n",
        program);
    return EXIT_USAGE;
}

static bool parse_port(const char *text, uint16_t *port) {
    int64_t number;
    if (!loopback_span_number(loopback_span_of(text), &number) || number > UINT16_MAX) {
        return false;
    }
    *port = (uint16_t)number;
    return true;
}

static bool take_option(struct arguments *arguments, int option, const char *value) {
    switch (option) {
    case 'f':
        arguments->server.folder = value;
        return true;
    case 'k':
        arguments->server.api_key = value;
        return true;
    case 'p':
        return parse_port(value, &arguments->server.port);
    case 'P':
        arguments->port_file = value;
        return true;
    case 'l':
        arguments->server.log_path = value;
        return true;
    case 'z':
        arguments->server.gzip = true;
        return true;
    default:
        return false;
    }
}

static bool parse_arguments(int argc, char **argv, struct arguments *arguments) {
    static const struct option options[] = {
        {"folder", required_argument, NULL, 'f'},
        {"key", required_argument, NULL, 'k'},
        {"port", required_argument, NULL, 'p'},
        {"port-file", required_argument, NULL, 'P'},
        {"log", required_argument, NULL, 'l'},
        {"gzip", no_argument, NULL, 'z'},
        {NULL, 0, NULL, 0},
    };
    int option;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (!take_option(arguments, option, optarg)) {
            return false;
        }
    }
    return optind == argc && arguments->server.folder;
}

/* Whole or not at all: a script that waits for the file must not read half a number. */
static bool write_port_file(const char *path, uint16_t port) {
    char draft[4096];
    int size = snprintf(draft, sizeof draft, "%s.new", path);
    if (size < 0 || (size_t)size >= sizeof draft) {
        return false;
    }
    FILE *out = fopen(draft, "w");
    if (!out) {
        return false;
    }
    bool written = fprintf(out, "%u\n", (unsigned)port) > 0;
    if (fclose(out) != 0 || !written || rename(draft, path) != 0) {
        unlink(draft);
        return false;
    }
    return true;
}

static int serve_until_signal(const struct arguments *arguments, const sigset_t *signals) {
    server *self = server_start(&arguments->server);
    if (!self) {
        (void)fprintf(stderr, "cannot serve %s: no such folder, port taken or log not writable\n",
                      arguments->server.folder);
        return EXIT_FAILURE;
    }
    if (arguments->port_file && !write_port_file(arguments->port_file, server_port(self))) {
        perror(arguments->port_file);
        server_stop(self);
        return EXIT_FAILURE;
    }
    (void)printf("%s\n", server_base_url(self));
    int status = fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
    int signal_number;
    if (status == EXIT_SUCCESS && sigwait(signals, &signal_number) != 0) {
        status = EXIT_FAILURE;
    }
    server_stop(self);
    if (arguments->port_file) {
        unlink(arguments->port_file);
    }
    return status;
}

int main(int argc, char **argv) {
    struct arguments arguments = {0};
    if (!parse_arguments(argc, argv, &arguments)) {
        return usage(argv[0]);
    }
    /* Blocked before any thread is started, so that every thread has them blocked and only
     * sigwait takes them. */
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGHUP);
    if (pthread_sigmask(SIG_BLOCK, &signals, NULL) != 0) {
        return EXIT_FAILURE;
    }
    return serve_until_signal(&arguments, &signals);
}
