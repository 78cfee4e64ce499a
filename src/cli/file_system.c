/* Owns the look at what the kernel says of mounts. No state. */
#include "file_system.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "memory.h"

/* The type out of a line such as "36 35 98:0 / /mnt rw,noatime master:1 - ext3 /dev/root rw", if it
 * is about this device. */
static bool take_line(const char *line, dev_t device, char name[CLI_FILE_SYSTEM_SIZE]) {
    char *wanted = cli_format(" %u:%u ", major(device), minor(device));
    const char *type = strstr(line, " - ");
    const char *place = strstr(line, " /"); /* what stands before it are numbers */
    const char *found = strstr(line, wanted);
    bool is_there = type && place && found && found < place;
    free(wanted);
    if (!is_there) {
        return false;
    }
    type += strlen(" - ");
    size_t length = strcspn(type, " \n");
    if (length >= CLI_FILE_SYSTEM_SIZE) {
        return false;
    }
    memcpy(name, type, length);
    name[length] = '\0';
    return true;
}

bool cli_file_system(const char *folder, char name[CLI_FILE_SYSTEM_SIZE]) {
    struct stat about;
    FILE *mounts = stat(folder, &about) == 0 ? fopen("/proc/self/mountinfo", "re") : NULL;
    if (!mounts) {
        return false;
    }
    char *line = NULL;
    size_t size = 0;
    bool is_found = false;
    while (!is_found && getline(&line, &size, mounts) >= 0) {
        is_found = take_line(line, about.st_dev, name);
    }
    free(line);
    (void)fclose(mounts);
    return is_found;
}

bool cli_file_system_is_remote(const char *name) {
    static const char *const remote[] = {"nfs", "nfs4", "cifs", "smb3",   "smbfs", "ceph",
                                         "afs", "coda", "9p",   "lustre", "ocfs2", "gfs2"};
    for (size_t i = 0; i < sizeof(remote) / sizeof(remote[0]); i++) {
        if (strcmp(remote[i], name) == 0) {
            return true;
        }
    }
    return false;
}
