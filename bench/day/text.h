/* A text that grows. */
#ifndef BENCH_DAY_TEXT_H
#define BENCH_DAY_TEXT_H

#include <stddef.h>

typedef struct day_text {
    char *bytes; /* ends with a NUL that is not counted; NULL before anything is added */
    size_t length;
    size_t size;
} day_text;

#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
void day_text_add(day_text *self, const char *format, ...);
void day_text_clear(day_text *self); /* keeps the memory */
void day_text_free(day_text *self);

#endif
