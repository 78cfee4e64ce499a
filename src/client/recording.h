/* The files of comicvine/sys/replay.h: their names, and how they are written and read. */
#ifndef CVI_CLIENT_RECORDING_H
#define CVI_CLIENT_RECORDING_H

#include <stdbool.h>
#include <stddef.h>

#include <comicvine/error.h>
#include <comicvine/sys/transport.h>

#include "support/buffer.h"

enum {
    CVI_RECORDED_TARGET_MAX = 8191,
    CVI_RECORDED_KEY_MAX = 256,
    CVI_RECORDING_PATH_MAX = 4095,
    CVI_RECORDING_REASON_MAX = 511,
    CVI_RECORDING_HEADER_MAX = 4096
};

/* An answer as a recording has it. */
typedef struct cvi_recorded {
    const char *target; /* path and query, without the key */
    cv_transfer_end end;
    int http_status;
    const char *headers; /* lines of "header NAME: VALUE\n" */
    size_t headers_size;
    const char *body;
    size_t size;
} cvi_recorded;

/* False, with CV_ERROR_ARGUMENT, if there is no folder of that name. */
bool cvi_recording_check_folder(const char *folder, cv_error *error);

/* Adds path and query of an address without its api_key, whose value goes unescaped into `key` (""
 * if there is none). False: it is no address, or too long. */
bool cvi_recorded_target(const char *url, cvi_buffer *target, cvi_buffer *key);

/* Adds "<folder>/<name of the target>-<number>.txt". */
void cvi_recording_path(const char *folder, const char *target, int number, cvi_buffer *out);

/* Whether recordings keep headers of this name. */
bool cvi_recorded_has_header(const char *name);

/* Whether an answer that ended so is recorded. */
bool cvi_recorded_has_end(cv_transfer_end end);

/* Adds the text of the file. */
void cvi_recording_write(const cvi_recorded *recorded, cvi_buffer *out);

/* Reads a file's text, into which `recorded` then points. False: `reason` says what is wrong. */
bool cvi_recording_read(char *text, size_t size, const char *target, cvi_recorded *recorded,
                        cvi_buffer *reason);

/* Hands the headers over that a file's text has. */
void cvi_recorded_hand_over(const cvi_recorded *recorded, cv_transfer *transfer);

#endif
