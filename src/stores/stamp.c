/* Owns the look at the header of SQLite's WAL index (sqlite.org/walformat.html, 2.1): 48 bytes, and
 * the same again. Each commit writes the second copy and then the first, with a counter, the number
 * of frames and a checksum over all of them in it, so that no two states look the same; this is how
 * SQLite itself knows whether the pages that it holds are still good. The memory is had from
 * SQLite, as a descriptor of our own on that file would take its locks away when it is closed. */
#include "stores/stamp.h"

#include <sqlite3.h>
#include <string.h>

enum { REGION_BYTES = 32768 /* in which the index is mapped */ };

/* The memory is written by SQLite, with barriers that the sanitizer does not see. */
#if defined(__SANITIZE_THREAD__)
#define CVI_UNSEEN __attribute__((no_sanitize("thread")))
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define CVI_UNSEEN __attribute__((no_sanitize("thread")))
#endif
#endif
#ifndef CVI_UNSEEN
#define CVI_UNSEEN
#endif

/* The open file of a kind that belongs to the connection; NULL: none. */
static sqlite3_file *open_file(sqlite3 *connection, int kind) {
    sqlite3_file *file = NULL;
    int result = sqlite3_file_control(connection, "main", kind, &file);
    return result == SQLITE_OK && file != NULL && file->pMethods != NULL ? file : NULL;
}

const volatile uint32_t *cvi_stamp_place(sqlite3 *connection) {
    sqlite3_file *file = open_file(connection, SQLITE_FCNTL_FILE_POINTER);
    volatile void *place = NULL;
    if (file == NULL || file->pMethods->iVersion < 2 || file->pMethods->xShmMap == NULL) {
        return NULL;
    }
    /* After some failures SQLite has not opened its WAL, and would not undo a map made before. */
    if (open_file(connection, SQLITE_FCNTL_JOURNAL_POINTER) == NULL) {
        return NULL;
    }
    int result = file->pMethods->xShmMap(file, 0, REGION_BYTES, 0, &place);
    return result == SQLITE_OK ? place : NULL;
}

CVI_UNSEEN bool cvi_stamp_read(const volatile uint32_t *place, cvi_stamp *stamp) {
    bool is_whole = true;
    for (int i = 0; i < CVI_STAMP_WORDS; i++) {
        stamp->words[i] = place[i];
    }
    for (int i = 0; i < CVI_STAMP_WORDS; i++) {
        is_whole = is_whole && place[CVI_STAMP_WORDS + i] == stamp->words[i];
    }
    return is_whole;
}

bool cvi_stamp_is_same(const cvi_stamp *one, const cvi_stamp *other) {
    return memcmp(one->words, other->words, sizeof(one->words)) == 0;
}
