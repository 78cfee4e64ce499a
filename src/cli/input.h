/* Files that are read, be they pipes that somebody has yet to write into: a signal ends the wait.
 */
#ifndef CLI_INPUT_H
#define CLI_INPUT_H

#include <stdio.h>

/* Opens a file to read; "-" is standard input, which is to be opened once in a run and may have
 * been read from before. Where a signal has come reading fails with EINTR. NULL: errno says why. */
FILE *cli_input_open(const char *path);

#endif
