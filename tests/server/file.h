/* Reading the files that are served. */
#ifndef TESTS_SERVER_FILE_H
#define TESTS_SERVER_FILE_H

#include "text.h"

typedef enum loopback_file_state {
    LOOPBACK_FILE_READ,
    LOOPBACK_FILE_ABSENT, /* there is no such file: an object that does not exist */
    LOOPBACK_FILE_FAILED  /* not readable, or memory is short: the test's set-up is broken */
} loopback_file_state;

typedef struct loopback_file {
    loopback_file_state state;
    char *bytes; /* malloc'd, the caller's; NULL unless READ */
    size_t size;
} loopback_file;

/* Reads `folder/subfolder/name.json`, or `folder/name.json` if subfolder is NULL. */
loopback_file loopback_file_read(const char *folder, const char *subfolder, loopback_span name);

#endif
