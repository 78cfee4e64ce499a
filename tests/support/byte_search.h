/* Looking for text in every byte of files. */
#ifndef TESTS_SUPPORT_BYTE_SEARCH_H
#define TESTS_SUPPORT_BYTE_SEARCH_H

#include <stddef.h>

#include "support/scratch.h"

/* How many files of the folder hold the text; `files` is how many were looked through, all. */
size_t byte_search_files(const scratch *folder, const char *text, size_t *files);

#endif
