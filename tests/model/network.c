/* Owns what happens to a request on its way: when it leaves, what the service says, when that
 * comes. Every answer bears the number of its request, so that wherever it turns up later one can
 * tell how old it is. */
#include "model/network.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/asks.h"
#include "model/judge.h"

#define MARK "sent as number "
#define HOP  "&hop="

enum { BODY_SIZE = 512, HOPS_MAX = 3 };

/* ---- finding ---- */

int network_find_mark(const char *text, size_t size) {
    const char *mark = memmem(text, size, MARK, strlen(MARK));
    return mark != NULL ? (int)strtol(mark + strlen(MARK), NULL, 10) : -1;
}

/* The sendings of its kind. */
static sending *log_of(world *here, int object) {
    return object_is_picture(object) ? here->picture_log : here->log;
}

static int count_hops(const char *url) {
    const char *mark = strstr(url, HOP);
    return mark != NULL ? (int)strtol(mark + strlen(HOP), NULL, 10) : 0;
}

static transfer *find_transfer(process *self, const cv_transfer *handle) {
    for (int i = 0; i < TRANSFERS; i++) {
        if (self->transfers[i].handle == handle) {
            return &self->transfers[i];
        }
    }
    return NULL;
}

/* ---- answers ---- */

/* What has been redirected once is likely to be again. */
static reply draw_reply(world *here, int hops) {
    static const struct {
        int64_t percent;
        reply reply;
    } bad[] = {{11, REPLY_NOT_FOUND},  {22, REPLY_LIMITED}, {5, REPLY_BANNED},
               {11, REPLY_OVERLOADED}, {12, REPLY_FAILING}, {10, REPLY_MOVED},
               {2, REPLY_AWAY},        {8, REPLY_CUT},      {12, REPLY_LOST}};
    int64_t kindness = hops > 0 ? here->plan.kindness / 2 : here->plan.kindness;
    if (here->is_over || chance_percent(&here->chance, kindness)) {
        return REPLY_OK;
    }
    if (hops > 0 && chance_percent(&here->chance, 70)) {
        return REPLY_MOVED;
    }
    int64_t left = chance_draw(&here->chance, 100);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (left < bad[i].percent) {
            return bad[i].reply;
        }
        left -= bad[i].percent;
    }
    return REPLY_TOO_LATE;
}

/* What has not been good is likely to be as bad again. */
static reply draw_again(world *here, reply word) {
    reply last = here->log_count > 1 ? here->log[here->log_count - 2].reply : REPLY_OK;
    bool is_said_again = last != REPLY_OK && last != REPLY_MOVED && last != REPLY_AWAY;
    return is_said_again && chance_percent(&here->spite, 70) ? last : word;
}

static int64_t draw_pause_ms(world *here, reply word) {
    bool asks = word == REPLY_LIMITED || word == REPLY_OVERLOADED;
    return asks ? CHANCE_OF(&here->chance, 1, 3, 20, 90) * 1000 : 0;
}

/* Some name no time, some one that is longer than any pause may be. */
static int64_t draw_odd_pause_ms(world *here, reply word, int64_t asked_ms) {
    return word == REPLY_LIMITED ? CHANCE_OF(&here->spite, 0, 0, 0, asked_ms, 7200000) : asked_ms;
}

/* As many records as the object has; the hits of a search say what they are. */
static void write_records(int object, int number, char *text, size_t size) {
    size_t length = 0;
    text[0] = '\0';
    for (int64_t id = 1; id <= ID_COUNT; id++) {
        if (object_tells_of(object, id)) {
            length += (size_t)snprintf(text + length, size - length,
                                       "%s{\"id\":%lld,\"name\":\"" MARK "%d\"}",
                                       length > 0 ? "," : "", (long long)id, number);
        }
    }
    if (length == 0) {
        (void)snprintf(text, size, "{\"id\":%lld,\"name\":\"" MARK "%d\"%s}",
                       (long long)object_ids[object], number,
                       object == HITS ? ",\"resource_type\":\"issue\"" : "");
    }
}

static void write_list(int object, int number, char *text, size_t size) {
    char records[BODY_SIZE / 2];
    bool is_page = object >= PAGES && object < LISTS;
    int count = object == LISTS + (1 << ID_COUNT) - 2 ? ID_COUNT : 1;
    write_records(object, number, records, sizeof(records));
    (void)snprintf(text, size,
                   "{\"error\":\"OK\",\"limit\":%d,\"offset\":%d,\"number_of_page_results\":%d,"
                   "\"number_of_total_results\":%d,\"status_code\":1,\"results\":[%s]}",
                   is_page          ? 1
                   : object == HITS ? 10
                                    : 100,
                   is_page ? object - PAGES : 0, count, is_page ? PAGE_COUNT : count, records);
}

static void write_body(const sending *sent, int number, char *text, size_t size) {
    if (sent->reply == REPLY_BANNED) {
        (void)snprintf(text, size, "<html><body>Abnormal traffic</body></html>");
    } else if (sent->reply == REPLY_NOT_FOUND) {
        (void)snprintf(text, size,
                       "{\"error\":\"Object Not Found, " MARK "%d\",\"status_code\":101,"
                       "\"results\":[]}",
                       number);
    } else if (object_is_picture(sent->object)) {
        (void)snprintf(text, size, "GIF89a " MARK "%d, and the end", number);
    } else if (object_paths[sent->object] >= PATH_ISSUES) {
        write_list(sent->object, number, text, size);
    } else {
        (void)snprintf(text, size,
                       "{\"error\":\"OK\",\"status_code\":1,\"results\":{\"id\":%lld,"
                       "\"name\":\"" MARK "%d\"}}",
                       (long long)object_ids[sent->object], number);
    }
}

/* The key is not in it: whoever follows adds it, and to no other place. */
static void say_where(const world *here, const sending *sent, int hops, cv_transfer *handle) {
    char target[URL_SIZE + 16];
    if (sent->reply == REPLY_MOVED) {
        const char *url = object_is_picture(sent->object) ? picture_url(sent->object)
                                                          : here->given.objects[sent->object].url;
        (void)snprintf(target, sizeof(target), "%s" HOP "%d", url, hops + 1);
        cv_transfer_header(handle, "Location", target);
    } else if (sent->reply == REPLY_AWAY) {
        cv_transfer_header(handle, "Location", "http://elsewhere.example/api/issue/4000-1/");
    }
}

static void say_when(const sending *sent, cv_transfer *handle) {
    char seconds[24];
    if (sent->asked_ms > 0) {
        (void)snprintf(seconds, sizeof(seconds), "%lld", (long long)(sent->asked_ms / 1000));
        cv_transfer_header(handle, "Retry-After", seconds);
    }
}

static void give_answer(world *here, sending *sent, int hops, cv_transfer *handle) {
    static const int statuses[] = {
        [REPLY_OK] = 200,     [REPLY_NOT_FOUND] = 404,  [REPLY_LIMITED] = 420,
        [REPLY_BANNED] = 200, [REPLY_OVERLOADED] = 503, [REPLY_FAILING] = 500,
        [REPLY_MOVED] = 302,  [REPLY_AWAY] = 301,       [REPLY_CUT] = 200,
        [REPLY_LOST] = 0,     [REPLY_TOO_LATE] = 0};
    static const cv_transfer_end ends[] = {[REPLY_CUT] = CV_TRANSFER_BROKEN,
                                           [REPLY_LOST] = CV_TRANSFER_FAILED,
                                           [REPLY_TOO_LATE] = CV_TRANSFER_TIMED_OUT};
    char body[BODY_SIZE];
    int number = (int)(sent - log_of(here, sent->object));
    bool has_body = sent->reply == REPLY_OK || sent->reply == REPLY_NOT_FOUND ||
                    sent->reply == REPLY_BANNED || sent->reply == REPLY_CUT;
    if (has_body) {
        write_body(sent, number, body, sizeof(body));
        size_t size = strlen(body);
        (void)cv_transfer_body(handle, body, sent->reply == REPLY_CUT ? size / 2 : size);
    }
    say_when(sent, handle);
    say_where(here, sent, hops, handle);
    (void)cv_transfer_complete(handle,
                               sent->reply >= REPLY_CUT ? ends[sent->reply] : CV_TRANSFER_ANSWERED,
                               statuses[sent->reply], NULL);
}

/* ---- on the way ---- */

static void let_go(process *self, transfer *gone) {
    cv_transfer *handle = gone->handle;
    if (gone->sending >= 0) {
        log_of(self->world, gone->object)[gone->sending].is_open = false;
    }
    gone->handle = NULL;
    cv_transfer_release(handle);
}

/* From here on the request counts. */
static void leave(process *self, transfer *leaving) {
    world *here = self->world;
    bool is_picture = object_is_picture(leaving->object);
    int *count = is_picture ? &here->picture_count : &here->log_count;
    if (*count == LOG_SIZE) {
        world_break(here, "more requests than the model has room for");
        return;
    }
    leaving->sending = (*count)++;
    sending *sent = &log_of(here, leaving->object)[leaving->sending];
    reply word = draw_reply(here, leaving->hops);
    if (is_picture && word == REPLY_AWAY) {
        word = REPLY_MOVED; /* pictures may lie anywhere: it would be followed */
    }
    bool is_odd = here->plan.is_stubborn && !here->is_over && !is_picture;
    word = is_odd ? draw_again(here, word) : word;
    int64_t asked_ms = draw_pause_ms(here, word);
    *sent =
        (sending){.object = leaving->object,
                  .process = self->index,
                  .born = self->born,
                  .left_ms = here->true_ms,
                  .heard_ms = -1,
                  .stored_ms = -1,
                  .boots = here->boots,
                  .heeded_ms = NEVER,
                  .settled_ms = NEVER,
                  .beneficiary = is_picture ? FOR_ANYBODY : asks_beneficiary(self, leaving->object),
                  .reply = word,
                  .asked_ms = is_odd ? draw_odd_pause_ms(here, word, asked_ms) : asked_ms,
                  .is_open = true};
    int64_t takes_ms = CHANCE_OF(&here->chance, 0, 20, 150, 900, 2500);
    int64_t timeout_ms = leaving->start_ms + here->plan.timeout_ms - here->true_ms;
    if (word == REPLY_TOO_LATE || takes_ms > timeout_ms) {
        sent->reply = REPLY_TOO_LATE;
        takes_ms = timeout_ms;
    }
    leaving->due_ms = here->true_ms + takes_ms;
    world_trace(here, "process %d sends %d for object %d", self->index, leaving->sending,
                leaving->object);
    if (is_picture) {
        judge_picture_sending(here, leaving->sending);
    } else {
        judge_sending(here, leaving->sending);
    }
}

static void answer(process *self, transfer *answered) {
    sending *sent = &log_of(self->world, answered->object)[answered->sending];
    sent->heard_ms = self->world->true_ms;
    world_trace(self->world, "process %d hears %d: reply %d, pause %lld", self->index,
                answered->sending, (int)sent->reply, (long long)sent->asked_ms);
    give_answer(self->world, sent, answered->hops, answered->handle);
    let_go(self, answered);
}

static void move_on(process *self, transfer *moved) {
    if (moved->sending >= 0) {
        answer(self, moved);
        return;
    }
    if (self->world->true_ms - moved->start_ms >= self->world->plan.timeout_ms) {
        self->world->lapses++;
        self->world->lapsed_ms = self->world->true_ms;
        (void)cv_transfer_complete(moved->handle, CV_TRANSFER_TIMED_OUT, 0, NULL);
        let_go(self, moved);
        return;
    }
    if (cv_transfer_may_send(moved->handle)) {
        leave(self, moved);
    } else if (moved->handle != NULL) {
        (void)cv_transfer_complete(moved->handle, CV_TRANSFER_NOT_SENT, 0, NULL);
        let_go(self, moved);
    }
}

/* ---- the table ---- */

/* What goes elsewhere than to the service. */
static void check_free_of_key(world *here, const cv_transfer_request *request) {
    bool has_key = strstr(request->url, MODEL_KEY) != NULL;
    for (size_t i = 0; i < request->header_count; i++) {
        has_key = has_key || strstr(request->headers[i].value, MODEL_KEY) != NULL;
    }
    if (has_key) {
        world_break(here, "the key goes elsewhere: %s", request->url);
    }
}

static bool start(void *user, cv_transfer *handle, const cv_transfer_request *request) {
    process *self = user;
    transfer *started = find_transfer(self, NULL);
    int object = object_of_url(self->world->given.objects, request->url);
    int hops = count_hops(request->url);
    if (object < 0) {
        check_free_of_key(self->world, request);
        object = picture_of_url(request->url);
    }
    if (started == NULL || object < 0 || hops > HOPS_MAX) {
        world_break(self->world, "a request for what was not asked for: %s", request->url);
        return false;
    }
    *started = (transfer){.handle = handle,
                          .object = object,
                          .start_ms = self->world->true_ms,
                          .hops = hops,
                          .sending = -1};
    if (self->asks_leave) {
        started->due_ms = self->world->true_ms + CHANCE_OF(&self->world->chance, 0, 0, 40, 300);
    } else {
        leave(self, started);
    }
    return true;
}

static void cancel(void *user, cv_transfer *handle) {
    transfer *cancelled = find_transfer(user, handle);
    if (cancelled != NULL) {
        let_go(user, cancelled);
    }
}

static void turn(void *user, cv_transport_turn *turn) {
    process *self = user;
    for (int i = 0; i < TRANSFERS; i++) {
        transfer *moved = &self->transfers[i];
        if (moved->handle != NULL && moved->due_ms <= self->world->true_ms) {
            move_on(self, moved);
            turn->pieces++;
        }
    }
}

static void wake(void *user) {
    (void)user;
}

static int64_t due_in_ms(void *user) {
    int64_t due_ms = network_due_ms(user);
    const process *self = user;
    return due_ms == NEVER ? -1 : due_ms > self->world->true_ms ? due_ms - self->world->true_ms : 0;
}

void network_init(process *self) {
    self->table = (cv_transport)CV_TRANSPORT_INIT;
    self->table.user = self;
    self->table.asks_before_sending = self->asks_leave;
    self->table.start = start;
    self->table.cancel = cancel;
    self->table.turn = turn;
    self->table.wake = wake;
    self->table.due_ms = due_in_ms;
}

int64_t network_due_ms(const process *self) {
    int64_t due_ms = NEVER;
    for (int i = 0; i < TRANSFERS; i++) {
        const transfer *moved = &self->transfers[i];
        if (moved->handle != NULL && moved->due_ms < due_ms) {
            due_ms = moved->due_ms;
        }
    }
    return due_ms;
}

bool network_is_due(const process *self) {
    return network_due_ms(self) <= self->world->true_ms;
}
