/* Errors of jobs that other programs have written: what is read is an error that a caller may have,
 * and what does not reach its reader is about another key. */
#include <stdlib.h>
#include <string.h>

#include "stores/dedupe_error.h"
#include "support/input.h"

#define SCOPE "scope-1"

static void check_same(const cv_error *one, const cv_error *other) {
    REQUIRE(one->code == other->code && one->http_status == other->http_status);
    REQUIRE(one->api_status == other->api_status && one->retryable == other->retryable);
    REQUIRE(one->retry_after_ms == other->retry_after_ms);
    REQUIRE(strcmp(one->message, other->message) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    input in = {data, size};
    cv_error error = {.code = CV_OK};
    cv_error again = {.code = CV_OK};
    char written[CVI_ERROR_TEXT_SIZE];
    char *text = input_rest(&in);
    if (cvi_dedupe_error_read(text, SCOPE, &error)) {
        REQUIRE(error.code >= CV_ERROR_ARGUMENT && error.code <= CV_ERROR_CLOSED);
        REQUIRE(memchr(error.message, '\0', sizeof(error.message)) != NULL);
        REQUIRE(cvi_dedupe_error_write(&error, SCOPE, written));
        REQUIRE(cvi_dedupe_error_read(written, SCOPE, &again));
        check_same(&error, &again);
    }
    free(text);
    return 0;
}
