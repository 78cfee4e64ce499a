/* Owns the rules of paging. The service's own count of a page's items decides where the next page
 * begins: it counts items that are no records, and says what page size was really applied. So a
 * short page loses nothing; what it makes come twice is found by its id. Pure functions. */
#include "client/walk.h"

#include <inttypes.h>
#include <string.h>

#include "support/error.h"

void cvi_walk_start(cvi_walk *walk, int64_t offset, int64_t page) {
    memset(walk, 0, sizeof(*walk));
    walk->offset = offset;
    walk->next_offset = offset;
    walk->page = page;
    walk->next_page = page;
    walk->total = -1;
}

bool cvi_walk_is_over(const cvi_walk *walk) {
    return walk->total >= 0 && walk->next_offset >= walk->total;
}

static bool is_among(const cvi_walk_key *key, const cvi_walk_key *keys, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (key->id != 0 && keys[i].id == key->id && keys[i].resource == key->resource) {
            return true;
        }
    }
    return false;
}

bool cvi_walk_repeats(const cvi_walk *walk, size_t index) {
    if (index >= walk->at_hand.count) {
        return false;
    }
    const cvi_walk_key *key = &walk->at_hand.keys[index];
    return is_among(key, walk->before.keys, walk->before.count) ||
           is_among(key, walk->at_hand.keys, index);
}

/* Items that the page took up in the list: what the service says, unless that is impossible. */
static int64_t length_of(const cvi_walk_page *page) {
    int64_t count = (int64_t)page->count;
    bool is_possible = page->announced >= count &&
                       (page->announced <= page->limit || page->limit <= 0) &&
                       page->announced <= CVI_WALK_KEYS_MAX;
    return is_possible ? page->announced : count;
}

/* Whether the service has sent the page at hand once more: it ignores what it was asked for. A page
 * of one record may be the same at the right place too, when the list has moved by one. */
static bool is_the_same(const cvi_walk *walk, const cvi_walk_page *page) {
    if (page->records.count == 1 && page->offset == walk->next_offset) {
        return false;
    }
    for (size_t i = 0; i < page->records.count; i++) {
        if (!is_among(&page->records.keys[i], walk->at_hand.keys, walk->at_hand.count)) {
            return false;
        }
    }
    return page->records.count > 0;
}

static bool refuse(const cvi_walk *walk, const cvi_walk_page *page, const char *reason,
                   cv_error *error) {
    cvi_error_set(error, CV_ERROR_RESPONSE, "the page behind %" PRId64 " of %" PRId64 " %s",
                  walk->next_offset, page->total, reason);
    return false;
}

bool cvi_walk_take(cvi_walk *walk, const cvi_walk_page *page, cv_error *error) {
    int64_t length = length_of(page);
    if (page->offset > walk->next_offset) {
        return refuse(walk, page, "begins further on: what is between would be lost", error);
    }
    if (length == 0 && walk->next_offset < page->total) {
        return refuse(walk, page, "is empty: the list ends too early", error);
    }
    if (length > INT64_MAX - walk->next_offset ||
        (length > 0 && page->total < walk->next_offset + length)) {
        return refuse(walk, page, "holds more than there are", error);
    }
    if (is_the_same(walk, page)) {
        return refuse(walk, page, "is the one before once more", error);
    }
    walk->offset = walk->next_offset;
    walk->next_offset += length;
    walk->page = walk->next_page;
    walk->next_page++;
    walk->total = page->total;
    walk->before = walk->at_hand;
    walk->at_hand = page->records;
    return true;
}
