/* Owns the reading of /proc. One thread. */
#include "resident.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "team.h"

double resident_kb(const char *name) {
    char line[256];
    double kilobytes = -1.0;
    size_t length = strlen(name);
    FILE *file = fopen("/proc/self/status", "r");
    team_check(file != NULL, "the kernel says what a process has");
    while (kilobytes < 0.0 && fgets(line, sizeof(line), file) != NULL) {
        if (strncmp(line, name, length) == 0 && line[length] == ':') {
            kilobytes = strtod(line + length + 1, NULL);
        }
    }
    fclose(file);
    team_check(kilobytes >= 0.0, "the kernel knows the line");
    return kilobytes;
}

int resident_descriptors(void) {
    int count = -1; /* the folder's own */
    DIR *entries = opendir("/proc/self/fd");
    team_check(entries != NULL, "the kernel says which descriptors are open");
    for (const struct dirent *entry = readdir(entries); entry != NULL; entry = readdir(entries)) {
        count += entry->d_name[0] != '.' ? 1 : 0;
    }
    closedir(entries);
    return count;
}
