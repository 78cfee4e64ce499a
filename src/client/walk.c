/* Owns the rules of paging. By offset, the items that a page has decide where the next one begins,
 * also those that are no records: they have their place in the list. So a short page loses nothing,
 * whatever the service says of it; what comes twice is found by its id, and a whole page by the
 * texts of records without one too. By number, the page size that the service has applied decides:
 * what a short page lacks is on no other page, so it counts as passed. A walk ends at its total.
 * Where none is told, or the items of a page go beyond it, only an empty page is an end: a short
 * one may have others behind it. Pure functions. */
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

int64_t cvi_walk_total(const cvi_walk *walk) {
    return walk->total != CVI_WALK_UNTOLD ? walk->total : -1;
}

static bool is_same(const cvi_walk_key *one, const cvi_walk_key *other) {
    bool is_known = one->id != 0 || one->text != 0;
    return is_known && one->id == other->id && one->resource == other->resource &&
           one->text == other->text;
}

static bool is_among(const cvi_walk_key *key, const cvi_walk_key *keys, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (is_same(key, &keys[i])) {
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
    return key->id != 0 && (is_among(key, walk->before.keys, walk->before.count) ||
                            is_among(key, walk->at_hand.keys, index));
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

/* Where an empty page is the end of a list, whatever its total: there is none, or it has been found
 * wrong before and is so again. */
static bool ends_untold(const cvi_walk *walk, int64_t total, int64_t place) {
    return total < 0 || total == CVI_WALK_UNTOLD ||
           (walk->total == CVI_WALK_UNTOLD && total < place);
}

/* The total as of the page that has come: what it says, else what was said before, unless its own
 * items go beyond that. */
static int64_t total_of(const cvi_walk *walk, const cvi_walk_page *page, int64_t place) {
    int64_t total = page->total >= 0 ? page->total : walk->total;
    if (page->items == 0) {
        return ends_untold(walk, total, place) ? place : total;
    }
    return total >= 0 && total - page->items >= place ? total : CVI_WALK_UNTOLD;
}

/* Matches that are passed with the page, whose items fit before the total. */
static int64_t step_of(const cvi_walk *walk, const cvi_walk_page *page, int64_t place,
                       int64_t total) {
    if (walk->page_size == 0 || page->items == 0) {
        return page->items;
    }
    int64_t size = size_of(walk, page);
    return size < total - place ? size : total - place;
}

/* Matches among those passed that the page should have had. */
static int64_t missing_from(const cvi_walk_page *page, int64_t step, int64_t total) {
    return total != CVI_WALK_UNTOLD && step > page->items ? step - page->items : 0;
}

/* Whether all records of the page were on the page at hand. */
static bool is_all_at_hand(const cvi_walk *walk, const cvi_walk_page *page) {
    for (size_t i = 0; i < page->records.count; i++) {
        if (!is_among(&page->records.keys[i], walk->at_hand.keys, walk->at_hand.count)) {
            return false;
        }
    }
    return true;
}

/* Whether the service has sent the page at hand once more: it ignores what it was asked for. When
 * the list has moved by one, a page of one record may be the same at the right place too, and pages
 * without any record look alike; but neither again and again where no total ends the walk. */
static bool is_the_same(const cvi_walk *walk, const cvi_walk_page *page, int64_t place,
                        int64_t total) {
    bool is_endless = total == CVI_WALK_UNTOLD && walk->total == CVI_WALK_UNTOLD;
    if (page->records.count == 0) {
        return is_endless && page->items > 0 && walk->at_hand.count == 0;
    }
    bool is_in_place = page->offset < 0 || page->offset == place;
    bool may_be_one = is_in_place && (!is_endless || walk->at_hand.count > 1);
    return !(page->records.count == 1 && may_be_one) && is_all_at_hand(walk, page);
}

/* Why the page cannot be the one that begins at `place`; NULL: it can. */
static const char *find_fault(const cvi_walk *walk, const cvi_walk_page *page, int64_t place,
                              int64_t total) {
    /* What a search says before its first page is only what was asked for. */
    bool leaves_a_gap = walk->total >= 0 && place > walk->next_offset;
    if (page->offset > place || leaves_a_gap) {
        return "begins further on: what is between would be lost";
    }
    if (page->items == 0 && place < total) {
        return "is empty: the list ends too early";
    }
    if (page->items > CVI_WALK_UNTOLD - place) {
        return "holds more than can be counted";
    }
    if (is_the_same(walk, page, place, total)) {
        return "is the one before once more";
    }
    /* By number, where a page begins is not what was asked for, and short ones may count less. */
    bool goes_back = walk->page_size == 0 && page->items > 0 && page->offset < place;
    return goes_back && page->offset >= 0 ? "begins earlier: what follows it would be lost" : NULL;
}

static bool refuse(int64_t place, int64_t total, const char *fault, cv_error *error) {
    if (total == CVI_WALK_UNTOLD) {
        cvi_error_set(error, CV_ERROR_RESPONSE, "the page behind %" PRId64 " %s", place, fault);
    } else {
        cvi_error_set(error, CV_ERROR_RESPONSE, "the page behind %" PRId64 " of %" PRId64 " %s",
                      place, total, fault);
    }
    return false;
}

bool cvi_walk_take(cvi_walk *walk, const cvi_walk_page *page, cv_error *error) {
    int64_t place = place_of(walk, page);
    int64_t total = total_of(walk, page, place);
    const char *fault = find_fault(walk, page, place, total);
    if (fault != NULL) {
        return refuse(place, total, fault, error);
    }
    int64_t step = step_of(walk, page, place, total);
    walk->offset = place;
    walk->next_offset = place + step;
    walk->missing += missing_from(page, step, total);
    walk->page = walk->next_page;
    walk->next_page += walk->page_size > 0 ? 1 : 0;
    walk->total = total;
    walk->before = walk->at_hand;
    walk->at_hand = page->records;
    return true;
}
