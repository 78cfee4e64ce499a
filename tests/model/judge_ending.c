/* Owns the promises about what calls come to: the right object, as new as was asked for, and no
 * error without a reason. */
#include <string.h>

#include "model/judge.h"
#include "model/network.h"

typedef struct handed {
    int number; /* of the request whose answer it is; -1: none */
    cv_source source;
} handed;

static handed read_record(const cv_record *record) {
    size_t size = 0;
    const char *text = cv_record_raw(record, &size);
    int number = text != NULL ? network_find_mark(text, size) : -1;
    return (handed){number, record->source};
}

static bool take_record(const ask *self, handed *taken) {
    const cv_record *record = cv_record_take(self->request);
    if (record == NULL) {
        return false;
    }
    *taken = read_record(record);
    cv_record_free(record);
    return true;
}

static bool take_page(const ask *self, handed *taken) {
    const cv_page *page = cv_page_take(self->request);
    bool is_one = page != NULL && page->count == 1;
    if (is_one) {
        *taken = read_record(page->items[0]);
        taken->source = page->source;
    }
    cv_page_free(page);
    return is_one;
}

static bool take(const ask *self, handed *taken) {
    return object_paths[self->object] >= PATH_ISSUES ? take_page(self, taken)
                                                     : take_record(self, taken);
}

/* So old what the cache has may have been when the call began, if it is kept for so long. */
static int64_t fresh_ms(const ask *self, int64_t ttl_s) {
    int64_t ttl_ms = ttl_s * 1000;
    int64_t max_age_ms = self->options.max_age_s * 1000;
    return max_age_ms > 0 && max_age_ms < ttl_ms ? max_age_ms : ttl_ms;
}

/* Whether an answer was too old to be given as fresh: it ages from when it was heard, however late
 * it was stored. */
static bool is_past(const ask *self, const sending *sent, int64_t ttl_s) {
    const world *here = self->process->world;
    return !here->plan.steps_wall && self->begun_ms - sent->heard_ms >= fresh_ms(self, ttl_s);
}

/* What somebody else has fetched is new to who asked before it came, however long it is kept. */
static bool is_old_news(const ask *self, const handed *got, const sending *sent) {
    return got->source == CV_SOURCE_SHARED && sent->heard_ms < self->begun_ms &&
           is_past(self, sent, self->process->world->plan.ttl_s);
}

static void judge_age(const ask *self, const handed *got, const sending *sent) {
    world *here = self->process->world;
    cv_mode mode = self->options.mode;
    if (got->source == CV_SOURCE_CACHE &&
        (sent->stored_ms < 0 || is_past(self, sent, here->plan.ttl_s))) {
        world_break(here, "the answer to %d was given as fresh after %lld ms", got->number,
                    (long long)(self->begun_ms - sent->heard_ms));
    }
    if (is_old_news(self, got, sent)) {
        world_break(here, "the answer to %d was given as new after %lld ms", got->number,
                    (long long)(self->begun_ms - sent->heard_ms));
    }
    if (mode == CV_MODE_REFRESH && got->source != CV_SOURCE_STALE &&
        sent->left_ms < self->begun_ms) {
        world_break(here, "a refresh got the answer to %d, which was there before", got->number);
    }
    if (mode == CV_MODE_CACHE_ONLY && got->source == CV_SOURCE_NETWORK) {
        world_break(here, "a call of the cache alone was answered by the service");
    }
    if (got->source == CV_SOURCE_STALE && self->options.stale == CV_STALE_NEVER) {
        world_break(here, "a stale answer for a call that takes none");
    }
}

static void judge_answer(ask *self) {
    world *here = self->process->world;
    handed got;
    if (!take(self, &got) || got.number < 0 || got.number >= here->log_count) {
        world_break(here, "a call that went well has no answer of the service's");
        return;
    }
    const sending *sent = &here->log[got.number];
    if (sent->object != self->object || sent->reply != REPLY_OK || sent->heard_ms < 0) {
        world_break(here, "a call for object %d got the answer to %d", self->object, got.number);
        return;
    }
    judge_age(self, &got, sent);
}

/* ---- walks ---- */

/* Page after page, to the end that the service has said and no further. */
static void judge_page(ask *self) {
    world *here = self->process->world;
    if (self->pages < PAGE_COUNT) {
        judge_answer(self);
        self->pages++;
        return;
    }
    const cv_page *page = cv_page_take(self->request);
    if (page == NULL || page->count > 0) {
        world_break(here, "a walk goes on behind its end");
    }
    cv_page_free(page);
    self->has_arrived = true;
}

/* ---- errors ---- */

static bool has_heard(const ask *self, reply first, reply second) {
    const world *here = self->process->world;
    if (self->manner == A_PICTURE) {
        return judge_has_heard_picture(self, first, second);
    }
    for (int i = 0; i < here->log_count; i++) {
        const sending *sent = &here->log[i];
        if ((sent->reply == first || sent->reply == second) && sent->heard_ms >= 0) {
            return true;
        }
    }
    return false;
}

/* That there is no such object may have been heard some time ago; not of a refresh. */
static bool is_denied(const ask *self) {
    if (self->manner == A_PICTURE) {
        return judge_has_heard_picture(self, REPLY_NOT_FOUND, REPLY_NOT_FOUND);
    }
    const world *here = self->process->world;
    bool is_refresh = self->options.mode == CV_MODE_REFRESH;
    for (int i = 0; i < here->log_count; i++) {
        const sending *sent = &here->log[i];
        bool is_such = sent->reply == REPLY_NOT_FOUND && sent->object == self->object;
        bool is_in_time = is_refresh ? sent->left_ms >= self->begun_ms
                                     : !is_past(self, sent, here->plan.negative_ttl_s);
        if (is_such && sent->heard_ms >= 0 && is_in_time) {
            return true;
        }
    }
    return false;
}

/* That the service has no such list says nothing of the ids. */
static bool has_no_list(const ask *self) {
    const world *here = self->process->world;
    for (int i = 0; self->manner == MANY_AT_ONCE && i < here->log_count; i++) {
        const sending *sent = &here->log[i];
        if (sent->reply == REPLY_NOT_FOUND && sent->object >= LISTS && sent->heard_ms >= 0) {
            return true;
        }
    }
    return false;
}

/* Whether there is a reason for this error. */
static bool is_explained(const ask *self, const cv_error *error) {
    const world *here = self->process->world;
    bool has_deadline = self->options.deadline_ms > 0;
    bool is_troubled = self->process->troubled_ms >= self->begun_ms;
    switch (error->code) {
    case CV_ERROR_NOT_FOUND:
        return is_denied(self);
    case CV_ERROR_RATE_LIMITED:
        return !judge_is_held_back(self, error);
    case CV_ERROR_BLOCKED:
        return has_heard(self, REPLY_BANNED, REPLY_BANNED);
    case CV_ERROR_SERVER:
        return has_heard(self, REPLY_FAILING, REPLY_OVERLOADED);
    case CV_ERROR_NETWORK:
        return here->lapses > 0 || has_heard(self, REPLY_LOST, REPLY_TOO_LATE) ||
               has_heard(self, REPLY_CUT, REPLY_CUT);
    case CV_ERROR_TIMEOUT:
        return has_deadline || here->lapses > 0 || has_heard(self, REPLY_TOO_LATE, REPLY_TOO_LATE);
    case CV_ERROR_RESPONSE:
        return has_heard(self, REPLY_CUT, REPLY_CUT) || has_heard(self, REPLY_MOVED, REPLY_AWAY) ||
               has_no_list(self);
    case CV_ERROR_NOT_CACHED:
        return self->options.mode == CV_MODE_CACHE_ONLY;
    case CV_ERROR_STORE:
        return has_deadline || is_troubled;
    case CV_ERROR_CANCELLED:
        return self->is_cancelled;
    default:
        return false;
    }
}

/* ---- many ---- */

static void judge_item(ask *self, const cv_many_item *item, int64_t id) {
    world *here = self->process->world;
    const ask alone = {.process = self->process,
                       .object = id == 1 ? ISSUE_1 : ISSUE_2,
                       .manner = self->manner,
                       .options = self->options,
                       .begun_ms = self->begun_ms,
                       .is_cancelled = self->is_cancelled};
    if (item->record == NULL) {
        if (!is_explained(&alone, &item->error)) {
            world_break(here, "one of many ended with %s for no reason: %s",
                        cv_code_name(item->error.code), item->error.message);
        }
        return;
    }
    handed got = read_record(item->record);
    if (got.number < 0 || got.number >= here->log_count || item->id != id ||
        !object_tells_of(here->log[got.number].object, id) ||
        here->log[got.number].reply != REPLY_OK) {
        world_break(here, "one of many, issue %lld, got the answer to %d", (long long)id,
                    got.number);
        return;
    }
    judge_age(&alone, &got, &here->log[got.number]);
}

static void judge_many(ask *self) {
    const cv_many *many = cv_many_take(self->request);
    if (many == NULL || many->count != ID_COUNT) {
        world_break(self->process->world, "many have ended well, and are not there");
    }
    for (size_t i = 0; many != NULL && i < many->count; i++) {
        judge_item(self, &many->items[i], (int64_t)i + 1);
    }
    cv_many_free(many);
}

/* ---- ends ---- */

static void judge_success(ask *self) {
    static void (*const judges[])(ask *) = {
        [ONE_BY_ONE] = judge_answer,
        [IN_A_WALK] = judge_page,
        [MANY_AT_ONCE] = judge_many,
        [A_PICTURE] = judge_picture,
    };
    judges[self->manner](self);
}

void judge_ending(ask *self) {
    world *here = self->process->world;
    const cv_error *error = cv_request_error(self->request);
    if (self->process->is_dead) {
        return;
    }
    world_trace(here, "process %d: object %d ends with %s", self->process->index, self->object,
                cv_code_name(error->code));
    judge_file(here);
    if (++self->callbacks > 1 || self->ends > 1) {
        world_break(here, "a call has ended more than once");
    } else if (error->code == CV_OK) {
        judge_success(self);
    } else if (!is_explained(self, error)) {
        world_break(here, "a call ended with %s for no reason: %s", cv_code_name(error->code),
                    error->message);
    } else {
        judge_refused(self);
    }
}
