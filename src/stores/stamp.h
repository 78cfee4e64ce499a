/* Whether anybody has written to a file since, told from memory. */
#ifndef CVI_STORES_STAMP_H
#define CVI_STORES_STAMP_H

#include <stdbool.h>
#include <stdint.h>

struct sqlite3;

enum { CVI_STAMP_WORDS = 12 };

/* The state of a file after some commit. */
typedef struct cvi_stamp {
    uint32_t words[CVI_STAMP_WORDS];
} cvi_stamp;

/* Where the state of the connection's file stands; NULL: in no memory that others write to. Good
 * until the connection is closed. The caller may use the connection, which is in WAL mode if it is
 * on a file, and has read. */
const volatile uint32_t *cvi_stamp_place(struct sqlite3 *connection);

/* Reads the state; false: it is being written. Any thread. */
bool cvi_stamp_read(const volatile uint32_t *place, cvi_stamp *stamp);

/* True: nobody has committed anything between the two. */
bool cvi_stamp_is_same(const cvi_stamp *one, const cvi_stamp *other);

#endif
