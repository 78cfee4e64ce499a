/* Ctrl-C and its sisters: noted by a handler, acted upon by whoever waits. */
#ifndef CLI_INTERRUPT_H
#define CLI_INTERRUPT_H

#include <stdbool.h>

#include "status.h"

/* From now on SIGINT, SIGTERM and SIGHUP are noted, once: the second one ends the program at once.
 * One that is ignored already stays so.
 * SIGPIPE is an error of a write instead. False: there are no descriptors left. */
bool cli_interrupt_begin(void);

/* CLI_DONE: none has come. Else the status with which to end. */
cli_status cli_interrupt_status(void);

/* Readable from the moment that one has come, for poll(2). */
int cli_interrupt_fd(void);

/* Ends the program as a broken pipe ends it, without a word. */
void cli_interrupt_pipe(void);

#endif
