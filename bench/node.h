/* A program on the Node packages that this library is measured beside (scripts/peer installs them),
 * as a process of its own that is told what to do line by line. */
#ifndef BENCH_NODE_H
#define BENCH_NODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>

#include "team.h"

typedef struct node {
    pid_t process;
    char packages[TEAM_PATH_MAX]; /* the folder that they are in */
    FILE *orders;                 /* to the program */
    FILE *words;                  /* from it */
    char *line;                   /* the last one, without its end */
    size_t line_size;
} node;

/* Starts `node PROGRAM PACKAGES ARGUMENT`; the program's first line is "ready". False: there is no
 * node, or there are no packages. */
bool node_start(node *self, const char *program, const char *argument);

/* The program's next line, which lies in `line` until the next call. That there is none is an error
 * of the program. */
const char *node_hear(node *self);

/* What is written to `orders` goes out. */
void node_send(node *self);

/* Gives the order "end", upon which the program must end well. The end of its input alone would not
 * do: whoever was forked meanwhile holds it too. */
void node_end(node *self);

#endif
