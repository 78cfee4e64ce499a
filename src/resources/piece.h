/* Parts of a text, and sets of names made of them. Pure; any thread. */
#ifndef CVI_RESOURCES_PIECE_H
#define CVI_RESOURCES_PIECE_H

#include <stdbool.h>
#include <stddef.h>

#include <comicvine/error.h>

#include "support/buffer.h"

/* Belongs to the text that it is a part of; ends in no NUL. */
typedef struct cvi_piece {
    const char *text;
    size_t length;
} cvi_piece;

cvi_piece cvi_piece_of(const char *text);
bool cvi_piece_is(cvi_piece part, const char *text);

/* Whether it looks like a name of the service's: letters, digits and "_". */
bool cvi_piece_is_name(cvi_piece part);

/* Whether it is digits and nothing else. */
bool cvi_piece_is_number(cvi_piece part);

/* Moves the part before the next `separator` (or all) from `rest` to `part`; false: it was the last
 * one, no separator followed. */
bool cvi_piece_cut(cvi_piece *rest, char separator, cvi_piece *part);

/* The part without blanks, TABs and CRs at its ends. */
cvi_piece cvi_piece_trim(cvi_piece part);

/* Adds the part fit to be shown in a message: one line of ASCII, cut behind CVI_PIECE_SHOWN
 * bytes. */
void cvi_piece_show(cvi_piece part, cvi_buffer *out);

/* Room for what cvi_piece_show adds, with dots and a NUL. */
enum { CVI_PIECE_SHOWN = 48, CVI_PIECE_SHOWN_SIZE = CVI_PIECE_SHOWN + sizeof("...") };

/* The longest text that a caller may give. */
enum { CVI_PIECE_LONGEST = 2048 };

/* Room for such a text once it is checked, with a NUL: an `id` and an order may come to it, and
 * names that are longer on the wire. */
enum { CVI_CHECKED_SIZE = CVI_PIECE_LONGEST + 256 };

/* Why a caller's text of names cannot be read: it is too long or not of one line. NULL: it can. */
const char *cvi_piece_fault(cvi_piece text);

/* The end of each check: whether `out` holds all that was added. False: CV_ERROR_ARGUMENT, the text
 * is too long for it, or CV_ERROR_NOMEM. `path` begins the message. */
bool cvi_piece_finish(const cvi_buffer *out, const char *path, cv_error *error);

/* ---- sets of names ---- */

enum { CVI_NAMES_MAX = 128 };

/* Different names, sorted. Starts as all zero. */
typedef struct cvi_name_set {
    cvi_piece names[CVI_NAMES_MAX];
    size_t count;
} cvi_name_set;

bool cvi_names_have(const cvi_name_set *set, cvi_piece name);

/* Puts a name in, unless it is there. False: the set is full. */
bool cvi_names_add(cvi_name_set *set, cvi_piece name);

/* Adds all names with commas between them. */
void cvi_names_write(const cvi_name_set *set, cvi_buffer *out);

/* Adds them for readers, as many as leave room for "..." at the end; "none" where there are none.
 */
void cvi_names_show(const cvi_name_set *set, cvi_buffer *out);

#endif
