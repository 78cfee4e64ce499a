/* The database files that are open in this process, as SQLite knows them. */
#ifndef CVI_STORES_OPEN_FILES_H
#define CVI_STORES_OPEN_FILES_H

#include "support/platform.h"

/* One list for each copy of SQLite in the process; all copies of the library that use it find the
 * same. Any thread. */
typedef struct cvi_open_files cvi_open_files;
typedef struct cvi_open_file cvi_open_file;

enum { CVI_COPY_BITS = 27 };

/* The list, made for the first who enters; NULL without memory. Leave it when none of the files
 * added is left; not in a child that inherited it. The last one out frees it. */
cvi_open_files *cvi_open_files_enter(void);
void cvi_open_files_leave(cvi_open_files *files);

/* The running process, as long as one is in. */
cvi_birth cvi_open_files_birth(cvi_open_files *files);

/* A number of so many bits, at least 1, that other copies of SQLite in this process hardly have. */
int64_t cvi_open_files_copy(const cvi_open_files *files);

/* Refuses a file that was open when this process was forked off: SQLite believes it still has locks
 * on it that it has not. A file that is not there is none. False: `error`. */
bool cvi_open_files_check(cvi_open_files *files, const char *path, cv_error *error);

/* The same, and lists the file, which must be there; NULL: `error`. Take it out when no connection
 * to it is left of those that it was listed for. */
cvi_open_file *cvi_open_files_add(cvi_open_files *files, const char *path, cv_error *error);
void cvi_open_files_remove(cvi_open_files *files, cvi_open_file *file);

#endif
