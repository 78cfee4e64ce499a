/* A second program on the file, which reads and fetches there while faults strike the first:
 *
 *     torture_companion DATABASE CLOCK URL OTHER_URL
 *
 * It says "ready", and then for each line "round" does everything once and says "fine". It meets no
 * fault itself, so whatever fails or is not what it should be ends it, with a word about it. URL is
 * the first program's service, of which it reads what is cached; OTHER_URL its own. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <comicvine.h>

#include "torture/shared_clock.h"

#define KEY      "00c0ffee5e4711decafbad0123456789abcdef42"
#define NAME     "The Long Night on Wharf Street"
#define HASH     "the companion's own"
#define BODY     "what the companion has stored"
#define RESOURCE "issue"

enum { ISSUE = 52, ARGUMENTS = 5, LINE_MAX_BYTES = 16, TTL_S = 60 };

typedef struct companion {
    shared_clock clock;
    cv_client *reader; /* looks into the cache of the first program */
    cv_client *own;
    cv_cache_store *cache;
} companion;

static void must(bool holds, const char *what) {
    if (!holds) {
        const cv_error *error = cv_last_error();
        (void)printf("wrong: %s (%s: %s)\n", what, cv_code_name(error->code), error->message);
        (void)fflush(stdout);
        exit(EXIT_FAILURE);
    }
}

static cv_client *open_client(const companion *self, const char *database, const char *url) {
    cv_options options = CV_OPTIONS_INIT;
    options.api_key = KEY;
    options.base_url = url;
    options.database = database;
    options.application = "companion/1";
    options.clock = &self->clock.table;
    options.max_retries = CV_NONE;
    options.rate_limit.min_interval_ms = CV_NO_INTERVAL;
    options.rate_limit.kind = CV_LIMIT_NONE;
    cv_client *client = cv_client_open(&options);
    must(client != NULL, "a client opens");
    return client;
}

static cv_cache_store *open_cache(const companion *self, const char *database) {
    cv_cache_options options = CV_CACHE_OPTIONS_INIT;
    options.database = database;
    options.clock = &self->clock.table;
    cv_cache_store *store = cv_cache_store_open(&options);
    must(store != NULL, "the cache opens");
    return store;
}

/* What is in the cache is right; it may not be there. */
static void read_theirs(const companion *self) {
    cv_request_options options = CV_REQUEST_OPTIONS_INIT;
    options.mode = CV_MODE_CACHE_ONLY;
    const cv_issue *issue = cv_issue_retrieve_with(self->reader, ISSUE, &options);
    must(issue != NULL || cv_last_error()->code == CV_ERROR_NOT_CACHED, "a read");
    must(issue == NULL || strcmp(issue->name, NAME) == 0, "what was read is right");
    cv_issue_free(issue);
}

static void fetch_own(const companion *self, cv_mode mode) {
    cv_request_options options = CV_REQUEST_OPTIONS_INIT;
    options.mode = mode;
    const cv_issue *issue = cv_issue_retrieve_with(self->own, ISSUE, &options);
    must(issue != NULL, "a fetch");
    must(strcmp(issue->name, NAME) == 0, "what was fetched is right");
    cv_issue_free(issue);
}

static void use_stores(const companion *self) {
    cv_blob blob = {0};
    cv_rate_limit_status status;
    must(cv_cache_store_set(self->cache, HASH, BODY, strlen(BODY), TTL_S), "a body is stored");
    must(cv_cache_store_get(self->cache, HASH, &blob), "a body is read");
    must(blob.data == NULL || strcmp(blob.data, BODY) == 0, "the body is right");
    cv_free(blob.data);
    must(cv_rate_limit_store_status(cv_client_rate_limit(self->own), RESOURCE, &status),
         "the limit is read");
}

static void go_round(const companion *self) {
    read_theirs(self);
    fetch_own(self, CV_MODE_REFRESH);
    fetch_own(self, CV_MODE_DEFAULT);
    use_stores(self);
    read_theirs(self);
}

static void say(const char *word) {
    must(puts(word) >= 0 && fflush(stdout) == 0, "somebody listens");
}

int main(int count, char **arguments) {
    companion self;
    char line[LINE_MAX_BYTES];
    must(count == ARGUMENTS, "there are four arguments");
    must(shared_clock_open(&self.clock, arguments[2]), "the clock opens");
    self.reader = open_client(&self, arguments[1], arguments[3]);
    self.own = open_client(&self, arguments[1], arguments[4]);
    self.cache = open_cache(&self, arguments[1]);
    say("ready");
    while (fgets(line, sizeof(line), stdin) != NULL) {
        go_round(&self);
        say("fine");
    }
    cv_cache_store_close(self.cache);
    cv_client_close(self.own);
    cv_client_close(self.reader);
    shared_clock_close(&self.clock);
    return EXIT_SUCCESS;
}
