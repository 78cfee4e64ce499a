/* Owns the text form of errors in the column dedupe_jobs.error: one line for each of format, code,
 * HTTP status, service status, retryable, retry_after_ms, scope, and the message. Codes travel by
 * name, as numbers may change between versions. Pure functions. */
#include "stores/dedupe_error.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "support/buffer.h"
#include "support/error.h"

static const char format_name[] = "comicvine-error-1";

enum line {
    LINE_FORMAT,
    LINE_CODE,
    LINE_HTTP,
    LINE_API,
    LINE_RETRYABLE,
    LINE_RETRY_AFTER,
    LINE_SCOPE,
    LINE_MESSAGE,
    LINE_COUNT
};

bool cvi_dedupe_error_write(const cv_error *error, const char *scope,
                            char text[CVI_ERROR_TEXT_SIZE]) {
    cvi_buffer buffer;
    cvi_buffer_over(&buffer, text, CVI_ERROR_TEXT_SIZE);
    cvi_buffer_add_format(&buffer, "%s\n%s\n%d\n%d\n%d\n%lld\n%s\n%s", format_name,
                          cv_code_name(error->code), error->http_status, error->api_status,
                          error->retryable ? 1 : 0, (long long)error->retry_after_ms, scope,
                          error->message);
    return !buffer.failed;
}

/* Cuts the text into lines; the last one takes all that is left. */
static bool split(char *text, char *lines[LINE_COUNT]) {
    for (int i = 0; i < LINE_COUNT - 1; i++) {
        char *end = strchr(text, '\n');
        if (end == NULL) {
            return false;
        }
        *end = '\0';
        lines[i] = text;
        text = end + 1;
    }
    lines[LINE_COUNT - 1] = text;
    return true;
}

static bool read_code(const char *name, cv_code *code) {
    for (int i = CV_ERROR_ARGUMENT; i <= CV_ERROR_CLOSED; i++) {
        if (strcmp(cv_code_name((cv_code)i), name) == 0) {
            *code = (cv_code)i;
            return true;
        }
    }
    return false;
}

static bool read_number(const char *text, int64_t most, int64_t *number) {
    char *end = NULL;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (end == text || *end != '\0' || errno != 0 || value < 0 || value > most) {
        return false;
    }
    *number = value;
    return true;
}

static bool is_of_key(cv_code code) {
    return code == CV_ERROR_AUTH || code == CV_ERROR_RATE_LIMITED;
}

bool cvi_dedupe_error_read(const char *text, const char *scope, cv_error *error) {
    char copy[CVI_ERROR_TEXT_SIZE];
    char *lines[LINE_COUNT];
    cvi_buffer buffer;
    cvi_buffer_over(&buffer, copy, sizeof(copy));
    cvi_buffer_add_text(&buffer, text);
    if (buffer.failed || !split(copy, lines) || strcmp(lines[LINE_FORMAT], format_name) != 0) {
        return false;
    }
    cv_code code = CV_OK;
    int64_t http = 0;
    int64_t api = 0;
    int64_t retryable = 0;
    int64_t retry_after_ms = 0;
    if (!read_code(lines[LINE_CODE], &code) || !read_number(lines[LINE_HTTP], INT_MAX, &http) ||
        !read_number(lines[LINE_API], INT_MAX, &api) ||
        !read_number(lines[LINE_RETRYABLE], 1, &retryable) ||
        !read_number(lines[LINE_RETRY_AFTER], INT64_MAX, &retry_after_ms)) {
        return false;
    }
    if (is_of_key(code) && strcmp(lines[LINE_SCOPE], scope) != 0) {
        return false;
    }
    cvi_error_set(error, code, "%s", lines[LINE_MESSAGE]);
    error->http_status = (int)http;
    error->api_status = (int)api;
    error->retryable = retryable == 1;
    error->retry_after_ms = retry_after_ms;
    return true;
}
