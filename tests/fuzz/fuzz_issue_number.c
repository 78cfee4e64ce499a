/* Issue numbers: whatever stands in them, their order is one that sorting may rely on. */
#include <stdlib.h>
#include <string.h>

#include <comicvine/help.h>

#include "support/input.h"

static int order_of(const char *one, const char *other) {
    int order = cv_issue_number_compare(one, other);
    return (order > 0) - (order < 0);
}

static void check_pair(const char *one, const char *other) {
    REQUIRE(order_of(one, other) == -order_of(other, one));
}

/* Whoever stands before something stands before what is behind that. */
static void check_chain(const char *first, const char *second, const char *third) {
    int one = order_of(first, second);
    int two = order_of(second, third);
    if (one <= 0 && two <= 0) {
        int both = order_of(first, third);
        REQUIRE(both <= 0);
        REQUIRE((both == 0) == (one == 0 && two == 0));
    }
}

/* A number with blanks around it is the same number. */
static void check_blanks(const char *text) {
    size_t length = strlen(text);
    char *padded = malloc(length + 3);
    REQUIRE(padded != NULL);
    padded[0] = ' ';
    memcpy(padded + 1, text, length);
    memcpy(padded + 1 + length, "\t", 2);
    REQUIRE(order_of(text, padded) == 0);
    free(padded);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    enum { TEXTS = 3 };
    input in = {data, size};
    char *texts[TEXTS];
    for (size_t i = 0; i < TEXTS; i++) {
        texts[i] = input_text(&in);
    }
    for (size_t i = 0; i < TEXTS; i++) {
        const char *second = texts[(i + 1) % TEXTS];
        const char *third = texts[(i + 2) % TEXTS];
        REQUIRE(order_of(texts[i], texts[i]) == 0);
        check_blanks(texts[i]);
        check_pair(texts[i], second);
        check_chain(texts[i], second, third);
        check_chain(third, second, texts[i]);
    }
    for (size_t i = 0; i < TEXTS; i++) {
        free(texts[i]);
    }
    return 0;
}
