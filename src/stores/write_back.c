/* Owns when the log is written back. It goes in batches, as each keeps others waiting for some
 * milliseconds, and behind a commit, as whoever has written much pays for it; where a commit may
 * not take so long it is a piece of work of its own. Its failure loses nothing: the frames stay in
 * the log, and the next commit finds it due again; under a reader that never ends it is tried only
 * each time that the log has grown as much again. */
#include "stores/write_back.h"

enum {
    DUE_FRAMES = 400,
    OVERDUE_FRAMES = 4 * DUE_FRAMES /* nobody comes to do it apart */
};

static bool is_due(const cvi_db *db) {
    return db->wal_frames >= DUE_FRAMES && db->wal_frames >= db->checkpoint_at;
}

/* The log has begun anew since. */
static void note_restart(cvi_db *db) {
    if (db->wal_frames < DUE_FRAMES) {
        db->checkpoint_at = DUE_FRAMES;
    }
}

static void write_back(cvi_db *db) {
    sqlite3_wal_checkpoint_v2(db->connection, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    db->checkpoint_at = db->wal_frames + DUE_FRAMES;
}

void cvi_write_back_after_commit(cvi_db *db) {
    note_restart(db);
    bool is_left = db->writes_back_apart && db->wal_frames < db->checkpoint_at + OVERDUE_FRAMES;
    if (is_due(db) && !is_left) {
        write_back(db);
    }
}

void cvi_write_back_apart(cvi_db *db) {
    db->writes_back_apart = true;
}

bool cvi_write_back(cvi_db *db) {
    cv_error ignored; /* whoever has the turn writes back as well */
    bool is_done = false;
    if (!db->writes_back_apart) {
        return false;
    }
    cvi_db_lock(db);
    if (is_due(db) && cvi_turn_take(&db->turn, &ignored) == CVI_STORE_DONE) {
        write_back(db);
        cvi_turn_release(&db->turn);
        is_done = true;
    }
    cvi_db_unlock(db);
    return is_done;
}
