/* The allocator of the process's libcurl, which counts what is out and can refuse. It is the one
 * that the library uses, however it came to it: there is one libcurl of a name in a process, and
 * who initializes it first says where its memory comes from. */
#ifndef TESTS_TORTURE_CURL_MEMORY_H
#define TESTS_TORTURE_CURL_MEMORY_H

#include <stddef.h>

/* Before any client sends a request. What is refused says REFUSAL_CURL_MEMORY. */
void curl_memory_install(void);

/* After the last client. */
void curl_memory_uninstall(void);

/* How many blocks are out. Any thread. */
size_t curl_memory_live(void);

#endif
