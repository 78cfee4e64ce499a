/* The table of the cache, written and read with SQLite alone: to fill a file with bodies of one's
 * choice, and as the floor of a cached retrieve. */
#ifndef BENCH_BARE_CACHE_H
#define BENCH_BARE_CACHE_H

#include <sqlite3.h>
#include <stddef.h>
#include <stdint.h>

#include "support/digest.h"

typedef struct bare_cache {
    sqlite3 *connection;
    sqlite3_stmt *find;
    sqlite3_stmt *put;
    sqlite3_stmt *find_checksum;
    sqlite3_stmt *put_tape;
} bare_cache;

/* The file must have the tables already: a client has made them. Not across a fork. */
void bare_cache_open(bare_cache *self, const char *database);
void bare_cache_close(bare_cache *self);

/* The key of a detail at the service's own address, as in "issue/4000-52". */
void bare_cache_key(char hash[CVI_HASH_SIZE], const char *path, int64_t id);

/* All that is put between the two is one transaction, which nobody waits for to be on the disk. */
void bare_cache_begin_filling(bare_cache *self);
void bare_cache_put(bare_cache *self, const char *hash, const char *body, size_t size);

/* Stores a tape beside a body that was put. NULL: takes it away. */
void bare_cache_put_tape(bare_cache *self, const char *hash, const char *tape, size_t size);

void bare_cache_end_filling(bare_cache *self);

/* Commits something that changes no row of the cache. */
void bare_cache_touch(bare_cache *self);

/* One prepared point read and one parse of what it finds, which nothing copies. */
void bare_cache_read_and_parse(bare_cache *self, const char *hash);

/* The read alone. Answers the size of the body. */
size_t bare_cache_read(bare_cache *self, const char *hash);

#endif
