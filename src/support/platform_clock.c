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

/* Where no clock goes on through a suspend, leases are longer by that. */
#ifdef CLOCK_BOOTTIME
#define BOOT_CLOCK CLOCK_BOOTTIME
#else
#define BOOT_CLOCK CLOCK_MONOTONIC
#endif

static int64_t read_clock_ms(clockid_t id) {
    struct timespec time = {0};
    clock_gettime(id, &time);
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static cvi_now system_now(void *user) {
    (void)user;
    cvi_now now = {read_clock_ms(BOOT_CLOCK), read_clock_ms(CLOCK_REALTIME)};
    return now;
}

int64_t cvi_platform_now_us(void) {
    struct timespec time = {0};
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000 + time.tv_nsec / 1000;
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

/* A boot that cannot be told from others counts as one of its own: then the wall clock decides. */
void cvi_platform_name_boot(char *name, size_t size) {
    uint64_t number = 0;
    ssize_t got = getrandom(&number, sizeof(number), 0);
    cvi_buffer text;
    cvi_buffer_over(&text, name, size);
    cvi_buffer_add_format(&text, "unknown-%zd-%llx", got, (unsigned long long)number);
}

void cvi_platform_clock(cvi_clock *clock) {
    memset(clock, 0, sizeof(*clock));
    clock->now = system_now;
    char boot[48];
    read_line("/proc/sys/kernel/random/boot_id", boot, sizeof(boot));
    if (boot[0] == '\0') {
        cvi_platform_name_boot(boot, sizeof(boot));
    }
    /* Two time namespaces share a boot id but not the boot clock. */
    struct stat namespace_file;
    bool has_namespace = stat("/proc/self/ns/time", &namespace_file) == 0;
    cvi_buffer text;
    cvi_buffer_over(&text, clock->boot_id, sizeof(clock->boot_id));
    cvi_buffer_add_text(&text, boot);
    cvi_buffer_add_char(&text, '/');
    cvi_buffer_add_int(&text, has_namespace ? (int64_t)namespace_file.st_ino : 0);
}

/* False where the kernel gives none. */
static bool fill_from_kernel(unsigned char *bytes, size_t size) {
    while (size > 0) {
        ssize_t got = getrandom(bytes, size < 256 ? size : 256, 0);
        if (got > 0) {
            bytes += got;
            size -= (size_t)got;
        } else if (errno != EINTR) {
            return false;
        }
    }
    return true;
}

/* cvi_platform_random has seen the kernel answer, and it does not stop to. */
static void system_fill(void *user, void *bytes, size_t size) {
    (void)user;
    fill_from_kernel(bytes, size);
}

bool cvi_platform_random(cvi_random *random) {
    unsigned char probe = 0;
    *random = (cvi_random){system_fill, NULL};
    return fill_from_kernel(&probe, sizeof(probe));
}

void cvi_platform_sleep_us(int64_t duration_us) {
    struct timespec left = {(time_t)(duration_us / 1000000), (long)(duration_us % 1000000) * 1000};
    while (nanosleep(&left, &left) != 0 && errno == EINTR) {
    }
}

void cvi_platform_sleep_ms(int64_t duration_ms) {
    cvi_platform_sleep_us(duration_ms * 1000);
}

cvi_timeout cvi_timeout_start(int64_t timeout_ms) {
    int64_t now_ms = read_clock_ms(CLOCK_MONOTONIC);
    bool ends = timeout_ms >= 0 && timeout_ms < INT64_MAX - now_ms;
    cvi_timeout timeout = {ends ? now_ms + timeout_ms : INT64_MAX};
    return timeout;
}

int64_t cvi_timeout_left_ms(cvi_timeout timeout) {
    if (timeout.end_ms == INT64_MAX) {
        return -1;
    }
    int64_t left_ms = timeout.end_ms - read_clock_ms(CLOCK_MONOTONIC);
    return left_ms > 0 ? left_ms : 0;
}
