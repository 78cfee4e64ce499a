/* The insides of results, for the files of this room that make and read them. */
#ifndef CVI_RESOURCES_INSIDE_H
#define CVI_RESOURCES_INSIDE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "resources/oddity.h"
#include "resources/result.h"
#include "resources/table.h"
#include "support/arena.h"

/* What the library knows of a record beyond its public struct; one beside each record of a result.
 * Bit i of the masks is row i of the shape. */
typedef struct cvi_record {
    cvi_result *result;     /* in which it lies */
    const cvi_shape *shape; /* of its struct */
    size_t offset;          /* of its struct within the result's records */
    uint64_t present;       /* the answer had the member */
    uint64_t null;          /* as null, or as something that reads as null (an oddity) */
    size_t raw_begin;       /* its text within the body */
    size_t raw_end;
    const cvi_oddity *oddities; /* what its members do not tell; NULL: nothing */
} cvi_record;

/* Written by the decoder only; constant, but for the count of owners, once it is handed out. */
struct cvi_result {
    atomic_size_t owners;
    cv_allocator allocator;
    cvi_arena arena; /* all that the records point to */
    char *body;      /* from the allocator */
    size_t body_size;
    char *tape; /* until somebody takes it; from the allocator, or NULL */
    size_t tape_size;
    const cvi_resource *resource;
    bool is_list;
    cvi_envelope envelope;
    char *records;       /* `count` structs without gaps, each of the shape that its detail names */
    size_t records_size; /* of that block, in bytes */
    cvi_record *details; /* as many; a block */
    size_t count;
    size_t item_count; /* with those that are no records */
};

/* An empty result with one owner that takes over the body; NULL without memory (body is kept). */
cvi_result *cvi_result_new(const cv_allocator *allocator, const cvi_resource *resource,
                           bool is_list, char *body, size_t body_size);

/* A record that is known and lies elsewhere. */
typedef struct cvi_made_record {
    const cvi_resource *resource;
    const char *record; /* a struct of the resource's shape */
    cvi_record detail;
} cvi_made_record;

/* Gives an empty result its records, copied into blocks of exactly their size. False: no memory. */
bool cvi_result_fill(cvi_result *result, const cvi_made_record *made, size_t count);

#endif
