/* Whole numbers out of text. */
#ifndef CLI_NUMBER_H
#define CLI_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

/* Digits, with a sign or none, and nothing else. False: no number, or beyond 64 bits. */
bool cli_number_parse(const char *text, int64_t *number);

#endif
