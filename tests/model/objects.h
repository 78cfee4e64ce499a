/* What can be asked for in a world: objects, lists, hits, the pages of a walk, and the lists that
 * many ids at once are asked for in. Each has its own answer, and its own place in the cache. */
#ifndef TESTS_MODEL_OBJECTS_H
#define TESTS_MODEL_OBJECTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    HASH_SIZE = 65, /* and its end */
    URL_SIZE = 160,
    PAGE_COUNT = 3,
    ID_COUNT = 2, /* that are asked for at once: the issues 1 and 2 */

    ISSUE_1 = 0,
    ISSUE_2,
    VOLUME,
    ISSUES,
    HITS,
    SINGLES, /* so many are asked for one by one */
    PAGES = SINGLES,
    LISTS = PAGES + PAGE_COUNT,          /* of some of the ids, which are the bits from 1 on */
    ITEMS = LISTS + (1 << ID_COUNT) - 1, /* what those say of each, in the cache alone */
    OBJECTS = ITEMS + ID_COUNT
};

/* What an application asks for: those, a walk from page to page, many ids at once. */
enum { SUBJECT_WALK = SINGLES, SUBJECT_MANY, SUBJECTS, SUBJECT_PICTURE = SUBJECTS };

enum { PATH_ISSUE, PATH_VOLUME, PATH_ISSUES, PATH_SEARCH, PATHS };

extern const char *const path_names[PATHS];
extern const int object_paths[OBJECTS];

/* The one record's; 0 for a list of ids. */
extern const int64_t object_ids[OBJECTS];

typedef struct object_keys {
    char hash[HASH_SIZE]; /* under which the file has it */
    char url[URL_SIZE];   /* which it is asked by, without the API key; "": it never is */
} object_keys;

/* Works them out. False without memory. */
bool objects_init(object_keys keys[OBJECTS]);

/* What is asked for to get the answer to an object. */
int object_subject(int object);

/* Which object a URL asks for; -1: none. */
int object_of_url(const object_keys keys[OBJECTS], const char *url);
int object_of_hash(const object_keys keys[OBJECTS], const char *hash);

/* Pictures, which are no objects of the service: numbered from OBJECTS on, on hosts of their own.
 */
enum { PICTURES = 3 };

static inline bool object_is_picture(int object) {
    return object >= OBJECTS;
}

const char *picture_url(int object);

/* The number in it is the same for all that are on one host. */
int picture_host(int object);
int picture_of_url(const char *url);

/* Whether the answer to an object tells of an issue, and so may be kept or given as that. */
bool object_tells_of(int object, int64_t id);

/* Whether what is kept as one object may have come in the answer to another. */
bool object_may_hold(int kept, int answered);

#endif
