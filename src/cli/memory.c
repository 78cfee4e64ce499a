/* Owns the program's way to get memory, and to end without any. What the library has under way then
 * is found out by other programs as if this one had been killed. */
#include "memory.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "status.h"

static void *or_end(void *block) {
    if (!block) {
        (void)fputs("comicvine: out of memory\n", stderr);
        exit(CLI_FAILED);
    }
    return block;
}

void *cli_allocate(size_t count, size_t size) {
    return or_end(calloc(count ? count : 1, size));
}

void *cli_resize(void *block, size_t count, size_t size) {
    return or_end(count <= SIZE_MAX / size ? realloc(block, count * size) : NULL);
}

char *cli_copy(const char *text, size_t length) {
    char *copy = cli_allocate(length + 1, 1);
    memcpy(copy, text, length);
    return copy;
}

char *cli_format(const char *format, ...) {
    char *text = NULL;
    va_list arguments;
    va_start(arguments, format);
    int length = vasprintf(&text, format, arguments);
    va_end(arguments);
    return or_end(length < 0 ? NULL : text);
}

void cli_text_begin(cli_text *self) {
    self->text = NULL;
    self->length = 0;
    self->file = or_end(open_memstream(&self->text, &self->length));
}

char *cli_text_end(cli_text *self) {
    int failed = fclose(self->file);
    return or_end(failed ? NULL : self->text);
}
