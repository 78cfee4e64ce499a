/* Owns the children of a measuring program and its scratch folder. Used by the main thread. A child
 * that waits for others ends when its program has: else it would hold the program's output open for
 * ever. */
#include "team.h"

#include <comicvine/error.h>
#include <dirent.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "measure.h"

#define WAIT_NS_MAX INT64_C(120000000000)

static pid_t program; /* of a child: who started it */

void team_check(bool is_true, const char *what) {
    if (!is_true) {
        fprintf(stderr, "not so: %s\n", what);
        _exit(1);
    }
}

void team_check_done(bool done, const char *call) {
    if (!done) {
        fprintf(stderr, "%s: %s\n", call, cv_last_error()->message);
        _exit(1);
    }
}

void *team_share(size_t size) {
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    team_check(memory != MAP_FAILED, "there is memory to share");
    return memory;
}

pid_t team_start(void (*run)(void *user), void *user) {
    fflush(stdout);
    pid_t self = getpid();
    pid_t child = fork();
    team_check(child >= 0, "a process can be started");
    if (child == 0) {
        program = self;
        run(user);
        _exit(0);
    }
    return child;
}

void team_join(pid_t child) {
    int status = 0;
    team_check(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0,
               "a process ended well");
}

void team_kill(pid_t child) {
    team_check(kill(child, SIGKILL) == 0, "a process can be killed");
}

void team_bury(pid_t child) {
    team_check(waitpid(child, NULL, 0) == child, "a killed process ends");
}

void team_run(void (*run)(void *user), void *user) {
    team_join(team_start(run, user));
}

void team_await(const atomic_int *number, int least) {
    int64_t until_ns = measure_now_ns() + WAIT_NS_MAX;
    while (atomic_load(number) < least) {
        team_check(program == 0 || getppid() == program, "the program goes on");
        team_check(measure_now_ns() < until_ns, "what is waited for comes in time");
        measure_sleep_us(50);
    }
}

void team_path(char path[TEAM_PATH_MAX], const char *folder, const char *name) {
    int length = snprintf(path, TEAM_PATH_MAX, "%s/%s", folder, name);
    team_check(length > 0 && length < TEAM_PATH_MAX, "the path is short enough");
}

void team_make_folder(char folder[TEAM_PATH_MAX], bool in_memory) {
    const char *parent = getenv("TMPDIR");
    if (parent == NULL) {
        parent = "/tmp";
    }
    if (in_memory && access("/dev/shm", W_OK) == 0) {
        parent = "/dev/shm";
    }
    team_path(folder, parent, "comicvine-bench-XXXXXX");
    team_check(mkdtemp(folder) != NULL, "a folder can be made");
}

void team_remove_folder(const char *folder) {
    DIR *entries = opendir(folder);
    team_check(entries != NULL, "the folder is there");
    for (struct dirent *entry = readdir(entries); entry != NULL; entry = readdir(entries)) {
        char path[TEAM_PATH_MAX];
        team_path(path, folder, entry->d_name);
        if (entry->d_name[0] != '.') {
            team_check(unlink(path) == 0, "a file can be removed");
        }
    }
    closedir(entries);
    team_check(rmdir(folder) == 0, "the folder is empty");
}
