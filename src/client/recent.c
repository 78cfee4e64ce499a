/* Owns what a client remembers of objects that it has read: one entry an object, the one used last
 * in front; the last ones go when there is no room. What an entry says is never more than a row of
 * the cache in one state of the file: whoever finds one compares the states. Serialised by the
 * client's mutex. */
#include "client/recent.h"

#include <string.h>

#include "support/allocator.h"

enum { SHARE_OF_CAP = 8 };

void cvi_recent_init(cvi_recent *recent, const cvi_settings *settings) {
    memset(recent, 0, sizeof(*recent));
    recent->allocator = settings->arena.allocator;
    recent->max_bytes = settings->options.cache.memory_bytes;
    int64_t cap_bytes = settings->options.max_memory_bytes;
    if (settings->cap != NULL && recent->max_bytes > cap_bytes / SHARE_OF_CAP) {
        recent->max_bytes = cap_bytes / SHARE_OF_CAP;
    }
    if (settings->options.cache.disabled) {
        recent->max_bytes = CV_NONE;
    }
}

static cvi_remembered **bucket_of(cvi_recent *recent, const cvi_resource *resource, int64_t id) {
    uint64_t number = (uint64_t)id * UINT64_C(0x9E3779B97F4A7C15) + (uint64_t)resource->type_id;
    return &recent->buckets[(number >> 32) % CVI_RECENT_BUCKETS];
}

static bool is_of(const cvi_remembered *entry, const cvi_resource *resource, int64_t id) {
    return entry->call->id == id && entry->call->resource == resource;
}

static cvi_remembered *look_for(cvi_recent *recent, const cvi_resource *resource, int64_t id) {
    cvi_remembered *entry = *bucket_of(recent, resource, id);
    while (entry != NULL && !is_of(entry, resource, id)) {
        entry = entry->bucket_next;
    }
    return entry;
}

/* ---- the order of use ---- */

static void link_newest(cvi_recent *recent, cvi_remembered *entry) {
    entry->older = recent->newest;
    entry->newer = NULL;
    *(recent->newest != NULL ? &recent->newest->newer : &recent->oldest) = entry;
    recent->newest = entry;
}

static void unlink_from_order(cvi_recent *recent, const cvi_remembered *entry) {
    *(entry->newer != NULL ? &entry->newer->older : &recent->newest) = entry->older;
    *(entry->older != NULL ? &entry->older->newer : &recent->oldest) = entry->newer;
}

static void forget(cvi_recent *recent, cvi_remembered *entry) {
    cvi_remembered **link = bucket_of(recent, entry->call->resource, entry->call->id);
    while (*link != entry) {
        link = &(*link)->bucket_next;
    }
    *link = entry->bucket_next;
    unlink_from_order(recent, entry);
    recent->bytes -= (int64_t)entry->bytes;
    cvi_call_release(entry->call);
    cvi_result_release(entry->result);
    cvi_release(&recent->allocator, entry);
}

void cvi_recent_clear(cvi_recent *recent) {
    while (recent->oldest != NULL) {
        forget(recent, recent->oldest);
    }
}

/* ---- finding and putting ---- */

const cvi_remembered *cvi_recent_find(cvi_recent *recent, const cvi_resource *resource,
                                      int64_t id) {
    cvi_remembered *entry = look_for(recent, resource, id);
    if (entry != NULL && entry != recent->newest) {
        unlink_from_order(recent, entry);
        link_newest(recent, entry);
    }
    return entry;
}

bool cvi_recent_takes(const cvi_recent *recent, const cvi_call *call) {
    return recent->max_bytes >= 0 && !call->is_list && call->full_hash[0] == '\0';
}

static size_t bytes_of(const cvi_call *call, const cvi_result *result) {
    return sizeof(cvi_remembered) + sizeof(*call) + strlen(call->url) +
           cvi_result_held_bytes(result);
}

void cvi_recent_put(cvi_recent *recent, cvi_call *call, cvi_result *result, const cvi_cached *row,
                    const cvi_stamp *stamp) {
    cvi_remembered *before = look_for(recent, call->resource, call->id);
    if (before != NULL) {
        forget(recent, before);
    }
    size_t bytes = bytes_of(call, result);
    if (bytes > (uint64_t)recent->max_bytes) {
        return;
    }
    cvi_remembered *entry = cvi_allocate(&recent->allocator, sizeof(*entry));
    if (entry == NULL) {
        return;
    }
    while (recent->bytes + (int64_t)bytes > recent->max_bytes) {
        forget(recent, recent->oldest);
    }
    entry->call = cvi_call_keep(call);
    entry->result = cvi_result_keep(result);
    entry->bytes = bytes;
    entry->row = *row;
    entry->row.body = NULL;
    entry->stamp = *stamp;
    cvi_remembered **bucket = bucket_of(recent, call->resource, call->id);
    entry->bucket_next = *bucket;
    *bucket = entry;
    link_newest(recent, entry);
    recent->bytes += (int64_t)bytes;
}
