/* Owns the disk's face towards SQLite: files, their locks, and the shared memory of the write-ahead
 * log with its locks. A handle stands for one process's connection; as in real life its locks fall
 * when it is closed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/disk_internal.h"

typedef struct handle {
    sqlite3_file base;
    disk *disk;
    disk_file *file;
    int level;         /* of the file's own lock */
    unsigned readers;  /* slots of the shared memory that it shares */
    unsigned writers;  /* and that it holds alone */
    bool uses_regions; /* has mapped some */
} handle;

static handle *of(sqlite3_file *file) {
    return (handle *)(void *)file;
}

static int ask(const handle *self, disk_operation operation) {
    return self->disk->judge(self->disk->user, operation);
}

/* ---- bytes ---- */

static int file_read(sqlite3_file *base, void *bytes, int size, sqlite3_int64 offset) {
    const handle *self = of(base);
    int result = ask(self, DISK_READ);
    if (result != SQLITE_OK) {
        return result;
    }
    const disk_bytes *content = &self->file->bytes;
    size_t start = (size_t)offset;
    size_t wanted = (size_t)size;
    size_t there = start < content->size ? content->size - start : 0;
    size_t got = there < wanted ? there : wanted;
    if (got > 0) {
        memcpy(bytes, content->data + start, got);
    }
    memset((char *)bytes + got, 0, wanted - got);
    return got == wanted ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

static int file_write(sqlite3_file *base, const void *bytes, int size, sqlite3_int64 offset) {
    const handle *self = of(base);
    int result = ask(self, DISK_WRITE);
    if (result == SQLITE_OK) {
        self->disk->changes++;
        disk_file_write(self->file, (size_t)offset, bytes, (size_t)size);
    }
    return result;
}

static int file_truncate(sqlite3_file *base, sqlite3_int64 size) {
    const handle *self = of(base);
    int result = ask(self, DISK_WRITE);
    if (result == SQLITE_OK) {
        self->disk->changes++;
        disk_file_truncate(self->file, (size_t)size);
    }
    return result;
}

static int file_sync(sqlite3_file *base, int flags) {
    const handle *self = of(base);
    (void)flags;
    int result = ask(self, DISK_SYNC);
    if (result == SQLITE_OK) {
        disk_file_sync(self->file);
    }
    return result;
}

static int file_size(sqlite3_file *base, sqlite3_int64 *size) {
    *size = (sqlite3_int64)of(base)->file->bytes.size;
    return SQLITE_OK;
}

/* ---- the file's own lock ---- */

static bool is_taken(const void *holder, const handle *self) {
    return holder != NULL && holder != self;
}

static int take_exclusive(handle *self) {
    disk_file *file = self->file;
    if (is_taken(file->reserved, self) || is_taken(file->exclusive, self)) {
        return SQLITE_BUSY;
    }
    file->reserved = self;
    if (file->sharers > (self->level >= SQLITE_LOCK_SHARED ? 1 : 0)) {
        return SQLITE_BUSY;
    }
    file->exclusive = self;
    return SQLITE_OK;
}

static int file_lock(sqlite3_file *base, int level) {
    handle *self = of(base);
    disk_file *file = self->file;
    int result = SQLITE_OK;
    if (level <= self->level) {
        return SQLITE_OK;
    }
    if (level == SQLITE_LOCK_SHARED) {
        result = is_taken(file->exclusive, self) ? SQLITE_BUSY : SQLITE_OK;
        file->sharers += result == SQLITE_OK ? 1 : 0;
    } else if (level == SQLITE_LOCK_RESERVED) {
        result = is_taken(file->reserved, self) ? SQLITE_BUSY : SQLITE_OK;
        file->reserved = result == SQLITE_OK ? self : file->reserved;
    } else {
        result = take_exclusive(self);
    }
    self->level = result == SQLITE_OK ? level : self->level;
    return result;
}

static int file_unlock(sqlite3_file *base, int level) {
    handle *self = of(base);
    disk_file *file = self->file;
    if (level <= SQLITE_LOCK_SHARED) {
        file->reserved = file->reserved == self ? NULL : file->reserved;
        file->exclusive = file->exclusive == self ? NULL : file->exclusive;
    }
    if (level == SQLITE_LOCK_NONE && self->level >= SQLITE_LOCK_SHARED) {
        file->sharers--;
    }
    self->level = level < self->level ? level : self->level;
    return SQLITE_OK;
}

static int file_check_reserved(sqlite3_file *base, int *result) {
    *result = of(base)->file->reserved != NULL ? 1 : 0;
    return SQLITE_OK;
}

/* ---- shared memory ---- */

static int shm_map(sqlite3_file *base, int region, int size, int extend, void volatile **address) {
    handle *self = of(base);
    if (region >= DISK_REGIONS) {
        return SQLITE_IOERR_SHMMAP;
    }
    if (!self->uses_regions) {
        self->uses_regions = true;
        self->file->users++;
    }
    if (self->file->regions[region] == NULL && extend != 0) {
        self->file->regions[region] = calloc(1, (size_t)size);
    }
    *address = self->file->regions[region];
    return *address == NULL && extend != 0 ? SQLITE_NOMEM : SQLITE_OK;
}

static bool is_free(const disk_slot *slot, const handle *self, bool alone, bool shares) {
    int others = slot->readers - (shares ? 1 : 0);
    return !is_taken(slot->writer, self) && (!alone || others == 0);
}

static void let_go(handle *self, int slot) {
    unsigned bit = 1u << slot;
    disk_slot *held = &self->file->slots[slot];
    held->readers -= (self->readers & bit) != 0 ? 1 : 0;
    held->writer = (self->writers & bit) != 0 ? NULL : held->writer;
    self->readers &= ~bit;
    self->writers &= ~bit;
}

static void take(handle *self, int slot, bool alone) {
    unsigned bit = 1u << slot;
    disk_slot *taken = &self->file->slots[slot];
    if (alone) {
        taken->writer = self;
        self->writers |= bit;
    } else if ((self->readers & bit) == 0) {
        taken->readers++;
        self->readers |= bit;
    }
}

static int shm_lock(sqlite3_file *base, int first, int count, int flags) {
    handle *self = of(base);
    bool alone = (flags & SQLITE_SHM_EXCLUSIVE) != 0;
    if ((flags & SQLITE_SHM_UNLOCK) != 0) {
        for (int slot = first; slot < first + count; slot++) {
            let_go(self, slot);
        }
        return SQLITE_OK;
    }
    int result = alone ? ask(self, DISK_LOCK) : SQLITE_OK;
    for (int slot = first; result == SQLITE_OK && slot < first + count; slot++) {
        bool shares = (self->readers & (1u << slot)) != 0;
        result = is_free(&self->file->slots[slot], self, alone, shares) ? SQLITE_OK : SQLITE_BUSY;
    }
    for (int slot = first; result == SQLITE_OK && slot < first + count; slot++) {
        take(self, slot, alone);
    }
    return result;
}

static void shm_barrier(sqlite3_file *base) {
    (void)base;
}

/* The last one out leaves nothing: who comes next reads the log anew. */
static int shm_unmap(sqlite3_file *base, int delete_it) {
    handle *self = of(base);
    (void)delete_it;
    for (int slot = 0; slot < DISK_SLOTS; slot++) {
        let_go(self, slot);
    }
    if (self->uses_regions && --self->file->users == 0) {
        disk_drop_regions(self->file);
    }
    self->uses_regions = false;
    return SQLITE_OK;
}

/* ---- handles ---- */

static int file_close(sqlite3_file *base) {
    shm_unmap(base, 0);
    return file_unlock(base, SQLITE_LOCK_NONE);
}

static int file_control(sqlite3_file *base, int operation, void *argument) {
    (void)base;
    (void)operation;
    (void)argument;
    return SQLITE_NOTFOUND;
}

static int sector_size(sqlite3_file *base) {
    (void)base;
    return 4096;
}

static int characteristics(sqlite3_file *base) {
    (void)base;
    return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = file_close,
    .xRead = file_read,
    .xWrite = file_write,
    .xTruncate = file_truncate,
    .xSync = file_sync,
    .xFileSize = file_size,
    .xLock = file_lock,
    .xUnlock = file_unlock,
    .xCheckReservedLock = file_check_reserved,
    .xFileControl = file_control,
    .xSectorSize = sector_size,
    .xDeviceCharacteristics = characteristics,
    .xShmMap = shm_map,
    .xShmLock = shm_lock,
    .xShmBarrier = shm_barrier,
    .xShmUnmap = shm_unmap,
};

static disk *disk_of(sqlite3_vfs *vfs) {
    return vfs->pAppData;
}

static int open_file(sqlite3_vfs *vfs, const char *name, sqlite3_file *base, int flags,
                     int *out_flags) {
    disk *self = disk_of(vfs);
    base->pMethods = NULL;
    int result = name == NULL ? SQLITE_CANTOPEN : self->judge(self->user, DISK_OPEN);
    if (result != SQLITE_OK) {
        return result;
    }
    disk_file *file = disk_make(self, name);
    if (file == NULL) {
        return SQLITE_CANTOPEN;
    }
    *of(base) = (handle){.base = {&methods}, .disk = self, .file = file};
    if (out_flags != NULL) {
        *out_flags = flags;
    }
    return SQLITE_OK;
}

static int delete_file(sqlite3_vfs *vfs, const char *name, int sync_folder) {
    (void)sync_folder;
    disk *self = disk_of(vfs);
    disk_file *file = disk_find(self, name);
    int result = self->judge(self->user, DISK_WRITE);
    if (result == SQLITE_OK && file != NULL) {
        self->changes++;
        disk_file_delete(file);
    }
    return result;
}

static int access_file(sqlite3_vfs *vfs, const char *name, int flags, int *result) {
    (void)flags;
    const disk_file *file = disk_find(disk_of(vfs), name);
    *result = file != NULL && file->is_there ? 1 : 0;
    return SQLITE_OK;
}

static int full_name(sqlite3_vfs *vfs, const char *name, int size, char *out) {
    (void)vfs;
    int length = snprintf(out, (size_t)size, "%s", name);
    return length >= 0 && length < size ? SQLITE_OK : SQLITE_CANTOPEN;
}

static int randomness(sqlite3_vfs *vfs, int size, char *out) {
    chance_fill(&disk_of(vfs)->random, out, (size_t)size);
    return size;
}

static int sleep_not(sqlite3_vfs *vfs, int duration_us) {
    (void)vfs;
    return duration_us;
}

static int tell_time(sqlite3_vfs *vfs, sqlite3_int64 *time_ms) {
    static const sqlite3_int64 unix_epoch_ms = INT64_C(210866760000000);
    *time_ms = unix_epoch_ms + *disk_of(vfs)->wall_ms;
    return SQLITE_OK;
}

static int last_error(sqlite3_vfs *vfs, int size, char *out) {
    (void)vfs;
    if (size > 0) {
        out[0] = '\0';
    }
    return 0;
}

void disk_install(disk *self) {
    static sqlite3_vfs face = {
        .iVersion = 2,
        .szOsFile = (int)sizeof(handle),
        .mxPathname = DISK_NAME_SIZE - 1,
        .zName = "model-disk",
        .xOpen = open_file,
        .xDelete = delete_file,
        .xAccess = access_file,
        .xFullPathname = full_name,
        .xRandomness = randomness,
        .xSleep = sleep_not,
        .xGetLastError = last_error,
        .xCurrentTimeInt64 = tell_time,
    };
    face.pAppData = self;
    if (sqlite3_vfs_register(&face, 1) != SQLITE_OK) {
        (void)fputs("SQLite takes no other disk\n", stderr);
        exit(2);
    }
}
