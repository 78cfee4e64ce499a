/* On what kind of file system a folder is. */
#ifndef CLI_FILE_SYSTEM_H
#define CLI_FILE_SYSTEM_H

#include <stdbool.h>

enum { CLI_FILE_SYSTEM_SIZE = 64 };

/* "ext4", "nfs4". False: the system does not say. */
bool cli_file_system(const char *folder, char name[CLI_FILE_SYSTEM_SIZE]);

/* Whether other machines may write there, past the locks that programs on this one have. */
bool cli_file_system_is_remote(const char *name);

#endif
