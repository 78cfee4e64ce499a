/* What the imitated service answers to a request: no sockets, no threads, no faults. */
#ifndef TESTS_SERVER_SERVICE_H
#define TESTS_SERVER_SERVICE_H

#include "reply.h"

typedef struct loopback_query {
    const char *path; /* "/api/issue/4000-52/" */
    bool key_is_right;
    const char *format; /* these are NULL if they were not sent */
    const char *field_list;
    const char *limit;
    const char *offset;
    const char *sort;
    const char *filter;
    const char *query; /* of a search, as are the next two */
    const char *resources;
    const char *page;
} loopback_query;

/* Makes the answer from the files of `folder`. The key is judged before the path, as by the
 * service. A format other than json is 102. A file that is not what it should be is HTTP 500 with
 * a text that says so. False if memory is short. */
bool loopback_service_reply(const char *folder, const loopback_query *query, loopback_reply *reply);

#endif
