/* Owns the Node program's process and its pipes. One thread. */
#include "node.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "team.h"

/* Where scripts/peer puts the packages. False: this user has no such place. */
static bool find_packages(char folder[TEAM_PATH_MAX]) {
    static const struct {
        const char *variable;
        const char *below;
    } places[] = {{"COMICVINE_PEER", "."},
                  {"XDG_CACHE_HOME", "comicvine-peer"},
                  {"HOME", ".cache/comicvine-peer"}};
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        const char *value = getenv(places[i].variable);
        if (value != NULL && value[0] != '\0') {
            team_path(folder, value, places[i].below);
            return access(folder, R_OK) == 0;
        }
    }
    return false;
}

/* The child's side. */
static void become_node(const char *program, const char *packages, const char *argument, int input,
                        int output) {
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* if a check ends the program */
    dup2(input, STDIN_FILENO);
    dup2(output, STDOUT_FILENO);
    execlp("node", "node", program, packages, argument, (char *)NULL);
    _exit(127);
}

bool node_start(node *self, const char *program, const char *argument) {
    int input[2];
    int output[2];
    *self = (node){.process = 0};
    if (!find_packages(self->packages)) {
        return false;
    }
    team_check(pipe2(input, O_CLOEXEC) == 0 && pipe2(output, O_CLOEXEC) == 0, "there are pipes");
    fflush(stdout);
    pid_t process = fork(); /* `self` may lie in memory that the child shares */
    team_check(process >= 0, "a process can be started");
    if (process == 0) {
        become_node(program, self->packages, argument, input[0], output[1]);
    }
    self->process = process;
    close(input[0]);
    close(output[1]);
    self->orders = fdopen(input[1], "w");
    self->words = fdopen(output[0], "r");
    team_check(self->orders != NULL && self->words != NULL, "pipes can be used");
    if (getline(&self->line, &self->line_size, self->words) > 0 &&
        strcmp(self->line, "ready\n") == 0) {
        return true;
    }
    team_bury(self->process);
    fclose(self->orders);
    fclose(self->words);
    free(self->line);
    return false;
}

const char *node_hear(node *self) {
    ssize_t length = getline(&self->line, &self->line_size, self->words);
    team_check(length > 0 && self->line[length - 1] == '\n', "the Node program says something");
    self->line[length - 1] = '\0';
    return self->line;
}

void node_send(node *self) {
    team_check(fflush(self->orders) == 0, "the Node program listens");
}

void node_end(node *self) {
    fputs("end\n", self->orders);
    node_send(self);
    fclose(self->orders);
    team_join(self->process);
    fclose(self->words);
    free(self->line);
}
