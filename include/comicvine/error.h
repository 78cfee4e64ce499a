/* Errors are values: what failed, whether trying again helps, and when. */
#ifndef COMICVINE_ERROR_H
#define COMICVINE_ERROR_H

#include <stdbool.h>
#include <stdint.h>

#include <comicvine/version.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One code for each thing that a caller can do about a failure. */
typedef enum cv_code {
    CV_OK = 0,
    CV_PENDING,            /* the request is still under way */
    CV_ERROR_ARGUMENT,     /* bad option, id, field, filter or sort; nothing was sent */
    CV_ERROR_AUTH,         /* the API key is missing or refused (service code 100, HTTP 401) */
    CV_ERROR_NOT_FOUND,    /* the service has no such object (101, 404) */
    CV_ERROR_REQUEST,      /* the service refuses the URL, filter or subscription (102 to 105) */
    CV_ERROR_RATE_LIMITED, /* own budget or the service's limit; retry_after_ms is set */
    CV_ERROR_BLOCKED,      /* a ban, captcha or challenge page instead of JSON or an image */
    CV_ERROR_NETWORK,      /* no answer, or a connection that broke; or not sent as it often did */
    CV_ERROR_TIMEOUT,      /* no complete answer within timeout_ms, or deadline_ms passed */
    CV_ERROR_SERVER,       /* 5xx, also after the retries; or not sent as it often came */
    CV_ERROR_RESPONSE,   /* an answer that is not what it should be: cut, too large, other shape */
    CV_ERROR_NOT_CACHED, /* CV_MODE_CACHE_ONLY, and the cache has nothing that may be given */
    CV_ERROR_STORE,      /* the database: locked too long, full, corrupt, read-only, unsuitable; or
                            the file that an image is to be written to */
    CV_ERROR_NOMEM,      /* an allocation failed; nothing was lost that was there before */
    CV_ERROR_CANCELLED,  /* cv_request_cancel or cv_request_free */
    CV_ERROR_CLOSED      /* the client was closed meanwhile, or belongs to a parent process */
} cv_code;

/* What failed, in numbers and in a line. */
typedef struct cv_error {
    cv_code code;           /* what a program acts by */
    int http_status;        /* of the answer that failed, 0 without one, also from the cache */
    int api_status;         /* the envelope's status_code, 0 without one */
    bool retryable;         /* the same call may succeed later */
    int64_t retry_after_ms; /* earliest time for that, in milliseconds from now; 0: not known */
    char message[256];      /* one line in plain English, never holds the API key */
} cv_error;

/* Why the last failing call on this thread failed. Never NULL; valid until the next call into the
 * library on this thread. A call that succeeds leaves it alone, so look only after a failure. */
CV_API const cv_error *cv_last_error(void);

/* The enumerator's spelling ("CV_ERROR_AUTH"). Static text; never NULL. Any thread. */
CV_API const char *cv_code_name(cv_code code);

#ifdef __cplusplus
}
#endif

#endif
