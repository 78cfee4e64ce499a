/* Reading JSON that is known to be well-formed: values are looked for in the text and never copied.
 * Text that is not well-formed gives nothing, or something else; it is never read beyond its end.
 */
#ifndef CLI_JSON_READ_H
#define CLI_JSON_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

typedef struct cli_slice {
    const char *text; /* NULL: nothing */
    size_t length;
} cli_slice;

cli_slice cli_slice_of(const char *text);

/* The next member of an object (`name` gets its text between the quotes) or item of an array
 * (`name` NULL); begin with *at 0. False: there is none. */
bool cli_json_next(cli_slice value, size_t *at, cli_slice *name, cli_slice *item);

/* The value of a member, of an inner one with a dotted path: "volume.name". Nothing if it is not
 * there. */
cli_slice cli_json_find(cli_slice object, const char *path, size_t length);

/* A value as people read it: a text without its quotes, null and false as nothing, an object as its
 * name (or what it has in place of one), an array as those of its items, joined by ", "; free() it.
 */
char *cli_json_plain(cli_slice value);

/* A value as programs read it in a cell: a text without its quotes, null as nothing, and all else
 * as it stands; free() it. */
char *cli_json_cell(cli_slice value);

/* Writes the value over several lines, each but the first after `indent` blanks. */
void cli_json_pretty(FILE *out, cli_slice value, int indent);

#endif
