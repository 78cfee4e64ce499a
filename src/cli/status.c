/* Owns the exit statuses: the one table that says which error ends the program how. */
#include "status.h"

static const cli_meaning meanings[] = {
    {CV_ERROR_ARGUMENT, CLI_USAGE, "usage", NULL},
    {CV_ERROR_AUTH, CLI_KEY, "key_refused",
     "Keys are shown at https://comicvine.gamespot.com/api/ to who is logged in there."},
    {CV_ERROR_NOT_FOUND, CLI_NOT_FOUND, "not_found", NULL},
    {CV_ERROR_REQUEST, CLI_FAILED, "request_refused", NULL},
    {CV_ERROR_RATE_LIMITED, CLI_LIMITED, "rate_limited",
     "--wait waits for room, however long that takes; --offline asks the cache alone."},
    {CV_ERROR_BLOCKED, CLI_BLOCKED, "blocked",
     "The service shows a page for people instead of answers. Leave it alone for a while."},
    {CV_ERROR_NETWORK, CLI_NETWORK, "network", NULL},
    {CV_ERROR_TIMEOUT, CLI_NETWORK, "timeout", "--timeout gives a request more time."},
    {CV_ERROR_SERVER, CLI_NETWORK, "server", NULL},
    {CV_ERROR_RESPONSE, CLI_FAILED, "response", NULL},
    {CV_ERROR_NOT_CACHED, CLI_NOT_CACHED, "not_cached", "Without --offline it is fetched."},
    {CV_ERROR_STORE, CLI_STORE, "store", NULL},
    {CV_ERROR_NOMEM, CLI_FAILED, "memory", NULL},
    {CV_ERROR_CANCELLED, CLI_INTERRUPTED, "cancelled", NULL},
    {CV_ERROR_CLOSED, CLI_FAILED, "closed", NULL},
};

static const struct {
    cli_status status;
    const char *word;
    const char *line;
} statuses[] = {
    {CLI_DONE, "done", "done; a stale answer is well too, but for --no-stale"},
    {CLI_FAILED, "failed", "any other failure, writing the output among them"},
    {CLI_USAGE, "usage", "wrong arguments, or a wrong configuration"},
    {CLI_NOT_FOUND, "not_found", "the service has no such object"},
    {CLI_KEY, "key", "no API key, or one that the service refuses"},
    {CLI_LIMITED, "rate_limited", "no room in the budget, or a pause that the service wants"},
    {CLI_NETWORK, "network", "no connection, a time-out, or a failing server"},
    {CLI_BLOCKED, "blocked", "a ban, a captcha, or a web page in place of an answer"},
    {CLI_NOT_CACHED, "not_cached", "not in the cache and --offline, or only stale and --no-stale"},
    {CLI_PARTIAL, "partial", "some of what was asked for is missing, the rest was written"},
    {CLI_STORE, "store",
     "the database: not there yet, locked, full, corrupt, or on a network disk"},
    {CLI_INTERRUPTED, "interrupted", "Ctrl-C, after giving back what others could wait for"},
    {CLI_TERMINATED, "terminated", "the same after a signal to terminate"},
};

enum { STATUS_COUNT = sizeof(statuses) / sizeof(statuses[0]) };

const cli_meaning *cli_meaning_of(cv_code code) {
    static const cli_meaning other = {CV_OK, CLI_FAILED, "failed", NULL};
    for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++) {
        if (meanings[i].code == code) {
            return &meanings[i];
        }
    }
    return &other;
}

const char *cli_status_word(cli_status status) {
    for (size_t i = 0; i < STATUS_COUNT; i++) {
        if (statuses[i].status == status) {
            return statuses[i].word;
        }
    }
    return "failed";
}

const char *cli_status_line(size_t index, cli_status *status) {
    if (index >= STATUS_COUNT) {
        return NULL;
    }
    *status = statuses[index].status;
    return statuses[index].line;
}
