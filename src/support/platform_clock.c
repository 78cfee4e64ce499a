/* Owns the reading of clocks, boot id and random bytes. Any thread. */
#include "support/platform.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "support/buffer.h"

static int64_t read_clock_ms(clockid_t id) {
    struct timespec time = {0};
    clock_gettime(id, &time);
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static cvi_now system_now(void *user) {
    (void)user;
    cvi_now now = {read_clock_ms(CLOCK_BOOTTIME), read_clock_ms(CLOCK_REALTIME)};
    return now;
}

/* Reads the first line of a small file of the kernel's; leaves `text` empty when it cannot. */
static void read_line(const char *path, char *text, size_t size) {
    text[0] = '\0';
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) {
        return;
    }
    ssize_t length = read(descriptor, text, size - 1);
    close(descriptor);
    text[length > 0 ? length : 0] = '\0';
    text[strcspn(text, "\r\n")] = '\0';
}

void cvi_platform_clock(cvi_clock *clock) {
    memset(clock, 0, sizeof(*clock));
    clock->now = system_now;
    char boot[48];
    read_line("/proc/sys/kernel/random/boot_id", boot, sizeof(boot));
    /* Two time namespaces share a boot id but not the boot clock. */
    struct stat namespace_file;
    bool has_namespace = stat("/proc/self/ns/time", &namespace_file) == 0;
    cvi_buffer text;
    cvi_buffer_over(&text, clock->boot_id, sizeof(clock->boot_id));
    cvi_buffer_add_text(&text, boot);
    cvi_buffer_add_char(&text, '/');
    cvi_buffer_add_int(&text, has_namespace ? (int64_t)namespace_file.st_ino : 0);
}

static void system_fill(void *user, void *bytes, size_t size) {
    (void)user;
    unsigned char *next = bytes;
    while (size > 0) {
        ssize_t got = getrandom(next, size < 256 ? size : 256, 0);
        if (got > 0) {
            next += got;
            size -= (size_t)got;
        } else if (errno != EINTR) {
            return; /* not before Linux 3.17; the bytes stay what the caller had in them */
        }
    }
}

cvi_random cvi_platform_random(void) {
    cvi_random random = {system_fill, NULL};
    return random;
}

void cvi_platform_sleep_ms(int64_t duration_ms) {
    struct timespec left = {(time_t)(duration_ms / 1000), (long)(duration_ms % 1000) * 1000000};
    while (nanosleep(&left, &left) != 0 && errno == EINTR) {
    }
}

int64_t cvi_platform_monotonic_ms(void) {
    return read_clock_ms(CLOCK_MONOTONIC);
}
