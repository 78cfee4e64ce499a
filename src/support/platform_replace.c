/* Owns the replacing of files that others may write at the same time, and the names of their
 * drafts. A draft is locked by the one who writes it, from before its first byte until it has the
 * file's name; so one that can be locked was left by a program that is gone, and whoever writes the
 * same file next removes it. A name is only taken away under the lock of the file that it is the
 * name of. Where the file system has no locks, nothing is removed. Any thread. */
#include "support/platform.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/buffer.h"

enum { NAME_SIZE = 4096 + 32 };

typedef struct draft {
    char name[NAME_SIZE];
    int descriptor;
} draft;

static bool set_name(draft *self, const char *path, int number) {
    cvi_buffer name;
    cvi_buffer_over(&name, self->name, sizeof(self->name));
    cvi_buffer_add_format(&name, "%s.comicvine-%d.part", path, number);
    if (name.failed) {
        errno = ENAMETOOLONG;
    }
    return !name.failed;
}

/* Closes it, and with that gives its lock back; errno stays. */
static void let_go(const draft *self) {
    int reason = errno;
    close(self->descriptor);
    errno = reason;
}

/* Whether the file that is open is the one of that name, now that nobody else takes it away. */
static bool has_its_name(const draft *self) {
    struct stat opened;
    struct stat named;
    return fstat(self->descriptor, &opened) == 0 && lstat(self->name, &named) == 0 &&
           S_ISREG(opened.st_mode) && opened.st_dev == named.st_dev &&
           opened.st_ino == named.st_ino;
}

/* ---- leftovers ---- */

static void remove_if_left(draft *self) {
    self->descriptor = open(self->name, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (self->descriptor < 0) {
        return;
    }
    if (cvi_file_lock(self->descriptor) == CVI_LOCK_TAKEN && has_its_name(self)) {
        unlink(self->name);
    }
    let_go(self);
}

static void remove_leftovers(draft *self, const char *path) {
    for (int number = 0; number < CVI_DRAFTS && set_name(self, path, number); number++) {
        remove_if_left(self);
    }
}

/* ---- drafts ---- */

/* Between its making and its lock somebody may take it for a leftover: it is none of ours then. */
static bool make_draft(draft *self) {
    self->descriptor = open(self->name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (self->descriptor < 0) {
        return false;
    }
    if (cvi_file_lock(self->descriptor) == CVI_LOCK_HELD || !has_its_name(self)) {
        let_go(self);
        errno = EEXIST;
        return false;
    }
    return true;
}

static bool find_draft(draft *self, const char *path) {
    for (int number = 0; number < CVI_DRAFTS; number++) {
        if (!set_name(self, path, number)) {
            return false;
        }
        if (make_draft(self)) {
            return true;
        }
        if (errno != EEXIST) {
            return false;
        }
    }
    errno = EBUSY;
    return false;
}

/* ---- the folder ---- */

/* That the file has its name there now. Systems that cannot, and folders that may not be read, are
 * no trouble: whole it is in any case. */
static bool sync_folder(const char *path) {
    char folder[NAME_SIZE];
    cvi_buffer text;
    const char *slash = strrchr(path, '/');
    cvi_buffer_over(&text, folder, sizeof(folder));
    cvi_buffer_add(&text, slash != NULL ? path : ".",
                   slash != NULL ? (size_t)(slash - path) + 1 : 1);
    int descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) {
        return true;
    }
    bool is_synced = fsync(descriptor) == 0;
    int reason = errno;
    close(descriptor);
    errno = reason;
    return is_synced || (reason != EIO && reason != ENOSPC && reason != EDQUOT);
}

/* ---- the whole ---- */

/* Who removes foreign drafts by hand may have made room for another's. */
static bool rename_draft(const draft *self, const char *path) {
    if (!has_its_name(self)) {
        errno = ENOENT;
        return false;
    }
    return rename(self->name, path) == 0;
}

static void remove_draft(const draft *self) {
    int reason = errno;
    if (has_its_name(self)) {
        unlink(self->name);
    }
    errno = reason;
}

/* The lock outlasts the change of name. */
static bool put_in_place(const draft *self, const char *path, const char *bytes, size_t size) {
    bool is_done = cvi_descriptor_write(self->descriptor, bytes, size) &&
                   fsync(self->descriptor) == 0 && rename_draft(self, path);
    if (!is_done) {
        remove_draft(self);
    }
    let_go(self);
    return is_done;
}

bool cvi_file_replace(const char *path, const char *bytes, size_t size) {
    draft own;
    remove_leftovers(&own, path);
    return find_draft(&own, path) && put_in_place(&own, path, bytes, size) && sync_folder(path);
}
