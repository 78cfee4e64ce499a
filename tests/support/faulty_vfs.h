/* A layer below SQLite that fails on demand: the n-th operation on files, or the n-th allocation.
 * For one thread at a time. */
#ifndef TESTS_SUPPORT_FAULTY_VFS_H
#define TESTS_SUPPORT_FAULTY_VFS_H

#include <stdbool.h>

enum { FAULTY_KILL = -1 };

typedef struct faulty_plan {
    int failing_call;   /* from 1; 0: none fails */
    int result;         /* SQLITE_IOERR and so on, for files; FAULTY_KILL: the process dies */
    bool keeps_failing; /* all later ones fail too */
    int calls;          /* so far */
    bool has_failed;
} faulty_plan;

/* Puts both layers in place, before SQLite is used for the first time in this process. The plans
 * belong to the caller and may be changed between calls of SQLite. */
void faulty_vfs_install(faulty_plan *files, faulty_plan *memory);

#endif
