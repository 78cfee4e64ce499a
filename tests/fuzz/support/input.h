/* The bytes of one try, taken apart. */
#ifndef TESTS_FUZZ_SUPPORT_INPUT_H
#define TESTS_FUZZ_SUPPORT_INPUT_H

#include <stddef.h>
#include <stdint.h>

/* What a target checks. Unlike assert it is in every build; the process ends, which libFuzzer and
 * ctest both take for a finding. */
#define REQUIRE(condition) ((condition) ? (void)0 : require_failed(#condition, __FILE__, __LINE__))

_Noreturn void require_failed(const char *condition, const char *file, int line);

/* What is still to be taken. */
typedef struct input {
    const uint8_t *next;
    size_t left;
} input;

/* The next byte; 0 behind the end. */
uint8_t input_byte(input *self);

/* A number from 0 to `below` - 1 out of one byte. */
size_t input_below(input *self, size_t below);

/* Eight bytes. */
int64_t input_number(input *self);

/* A number as rows and headers have it: small, at the edge of what fits, or any. */
int64_t input_odd_number(input *self);

/* The bytes before the next NUL, or all, as a text in memory of its own: free() it. */
char *input_text(input *self);

/* The rest likewise; a NUL in it ends the text. */
char *input_rest(const input *self);

#endif
