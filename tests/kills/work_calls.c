/* Owns the calls of a worker. Whatever one entry of the cache may answer has one number as its
 * `object`, so that the judge can compare what was given for it at different times. */
#include "kills/work.h"

#include <stdio.h>

enum {
    OBJECT_ISSUE = 0,
    OBJECT_VOLUME = 10000,
    OBJECT_PAGE = 20000,
    OBJECT_WORDS = 30000,
    OBJECT_SEVERAL = -1,
    MANY_IDS = 12,
    CROWD = 6,
    WALK_RECORDS = 25,
    DETAILED_VOLUMES = 40,
    WORDS = 9
};

/* ---- one by one ---- */

/* True: the service was asked for it. */
static bool work_detail(worker *self, work_kind kind, int64_t first_object, int64_t id) {
    call *noted = work_begin(self, kind, first_object + id, id);
    cv_request_options options = work_options(self, noted);
    const cv_record *record = NULL;
    if (kind == WORK_ISSUE) {
        const cv_issue *issue = cv_issue_retrieve_with(self->client, id, &options);
        record = issue != NULL ? &issue->record : NULL;
    } else {
        const cv_volume *volume = cv_volume_retrieve_with(self->client, id, &options);
        record = volume != NULL ? &volume->record : NULL;
    }
    work_end(noted, record != NULL ? &(cv_error){.code = CV_OK} : cv_last_error(), record);
    bool is_new = record != NULL && record->source == CV_SOURCE_NETWORK;
    cv_record_free(record);
    return is_new;
}

void work_issue(worker *self) {
    int64_t id = 1 + chance_draw(&self->random, ISSUES);
    if (work_detail(self, WORK_ISSUE, OBJECT_ISSUE, id)) {
        (void)work_detail(self, WORK_ISSUE, OBJECT_ISSUE, id); /* mostly from the file now */
    }
}

void work_volume(worker *self) {
    (void)work_detail(self, WORK_VOLUME, OBJECT_VOLUME,
                      1 + chance_draw(&self->random, DETAILED_VOLUMES));
}

/* ---- pages ---- */

static void end_with_page(worker *self, call *noted, cv_request *request) {
    cv_request_wait(request, -1);
    const cv_error *error = cv_request_error(request);
    const cv_page *page = error->code == CV_OK ? cv_page_take(request) : NULL;
    bool is_full = page != NULL && page->count > 0;
    if (error->code == CV_OK && !is_full) {
        work_complain(self, "a page has nothing on it", error);
    }
    work_end(noted, error, is_full ? page->items[0] : NULL);
    cv_page_free(page);
    cv_request_free(request);
}

static int64_t draw_page(worker *self) {
    return PAGE * chance_draw(&self->random, VOLUMES / PAGE);
}

void work_list(worker *self) {
    cv_query query = CV_QUERY_INIT;
    query.limit = PAGE;
    query.offset = draw_page(self);
    call *noted = work_begin(self, WORK_LIST, OBJECT_PAGE + query.offset, query.offset + 1);
    cv_request_options options = work_options(self, noted);
    end_with_page(self, noted, cv_request_list(self->client, CV_VOLUME, &query, &options));
}

void work_search(worker *self) {
    char words[16];
    cv_search_query query = CV_SEARCH_QUERY_INIT;
    int64_t digit = 1 + chance_draw(&self->random, WORDS);
    (void)snprintf(words, sizeof(words), "Wharf %d", (int)digit);
    query.query = words;
    query.resources = "volume";
    query.limit = PAGE;
    call *noted = work_begin(self, WORK_SEARCH, OBJECT_WORDS + digit, digit);
    cv_request_options options = work_options(self, noted);
    end_with_page(self, noted, cv_request_search(self->client, &query, &options));
}

/* The records come in their order, none left out and none twice. */
void work_walk(worker *self) {
    cv_query query = CV_QUERY_INIT;
    query.limit = PAGE;
    query.offset = draw_page(self);
    call *noted = work_begin(self, WORK_WALK, OBJECT_SEVERAL, query.offset + 1);
    cv_priority priority =
        chance_percent(&self->random, 50) ? CV_PRIORITY_USER : CV_PRIORITY_BACKGROUND;
    cv_cursor *cursor = cv_cursor_open(self->client, CV_VOLUME, &query, priority);
    cv_cursor_prefetch(cursor, chance_percent(&self->random, 50));
    int64_t next_id = query.offset + 1;
    const cv_record *record = NULL;
    for (int i = 0; i < WALK_RECORDS && (record = cv_cursor_next(cursor)) != NULL; i++) {
        if (((const cv_volume *)record)->id != next_id++) {
            work_complain(self, "a walk has lost its way", cv_cursor_error(cursor));
        }
    }
    work_end(noted, cv_cursor_error(cursor), NULL);
    cv_cursor_close(cursor);
}

/* ---- several at once ---- */

/* Each id has its own record or its own reason; the call's is the first of those. */
static cv_error judge_many(worker *self, const cv_many *many, const int64_t *ids) {
    cv_error error = {.code = CV_OK};
    for (size_t i = 0; i < many->count; i++) {
        const cv_many_item *item = &many->items[i];
        bool is_own = item->id == ids[i] &&
                      (item->record == NULL || ((const cv_issue *)item->record)->id == ids[i]);
        if (!is_own || (item->record != NULL) != (item->error.code == CV_OK)) {
            work_complain(self, "many have come in disorder", &item->error);
        }
        error = error.code == CV_OK ? item->error : error;
    }
    return error;
}

void work_many(worker *self) {
    int64_t ids[MANY_IDS];
    int64_t first_id = 1 + chance_draw(&self->random, ISSUES - MANY_IDS);
    for (int i = 0; i < MANY_IDS; i++) {
        ids[i] = first_id + i;
    }
    call *noted = work_begin(self, WORK_MANY, OBJECT_SEVERAL, first_id);
    cv_request_options options = work_options(self, noted);
    cv_request *request = cv_request_retrieve_many(self->client, CV_ISSUE, ids, MANY_IDS, &options);
    cv_request_wait(request, -1);
    cv_error error = *cv_request_error(request);
    const cv_many *many = error.code == CV_OK ? cv_many_take(request) : NULL;
    if (many != NULL && many->count == MANY_IDS) {
        error = judge_many(self, many, ids);
    } else {
        work_complain(self, "many have come to nothing", &error);
    }
    work_end(noted, &error, NULL);
    cv_many_free(many);
    cv_request_free(request);
}

typedef struct member {
    cv_request *request;
    call *noted;
    int callbacks;
} member;

static void note_callback(cv_request *request, void *user) {
    member *self = user;
    (void)request;
    self->callbacks++;
}

static void start_member(worker *self, member *started) {
    int64_t id = 1 + chance_draw(&self->random, ISSUES);
    started->noted = work_begin(self, WORK_CROWD, OBJECT_ISSUE + id, id);
    cv_request_options options = work_options(self, started->noted);
    started->request = cv_request_retrieve(self->client, CV_ISSUE, id, &options);
    cv_request_on_done(started->request, note_callback, started);
}

static void end_member(worker *self, member *ended) {
    cv_request_wait(ended->request, -1);
    const cv_error *error = cv_request_error(ended->request);
    const cv_record *record = error->code == CV_OK ? cv_record_take(ended->request) : NULL;
    work_end(ended->noted, error, record);
    if (ended->callbacks != 1) {
        work_complain(self, "a callback has not come once", error);
    }
    cv_record_free(record);
    cv_request_free(ended->request);
}

void work_crowd(worker *self) {
    member members[CROWD] = {{.request = NULL}};
    for (int i = 0; i < CROWD; i++) {
        start_member(self, &members[i]);
    }
    member *unlucky = &members[chance_draw(&self->random, CROWD)];
    if (unlucky->noted != NULL && !self->is_patient) {
        unlucky->noted->is_cancelled = true;
        cv_request_cancel(unlucky->request);
    }
    for (int i = 0; i < CROWD; i++) {
        end_member(self, &members[i]);
    }
}
