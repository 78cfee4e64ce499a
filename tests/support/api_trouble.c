/* Owns the table of troubles. Texts are ours, in the forms that the service and what stands before
 * it use. */
#include "support/api_trouble.h"

#include <stdio.h>
#include <string.h>

#define HTML      "text/html"
#define CUT_AT    1000
#define BAN_PAGE  "<!DOCTYPE html>\n<html><head><title>Refused</title></head><body></body></html>\n"
#define GATE_PAGE "<html><head><title>502 Bad Gateway</title></head><body></body></html>"
#define ENVELOPE(results)                                                                          \
    "{\"error\":\"OK\",\"limit\":1,\"offset\":0,\"number_of_page_results\":1,"                     \
    "\"number_of_total_results\":1,\"status_code\":1,\"results\":" results ",\"version\":\"1.0\"}"

const trouble troubles[] = {
    {"key refused", {.api_status = 100}, CV_ERROR_AUTH, 401, 100, 0, false},
    {"401 without envelope", {.http_status = 401, .body = ""}, CV_ERROR_AUTH, 401, 0, 0, false},
    {"no such object", {.api_status = 101}, CV_ERROR_NOT_FOUND, 200, 101, 0, false},
    {"404 with the code",
     {.http_status = 404, .api_status = 101},
     CV_ERROR_NOT_FOUND,
     404,
     101,
     0,
     false},
    {"500 with the code",
     {.http_status = 500, .api_status = 101},
     CV_ERROR_NOT_FOUND,
     500,
     101,
     0,
     false},
    {"404", {.http_status = 404, .body = "gone"}, CV_ERROR_NOT_FOUND, 404, 0, 0, false},
    {"URL refused", {.api_status = 102}, CV_ERROR_REQUEST, 404, 102, 0, false},
    {"callback wanted", {.api_status = 103}, CV_ERROR_REQUEST, 200, 103, 0, false},
    {"filter refused", {.api_status = 104}, CV_ERROR_REQUEST, 200, 104, 0, false},
    {"subscribers only", {.api_status = 105}, CV_ERROR_REQUEST, 200, 105, 0, false},
    {"limit exceeded", {.api_status = 107}, CV_ERROR_RATE_LIMITED, 420, 107, 60000, true},
    {"limit exceeded, with a time",
     {.api_status = 107, .headers = {{"Retry-After", "17"}}},
     CV_ERROR_RATE_LIMITED,
     420,
     107,
     17000,
     true},
    {"429",
     {.http_status = 429, .body = "slower", .headers = {{"Retry-After", "5"}}},
     CV_ERROR_RATE_LIMITED,
     429,
     0,
     5000,
     true},
    {"ban page",
     {.http_status = 403, .body = BAN_PAGE, .content_type = HTML},
     CV_ERROR_BLOCKED,
     403,
     0,
     60000,
     true},
    {"web page with 200",
     {.body = BAN_PAGE, .content_type = HTML},
     CV_ERROR_BLOCKED,
     200,
     0,
     60000,
     true},
    {"web page called JSON", {.body = "\n  " BAN_PAGE}, CV_ERROR_BLOCKED, 200, 0, 60000, true},
    {"502",
     {.http_status = 502, .body = GATE_PAGE, .content_type = HTML},
     CV_ERROR_SERVER,
     502,
     0,
     0,
     true},
    {"500", {.http_status = 500, .body = ""}, CV_ERROR_SERVER, 500, 0, 0, true},
    {"500 with a good answer", {.http_status = 500}, CV_ERROR_SERVER, 500, 0, 0, true},
    {"503 with a time",
     {.http_status = 503, .body = "", .headers = {{"Retry-After", "9"}}},
     CV_ERROR_SERVER,
     503,
     0,
     9000,
     true},
    {"garbage",
     {.body = "\x01\x02\xff\xfe\0garbage", .body_size = 12},
     CV_ERROR_RESPONSE,
     200,
     0,
     0,
     true},
    {"empty body", {.body = ""}, CV_ERROR_RESPONSE, 200, 0, 0, true},
    {"204", {.http_status = 204, .body = ""}, CV_ERROR_RESPONSE, 204, 0, 0, true},
    {"304", {.http_status = 304, .body = ""}, CV_ERROR_RESPONSE, 304, 0, 0, true},
    {"an array", {.body = "[]"}, CV_ERROR_RESPONSE, 200, 0, 0, true},
    {"an object without envelope", {.body = "{\"id\":52}"}, CV_ERROR_RESPONSE, 200, 0, 0, true},
    {"something after the answer",
     {.body = ENVELOPE("{\"id\":52}") "}"},
     CV_ERROR_RESPONSE,
     200,
     0,
     0,
     true},
    {"another id",
     {.body = ENVELOPE("{\"id\":61,\"name\":\"Other\"}")},
     CV_ERROR_RESPONSE,
     200,
     1,
     0,
     true},
    {"no id", {.body = ENVELOPE("{\"name\":\"Nobody\"}")}, CV_ERROR_RESPONSE, 200, 1, 0, true},
    {"a list for a detail", {.body = ENVELOPE("[]")}, CV_ERROR_RESPONSE, 200, 0, 0, true},
    {"null for a detail", {.body = ENVELOPE("null")}, CV_ERROR_RESPONSE, 200, 0, 0, true},
    {"unknown service code", {.api_status = 999}, CV_ERROR_RESPONSE, 200, 999, 0, true},
    {"not gzip",
     {.body = "plain", .headers = {{"Content-Encoding", "gzip"}}},
     CV_ERROR_RESPONSE,
     200,
     0,
     0,
     true},
    {"cut", {.kind = SERVER_FAULT_TRUNCATE, .cut_at = CUT_AT}, CV_ERROR_RESPONSE, 200, 0, 0, true},
    {"cut, chunked",
     {.kind = SERVER_FAULT_TRUNCATE_CHUNKED, .cut_at = CUT_AT},
     CV_ERROR_RESPONSE,
     200,
     0,
     0,
     true},
    {"cut, without length",
     {.kind = SERVER_FAULT_TRUNCATE_UNFRAMED, .cut_at = CUT_AT},
     CV_ERROR_RESPONSE,
     200,
     0,
     0,
     true},
    {"reset", {.kind = SERVER_FAULT_RESET}, CV_ERROR_NETWORK, 0, 0, 0, true},
    {"reset in the body",
     {.kind = SERVER_FAULT_RESET_BODY, .cut_at = CUT_AT},
     CV_ERROR_NETWORK,
     200,
     0,
     0,
     true},
    {"closed", {.kind = SERVER_FAULT_CLOSE}, CV_ERROR_NETWORK, 0, 0, 0, true},
    {"redirected to nowhere", {.http_status = 301, .body = ""}, CV_ERROR_RESPONSE, 301, 0, 0, true},
    {"redirected to another host",
     {.http_status = 302, .body = "", .headers = {{"Location", "http://127.0.0.2:1/api/issue/"}}},
     CV_ERROR_RESPONSE,
     302,
     0,
     0,
     true},
    {"redirected to a file",
     {.http_status = 302, .body = "", .headers = {{"Location", "file:///etc/hostname"}}},
     CV_ERROR_RESPONSE,
     302,
     0,
     0,
     true},
};

const size_t trouble_count = sizeof(troubles) / sizeof(troubles[0]);

bool trouble_is_remembered(const trouble *met) {
    return met->api_status == 101 && met->http_status < 500;
}

static trouble_text describe(const trouble *described) {
    trouble_text text;
    assert_true(snprintf(text.bytes, sizeof(text.bytes),
                         "%s: %s, HTTP %d, service code %d, after %" PRId64 " ms, %s",
                         described->name, cv_code_name(described->code), described->http_status,
                         described->api_status, described->retry_after_ms,
                         described->retryable ? "retryable" : "for good") > 0);
    return text;
}

trouble_text trouble_expected(const trouble *expected) {
    return describe(expected);
}

trouble_text trouble_seen(const trouble *expected, const outcome *seen) {
    trouble found = {.name = expected->name,
                     .code = seen->code,
                     .http_status = seen->http_status,
                     .api_status = seen->api_status,
                     .retry_after_ms = seen->retry_after_ms,
                     .retryable = seen->retryable != 0};
    return describe(&found);
}

void assert_good_message(const outcome *seen, int64_t id) {
    char about[64];
    assert_true(snprintf(about, sizeof(about), "issue/4000-%" PRId64 ": ", id) > 0);
    if (strncmp(seen->message, about, strlen(about)) != 0 ||
        strlen(seen->message) == strlen(about) || strpbrk(seen->message, "\r\n") != NULL ||
        strstr(seen->message, API_KEY) != NULL) {
        fail_msg("a bad message: %s", seen->message);
    }
}
