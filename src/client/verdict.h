/* What can be said of an answer whose body is not what was asked for, or that never came: by its
 * HTTP status, by the web page that came in its place, by what went wrong on the way. Shared by
 * those who judge answers (envelope.h, image_judge.h). Pure. */
#ifndef CVI_CLIENT_VERDICT_H
#define CVI_CLIENT_VERDICT_H

#include "client/envelope.h"

/* HTTP statuses that mean something whatever the body says. */
typedef struct cvi_status_meaning {
    int http_status;
    cv_code code;
    const char *meaning;
} cvi_status_meaning;

typedef struct cvi_status_table {
    const cvi_status_meaning *rows;
    size_t count;
} cvi_status_table;

enum { CVI_PAGE_TITLE_SIZE = 80 };

/* The first byte that is neither blank nor part of a byte order mark; NUL for an empty body. */
char cvi_verdict_first_byte(const cvi_response *response);

/* Copies foreign text for a message: one line, printable, short; what is neither becomes one blank,
 * none at the ends. */
void cvi_verdict_quote(const char *text, size_t length, char *quoted, size_t size);

/* Completes the finding's error with what the response says beside it; one of the service's own is
 * worth another try. */
void cvi_verdict_complete(cvi_finding *finding, const cvi_response *response, int64_t api_status);

/* What was cut on the way may come whole the next time; what was refused will be refused again. */
void cvi_verdict_allow_retry(cvi_finding *finding);

/* True if the HTTP status alone says what is wrong, as the finding then does: a row of the table,
 * or from 500 on that the service failed. */
bool cvi_verdict_on_status(const cvi_call *call, const cvi_response *response,
                           const cvi_status_table *table, cvi_finding *finding);

/* True if a web page has come in place of `wanted`: somebody keeps us out. */
bool cvi_verdict_on_page(const cvi_call *call, const cvi_response *response, const char *wanted,
                         cvi_finding *finding);

/* That no whole answer came. */
void cvi_verdict_on_failure(const cvi_call *call, const cvi_response *response,
                            const cvi_status_table *table, cvi_finding *finding);

#endif
