/* What the unit tests of the program share. */
#ifndef TESTS_CLI_UNIT_H
#define TESTS_CLI_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Compares a text that is to be freed. */
#define assert_text(text, expected)                                                                \
    do {                                                                                           \
        char *made_ = (text);                                                                      \
        assert_string_equal(made_, expected);                                                      \
        free(made_);                                                                               \
    } while (0)

#endif
