/* Whole numbers out of text, without the locale. Pure; any thread. */
#ifndef CVI_RESOURCES_NUMBER_H
#define CVI_RESOURCES_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Reads a decimal number as JSON spells it; leading zeros are fine, fractions are cut toward zero
 * ("1.9e1" is 19). False, and `number` untouched: no number, or beyond 64 bits. */
bool cvi_number_read(const char *text, size_t length, int64_t *number);

/* The same for the usual case, digits alone and no zero before others; false for all else. */
bool cvi_number_read_digits(const char *text, size_t length, int64_t *number);

/* Whether a number that could be read is spelled as it would be written again: "12" and "-12", but
 * not "012", "12.0" or "-0". */
bool cvi_number_is_plain(const char *text, size_t length);

#endif
