/* A transport around libcurl that leads one transfer astray: to a host that is not there, to one
 * that speaks no TLS, or to an end of its own making. */
#ifndef TESTS_TORTURE_DETOUR_H
#define TESTS_TORTURE_DETOUR_H

#include <stdbool.h>
#include <stddef.h>

#include <comicvine/sys/transport.h>

typedef enum detour_kind {
    DETOUR_REFUSED,      /* nobody listens there */
    DETOUR_NO_SUCH_HOST, /* a name that cannot be one, so that nobody is asked for it */
    DETOUR_NO_TLS,       /* https to a server that has none */
    DETOUR_END,          /* completed at once, as `end` says */
    DETOUR_NO_MEMORY     /* the transport has none to start it */
} detour_kind;

enum { DETOUR_URL_MAX = 2048 };

/* Do not move it while `table` is in use. */
typedef struct detour {
    cv_transport table; /* give this to one client */
    cv_transport inner;
    detour_kind kind;
    cv_transfer_end end;
    size_t starts;
    size_t failing_start; /* from 1 */
    bool keeps_failing;   /* all later ones too */
    char url[DETOUR_URL_MAX];
} detour;

/* Around a transport of libcurl's own. False: cv_last_error(). */
bool detour_open(detour *self, detour_kind kind, size_t failing_start);

#endif
