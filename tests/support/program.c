/* Owns nothing but the one child in each struct. Used from the test's own thread. */
#include "support/program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void program_set_key(const char *key) {
    static const char name[] = "COMIC_VINE_API_KEY";
    assert_int_equal(key != NULL ? setenv(name, key, 1) : unsetenv(name), 0);
}

void program_start(program *self, const api *world, const char *const arguments[]) {
    *self = (program){.errors_file = scratch_file(&world->scratch, "errors")};
    unlink(self->errors_file.text);
    assert_true(process_start(&self->process, arguments, self->errors_file.text));
}

static void hear_output(program *self) {
    char line[PROCESS_LINE_MAX];
    size_t length = 0;
    while (process_hear(&self->process, line, API_PATIENCE_MS)) {
        int added = snprintf(self->output + length, sizeof(self->output) - length, "%s\n", line);
        length += (size_t)added;
        assert_true(length < sizeof(self->output));
    }
    assert_int_equal(self->process.size, 0); /* its last line ended, too */
}

static void read_errors(program *self) {
    FILE *file = fopen(self->errors_file.text, "r");
    assert_non_null(file);
    size_t length = fread(self->errors, 1, sizeof(self->errors) - 1, file);
    self->errors[length] = '\0';
    assert_true(feof(file));
    assert_int_equal(fclose(file), 0);
}

void program_finish(program *self) {
    process_close_input(&self->process);
    hear_output(self);
    self->status = process_end(&self->process, API_PATIENCE_MS);
    read_errors(self);
}

void program_run(program *self, const api *world, const char *const arguments[]) {
    program_start(self, world, arguments);
    program_finish(self);
}

void program_assert_status(const program *self, int status) {
    if (self->status != status) {
        fail_msg("it ended with %d and said:\n%s%s", self->status, self->output, self->errors);
    }
}

void program_assert_says(const program *self, const char *text) {
    if (strstr(self->output, text) == NULL && strstr(self->errors, text) == NULL) {
        fail_msg("it does not say \"%s\", but:\n%s%s", text, self->output, self->errors);
    }
}
