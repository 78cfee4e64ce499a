/* Owns the exchange of a cache as JSON lines: one object a row, with the body as a text, so that it
 * comes back byte by byte and its checksum holds. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cache.h"
#include "input.h"
#include "interrupt.h"
#include "json_check.h"
#include "memory.h"
#include "number.h"

enum { HASH_LENGTH = 64 };

static bool is_standard(size_t count, const char *const *words) {
    return count == 0 || strcmp(words[0], "-") == 0;
}

/* What was done, where it does not stand among the data; `why` some were left out. */
static void say(cli *self, const char *what, int64_t count, int64_t left_out, const char *why) {
    if (!self->settings.quiet) {
        (void)fprintf(stderr, "comicvine: %s %lld, left out %lld%s%s\n", what, (long long)count,
                      (long long)left_out, left_out > 0 ? ": " : "", left_out > 0 ? why : "");
    }
}

/* ---- export ---- */

typedef struct exporting {
    FILE *file; /* NULL: the output */
    int64_t written;
    int64_t left_out;
} exporting;

/* What the output does not take is said in the end, if anybody wants to hear of it. */
static cli_status write_line(cli *self, const exporting *run, const char *line) {
    size_t length = strlen(line);
    if (!run->file) {
        return cli_output_bytes(&self->output, line, length) ? CLI_DONE : CLI_FAILED;
    }
    return fwrite(line, 1, length, run->file) == length
               ? CLI_DONE
               : cli_fail(self, CLI_FAILED, "cannot write: %s", strerror(errno));
}

static cli_status export_row(cli *self, cv_cache_store *store, const cv_cache_entry *listed,
                             void *user) {
    exporting *run = user;
    cv_cache_entry entry;
    cv_blob body;
    if (!cv_cache_store_read(store, listed->hash, &entry, &body)) {
        return cli_fail_error(self, cv_last_error(), listed->hash);
    }
    if (!body.data || entry.is_negative) {
        run->left_out++;
        cv_free(body.data);
        return CLI_DONE;
    }
    cli_json row;
    cli_json_begin(&row);
    cli_json_text(&row, "hash", entry.hash);
    cli_json_number(&row, "created_at_ms", entry.created_at_ms);
    cli_json_number(&row, "expires_at_ms", entry.expires_at_ms);
    cli_json_text(&row, "body", body.data);
    char *text = cli_json_end(&row);
    char *line = cli_format("%s\n", text);
    cli_status status = write_line(self, run, line);
    run->written++;
    free(line);
    free(text);
    cv_free(body.data);
    return status;
}

/* Ends the writing of a file; false: not all has arrived (errno). */
static bool finish_file(FILE *file) {
    bool is_whole = fflush(file) == 0;
    return fclose(file) == 0 && is_whole;
}

/* Whole or not at all: into a file of another name first, for its owner alone. */
static cli_status export_anew(cli *self, cv_cache_store *store, const char *path, exporting *run) {
    char *fresh = cli_format("%s.XXXXXX", path);
    int descriptor = mkstemp(fresh);
    if (descriptor < 0) {
        free(fresh);
        return cli_fail(self, CLI_FAILED, "cannot make a file beside %s: %s", path,
                        strerror(errno));
    }
    run->file = fdopen(descriptor, "w");
    cli_status status = run->file ? cli_cache_walk(self, store, export_row, run)
                                  : cli_fail(self, CLI_FAILED, "%s", strerror(errno));
    bool is_whole = run->file ? finish_file(run->file) : close(descriptor) != 0;
    if (status == CLI_DONE && (!is_whole || rename(fresh, path) != 0)) {
        status = cli_fail(self, CLI_FAILED, "cannot write %s: %s", path, strerror(errno));
    }
    if (status != CLI_DONE) {
        (void)unlink(fresh);
    }
    free(fresh);
    return status;
}

/* Into what is there and is no file that could be replaced: a pipe, a terminal. */
static cli_status export_into(cli *self, cv_cache_store *store, const char *path, exporting *run) {
    run->file = fopen(path, "we");
    if (!run->file) {
        return cli_fail(self, CLI_FAILED, "cannot open %s: %s", path, strerror(errno));
    }
    cli_status status = cli_cache_walk(self, store, export_row, run);
    bool is_whole = finish_file(run->file);
    return status != CLI_DONE || is_whole
               ? status
               : cli_fail(self, CLI_FAILED, "cannot write %s: %s", path, strerror(errno));
}

static cli_status export_file(cli *self, cv_cache_store *store, const char *path, exporting *run) {
    struct stat there;
    bool is_other = stat(path, &there) == 0 && !S_ISREG(there.st_mode);
    return is_other ? export_into(self, store, path, run) : export_anew(self, store, path, run);
}

static cli_status export_output(cli *self, cv_cache_store *store, exporting *run) {
    bool is_open = cli_output_bytes(&self->output, "", 0); /* an empty cache is no row either */
    cli_status status = is_open ? cli_cache_walk(self, store, export_row, run) : CLI_FAILED;
    cli_output_flush(&self->output);
    return self->output.error == 0 ? status : CLI_FAILED;
}

cli_status cli_cache_export(cli *self, cv_cache_store *store, const cli_cache_options *options,
                            size_t count, const char *const *words) {
    (void)options;
    exporting run = {0};
    cli_status status = is_standard(count, words) ? export_output(self, store, &run)
                                                  : export_file(self, store, words[0], &run);
    if (status == CLI_DONE) {
        say(self, "exported", run.written, run.left_out, "what the service has not, or is damaged");
    }
    return status;
}

/* ---- import ---- */

typedef struct importing {
    int64_t stored;
    int64_t left_out; /* what is here is as new, or what is there is of no use any more */
} importing;

static cli_slice member(cli_slice object, const char *name) {
    return cli_json_find(object, name, strlen(name));
}

static bool number_of(cli_slice object, const char *name, int64_t *number) {
    char *text = cli_json_cell(member(object, name));
    bool is_number = cli_number_parse(text, number);
    free(text);
    return is_number;
}

static bool is_hash(const char *text) {
    return strlen(text) == HASH_LENGTH && strspn(text, "0123456789abcdef") == HASH_LENGTH;
}

/* An answer of the service that says that it is one. */
static bool is_answer(const char *body) {
    cli_slice answer = cli_slice_of(body);
    int64_t status = 0;
    return cli_json_is_whole(answer) && number_of(answer, "status_code", &status) && status == 1 &&
           member(answer, "results").text;
}

/* False: the line is no row of an export. */
static bool import_line(cli *self, cv_cache_store *store, cli_slice row, importing *run,
                        cli_status *status) {
    int64_t created_at_ms = 0;
    int64_t expires_at_ms = 0;
    char *hash = cli_json_cell(member(row, "hash"));
    char *body = cli_json_cell(member(row, "body"));
    bool is_row = cli_json_is_whole(row) && is_hash(hash) && is_answer(body) &&
                  number_of(row, "created_at_ms", &created_at_ms) &&
                  number_of(row, "expires_at_ms", &expires_at_ms);
    bool stored = false;
    if (is_row && !cv_cache_store_put(store, hash, body, strlen(body), created_at_ms, expires_at_ms,
                                      &stored)) {
        *status = cli_fail_error(self, cv_last_error(), hash);
    }
    run->stored += stored ? 1 : 0;
    run->left_out += is_row && !stored ? 1 : 0;
    free(body);
    free(hash);
    return is_row;
}

static cli_status import_lines(cli *self, cv_cache_store *store, FILE *file, importing *run) {
    char *line = NULL;
    size_t size = 0;
    ssize_t length = 0;
    cli_status status = CLI_DONE;
    for (long long number = 1; status == CLI_DONE && (length = getline(&line, &size, file)) >= 0;
         number++) {
        cli_slice row = {line, (size_t)length}; /* a NUL in it does not end it */
        status = cli_interrupt_status();
        if (status == CLI_DONE && !import_line(self, store, row, run, &status)) {
            status = cli_fail(self, CLI_FAILED, "line %lld is no row of an export", number);
        }
    }
    free(line);
    return status == CLI_DONE && ferror(file)
               ? cli_fail(self, CLI_FAILED, "cannot read: %s", strerror(errno))
               : status;
}

cli_status cli_cache_import(cli *self, cv_cache_store *store, const cli_cache_options *options,
                            size_t count, const char *const *words) {
    (void)options;
    importing run = {0};
    bool is_input = is_standard(count, words);
    FILE *file = is_input ? cli_standard_input(self) : cli_input_open(words[0]);
    if (!file) {
        return cli_fail(self, CLI_USAGE, "cannot read %s: %s", words[0], strerror(errno));
    }
    cli_status status = import_lines(self, store, file, &run);
    if (!is_input) {
        (void)fclose(file);
    }
    say(self, "imported", run.stored, run.left_out, "what is here is as new, or theirs is too old");
    return status;
}
