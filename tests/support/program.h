/* Runs a program as a user would, to its end, and keeps what it says. */
#ifndef TESTS_SUPPORT_PROGRAM_H
#define TESTS_SUPPORT_PROGRAM_H

#include "support/api.h"
#include "support/process.h"

enum { PROGRAM_TEXT_MAX = 32768 };

typedef struct program {
    process process;
    scratch_path errors_file;
    int status; /* -1: it did not end by itself */
    char output[PROGRAM_TEXT_MAX];
    char errors[PROGRAM_TEXT_MAX];
} program;

/* COMIC_VINE_API_KEY of programs that are started from now on; NULL: they have none. */
void program_set_key(const char *key);

/* Starts `arguments[0]`, a path, with a list that ends in NULL; what it says goes into files of the
 * test's. */
void program_start(program *self, const api *world, const char *const arguments[]);

/* Closes its input, waits until it ends and reads what it has said, in whole lines. */
void program_finish(program *self);

/* Both. */
void program_run(program *self, const api *world, const char *const arguments[]);

/* The program has ended with this status; the test's word on failure is what it has said. */
void program_assert_status(const program *self, int status);

/* A text stands in what it has said on its output or as errors. */
void program_assert_says(const program *self, const char *text);

#endif
