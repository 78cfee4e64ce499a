/* A disk in memory, below SQLite: what is written is there for all at once, but outlives a power
 * cut only once it has been synced; of the rest any part may. Locks and shared memory are those of
 * processes apart, whichever thread they run on. One thread at a time. */
#ifndef TESTS_MODEL_DISK_H
#define TESTS_MODEL_DISK_H

#include <stddef.h>
#include <stdint.h>

#include <sqlite3.h>

#include "model/chance.h"

enum { DISK_FILES = 8, DISK_SLOTS = SQLITE_SHM_NLOCK, DISK_REGIONS = 8, DISK_NAME_SIZE = 512 };

typedef enum disk_operation {
    DISK_OPEN,
    DISK_READ,
    DISK_WRITE,
    DISK_SYNC,
    DISK_LOCK /* taking one of those of the shared memory */
} disk_operation;

typedef struct disk_bytes {
    unsigned char *data;
    size_t size;
    size_t capacity;
} disk_bytes;

/* A write that has not been synced yet; its bytes lie in the file's `unsynced`. */
typedef struct disk_write {
    size_t offset;
    size_t size;
    size_t at;
    bool truncates; /* to `offset` */
} disk_write;

typedef struct disk_slot {
    int readers;
    const void *writer;
} disk_slot;

typedef struct disk_file {
    char name[DISK_NAME_SIZE]; /* "": this place is free */
    bool is_there;
    disk_bytes bytes;
    disk_bytes durable;
    disk_bytes unsynced;
    disk_write *writes;
    size_t write_count;
    size_t write_capacity;
    int sharers; /* of the file's own lock */
    const void *reserved;
    const void *exclusive;
    void *regions[DISK_REGIONS]; /* shared memory */
    disk_slot slots[DISK_SLOTS];
    int users; /* of it */
} disk_file;

/* Asked before each operation; answers a result of SQLite's. */
typedef int disk_judge(void *user, disk_operation operation);

typedef struct disk {
    disk_file files[DISK_FILES];
    uint64_t changes; /* writes so far */
    disk_judge *judge;
    void *user;
    chance random;    /* SQLite's own */
    int64_t *wall_ms; /* what SQLite takes for the time */
} disk;

/* What SQLite opens from now on lies on this disk; it is the process's default file system. */
void disk_install(disk *self);

/* Gives all memory back. Nothing is open. */
void disk_wipe(disk *self);

/* The power fails. Nothing is open any more. */
void disk_cut(disk *self, chance *random);

/* Makes `self` hold what `image` holds, all of it synced. Nothing of it is open. */
void disk_copy(disk *self, const disk *image);

#endif
