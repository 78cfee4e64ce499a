/* Owns the life of scratch folders. Every test makes its own, so that none sees another's files. */
#include "support/scratch.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { OPEN_FOLDERS_MAX = 16 };

static bool print_path(char *text, const char *folder, const char *name) {
    int length = snprintf(text, SCRATCH_PATH_MAX, "%s/%s", folder, name);
    if (length < 0 || length >= SCRATCH_PATH_MAX) {
        text[0] = '\0';
        return false;
    }
    return true;
}

bool scratch_make(scratch *self) {
    const char *parent = getenv("TMPDIR");
    return print_path(self->folder, parent != NULL ? parent : "/tmp", "comicvine-XXXXXX") &&
           mkdtemp(self->folder) != NULL;
}

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *place) {
    (void)status;
    (void)kind;
    (void)place;
    return remove(path);
}

static int open_up(const char *path, const struct stat *status, int kind, struct FTW *place) {
    (void)status;
    (void)place;
    return kind == FTW_D || kind == FTW_DNR ? chmod(path, S_IRWXU) : 0;
}

bool scratch_remove(scratch *self) {
    return nftw(self->folder, open_up, OPEN_FOLDERS_MAX, FTW_PHYS) == 0 &&
           nftw(self->folder, remove_entry, OPEN_FOLDERS_MAX, FTW_DEPTH | FTW_PHYS) == 0;
}

scratch_path scratch_file(const scratch *self, const char *name) {
    scratch_path path;
    print_path(path.text, self->folder, name);
    return path;
}
