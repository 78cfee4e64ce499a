/* Owns the reading of whole files. */
#include "support/byte_search.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

typedef struct bytes {
    char *data;
    size_t size;
} bytes;

static bytes read_whole(const char *path) {
    bytes read = {.data = NULL};
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    long size = ftell(file);
    assert_true(size >= 0);
    rewind(file);
    read.size = (size_t)size;
    read.data = malloc(read.size + 1);
    assert_non_null(read.data);
    assert_int_equal(fread(read.data, 1, read.size, file), read.size);
    assert_int_equal(fclose(file), 0);
    return read;
}

static bool file_holds(const char *path, const char *text) {
    bytes read = read_whole(path);
    bool found = memmem(read.data, read.size, text, strlen(text)) != NULL;
    free(read.data);
    return found;
}

size_t byte_search_files(const scratch *folder, const char *text, size_t *files) {
    size_t found = 0;
    *files = 0;
    DIR *entries = opendir(folder->folder);
    assert_non_null(entries);
    for (const struct dirent *entry; (entry = readdir(entries)) != NULL;) {
        if (entry->d_type == DT_REG) {
            (*files)++;
            found += file_holds(scratch_file(folder, entry->d_name).text, text) ? 1 : 0;
        }
    }
    closedir(entries);
    return found;
}
