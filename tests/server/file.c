/* Reads one file of the served folder into memory. Names come from a table or are digits and a
 * dash, so no path can leave the folder. Any thread. */
#define _POSIX_C_SOURCE 200809L
#include "file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static char *join_path(const char *folder, const char *subfolder, loopback_span name) {
    char *path = NULL;
    size_t size;
    FILE *out = open_memstream(&path, &size);
    if (!out) {
        return NULL;
    }
    (void)fprintf(out, "%s/", folder);
    if (subfolder) {
        (void)fprintf(out, "%s/", subfolder);
    }
    (void)fwrite(name.start, 1, name.length, out);
    (void)fputs(".json", out);
    bool failed = ferror(out) != 0;
    if (fclose(out) != 0 || failed) {
        free(path);
        return NULL;
    }
    return path;
}

static bool append_all(FILE *in, FILE *out) {
    char buffer[4096];
    size_t size;
    while ((size = fread(buffer, 1, sizeof buffer, in)) > 0) {
        if (fwrite(buffer, 1, size, out) != size) {
            return false;
        }
    }
    return ferror(in) == 0;
}

static loopback_file read_open(FILE *in) {
    loopback_file file = {LOOPBACK_FILE_FAILED, NULL, 0};
    FILE *out = open_memstream(&file.bytes, &file.size);
    if (!out) {
        return file;
    }
    bool complete = append_all(in, out);
    if (fclose(out) == 0 && complete) {
        file.state = LOOPBACK_FILE_READ;
        return file;
    }
    free(file.bytes);
    file.bytes = NULL;
    return file;
}

loopback_file loopback_file_read(const char *folder, const char *subfolder, loopback_span name) {
    loopback_file file = {LOOPBACK_FILE_FAILED, NULL, 0};
    char *path = join_path(folder, subfolder, name);
    if (!path) {
        return file;
    }
    FILE *in = fopen(path, "rb");
    if (in) {
        file = read_open(in);
        (void)fclose(in);
    } else if (errno == ENOENT || errno == ENOTDIR) {
        file.state = LOOPBACK_FILE_ABSENT;
    }
    free(path);
    return file;
}
