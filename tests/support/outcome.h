/* What became of one call, and how an actor writes it on a line of its output. */
#ifndef TESTS_SUPPORT_OUTCOME_H
#define TESTS_SUPPORT_OUTCOME_H

#include <inttypes.h>
#include <stdint.h>

#include <comicvine.h>

typedef struct outcome {
    cv_code code;
    cv_source source; /* of a call that went well, as is the id */
    int64_t id;
    int64_t retry_after_ms; /* of one that failed, as is the rest */
    int http_status;
    int api_status;
    int retryable;
    char message[sizeof(((cv_error *)0)->message)];
} outcome;

/* For printf and sscanf, with the members in their order. */
#define OUTCOME_PRINT "outcome %d %d %" PRId64 " %" PRId64 " %d %d %d %s\n"
#define OUTCOME_SCAN  "outcome %d %d %" SCNd64 " %" SCNd64 " %d %d %d %255[^\n]"

/* What an actor says beside outcomes. */
#define ACTOR_READY "ready" /* has opened its client */
#define ACTOR_ASKED "asked" /* has submitted all that it was told to */
#define ACTOR_DONE  "done"  /* has said all outcomes */

#endif
