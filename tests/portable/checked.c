/* Names that glibc has and musl lacks, for Debian's archives of SQLite, yajl and libmd, which were
 * compiled against glibc with checks of buffers (scripts/portable links them under musl; the types
 * that they exchange with the C library have the same layout in both on 64-bit systems). The checks
 * are made here too. */
#include <fcntl.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

void *__memcpy_chk(void *to, const void *from, size_t size, size_t room);
void *__memset_chk(void *to, int byte, size_t size, size_t room);
ssize_t __read_chk(int descriptor, void *to, size_t size, size_t room);
int __snprintf_chk(char *to, size_t size, int flag, size_t room, const char *format, ...);
int __sprintf_chk(char *to, int flag, size_t room, const char *format, ...);
int fcntl64(int descriptor, int command, ...);

static void check(size_t size, size_t room) {
    if (size > room) {
        abort();
    }
}

void *__memcpy_chk(void *to, const void *from, size_t size, size_t room) {
    check(size, room);
    return memcpy(to, from, size);
}

void *__memset_chk(void *to, int byte, size_t size, size_t room) {
    check(size, room);
    return memset(to, byte, size);
}

ssize_t __read_chk(int descriptor, void *to, size_t size, size_t room) {
    check(size, room);
    return read(descriptor, to, size);
}

int __snprintf_chk(char *to, size_t size, int flag, size_t room, const char *format, ...) {
    (void)flag;
    check(size, room);
    va_list values;
    va_start(values, format);
    int length = vsnprintf(to, size, format, values);
    va_end(values);
    return length;
}

int __sprintf_chk(char *to, int flag, size_t room, const char *format, ...) {
    (void)flag;
    va_list values;
    va_start(values, format);
    int length = vsnprintf(to, room, format, values);
    va_end(values);
    check(length < 0 ? 0 : (size_t)length + 1, room);
    return length;
}

/* The kernel takes numbers and addresses alike as one word. */
int fcntl64(int descriptor, int command, ...) {
    va_list values;
    va_start(values, command);
    void *value = va_arg(values, void *);
    va_end(values);
    return fcntl(descriptor, command, value);
}
