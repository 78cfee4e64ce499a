/* Owns the list of database files that SQLite has open in this process on our behalf.
 *
 * SQLite knows a file by its device and inode, and remembers for each which locks the process has.
 * A child of fork inherits the memory, not the locks: it would read and write without any, and lose
 * rows. So what was listed before the fork is refused after it.
 *
 * The memory is SQLite's, one for each copy of it, however many copies of the library use that. So
 * the list must be found through SQLite: it hangs behind a file system of ours, a mere second name
 * of SQLite's own, among those that it has registered. The block is laid out for ever, as copies of
 * other versions read it, and holds no function of ours: the copy that made it may be unloaded
 * before the last has left. Guarded by the mutex that SQLite keeps for extensions' file systems. */
#include "stores/open_files.h"

#include <string.h>

#include <sqlite3.h>

#include "support/allocator.h"
#include "support/error.h"

static const char list_name[] = "comicvine-open-files";

struct cvi_open_file {
    cvi_open_file *next;
    cvi_file_id id;
    uint64_t generation; /* of the process that has it open */
    int64_t handles;
};

struct cvi_open_files {
    sqlite3_vfs alias; /* first: SQLite gives us this */
    char name[sizeof(list_name)];
    cvi_lineage lineage;
    int64_t users; /* in a child also those that it inherited, who never leave */
    cvi_open_file *first;
};

static sqlite3_mutex *lock(void) {
    cvi_fork_hold_off(); /* the mutex would stay locked in the child */
    sqlite3_mutex *mutex = sqlite3_mutex_alloc(SQLITE_MUTEX_STATIC_VFS2);
    sqlite3_mutex_enter(mutex); /* NULL, as in an SQLite without threads, is fine */
    return mutex;
}

static void unlock(sqlite3_mutex *mutex) {
    sqlite3_mutex_leave(mutex);
    cvi_fork_let();
}

/* ---- the list ---- */

static cvi_open_files *new_list(void) {
    const sqlite3_vfs *unix_files = sqlite3_vfs_find("unix");
    cvi_open_files *files = cvi_allocate(&cvi_default_allocator, sizeof(*files));
    if (unix_files == NULL || files == NULL || !cvi_lineage_init(&files->lineage)) {
        cvi_release(&cvi_default_allocator, files);
        return NULL;
    }
    memcpy(files->name, list_name, sizeof(list_name));
    files->alias = *unix_files;
    files->alias.zName = files->name;
    files->alias.pNext = NULL;
    sqlite3_vfs_register(&files->alias, 0); /* fails if SQLite cannot start: it has */
    return files;
}

cvi_open_files *cvi_open_files_enter(void) {
    sqlite3_mutex *mutex = lock();
    cvi_open_files *files = (cvi_open_files *)(void *)sqlite3_vfs_find(list_name);
    if (files == NULL) {
        files = new_list();
    }
    if (files != NULL) {
        files->users++;
    }
    unlock(mutex);
    return files;
}

void cvi_open_files_leave(cvi_open_files *files) {
    sqlite3_mutex *mutex = lock();
    if (--files->users == 0) {
        sqlite3_vfs_unregister(&files->alias);
        cvi_lineage_free(&files->lineage);
        cvi_release(&cvi_default_allocator, files);
    }
    unlock(mutex);
}

cvi_birth cvi_open_files_birth(cvi_open_files *files) {
    sqlite3_mutex *mutex = lock();
    cvi_birth birth = cvi_lineage_birth(&files->lineage);
    unlock(mutex);
    return birth;
}

/* Where the list lies no other does. */
int64_t cvi_open_files_copy(const cvi_open_files *files) {
    static const uint64_t spread = UINT64_C(0x9E3779B97F4A7C15);
    uint64_t mixed = ((uint64_t)(uintptr_t)files * spread) >> (64 - CVI_COPY_BITS);
    return mixed != 0 ? (int64_t)mixed : 1;
}

/* ---- files ---- */

static cvi_open_file *find(cvi_open_files *files, cvi_file_id id) {
    cvi_open_file *file = files->first;
    while (file != NULL && (file->id.device != id.device || file->id.inode != id.inode)) {
        file = file->next;
    }
    return file;
}

static bool refuse_if_inherited(cvi_open_files *files, const cvi_open_file *file, const char *path,
                                cv_error *error) {
    if (file == NULL || file->generation == cvi_lineage_birth(&files->lineage).generation) {
        return true;
    }
    cvi_error_set(error, CV_ERROR_STORE,
                  "the database was open when this process was forked off: open another file here, "
                  "or call exec first: %s",
                  path);
    return false;
}

bool cvi_open_files_check(cvi_open_files *files, const char *path, cv_error *error) {
    cvi_file_id id;
    if (!cvi_file_identify(path, &id, NULL)) {
        return true; /* whoever opens it says why */
    }
    sqlite3_mutex *mutex = lock();
    bool is_allowed = refuse_if_inherited(files, find(files, id), path, error);
    unlock(mutex);
    return is_allowed;
}

static cvi_open_file *add(cvi_open_files *files, cvi_file_id id, const char *path,
                          cv_error *error) {
    cvi_open_file *file = find(files, id);
    if (!refuse_if_inherited(files, file, path, error)) {
        return NULL;
    }
    if (file == NULL) {
        file = cvi_allocate(&cvi_default_allocator, sizeof(*file));
        if (file == NULL) {
            cvi_error_no_memory(error);
            return NULL;
        }
        uint64_t generation = cvi_lineage_birth(&files->lineage).generation;
        *file = (cvi_open_file){files->first, id, generation, 0};
        files->first = file;
    }
    file->handles++;
    return file;
}

cvi_open_file *cvi_open_files_add(cvi_open_files *files, const char *path, cv_error *error) {
    cvi_file_id id;
    if (!cvi_file_identify(path, &id, error)) {
        return NULL;
    }
    sqlite3_mutex *mutex = lock();
    cvi_open_file *file = add(files, id, path, error);
    unlock(mutex);
    return file;
}

void cvi_open_files_remove(cvi_open_files *files, cvi_open_file *file) {
    sqlite3_mutex *mutex = lock();
    if (--file->handles == 0) {
        cvi_open_file **link = &files->first;
        while (*link != file) {
            link = &(*link)->next;
        }
        *link = file->next;
        cvi_release(&cvi_default_allocator, file);
    }
    unlock(mutex);
}
