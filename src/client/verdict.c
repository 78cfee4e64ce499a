/* Owns what an answer says that has no body to be read: its status, the web page in its place, the
 * trouble on its way. Any thread. */
#include "client/verdict.h"

#include <string.h>
#include <strings.h>

#include "support/buffer.h"
#include "support/error.h"

enum { PAGE_HEAD_BYTES = 64 << 10 /* a title stands in front */ };

void cvi_verdict_complete(cvi_finding *finding, const cvi_response *response, int64_t api_status) {
    cv_error *error = &finding->error;
    error->http_status = response->http_status;
    error->api_status = (int)api_status;
    error->retry_after_ms = response->retry_after_ms;
    finding->retry = error->code == CV_ERROR_SERVER;
}

void cvi_verdict_allow_retry(cvi_finding *finding) {
    int status = finding->error.http_status;
    finding->retry = finding->retry || status < 400 || status >= 500;
}

void cvi_verdict_quote(const char *text, size_t length, char *quoted, size_t size) {
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

char cvi_verdict_first_byte(const cvi_response *response) {
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
    if (cvi_verdict_first_byte(response) != '<') {
        return;
    }
    const char *end = response->body + response->size;
    size_t head = response->size < PAGE_HEAD_BYTES ? response->size : PAGE_HEAD_BYTES;
    const char *start = find_without_case(response->body, head, "<title");
    const char *text = start != NULL ? memchr(start, '>', (size_t)(end - start)) : NULL;
    if (text != NULL) {
        text++;
        const char *stop = memchr(text, '<', (size_t)(end - text));
        cvi_verdict_quote(text, (size_t)((stop != NULL ? stop : end) - text), title, size);
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
    char title[CVI_PAGE_TITLE_SIZE];
    quote_title(response, title, sizeof(title));
    if (is_challenge(title)) {
        code = CV_ERROR_BLOCKED;
        meaning = "the service blocks us";
    }
    cvi_error_set(&finding->error, code, "%s: %s (HTTP %d)%s%s%s", call->label, meaning,
                  response->http_status, *title != '\0' ? ": \"" : "", title,
                  *title != '\0' ? "\"" : "");
    cvi_verdict_complete(finding, response, 0);
}

bool cvi_verdict_on_status(const cvi_call *call, const cvi_response *response,
                           const cvi_status_table *table, cvi_finding *finding) {
    int status = response->http_status;
    for (size_t i = 0; i < table->count; i++) {
        if (table->rows[i].http_status == status) {
            tell_status(call, response, table->rows[i].code, table->rows[i].meaning, finding);
            return true;
        }
    }
    if (status >= 500) {
        tell_status(call, response, CV_ERROR_SERVER, "the service failed", finding);
        return true;
    }
    return false;
}

bool cvi_verdict_on_page(const cvi_call *call, const cvi_response *response, const char *wanted,
                         cvi_finding *finding) {
    char title[CVI_PAGE_TITLE_SIZE];
    if (cvi_verdict_first_byte(response) != '<') {
        return false;
    }
    quote_title(response, title, sizeof(title));
    cvi_error_set(&finding->error, CV_ERROR_BLOCKED,
                  "%s: a web page instead of %s (HTTP %d): \"%s\"", call->label, wanted,
                  response->http_status, title);
    cvi_verdict_complete(finding, response, 0);
    return true;
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

void cvi_verdict_on_failure(const cvi_call *call, const cvi_response *response,
                            const cvi_status_table *table, cvi_finding *finding) {
    if (response->kind != CVI_RESPONSE_NO_MEMORY &&
        cvi_verdict_on_status(call, response, table, finding)) {
        return; /* however it was to go on: that much was clear */
    }
    size_t kind = (size_t)response->kind;
    cvi_error_set(&finding->error, failures[kind].code, "%s: %s%s%s", call->label,
                  failures[kind].meaning, response->reason != NULL ? ": " : "",
                  response->reason != NULL ? response->reason : "");
    cvi_verdict_complete(finding, response, 0);
    if (response->kind == CVI_RESPONSE_UNSENDABLE) {
        finding->error.retryable = false;
    }
    if (failures[kind].retry) {
        cvi_verdict_allow_retry(finding);
    }
}
