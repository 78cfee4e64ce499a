/* Owns the words on standard error: sentences for people, or one line of JSON for programs. */
#include "report.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "duration.h"
#include "interrupt.h"
#include "json_write.h"
#include "memory.h"
#include "text.h"

/* How much of the message is left without the milliseconds that the library may end it with. */
static size_t length_without_time(const cv_error *error) {
    char *time = cli_format(", next request in %lld ms", (long long)error->retry_after_ms);
    size_t length = strlen(error->message);
    size_t tail = strlen(time);
    bool has_time = length >= tail && strcmp(error->message + length - tail, time) == 0;
    free(time);
    return has_time ? length - tail : length;
}

char *cli_error_words(const cv_error *error) {
    if (error->retry_after_ms <= 0) {
        return cli_copy(error->message, strlen(error->message));
    }
    char clock[CLI_DURATION_SIZE];
    cli_duration_clock(error->retry_after_ms, clock);
    return cli_format("%.*s; again in %s", (int)length_without_time(error), error->message, clock);
}

/* All that is known about one failure. */
typedef struct failure {
    cli_status status;
    const char *word;
    const char *message;
    const char *subject; /* NULL: none, like those that follow */
    const char *path;
    const char *hint;
    const cv_error *error;
    const int64_t *ids; /* of the objects that it is about */
    size_t id_count;
} failure;

static void write_error_members(cli_json *json, const cv_error *error) {
    if (error->http_status != 0) {
        cli_json_number(json, "http", error->http_status);
    }
    if (error->api_status != 0) {
        cli_json_number(json, "cv_status", error->api_status);
    }
    if (error->retry_after_ms > 0) {
        cli_json_moment(json, "retry_at", cli_now_ms() + error->retry_after_ms + 999);
    }
}

static void say_as_json(const failure *what) {
    cli_json json;
    cli_json_begin(&json);
    cli_json_open(&json, "error");
    cli_json_text(&json, "code", what->word);
    cli_json_text(&json, "message", what->message);
    cli_json_number(&json, "exit", what->status);
    if (what->subject) {
        cli_json_text(&json, "subject", what->subject);
    }
    if (what->path) {
        cli_json_text(&json, "path", what->path);
    }
    if (what->error) {
        write_error_members(&json, what->error);
    }
    if (what->ids) {
        cli_json_numbers(&json, "ids", what->ids, what->id_count);
    }
    if (what->hint) {
        cli_json_text(&json, "hint", what->hint);
    }
    cli_json_close(&json);
    char *text = cli_json_end(&json);
    (void)fprintf(stderr, "%s\n", text);
    free(text);
}

static void say_to_people(const failure *what) {
    char *words = what->error ? cli_error_words(what->error) : NULL;
    char *whole = cli_format("%s%s%s", what->subject ? what->subject : "",
                             what->subject ? ": " : "", words ? words : what->message);
    char *clean = cli_text_clean(whole, strlen(whole));
    (void)fprintf(stderr, "comicvine: %s\n", clean);
    if (what->hint) {
        (void)fprintf(stderr, "  %s\n", what->hint);
    }
    free(clean);
    free(whole);
    free(words);
}

/* What a signal has brought about is no failure that anybody has to be told of. */
static cli_status say(cli *self, const failure *what) {
    if (cli_interrupt_status() != CLI_DONE) {
        return cli_interrupt_status();
    }
    cli_progress_clear(&self->progress);
    if (self->errors_are_json) {
        say_as_json(what);
    } else {
        say_to_people(what);
    }
    return what->status;
}

static cli_status say_format(cli *self, cli_status status, const char *hint, const char *format,
                             va_list arguments) {
    char *message = NULL;
    if (vasprintf(&message, format, arguments) < 0) {
        message = NULL;
    }
    cli_status said = say(self, &(failure){.status = status,
                                           .word = cli_status_word(status),
                                           .message = message ? message : format,
                                           .hint = hint});
    free(message);
    return said;
}

cli_status cli_usage_error(cli *self, const char *format, ...) {
    char *hint = cli_format("See \"comicvine help%s%s\".", self->command ? " " : "",
                            self->command ? self->command->name : "");
    va_list arguments;
    va_start(arguments, format);
    cli_status status = say_format(self, CLI_USAGE, hint, format, arguments);
    va_end(arguments);
    free(hint);
    return status;
}

cli_status cli_fail(cli *self, cli_status status, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    cli_status said = say_format(self, status, NULL, format, arguments);
    va_end(arguments);
    return said;
}

/* Who was refused once waits no more in this run: what follows takes room that there is, or the
 * cache. */
static cli_status say_error(cli *self, failure *what) {
    const cli_meaning *meaning = cli_meaning_of(what->error->code);
    what->status = meaning->status;
    what->word = meaning->word;
    what->message = what->error->message;
    what->hint = meaning->hint;
    what->path = self->progress.path[0] != '\0' ? self->progress.path : NULL;
    self->was_refused = self->was_refused || what->status == CLI_LIMITED;
    return say(self, what);
}

cli_status cli_fail_error(cli *self, const cv_error *error, const char *subject) {
    return say_error(self, &(failure){.subject = subject, .error = error});
}

cli_status cli_fail_ids(cli *self, const cv_error *error, const char *resource, const int64_t *ids,
                        size_t count) {
    char *others = count > 1 ? cli_format(" and %zu more", count - 1) : NULL;
    char *subject = cli_format("%s %lld%s", resource, (long long)ids[0], others ? others : "");
    cli_status status = say_error(
        self, &(failure){.subject = subject, .error = error, .ids = ids, .id_count = count});
    free(subject);
    free(others);
    return status;
}

/* free() it. */
static char *warning_json(const char *message) {
    cli_json json;
    cli_json_begin(&json);
    cli_json_open(&json, "warning");
    cli_json_text(&json, "message", message);
    cli_json_close(&json);
    return cli_json_end(&json);
}

void cli_warn(cli *self, const char *format, ...) {
    if (self->settings.quiet) {
        return;
    }
    char *message = NULL;
    va_list arguments;
    va_start(arguments, format);
    int length = vasprintf(&message, format, arguments);
    va_end(arguments);
    if (length < 0) {
        return;
    }
    cli_progress_clear(&self->progress);
    char *line =
        self->errors_are_json ? warning_json(message) : cli_text_clean(message, (size_t)length);
    (void)fprintf(stderr, "%s%s\n", self->errors_are_json ? "" : "comicvine: ", line);
    free(line);
    free(message);
}
