/* Owns the rules of paging. By offset, the service's own count of a page's items decides where the
 * next page begins: it counts items that are no records. So a short page loses nothing; what it
 * makes come twice is found by its id. By number, the page size that the service has applied
 * decides: what a short page lacks is on no other page, so it counts as passed. Pure functions. */
#include "client/walk.h"

#include <inttypes.h>
#include <string.h>

#include "support/error.h"

void cvi_walk_start(cvi_walk *walk, int64_t offset) {
    cvi_walk_start_at_page(walk, offset, 1, 0);
}

void cvi_walk_start_at_page(cvi_walk *walk, int64_t offset, int64_t page, int64_t page_size) {
    memset(walk, 0, sizeof(*walk));
    walk->offset = offset;
    walk->next_offset = offset;
    walk->page = page;
    walk->next_page = page;
    walk->page_size = page_size;
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

/* The page size of a search: what the service says it applied, unless that is impossible. */
static int64_t size_of(const cvi_walk *walk, const cvi_walk_page *page) {
    bool is_possible = page->limit > 0 && page->limit <= CVI_WALK_KEYS_MAX;
    return is_possible ? page->limit : walk->page_size;
}

/* Matches before the page that has come. */
static int64_t place_of(const cvi_walk *walk, const cvi_walk_page *page) {
    return walk->page_size > 0 ? (walk->next_page - 1) * size_of(walk, page) : walk->next_offset;
}

/* Matches that are passed with the page, whose `length` items fit before the total. */
static int64_t step_of(const cvi_walk *walk, const cvi_walk_page *page, int64_t place,
                       int64_t length) {
    if (walk->page_size == 0 || length == 0) {
        return length;
    }
    int64_t size = size_of(walk, page);
    return size < page->total - place ? size : page->total - place;
}

/* Whether the service has sent the page at hand once more: it ignores what it was asked for. A page
 * of one record may be the same at the right place too, when the list has moved by one. */
static bool is_the_same(const cvi_walk *walk, const cvi_walk_page *page, int64_t place) {
    if (page->records.count == 1 && page->offset == place) {
        return false;
    }
    for (size_t i = 0; i < page->records.count; i++) {
        if (!is_among(&page->records.keys[i], walk->at_hand.keys, walk->at_hand.count)) {
            return false;
        }
    }
    return page->records.count > 0;
}

/* Why the page cannot be the one that begins at `place`; NULL: it can. */
static const char *find_fault(const cvi_walk *walk, const cvi_walk_page *page, int64_t place,
                              int64_t length) {
    /* What a search says before its first page is only what was asked for. */
    bool leaves_a_gap = walk->total >= 0 && place > walk->next_offset;
    if (page->offset > place || leaves_a_gap) {
        return "begins further on: what is between would be lost";
    }
    if (length == 0 && place < page->total) {
        return "is empty: the list ends too early";
    }
    if (page->total < 0 || (length > 0 && page->total - length < place)) {
        return "holds more than there are";
    }
    if (is_the_same(walk, page, place)) {
        return "is the one before once more";
    }
    /* By number, where a page begins is not what was asked for, and short ones may count less. */
    bool goes_back = walk->page_size == 0 && length > 0 && page->offset < place;
    return goes_back ? "begins earlier: what follows it would be lost" : NULL;
}

bool cvi_walk_take(cvi_walk *walk, const cvi_walk_page *page, cv_error *error) {
    int64_t length = length_of(page);
    int64_t place = place_of(walk, page);
    const char *fault = find_fault(walk, page, place, length);
    if (fault != NULL) {
        cvi_error_set(error, CV_ERROR_RESPONSE, "the page behind %" PRId64 " of %" PRId64 " %s",
                      place, page->total, fault);
        return false;
    }
    walk->offset = place;
    walk->next_offset = place + step_of(walk, page, place, length);
    walk->page = walk->next_page;
    walk->next_page += walk->page_size > 0 ? 1 : 0;
    walk->total = page->total;
    walk->before = walk->at_hand;
    walk->at_hand = page->records;
    return true;
}
