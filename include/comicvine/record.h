/* Records: what every typed record begins with, the shapes nested in records, and the functions
 * that work on a record of any resource.
 *
 * A record is immutable and may be read from any thread until it is freed. All that it points to
 * belongs to it. Text is UTF-8 and ends in NUL; NULL means null or absent. Whole numbers read 0
 * when null or absent; cv_record_has tells absent apart. A list that is null, absent or empty has
 * a count of 0. A member takes what says the same in another way: a number in a text ("12", "012"),
 * a text that is a number (its spelling), true and false as 1 and 0, fractions cut to whole
 * numbers; items of a list that are no objects are left out. What it cannot hold (a number beyond
 * 64 bits, "abc" for a number, text in place of a list) reads as null. Nothing is lost:
 * cv_record_json writes what was sent, and cv_record_raw has it. Dates are the service's own text,
 * Pacific time without a zone; help.h parses them.
 */
#ifndef COMICVINE_RECORD_H
#define COMICVINE_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <comicvine/error.h>
#include <comicvine/resource.h>
#include <comicvine/version.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Where the answer to this very call came from. */
typedef enum cv_source {
    CV_SOURCE_CACHE = 0, /* the database file */
    CV_SOURCE_NETWORK,   /* the service, fetched for this call */
    CV_SOURCE_SHARED, /* the service, fetched for another caller who asked the same just before */
    CV_SOURCE_STALE   /* the database file, past its time to live: see cv_stale_note */
} cv_source;

/* Beside an answer that is past its time: how old it is, and why it was given all the same. The
 * reason is what the call would have failed with; or CV_PENDING: nothing failed, and it is fetched
 * anew (CV_STALE_WHILE_REVALIDATE); or CV_ERROR_NOT_CACHED: only the cache was asked. */
typedef struct cv_stale_note {
    int64_t age_ms;  /* from when the service answered to when this call was */
    cv_error reason; /* a code that is not CV_OK, and what belongs to it */
    int64_t reserved[4];
} cv_stale_note;

/* The head of every typed record and every record's own part of the answer. */
typedef struct cv_record {
    cv_resource resource;            /* what it is; CV_RESOURCE_NONE: a hit of no known kind */
    cv_source source;                /* where the answer to this call came from */
    int64_t fetched_at_ms;           /* Unix time at which the service answered */
    int64_t expires_at_ms;           /* Unix time until which the cache calls it fresh */
    const struct cvi_record *detail; /* the library's own */
    const cv_stale_note *stale;      /* with CV_SOURCE_STALE, else NULL */
    int64_t reserved[1];
} cv_record;

/* Reference to another object. */
typedef struct cv_ref {
    const char *api_detail_url;  /* its path word names the relation, not always the resource */
    int64_t id;                  /* number of the object, the 52 in 4000-52 */
    const char *name;            /* what it is called; may be NULL or "", and have outer blanks */
    const char *site_detail_url; /* page for people */
} cv_ref;

/* Reference to another object, without a page for people. */
typedef struct cv_apiref {
    const char *api_detail_url; /* the object's address in the API */
    int64_t id;                 /* number of the object */
    const char *name;           /* what it is called */
} cv_apiref;

/* Reference to something that appears, and how often. */
typedef struct cv_count_ref {
    const char *api_detail_url;  /* its path word may be wrong: see the id's type, 4005 in 4005-1 */
    int64_t id;                  /* number of the object */
    const char *name;            /* what it is called */
    const char *site_detail_url; /* page for people */
    int64_t count;               /* issues or episodes that it is in */
} cv_count_ref;

/* Reference to an issue. */
typedef struct cv_issue_ref {
    const char *api_detail_url;  /* the issue's address in the API */
    int64_t id;                  /* number of the issue */
    const char *name;            /* title; often NULL or "" */
    const char *site_detail_url; /* page for people */
    const char *issue_number;    /* free text: "12", "½", "1.MU", "-1" */
} cv_issue_ref;

/* Reference to an issue, without a page for people. */
typedef struct cv_issue_apiref {
    const char *api_detail_url; /* its path word names the relation */
    int64_t id;                 /* number of the issue */
    const char *name;           /* title; often NULL */
    const char *issue_number;   /* free text: "12", "½", "1 [2]"; rarely NULL */
} cv_issue_apiref;

/* Reference to an episode. */
typedef struct cv_episode_ref {
    const char *api_detail_url;  /* the episode's address in the API */
    int64_t id;                  /* number of the episode */
    const char *name;            /* title */
    const char *site_detail_url; /* page for people */
    const char *episode_number;  /* free text: "101", "S02", "101/102" */
} cv_episode_ref;

/* Reference to an episode, without a page for people. */
typedef struct cv_episode_apiref {
    const char *api_detail_url; /* its path word names the relation */
    int64_t id;                 /* number of the episode */
    const char *name;           /* title */
    const char *episode_number; /* free text: "101", "S02", "101 & 102" */
} cv_episode_apiref;

/* A person and what they did. */
typedef struct cv_person_credit {
    const char *api_detail_url;  /* the person's address in the API */
    int64_t id;                  /* number of the person */
    const char *name;            /* name that credits use */
    const char *site_detail_url; /* page for people */
    const char *role;            /* roles joined by ", ": "penciler, inker, cover" */
} cv_person_credit;

/* The same picture in nine sizes. "No image" is a real URL that ends in "blank.png". */
typedef struct cv_image {
    const char *icon_url;         /* address; square, small */
    const char *medium_url;       /* address; scaled to medium size */
    const char *screen_url;       /* address; scaled to fill a screen */
    const char *screen_large_url; /* address; larger than screen_url, sometimes the original */
    const char *small_url;        /* address; scaled to small size */
    const char *super_url;        /* address; the largest that is scaled */
    const char *thumb_url;        /* address; scaled to the size of an avatar */
    const char *tiny_url;         /* address; square, the smallest */
    const char *original_url;     /* address; as uploaded, any size */
    const char *image_tags;       /* words joined by commas, may begin with one; NULL: none */
} cv_image;

/* A further picture, such as a variant cover. */
typedef struct cv_associated_image {
    const char *original_url; /* address; as uploaded, any size */
    int64_t id;               /* number of the picture */
    const char *caption;      /* text below it; NULL in all answers seen */
    const char *image_tags;   /* words joined by commas */
} cv_associated_image;

/* A day that travels as an object. */
typedef struct cv_date_object {
    const char *date;      /* the day, "YYYY-MM-DD 00:00:00.000000" */
    int64_t timezone_type; /* 3: `timezone` is a place */
    const char *timezone;  /* the place: "America/Los_Angeles" */
} cv_date_object;

/* References: `count` of them, none if it is 0. */
typedef struct cv_ref_list {
    const cv_ref *items;
    size_t count;
} cv_ref_list;

/* References without pages for people: `count` of them, none if it is 0. */
typedef struct cv_apiref_list {
    const cv_apiref *items;
    size_t count;
} cv_apiref_list;

/* References to what appears, with counts: `count` of them, none if it is 0. */
typedef struct cv_count_ref_list {
    const cv_count_ref *items;
    size_t count;
} cv_count_ref_list;

/* References to issues: `count` of them, none if it is 0. */
typedef struct cv_issue_ref_list {
    const cv_issue_ref *items;
    size_t count;
} cv_issue_ref_list;

/* References to episodes: `count` of them, none if it is 0. */
typedef struct cv_episode_ref_list {
    const cv_episode_ref *items;
    size_t count;
} cv_episode_ref_list;

/* People with their roles: `count` of them, none if it is 0. */
typedef struct cv_person_credit_list {
    const cv_person_credit *items;
    size_t count;
} cv_person_credit_list;

/* Further pictures: `count` of them, none if it is 0. */
typedef struct cv_associated_image_list {
    const cv_associated_image *items;
    size_t count;
} cv_associated_image_list;

/* One page of a list, as records of any resource. `items` belong to the page. */
typedef struct cv_page {
    const cv_record *const *items;
    size_t count;               /* records on this page; empty items of the answer are none */
    int64_t limit;              /* page size that the service applied */
    int64_t offset;             /* position of the first item among all matches; -1: not said */
    int64_t total;              /* matches in all, as the service counts them; -1: not said */
    cv_source source;           /* of this call */
    int64_t fetched_at_ms;      /* Unix time */
    int64_t expires_at_ms;      /* Unix time */
    const cv_stale_note *stale; /* with CV_SOURCE_STALE, else NULL; that of each item too */
    int64_t reserved[7];
} cv_page;

/* Whether the answer had this member, even as null. `field` is a member's name or its spelling on
 * the wire; an unknown name is absent. NULL is fine for both. Any thread. */
CV_API bool cv_record_has(const cv_record *record, const char *field);

/* The record written out as JSON from its typed members, under the names that the answer had, in
 * table order, without members that the answer did not have. What a member could not take as it was
 * ("12" for a number, [] for an object, null or nothing in a nested struct) is written as it was
 * sent; members unknown to this version are in cv_record_raw only, and broken UTF-8 is U+FFFD. Free
 * it with cv_free. NULL without memory or for NULL. Any thread. */
CV_API char *cv_record_json(const cv_record *record);

/* The record's text exactly as received (but for an echoed API key, which is blotted out), members
 * unknown to this version included. Belongs to the record, does not end in NUL: `length` (may not
 * be NULL) gets its bytes. NULL only for NULL. */
CV_API const char *cv_record_raw(const cv_record *record, size_t *length);

/* A handle of its own on a record, also on one that belongs to a page, good until cv_record_free.
 * Cheap: the contents are shared. NULL without memory or for NULL. Any thread. */
CV_API const cv_record *cv_record_keep(const cv_record *record);

/* Frees a record that a call handed out (not an item of a page). NULL is fine. Any thread. */
CV_API void cv_record_free(const cv_record *record);

/* Frees a page with its items. NULL is fine. Any thread. */
CV_API void cv_page_free(const cv_page *page);

#ifdef __cplusplus
}
#endif

#endif
