/* Owns the formats for programs, and which one it is. Columns name what is wanted by its path, so
 * that what comes from others is never taken for structure. */
#include "output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "json_write.h"
#include "memory.h"
#include "output_internal.h"
#include "text.h"

static void add_columns(cli_output *self, const char *names) {
    while (*names != '\0') {
        names += strspn(names, " ,");
        size_t length = strcspn(names, " ,");
        if (length > 0) {
            self->columns =
                cli_resize(self->columns, self->column_count + 1, sizeof(*self->columns));
            self->columns[self->column_count++] = (cli_column){names, length, false};
        }
        names += length;
    }
}

void cli_output_begin(cli_output *self, const cli_settings *settings) {
    *self = (cli_output){.file = stdout, .is_terminal = isatty(STDOUT_FILENO) == 1};
    self->format = (cli_output_format)settings->format.format;
    if (self->format == CLI_OUTPUT_BY_TERMINAL) {
        self->format = self->is_terminal ? CLI_OUTPUT_TABLE : CLI_OUTPUT_JSON_LINES;
    }
    bool is_json = self->format == CLI_OUTPUT_JSON || self->format == CLI_OUTPUT_JSON_LINES;
    if (settings->format.columns) {
        add_columns(self, settings->format.columns);
        add_columns(self, is_json && settings->shows_origin ? "_meta" : "");
        self->selects = true;
    }
}

void cli_output_columns(cli_output *self, const char *names) {
    if (!self->columns) {
        add_columns(self, names);
    }
}

void cli_output_one(cli_output *self) {
    self->shows_one = true;
}

cli_slice cli_output_value(cli_output *self, size_t column, cli_slice json, cli_slice raw) {
    cli_column *wanted = &self->columns[column];
    cli_slice found = cli_json_find(json, wanted->path, wanted->length);
    if (!found.text) {
        found = cli_json_find(raw, wanted->path, wanted->length);
    }
    wanted->is_missing = !found.text && (wanted->is_missing || self->rows == 0);
    return found;
}

/* JSON as it is; on a terminal what that would obey is spelled out. Outside of texts JSON has none
 * of it. */
static void write_json(cli_output *self, cli_slice json) {
    if (!self->is_terminal) {
        (void)fwrite(json.text, 1, json.length, self->file);
        return;
    }
    for (size_t at = 0; at < json.length;) {
        uint32_t letter = 0;
        size_t taken = cli_letter_at(json.text + at, json.length - at, &letter);
        if (letter == CLI_LETTER_BROKEN) {
            (void)fputs("\xef\xbf\xbd", self->file);
        } else if (letter >= 0x7f && cli_letter_is_control(letter)) {
            (void)fprintf(self->file, "\\u%04x", (unsigned)letter);
        } else {
            (void)fwrite(json.text + at, 1, taken, self->file);
        }
        at += taken;
    }
}

/* The columns of a row as an object on one line; free() it. */
static char *selected(cli_output *self, cli_slice json, cli_slice raw) {
    cli_text out;
    cli_text_begin(&out);
    (void)fputc('{', out.file);
    for (size_t i = 0; i < self->column_count; i++) {
        (void)fputs(i > 0 ? "," : "", out.file);
        cli_slice value = cli_output_value(self, i, json, raw);
        cli_json_write_text(out.file, self->columns[i].path, self->columns[i].length);
        (void)fprintf(out.file, ":%.*s", value.text ? (int)value.length : 4,
                      value.text ? value.text : "null");
    }
    (void)fputc('}', out.file);
    return cli_text_end(&out);
}

static void end_held(cli_output *self, const char *end) {
    if (self->held) {
        write_json(self, cli_slice_of(self->held));
        free(self->held);
        self->held = NULL;
    }
    (void)fputs(end, self->file);
}

/* As an item of an array. Whether a comma follows shows with the next; until then its last line is
 * held back, as half a line on a terminal is lost to the next line of progress. */
static void write_item(cli_output *self, cli_slice object) {
    end_held(self, self->rows == 0 ? "[\n" : ",\n");
    cli_text pretty;
    cli_text_begin(&pretty);
    (void)fputs("  ", pretty.file);
    cli_json_pretty(pretty.file, object, 2);
    char *text = cli_text_end(&pretty);
    const char *last = strrchr(text, '\n');
    size_t whole = last ? (size_t)(last - text) + 1 : 0;
    write_json(self, (cli_slice){text, whole});
    self->held = cli_copy(text + whole, strlen(text + whole));
    free(text);
}

static void write_object(cli_output *self, cli_slice json, cli_slice raw) {
    char *chosen = self->selects ? selected(self, json, raw) : NULL;
    cli_slice object = chosen ? cli_slice_of(chosen) : json;
    if (self->format == CLI_OUTPUT_JSON) {
        write_item(self, object);
    } else {
        write_json(self, object);
        (void)fputc('\n', self->file);
    }
    free(chosen);
}

/* ---- cells ---- */

static void write_csv_cell(FILE *out, const char *cell) {
    if (cell[strcspn(cell, ",\"\r\n")] == '\0') {
        (void)fputs(cell, out);
        return;
    }
    (void)fputc('"', out);
    for (; *cell != '\0'; cell++) {
        (void)fputs(*cell == '"' ? "\"" : "", out);
        (void)fputc(*cell, out);
    }
    (void)fputc('"', out);
}

static void write_tsv_cell(FILE *out, const char *cell) {
    static const char meant[] = "\t\n\r\\";
    static const char letters[] = "tnr\\";
    for (; *cell != '\0'; cell++) {
        const char *found = strchr(meant, *cell);
        (void)fputs(found ? "\\" : "", out);
        (void)fputc(found ? letters[found - meant] : *cell, out);
    }
}

static void write_cell(cli_output *self, size_t column, const char *cell) {
    bool is_csv = self->format == CLI_OUTPUT_CSV;
    (void)fputs(column == 0 ? "" : is_csv ? "," : "\t", self->file);
    char *clean = self->is_terminal ? cli_text_clean(cell, strlen(cell)) : NULL;
    if (is_csv) {
        write_csv_cell(self->file, clean ? clean : cell);
    } else {
        write_tsv_cell(self->file, clean ? clean : cell);
    }
    free(clean);
}

static void write_names(cli_output *self) {
    for (size_t i = 0; i < self->column_count; i++) {
        char *name = cli_copy(self->columns[i].path, self->columns[i].length);
        write_cell(self, i, name);
        free(name);
    }
    (void)fputc('\n', self->file);
}

static void write_cells(cli_output *self, cli_slice json, cli_slice raw) {
    if (self->rows == 0) {
        write_names(self);
    }
    for (size_t i = 0; i < self->column_count; i++) {
        char *cell = cli_json_cell(cli_output_value(self, i, json, raw));
        write_cell(self, i, cell);
        free(cell);
    }
    (void)fputc('\n', self->file);
}

/* ---- rows ---- */

static bool note_error(cli_output *self) {
    if (self->error == 0 && ferror(self->file)) {
        self->error = errno != 0 ? errno : EIO;
    }
    return self->error == 0;
}

bool cli_output_row(cli_output *self, cli_slice json, cli_slice raw) {
    errno = 0;
    switch (self->format) {
    case CLI_OUTPUT_RAW:
        write_json(self, raw.text ? raw : json);
        (void)fputc('\n', self->file);
        break;
    case CLI_OUTPUT_CSV:
    case CLI_OUTPUT_TSV:
        write_cells(self, json, raw);
        break;
    case CLI_OUTPUT_TABLE:
        if (self->shows_one) {
            cli_output_table_one(self, json, raw);
        } else {
            cli_output_table_row(self, json, raw);
        }
        break;
    default:
        write_object(self, json, raw);
        break;
    }
    self->rows++;
    return note_error(self);
}

bool cli_output_bytes(cli_output *self, const void *bytes, size_t size) {
    self->format = CLI_OUTPUT_RAW; /* nothing stands around them */
    errno = 0;
    (void)fwrite(bytes, 1, size, self->file);
    return note_error(self);
}

void cli_output_flush(cli_output *self) {
    if (self->file && fflush(self->file) != 0 && self->error == 0) {
        self->error = errno != 0 ? errno : EIO;
    }
}

void cli_output_leave(cli_output *self) {
    if (self->rows == 0) {
        self->format = CLI_OUTPUT_RAW;
    }
}

bool cli_output_end(cli_output *self) {
    if (!self->file) {
        return self->error == 0;
    }
    errno = 0;
    if (self->format == CLI_OUTPUT_JSON) {
        end_held(self, self->rows == 0 ? "[]\n" : "\n]\n");
    } else if (self->format == CLI_OUTPUT_TABLE) {
        cli_output_table_settle(self);
    } else if (self->rows == 0 &&
               (self->format == CLI_OUTPUT_CSV || self->format == CLI_OUTPUT_TSV)) {
        write_names(self);
    }
    if (fflush(self->file) != 0 && self->error == 0) {
        self->error = errno != 0 ? errno : EIO;
    }
    bool is_whole = note_error(self);
    self->file = NULL;
    return is_whole;
}

char *cli_output_missing(const cli_output *self) {
    cli_text names;
    cli_text_begin(&names);
    size_t count = 0;
    for (size_t i = 0; self->selects && i < self->column_count; i++) {
        if (self->columns[i].is_missing) {
            (void)fprintf(names.file, "%s%.*s", count++ > 0 ? ", " : "",
                          (int)self->columns[i].length, self->columns[i].path);
        }
    }
    char *text = cli_text_end(&names);
    if (count > 0) {
        return text;
    }
    free(text);
    return NULL;
}

void cli_output_free(cli_output *self) {
    cli_output_table_free(self);
    free(self->columns);
    self->columns = NULL;
    free(self->held);
    self->held = NULL;
}
