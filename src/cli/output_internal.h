/* What output.c and output_table.c share. */
#ifndef CLI_OUTPUT_INTERNAL_H
#define CLI_OUTPUT_INTERNAL_H

#include "output.h"

/* The value of a column: from the row's JSON, else from its raw text. Takes note of whether there
 * is one. */
cli_slice cli_output_value(cli_output *self, size_t column, cli_slice json, cli_slice raw);

/* A row of a table is held back until enough have come to know how wide the columns are. */
void cli_output_table_row(cli_output *self, cli_slice json, cli_slice raw);

/* One row, its members below each other. */
void cli_output_table_one(cli_output *self, cli_slice json, cli_slice raw);

/* Writes the rows that were held back. */
void cli_output_table_settle(cli_output *self);

void cli_output_table_free(cli_output *self);

#endif
