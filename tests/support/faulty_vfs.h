/* A layer below SQLite that fails on demand: the n-th operation on files, or the n-th allocation.
 * A plan may be read and written as it is by one thread, while no other is inside SQLite; otherwise
 * by the functions here. */
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

/* Begins to count anew, and fails that call. Any thread, if nobody is left in a call that failed
 * before. */
void faulty_plan_fail(faulty_plan *plan, int call, int result, bool keeps_failing);

/* Nothing fails any more. Answers whether anything did. Any thread. */
bool faulty_plan_mend(faulty_plan *plan);

#endif
