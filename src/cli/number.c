/* Owns reading whole numbers. Pure. */
#include "number.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

bool cli_number_parse(const char *text, int64_t *number) {
    const char *digits = text[0] == '-' || text[0] == '+' ? text + 1 : text;
    if (digits[0] < '0' || digits[0] > '9') { /* strtoimax would skip blanks */
        return false;
    }
    char *end = NULL;
    errno = 0;
    intmax_t value = strtoimax(text, &end, 10);
    if (*end != '\0' || errno == ERANGE || value < INT64_MIN || value > INT64_MAX) {
        return false;
    }
    *number = value;
    return true;
}
