/* Owns the reading and writing of small files as a whole. Any thread. */
#include "support/platform.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PIECE_BYTES = 65536, PARTIAL_SIZE = 4096 + 32 };

/* Reads on until the end; false: errno says why, or 0 for want of room. */
static bool read_all(int descriptor, cvi_buffer *out) {
    char piece[PIECE_BYTES];
    for (;;) {
        ssize_t length = read(descriptor, piece, sizeof(piece));
        if (length == 0) {
            return true;
        }
        if (length > 0) {
            cvi_buffer_add(out, piece, (size_t)length);
        } else if (errno != EINTR) {
            return false;
        }
        if (out->failed) {
            errno = EFBIG;
            return false;
        }
    }
}

bool cvi_file_read(const char *path, cvi_buffer *out) {
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0) {
        return false;
    }
    bool read = read_all(descriptor, out);
    int reason = errno;
    close(descriptor);
    errno = reason;
    return read;
}

static bool write_all(int descriptor, const char *bytes, size_t size) {
    while (size > 0) {
        ssize_t length = write(descriptor, bytes, size);
        if (length < 0 && errno != EINTR) {
            return false;
        }
        if (length > 0) {
            bytes += length;
            size -= (size_t)length;
        }
    }
    return true;
}

/* How a file is written before it has its name. */
typedef struct way {
    const char *partial; /* where */
    int flags;           /* of open, beside those that all have */
    bool reaches_disk;   /* before it gets its name */
} way;

static bool write_partial(const way *by, const char *bytes, size_t size) {
    const int flags = O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | by->flags;
    int descriptor = open(by->partial, flags, 0666);
    if (descriptor < 0) {
        return false;
    }
    bool written = write_all(descriptor, bytes, size);
    written = written && (!by->reaches_disk || fsync(descriptor) == 0);
    int reason = errno;
    bool closed = close(descriptor) == 0;
    errno = written ? errno : reason;
    if (!written || !closed) {
        reason = errno;
        unlink(by->partial);
        errno = reason;
    }
    return written && closed;
}

static bool write_by_way(const way *by, const char *path, const char *bytes, size_t size) {
    if (!write_partial(by, bytes, size)) {
        return false;
    }
    if (rename(by->partial, path) != 0) {
        int reason = errno;
        unlink(by->partial);
        errno = reason;
        return false;
    }
    return true;
}

static bool is_named(const cvi_buffer *name) {
    if (name->failed) {
        errno = ENAMETOOLONG;
    }
    return !name->failed;
}

bool cvi_file_write(const char *path, const char *bytes, size_t size) {
    char partial[PARTIAL_SIZE];
    cvi_buffer name;
    const way by = {.partial = partial, .flags = O_TRUNC};
    cvi_buffer_over(&name, partial, sizeof(partial));
    cvi_buffer_add_text(&name, path);
    cvi_buffer_add_text(&name, ".part");
    return is_named(&name) && write_by_way(&by, path, bytes, size);
}

bool cvi_file_replace(const char *path, const char *bytes, size_t size, uint64_t tag) {
    char partial[PARTIAL_SIZE];
    cvi_buffer name;
    const way by = {.partial = partial, .flags = O_EXCL, .reaches_disk = true};
    cvi_buffer_over(&name, partial, sizeof(partial));
    cvi_buffer_add_format(&name, "%s.%016" PRIx64 ".part", path, tag);
    return is_named(&name) && write_by_way(&by, path, bytes, size);
}

bool cvi_file_remove(const char *path) {
    return unlink(path) == 0;
}

/* In English, whatever the program's locale is; "C" is never made, and so never freed. */
const char *cvi_file_trouble(void) {
    int reason = errno;
    locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (plain == (locale_t)0) {
        return "an unknown trouble";
    }
    const char *words = strerror_l(reason, plain);
    freelocale(plain);
    return words;
}
