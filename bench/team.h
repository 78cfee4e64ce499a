/* Further processes of a measuring program, and what they share. The program itself opens no
 * database: connections do not survive a fork. */
#ifndef BENCH_TEAM_H
#define BENCH_TEAM_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { TEAM_PATH_MAX = 512 };

/* Ends the process with a message unless it is true; with the library's last error, or not. */
void team_check(bool is_true, const char *what);
void team_check_done(bool done, const char *call);
#define TEAM_DONE(call) team_check_done((call), #call)

/* Zeroed memory that children started later see too. Never given back. */
void *team_share(size_t size);

/* Runs a function in a child process, which ends with it. */
pid_t team_start(void (*run)(void *user), void *user);

/* Waits for a child, which must have ended well. */
void team_join(pid_t child);

/* Kills a child; waits until it is gone. */
void team_kill(pid_t child);
void team_bury(pid_t child);

/* Runs a function in a child and waits for it. */
void team_run(void (*run)(void *user), void *user);

/* Waits, looking often, until a number is at least so large. Ends the process if its program has
 * ended, or after two minutes. */
void team_await(const atomic_int *number, int least);

/* Makes a folder in $TMPDIR, or in memory where there is such a place, which removing takes away
 * with its files. */
void team_make_folder(char folder[TEAM_PATH_MAX], bool in_memory);
void team_remove_folder(const char *folder);

/* "FOLDER/name" */
void team_path(char path[TEAM_PATH_MAX], const char *folder, const char *name);

#endif
