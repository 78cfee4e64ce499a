/* Owns the table rate_limit_shares. Kept is what was counted and not what follows from it, so that
 * programs with different limits can use the same row. The last user request is known exactly while
 * its row is there, which is longer than any threshold; after that, as of the last count. Callers
 * hold the transaction. */
#include "stores/shares.h"

#include <string.h>

#include "stores/limits.h"
#include "stores/path_rows.h"

enum statement { READ, COUNT, WRITE, ACTIVATIONS, FORGET, FORGET_ALL };

static const char *const texts[CVI_SHARES_STATEMENTS] = {
    [READ] = "SELECT boot = ?3, boot_ms, timestamp, monitoring_window_ms, users, users_late,"
             " users_before, since_user_ms, is_recorded, activations FROM main.rate_limit_shares"
             " WHERE scope = ?1 AND resource = ?2",
    [COUNT] = "SELECT count(*) FILTER (WHERE is_user AND boot_ms > ?6),"
              " count(*) FILTER (WHERE is_user AND boot_ms > ?7),"
              " count(*) FILTER (WHERE is_user AND boot_ms > ?8 AND boot_ms <= ?7),"
              " count(*), max(boot_ms) FILTER (WHERE is_user)"
              " FROM (" CVI_PATH_ROWS("boot_ms, priority IS 'user' AS is_user", "") ")",
    [WRITE] =
        "INSERT OR REPLACE INTO main.rate_limit_shares(scope, resource, boot, boot_ms, timestamp,"
        " monitoring_window_ms, users, users_late, users_before, since_user_ms, is_recorded,"
        " activations) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
    [ACTIVATIONS] = "SELECT sum(activations) FROM main.rate_limit_shares WHERE scope = ?1",
    [FORGET] = "DELETE FROM main.rate_limit_shares WHERE scope = ?1 AND resource = ?2",
    [FORGET_ALL] = "DELETE FROM main.rate_limit_shares WHERE scope = ?1",
};

/* A row of the table; without one, all zero but for the last user. */
typedef struct stored_count {
    bool is_there;
    bool is_of_this_boot;
    int64_t boot_ms;
    int64_t wall_ms;
    int64_t window_ms;
    cvi_activity activity;
    int64_t activations;
} stored_count;

int64_t cvi_shares_longest_ms(const cv_adaptive_settings *settings) {
    int64_t window_ms = cvi_span(settings->monitoring_window_ms, 0);
    int64_t inactivity_ms = cvi_span(settings->sustained_inactivity_threshold_ms, 0);
    return window_ms > inactivity_ms ? window_ms : inactivity_ms;
}

void cvi_shares_init(cvi_shares *shares, cvi_db *db, const cv_adaptive_settings *settings,
                     const char *scope) {
    memset(shares, 0, sizeof(*shares));
    shares->sql =
        (cvi_sql){db->connection, db->path, texts, shares->statements, CVI_SHARES_STATEMENTS};
    shares->settings = *settings;
    shares->boot = db->clock.boot_id;
    shares->scope = scope;
}

void cvi_shares_finalize(cvi_shares *shares) {
    cvi_sql_finalize(&shares->sql);
}

/* ---- the row ---- */

static void take_stored(sqlite3_stmt *statement, stored_count *stored) {
    stored->is_there = true;
    stored->is_of_this_boot = sqlite3_column_int(statement, 0) != 0;
    stored->boot_ms = sqlite3_column_int64(statement, 1);
    stored->wall_ms = sqlite3_column_int64(statement, 2);
    stored->window_ms = sqlite3_column_int64(statement, 3);
    stored->activity.users = sqlite3_column_int64(statement, 4);
    stored->activity.users_late = sqlite3_column_int64(statement, 5);
    stored->activity.users_before = sqlite3_column_int64(statement, 6);
    stored->activity.since_user_ms = sqlite3_column_int64(statement, 7);
    stored->activity.is_recorded = sqlite3_column_int(statement, 8) != 0;
    stored->activations = sqlite3_column_int64(statement, 9);
}

static cvi_store_answer read_stored(cvi_shares *shares, const char *resource, stored_count *stored,
                                    cv_error *error) {
    sqlite3_stmt *statement = NULL;
    bool row = false;
    memset(stored, 0, sizeof(*stored));
    stored->activity.since_user_ms = CVI_NEVER_ACTIVE;
    cvi_store_answer answer = cvi_sql_start(
        &shares->sql, READ,
        CVI_VALUES(cvi_text(shares->scope), cvi_text(resource), cvi_text(shares->boot)), &statement,
        error);
    if (answer == CVI_STORE_DONE) {
        answer = cvi_sql_next(&shares->sql, statement, &row, error);
    }
    if (answer == CVI_STORE_DONE && row) {
        take_stored(statement, stored);
        cvi_sql_finish(statement);
    }
    return answer;
}

/* How long the stored count still stands; 0: not any more. */
static int64_t valid_ms(const cvi_shares *shares, const stored_count *stored, cvi_now now) {
    bool is_usable = stored->is_there && stored->is_of_this_boot &&
                     stored->window_ms == shares->settings.monitoring_window_ms &&
                     stored->boot_ms <= cvi_time_after(now.boot_ms, CVI_CLOCK_TOLERANCE_MS);
    int64_t age_ms = cvi_age_ms(now.boot_ms, stored->boot_ms);
    int64_t interval_ms = cvi_span(shares->settings.recalculation_interval_ms, 0);
    return is_usable && age_ms < interval_ms ? interval_ms - age_ms : 0;
}

/* Since the last user request that the stored count knows of. */
static int64_t since_known_user_ms(const stored_count *stored, cvi_now now) {
    int64_t since_ms = stored->activity.since_user_ms;
    if (since_ms < 0) {
        return CVI_NEVER_ACTIVE;
    }
    return cvi_time_after(since_ms, stored->is_of_this_boot
                                        ? cvi_age_ms(now.boot_ms, stored->boot_ms)
                                        : cvi_age_ms(now.wall_ms, stored->wall_ms));
}

/* ---- counting ---- */

static cvi_store_answer count_rows(cvi_shares *shares, const cvi_claim_spec *spec, int64_t span_ms,
                                   cvi_now now, cvi_activity *activity, cv_error *error) {
    const cv_adaptive_settings *settings = &shares->settings;
    int64_t window_ms = cvi_span(settings->monitoring_window_ms, 0);
    int64_t late_from_ms;
    int64_t before_from_ms;
    sqlite3_stmt *statement = NULL;
    bool row = false;
    *activity = (cvi_activity){.since_user_ms = CVI_NEVER_ACTIVE};
    cvi_adaptive_thirds(settings, now.boot_ms, &late_from_ms, &before_from_ms);
    cvi_store_answer answer = cvi_sql_start(
        &shares->sql, COUNT,
        CVI_VALUES(cvi_text(shares->boot), cvi_text(shares->scope), cvi_text(spec->resource),
                   cvi_integer(now.boot_ms - span_ms), cvi_integer(spec->is_list ? 1 : 0),
                   cvi_integer(now.boot_ms - window_ms), cvi_integer(late_from_ms),
                   cvi_integer(before_from_ms)),
        &statement, error);
    if (answer == CVI_STORE_DONE) {
        answer = cvi_sql_next(&shares->sql, statement, &row, error);
    }
    if (answer != CVI_STORE_DONE || !row) {
        return answer;
    }
    activity->users = sqlite3_column_int64(statement, 0);
    activity->users_late = sqlite3_column_int64(statement, 1);
    activity->users_before = sqlite3_column_int64(statement, 2);
    activity->is_recorded = sqlite3_column_int64(statement, 3) > 0;
    if (sqlite3_column_type(statement, 4) != SQLITE_NULL) {
        activity->since_user_ms = cvi_age_ms(now.boot_ms, sqlite3_column_int64(statement, 4));
    }
    cvi_sql_finish(statement);
    return CVI_STORE_DONE;
}

/* Counted when the activity rises to the threshold, not while it stays there. */
static int64_t count_activations(const cvi_shares *shares, const stored_count *stored,
                                 const cvi_activity *activity) {
    int64_t high = shares->settings.high_activity_threshold;
    bool is_new = activity->users >= high && stored->activity.users < high;
    return stored->activations + (is_new && stored->activations < INT32_MAX ? 1 : 0);
}

static cvi_store_answer write_stored(cvi_shares *shares, const char *resource,
                                     const cvi_activity *activity, int64_t activations, cvi_now now,
                                     cv_error *error) {
    return cvi_sql_run(
        &shares->sql, WRITE,
        CVI_VALUES(cvi_text(shares->scope), cvi_text(resource), cvi_text(shares->boot),
                   cvi_integer(now.boot_ms), cvi_integer(now.wall_ms),
                   cvi_integer(shares->settings.monitoring_window_ms), cvi_integer(activity->users),
                   cvi_integer(activity->users_late), cvi_integer(activity->users_before),
                   cvi_integer(activity->since_user_ms), cvi_integer(activity->is_recorded ? 1 : 0),
                   cvi_integer(activations)),
        NULL, error);
}

/* Counts the rows that are there, and keeps what only the stored count knows: the last user. */
static cvi_store_answer count_anew(cvi_shares *shares, const cvi_claim_spec *spec,
                                   int64_t look_back_ms, const stored_count *stored, cvi_now now,
                                   cvi_activity *activity, cv_error *error) {
    int64_t longest_ms = cvi_shares_longest_ms(&shares->settings);
    int64_t span_ms = look_back_ms > longest_ms ? look_back_ms : longest_ms;
    cvi_store_answer answer = count_rows(shares, spec, span_ms, now, activity, error);
    if (answer != CVI_STORE_DONE) {
        return answer;
    }
    if (activity->since_user_ms < 0) {
        activity->since_user_ms = since_known_user_ms(stored, now);
    }
    return write_stored(shares, spec->resource, activity,
                        count_activations(shares, stored, activity), now, error);
}

cvi_store_answer cvi_shares_count(cvi_shares *shares, const cvi_claim_spec *spec,
                                  int64_t look_back_ms, cvi_now now, cvi_counted *counted,
                                  cv_error *error) {
    stored_count stored;
    memset(counted, 0, sizeof(*counted));
    cvi_store_answer answer = read_stored(shares, spec->resource, &stored, error);
    if (answer != CVI_STORE_DONE) {
        return answer;
    }
    counted->activity = stored.activity;
    counted->valid_ms = valid_ms(shares, &stored, now);
    if (counted->valid_ms > 0) {
        return CVI_STORE_DONE;
    }
    counted->is_new = true;
    counted->valid_ms = cvi_span(shares->settings.recalculation_interval_ms, 0);
    return count_anew(shares, spec, look_back_ms, &stored, now, &counted->activity, error);
}

cvi_store_answer cvi_shares_note_user(cvi_shares *shares, const cvi_claim_spec *spec,
                                      int64_t look_back_ms, cvi_now now, cv_error *error) {
    stored_count stored;
    cvi_activity activity;
    cvi_store_answer answer = read_stored(shares, spec->resource, &stored, error);
    if (answer != CVI_STORE_DONE ||
        (valid_ms(shares, &stored, now) > 0 && stored.activity.users > 0)) {
        return answer;
    }
    return count_anew(shares, spec, look_back_ms, &stored, now, &activity, error);
}

/* ---- sums and deletion ---- */

cvi_store_answer cvi_shares_activations(cvi_shares *shares, int64_t *activations, cv_error *error) {
    *activations = 0;
    return cvi_sql_read(&shares->sql, ACTIVATIONS, CVI_VALUES(cvi_text(shares->scope)), activations,
                        error);
}

cvi_store_answer cvi_shares_forget(cvi_shares *shares, const char *resource, cv_error *error) {
    if (resource == NULL) {
        return cvi_sql_run(&shares->sql, FORGET_ALL, CVI_VALUES(cvi_text(shares->scope)), NULL,
                           error);
    }
    return cvi_sql_run(&shares->sql, FORGET,
                       CVI_VALUES(cvi_text(shares->scope), cvi_text(resource)), NULL, error);
}
