/* Owns the renewal of answers. The body that the service may confirm is held by the flight from the
 * claim on, so that a 304 is always about these bytes: that its row was replaced, deleted or
 * damaged meanwhile changes nothing. It is stored like one that was sent. Used by the engine alone.
 */
#include "client/renewal.h"

#include <string.h>

#include "support/allocator.h"
#include "support/error.h"

enum { NOT_MODIFIED = 304 };

void cvi_renewal_recall(cvi_flight *flight, cvi_recalled *recalled) {
    if (recalled->body != NULL) {
        cvi_renewal_forget(flight);
        flight->recalled = *recalled;
    }
}

void cvi_renewal_forget(cvi_flight *flight) {
    cvi_release(&flight->call->allocator, flight->recalled.body);
    flight->recalled.body = NULL;
}

bool cvi_renewal_is_answer(const cvi_response *response) {
    return response->kind == CVI_RESPONSE_ANSWER && response->http_status == NOT_MODIFIED;
}

bool cvi_renewal_is_useful(const cvi_finding *finding) {
    return finding->result != NULL || finding->error.code == CV_ERROR_NOMEM;
}

bool cvi_renewal_judge(cvi_flight *flight, cvi_response *response, cvi_finding *finding) {
    memset(finding, 0, sizeof(*finding));
    cvi_release(&flight->call->allocator, response->body);
    response->body = NULL;
    if (flight->recalled.body == NULL && flight->call->validators != NULL) {
        flight->call->judge->confirmed(flight->call, response, finding);
        return true;
    }
    if (flight->recalled.body == NULL) {
        cvi_error_set(&finding->error, CV_ERROR_RESPONSE,
                      "%s: not modified, says the service, but it was asked for the whole",
                      flight->call->label);
        finding->error.http_status = NOT_MODIFIED;
        return true;
    }
    cvi_body body = {flight->recalled.body, flight->recalled.size, 0};
    flight->recalled.body = NULL;
    flight->call->judge->renewed(flight->call, body, finding);
    return cvi_renewal_is_useful(finding);
}

static cvi_keeping keeping_by(const cvi_cache_control *control, int64_t ttl_ms) {
    if (control->no_store) {
        return (cvi_keeping){.no_store = true};
    }
    return (cvi_keeping){
        .ttl_ms = control->has_max_age ? control->max_age_ms : ttl_ms,
        .is_ordered = control->has_max_age,
        .must_revalidate = control->must_revalidate,
    };
}

/* Where a confirmation says nothing. The time is only the service's if it has given one. */
static cvi_keeping keeping_as_before(const cvi_keeping *before, int64_t ttl_ms) {
    return (cvi_keeping){
        .ttl_ms = before->is_ordered ? before->ttl_ms : ttl_ms,
        .is_ordered = before->is_ordered,
        .must_revalidate = before->must_revalidate,
    };
}

void cvi_renewal_note(const cvi_engine *engine, cvi_flight *flight, const cvi_response *response) {
    const cvi_cache_control *control = &response->caching.control;
    bool is_renewal = cvi_renewal_is_answer(response);
    int64_t ttl_ms = flight->call->ttl_ms;
    flight->validators = response->caching.validators;
    flight->keeping = (cvi_keeping){.ttl_ms = ttl_ms};
    if (is_renewal) {
        cvi_validators_complete(&flight->validators, &flight->recalled.validators);
    }
    if (!engine->options.heeds_cache_control || ttl_ms <= 0) {
        return;
    }
    if (control->is_said) {
        flight->keeping = keeping_by(control, ttl_ms);
    } else if (is_renewal) {
        flight->keeping = keeping_as_before(&flight->recalled.keeping, ttl_ms);
    }
}
