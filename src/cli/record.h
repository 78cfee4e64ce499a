/* Records on their way to the output. */
#ifndef CLI_RECORD_H
#define CLI_RECORD_H

#include <comicvine.h>

#include "cli.h"
#include "json_write.h"

/* The columns of tables and of CSV for a resource, if nothing else was asked for: `fields` (NULL:
 * none), else what tells its records apart. CV_RESOURCE_NONE: the hits of a search. */
void cli_record_columns(cli *self, cv_resource resource, const char *fields);

/* Writes a row (cli_output_row), having taken a line of progress away from where it goes. */
bool cli_row_write(cli *self, cli_slice json, cli_slice raw);

/* Ends an object and writes it as a row of its own; its memory is given back. CLI_FAILED as below.
 */
cli_status cli_object_write(cli *self, cli_json *object);

/* Writes a record. CLI_FAILED: nothing can be written any more, which is said in the end. */
cli_status cli_record_write(cli *self, const cv_record *record);

#endif
