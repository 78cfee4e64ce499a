/* Owns the way of a request for many objects: first each id is looked up in the cache, then what
 * was not there is asked for in lists, then for what failed a stale entry will do; each round
 * boards at most CVI_MANY_PARTS parts, and the next begins when all are back. Outcomes are only
 * noted inside the engine, which is not to be changed there, and looked at in the driver's next
 * turn. The driver's. */
#include "client/many.h"

#include <inttypes.h>
#include <string.h>

#include "client/stale.h"
#include "resources/decode.h"
#include "support/allocator.h"
#include "support/buffer.h"
#include "support/error.h"

#define IDS_PER_LIST     100
#define STORES_PER_MS    4
#define FILTER_BYTES     2048 /* "id:" and 100 ids of 15 digits with what separates them */
#define OBJECT_MAX_BYTES ((size_t)32 << 20)

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

/* Takes over the result. */
static void settle(cvi_many_entry *entry, cvi_result *result, const cvi_provenance *provenance) {
    entry->is_settled = true;
    entry->result = result;
    entry->provenance = *provenance;
}

static void settle_failed(cvi_many_entry *entry, const cv_error *error) {
    entry->is_settled = true;
    entry->error = *error;
}

/* ---- boarding ---- */

static cvi_part *new_part(cvi_many *many, size_t first, size_t end) {
    cvi_part *part = &many->parts[many->part_count++];
    memset(part, 0, sizeof(*part));
    part->passenger = many->request->passenger; /* with its deadline and patience */
    part->passenger.is_part = true;
    part->many = many;
    part->first = first;
    part->end = end;
    return part;
}

/* Boards a part with its call, or notes why there is none. */
static void board(cvi_part *part, cvi_call *call, const cv_error *error) {
    cv_client *client = part->many->request->client;
    part->call = call;
    if (call == NULL) {
        part->outcome.error = *error;
        return;
    }
    part->many->aboard++;
    cvi_engine_board(client->engine, &part->passenger, call);
}

static cvi_call *item_call(const cvi_many *many, int64_t id, cv_error *error) {
    const cv_request_options options = {.fields = many->fields,
                                        .allow_unknown = many->allow_unknown};
    return cvi_call_item(&many->request->client->settings, many->resource, id, &options, error);
}

static void board_look(cvi_many *many, size_t index) {
    cv_error error;
    cvi_part *part = new_part(many, index, index + 1);
    bool is_only_cache = part->passenger.mode == CV_MODE_CACHE_ONLY;
    if (many->phase == CVI_MANY_LOOKS && !is_only_cache) {
        part->passenger.stale = CV_STALE_NEVER; /* the service comes first */
    }
    part->passenger.mode = CV_MODE_CACHE_ONLY;
    board(part, item_call(many, many->entries[index].id, &error), &error);
}

/* Boards a list for the next ids that are not settled; nothing if there are none. */
static void board_list(cvi_many *many) {
    char text[FILTER_BYTES];
    cvi_buffer filter;
    cv_error error;
    size_t first = many->next;
    size_t count = 0;
    cvi_buffer_over(&filter, text, sizeof(text));
    while (many->next < many->entry_count && count < IDS_PER_LIST) {
        const cvi_many_entry *entry = &many->entries[many->next++];
        if (!entry->is_settled) {
            cvi_buffer_add_text(&filter, count > 0 ? "|" : "id:");
            cvi_buffer_add_int(&filter, entry->id);
            count++;
        }
    }
    if (count > 0) {
        cv_query query = CV_QUERY_INIT;
        query.filter = text;
        query.fields = many->fields;
        query.allow_unknown = many->allow_unknown;
        cvi_part *part = new_part(many, first, many->next);
        part->passenger.stale = CV_STALE_NEVER; /* entries of objects may be younger than lists */
        board(part,
              cvi_call_list(&many->request->client->settings, many->resource->resource, &query,
                            &error),
              &error);
    }
}

static void board_round(cvi_many *many) {
    while (many->next < many->entry_count && many->part_count < CVI_MANY_PARTS) {
        if (many->phase == CVI_MANY_LISTS) {
            board_list(many);
        } else if (many->entries[many->next].is_settled) {
            many->next++;
        } else {
            board_look(many, many->next++);
        }
    }
}

/* ---- what parts bring ---- */

void cvi_many_arrive(cv_client *client, cvi_passenger *passenger, const cvi_outcome *outcome) {
    cvi_part *part = (cvi_part *)passenger;
    cvi_many *many = part->many;
    cv_request *request = many->request;
    part->outcome = *outcome;
    if (outcome->result != NULL) {
        cvi_result_keep(outcome->result);
    }
    many->aboard--;
    if (many->aboard > 0) {
        return;
    }
    bool is_orphan = false;
    cvi_mutex_lock(&client->mutex);
    cvi_driver_submit_locked(request);
    if (client->closed) { /* which has completed it */
        is_orphan = cvi_request_leave_driver_locked(request);
    }
    cvi_mutex_unlock(&client->mutex);
    if (is_orphan) {
        cvi_request_destroy(request);
    }
}

static void take_look(cvi_many *many, cvi_part *part) {
    cvi_many_entry *entry = &many->entries[part->first];
    bool is_only_cache = many->request->passenger.mode == CV_MODE_CACHE_ONLY;
    if (part->outcome.result != NULL) {
        settle(entry, cvi_result_keep(part->outcome.result), &part->outcome.provenance);
    } else if (is_only_cache || part->outcome.error.code != CV_ERROR_NOT_CACHED) {
        settle_failed(entry, &part->outcome.error);
    }
}

static void take_stale(cvi_many *many, cvi_part *part) {
    cvi_many_entry *entry = &many->entries[part->first];
    if (part->outcome.result == NULL) {
        entry->is_settled = true; /* with the list's error */
        return;
    }
    cvi_provenance provenance = part->outcome.provenance;
    const cv_request *request = many->request;
    if (provenance.source == CV_SOURCE_STALE || request->passenger.mode == CV_MODE_REFRESH) {
        cvi_stale_mark(&provenance, &entry->error, cvi_clock_now(&request->client->clock));
    }
    entry->error = (cv_error){.code = CV_OK};
    settle(entry, cvi_result_keep(part->outcome.result), &provenance);
}

/* The answer that the object's own path would have given, with what the list says of it. */
static cvi_result *decode_item(const cvi_many *many, const cvi_result *list, size_t index,
                               cv_error *error) {
    static const char head[] = "{\"error\":\"OK\",\"limit\":1,\"offset\":0,"
                               "\"number_of_page_results\":1,\"number_of_total_results\":1,"
                               "\"status_code\":1,\"results\":";
    static const char tail[] = ",\"version\":\"1.0\"}";
    const cv_allocator *allocator = &many->request->client->allocator;
    size_t length = 0;
    const char *raw = cvi_result_raw(list, index, &length);
    cvi_buffer body;
    cvi_buffer_init(&body, allocator, OBJECT_MAX_BYTES);
    cvi_buffer_add(&body, head, sizeof(head) - 1);
    cvi_buffer_add(&body, raw, length);
    cvi_buffer_add(&body, tail, sizeof(tail) - 1);
    if (body.failed) {
        cvi_buffer_free(&body);
        cvi_error_no_memory(error);
        return NULL;
    }
    const cvi_decode_options options = {.resource = many->resource};
    return cvi_decode(&options, allocator, (cvi_body){body.data, body.length}, error);
}

/* Whether an answer of this resource may be kept at all. */
static bool is_cached(const cvi_many *many) {
    const cvi_settings *settings = &many->request->client->settings;
    return !settings->options.cache.disabled &&
           cvi_settings_ttl_ms(settings, many->resource->resource) > 0;
}

/* Puts the object into the cache under its own key; that it cannot be is nobody's error. Each is a
 * transaction, so that a list's are spread over some frames of a game. */
static void store_item(cvi_many *many, const cvi_many_entry *entry) {
    const cvi_provenance *of_list = &entry->provenance;
    cv_error ignored;
    cv_client *client = many->request->client;
    cvi_call *call = item_call(many, entry->id, &ignored);
    if (call != NULL) {
        int64_t delay_ms = many->stored++ / STORES_PER_MS;
        cvi_engine_store(client->engine, call, entry->result,
                         of_list->expires_at_ms - of_list->fetched_at_ms, delay_ms,
                         cvi_clock_now(&client->clock));
        cvi_call_release(call);
    }
}

static void take_item(cvi_many *many, const cvi_part *part, size_t index) {
    cvi_result *list = part->outcome.result;
    cvi_many_entry *entry = cvi_many_find(many, cvi_result_id(list, index));
    if (entry == NULL || entry->is_settled) {
        return; /* not asked for */
    }
    cv_error error;
    cvi_result *result = decode_item(many, list, index, &error);
    if (result == NULL) {
        settle_failed(entry, &error);
        return;
    }
    settle(entry, result, &part->outcome.provenance);
    const cvi_provenance *provenance = &part->outcome.provenance;
    bool is_ours = provenance->source == CV_SOURCE_NETWORK;
    bool may_be_kept = provenance->expires_at_ms > provenance->fetched_at_ms;
    if (is_ours && may_be_kept &&
        is_cached(many)) { /* what is not ours, whoever fetched it stores */
        store_item(many, entry);
    }
}

/* What it means that a list does not have an id: nothing, if it has not all that match. */
static void explain_absence(const cvi_many *many, const cvi_part *part, int64_t id,
                            cv_error *error) {
    const cvi_envelope *envelope = cvi_result_envelope(part->outcome.result);
    if (envelope->total_results > (int64_t)cvi_result_count(part->outcome.result)) {
        cvi_error_set(error, CV_ERROR_RESPONSE,
                      "%s/%" PRId64 ": not on the list, which is one of more than was asked for",
                      many->resource->list_path, id);
    } else {
        cvi_error_set(error, CV_ERROR_NOT_FOUND, "%s/%" PRId64 ": no such object, says the list",
                      many->resource->list_path, id);
    }
}

static void take_list(cvi_many *many, cvi_part *part) {
    const cvi_result *list = part->outcome.result;
    bool takes_stale =
        cvi_stale_stands_in(many->request->passenger.stale, part->outcome.error.code);
    for (size_t i = 0; list != NULL && i < cvi_result_count(list); i++) {
        take_item(many, part, i);
    }
    for (size_t i = part->first; i < part->end; i++) {
        cv_error error = part->outcome.error;
        if (many->entries[i].is_settled) {
            continue;
        }
        if (list != NULL) {
            explain_absence(many, part, many->entries[i].id, &error);
        }
        settle_failed(&many->entries[i], &error);
        many->entries[i].is_settled = list != NULL || !takes_stale;
    }
}

static void drop_part(cvi_part *part) {
    cvi_result_release(part->outcome.result);
    cvi_call_release(part->call);
}

static void take_round(cvi_many *many) {
    static void (*const takers[])(cvi_many *, cvi_part *) = {
        [CVI_MANY_LOOKS] = take_look, [CVI_MANY_LISTS] = take_list, [CVI_MANY_STALE] = take_stale};
    for (size_t i = 0; i < many->part_count; i++) {
        cvi_part *part = &many->parts[i];
        takers[many->phase](many, part);
        drop_part(part);
    }
    many->part_count = 0;
    many->stored = 0;
}

/* ---- the way ---- */

static void complete(cv_request *request) {
    const cvi_outcome outcome = {.error = {.code = CV_OK}};
    cvi_request_deliver(request->client, &request->passenger, &outcome);
}

/* Whether every entry has had its turn in this phase; then begins the next one, if there is. */
static bool is_finished(cvi_many *many) {
    if (many->next < many->entry_count) {
        return false;
    }
    if (many->phase == CVI_MANY_STALE) {
        return true;
    }
    many->phase++;
    many->next = 0;
    return many->entry_count == 0;
}

void cvi_many_advance(cv_request *request) {
    cvi_many *many = request->many;
    while (many->aboard == 0) {
        take_round(many);
        if (is_finished(many)) {
            complete(request);
            return;
        }
        many->aboard = 1; /* so that what comes back at once does not send it to the inbox */
        board_round(many);
        many->aboard--;
    }
}

void cvi_many_leave(cvi_many *many, cvi_engine *engine) {
    for (size_t i = 0; i < many->part_count; i++) {
        cvi_engine_leave(engine, &many->parts[i].passenger);
    }
}

void cvi_many_free(cvi_many *many) {
    if (many == NULL) {
        return;
    }
    for (size_t i = 0; i < many->part_count; i++) {
        drop_part(&many->parts[i]);
    }
    for (size_t i = 0; i < many->entry_count; i++) {
        cvi_result_release(many->entries[i].result);
    }
    cvi_arena arena = many->arena; /* in which it lies itself */
    cvi_arena_clear(&arena);
}
