/* Owns the settings of the terminal for the time of the question. */
#include "key_prompt.h"

#include <stdio.h>
#include <unistd.h>

void cli_key_prompt_begin(cli_key_prompt *self) {
    self->is_begun = tcgetattr(STDIN_FILENO, &self->before) == 0;
    if (!self->is_begun) {
        return;
    }
    struct termios silent = self->before;
    silent.c_lflag &= ~(tcflag_t)ECHO;
    (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
    (void)fputs("API key: ", stderr);
}

void cli_key_prompt_end(const cli_key_prompt *self) {
    if (self->is_begun) {
        (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &self->before);
        (void)fputc('\n', stderr); /* that of who typed was not shown either */
    }
}
