/* Bodies of answers in files: <folder>/<detail path>/<any>.json, <folder>/<list path>.json,
 * <folder>/search.json and <folder>/search/<any>.json. */
#ifndef BENCH_BODIES_H
#define BENCH_BODIES_H

#include <stdbool.h>
#include <stddef.h>

#include "resources/table.h"

typedef struct bodies_answer {
    const cvi_resource *resource;
    bool is_list;
    char *text;
    size_t size;
} bodies_answer;

typedef enum bodies_kind {
    BODIES_DETAILS,
    BODIES_LISTS,
    BODIES_SEARCHES,
    BODIES_KINDS
} bodies_kind;

typedef struct bodies_set {
    bodies_answer *answers;
    size_t count;
    size_t bytes; /* of all texts */
} bodies_set;

/* The folder that COMICVINE_RECORDINGS names, if it is there; else `fixtures`. */
const char *bodies_folder(const char *fixtures);

/* Fills a set for each kind with what the folder has; a folder without any is an error of the
 * program. Bodies of errors stay out: there are no records in them. */
void bodies_load(bodies_set sets[BODIES_KINDS], const char *folder);
void bodies_free(bodies_set sets[BODIES_KINDS]);

#endif
