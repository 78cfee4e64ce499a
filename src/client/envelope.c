/* Owns the judgement of answers: HTTP status, first byte, envelope, status_code, id, in this order
 * of suspicion. The service's own code decides before the HTTP status, as it answers 200 to most
 * errors. Any thread. */
#include "client/envelope.h"

#include <inttypes.h>
#include <string.h>

#include "client/verdict.h"
#include "support/allocator.h"
#include "support/error.h"

enum { STATUS_GOOD = 1, STATUS_NOT_FOUND = 101 };

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
static const cvi_status_meaning http_codes[] = {
    {401, CV_ERROR_AUTH, "the API key is refused"},
    {403, CV_ERROR_BLOCKED, "the service blocks us"},
    {404, CV_ERROR_NOT_FOUND, "no such object"},
    {420, CV_ERROR_RATE_LIMITED, "the service's rate limit is exceeded"},
    {429, CV_ERROR_RATE_LIMITED, "the service's rate limit is exceeded"},
};

static const cvi_status_table http_table = {http_codes, sizeof(http_codes) / sizeof(http_codes[0])};

static bool judge_http_status(const cvi_call *call, const cvi_response *response,
                              cvi_finding *finding) {
    return cvi_verdict_on_status(call, response, &http_table, finding);
}

/* A body that is not even the start of a JSON object. */
static void judge_foreign_body(const cvi_call *call, const cvi_response *response,
                               cvi_finding *finding) {
    if (judge_http_status(call, response, finding) ||
        cvi_verdict_on_page(call, response, "JSON", finding)) {
        return;
    }
    cvi_error_set(&finding->error, CV_ERROR_RESPONSE,
                  "%s: %zu bytes that are no JSON object (HTTP %d)", call->label, response->size,
                  response->http_status);
    cvi_verdict_complete(finding, response, 0);
    if (response->size == 0 && response->http_status == 200) {
        finding->retry = true; /* cut before its first byte */
    }
}

static void judge_status_code(const cvi_call *call, const cvi_response *response,
                              const cvi_envelope *envelope, cvi_finding *finding) {
    char words[80];
    cvi_verdict_quote(envelope->error, strlen(envelope->error), words, sizeof(words));
    size_t count = sizeof(service_codes) / sizeof(service_codes[0]);
    for (size_t i = 0; i < count; i++) {
        if (service_codes[i].status_code == envelope->status_code) {
            cvi_error_set(&finding->error, service_codes[i].code,
                          "%s: %s (service code %" PRId64 ": \"%s\")", call->label,
                          service_codes[i].meaning, envelope->status_code, words);
            cvi_verdict_complete(finding, response, envelope->status_code);
            return;
        }
    }
    if (!judge_http_status(call, response, finding)) {
        cvi_error_set(&finding->error, CV_ERROR_RESPONSE,
                      "%s: unknown service code %" PRId64 ": \"%s\"", call->label,
                      envelope->status_code, words);
        cvi_verdict_complete(finding, response, envelope->status_code);
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
        cvi_verdict_complete(finding, response, 1);
        drop_result(finding);
    }
}

bool cvi_judge_decodes(const cvi_response *response) {
    return response->kind == CVI_RESPONSE_ANSWER && cvi_verdict_first_byte(response) == '{';
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
        cvi_verdict_complete(finding, response, 0);
        if (is_cut && error->code == CV_ERROR_RESPONSE) {
            cvi_verdict_allow_retry(finding);
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
    if (cvi_verdict_first_byte(response) != '{') {
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

void cvi_judge_response(const cvi_call *call, cvi_response *response, cvi_finding *finding) {
    memset(finding, 0, sizeof(*finding));
    if (response->kind == CVI_RESPONSE_ANSWER) {
        judge_answer(call, response, finding);
        response->body = NULL;
        return;
    }
    cvi_verdict_on_failure(call, response, &http_table, finding);
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

const cvi_judge cvi_envelope_judge = {
    .response = cvi_judge_response,
    .stored = cvi_judge_stored,
    .renewed = cvi_judge_renewed,
    .reads_in_parts = true,
};
