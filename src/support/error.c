/* Owns the table of codes and each thread's last error. */
#include "support/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "support/cap.h"

static const struct {
    const char *name;
    bool retryable;
} codes[] = {
    [CV_OK] = {"CV_OK", false},
    [CV_PENDING] = {"CV_PENDING", false},
    [CV_ERROR_ARGUMENT] = {"CV_ERROR_ARGUMENT", false},
    [CV_ERROR_AUTH] = {"CV_ERROR_AUTH", false},
    [CV_ERROR_NOT_FOUND] = {"CV_ERROR_NOT_FOUND", false},
    [CV_ERROR_REQUEST] = {"CV_ERROR_REQUEST", false},
    [CV_ERROR_RATE_LIMITED] = {"CV_ERROR_RATE_LIMITED", true},
    [CV_ERROR_BLOCKED] = {"CV_ERROR_BLOCKED", true},
    [CV_ERROR_NETWORK] = {"CV_ERROR_NETWORK", true},
    [CV_ERROR_TIMEOUT] = {"CV_ERROR_TIMEOUT", true},
    [CV_ERROR_SERVER] = {"CV_ERROR_SERVER", true},
    [CV_ERROR_RESPONSE] = {"CV_ERROR_RESPONSE", true},
    [CV_ERROR_NOT_CACHED] = {"CV_ERROR_NOT_CACHED", false},
    [CV_ERROR_STORE] = {"CV_ERROR_STORE", false},
    [CV_ERROR_NOMEM] = {"CV_ERROR_NOMEM", true},
    [CV_ERROR_CANCELLED] = {"CV_ERROR_CANCELLED", true},
    [CV_ERROR_CLOSED] = {"CV_ERROR_CLOSED", false},
};

enum { CODE_COUNT = sizeof(codes) / sizeof(codes[0]) };
_Static_assert(CODE_COUNT == CV_ERROR_CLOSED + 1, "each code has a row");

const cv_error cvi_error_inherited = {
    .code = CV_ERROR_CLOSED,
    .message = "it belongs to the process that this one was forked off: open another one here"};

/* cv_last_error is per thread by contract. */
static _Thread_local cv_error last_error;

const char *cv_code_name(cv_code code) {
    return (unsigned)code < CODE_COUNT ? codes[code].name : "CV_UNKNOWN_CODE";
}

const cv_error *cv_last_error(void) {
    return &last_error;
}

void cvi_error_remember(const cv_error *error) {
    last_error = *error;
}

void cvi_error_remember_no_memory(void) {
    cvi_error_no_memory(&last_error);
}

/* A cut may have left half a character at the end: drop its bytes. */
static void trim_partial_character(char *text, size_t length) {
    size_t start = length;
    while (start > 0 && ((unsigned char)text[start - 1] & 0xC0) == 0x80) {
        start--;
    }
    if (start == 0) {
        return;
    }
    unsigned char lead = (unsigned char)text[start - 1];
    size_t expected = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
    if (length - (start - 1) < expected) {
        text[start - 1] = '\0';
    }
}

void cvi_error_set(cv_error *error, cv_code code, const char *format, ...) {
    if (error == NULL) {
        return;
    }
    memset(error, 0, sizeof(*error));
    error->code = code;
    error->retryable = (unsigned)code < CODE_COUNT && codes[code].retryable;
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(error->message, sizeof(error->message), format, arguments);
    va_end(arguments);
    if (length >= (int)sizeof(error->message)) {
        trim_partial_character(error->message, sizeof(error->message) - 1);
    }
}

void cvi_error_no_memory(cv_error *error) {
    cvi_error_set(error, CV_ERROR_NOMEM, "out of memory%s",
                  cvi_cap_has_refused() ? ": " CVI_CAP_REASON : "");
}
