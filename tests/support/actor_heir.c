/* A program that says which descriptors it has been left: one line each, "NUMBER TARGET". */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(void) {
    DIR *folder = opendir("/proc/self/fd");
    if (folder == NULL) {
        return 1;
    }
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        char target[512];
        ssize_t length = readlinkat(dirfd(folder), entry->d_name, target, sizeof(target) - 1);
        if (length > 0 && strtol(entry->d_name, NULL, 10) != dirfd(folder)) {
            target[length] = '\0';
            (void)printf("%s %s\n", entry->d_name, target);
        }
    }
    closedir(folder);
    return 0;
}
