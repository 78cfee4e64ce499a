/* Owns the default VFS and the allocator of a test's SQLite: both pass everything on to the real
 * ones, unless the plan says that this call fails. */
#include "support/faulty_vfs.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sqlite3.h>

typedef struct faulty_file {
    sqlite3_file base;
    sqlite3_file *real; /* in the same block, behind this */
} faulty_file;

/* SQLite has one VFS and one allocator for the process, and so has this layer. */
static sqlite3_vfs layer;
static sqlite3_vfs *real_vfs;
static sqlite3_mem_methods real_memory;
static faulty_plan *file_plan;
static faulty_plan *memory_plan;
static pthread_mutex_t plans_mutex = PTHREAD_MUTEX_INITIALIZER;

static bool fails_now(faulty_plan *plan) {
    pthread_mutex_lock(&plans_mutex);
    plan->calls++;
    bool fails =
        plan->failing_call != 0 && (plan->keeps_failing ? plan->calls >= plan->failing_call
                                                        : plan->calls == plan->failing_call);
    plan->has_failed = plan->has_failed || fails;
    pthread_mutex_unlock(&plans_mutex);
    if (fails && plan->result == FAULTY_KILL) {
        (void)raise(SIGKILL);
    }
    return fails;
}

/* A death at a read is one at the next write. */
static bool fails_to_read(void) {
    return file_plan->result != FAULTY_KILL && fails_now(file_plan);
}

static sqlite3_file *real_of(sqlite3_file *file) {
    return ((faulty_file *)file)->real;
}

/* ---- files ---- */

static int file_close(sqlite3_file *file) {
    return real_of(file)->pMethods->xClose(real_of(file));
}

static int file_read(sqlite3_file *file, void *bytes, int size, sqlite3_int64 offset) {
    return fails_to_read() ? file_plan->result
                           : real_of(file)->pMethods->xRead(real_of(file), bytes, size, offset);
}

static int file_write(sqlite3_file *file, const void *bytes, int size, sqlite3_int64 offset) {
    return fails_now(file_plan)
               ? file_plan->result
               : real_of(file)->pMethods->xWrite(real_of(file), bytes, size, offset);
}

static int file_truncate(sqlite3_file *file, sqlite3_int64 size) {
    return fails_now(file_plan) ? file_plan->result
                                : real_of(file)->pMethods->xTruncate(real_of(file), size);
}

static int file_sync(sqlite3_file *file, int flags) {
    return fails_now(file_plan) ? file_plan->result
                                : real_of(file)->pMethods->xSync(real_of(file), flags);
}

static int file_size(sqlite3_file *file, sqlite3_int64 *size) {
    return fails_to_read() ? file_plan->result
                           : real_of(file)->pMethods->xFileSize(real_of(file), size);
}

static int file_lock(sqlite3_file *file, int level) {
    return fails_now(file_plan) ? file_plan->result
                                : real_of(file)->pMethods->xLock(real_of(file), level);
}

static int file_unlock(sqlite3_file *file, int level) {
    return real_of(file)->pMethods->xUnlock(real_of(file), level);
}

static int file_check_reserved(sqlite3_file *file, int *result) {
    return real_of(file)->pMethods->xCheckReservedLock(real_of(file), result);
}

static int file_control(sqlite3_file *file, int operation, void *argument) {
    return real_of(file)->pMethods->xFileControl(real_of(file), operation, argument);
}

static int file_sector_size(sqlite3_file *file) {
    return real_of(file)->pMethods->xSectorSize(real_of(file));
}

static int file_characteristics(sqlite3_file *file) {
    return real_of(file)->pMethods->xDeviceCharacteristics(real_of(file));
}

/* With SQLITE_READONLY comes a map that may only be read, not none at all. */
static int file_shm_map(sqlite3_file *file, int region, int size, int extend,
                        void volatile **address) {
    if (fails_now(file_plan)) {
        return file_plan->result == SQLITE_READONLY ? SQLITE_IOERR_SHMMAP : file_plan->result;
    }
    return real_of(file)->pMethods->xShmMap(real_of(file), region, size, extend, address);
}

/* Giving a lock back never fails. */
static int file_shm_lock(sqlite3_file *file, int offset, int count, int flags) {
    if ((flags & SQLITE_SHM_LOCK) != 0 && fails_now(file_plan)) {
        return file_plan->result;
    }
    return real_of(file)->pMethods->xShmLock(real_of(file), offset, count, flags);
}

static void file_shm_barrier(sqlite3_file *file) {
    real_of(file)->pMethods->xShmBarrier(real_of(file));
}

static int file_shm_unmap(sqlite3_file *file, int delete_it) {
    return real_of(file)->pMethods->xShmUnmap(real_of(file), delete_it);
}

static const sqlite3_io_methods file_methods = {
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
    .xSectorSize = file_sector_size,
    .xDeviceCharacteristics = file_characteristics,
    .xShmMap = file_shm_map,
    .xShmLock = file_shm_lock,
    .xShmBarrier = file_shm_barrier,
    .xShmUnmap = file_shm_unmap,
};

static int open_file(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags,
                     int *out_flags) {
    faulty_file *self = (faulty_file *)file;
    (void)vfs;
    file->pMethods = NULL;
    if (fails_now(file_plan)) {
        return file_plan->result;
    }
    self->real = (sqlite3_file *)(self + 1);
    int result = real_vfs->xOpen(real_vfs, name, self->real, flags, out_flags);
    if (self->real->pMethods != NULL) {
        file->pMethods = &file_methods;
    }
    return result;
}

static int delete_file(sqlite3_vfs *vfs, const char *name, int sync_folder) {
    (void)vfs;
    return fails_now(file_plan) ? file_plan->result
                                : real_vfs->xDelete(real_vfs, name, sync_folder);
}

static int access_file(sqlite3_vfs *vfs, const char *name, int flags, int *result) {
    (void)vfs;
    return fails_to_read() ? file_plan->result : real_vfs->xAccess(real_vfs, name, flags, result);
}

/* ---- memory ---- */

static void *take(int size) {
    return fails_now(memory_plan) ? NULL : real_memory.xMalloc(size);
}

static void *resize(void *block, int size) {
    return fails_now(memory_plan) ? NULL : real_memory.xRealloc(block, size);
}

void faulty_plan_fail(faulty_plan *plan, int call, int result, bool keeps_failing) {
    pthread_mutex_lock(&plans_mutex);
    *plan = (faulty_plan){call, result, keeps_failing, 0, false};
    pthread_mutex_unlock(&plans_mutex);
}

bool faulty_plan_mend(faulty_plan *plan) {
    pthread_mutex_lock(&plans_mutex);
    plan->failing_call = 0;
    bool has_failed = plan->has_failed;
    pthread_mutex_unlock(&plans_mutex);
    return has_failed;
}

void faulty_vfs_install(faulty_plan *files, faulty_plan *memory) {
    file_plan = files;
    memory_plan = memory;
    assert_int_equal(sqlite3_config(SQLITE_CONFIG_GETMALLOC, &real_memory), SQLITE_OK);
    sqlite3_mem_methods failing = real_memory;
    failing.xMalloc = take;
    failing.xRealloc = resize;
    assert_int_equal(sqlite3_config(SQLITE_CONFIG_MALLOC, &failing), SQLITE_OK);
    /* Small blocks would otherwise come from a cache of the connection, and never fail. */
    assert_int_equal(sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 0, 0), SQLITE_OK);
    real_vfs = sqlite3_vfs_find(NULL);
    assert_non_null(real_vfs);
    layer = *real_vfs;
    layer.zName = "faulty";
    layer.pNext = NULL;
    layer.szOsFile = (int)sizeof(faulty_file) + real_vfs->szOsFile;
    layer.xOpen = open_file;
    layer.xDelete = delete_file;
    layer.xAccess = access_file;
    assert_int_equal(sqlite3_vfs_register(&layer, 1), SQLITE_OK);
}
