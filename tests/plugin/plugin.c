/* Owns nothing: the handles are its caller's. */
#include "plugin/plugin.h"

#include <stdio.h>

#include <comicvine.h>

void *plugin_open(const char *database, int64_t limit, char *message, size_t size) {
    cv_rate_limit_options options = CV_RATE_LIMIT_OPTIONS_INIT;
    options.database = database;
    options.kind = CV_LIMIT_SLIDING;
    options.limit = limit;
    options.min_interval_ms = CV_NO_INTERVAL;
    cv_rate_limit_store *store = cv_rate_limit_store_open(&options);
    if (store == NULL) {
        (void)snprintf(message, size, "%s: %s", cv_code_name(cv_last_error()->code),
                       cv_last_error()->message);
    }
    return store;
}

int64_t plugin_admit(void *handle, int64_t times) {
    int64_t admitted = 0;
    for (int64_t i = 0; i < times; i++) {
        int64_t wait_ms = -1;
        if (!cv_rate_limit_store_acquire(handle, "issue", CV_PRIORITY_USER, &wait_ms)) {
            (void)fprintf(stderr, "%s\n", cv_last_error()->message);
            return -1;
        }
        admitted += wait_ms == 0 ? 1 : 0;
    }
    return admitted;
}

void plugin_close(void *handle) {
    cv_rate_limit_store_close(handle);
}

const void *plugin_place(void) {
    return cv_version();
}
