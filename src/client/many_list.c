/* Owns what a list means for the ids that it was asked for: an item becomes an answer about its own
 * object, and goes to the cache as such; an id without one does not exist only if the list says
 * that it holds all that match, and if that is not too long ago. What it has not told about is
 * asked for again, as long as each answer tells something: a mirror may give fewer items than it
 * was asked for, or an item may be unreadable. The driver's. */
#include <inttypes.h>

#include "client/many.h"
#include "resources/decode.h"
#include "support/allocator.h"
#include "support/buffer.h"
#include "support/error.h"

#define OBJECT_MAX_BYTES ((size_t)32 << 20)

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
    return cvi_decode(&options, allocator, (cvi_body){body.data, body.length, 0}, error);
}

/* Whether an answer of this resource may be kept at all. */
static bool is_cached(const cvi_many *many) {
    const cvi_settings *settings = &many->request->client->settings;
    return !settings->options.cache.disabled &&
           cvi_settings_ttl_ms(settings, many->resource->resource) > 0;
}

/* Has the object stored under its own key, with the age that the list has. */
static void keep_item(const cvi_many *many, const cvi_many_entry *entry) {
    cv_error ignored; /* that it cannot be kept is nobody's error */
    bool is_kept = is_cached(many) && !entry->provenance.is_overtaken &&
                   /* nor what the service does not let us keep */
                   entry->provenance.expires_at_ms > entry->provenance.fetched_at_ms;
    cvi_call *call = is_kept ? cvi_many_item_call(many, entry->id, &ignored) : NULL;
    if (call != NULL) {
        cvi_shelf_put(&many->request->client->shelf, call->hash, entry->result, &entry->provenance);
        cvi_call_release(call);
    }
}

static void take_item(cvi_many *many, cvi_part *part, size_t index) {
    cvi_result *list = part->outcome.result;
    cvi_many_entry *entry = cvi_many_find(many, cvi_result_id(list, index));
    if (entry == NULL || entry->asked_by != part || entry->is_settled) {
        return; /* not asked for, or a second time */
    }
    cv_error error;
    cvi_result *result = decode_item(many, list, index, &error);
    part->told++;
    if (result == NULL) {
        cvi_many_settle_failed(many, entry, &error);
        return;
    }
    cvi_many_settle(many, entry, result, &part->outcome.provenance);
    keep_item(many, entry);
}

/* Whether the list has told of all that match, and of nothing else. */
static bool is_whole(const cvi_part *part) {
    const cvi_envelope *envelope = cvi_result_envelope(part->outcome.result);
    int64_t told = (int64_t)part->told;
    return cvi_result_count(part->outcome.result) == part->told && envelope->page_results == told &&
           envelope->total_results == told;
}

/* A list that failed. That the path itself is not there says nothing about objects. */
static void explain_failure(const cvi_many *many, const cvi_part *part, int64_t id,
                            cv_error *error) {
    *error = part->outcome.error;
    if (error->code == CV_ERROR_NOT_FOUND) {
        cvi_error_set(error, CV_ERROR_RESPONSE, "%s/%" PRId64 ": the service has no such list",
                      many->resource->list_path, id);
        error->http_status = part->outcome.error.http_status;
        error->api_status = part->outcome.error.api_status;
    }
}

static void explain_absence(const cvi_many *many, const cvi_part *part, int64_t id,
                            cv_error *error) {
    if (is_whole(part)) {
        cvi_error_set(error, CV_ERROR_NOT_FOUND, "%s/%" PRId64 ": no such object, says the list",
                      many->resource->list_path, id);
    } else {
        cvi_error_set(error, CV_ERROR_RESPONSE,
                      "%s/%" PRId64 ": the list is not the one that was asked for",
                      many->resource->list_path, id);
    }
}

/* Whether the list lay in the cache for longer than one may remember that an object is not there. A
 * refreshed one never does, so that doubts end. */
static bool is_too_old_to_deny(const cvi_many *many, const cvi_part *part) {
    const cv_client *client = many->request->client;
    int64_t negative_ttl_s = client->settings.options.cache.negative_ttl_s;
    int64_t memory_ms = negative_ttl_s > 0 ? negative_ttl_s * 1000 : 0;
    return part->outcome.provenance.source == CV_SOURCE_CACHE &&
           cvi_clock_now(&client->clock).wall_ms - memory_ms >=
               part->outcome.provenance.fetched_at_ms;
}

/* An id that the list does not have. */
static void take_absence(cvi_many *many, const cvi_part *part, cvi_many_entry *entry) {
    cv_error error;
    bool has_list = part->outcome.result != NULL;
    bool is_denied = has_list && is_whole(part);
    entry->is_doubted = is_denied && is_too_old_to_deny(many, part);
    if (entry->is_doubted || (has_list && !is_denied && part->told > 0)) {
        cvi_many_want(many, entry);
        return;
    }
    if (has_list) {
        explain_absence(many, part, entry->id, &error);
    } else {
        explain_failure(many, part, entry->id, &error);
    }
    cvi_many_fail(many, entry, &error);
}

bool cvi_many_take_list(cvi_many *many, cvi_part *part, int64_t *steps) {
    const cvi_result *list = part->outcome.result;
    size_t count = list != NULL ? cvi_result_count(list) : 0;
    for (; part->seen<count && * steps> 0; part->seen++) {
        take_item(many, part, part->seen);
        (*steps)--;
    }
    if (part->seen < count) {
        return false;
    }
    for (size_t i = 0; i < part->entry_count; i++) {
        if (!part->entries[i]->is_settled) {
            take_absence(many, part, part->entries[i]);
        }
    }
    return true;
}
