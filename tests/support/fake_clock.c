/* Owns the injected clock and randomness of tests. */
#include "support/fake_clock.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/buffer.h"

static cvi_now look(void *user) {
    fake_clock *self = user;
    self->now.boot_ms += self->step_ms;
    return self->now;
}

/* xorshift64*: the same draws on every machine. */
static void fill(void *user, void *bytes, size_t size) {
    fake_clock *self = user;
    unsigned char *next = bytes;
    for (size_t i = 0; i < size; i++) {
        self->seed ^= self->seed >> 12;
        self->seed ^= self->seed << 25;
        self->seed ^= self->seed >> 27;
        next[i] = (unsigned char)((self->seed * UINT64_C(2685821657736338717)) >> 56);
    }
}

static void set_boot_id(fake_clock *self, const char *boot_id) {
    cvi_buffer text;
    cvi_buffer_over(&text, self->clock.boot_id, sizeof(self->clock.boot_id));
    cvi_buffer_add_text(&text, boot_id);
}

void fake_clock_init(fake_clock *self, uint64_t seed) {
    memset(self, 0, sizeof(*self));
    self->clock.now = look;
    self->clock.user = self;
    self->random = (cvi_random){fill, self};
    self->now = (cvi_now){3600000, INT64_C(1717243200000)};
    self->seed = seed + 1;
    set_boot_id(self, "boot-1");
}

void fake_clock_advance(fake_clock *self, int64_t duration_ms) {
    self->now.boot_ms += duration_ms;
    self->now.wall_ms += duration_ms;
}

void fake_clock_step_wall(fake_clock *self, int64_t step_ms) {
    self->now.wall_ms += step_ms;
}

void fake_clock_reboot(fake_clock *self, const char *boot_id, int64_t off_ms) {
    self->now = (cvi_now){60000, self->now.wall_ms + off_ms + 60000};
    set_boot_id(self, boot_id);
}

void temp_folder_make(char path[TEMP_PATH_SIZE]) {
    cvi_buffer text;
    cvi_buffer_over(&text, path, TEMP_PATH_SIZE);
    const char *parent = getenv("TMPDIR");
    cvi_buffer_add_format(&text, "%s/comicvine-XXXXXX", parent != NULL ? parent : "/tmp");
    assert_non_null(mkdtemp(path));
}

void temp_folder_remove(const char *path) {
    DIR *folder = opendir(path);
    assert_non_null(folder);
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
            unlinkat(dirfd(folder), entry->d_name, 0) != 0) {
            assert_int_equal(unlinkat(dirfd(folder), entry->d_name, AT_REMOVEDIR), 0);
        }
    }
    closedir(folder);
    assert_int_equal(rmdir(path), 0);
}
