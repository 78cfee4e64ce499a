/* Very many calls of every kind on one client, and what it has of the machine meanwhile: resident
 * memory, descriptors, and what its allocator has given and not got back. None of it may grow.
 *   bench_soak [--smoke | CALLS]    1 000 000 calls without */
#include <comicvine.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "measure.h"
#include "resident.h"
#include "service.h"
#include "team.h"

enum { CALLS = 1000000, SMOKE_CALLS = 2000, SAMPLES = 100, PATIENCE_MS = 60000, IDS = 500 };

/* malloc, with a count of the blocks that are out. */
static void *allocate(size_t size, void *user) {
    void *block = malloc(size);
    if (block != NULL) {
        atomic_fetch_add((atomic_long *)user, 1);
    }
    return block;
}

static void *reallocate(void *block, size_t size, void *user) {
    (void)user;
    return realloc(block, size);
}

static void release(void *block, void *user) {
    atomic_fetch_sub((atomic_long *)user, 1);
    free(block);
}

typedef struct sample {
    double resident_kb;
    int descriptors;
    long blocks;
} sample;

typedef struct soak {
    service service;
    char folder[TEAM_PATH_MAX];
    char database[TEAM_PATH_MAX];
    cv_allocator allocator;
    atomic_long blocks;
    cv_client *client;
    atomic_long events;
    int64_t calls;
    sample samples[SAMPLES];
} soak;

static void note_event(const cv_event *event, void *user) {
    (void)event;
    atomic_fetch_add((atomic_long *)user, 1);
}

static void open_client(soak *self) {
    cv_options options = CV_OPTIONS_INIT;
    options.api_key = "a key that is not checked";
    options.base_url = self->service.base_url;
    options.database = self->database;
    options.allocator = &self->allocator;
    options.on_event = note_event;
    options.user = &self->events;
    options.rate_limit.kind = CV_LIMIT_NONE;
    options.rate_limit.min_interval_ms = CV_NO_INTERVAL;
    options.relaxed_sync = true;
    self->client = cv_client_open(&options);
    team_check_done(self->client != NULL, "cv_client_open");
}

/* ---- the kinds of calls; `turn` counts them ---- */

typedef void call(const soak *self, int64_t turn);

static int64_t id_of(int64_t turn) {
    return turn % IDS + 1;
}

static cv_request_options refreshing(void) {
    cv_request_options options = CV_REQUEST_OPTIONS_INIT;
    options.mode = CV_MODE_REFRESH;
    return options;
}

static void hit(const soak *self, int64_t turn) {
    const cv_issue *issue = cv_issue_retrieve(self->client, id_of(turn % 7), CV_PRIORITY_USER);
    team_check_done(issue != NULL, "cv_issue_retrieve");
    cv_issue_free(issue);
}

static void fetch(const soak *self, int64_t turn) {
    cv_request_options options = refreshing();
    const cv_issue *issue = cv_issue_retrieve_with(self->client, id_of(turn), &options);
    team_check_done(issue != NULL, "cv_issue_retrieve_with");
    cv_issue_free(issue);
}

static void list(const soak *self, int64_t turn) {
    cv_query query = CV_QUERY_INIT;
    query.limit = 5;
    query.offset = turn % SERVICE_TOTAL;
    cv_request_options options = refreshing();
    cv_request *request = cv_request_list(self->client, CV_ISSUE, &query, &options);
    team_check(cv_request_wait(request, PATIENCE_MS), "a list comes");
    const cv_page *page = cv_page_take(request);
    team_check_done(page != NULL, "cv_page_take");
    const cv_record *kept = cv_record_keep(page->items[0]);
    cv_request_free(request);
    cv_page_free(page);
    cv_record_free(kept);
}

static void search(const soak *self, int64_t turn) {
    char words[32];
    cv_search_query query = CV_SEARCH_QUERY_INIT;
    snprintf(words, sizeof(words), "word %" PRId64, turn % 1000);
    query.query = words;
    query.resources = "issue";
    query.limit = 5;
    const cv_page *page = cv_search(self->client, &query, CV_PRIORITY_BACKGROUND);
    team_check_done(page != NULL, "cv_search");
    cv_page_free(page);
}

static void many(const soak *self, int64_t turn) {
    int64_t ids[10];
    for (int64_t i = 0; i < 10; i++) {
        ids[i] = id_of(turn + i * 37);
    }
    cv_request_options options = refreshing();
    cv_request *request = cv_request_retrieve_many(self->client, CV_ISSUE, ids, 10, &options);
    team_check(cv_request_wait(request, PATIENCE_MS), "many come");
    const cv_many *records = cv_many_take(request);
    team_check_done(records != NULL && records->items[0].record != NULL, "cv_many_take");
    cv_request_free(request);
    cv_many_free(records);
}

static void walk(const soak *self, int64_t turn) {
    cv_query query = CV_QUERY_INIT;
    query.limit = 10 + turn % 3;
    cv_cursor *cursor = cv_cursor_open(self->client, CV_ISSUE, &query, CV_PRIORITY_USER);
    cv_cursor_prefetch(cursor, true);
    for (int i = 0; i < 15; i++) {
        team_check_done(cv_cursor_next(cursor) != NULL, "cv_cursor_next");
    }
    char *token = cv_cursor_token(cursor);
    team_check_done(token != NULL, "cv_cursor_token");
    cv_free(token);
    cv_cursor_close(cursor);
}

static void cancel(const soak *self, int64_t turn) {
    cv_request_options options = refreshing();
    cv_request *request = cv_request_retrieve(self->client, CV_ISSUE, id_of(turn), &options);
    team_check(request != NULL, "there is memory for a request");
    if (turn % 2 == 0) {
        cv_request_cancel(request);
    }
    cv_request_free(request);
}

static void note_done(cv_request *request, void *user) {
    bool *is_done = user;
    *is_done = true;
    cv_request_free(request);
}

static void call_back(const soak *self, int64_t turn) {
    bool is_done = false;
    cv_request *request = cv_request_retrieve(self->client, CV_ISSUE, id_of(turn), NULL);
    cv_request_on_done(request, note_done, &is_done);
    while (!is_done) {
        cv_client_poll(self->client, PATIENCE_MS);
    }
}

static void refuse(const soak *self, int64_t turn) {
    team_check(cv_issue_retrieve(self->client, -turn, CV_PRIORITY_USER) == NULL, "no such id");
}

static void write_record(const soak *self, int64_t turn) {
    const cv_issue *issue = cv_issue_retrieve(self->client, id_of(turn % 7), CV_PRIORITY_USER);
    team_check_done(issue != NULL, "cv_issue_retrieve");
    char *json = cv_record_json(&issue->record);
    team_check_done(json != NULL, "cv_record_json");
    cv_free(json);
    cv_issue_free(issue);
}

/* What comes in a hundred calls. */
static const struct {
    call *make;
    int share;
} mix[] = {
    {hit, 60}, {write_record, 10}, {call_back, 8}, {fetch, 6},  {refuse, 4},
    {list, 3}, {search, 3},        {many, 2},      {cancel, 2}, {walk, 2},
};

static void make_call(const soak *self, int64_t turn) {
    int place = (int)(turn * 37 % 100); /* mixed, and each place once in a hundred */
    size_t kind = 0;
    while (place >= mix[kind].share) {
        place -= mix[kind].share;
        kind++;
    }
    mix[kind].make(self, turn / 100 * mix[kind].share + place);
}

/* ---- what comes of it ---- */

static void take_sample(soak *self, size_t index) {
    self->samples[index] = (sample){
        .resident_kb = resident_kb("VmRSS"),
        .descriptors = resident_descriptors(),
        .blocks = atomic_load(&self->blocks),
    };
}

typedef double figure_of(const sample *self);

static double resident_of(const sample *self) {
    return self->resident_kb / 1024.0;
}

static double descriptors_of(const sample *self) {
    return (double)self->descriptors;
}

static double blocks_of(const sample *self) {
    return (double)self->blocks;
}

static double most_of(const soak *self, figure_of *figure, size_t first, size_t end) {
    double most = 0.0;
    for (size_t i = first; i < end; i++) {
        double value = figure(&self->samples[i]);
        most = value > most ? value : most;
    }
    return most;
}

/* The most in the last half beside the most in the first without its warm-up, a fifth of it. */
static void print_growth(const soak *self, const char *what, const char *unit, figure_of *figure,
                         double bound) {
    char name[96];
    snprintf(name, sizeof(name), "most %s, last half of %" PRId64 " calls beside the first (P11)",
             what, self->calls);
    measure_print(&(measure_line){.name = name,
                                  .unit = unit,
                                  .figure = most_of(self, figure, SAMPLES / 2, SAMPLES),
                                  .floor = most_of(self, figure, SAMPLES / 10, SAMPLES / 2),
                                  .goal = MEASURE_RATIO_BELOW,
                                  .bound = bound});
}

static void print_course(const soak *self) {
    for (size_t i = SAMPLES / 10 - 1; i < SAMPLES; i += SAMPLES / 10) {
        char name[96];
        snprintf(name, sizeof(name), "after %" PRId64 " calls: %d descriptors, %ld blocks (P11)",
                 self->calls * (int64_t)(i + 1) / SAMPLES, self->samples[i].descriptors,
                 self->samples[i].blocks);
        measure_print(&(measure_line){
            .name = name, .unit = "MB resident", .figure = resident_of(&self->samples[i])});
    }
}

static void run(soak *self) {
    open_client(self);
    for (int64_t id = 1; id <= IDS; id++) { /* what hits are to find */
        fetch(self, id - 1);
    }
    int64_t turn = 0;
    int64_t began_ns = measure_now_ns();
    for (size_t i = 0; i < SAMPLES; i++) {
        while (turn < self->calls * (int64_t)(i + 1) / SAMPLES) {
            make_call(self, turn++);
        }
        take_sample(self, i);
    }
    double seconds = (double)(measure_now_ns() - began_ns) / 1e9;
    cv_client_close(self->client);
    team_check(atomic_load(&self->events) > self->calls, "events are told");
    print_course(self);
    print_growth(self, "resident memory", "MB", resident_of, 1.02);
    print_growth(self, "open descriptors", "", descriptors_of, 1.0);
    print_growth(self, "blocks of its allocator that are out", "", blocks_of, 2.0);
    measure_print(&(measure_line){.name = "blocks that are out when it is closed (P11)",
                                  .unit = "",
                                  .figure = (double)atomic_load(&self->blocks),
                                  .goal = MEASURE_FIGURE_BELOW,
                                  .bound = 1.0});
    measure_print(&(measure_line){
        .name = "calls of all kinds", .unit = "/s", .figure = (double)self->calls / seconds});
}

static int64_t calls_wanted(int argument_count, char **arguments) {
    if (measure_is_smoke(argument_count, arguments)) {
        return SMOKE_CALLS;
    }
    int64_t calls = argument_count > 1 ? strtoll(arguments[1], NULL, 10) : CALLS;
    team_check(calls >= SMOKE_CALLS, "the number of calls is at least 2 000");
    return calls;
}

int main(int argument_count, char **arguments) {
    static soak self;
    self.calls = calls_wanted(argument_count, arguments);
    self.allocator = (cv_allocator){allocate, reallocate, release, &self.blocks};
    service_start(&self.service);
    team_make_folder(self.folder, true);
    team_path(self.database, self.folder, "comics.db");
    run(&self);
    service_stop(&self.service);
    team_remove_folder(self.folder);
    return 0;
}
