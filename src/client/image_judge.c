/* Owns the judgement of what comes for an image: its status, then its first bytes; what the host
 * calls it does not count. Any thread. */
#include "client/image_judge.h"

#include <string.h>

#include "client/image_format.h"
#include "client/image_tail.h"
#include "client/verdict.h"
#include "resources/image.h"
#include "support/allocator.h"
#include "support/error.h"

enum { HTTP_OK = 200, FIRST_REFUSAL = 400 };

static const cvi_status_meaning statuses[] = {
    {403, CV_ERROR_BLOCKED, "the image's host blocks us"},
    {404, CV_ERROR_NOT_FOUND, "no such image"},
    {410, CV_ERROR_NOT_FOUND, "no such image any more"},
    {420, CV_ERROR_RATE_LIMITED, "too many images for its host"},
    {429, CV_ERROR_RATE_LIMITED, "too many images for its host"},
};

static const cvi_status_table table = {statuses, sizeof(statuses) / sizeof(statuses[0])};

/* ---- what is an image ---- */

/* A result of the bytes, which it takes: with their tail, and freed if that fails. */
static void make_result(const cvi_call *call, char *image, size_t size,
                        const cvi_validators *validators, cvi_finding *finding) {
    size_t body_size = 0;
    char *body = cvi_image_tail_add(&call->allocator, image, size, validators, &body_size);
    if (body != NULL) {
        finding->result =
            cvi_result_of_bytes(&call->allocator, &cvi_image_resource, body, body_size);
    }
    if (finding->result == NULL) {
        cvi_error_no_memory(&finding->error);
        cvi_release(&call->allocator, body != NULL ? body : image);
    }
}

static void judge_bytes(const cvi_call *call, cvi_response *response, cvi_finding *finding) {
    if (cvi_image_format_of(response->body, response->size) != NULL) {
        make_result(call, response->body, response->size, &response->caching.validators, finding);
        response->body = NULL;
        return;
    }
    if (cvi_verdict_on_page(call, response, "an image", finding)) {
        return;
    }
    cvi_error_set(&finding->error, CV_ERROR_RESPONSE,
                  "%s: %zu bytes that are no image that we know", call->label, response->size);
    cvi_verdict_complete(finding, response, 0);
    finding->retry = response->size == 0; /* cut before its first byte */
}

/* ---- what is none ---- */

static void judge_status(const cvi_call *call, const cvi_response *response, cvi_finding *finding) {
    if (cvi_verdict_on_status(call, response, &table, finding)) {
        return;
    }
    bool is_refused = response->http_status >= FIRST_REFUSAL;
    cvi_error_set(&finding->error, is_refused ? CV_ERROR_REQUEST : CV_ERROR_RESPONSE,
                  "%s: no image, says its host (HTTP %d)", call->label, response->http_status);
    cvi_verdict_complete(finding, response, 0);
}

static void judge_response(const cvi_call *call, cvi_response *response, cvi_finding *finding) {
    memset(finding, 0, sizeof(*finding));
    if (response->kind != CVI_RESPONSE_ANSWER) {
        cvi_verdict_on_failure(call, response, &table, finding);
        return;
    }
    if (response->http_status == HTTP_OK) {
        judge_bytes(call, response, finding);
    } else {
        judge_status(call, response, finding);
    }
    cvi_release(&call->allocator, response->body);
    response->body = NULL;
}

/* ---- what is here already ---- */

/* Of a job that another program has done it may also be that the host has confirmed. */
static bool is_as_stored(const cvi_call *call, cvi_body body) {
    cvi_image_parts parts;
    if (!cvi_image_tail_read(body.data, body.size, &parts)) {
        return false;
    }
    return parts.image_size == 0 ? call->validators != NULL
                                 : cvi_image_format_of(body.data, parts.image_size) != NULL;
}

static void judge_stored(const cvi_call *call, cvi_body body, bool is_negative,
                         cvi_finding *finding) {
    memset(finding, 0, sizeof(*finding));
    if (is_negative || !is_as_stored(call, body)) {
        cvi_error_set(&finding->error, CV_ERROR_RESPONSE, "%s: the stored image is unusable",
                      call->label);
        cvi_release(&call->allocator, body.data);
        return;
    }
    finding->result =
        cvi_result_of_bytes(&call->allocator, &cvi_image_resource, body.data, body.size);
    if (finding->result == NULL) {
        cvi_error_no_memory(&finding->error);
        cvi_release(&call->allocator, body.data);
    }
}

/* A confirmation may give newer words for the same image. */
static void judge_confirmed(const cvi_call *call, const cvi_response *response,
                            cvi_finding *finding) {
    cvi_validators validators = response->caching.validators;
    memset(finding, 0, sizeof(*finding));
    cvi_validators_complete(&validators, call->validators);
    make_result(call, NULL, 0, &validators, finding);
}

static void judge_renewed(const cvi_call *call, cvi_body body, cvi_finding *finding) {
    judge_stored(call, body, false, finding);
}

const cvi_judge cvi_image_judge = {
    .response = judge_response,
    .stored = judge_stored,
    .renewed = judge_renewed,
    .confirmed = judge_confirmed,
};
