/* Owns what is expected of a checker. */
#include "support/checked.h"

#include <string.h>

#include "support/input.h"

void check_message(const cv_error *error) {
    size_t length = strnlen(error->message, sizeof(error->message));
    REQUIRE(length > 0 && length < sizeof(error->message));
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)error->message[i];
        REQUIRE(byte >= ' ' && byte != 0x7F);
    }
}

static void check_line(const char *text) {
    for (; *text != '\0'; text++) {
        unsigned char byte = (unsigned char)*text;
        REQUIRE(byte >= ' ' && byte != 0x7F);
    }
}

bool check_text(checker_fn *check, const void *scope, const char *text, bool is_canonical,
                cvi_buffer *out) {
    char second[CVI_CHECKED_SIZE];
    cvi_buffer again;
    cv_error error = {.code = CV_OK};
    if (!check(scope, text, out, &error)) {
        REQUIRE(error.code == CV_ERROR_ARGUMENT && !error.retryable);
        check_message(&error);
        return false;
    }
    REQUIRE(!out->failed);
    check_line(out->data);
    if (is_canonical && out->length <= CVI_PIECE_LONGEST) {
        cvi_buffer_over(&again, second, sizeof(second));
        REQUIRE(check(scope, out->data, &again, &error));
        REQUIRE(strcmp(out->data, second) == 0);
    }
    return true;
}
