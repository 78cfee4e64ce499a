/* Responses as a network hands them over: status, headers, body, one after the other, and how it
 * ended. Whatever they say, what the engine gets of them is bounded, and the key is not in it; and
 * what becomes of it is either a record that was asked for or an error that can be shown. */
#include <stdlib.h>
#include <string.h>

#include "client/address.h"
#include "client/envelope.h"
#include "client/redact.h"
#include "resources/registry.h"
#include "support/allocator.h"
#include "support/checked.h"
#include "support/http_date.h"
#include "support/input.h"
#include "support/wire.h"

#define URL "http://comics.example/api/issue/4000-52/?format=json"

enum { DAY_MS = 86400000, ASKED_ID = 52 };

/* ---- what the network hands over ---- */

static void hand_headers_over(cv_transfer *started, input *in) {
    static const char *const names[] = {
        "Retry-After",   "X-RateLimit-Reset", "ETag",     "Last-Modified",
        "Cache-Control", "Content-Length",    "Location", "X-Other",
    };
    for (size_t count = input_below(in, 6); count > 0; count--) {
        const char *name = names[input_below(in, sizeof(names) / sizeof(names[0]))];
        char *value = input_text(in);
        cv_transfer_header(started, name, value);
        free(value);
    }
}

static void hand_over(cv_transfer *started, input *in) {
    static const int statuses[] = {200, 304, 301, 302, 307, 403, 404, 420, 429, 500, 503, 0, 401};
    int status = statuses[input_below(in, sizeof(statuses) / sizeof(statuses[0]))];
    uint8_t how = input_byte(in); /* mostly as an answer */
    cv_transfer_end end = how <= CV_TRANSFER_TOO_LARGE ? (cv_transfer_end)how : 0;
    hand_headers_over(started, in);
    size_t first = in->left / 3;
    if (cv_transfer_body(started, in->next, first)) {
        cv_transfer_body(started, in->next + first, in->left - first);
    }
    cv_transfer_complete(started, end, status, "a reason with " WIRE_KEY);
    cv_transfer_release(started);
}

/* ---- what the engine gets ---- */

static void check_free_of_key(const char *text) {
    REQUIRE(!cvi_holds_secret(WIRE_KEY, text, strlen(text)));
}

static void check_redirect(const char *url) {
    cvi_address from;
    cvi_address to;
    check_free_of_key(url);
    REQUIRE(cvi_address_parse(&from, URL) && cvi_address_parse(&to, url));
    REQUIRE(cvi_address_has_host_of(&from, &to));
    REQUIRE(cvi_address_has_origin_of(&from, &to) || to.is_tls);
}

static void check_caching(const cvi_caching *caching) {
    const char *etag = caching->validators.etag;
    const char *modified = caching->validators.last_modified;
    check_free_of_key(etag);
    REQUIRE(strlen(etag) < CVI_ETAG_SIZE && strpbrk(etag, "\r\n") == NULL);
    REQUIRE(*modified == '\0' || cvi_http_date_has_form(modified));
    REQUIRE(caching->control.max_age_ms >= 0);
    REQUIRE(caching->control.max_age_ms <= INT64_C(366) * DAY_MS);
}

static void check_response(const cvi_response *response) {
    REQUIRE(response->retry_after_ms >= 0 && response->retry_after_ms <= DAY_MS);
    REQUIRE(response->size <= WIRE_MOST_BODY_BYTES);
    REQUIRE((response->redirect_url != NULL) == (response->kind == CVI_RESPONSE_REDIRECT));
    check_caching(&response->caching);
    if (response->reason != NULL) {
        check_free_of_key(response->reason);
    }
    if (response->body != NULL) {
        REQUIRE(response->body[response->size] == '\0');
        REQUIRE(!cvi_holds_secret(WIRE_KEY, response->body, response->size));
    }
    if (response->redirect_url != NULL) {
        check_redirect(response->redirect_url);
    }
}

/* ---- what becomes of it ---- */

static void check_finding(const cvi_call *call, const cvi_finding *finding) {
    const cv_error *error = &finding->error;
    REQUIRE((finding->result != NULL) == (error->code == CV_OK));
    REQUIRE(finding->denial == NULL || error->code == CV_ERROR_NOT_FOUND);
    if (finding->result == NULL) {
        check_message(error);
        check_free_of_key(error->message);
        REQUIRE(error->retry_after_ms >= 0 && error->retry_after_ms <= DAY_MS);
        return;
    }
    REQUIRE(!finding->retry && cvi_result_envelope(finding->result)->status_code == 1);
    REQUIRE(cvi_result_is_list(finding->result) == call->is_list);
    REQUIRE(call->is_list || cvi_result_is_about(finding->result, call->id));
}

static void drop_finding(const cvi_finding *finding) {
    cvi_result_release(finding->result);
    cvi_result_release(finding->denial);
}

static void check_same(const cvi_finding *one, const cvi_finding *other) {
    REQUIRE((one->result != NULL) == (other->result != NULL));
    REQUIRE((one->denial != NULL) == (other->denial != NULL));
    REQUIRE(one->retry == other->retry && one->error.code == other->error.code);
    REQUIRE(strcmp(one->error.message, other->error.message) == 0);
}

/* The same answer, its body read in parts. */
static void check_in_parts(const cvi_call *call, const cvi_response *response,
                           const cvi_finding *whole, cvi_body body) {
    cvi_finding finding;
    cvi_decoding *decoding = cvi_judge_begin(call, body, true);
    REQUIRE(decoding != NULL);
    while (!cvi_decoding_step(decoding, 17)) {
    }
    cvi_judge_decoded(call, response, decoding, &finding);
    check_same(whole, &finding);
    drop_finding(&finding);
}

static void judge(const cvi_call *call, cvi_response *response) {
    cvi_finding finding;
    cvi_body copy = {NULL, response->size, 0};
    cvi_response without_body = *response;
    without_body.body = NULL;
    without_body.size = 0;
    if (cvi_judge_decodes(response)) {
        copy.data = cvi_copy_text(&cvi_default_allocator, response->body, response->size);
    }
    cvi_judge_response(call, response, &finding);
    check_finding(call, &finding);
    if (copy.data != NULL) {
        check_in_parts(call, &without_body, &finding, copy);
    }
    drop_finding(&finding);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    input in = {data, size};
    cvi_response response;
    cvi_call call = {.allocator = cvi_default_allocator,
                     .resource = cvi_registry_find(CV_ISSUE),
                     .is_list = (input_byte(&in) & 1) != 0,
                     .id = ASKED_ID,
                     .label = "issue/4000-52"};
    hand_over(wire_send((cvi_transfer_spec){.url = URL}), &in);
    wire_take(&response);
    check_response(&response);
    cvi_release(&cvi_default_allocator, response.redirect_url);
    bool is_for_judge = response.kind != CVI_RESPONSE_REDIRECT &&
                        response.kind != CVI_RESPONSE_ABORTED &&
                        response.kind != CVI_RESPONSE_NOT_ADMITTED;
    if (is_for_judge) {
        judge(&call, &response);
    }
    cvi_release(&cvi_default_allocator, response.body);
    return 0;
}
