/* Owns the mapping. Only lock-free arithmetic happens in it, so that processes may share it. */
#include "torture/shared_clock.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { MS_PER_S = 1000, NS_PER_MS = 1000000 };

static int64_t look_ms(clockid_t clock) {
    struct timespec now = {0};
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * MS_PER_S + now.tv_nsec / NS_PER_MS;
}

static cv_now now(void *user) {
    const shared_clock *self = user;
    int64_t ahead_ms = atomic_load(self->ahead_ms);
    return (cv_now){.boot_ms = look_ms(CLOCK_BOOTTIME) + ahead_ms,
                    .wall_ms = look_ms(CLOCK_REALTIME) + ahead_ms};
}

bool shared_clock_open(shared_clock *self, const char *path) {
    const cv_clock table = CV_CLOCK_INIT;
    int descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (descriptor < 0) {
        return false;
    }
    void *page = MAP_FAILED;
    if (ftruncate(descriptor, sizeof(*self->ahead_ms)) == 0) {
        page =
            mmap(NULL, sizeof(*self->ahead_ms), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    }
    close(descriptor);
    if (page == MAP_FAILED) {
        return false;
    }
    self->ahead_ms = page;
    self->table = table;
    self->table.user = self;
    self->table.now = now;
    self->table.boot_id = "torture";
    return true;
}

void shared_clock_close(shared_clock *self) {
    munmap(self->ahead_ms, sizeof(*self->ahead_ms));
    self->ahead_ms = NULL;
}

void shared_clock_advance(const shared_clock *self, int64_t duration_ms) {
    atomic_fetch_add(self->ahead_ms, duration_ms);
}
