/* Answers: nothing that comes from outside is believed before it has passed here. Pure. */
#ifndef CVI_CLIENT_ENVELOPE_H
#define CVI_CLIENT_ENVELOPE_H

#include <stdbool.h>

#include <comicvine/error.h>

#include "client/call.h"
#include "client/transport.h"
#include "resources/decode.h"
#include "resources/result.h"

/* What an answer amounts to: a result, or an error and whether another try may help. */
typedef struct cvi_finding {
    cvi_result *result; /* one reference, the receiver's; NULL: `error` says why */
    cvi_result *denial; /* likewise: with CV_ERROR_NOT_FOUND, an answer that is worth remembering */
    cv_error error;
    bool retry;
} cvi_finding;

/* These functions, as the table of a call of the API. */
extern const cvi_judge cvi_envelope_judge;

/* Judges a response and takes its body. */
void cvi_judge_response(const cvi_call *call, cvi_response *response, cvi_finding *finding);

/* Whether the response has a body to be decoded: what follows is the same in parts. */
bool cvi_judge_decodes(const cvi_response *response);

/* Whether it is an answer that may be stored, for which a tape is to be made. */
bool cvi_judge_makes_tape(const cvi_response *response);

/* Begins to decode an answer to the call. Takes the body; NULL without memory, and does not.
 * `makes_tape`: it is going to be stored. */
cvi_decoding *cvi_judge_begin(const cvi_call *call, cvi_body body, bool makes_tape);

/* Judges the response whose body was decoded so, and does what is left of that. */
void cvi_judge_decoded(const cvi_call *call, const cvi_response *response, cvi_decoding *decoding,
                       cvi_finding *finding);

/* Judges a body that was stored as good, or (`is_negative`) as one that denies the object; takes
 * it. Of the second kind comes CV_ERROR_NOT_FOUND, of an unusable one CV_ERROR_RESPONSE. */
void cvi_judge_stored(const cvi_call *call, cvi_body body, bool is_negative, cvi_finding *finding);

/* The same for one that was stored as good and is to be stored anew. */
void cvi_judge_renewed(const cvi_call *call, cvi_body body, cvi_finding *finding);

/* The same as the one before for what was decoded in parts. */
void cvi_judge_decoded_stored(const cvi_call *call, cvi_decoding *decoding, bool is_negative,
                              cvi_finding *finding);

#endif
