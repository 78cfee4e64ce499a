/* Owns the rows of hosts in the table rate_limit_cooldowns: what begins and prolongs their pauses.
 * Who waits for one and who is its probe is cooldown.c's, as for all pauses. While failures are
 * only counted strikes is 0. Callers hold the transaction. */
#include "stores/circuit.h"

#include <string.h>

#include "stores/limits.h"

#define MOST_DOUBLINGS INT64_C(16)
#define MOST_FAILURES  INT64_C(1000000000)

enum statement { READ, NOTE, WRITE, SUCCEED, CLOSE };

static const char *const texts[CVI_CIRCUIT_STATEMENTS] = {
    [READ] = "SELECT strikes, failures, probe FROM main.rate_limit_cooldowns"
             " WHERE scope = ?1 AND resource = '*'",
    [NOTE] = "UPDATE main.rate_limit_cooldowns SET failures = ?2, unreachable = ?3"
             " WHERE scope = ?1 AND resource = '*'",
    [WRITE] =
        "INSERT OR REPLACE INTO main.rate_limit_cooldowns(scope, failures, unreachable,"
        " resource, boot, boot_ms, timestamp, strikes) VALUES(?1, ?2, ?3, '*', ?4, ?5, ?6, ?7)",
    [SUCCEED] = "DELETE FROM main.rate_limit_cooldowns WHERE scope = ?1 AND resource = '*'"
                " AND (strikes <= 0 OR ?2 <> 0 AND probe = ?2)",
    [CLOSE] = "DELETE FROM main.rate_limit_cooldowns WHERE scope = ?1 AND resource = '*'",
};

typedef struct circuit_row {
    int64_t strikes; /* pauses in a row; 0: none has begun */
    int64_t failures;
    int64_t probe;
} circuit_row;

void cvi_circuit_init(cvi_circuit *circuit, cvi_db *db, const cv_rate_limit_settings *settings,
                      const char *host) {
    memset(circuit, 0, sizeof(*circuit));
    circuit->sql =
        (cvi_sql){db->connection, db->path, texts, circuit->statements, CVI_CIRCUIT_STATEMENTS};
    circuit->db = db;
    circuit->host = host;
    circuit->failures_max = cvi_span(settings->circuit_failures, 0);
    circuit->open_ms = settings->circuit_open_ms;
}

void cvi_circuit_finalize(cvi_circuit *circuit) {
    cvi_sql_finalize(&circuit->sql);
}

static int64_t within(int64_t number, int64_t most) {
    return number < 0 ? 0 : number < most ? number : most;
}

/* All zero without a row. */
static cvi_store_answer read_row(cvi_circuit *circuit, circuit_row *found, cv_error *error) {
    sqlite3_stmt *row = NULL;
    bool has_row = false;
    *found = (circuit_row){0};
    cvi_store_answer answer =
        cvi_sql_start(&circuit->sql, READ, CVI_VALUES(cvi_text(circuit->host)), &row, error);
    if (answer == CVI_STORE_DONE) {
        answer = cvi_sql_next(&circuit->sql, row, &has_row, error);
    }
    if (has_row) {
        found->strikes = within(sqlite3_column_int64(row, 0), MOST_DOUBLINGS);
        found->failures = within(sqlite3_column_int64(row, 1), MOST_FAILURES);
        found->probe = sqlite3_column_int64(row, 2);
        cvi_sql_finish(row);
    }
    return answer;
}

/* Up to a quarter shorter than its length, so that the probes of many files do not come together.
 */
static int64_t draw_length_ms(const cvi_circuit *circuit, int64_t strikes) {
    int64_t length_ms = within(circuit->open_ms << (strikes - 1), CVI_LONGEST_OPEN_MS);
    return length_ms - cvi_random_below(&circuit->db->random, length_ms / 4 + 1);
}

/* Any probe is over then. */
static cvi_store_answer write_row(cvi_circuit *circuit, const circuit_row *row, bool is_unreachable,
                                  cvi_now now, int64_t *pause_ms, cv_error *error) {
    *pause_ms = row->strikes > 0 ? draw_length_ms(circuit, row->strikes) : 0;
    return cvi_sql_run(&circuit->sql, WRITE,
                       CVI_VALUES(cvi_text(circuit->host), cvi_integer(row->failures),
                                  cvi_integer(is_unreachable ? 1 : 0),
                                  cvi_text(circuit->db->clock.boot_id),
                                  cvi_integer(now.boot_ms + *pause_ms),
                                  cvi_integer(now.wall_ms + *pause_ms), cvi_integer(row->strikes)),
                       NULL, error);
}

/* Of a pause that has begun, a failure of any other request says only what is known. */
static bool begins_pause(const cvi_circuit *circuit, const circuit_row *row, int64_t probe) {
    if (row->strikes > 0) {
        return probe != 0 && probe == row->probe;
    }
    return row->failures >= circuit->failures_max;
}

cvi_store_answer cvi_circuit_fail(cvi_circuit *circuit, bool is_unreachable, int64_t probe,
                                  cvi_now now, int64_t *pause_ms, cv_error *error) {
    circuit_row row;
    *pause_ms = 0;
    if (circuit->failures_max == 0) {
        return CVI_STORE_DONE;
    }
    cvi_store_answer answer = read_row(circuit, &row, error);
    if (answer != CVI_STORE_DONE) {
        return answer;
    }
    row.failures++;
    if (begins_pause(circuit, &row, probe)) {
        row.strikes++;
    } else if (row.strikes > 0) {
        return cvi_sql_run(&circuit->sql, NOTE,
                           CVI_VALUES(cvi_text(circuit->host), cvi_integer(row.failures),
                                      cvi_integer(is_unreachable ? 1 : 0)),
                           NULL, error);
    }
    return write_row(circuit, &row, is_unreachable, now, pause_ms, error);
}

cvi_store_answer cvi_circuit_succeed(cvi_circuit *circuit, int64_t probe, cv_error *error) {
    return cvi_sql_run(&circuit->sql, SUCCEED,
                       CVI_VALUES(cvi_text(circuit->host), cvi_integer(probe)), NULL, error);
}

cvi_store_answer cvi_circuit_close(cvi_circuit *circuit, cv_error *error) {
    return cvi_sql_run(&circuit->sql, CLOSE, CVI_VALUES(cvi_text(circuit->host)), NULL, error);
}
