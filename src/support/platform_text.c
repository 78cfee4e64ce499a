/* Owns the reading and writing of small files as a whole. Any thread. */
#include "support/platform.h"

#include <errno.h>
#include <fcntl.h>
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

bool cvi_descriptor_write(int descriptor, const char *bytes, size_t size) {
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

static bool write_partial(const char *partial, const char *bytes, size_t size) {
    const int flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW;
    int descriptor = open(partial, flags, 0666);
    if (descriptor < 0) {
        return false;
    }
    bool written = cvi_descriptor_write(descriptor, bytes, size);
    int reason = errno;
    bool closed = close(descriptor) == 0;
    errno = written ? errno : reason;
    if (!written || !closed) {
        reason = errno;
        unlink(partial);
        errno = reason;
    }
    return written && closed;
}

bool cvi_file_write(const char *path, const char *bytes, size_t size) {
    char partial[PARTIAL_SIZE];
    cvi_buffer name;
    cvi_buffer_over(&name, partial, sizeof(partial));
    cvi_buffer_add_text(&name, path);
    cvi_buffer_add_text(&name, ".part");
    if (name.failed) {
        errno = ENAMETOOLONG;
        return false;
    }
    if (!write_partial(partial, bytes, size)) {
        return false;
    }
    if (rename(partial, path) != 0) {
        int reason = errno;
        unlink(partial);
        errno = reason;
        return false;
    }
    return true;
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
