/* The arithmetic of walking through pages: where the next one begins, whether there is one, and
 * whether a page may be believed. Lists are asked for by offset, searches by the number of the
 * page. Pure. */
#ifndef CVI_CLIENT_WALK_H
#define CVI_CLIENT_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <comicvine/error.h>
#include <comicvine/resource.h>

enum { CVI_WALK_KEYS_MAX = 100 };       /* the most items of a page */
enum { CVI_WALK_PAGE_MAX = INT32_MAX }; /* the last page where a walk may begin */

/* The total of a walk whose pages say none that can be: it has no end that is known. */
#define CVI_WALK_UNTOLD INT64_MAX

/* What tells one record of a walk from another: its id, or where that says nothing (0) its text. */
typedef struct cvi_walk_key {
    int64_t id;
    cv_resource resource;
    int64_t text; /* checksum of a record without an id that counts; 0: not known */
} cvi_walk_key;

/* The first records of a page. */
typedef struct cvi_walk_keys {
    cvi_walk_key keys[CVI_WALK_KEYS_MAX];
    size_t count;
} cvi_walk_keys;

/* What is known of a page that has come. */
typedef struct cvi_walk_page {
    int64_t limit;         /* page size that the service says it applied */
    int64_t offset;        /* matches before it, likewise; below 0: it does not say */
    int64_t total;         /* matches in all, likewise */
    int64_t items;         /* that were there, records or not */
    cvi_walk_keys records; /* keys of the records, as many as there is room for */
} cvi_walk_page;

/* Where a walk stands. A page at hand is [offset, next_offset); before the first and while none is
 * at hand both are equal. */
typedef struct cvi_walk {
    int64_t offset;        /* matches before the page at hand */
    int64_t next_offset;   /* matches before the page that comes next */
    int64_t page;          /* number of the page at hand, of a search; else as it began */
    int64_t next_page;     /* of the one that comes next */
    int64_t page_size;     /* of a search, where the service does not say it; 0: by offset */
    int64_t total;         /* as of the last page, CVI_WALK_UNTOLD; -1: none has come */
    int64_t missing;       /* of a search: matches passed that were on no page */
    cvi_walk_keys at_hand; /* records of the page at hand */
    cvi_walk_keys before;  /* of the one before */
} cvi_walk;

/* A walk by offset that begins behind `offset` matches. */
void cvi_walk_start(cvi_walk *walk, int64_t offset);

/* A walk by page that begins at page `page` (1 to CVI_WALK_PAGE_MAX) and asks for pages of
 * `page_size` (1 to CVI_WALK_KEYS_MAX); as far as is known, there are `offset` matches before it.
 */
void cvi_walk_start_at_page(cvi_walk *walk, int64_t offset, int64_t page, int64_t page_size);

/* Whether every match has been passed with the page at hand. */
bool cvi_walk_is_over(const cvi_walk *walk);

/* The total as far as it is known, else -1. At the end of a walk without one: where it ended. */
int64_t cvi_walk_total(const cvi_walk *walk);

/* Goes on to a page that has come. False: the page cannot be the next one of this list, `error`
 * says why (CV_ERROR_RESPONSE), and the walk stands where it stood. */
bool cvi_walk_take(cvi_walk *walk, const cvi_walk_page *page, cv_error *error);

/* Whether record `index` of the page at hand has been there already: on the page before, or
 * earlier on this one. The service's lists move while one walks through them. Never of a record
 * that is known by its text: two may be alike. */
bool cvi_walk_repeats(const cvi_walk *walk, size_t index);

#endif
