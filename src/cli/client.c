/* Owns the client of a run: how it is opened, and how it is driven. There is no thread: the run
 * polls the client beside the pipe of the signals, so that one cancels what is under way at once,
 * and closing the client gives back what others could wait for. */
#include <comicvine/sys/transport.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "duration.h"
#include "input.h"
#include "interrupt.h"
#include "key.h"
#include "nearest.h"
#include "text.h"

/* What the client tells when it is closed for a signal is no news, and may come on a thread beside
 * the one that the run was on. */
static void take_event(const cv_event *event, void *user) {
    cli *self = user;
    if (cli_interrupt_status() != CLI_DONE) {
        return;
    }
    cli_progress_event(&self->progress, event, cv_client_rate_limit(self->client));
}

static void take_line(cv_log_level level, const char *line, void *user) {
    static const char *const words[] = {"", "error", "warning", "info", "debug"};
    cli *self = user;
    cli_progress_clear(&self->progress);
    char *clean = cli_text_clean(line, strlen(line));
    (void)fprintf(stderr, "comicvine: %s: %s\n", words[level], clean);
    free(clean);
}

static cv_log_level log_level(const cli_settings *settings) {
    static const cv_log_level levels[] = {CV_LOG_ERROR, CV_LOG_INFO, CV_LOG_DEBUG};
    return levels[settings->verbosity < 2 ? settings->verbosity : 2];
}

FILE *cli_standard_input(cli *self) {
    if (!self->input) {
        self->input = cli_input_open("-");
    }
    return self->input;
}

const char *cli_base_url(const cli *self) {
    return self->settings.base_url ? self->settings.base_url : "https://comicvine.gamespot.com/api";
}

/* The network as the settings want it; without `proxy` and `ca_file` it is the library's own. */
static bool make_transport(const cli_settings *settings, cv_transport *transport,
                           const cv_transport **chosen) {
    bool has_proxy = settings->proxy && settings->proxy[0] != '\0';
    *chosen = NULL;
    if (!has_proxy && !settings->ca_file) {
        return true;
    }
    cv_curl_options options = CV_CURL_OPTIONS_INIT;
    options.proxy = has_proxy ? settings->proxy : NULL;
    options.ca_file = settings->ca_file;
    *chosen = transport;
    return cv_transport_curl_with(transport, &options);
}

static cli_status open_client(cli *self, cv_options *options) {
    cv_transport transport = CV_TRANSPORT_INIT;
    if (make_transport(&self->settings, &transport, &options->transport)) {
        self->client = cv_client_open(options);
        if (!self->client && options->transport && transport.close) {
            transport.close(transport.user);
        }
    }
    options->transport = NULL; /* a client has a copy */
    return self->client ? CLI_DONE : cli_fail_error(self, cv_last_error(), NULL);
}

cli_status cli_open(cli *self) {
    const cli_settings *settings = &self->settings;
    char *key = NULL;
    cli_status status = cli_key_get(self, &key);
    if (status != CLI_DONE) {
        return status;
    }
    cv_options options = CV_OPTIONS_INIT;
    options.api_key = key;
    options.base_url = settings->base_url;
    options.database = settings->database;
    options.timeout_ms = settings->timeout_ms;
    options.max_wait_ms = settings->max_wait_ms;
    options.application = "comicvine/" CV_VERSION;
    options.drive = CV_DRIVE_POLL;
    options.on_event = take_event;
    options.on_log = take_line;
    options.log_level = log_level(settings);
    options.user = self;
    status = open_client(self, &options);
    cli_key_free(key);
    return status;
}

/* The nearer of two times to sleep, of which -1 is none. */
static int nearer(int one, int64_t other) {
    if (other < 0) {
        return one;
    }
    return one < 0 || other < one ? (int)other : one;
}

/* Sleeps until there is work for the client, a signal, or progress to show. */
static void sleep_until_due(cli *self) {
    struct pollfd looks[] = {{.fd = cli_interrupt_fd(), .events = POLLIN},
                             {.fd = cv_client_fd(self->client), .events = POLLIN}};
    int timeout_ms = cli_progress_due_ms(&self->progress);
    if (looks[1].fd < 0) { /* no descriptors are left: by time, then */
        timeout_ms = nearer(timeout_ms, cv_client_next_deadline(self->client));
    }
    (void)poll(looks, 2, timeout_ms); /* a failure is EINTR: the signal is looked at next */
}

const cv_error *cli_wait(cli *self, cv_request *request) {
    while (!cv_request_done(request)) {
        if (cli_interrupt_status() != CLI_DONE) {
            cv_request_cancel(request);
        }
        (void)cv_client_poll(self->client, 0);
        cli_progress_tick(&self->progress);
        if (!cv_request_done(request)) {
            cli_output_flush(&self->output); /* nobody waits for what is there already */
            sleep_until_due(self);
        }
    }
    return cv_request_error(request);
}

cv_request_options cli_request(const cli *self, const char *fields) {
    const cli_settings *settings = &self->settings;
    cv_request_options options = CV_REQUEST_OPTIONS_INIT;
    options.priority = settings->is_background ? CV_PRIORITY_BACKGROUND : CV_PRIORITY_USER;
    options.fields = fields;
    options.max_age_s = settings->max_age_ms / 1000 + (settings->max_age_ms % 1000 != 0 ? 1 : 0);
    if (self->was_refused) {
        options.max_wait_ms = CV_NO_WAIT;
    }
    if (settings->refreshes) {
        options.mode = CV_MODE_REFRESH;
    }
    bool is_spent = settings->max_requests > 0 && self->progress.sent >= settings->max_requests;
    if (settings->is_offline || settings->is_dry_run || is_spent) {
        options.mode = CV_MODE_CACHE_ONLY;
    }
    return options;
}

cli_status cli_judge_stale(cli *self, const char *subject, const cv_stale_note *note) {
    if (!note) {
        return CLI_DONE;
    }
    char age[CLI_DURATION_SIZE];
    cli_duration_rough(note->age_ms, age);
    char *why = cli_error_words(&note->reason);
    cli_status status = CLI_DONE;
    if (self->settings.refuses_stale) {
        status = cli_fail(self, CLI_NOT_CACHED, "%s: only an old answer (%s) is there: %s", subject,
                          age, why);
    } else if (note->reason.code != CV_ERROR_NOT_CACHED) {
        cli_warn(self, "%s: this answer is %s old: %s", subject, age, why);
    }
    free(why);
    return status;
}

cv_resource cli_resource(cli *self, const char *word) {
    cv_resource resource = cv_resource_from_name(word);
    if (resource != CV_RESOURCE_NONE) {
        return resource;
    }
    cli_nearest nearest = {word, NULL, 0};
    for (int i = CV_RESOURCE_NONE + 1; cv_resource_name((cv_resource)i); i++) {
        cli_nearest_try(&nearest, cv_resource_name((cv_resource)i));
    }
    (void)cli_usage_error(self, "there is no resource %s%s%s%s", word, nearest.found ? "; is " : "",
                          nearest.found ? nearest.found : "", nearest.found ? " meant?" : "");
    return CV_RESOURCE_NONE;
}
