/* All that can go wrong with one answer, and what a caller is told then. */
#ifndef TESTS_SUPPORT_API_TROUBLE_H
#define TESTS_SUPPORT_API_TROUBLE_H

#include "support/api.h"

typedef struct trouble {
    const char *name;
    server_fault fault;
    cv_code code; /* what the call ends with, if it is not tried again */
    int http_status;
    int api_status;
    int64_t retry_after_ms;
    bool retryable;
} trouble;

/* The issue of the fixtures that the troubles are about; answers of theirs are cut in its text. */
enum { TROUBLED_ISSUE = 52 };

extern const trouble troubles[];
extern const size_t trouble_count;

typedef struct trouble_text {
    char bytes[256];
} trouble_text;

/* Whether the cache keeps it: the service says itself that there is no such object. */
bool trouble_is_remembered(const trouble *met);

/* A line that says all of it, to compare what was expected with what was seen. */
trouble_text trouble_expected(const trouble *expected);
trouble_text trouble_seen(const trouble *expected, const outcome *seen);

/* Fails the test unless it is one line, about this issue, and does not hold the key. */
void assert_good_message(const outcome *seen, int64_t id);

#endif
