/* What a run is about, on standard output: rows, each a JSON object, in the format that is wanted.
 * A run writes rows of one kind. */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include <stdbool.h>
#include <stdio.h>

#include "json_read.h"
#include "settings.h"
#include "status.h"

typedef struct cli_column {
    const char *path; /* "volume.name" */
    size_t length;
    bool is_missing; /* looked for, and in no row so far */
} cli_column;

/* A row that waits for the width of its columns. */
typedef struct cli_cells {
    char **texts;
} cli_cells;

typedef struct cli_output {
    FILE *file;
    cli_output_format format;
    bool is_terminal; /* what is written must hold nothing that a terminal obeys */
    bool shows_one;   /* as a table: one row, its members below each other */
    bool selects;     /* JSON of the columns alone */
    cli_column *columns;
    size_t column_count;
    size_t rows; /* written so far */
    cli_cells *waiting;
    size_t waiting_count;
    size_t *widths; /* NULL: not known yet */
    char *held;     /* JSON: the last line of the last row, whose end is not known yet; or NULL */
    int error;      /* errno of the first write that failed; 0: none did */
} cli_output;

/* Standard output in the format of the settings. */
void cli_output_begin(cli_output *self, const cli_settings *settings);

/* Columns for formats that have some, where the settings name none. To be called before the first
 * row, if ever. */
void cli_output_columns(cli_output *self, const char *names);

/* A table of one row has its members below each other. */
void cli_output_one(cli_output *self);

/* Writes a row. `json` is an object on one line; `raw` is what stands for it in CLI_OUTPUT_RAW and
 * where a column is not in `json`, or nothing. False: nothing can be written any more. */
bool cli_output_row(cli_output *self, cli_slice json, cli_slice raw);

/* Writes what has a form of its own, and is no row: no more rows follow. False: as above. */
bool cli_output_bytes(cli_output *self, const void *bytes, size_t size);

/* Hands on what was written so far, whole lines: not the rows of a table that wait for others, nor
 * the last line of an object in an array. */
void cli_output_flush(cli_output *self);

/* The run has failed: if there is no row yet, cli_output_end writes no empty array either, nor a
 * line of names, as that would say that there is nothing. */
void cli_output_leave(cli_output *self);

/* Writes what is left. False: the output is not whole (`error`). Does nothing the second time. */
bool cli_output_end(cli_output *self);

/* The columns that were asked for by name and that no row has had, joined by commas; NULL: none.
 * free() it. */
char *cli_output_missing(const cli_output *self);

/* Frees all but the file. */
void cli_output_free(cli_output *self);

#endif
