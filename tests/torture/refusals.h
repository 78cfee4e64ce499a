/* Refusals: the n-th thread, and the n-th descriptor, that the library itself asks the system for,
 * and the n-th allocation of libcurl's (curl_memory.h). The linker puts the functions for the first
 * two where the library calls the system's (CMakeLists.txt), so that nobody else in the process
 * meets them: server, SQLite and libcurl go on. */
#ifndef TESTS_TORTURE_REFUSALS_H
#define TESTS_TORTURE_REFUSALS_H

#include <stdbool.h>
#include <stddef.h>

typedef enum refusal { REFUSAL_THREAD, REFUSAL_DESCRIPTOR, REFUSAL_CURL_MEMORY, REFUSALS } refusal;

/* Begins to count anew, and refuses call `call` (from 1), or with `keeps_failing` all from it on.
 * Any thread. */
void refusal_begin(refusal kind, size_t call, bool keeps_failing);

/* Refuses nothing any more. Answers whether anything was refused. Any thread. */
bool refusal_end(refusal kind);

/* Counts a call, and answers whether it is to be refused. Any thread. */
bool refusal_strikes(refusal kind);

#endif
