/* Owns the choice of cases of the tests that have thousands. Nothing random: what fails fails
 * again. */
#include "support/portion.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { STRIDE_MAX = 1000 };

static int read_factor(void) {
    const char *text = getenv("COMICVINE_STRIDE");
    long factor = text != NULL ? strtol(text, NULL, 10) : 1;
    assert_in_range(factor, 1, STRIDE_MAX);
    return (int)factor;
}

int portion_stride(int usual) {
    const char *all = getenv("COMICVINE_ALL");
    return all != NULL && strcmp(all, "1") == 0 ? 1 : usual * read_factor();
}

int portion_first(int stride, int turn, int turns, int count) {
    assert_true(turn < turns && count > 0);
    return 1 + turn * stride / turns % count;
}

void portion_report(const char *what, int tried, int count) {
    assert_in_range(tried, 1, count);
    print_message("%s: tried %d of %d\n", what, tried, count);
}
