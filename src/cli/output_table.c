/* Owns tables for people: the first rows are held back to see how wide the columns must be, and a
 * terminal that is too narrow takes it from those that lose least by it. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "memory.h"
#include "output_internal.h"
#include "terminal.h"
#include "text.h"

enum { HELD_ROWS = 100, GAP = 2, NARROWEST = 4, WIDEST_DATE = 20 };

/* What gives way, in this order. Half of a date or a number says something else. */
typedef enum sacrifice { LONG_TEXTS, NAMES, ANYTHING, SACRIFICE_COUNT } sacrifice;

static char *cell_of(cli_output *self, size_t column, cli_slice json, cli_slice raw) {
    char *plain = cli_json_plain(cli_output_value(self, column, json, raw));
    char *clean = cli_text_clean(plain, strlen(plain));
    free(plain);
    return clean;
}

static cli_cells cells_of(cli_output *self, cli_slice json, cli_slice raw) {
    cli_cells cells = {cli_allocate(self->column_count, sizeof(char *))};
    for (size_t i = 0; i < self->column_count; i++) {
        cells.texts[i] = cell_of(self, i, json, raw);
    }
    return cells;
}

static void free_cells(const cli_output *self, cli_cells *cells) {
    for (size_t i = 0; i < self->column_count; i++) {
        free(cells->texts[i]);
    }
    free(cells->texts);
}

/* ---- widths ---- */

static size_t larger(size_t a, size_t b) {
    return a > b ? a : b;
}

static void widen(size_t *width, const char *text) {
    *width = larger(cli_text_width(text), *width);
}

/* What a column keeps. `needed`: of each column, by what stands below its name. */
static size_t least_width(const cli_output *self, size_t column, const size_t *needed,
                          sacrifice what) {
    switch (what) {
    case LONG_TEXTS:
        return larger(self->columns[column].length, WIDEST_DATE);
    case NAMES:
        return larger(needed[column], NARROWEST);
    default:
        return NARROWEST;
    }
}

static size_t spare(const cli_output *self, size_t column, const size_t *needed, sacrifice what) {
    size_t least = least_width(self, column, needed, what);
    return self->widths[column] > least ? self->widths[column] - least : 0;
}

/* Takes a column of letters from that which has most to spare. False: none has any. */
static bool narrow_one(cli_output *self, const size_t *needed, sacrifice what) {
    size_t found = 0;
    for (size_t i = 1; i < self->column_count; i++) {
        found = spare(self, i, needed, what) > spare(self, found, needed, what) ? i : found;
    }
    if (spare(self, found, needed, what) == 0) {
        return false;
    }
    self->widths[found]--;
    return true;
}

static size_t whole_width(const cli_output *self) {
    size_t sum = 0;
    for (size_t i = 0; i < self->column_count; i++) {
        sum += self->widths[i] + (i > 0 ? GAP : 0);
    }
    return sum;
}

static void fit_terminal(cli_output *self, const size_t *needed) {
    size_t columns = cli_terminal_columns(STDOUT_FILENO);
    for (int what = LONG_TEXTS; what < SACRIFICE_COUNT && whole_width(self) > columns;) {
        what += narrow_one(self, needed, (sacrifice)what) ? 0 : 1;
    }
}

static void find_widths(cli_output *self) {
    size_t *needed = cli_allocate(self->column_count, sizeof(*needed));
    self->widths = cli_allocate(self->column_count, sizeof(*self->widths));
    for (size_t i = 0; i < self->column_count; i++) {
        for (size_t k = 0; k < self->waiting_count; k++) {
            widen(&needed[i], self->waiting[k].texts[i]);
        }
        self->widths[i] = larger(needed[i], self->columns[i].length);
    }
    if (self->is_terminal) {
        fit_terminal(self, needed);
    }
    free(needed);
}

/* ---- writing ---- */

/* Nothing is cut where nobody has to see it in one line. */
static void write_cell(const cli_output *self, size_t column, const char *text) {
    size_t width = self->widths[column];
    if (!self->is_terminal) {
        widen(&width, text);
    }
    if (column + 1 == self->column_count) { /* no blanks at the end of a line */
        size_t needed = cli_text_width(text);
        width = needed < width ? needed : width;
    }
    cli_text_write_cell(self->file, text, width, false);
    (void)fputs(column + 1 == self->column_count ? "" : "  ", self->file);
}

static void write_cells(cli_output *self, const cli_cells *cells) {
    for (size_t i = 0; i < self->column_count; i++) {
        write_cell(self, i, cells->texts[i]);
    }
    (void)fputc('\n', self->file);
}

static void write_head(cli_output *self) {
    bool is_bold = cli_terminal_has_colour(STDOUT_FILENO);
    (void)fputs(is_bold ? "\033[1m" : "", self->file);
    for (size_t i = 0; i < self->column_count; i++) {
        char *name = cli_copy(self->columns[i].path, self->columns[i].length);
        char *clean = cli_text_clean(name, strlen(name));
        write_cell(self, i, clean);
        free(clean);
        free(name);
    }
    (void)fputs(is_bold ? "\033[0m\n" : "\n", self->file);
}

void cli_output_table_settle(cli_output *self) {
    if (self->column_count == 0 || self->waiting_count == 0) {
        return;
    }
    if (!self->widths) {
        find_widths(self);
        write_head(self);
    }
    for (size_t i = 0; i < self->waiting_count; i++) {
        write_cells(self, &self->waiting[i]);
        free_cells(self, &self->waiting[i]);
    }
    self->waiting_count = 0;
}

void cli_output_table_row(cli_output *self, cli_slice json, cli_slice raw) {
    self->waiting = cli_resize(self->waiting, self->waiting_count + 1, sizeof(*self->waiting));
    self->waiting[self->waiting_count++] = cells_of(self, json, raw);
    if (self->widths || self->waiting_count == HELD_ROWS) {
        cli_output_table_settle(self);
    }
}

static void write_line(cli_output *self, cli_slice name, size_t name_width, const char *text) {
    char *label = cli_copy(name.text, name.length);
    char *clean = cli_text_clean(label, strlen(label));
    size_t left = cli_terminal_columns(STDOUT_FILENO);
    size_t width = cli_text_width(text);
    left = left > name_width + GAP + NARROWEST ? left - name_width - GAP : NARROWEST;
    cli_text_write_cell(self->file, clean, name_width, false);
    (void)fputs("  ", self->file);
    cli_text_write_cell(self->file, text, self->is_terminal && width > left ? left : width, false);
    (void)fputc('\n', self->file);
    free(clean);
    free(label);
}

/* Members that say nothing are left out, unless somebody has named them. */
static void write_all_members(cli_output *self, cli_slice json) {
    size_t name_width = 0;
    cli_slice name;
    cli_slice item;
    for (size_t at = 0; cli_json_next(json, &at, &name, &item);) {
        name_width = name.length > name_width ? name.length : name_width;
    }
    for (size_t at = 0; cli_json_next(json, &at, &name, &item);) {
        char *plain = cli_json_plain(item);
        char *clean = cli_text_clean(plain, strlen(plain));
        if (clean[0] != '\0') {
            write_line(self, name, name_width, clean);
        }
        free(clean);
        free(plain);
    }
}

void cli_output_table_one(cli_output *self, cli_slice json, cli_slice raw) {
    if (!self->selects) {
        write_all_members(self, json);
        return;
    }
    size_t name_width = 0;
    for (size_t i = 0; i < self->column_count; i++) {
        name_width = self->columns[i].length > name_width ? self->columns[i].length : name_width;
    }
    for (size_t i = 0; i < self->column_count; i++) {
        char *cell = cell_of(self, i, json, raw);
        cli_slice name = {self->columns[i].path, self->columns[i].length};
        write_line(self, name, name_width, cell);
        free(cell);
    }
}

void cli_output_table_free(cli_output *self) {
    for (size_t i = 0; i < self->waiting_count; i++) {
        free_cells(self, &self->waiting[i]);
    }
    free(self->waiting);
    free(self->widths);
    self->waiting = NULL;
    self->widths = NULL;
    self->waiting_count = 0;
}
