/* The floor of decoding: the library's parser alone, with callbacks that do nothing. */
#ifndef BENCH_BARE_JSON_H
#define BENCH_BARE_JSON_H

#include <stddef.h>

/* A text that is no JSON ends the program. */
void bare_json_parse(const char *text, size_t size);

#endif
