/* Writing JSON, one object at a time. */
#ifndef CLI_JSON_WRITE_H
#define CLI_JSON_WRITE_H

#include <stdbool.h>
#include <stdint.h>

#include "memory.h"

/* An object under way: cli_json_begin, members, cli_json_end. */
typedef struct cli_json {
    cli_text out;
    bool has_members; /* of the innermost object */
} cli_json;

void cli_json_begin(cli_json *self);

/* Members, in the order of the calls. A text of NULL is null. */
void cli_json_text(cli_json *self, const char *name, const char *text);
void cli_json_number(cli_json *self, const char *name, int64_t number);
void cli_json_numbers(cli_json *self, const char *name, const int64_t *numbers, size_t count);
/* Unix time as "2026-01-31T12:00:00Z". */
void cli_json_moment(cli_json *self, const char *name, int64_t unix_ms);
void cli_json_bool(cli_json *self, const char *name, bool value);
/* `json` is a value as it is to stand there. */
void cli_json_value(cli_json *self, const char *name, const char *json, size_t length);

/* A member that is an object, whose members follow until it is closed. */
void cli_json_open(cli_json *self, const char *name);
void cli_json_close(cli_json *self);

/* The text, without the end of a line; free() it. */
char *cli_json_end(cli_json *self);

/* A text as JSON has it, quotes and all; control characters are escaped, those beyond ASCII too,
 * and what is no UTF-8 becomes U+FFFD. */
void cli_json_write_text(FILE *out, const char *text, size_t length);

#endif
