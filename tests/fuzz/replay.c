/* Shows a fuzz target what was found to be of use, without libFuzzer: each file that is named, each
 * file of a folder that is named, and before them nothing at all. */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_SIZE = 4096 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fail(const char *path) {
    fprintf(stderr, "%s: %s\n", path, strerror(errno));
    exit(2);
}

/* In a block of exactly its size, so that a byte too far shows. */
static void show_file(const char *path) {
    FILE *file = fopen(path, "rb");
    if (file == NULL || fseek(file, 0, SEEK_END) != 0) {
        fail(path);
    }
    size_t size = (size_t)ftell(file);
    uint8_t *bytes = malloc(size > 0 ? size : 1);
    rewind(file);
    if (bytes == NULL || fread(bytes, 1, size, file) != size) {
        fail(path);
    }
    fclose(file);
    LLVMFuzzerTestOneInput(bytes, size);
    free(bytes);
}

static int is_visible(const struct dirent *entry) {
    return entry->d_name[0] != '.';
}

/* How many files; in the order of their names, lest a finding depends on the folder. */
static int show_folder(const char *folder) {
    struct dirent **entries = NULL;
    int count = scandir(folder, &entries, is_visible, alphasort);
    if (count < 0 && errno == ENOTDIR) {
        show_file(folder);
        return 1;
    }
    if (count < 0) {
        fail(folder);
    }
    for (int i = 0; i < count; i++) {
        char path[PATH_SIZE];
        snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
        show_file(path);
        free(entries[i]);
    }
    free(entries);
    return count;
}

int main(int count, char **arguments) {
    int shown = 0;
    LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
    for (int i = 1; i < count; i++) {
        shown += show_folder(arguments[i]);
    }
    printf("%d inputs\n", shown);
    if (shown == 0) {
        fprintf(stderr, "%s: there is nothing to be shown\n", arguments[0]);
        return 2;
    }
    return 0;
}
