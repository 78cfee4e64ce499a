/* Owns how help is laid out. */
#include "help.h"

#include <comicvine.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"

enum { LINE_COLUMNS = 78, HELP_COLUMN = 26, USAGE_COLUMN = 7, SUMMARY_COLUMN = 15 };

/* Words of `text`, which may be in lines of its own, in lines that begin at `column`; the cursor is
 * there already. */
static void write_wrapped(FILE *out, const char *text, int column) {
    int at = column;
    text += strspn(text, " \n");
    while (*text != '\0') {
        int length = (int)strcspn(text, " \n");
        if (at > column && at + 1 + length > LINE_COLUMNS) {
            (void)fprintf(out, "\n%*s", column, "");
            at = column;
        }
        (void)fprintf(out, "%s%.*s", at > column ? " " : "", length, text);
        at += length + (at > column ? 1 : 0);
        text += length;
        text += strspn(text, " \n");
    }
    (void)fputc('\n', out);
}

static void write_option(FILE *out, const cli_option *row) {
    char letter[] = {'-', row->letter, ',', ' ', '\0'};
    int width = fprintf(out, "  %s--%s", row->letter != '\0' ? letter : "    ", row->name);
    if (row->argument) {
        width += fprintf(out, row->may_lack_value ? "[=%s]" : "=%s", row->argument);
    }
    if (width + 2 > HELP_COLUMN) {
        (void)fprintf(out, "\n%*s", HELP_COLUMN, "");
    } else {
        (void)fprintf(out, "%*s", HELP_COLUMN - width, "");
    }
    write_wrapped(out, row->help, HELP_COLUMN);
}

static void write_group(FILE *out, const cli_option_group *group) {
    (void)fprintf(out, "\n%s:\n", group->title);
    for (size_t i = 0; i < group->count; i++) {
        if (group->rows[i].kind != CLI_OPTION_REFUSED) {
            write_option(out, &group->rows[i]);
        }
    }
}

static void write_indented(FILE *out, const char *lines) {
    while (*lines != '\0') {
        size_t length = strcspn(lines, "\n");
        (void)fprintf(out, "  %.*s\n", (int)length, lines);
        lines += length + (lines[length] == '\n' ? 1 : 0);
    }
}

void cli_help_command(FILE *out, const cli_command *command) {
    char *title = cli_format("comicvine %s: %s", command->name, command->summary);
    char *usage = cli_format("comicvine %s [OPTIONS] %s", command->name, command->usage);
    write_wrapped(out, title, 0);
    (void)fputs("\nExamples:\n", out);
    write_indented(out, command->examples);
    (void)fputs("\nUsage: ", out);
    write_wrapped(out, usage, USAGE_COLUMN);
    if (command->about) {
        (void)fputc('\n', out);
        write_wrapped(out, command->about, 0);
    }
    free(usage);
    free(title);
    const cli_option_group *groups[CLI_GROUPS_MAX];
    size_t count = cli_command_groups(command, groups);
    for (size_t i = 0; i < count; i++) {
        write_group(out, groups[i]);
    }
}

static void write_statuses(FILE *out) {
    cli_status status = CLI_DONE;
    const char *line = NULL;
    (void)fputs("\nExit status:\n", out);
    for (size_t i = 0; (line = cli_status_line(i, &status)) != NULL; i++) {
        (void)fprintf(out, "  %3d  %s\n", (int)status, line);
    }
}

void cli_help_overview(FILE *out) {
    (void)fputs("comicvine asks the Comic Vine API, within its limits, through a cache that all\n"
                "programs share.\n\nExamples:\n"
                "  comicvine get issue 52\n"
                "  comicvine list issues --filter volume:796 --sort cover_date:asc --all\n"
                "  comicvine search lamplighter --resources volume --json=id,name\n"
                "\nUsage: comicvine [OPTIONS] COMMAND [OPTIONS] ...\n\nCommands:\n",
                out);
    for (const cli_command *const *row = cli_commands; *row; row++) {
        (void)fprintf(out, "  %-12s ", (*row)->name);
        write_wrapped(out, (*row)->summary, SUMMARY_COLUMN);
    }
    const cli_option_group *groups[CLI_GROUPS_MAX];
    size_t count = cli_command_groups(NULL, groups);
    for (size_t i = 0; i < count; i++) {
        write_group(out, groups[i]);
    }
    write_statuses(out);
    (void)fputs(
        "\n\"comicvine help COMMAND\" says more about one of them, \"comicvine --version\"\n"
        "which versions of it and of its libraries are in use.\n",
        out);
}

void cli_help_version(FILE *out) {
    const char *curl = cv_curl_version();
    (void)fprintf(out, "comicvine %s\nlibcomicvine %s\nlibcurl %s\nSQLite %s\n", CV_VERSION,
                  cv_version(), curl ? curl : "is not there", cv_sqlite_version());
}
