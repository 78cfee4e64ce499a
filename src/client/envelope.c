/* Owns the judgement of answers: HTTP status, first byte, envelope, status_code, id, in this order
 * of suspicion. The service's own code decides before the HTTP status, as it answers 200 to most
 * errors. Any thread. */
#include "client/envelope.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "support/allocator.h"
#include "support/buffer.h"
#include "support/error.h"

enum { STATUS_GOOD = 1, STATUS_NOT_FOUND = 101 };

enum { PAGE_TITLE_SIZE = 80, PAGE_HEAD_BYTES = 64 << 10 /* a title stands in front */ };

/* The service's codes, and what they mean to a caller. */
static const struct {
    int64_t status_code;
    cv_code code;
    const char *meaning;
} service_codes[] = {
    {100, CV_ERROR_AUTH, "the API key is refused"},
    {STATUS_NOT_FOUND, CV_ERROR_NOT_FOUND, "no such object"},
    {102, CV_ERROR_REQUEST, "the service refuses the URL"},
    {103, CV_ERROR_REQUEST, "the service wants a callback"},
    {104, CV_ERROR_REQUEST, "the service refuses the filter"},
    {105, CV_ERROR_REQUEST, "for subscribers only"},
    {107, CV_ERROR_RATE_LIMITED, "the service's rate limit is exceeded"},
};

/* HTTP statuses that mean something whatever the body says. */
static const struct {
    int http_status;
    cv_code code;
    const char *meaning;
} http_codes[] = {
    {401, CV_ERROR_AUTH, "the API key is refused"},
    {403, CV_ERROR_BLOCKED, "the service blocks us"},
    {404, CV_ERROR_NOT_FOUND, "no such object"},
    {420, CV_ERROR_RATE_LIMITED, "the service's rate limit is exceeded"},
    {429, CV_ERROR_RATE_LIMITED, "the service's rate limit is exceeded"},
};

static void complete_error(cvi_finding *finding, const cvi_response *response, int64_t api_status) {
    cv_error *error = &finding->error;
    error->http_status = response->http_status;
    error->api_status = (int)api_status;
    error->retry_after_ms = response->retry_after_ms;
    finding->retry = error->code == CV_ERROR_SERVER;
}

/* What was cut on the way may come whole the next time; what was refused will be refused again. */
static void allow_retry(cvi_finding *finding) {
    int status = finding->error.http_status;
    finding->retry = finding->retry || status < 400 || status >= 500;
}

/* Copies foreign text for a message: one line, printable, short; what is neither becomes one blank,
 * none at the ends. */
static void quote_foreign(const char *text, size_t length, char *quoted, size_t size) {
    cvi_buffer out;
    bool is_blank_due = false;
    cvi_buffer_over(&out, quoted, size);
    for (size_t i = 0; i < length && out.length + 2 < size; i++) {
        unsigned char byte = (unsigned char)text[i];
        if (byte <= 0x20 || byte >= 0x7F) {
            is_blank_due = out.length > 0;
            continue;
        }
        if (is_blank_due) {
            cvi_buffer_add_char(&out, ' ');
        }
        cvi_buffer_add_char(&out, text[i]);
        is_blank_due = false;
    }
}

static const char *find_without_case(const char *text, size_t size, const char *wanted) {
    size_t length = strlen(wanted);
    for (size_t i = 0; i + length <= size; i++) {
        if (strncasecmp(text + i, wanted, length) == 0) {
            return text + i;
        }
    }
    return NULL;
}

/* The first byte that is neither blank nor part of a byte order mark; NUL for an empty body. */
static char first_byte(const cvi_response *response) {
    for (size_t i = 0; i < response->size; i++) {
        char byte = response->body[i];
        if (strchr(" \t\r\n\xEF\xBB\xBF", byte) == NULL || byte == '\0') {
            return byte;
        }
    }
    return '\0';
}

/* The title of a web page, "" where there is none. */
static void quote_title(const cvi_response *response, char *title, size_t size) {
    title[0] = '\0';
    if (first_byte(response) != '<') {
        return;
    }
    const char *end = response->body + response->size;
    size_t head = response->size < PAGE_HEAD_BYTES ? response->size : PAGE_HEAD_BYTES;
    const char *start = find_without_case(response->body, head, "<title");
    const char *text = start != NULL ? memchr(start, '>', (size_t)(end - start)) : NULL;
    if (text != NULL) {
        text++;
        const char *stop = memchr(text, '<', (size_t)(end - text));
        quote_foreign(text, (size_t)((stop != NULL ? stop : end) - text), title, size);
    }
}

/* Titles of pages that keep programs out. They come with any status, 503 and 429 too, where an
 * ordinary page of a server in trouble would be worth another try. */
static bool is_challenge(const char *title) {
    static const char *const known[] = {"just a moment", "attention required",
                                        "checking your browser", "abnormal traffic"};
    bool found = false;
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        found = found || find_without_case(title, strlen(title), known[i]) != NULL;
    }
    return found;
}

/* The status alone says what is wrong; a web page that came with it says more. */
static void tell_status(const cvi_call *call, const cvi_response *response, cv_code code,
                        const char *meaning, cvi_finding *finding) {
    char title[PAGE_TITLE_SIZE];
    quote_title(response, title, sizeof(title));
    if (is_challenge(title)) {
        code = CV_ERROR_BLOCKED;
        meaning = "the service blocks us";
    }
    cvi_error_set(&finding->error, code, "%s: %s (HTTP %d)%s%s%s", call->label, meaning,
                  response->http_status, *title != '\0' ? ": \"" : "", title,
                  *title != '\0' ? "\"" : "");
    complete_error(finding, response, 0);
}

/* True if the HTTP status alone says what is wrong. */
static bool judge_http_status(const cvi_call *call, const cvi_response *response,
                              cvi_finding *finding) {
    int status = response->http_status;
    for (size_t i = 0; i < sizeof(http_codes) / sizeof(http_codes[0]); i++) {
        if (http_codes[i].http_status == status) {
            tell_status(call, response, http_codes[i].code, http_codes[i].meaning, finding);
            return true;
        }
    }
    if (status >= 500) {
        tell_status(call, response, CV_ERROR_SERVER, "the service failed", finding);
        return true;
    }
    return false;
}

/* A body that is not even the start of a JSON object. */
static void judge_foreign_body(const cvi_call *call, const cvi_response *response,
                               cvi_finding *finding) {
    if (judge_http_status(call, response, finding)) {
        return;
    }
    if (first_byte(response) == '<') {
        char title[PAGE_TITLE_SIZE];
        quote_title(response, title, sizeof(title));
        cvi_error_set(&finding->error, CV_ERROR_BLOCKED,
                      "%s: a web page instead of JSON (HTTP %d): \"%s\"", call->label,
                      response->http_status, title);
    } else {
        cvi_error_set(&finding->error, CV_ERROR_RESPONSE,
                      "%s: %zu bytes that are no JSON object (HTTP %d)", call->label,
                      response->size, response->http_status);
    }
    complete_error(finding, response, 0);
    if (response->size == 0 && response->http_status == 200) {
        finding->retry = true; /* cut before its first byte */
    }
}

static void judge_status_code(const cvi_call *call, const cvi_response *response,
                              const cvi_envelope *envelope, cvi_finding *finding) {
    char words[80];
    quote_foreign(envelope->error, strlen(envelope->error), words, sizeof(words));
    size_t count = sizeof(service_codes) / sizeof(service_codes[0]);
    for (size_t i = 0; i < count; i++) {
        if (service_codes[i].status_code == envelope->status_code) {
            cvi_error_set(&finding->error, service_codes[i].code,
                          "%s: %s (service code %" PRId64 ": \"%s\")", call->label,
                          service_codes[i].meaning, envelope->status_code, words);
            complete_error(finding, response, envelope->status_code);
            return;
        }
    }
    if (!judge_http_status(call, response, finding)) {
        cvi_error_set(&finding->error, CV_ERROR_RESPONSE,
                      "%s: unknown service code %" PRId64 ": \"%s\"", call->label,
                      envelope->status_code, words);
        complete_error(finding, response, envelope->status_code);
    }
}

/* A good envelope must also be the one that was asked for. */
static bool is_asked_for(const cvi_call *call, cvi_finding *finding) {
    if (call->is_list || cvi_result_is_about(finding->result, call->id)) {
        return true;
    }
    cvi_error_set(&finding->error, CV_ERROR_RESPONSE, "%s: the answer is about id %" PRId64,
                  call->label, cvi_result_id(finding->result, 0));
    return false;
}

static cvi_decode_options options_for(const cvi_call *call, bool makes_tape) {
    return (cvi_decode_options){
        .resource = call->resource, .is_list = call->is_list, .makes_tape = makes_tape};
}

static void drop_result(cvi_finding *finding) {
    cvi_result_release(finding->result);
    finding->result = NULL;
}

/* Whether the service itself says that the object does not exist, and nothing else is amiss. What a
 * list's path answers is about the query, not about an object. */
static bool is_denial(const cvi_call *call, const cvi_response *response,
                      const cvi_envelope *envelope) {
    bool is_fine = response->http_status < 300 || response->http_status == 404;
    return is_fine && !call->is_list && envelope->status_code == STATUS_NOT_FOUND;
}

static void judge_envelope(const cvi_call *call, const cvi_response *response,
                           cvi_finding *finding) {
    const cvi_envelope *envelope = cvi_result_envelope(finding->result);
    if (is_denial(call, response, envelope)) {
        judge_status_code(call, response, envelope, finding);
        finding->denial = finding->result;
        finding->result = NULL;
    } else if (envelope->status_code != STATUS_GOOD) {
        judge_status_code(call, response, envelope, finding);
        drop_result(finding);
    } else if (response->http_status >= 300 && judge_http_status(call, response, finding)) {
        drop_result(finding);
    } else if (!is_asked_for(call, finding)) {
        complete_error(finding, response, 1);
        drop_result(finding);
    }
}

bool cvi_judge_decodes(const cvi_response *response) {
    return response->kind == CVI_RESPONSE_ANSWER && first_byte(response) == '{';
}

bool cvi_judge_makes_tape(const cvi_response *response) {
    return response->http_status < 300;
}

cvi_decoding *cvi_judge_begin(const cvi_call *call, cvi_body body, bool makes_tape) {
    const cvi_decode_options options = options_for(call, makes_tape);
    return cvi_decoding_begin(&options, &call->allocator, body);
}

/* What is no answer: a body that ends within a text, an object or a list was cut on the way. */
static void judge_undecodable(const cvi_call *call, const cvi_response *response,
                              const cv_error *error, bool is_cut, cvi_finding *finding) {
    if (error->code == CV_ERROR_NOMEM || !judge_http_status(call, response, finding)) {
        cvi_error_set(&finding->error, error->code, "%s: %s", call->label, error->message);
        complete_error(finding, response, 0);
        if (is_cut && error->code == CV_ERROR_RESPONSE) {
            allow_retry(finding);
        }
    }
}

void cvi_judge_decoded(const cvi_call *call, const cvi_response *response, cvi_decoding *decoding,
                       cvi_finding *finding) {
    cv_error error;
    bool is_cut = false;
    memset(finding, 0, sizeof(*finding));
    finding->result = cvi_decoding_end(decoding, &is_cut, &error);
    if (finding->result != NULL) {
        judge_envelope(call, response, finding);
    } else {
        judge_undecodable(call, response, &error, is_cut, finding);
    }
}

static void judge_answer(const cvi_call *call, cvi_response *response, cvi_finding *finding) {
    if (first_byte(response) != '{') {
        judge_foreign_body(call, response, finding);
        cvi_release(&call->allocator, response->body);
        return;
    }
    cvi_decoding *decoding = cvi_judge_begin(call, (cvi_body){response->body, response->size, 0},
                                             cvi_judge_makes_tape(response));
    if (decoding == NULL) {
        cv_error error;
        cvi_error_no_memory(&error);
        judge_undecodable(call, response, &error, false, finding);
        cvi_release(&call->allocator, response->body);
        return;
    }
    response->body = NULL; /* freed with what is no answer */
    response->size = 0;
    cvi_judge_decoded(call, response, decoding, finding);
}

/* What it means that no answer came: by the kind of response. */
static const struct {
    cv_code code;
    bool retry;
    const char *meaning;
} failures[] = {
    [CVI_RESPONSE_REDIRECT_REFUSED] = {CV_ERROR_RESPONSE, false, "redirect refused"},
    [CVI_RESPONSE_NETWORK] = {CV_ERROR_NETWORK, true, "no answer"},
    [CVI_RESPONSE_DEAD_CONNECTION] = {CV_ERROR_NETWORK, true, "the connection was dead"},
    [CVI_RESPONSE_TIMEOUT] = {CV_ERROR_TIMEOUT, true, "no complete answer in time"},
    [CVI_RESPONSE_BROKEN] = {CV_ERROR_RESPONSE, true, "the answer was cut or garbled"},
    [CVI_RESPONSE_TOO_LARGE] = {CV_ERROR_RESPONSE, false, "the answer is too large"},
    [CVI_RESPONSE_NO_MEMORY] = {CV_ERROR_NOMEM, false, "out of memory"},
    [CVI_RESPONSE_UNSENDABLE] = {CV_ERROR_NETWORK, false, "the transport refuses"},
};

void cvi_judge_response(const cvi_call *call, cvi_response *response, cvi_finding *finding) {
    memset(finding, 0, sizeof(*finding));
    if (response->kind == CVI_RESPONSE_ANSWER) {
        judge_answer(call, response, finding);
        response->body = NULL;
        return;
    }
    if (response->kind != CVI_RESPONSE_NO_MEMORY && judge_http_status(call, response, finding)) {
        return; /* however it was to go on: that much was clear */
    }
    size_t kind = (size_t)response->kind;
    cvi_error_set(&finding->error, failures[kind].code, "%s: %s%s%s", call->label,
                  failures[kind].meaning, response->reason != NULL ? ": " : "",
                  response->reason != NULL ? response->reason : "");
    complete_error(finding, response, 0);
    if (response->kind == CVI_RESPONSE_UNSENDABLE) {
        finding->error.retryable = false;
    }
    if (failures[kind].retry) {
        allow_retry(finding);
    }
}

/* True if a stored answer is of the kind that it was stored as. */
static bool is_as_stored(const cvi_call *call, bool is_negative, cvi_finding *finding) {
    int64_t status_code = cvi_result_envelope(finding->result)->status_code;
    if (is_negative) {
        return !call->is_list && status_code == STATUS_NOT_FOUND;
    }
    return status_code == STATUS_GOOD && is_asked_for(call, finding);
}

static void judge_stored(const cvi_call *call, bool is_negative, cvi_finding *finding) {
    static const cvi_response no_response = {.http_status = 0};
    if (finding->result == NULL) {
        return;
    }
    if (!is_as_stored(call, is_negative, finding)) {
        cvi_error_set(&finding->error, CV_ERROR_RESPONSE, "%s: the stored answer is unusable",
                      call->label);
        drop_result(finding);
    } else if (is_negative) {
        judge_status_code(call, &no_response, cvi_result_envelope(finding->result), finding);
        drop_result(finding);
    }
}

void cvi_judge_stored(const cvi_call *call, cvi_body body, bool is_negative, cvi_finding *finding) {
    const cvi_decode_options options = options_for(call, false);
    memset(finding, 0, sizeof(*finding));
    finding->result = cvi_decode(&options, &call->allocator, body, &finding->error);
    judge_stored(call, is_negative, finding);
}

void cvi_judge_renewed(const cvi_call *call, cvi_body body, cvi_finding *finding) {
    const cvi_decode_options options = options_for(call, true);
    memset(finding, 0, sizeof(*finding));
    finding->result = cvi_decode(&options, &call->allocator, body, &finding->error);
    judge_stored(call, false, finding);
}

void cvi_judge_decoded_stored(const cvi_call *call, cvi_decoding *decoding, bool is_negative,
                              cvi_finding *finding) {
    memset(finding, 0, sizeof(*finding));
    finding->result = cvi_decoding_end(decoding, NULL, &finding->error);
    judge_stored(call, is_negative, finding);
}
