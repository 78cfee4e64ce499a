/* The activity that shares are calculated from, as last counted: one row of the file for each path
 * of a scope, so that all processes see the same, before and after a restart. */
#ifndef CVI_STORES_SHARES_H
#define CVI_STORES_SHARES_H

#include "stores/database.h"

enum { CVI_SHARES_STATEMENTS = 6 };

typedef struct cvi_shares {
    cvi_sql sql;
    sqlite3_stmt *statements[CVI_SHARES_STATEMENTS];
    cv_adaptive_settings settings;
    const char *boot;  /* the clock's boot id */
    const char *scope; /* the owner's */
} cvi_shares;

/* What was counted, and how long from now it stands: 1 ms at least. */
typedef struct cvi_counted {
    cvi_activity activity;
    int64_t valid_ms;
    bool is_new; /* counted and written just now */
} cvi_counted;

/* How far back any count looks, apart from the look-back of the limit. */
int64_t cvi_shares_longest_ms(const cv_adaptive_settings *settings);

/* `db` and `scope` must outlive it. */
void cvi_shares_init(cvi_shares *shares, cvi_db *db, const cv_adaptive_settings *settings,
                     const char *scope);
void cvi_shares_finalize(cvi_shares *shares);

/* These run within a transaction, after rows of others have been adopted. `look_back_ms` is that of
 * the path's limit. */

/* The activity of the path of `spec`; counts anew if that was last done longer ago than the
 * interval, in another boot, or over another window. */
cvi_store_answer cvi_shares_count(cvi_shares *shares, const cvi_claim_spec *spec,
                                  int64_t look_back_ms, cvi_now now, cvi_counted *counted,
                                  cv_error *error);

/* After a user's request was recorded: counts anew likewise, and if no user was active before. So
 * the row of the path always knows of users, and the recorded rows may be deleted. */
cvi_store_answer cvi_shares_note_user(cvi_shares *shares, const cvi_claim_spec *spec,
                                      int64_t look_back_ms, cvi_now now, cv_error *error);

/* How often users of the scope's paths have become highly active, as counted. */
cvi_store_answer cvi_shares_activations(cvi_shares *shares, int64_t *activations, cv_error *error);

/* Forgets the counts of a path, or (NULL) of all paths of the scope. */
cvi_store_answer cvi_shares_forget(cvi_shares *shares, const char *resource, cv_error *error);

#endif
