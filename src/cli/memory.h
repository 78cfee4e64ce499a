/* Memory of the program. A program that has none left can only say so and end: these functions
 * never give NULL. The library's own memory is another matter, and its errors are values. */
#ifndef CLI_MEMORY_H
#define CLI_MEMORY_H

#include <stddef.h>
#include <stdio.h>

/* All bytes 0. free() it. */
void *cli_allocate(size_t count, size_t size);

/* Makes room for `count` items of `size` bytes. */
void *cli_resize(void *block, size_t count, size_t size);

/* A copy of `length` bytes with a NUL behind them. */
char *cli_copy(const char *text, size_t length);

/* As printf, into memory of its own. */
char *cli_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Text that grows: write to `file`, then take the text with cli_text_end, and free() it. */
typedef struct cli_text {
    FILE *file;
    char *text;
    size_t length;
} cli_text;

void cli_text_begin(cli_text *self);
char *cli_text_end(cli_text *self);

#endif
