/* Owns the file of what is done. Only lines that are whole count: the last one may have been cut.
 */
#include "journal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "number.h"

static int compare(const void *one, const void *other) {
    int64_t left = *(const int64_t *)one;
    int64_t right = *(const int64_t *)other;
    return (left > right) - (left < right);
}

/* Takes "issue 52 done" apart, in place. False: the line is none of a journal's. */
static bool parse_line(char *line, const char **resource, int64_t *id) {
    char *rest = NULL;
    *resource = strtok_r(line, " ", &rest);
    const char *number = strtok_r(NULL, " ", &rest);
    const char *end = strtok_r(NULL, " ", &rest);
    return *resource && number && end && cli_number_parse(number, id) &&
           (strcmp(end, "done") == 0 || strcmp(end, "missing") == 0) && !strtok_r(NULL, " ", &rest);
}

static cli_status take_line(cli *self, cli_journal *journal, char *line, size_t number) {
    const char *resource = NULL;
    int64_t id = 0;
    if (!parse_line(line, &resource, &id)) {
        return cli_fail(self, CLI_USAGE, "%s:%zu: this is no file of a run before", journal->path,
                        number);
    }
    if (strcmp(resource, journal->resource) == 0) {
        cli_id_list_put(&journal->ended, id);
    }
    return CLI_DONE;
}

/* Reads all whole lines; `whole` is how many bytes they are. */
static cli_status take_lines(cli *self, cli_journal *journal, off_t *whole) {
    char *line = NULL;
    size_t size = 0;
    ssize_t length = 0;
    cli_status status = CLI_DONE;
    for (size_t number = 1;
         status == CLI_DONE && (length = getline(&line, &size, journal->file)) >= 0; number++) {
        if (line[length - 1] != '\n') {
            break;
        }
        *whole += length;
        line[length - 1] = '\0';
        status = take_line(self, journal, line, number);
    }
    free(line);
    return status;
}

static cli_status fail(cli *self, const cli_journal *journal, const char *what) {
    return cli_fail(self, CLI_FAILED, "cannot %s %s: %s", what, journal->path, strerror(errno));
}

cli_status cli_journal_open(cli *self, cli_journal *journal, const char *path,
                            const char *resource) {
    *journal = (cli_journal){.path = path, .resource = resource};
    if (!path) {
        return CLI_DONE;
    }
    journal->file = fopen(path, "a+e");
    if (!journal->file) {
        return cli_fail(self, CLI_USAGE, "cannot open %s: %s", path, strerror(errno));
    }
    off_t whole = 0;
    cli_status status = take_lines(self, journal, &whole);
    if (status == CLI_DONE && ftruncate(fileno(journal->file), whole) != 0) {
        status = fail(self, journal, "write");
    }
    if (journal->ended.count > 0) {
        qsort(journal->ended.ids, journal->ended.count, sizeof(*journal->ended.ids), compare);
    }
    return status;
}

bool cli_journal_has(const cli_journal *journal, int64_t id) {
    return journal->ended.count > 0 &&
           bsearch(&id, journal->ended.ids, journal->ended.count, sizeof(id), compare) != NULL;
}

void cli_journal_note(cli_journal *journal, int64_t id, bool is_missing) {
    if (journal->file) {
        cli_id_list_put(is_missing ? &journal->missing : &journal->done, id);
    }
}

static void write_lines(cli_journal *journal, cli_id_list *list, const char *end) {
    for (size_t i = 0; i < list->count; i++) {
        (void)fprintf(journal->file, "%s %lld %s\n", journal->resource, (long long)list->ids[i],
                      end);
    }
    list->count = 0;
}

cli_status cli_journal_save(cli *self, cli_journal *journal) {
    if (!journal->file) {
        return CLI_DONE;
    }
    write_lines(journal, &journal->done, "done");
    write_lines(journal, &journal->missing, "missing");
    if (ferror(journal->file) || fflush(journal->file) != 0) {
        return fail(self, journal, "write");
    }
    return CLI_DONE;
}

void cli_journal_close(cli_journal *journal) {
    if (journal->file) {
        (void)fclose(journal->file); /* cli_journal_save has seen to what matters */
    }
    cli_id_list_free(&journal->done);
    cli_id_list_free(&journal->missing);
    cli_id_list_free(&journal->ended);
}
