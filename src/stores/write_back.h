/* Checkpoints: when what the write-ahead log holds goes back into the file. */
#ifndef CVI_STORES_WRITE_BACK_H
#define CVI_STORES_WRITE_BACK_H

#include "stores/database.h"

/* Behind a commit, while the handle has its turn: writes back if that is due and is not left to
 * cvi_write_back. */
void cvi_write_back_after_commit(cvi_db *db);

/* From now on commits leave it to calls of cvi_write_back, save where these do not come. Before the
 * handle is shared between threads. */
void cvi_write_back_apart(cvi_db *db);

/* Writes back if that is due and the handle can have its turn at once; else a later call does, or a
 * commit. True: it has. Never waits for another process. */
bool cvi_write_back(cvi_db *db);

#endif
