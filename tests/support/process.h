/* Further processes: started, talked to line by line, killed by their own id, and reaped. */
#ifndef TESTS_SUPPORT_PROCESS_H
#define TESTS_SUPPORT_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { PROCESS_LINE_MAX = 1024 };

typedef struct process {
    pid_t pid;  /* 0: none, or reaped */
    int input;  /* its standard input; -1: closed */
    int output; /* its standard output; -1: closed */
    size_t size;
    char buffer[PROCESS_LINE_MAX]; /* what has been read and not yet handed out */
} process;

/* Starts `arguments[0]`, a path, with a list that ends in NULL. Standard error goes to the end of
 * the file `errors`, or where ours goes if that is NULL. False: nothing was started. */
bool process_start(process *self, const char *const arguments[], const char *errors);

/* Sends a line. False if the process does not read any more. */
bool process_tell(const process *self, const char *line);

/* Reads its next line, without the line's end, waiting at most `timeout_ms`. False if none came
 * in time, or the output has ended, or the line is too long. */
bool process_hear(process *self, char line[PROCESS_LINE_MAX], int timeout_ms);

/* What reads its input comes to an end. */
void process_close_input(process *self);

/* Sends a signal. False if it is gone. */
bool process_signal(const process *self, int signal_number);

/* Closes its input, on which it should end, and waits for it; after `timeout_ms` kills it.
 * Answers its exit status, or -1 if it did not end by itself. NULL-safe for one never started. */
int process_end(process *self, int timeout_ms);

/* SIGKILL, and waits until it is gone. */
bool process_kill(process *self);

#endif
