/* Owns the worker's client and its notes; the calls are in work_calls.c. Each client draws its
 * drive and its limiter anew, but all of them go by the same limit. */
#include "kills/work.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <comicvine/stores.h>

void work_complain(const worker *self, const char *what, const cv_error *error) {
    (void)fprintf(stderr, "worker %d, life %d: %s: %s\n", self->number, (int)self->life, what,
                  error->message);
}

/* ---- the client ---- */

static cv_options draw_options(worker *self) {
    static const cv_resource_ttl ttls[] = {{.resource = CV_ISSUE, .ttl_s = LONG_TTL_S}};
    cv_options options = CV_OPTIONS_INIT;
    options.api_key = self->key;
    options.base_url = self->url;
    options.database = self->database;
    options.drive = chance_percent(&self->random, 50) ? CV_DRIVE_POLL : CV_DRIVE_THREAD;
    options.timeout_ms = LEASE_MS;
    options.connect_timeout_ms = LEASE_MS;
    options.max_wait_ms = CV_WAIT_FOREVER;
    options.max_retries = CV_NONE;
    options.relaxed_sync = chance_percent(&self->random, 50);
    options.cache.ttl_s = SHORT_TTL_S;
    options.cache.ttls = ttls;
    options.cache.ttl_count = 1;
    options.cache.stale_s = STALE_S;
    options.cache.cleanup_interval_ms = 50;
    options.dedupe.cleanup_interval_ms = 50;
    options.dedupe.lease_ms = LEASE_MS;
    options.dedupe.job_timeout_ms = LEASE_MS;
    options.rate_limit.kind =
        chance_percent(&self->random, 50) ? CV_LIMIT_SLIDING : CV_LIMIT_ADAPTIVE;
    options.rate_limit.limit = LIMIT;
    options.rate_limit.window_ms = WINDOW_MS;
    options.rate_limit.guard_ms = GUARD_MS;
    int64_t interval_ms = self->board->interval_ms;
    options.rate_limit.min_interval_ms = interval_ms > 0 ? interval_ms : CV_NO_INTERVAL;
    options.rate_limit.adaptive.no_background_pause = true;
    return options;
}

bool work_open(worker *self) {
    char application[CV_APPLICATION_MAX];
    int64_t number = atomic_fetch_add(&self->board->life_count, 1);
    self->life = (int32_t)number;
    if (number >= LIVES_MAX) {
        (void)fprintf(stderr, "more lives than the board has room for\n");
        return false;
    }
    self->board->lives[number].worker = self->number;
    atomic_store(&self->board->seats[self->number].life, number);
    (void)snprintf(application, sizeof(application), APPLICATION_MARK "%" PRId64, number);
    cv_options options = draw_options(self);
    options.application = application;
    self->client = cv_client_open(&options);
    if (self->client == NULL) {
        work_complain(self, "the file cannot be opened", cv_last_error());
    }
    return self->client != NULL;
}

void work_close(worker *self) {
    atomic_store(&self->board->lives[self->life].ended_us, board_now_us());
    cv_client_close(self->client);
}

/* ---- notes ---- */

call *work_begin(worker *self, work_kind kind, int64_t object, int64_t asked_id) {
    int64_t place = atomic_fetch_add(&self->board->call_count, 1);
    atomic_fetch_add(&self->board->seats[self->number].calls, 1);
    if (place >= CALLS_MAX) {
        return NULL;
    }
    call *noted = &self->board->calls[place];
    noted->kind = (int32_t)kind;
    noted->life = self->life;
    noted->object = object;
    noted->asked_id = asked_id;
    noted->got_id = asked_id;
    noted->begun_us = board_now_us();
    return noted;
}

static int64_t find_number(const cv_record *record) {
    size_t size = 0;
    const char *text = cv_record_raw(record, &size);
    const char *mark = text != NULL ? memmem(text, size, STAMP_MARK, strlen(STAMP_MARK)) : NULL;
    return mark != NULL ? strtoll(mark + strlen(STAMP_MARK), NULL, 10) : 0;
}

static int64_t id_of(const cv_record *record) {
    return record->resource == CV_ISSUE ? ((const cv_issue *)record)->id
                                        : ((const cv_volume *)record)->id;
}

void work_end(call *noted, const cv_error *error, const cv_record *first) {
    if (noted == NULL) {
        return;
    }
    noted->code = (int32_t)error->code;
    if (first != NULL) {
        noted->source = (int32_t)first->source;
        noted->number = find_number(first);
        noted->got_id = noted->kind == WORK_SEARCH ? noted->asked_id : id_of(first);
    }
    atomic_store(&noted->ended_us, board_now_us());
}

cv_request_options work_options(worker *self, call *noted) {
    cv_request_options options = CV_REQUEST_OPTIONS_INIT;
    chance *random = &self->random;
    options.priority = chance_percent(random, 60) ? CV_PRIORITY_USER : CV_PRIORITY_BACKGROUND;
    options.max_wait_ms = CV_WAIT_FOREVER;
    if (!self->is_patient) {
        options.mode = (cv_mode)CHANCE_OF(random, 0, 0, 0, 0, 0, 0, 0, CV_MODE_CACHE_ONLY,
                                          CV_MODE_REFRESH, CV_MODE_REFRESH);
        options.max_wait_ms = CHANCE_OF(random, CV_NO_WAIT, CV_WAIT_FOREVER);
    }
    if (noted != NULL) {
        noted->mode = (int32_t)options.mode;
        noted->is_hurried = options.max_wait_ms == CV_NO_WAIT;
    }
    return options;
}

/* ---- work ---- */

/* The stores' own faces, beside what the client does of it by itself. */
static void work_cleanup(worker *self) {
    cv_cache_stats stats;
    bool is_done = cv_cache_store_cleanup(cv_client_cache(self->client)) &&
                   cv_dedupe_store_cleanup(cv_client_dedupe(self->client)) &&
                   cv_rate_limit_store_cleanup(cv_client_rate_limit(self->client)) &&
                   cv_cache_store_stats(cv_client_cache(self->client), &stats);
    if (!is_done) {
        work_complain(self, "the file cannot be cleaned", cv_last_error());
    }
}

static void work_renew(worker *self) {
    work_close(self);
    if (!work_open(self)) {
        exit(1);
    }
}

void work_do(worker *self, work_kind kind) {
    static void (*const works[WORK_KINDS])(worker *) = {
        [WORK_ISSUE] = work_issue, [WORK_VOLUME] = work_volume,   [WORK_LIST] = work_list,
        [WORK_WALK] = work_walk,   [WORK_MANY] = work_many,       [WORK_SEARCH] = work_search,
        [WORK_CROWD] = work_crowd, [WORK_CLEANUP] = work_cleanup, [WORK_RENEWAL] = work_renew,
    };
    works[kind](self);
}
