/* For the programs that start.c starts: what each has in common with the others but what it is
 * linked to. */
#ifndef BENCH_START_MEMORY_H
#define BENCH_START_MEMORY_H

#include <stdbool.h>

/* With "--memory" as the last argument: prints the most kilobytes that were resident. */
bool start_memory_say(int argument_count, char **arguments);

#endif
