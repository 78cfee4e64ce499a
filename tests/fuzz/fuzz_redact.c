/* The key in foreign text: behind the redaction it is nowhere, nothing else has changed its length,
 * and it does not matter in which parts the text was gone over. */
#include <stdlib.h>
#include <string.h>

#include "client/redact.h"
#include "support/input.h"

#define KEY "c0ffee5e47"

static void redact_in_parts(char *text, size_t size, size_t part) {
    size_t done = 0;
    while (done < size) {
        size_t left = size - done;
        done += cvi_redact_secret_part(KEY, text + done, left, part < left ? part : left);
    }
}

static char *copy_of(const input *in) {
    char *copy = malloc(in->left + 1);
    REQUIRE(copy != NULL);
    memcpy(copy, in->next, in->left);
    copy[in->left] = '\0';
    return copy;
}

/* What is not an asterisk now is what it was. */
static void check_kept(const input *in, const char *redacted) {
    for (size_t i = 0; i < in->left; i++) {
        REQUIRE(redacted[i] == '*' || redacted[i] == (char)in->next[i]);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    input in = {data, size};
    size_t part = 1 + input_below(&in, 64);
    char *whole = copy_of(&in);
    char *in_parts = copy_of(&in);
    bool has_key = cvi_holds_secret(KEY, whole, in.left);
    cvi_redact_secret(KEY, whole, in.left);
    redact_in_parts(in_parts, in.left, part);
    REQUIRE(!cvi_holds_secret(KEY, whole, in.left));
    REQUIRE(has_key == (memcmp(whole, in.next, in.left) != 0));
    REQUIRE(memcmp(whole, in_parts, in.left) == 0);
    check_kept(&in, whole);
    free(whole);
    free(in_parts);
    return 0;
}
