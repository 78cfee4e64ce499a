/* A file of the library's with made-up issues, and the two ways to read one: by a client, and bare.
 * Not across a fork: each process opens it for itself. */
#ifndef BENCH_ISSUE_FILE_H
#define BENCH_ISSUE_FILE_H

#include <comicvine.h>

#include "bare_cache.h"

typedef struct issue_file {
    const char *database; /* borrowed */
    cv_client *client;
    bare_cache bare;
} issue_file;

/* Opens the file, which is made if it is not there. */
void issue_file_open(issue_file *self, const char *database);
void issue_file_close(issue_file *self);

/* Puts the issues with the ids from `first` to `last`, all of so many bytes. */
void issue_file_fill(issue_file *self, int64_t first, int64_t last, size_t size);

/* A cached retrieve, from the file to the freed record. */
void issue_file_retrieve(issue_file *self, int64_t id);

/* A bare point read; the same and a bare parse of what it finds. */
void issue_file_read(issue_file *self, int64_t id);
void issue_file_read_and_parse(issue_file *self, int64_t id);

/* Processor time in microseconds that each of `count` calls takes, with ids of which none is like
 * the one before: they run through `first` to `last`, from a place that `turn` says. */
typedef void issue_file_call(issue_file *self, int64_t id);

typedef struct issue_file_walk {
    int64_t first;
    int64_t last;
    int count;
    int turn;
} issue_file_walk;

double issue_file_time_us(issue_file *self, issue_file_call *call, const issue_file_walk *walk);

#endif
