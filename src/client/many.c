/* Owns the way of a request for many objects. Each id is looked up in the cache; those that are not
 * there queue, and are asked for in lists, or one by one where lists cannot be asked by id. Looks
 * stop while enough ids queue, so that an id is asked for soon after the look: another process may
 * have fetched it. For those of a list that failed a stale entry will do, if it may. Outcomes are
 * only noted inside the engine, which is not to be changed there, and
 * looked at in the driver's next turn; a turn's work is bounded. The driver's. */
#include "client/many.h"

#include <stdlib.h>
#include <string.h>

#include "client/events.h"
#include "client/stale.h"
#include "support/buffer.h"
#include "support/error.h"

#define FILTER_BYTES 2048 /* "id:" and 100 ids of 15 digits with what separates them */

/* A look has so much time, whatever the deadline: that has passed when lists have taken long, and
 * what the cache has is to be had all the same. */
#define LOOK_MS 1000

/* ---- entries ---- */

cvi_many_entry *cvi_many_find(const cvi_many *many, int64_t id) {
    size_t low = 0;
    size_t high = many->entry_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (many->entries[middle].id < id) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    bool is_found = low < many->entry_count && many->entries[low].id == id;
    return is_found ? &many->entries[low] : NULL;
}

void cvi_many_settle(cvi_many *many, cvi_many_entry *entry, cvi_result *result,
                     const cvi_provenance *provenance) {
    entry->is_settled = true;
    entry->result = result;
    entry->provenance = *provenance;
    many->settled_count++;
}

void cvi_many_settle_failed(cvi_many *many, cvi_many_entry *entry, const cv_error *error) {
    entry->is_settled = true;
    entry->error = *error;
    many->settled_count++;
}

void cvi_many_fail(cvi_many *many, cvi_many_entry *entry, const cv_error *error) {
    if (!cvi_stale_stands_in(many->request->passenger.stale, error->code)) {
        cvi_many_settle_failed(many, entry, error);
        return;
    }
    entry->error = *error;
    entry->wanted_next = many->failed;
    many->failed = entry;
}

/* By id, whatever order the looks come back in: the queue is short, as looks stop while it is not.
 */
void cvi_many_want(cvi_many *many, cvi_many_entry *entry) {
    cvi_many_entry **link = &many->wanted_first;
    while (*link != NULL && *link < entry) {
        link = &(*link)->wanted_next;
    }
    entry->wanted_next = *link;
    *link = entry;
    many->wanted_count++;
}

static cvi_many_entry *pop_wanted(cvi_many *many) {
    cvi_many_entry *entry = many->wanted_first;
    many->wanted_first = entry->wanted_next;
    many->wanted_count--;
    return entry;
}

bool cvi_many_has_id_lists(const cvi_resource *resource) {
    const cvi_field *row = cvi_shape_find(resource->shape, "id", 2);
    return row != NULL && (row->flags & CVI_FILTERABLE) != 0;
}

/* ---- parts ---- */

static bool is_look(cvi_part_kind kind) {
    return kind == CVI_PART_LOOK || kind == CVI_PART_STALE;
}

static size_t *parts_in_use(cvi_many *many, cvi_part_kind kind) {
    return is_look(kind) ? &many->looks : &many->fetches;
}

/* A part that is free; there must be one of the kind. */
static cvi_part *take_part(cvi_many *many, cvi_part_kind kind) {
    cvi_part *part = &many->parts[is_look(kind) ? 0 : CVI_MANY_LOOKS];
    while (part->state != CVI_PART_FREE) {
        part++;
    }
    memset(part, 0, sizeof(*part));
    part->passenger = many->request->passenger; /* with its deadline and patience */
    part->passenger.is_part = true;
    if (part->passenger.stale == CV_STALE_WHILE_REVALIDATE) {
        part->passenger.stale = CV_STALE_IF_ERROR; /* nobody would fetch a part anew */
    }
    part->many = many;
    part->kind = kind;
    (*parts_in_use(many, kind))++;
    return part;
}

static void drop_part(cvi_part *part) {
    if (part->state != CVI_PART_FREE) {
        cvi_result_release(part->outcome.result);
        cvi_call_release(part->call);
        part->state = CVI_PART_FREE;
        (*parts_in_use(part->many, part->kind))--;
    }
}

/* Boards a part with its call, or notes why there is none. */
static void board(cvi_part *part, cvi_call *call, const cv_error *error) {
    part->call = call;
    if (call == NULL) {
        part->outcome.error = *error;
        part->state = CVI_PART_BACK;
        return;
    }
    part->state = CVI_PART_ABOARD;
    part->many->aboard++;
    cv_client *client = part->many->request->client;
    cvi_engine_board(client->engine, &part->passenger, call, cvi_clock_now(&client->clock));
}

/* ---- looking ---- */

cvi_call *cvi_many_item_call(const cvi_many *many, int64_t id, cv_error *error) {
    const cv_request_options options = {.fields = many->fields,
                                        .allow_unknown = many->allow_unknown};
    return cvi_call_item(&many->request->client->settings, many->resource, id, &options, error);
}

static cvi_call *detail_call(const cvi_many *many, int64_t id, cv_error *error) {
    const cv_request_options options = {.fields = many->fields,
                                        .allow_unknown = many->allow_unknown};
    return cvi_call_detail(&many->request->client->settings, many->resource->resource, id, &options,
                           error);
}

/* The first look leaves what is stale for later, if the service may be asked. */
static void board_look(cvi_many *many, cvi_part_kind kind, cvi_many_entry *entry, cvi_call *call,
                       const cv_error *error) {
    cvi_now now = cvi_clock_now(&many->request->client->clock);
    cvi_part *part = take_part(many, kind);
    if (kind == CVI_PART_LOOK && part->passenger.mode != CV_MODE_CACHE_ONLY) {
        part->passenger.stale = CV_STALE_NEVER;
    }
    part->passenger.mode = CV_MODE_CACHE_ONLY;
    if (part->passenger.deadline_boot_ms < now.boot_ms + LOOK_MS) {
        part->passenger.deadline_boot_ms = now.boot_ms + LOOK_MS;
    }
    part->entries[part->entry_count++] = entry;
    board(part, call, error);
}

/* Where the cache may have an object: on its way there, or in the file. What is asked for one by
 * one is stored so as well, and never as an item of a list. */
static void look_for(cvi_many *many, cvi_many_entry *entry) {
    cv_error error;
    cv_client *client = many->request->client;
    cvi_now now = cvi_clock_now(&client->clock);
    cvi_call *call = many->has_id_lists ? cvi_many_item_call(many, entry->id, &error)
                                        : detail_call(many, entry->id, &error);
    const cvi_shelved *shelved =
        call != NULL ? cvi_shelf_find(&client->shelf, call->hash, now) : NULL;
    if (shelved == NULL ||
        !cvi_is_young_enough(&many->request->passenger, &shelved->provenance, now)) {
        board_look(many, CVI_PART_LOOK, entry, call, &error);
        return;
    }
    cvi_many_settle(many, entry, cvi_result_keep(shelved->result), &shelved->provenance);
    cvi_call_release(call);
}

static void look_on(cvi_many *many, int64_t *steps) {
    bool is_refresh = many->request->passenger.mode == CV_MODE_REFRESH;
    while (many->next < many->entry_count && many->wanted_count < CVI_MANY_IDS_PER_LIST &&
           many->looks<CVI_MANY_LOOKS && * steps> 0) {
        cvi_many_entry *entry = &many->entries[many->next++];
        if (is_refresh) {
            cvi_many_want(many, entry);
        } else {
            look_for(many, entry);
            (*steps)--;
        }
    }
}

static bool take_look(cvi_many *many, cvi_part *part, int64_t *steps) {
    (void)steps; /* the look itself was one */
    cvi_many_entry *entry = part->entries[0];
    bool is_only_cache = many->request->passenger.mode == CV_MODE_CACHE_ONLY;
    if (part->outcome.result != NULL) {
        cvi_many_settle(many, entry, cvi_result_keep(part->outcome.result),
                        &part->outcome.provenance);
    } else if (is_only_cache || part->outcome.error.code != CV_ERROR_NOT_CACHED) {
        cvi_many_settle_failed(many, entry, &part->outcome.error);
    } else {
        cvi_many_want(many, entry);
    }
    return true;
}

static void look_for_stale(cvi_many *many, int64_t *steps) {
    while (many->failed != NULL && many->looks<CVI_MANY_LOOKS && * steps> 0) {
        cv_error error;
        cvi_many_entry *entry = many->failed;
        many->failed = entry->wanted_next;
        board_look(many, CVI_PART_STALE, entry, cvi_many_item_call(many, entry->id, &error),
                   &error);
        (*steps)--;
    }
}

static bool take_stale(cvi_many *many, cvi_part *part, int64_t *steps) {
    (void)steps; /* as above */
    const cv_request *request = many->request;
    cvi_many_entry *entry = part->entries[0];
    const cv_error reason = entry->error;
    cvi_provenance provenance = part->outcome.provenance;
    if (part->outcome.result == NULL) {
        cvi_many_settle_failed(many, entry, &reason);
        return true;
    }
    if (provenance.source == CV_SOURCE_STALE || request->passenger.mode == CV_MODE_REFRESH) {
        cvi_stale_mark(&provenance, &reason, cvi_clock_now(&request->client->clock));
    }
    entry->error = (cv_error){.code = CV_OK};
    cvi_many_settle(many, entry, cvi_result_keep(part->outcome.result), &provenance);
    return true;
}

/* ---- asking the service ---- */

static int compare_entries(const void *a, const void *b) {
    const cvi_many_entry *const *first = a;
    const cvi_many_entry *const *second = b;
    return ((*first)->id > (*second)->id) - ((*first)->id < (*second)->id);
}

/* Moves ids from the queue into a list, in the one order that makes equal lists share a key. */
static void fill_list(cvi_many *many, cvi_part *part) {
    while (many->wanted_count > 0 && part->entry_count < CVI_MANY_IDS_PER_LIST) {
        part->entries[part->entry_count++] = pop_wanted(many);
    }
    qsort(part->entries, part->entry_count, sizeof(cvi_many_entry *), compare_entries);
    for (size_t i = 0; i < part->entry_count; i++) {
        part->entries[i]->asked_by = part;
        if (part->entries[i]->is_doubted) {
            part->passenger.mode = CV_MODE_REFRESH;
        }
    }
}

static void board_list(cvi_many *many) {
    char text[FILTER_BYTES];
    cvi_buffer filter;
    cv_error error;
    cvi_part *part = take_part(many, CVI_PART_LIST);
    part->passenger.stale = CV_STALE_NEVER; /* entries of objects may be younger than lists */
    fill_list(many, part);
    cvi_buffer_over(&filter, text, sizeof(text));
    for (size_t i = 0; i < part->entry_count; i++) {
        cvi_buffer_add_text(&filter, i > 0 ? "|" : "id:");
        cvi_buffer_add_int(&filter, part->entries[i]->id);
    }
    cv_query query = CV_QUERY_INIT;
    query.filter = text;
    query.fields = many->fields;
    query.limit = CVI_MANY_IDS_PER_LIST; /* said, as a mirror may have another default */
    query.allow_unknown = many->allow_unknown;
    board(part,
          cvi_call_list(&many->request->client->settings, many->resource->resource, &query, &error),
          &error);
}

static void board_single(cvi_many *many) {
    cv_error error;
    cvi_part *part = take_part(many, CVI_PART_SINGLE);
    part->entries[part->entry_count++] = pop_wanted(many);
    board(part, detail_call(many, part->entries[0]->id, &error), &error);
}

static bool is_looked_for_before(const cvi_many *many, const cvi_many_entry *entry) {
    for (size_t i = 0; i < CVI_MANY_LOOKS; i++) {
        const cvi_part *part = &many->parts[i];
        if (part->state != CVI_PART_FREE && part->kind == CVI_PART_LOOK &&
            part->entries[0] < entry) {
            return true;
        }
    }
    return false;
}

/* Enough are wanted, and no id before the last of them may be wanted yet: which ids make a list
 * does not hang on how long the looks take, so that equal requests ask for equal lists. */
static bool is_list_full(const cvi_many *many) {
    const cvi_many_entry *last = many->wanted_first;
    if (many->wanted_count < CVI_MANY_IDS_PER_LIST) {
        return false;
    }
    for (size_t i = 1; i < CVI_MANY_IDS_PER_LIST; i++) {
        last = last->wanted_next;
    }
    return !is_looked_for_before(many, last);
}

/* A list goes when it is full, or when nothing that may come soon can fill it. */
static bool may_fetch(const cvi_many *many) {
    bool is_last = many->next == many->entry_count && many->looks == 0;
    return many->wanted_count > 0 && many->fetches < CVI_MANY_FETCHES &&
           (is_last || !many->has_id_lists || is_list_full(many));
}

static void fetch_on(cvi_many *many) {
    while (may_fetch(many)) {
        if (many->has_id_lists) {
            board_list(many);
        } else {
            board_single(many);
        }
    }
}

static bool take_single(cvi_many *many, cvi_part *part, int64_t *steps) {
    (void)steps; /* few are under way at once */
    if (part->outcome.result != NULL) {
        cvi_many_settle(many, part->entries[0], cvi_result_keep(part->outcome.result),
                        &part->outcome.provenance);
    } else {
        cvi_many_settle_failed(many, part->entries[0], &part->outcome.error);
    }
    return true;
}

/* ---- the way ---- */

static bool (*const take_functions[])(cvi_many *, cvi_part *, int64_t *) = {
    [CVI_PART_LOOK] = take_look,
    [CVI_PART_STALE] = take_stale,
    [CVI_PART_LIST] = cvi_many_take_list,
    [CVI_PART_SINGLE] = take_single,
};

/* Answers whether all that has come back has been looked at. */
static bool take_back(cvi_many *many, int64_t *steps) {
    bool is_all = true;
    for (size_t i = 0; i < CVI_MANY_PARTS; i++) {
        cvi_part *part = &many->parts[i];
        if (part->state != CVI_PART_BACK) {
            continue;
        }
        if (take_functions[part->kind](many, part, steps)) {
            drop_part(part);
        } else {
            is_all = false;
        }
    }
    return is_all;
}

/* To the inbox, for the driver's next turn. A closed client completes it instead; then the last
 * part that comes back lets it go. */
static void go_on_later(cv_client *client, const cvi_many *many) {
    cv_request *request = many->request;
    bool is_orphan = false;
    cvi_mutex_lock(&client->mutex);
    cvi_driver_submit_locked(request);
    if (client->closed && many->aboard == 0) {
        is_orphan = cvi_request_leave_driver_locked(request);
    }
    cvi_mutex_unlock(&client->mutex);
    if (is_orphan) {
        cvi_request_destroy(request);
    }
}

void cvi_many_arrive(cv_client *client, cvi_passenger *passenger, const cvi_outcome *outcome) {
    cvi_part *part = (cvi_part *)passenger;
    cvi_many *many = part->many;
    part->outcome = *outcome;
    if (outcome->result != NULL) {
        cvi_result_keep(outcome->result);
    }
    cvi_events_tell_part(client, part, outcome);
    part->state = CVI_PART_BACK;
    many->aboard--;
    if (!many->is_advancing) {
        go_on_later(client, many);
    }
}

static void complete(cv_request *request) {
    const cvi_outcome outcome = {.error = {.code = CV_OK}};
    cvi_request_deliver(request->client, &request->passenger, &outcome);
}

void cvi_many_advance(cv_request *request, int64_t *steps) {
    cvi_many *many = request->many;
    many->is_advancing = true;
    take_back(many, steps);
    look_on(many, steps);
    look_for_stale(many, steps);
    fetch_on(many);
    bool is_all_seen = take_back(many, steps);
    many->is_advancing = false;
    if (many->settled_count == many->entry_count) {
        complete(request);
    } else if (!is_all_seen || many->aboard == 0 || *steps == 0 ||
               (many->failed != NULL && many->looks < CVI_MANY_LOOKS)) {
        go_on_later(request->client, many);
    }
}

void cvi_many_leave(cvi_many *many, cvi_engine *engine) {
    for (size_t i = 0; i < CVI_MANY_PARTS; i++) {
        if (many->parts[i].state == CVI_PART_ABOARD) {
            cvi_engine_leave(engine, &many->parts[i].passenger);
            drop_part(&many->parts[i]);
        }
    }
    many->aboard = 0;
}

void cvi_many_free(cvi_many *many) {
    if (many == NULL) {
        return;
    }
    for (size_t i = 0; i < CVI_MANY_PARTS; i++) {
        drop_part(&many->parts[i]);
    }
    for (size_t i = 0; i < many->entry_count; i++) {
        cvi_result_release(many->entries[i].result);
    }
    cvi_arena arena = many->arena; /* in which it lies itself */
    cvi_arena_clear(&arena);
}
