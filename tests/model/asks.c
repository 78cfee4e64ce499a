/* Owns the calls of an application: one by one, many at once, walks, page after page, and pictures.
 */
#include "model/asks.h"

#include "model/judge.h"
#include "model/process.h"

static void note_done(cv_request *request, void *user) {
    (void)request;
    judge_ending(user);
}

/* ---- asking ---- */

static cv_request_options draw_options(world *here) {
    cv_request_options options = CV_REQUEST_OPTIONS_INIT;
    chance *random = &here->chance;
    options.priority = chance_percent(random, 60) ? CV_PRIORITY_USER : CV_PRIORITY_BACKGROUND;
    options.mode = (cv_mode)CHANCE_OF(random, 0, 0, 0, 0, 0, CV_MODE_CACHE_ONLY, CV_MODE_REFRESH,
                                      CV_MODE_REFRESH);
    options.max_wait_ms = CHANCE_OF(random, 0, 0, 0, CV_NO_WAIT, 3000);
    options.deadline_ms = CHANCE_OF(random, 0, 0, 0, 0, 400, 5000);
    options.max_age_s = CHANCE_OF(random, 0, 0, 0, 0, 1, 4);
    options.stale = (cv_stale)CHANCE_OF(random, 0, 0, CV_STALE_NEVER, CV_STALE_NEVER,
                                        CV_STALE_IF_ERROR, CV_STALE_WHILE_REVALIDATE);
    return options;
}

static cv_request *start_one(const ask *self) {
    cv_client *client = self->process->client;
    cv_search_query words = CV_SEARCH_QUERY_INIT;
    words.query = "wharf";
    switch (object_paths[self->object]) {
    case PATH_ISSUES:
        return cv_request_list(client, CV_ISSUE, NULL, &self->options);
    case PATH_SEARCH:
        return cv_request_search(client, &words, &self->options);
    default:
        return cv_request_retrieve(client, self->object == VOLUME ? CV_VOLUME : CV_ISSUE,
                                   object_ids[self->object], &self->options);
    }
}

static cv_request *start_walk(ask *self) {
    if (self->cursor == NULL) {
        cv_query query = CV_QUERY_INIT;
        query.limit = 1;
        self->cursor =
            cv_cursor_open(self->process->client, CV_ISSUE, &query, self->options.priority);
        bool is_ahead = chance_percent(&self->process->world->chance, 50);
        cv_cursor_prefetch(self->cursor, is_ahead);
        self->process->has_asked[CV_PRIORITY_BACKGROUND][SUBJECT_WALK] |= is_ahead;
    }
    return cv_request_next_page(self->cursor);
}

static cv_request *start_many(const ask *self) {
    static const int64_t ids[ID_COUNT] = {1, 2};
    return cv_request_retrieve_many(self->process->client, CV_ISSUE, ids, ID_COUNT, &self->options);
}

static cv_request *start_picture(const ask *self) {
    cv_image_options options = CV_IMAGE_OPTIONS_INIT;
    options.priority = self->options.priority;
    options.mode = self->options.mode;
    options.cache = self->is_kept;
    options.max_wait_ms = self->options.max_wait_ms;
    options.deadline_ms = self->options.deadline_ms;
    options.max_age_s = self->options.max_age_s;
    options.stale = self->options.stale;
    return cv_request_image(self->process->client, picture_url(self->object), &options);
}

static cv_request *start(ask *self) {
    switch (self->manner) {
    case IN_A_WALK:
        return start_walk(self);
    case MANY_AT_ONCE:
        return start_many(self);
    case A_PICTURE:
        return start_picture(self);
    default:
        return start_one(self);
    }
}

/* The client has something to do now, and will say when; unless its file of images could not be
 * opened, of which nothing is left to do. */
static void expect_work(const ask *self) {
    if (self->manner != A_PICTURE || !cv_request_done(self->request)) {
        self->process->due_ms = 0;
    }
}

static void task_ask(void *user) {
    ask *self = user;
    self->request = start(self);
    cv_request_on_done(self->request, note_done, self);
    expect_work(self);
}

/* What is renewed behind a stale answer is the background's, as is what is fetched ahead. */
static void note_asker(const ask *self, int subject) {
    bool *has_asked[] = {self->process->has_asked[CV_PRIORITY_BACKGROUND],
                         self->process->has_asked[CV_PRIORITY_USER]};
    has_asked[self->options.priority][subject] = true;
    if (self->options.stale == CV_STALE_WHILE_REVALIDATE) {
        has_asked[CV_PRIORITY_BACKGROUND][subject] = true;
    }
    if (self->options.priority == CV_PRIORITY_USER) {
        self->process->world->has_users[object_paths[self->object]] = true;
    }
}

beneficiary asks_beneficiary(const process *self, int object) {
    bool is_background = self->has_asked[CV_PRIORITY_BACKGROUND][object_subject(object)];
    bool is_user = self->has_asked[CV_PRIORITY_USER][object_subject(object)];
    if (is_background == is_user) {
        return FOR_ANYBODY;
    }
    return is_user ? FOR_USERS : FOR_BACKGROUND;
}

static void begin(process *self, ask *asked, int subject) {
    world *here = self->world;
    *asked = (ask){.process = self,
                   .object = subject,
                   .options = draw_options(here),
                   .begun_ms = here->true_ms};
    if (here->plan.has_batch) {
        asked->options.priority = self->index == 0 ? CV_PRIORITY_BACKGROUND : CV_PRIORITY_USER;
    }
    if (subject == SUBJECT_WALK) { /* whose pages ask as the client does by itself */
        cv_priority priority = asked->options.priority;
        asked->manner = IN_A_WALK;
        asked->object = PAGES;
        asked->options = (cv_request_options)CV_REQUEST_OPTIONS_INIT;
        asked->options.priority = priority;
    } else if (subject == SUBJECT_MANY) {
        asked->manner = MANY_AT_ONCE;
        asked->object = ITEMS - 1;
    } else if (subject == SUBJECT_PICTURE) {
        asked->manner = A_PICTURE;
        asked->object = OBJECTS + (int)CHANCE_OF(&here->fancy, 0, 0, 0, 0, 1, 2);
        asked->is_kept = chance_percent(&here->fancy, 90);
    }
    if (subject != SUBJECT_PICTURE) {
        note_asker(asked, subject);
    }
    world_trace(here, "process %d asks for object %d, manner %d, mode %d", self->index,
                asked->object, (int)asked->manner, (int)asked->options.mode);
    process_run(self, task_ask, asked);
}

void asks_begin(process *self, int subject) {
    for (int i = 0; i < ASKS; i++) {
        if (self->asks[i].request == NULL) {
            begin(self, &self->asks[i], subject);
            return;
        }
    }
}

void asks_cancel(process *self) {
    ask *asked = &self->asks[chance_draw(&self->world->chance, ASKS)];
    if (asked->request != NULL && asked->callbacks == 0) {
        asked->is_cancelled = true;
        expect_work(asked);
        cv_request_cancel(asked->request);
    }
}

/* ---- ending ---- */

static void free_ask(ask *ended) {
    cv_request_free(ended->request);
    cv_cursor_close(ended->cursor);
    *ended = (ask){.request = NULL};
}

/* To the page that follows, which is asked for now. */
static void walk_on(process *self, ask *walking) {
    cv_request_free(walking->request);
    walking->object = PAGES + (walking->pages < PAGE_COUNT ? walking->pages : PAGE_COUNT - 1);
    walking->callbacks = 0;
    walking->ends = 0;
    walking->is_watching = false;
    walking->begun_ms = self->world->true_ms;
    process_run(self, task_ask, walking);
}

static bool goes_on(const ask *self) {
    return self->manner == IN_A_WALK && !self->has_arrived &&
           cv_request_error(self->request)->code == CV_OK;
}

void asks_sweep(process *self) {
    for (int i = 0; i < ASKS && process_is_ready(self); i++) {
        ask *asked = &self->asks[i];
        if (asked->request == NULL || asked->callbacks == 0) {
            continue;
        }
        if (goes_on(asked)) {
            walk_on(self, asked);
        } else {
            free_ask(asked);
        }
    }
}

void asks_free(process *self) {
    for (int i = 0; i < ASKS; i++) {
        free_ask(&self->asks[i]);
    }
}

int asks_count(const process *self) {
    int count = 0;
    for (int i = 0; i < ASKS; i++) {
        count += self->asks[i].request != NULL && self->asks[i].callbacks == 0 ? 1 : 0;
    }
    return count;
}
