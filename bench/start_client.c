/* A program that reads one cached issue and ends, for start.c:
 *     start_client DATABASE BASE_URL [--memory] */
#include <comicvine.h>

#include "start_memory.h"

enum { DATABASE = 1, BASE_URL, ID = 1 };

/* The service may be there or not: it is not asked. */
static bool read_issue(cv_client *client) {
    cv_request_options options = CV_REQUEST_OPTIONS_INIT;
    options.mode = CV_MODE_CACHE_ONLY;
    const cv_issue *issue = cv_issue_retrieve_with(client, ID, &options);
    cv_issue_free(issue);
    return issue != NULL;
}

int main(int argument_count, char **arguments) {
    if (argument_count <= BASE_URL) {
        return 2;
    }
    cv_options options = CV_OPTIONS_INIT;
    options.api_key = "a key that is not checked";
    options.base_url = arguments[BASE_URL];
    options.database = arguments[DATABASE];
    cv_client *client = cv_client_open(&options);
    bool is_there = client != NULL && read_issue(client);
    cv_client_close(client);
    return is_there && start_memory_say(argument_count, arguments) ? 0 : 1;
}
