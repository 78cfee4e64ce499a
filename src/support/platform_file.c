/* Owns what the library does to files beside SQLite: private creation, resolving of paths, telling
 * network file systems, and the locks of the gate. Any thread. */
#include "support/platform.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/vfs.h>
#endif

#include "support/buffer.h"
#include "support/error.h"

/* The system's from 2015 on and POSIX's from 2024 on; glibc shows them only with _GNU_SOURCE, which
 * the build defines. */
#ifndef F_OFD_SETLK
#error "this system has no locks of open file descriptions: see docs/porting.md"
#endif

/* Of the files that lie beside the database: "-journal". */
enum { LONGEST_SUFFIX = 8 };

static bool fail(cv_error *error, const char *what, const char *path) {
    cvi_error_set(error, CV_ERROR_STORE, "cannot %s %s: %.95s", what, path, cvi_file_trouble());
    return false;
}

bool cvi_folder_make(const char *path, cv_error *error) {
    char partial[PATH_MAX];
    cvi_buffer text;
    cvi_buffer_over(&text, partial, sizeof(partial));
    for (const char *next = path; *next != '\0'; next++) {
        if (*next == '/' && next > path && mkdir(partial, 0700) != 0 && errno != EEXIST) {
            return fail(error, "make the folder", partial);
        }
        cvi_buffer_add_char(&text, *next);
    }
    if (text.failed) {
        cvi_error_set(error, CV_ERROR_STORE, "the folder's path is too long: %.100s...", path);
        return false;
    }
    if (mkdir(partial, 0700) != 0 && errno != EEXIST) {
        return fail(error, "make the folder", partial);
    }
    return true;
}

bool cvi_path_resolve(const char *path, char *resolved, size_t size, cv_error *error) {
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;
    char folder[PATH_MAX];
    char absolute[PATH_MAX];
    cvi_buffer text;
    cvi_buffer_over(&text, folder, sizeof(folder));
    if (slash != NULL) {
        cvi_buffer_add(&text, path, (size_t)(name - path));
    } else {
        cvi_buffer_add_char(&text, '.');
    }
    bool is_too_long = text.failed || strlen(name) > NAME_MAX - LONGEST_SUFFIX;
    if (name[0] == '\0' || is_too_long) {
        cvi_error_set(error, CV_ERROR_STORE, "the database path %s: %.100s",
                      is_too_long ? "is too long" : "names a folder", path);
        return false;
    }
    if (realpath(folder, absolute) == NULL) {
        return fail(error, "find the folder", folder);
    }
    cvi_buffer_over(&text, resolved, size);
    cvi_buffer_add_text(&text, absolute);
    cvi_buffer_add_text(&text, strcmp(absolute, "/") == 0 ? "" : "/");
    cvi_buffer_add_text(&text, name);
    if (text.failed) {
        cvi_error_set(error, CV_ERROR_STORE, "the database path is too long: %.100s...", path);
        return false;
    }
    return true;
}

#ifdef __linux__

bool cvi_path_is_remote(const char *path, const char **name) {
    static const struct {
        unsigned long magic;
        const char *name;
    } remote[] = {
        {0x6969, "NFS"},      {0x517B, "SMB"},        {0xFE534D42, "SMB"},   {0xFF534D42, "CIFS"},
        {0x00C36400, "Ceph"}, {0x5346414F, "AFS"},    {0x6B414653, "AFS"},   {0x73757245, "Coda"},
        {0x01021997, "9P"},   {0x0BD00BD0, "Lustre"}, {0x7461636F, "OCFS2"}, {0x01161970, "GFS2"},
    };
    char folder[PATH_MAX];
    cvi_buffer text;
    cvi_buffer_over(&text, folder, sizeof(folder));
    const char *slash = strrchr(path, '/');
    cvi_buffer_add(&text, slash != NULL ? path : ".",
                   slash != NULL ? (size_t)(slash - path) + 1 : 1);
    struct statfs system;
    if (text.failed || statfs(folder, &system) != 0) {
        return false;
    }
    for (size_t i = 0; i < sizeof(remote) / sizeof(remote[0]); i++) {
        if ((unsigned long)system.f_type == remote[i].magic) {
            *name = remote[i].name;
            return true;
        }
    }
    return false;
}

#else

bool cvi_path_is_remote(const char *path, const char **name) {
    (void)path;
    (void)name;
    return false;
}

#endif

static bool check_regular(int descriptor, const char *path, cv_error *error) {
    struct stat status;
    if (fstat(descriptor, &status) != 0) {
        return fail(error, "look at", path);
    }
    if (!S_ISREG(status.st_mode)) {
        cvi_error_set(error, CV_ERROR_STORE, "%s is not a regular file", path);
        return false;
    }
    return true;
}

bool cvi_file_exists(const char *path) {
    struct stat status;
    return lstat(path, &status) == 0;
}

bool cvi_file_check_kind(const char *path, cv_error *error) {
    struct stat status;
    if (lstat(path, &status) != 0) {
        return fail(error, "look at", path);
    }
    if (!S_ISREG(status.st_mode)) {
        const char *what = S_ISLNK(status.st_mode)   ? "a symbolic link"
                           : S_ISDIR(status.st_mode) ? "a folder"
                                                     : "no regular file";
        cvi_error_set(error, CV_ERROR_STORE, "the database %s is %s", path, what);
        return false;
    }
    if (status.st_nlink > 1) {
        cvi_error_set(error, CV_ERROR_STORE,
                      "the database has a second name (a hard link), which SQLite takes for a file "
                      "of its own: %s",
                      path);
        return false;
    }
    return true;
}

bool cvi_file_identify(const char *path, cvi_file_id *id, cv_error *error) {
    struct stat status;
    if (stat(path, &status) != 0) {
        return fail(error, "look at", path);
    }
    *id = (cvi_file_id){(uint64_t)status.st_dev, (uint64_t)status.st_ino};
    return true;
}

bool cvi_file_create_private(const char *path, cv_error *error) {
    int descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (descriptor >= 0) {
        close(descriptor);
        return true;
    }
    if (errno != EEXIST) {
        return fail(error, "create", path);
    }
    return cvi_file_check_kind(path, error);
}

bool cvi_gate_open(cvi_gate *gate, const char *path, cv_error *error) {
    gate->descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (gate->descriptor < 0) {
        return fail(error, "open", path);
    }
    cvi_fork_add_gate(gate);
    if (!check_regular(gate->descriptor, path, error)) {
        cvi_gate_close(gate);
        return false;
    }
    return true;
}

void cvi_gate_close(cvi_gate *gate) {
    if (gate->descriptor >= 0) {
        cvi_fork_remove_gate(gate);
        close(gate->descriptor);
        gate->descriptor = -1;
    }
}

static struct flock lock_of(short type, int64_t first, int64_t count) {
    struct flock lock = {.l_type = type, .l_whence = SEEK_SET, .l_start = first, .l_len = count};
    return lock;
}

static cvi_lock_answer try_lock(int descriptor, short type, int64_t byte) {
    struct flock lock = lock_of(type, byte, 1);
    while (fcntl(descriptor, F_OFD_SETLK, &lock) != 0) {
        if (errno == EAGAIN || errno == EACCES) {
            return CVI_LOCK_HELD;
        }
        if (errno != EINTR) {
            return CVI_LOCK_FAILED;
        }
    }
    return CVI_LOCK_TAKEN;
}

cvi_lock_answer cvi_file_lock(int descriptor) {
    return try_lock(descriptor, F_WRLCK, 0);
}

cvi_lock_answer cvi_gate_try(cvi_gate *gate, int64_t byte) {
    return try_lock(gate->descriptor, F_WRLCK, byte);
}

cvi_lock_answer cvi_gate_share(cvi_gate *gate, int64_t byte) {
    return try_lock(gate->descriptor, F_RDLCK, byte);
}

void cvi_gate_release(cvi_gate *gate, int64_t byte) {
    struct flock lock = lock_of(F_UNLCK, byte, 1);
    fcntl(gate->descriptor, F_OFD_SETLK, &lock);
}

cvi_lock_answer cvi_gate_probe(const cvi_gate *gate, int64_t byte) {
    return cvi_gate_probe_span(gate, byte, 1);
}

cvi_lock_answer cvi_gate_probe_span(const cvi_gate *gate, int64_t first, int64_t count) {
    struct flock lock = lock_of(F_WRLCK, first, count);
    if (fcntl(gate->descriptor, F_OFD_GETLK, &lock) != 0) {
        return CVI_LOCK_FAILED;
    }
    return lock.l_type == F_UNLCK ? CVI_LOCK_TAKEN : CVI_LOCK_HELD;
}
