/* Owns what an entry is good for that may not be given any more: the service may confirm it. The
 * body is handed out with its validators, so that a confirmation is about exactly these bytes,
 * whatever becomes of the row meanwhile. Rows of other programs have none. The driver's thread. */
#include "stores/cache.h"

#include <string.h>

#include "stores/limits.h"

enum column {
    CREATED_AT,
    EXPIRES_AT,
    CHECKSUM,
    NEGATIVE,
    ETAG,
    LAST_MODIFIED,
    CONTROL,
    HEADERS_OF,
    VALUE
};

const char *const cvi_cache_recall_text =
    "SELECT created_at, expires_at, checksum, negative, etag, last_modified, control, headers_of,"
    " value FROM main.cache WHERE hash = ?1 AND typeof(checksum) = 'integer'";

/* They are sent: what another program may have written is checked like what came from outside. */
static void read_validators(sqlite3_stmt *row, cvi_validators *validators) {
    memset(validators, 0, sizeof(*validators));
    if (sqlite3_column_type(row, HEADERS_OF) == SQLITE_INTEGER &&
        sqlite3_column_int64(row, HEADERS_OF) == sqlite3_column_int64(row, CHECKSUM)) {
        cvi_validators_take_etag(validators, cvi_sql_column_text(row, ETAG));
        cvi_validators_take_last_modified(validators, cvi_sql_column_text(row, LAST_MODIFIED));
    }
}

static void read_keeping(sqlite3_stmt *row, cvi_keeping *keeping) {
    int64_t control = sqlite3_column_int64(row, CONTROL);
    *keeping = (cvi_keeping){
        .ttl_ms = cvi_age_ms(sqlite3_column_int64(row, EXPIRES_AT),
                             sqlite3_column_int64(row, CREATED_AT)),
        .is_ordered = (control & CVI_CONTROL_ORDERED) != 0,
        .must_revalidate = (control & CVI_CONTROL_MUST_REVALIDATE) != 0,
    };
}

/* The body is only copied if it is of use, but looked at in any case. */
static cvi_store_answer read_row(cvi_cache *cache, const cvi_row_place *place,
                                 cvi_recalled *recalled, bool *is_damaged, cv_error *error) {
    sqlite3_stmt *row = place->row;
    cvi_row_body body;
    read_validators(row, &recalled->validators);
    read_keeping(row, &recalled->keeping);
    bool is_negative = sqlite3_column_int64(row, NEGATIVE) != 0;
    bool is_of_use = !is_negative && cvi_validators_are_any(&recalled->validators);
    cvi_store_answer answer = cvi_cache_copy_body(
        &cache->recall, place, is_of_use ? &cache->db->allocator : NULL, &body, error);
    recalled->body = body.text;
    recalled->size = body.size;
    *is_damaged = body.is_damaged;
    return answer;
}

cvi_store_answer cvi_cache_recall(cvi_cache *cache, const char *hash, cvi_recalled *recalled,
                                  bool *has_deleted, cv_error *error) {
    sqlite3_stmt *row = NULL;
    bool found = false;
    *has_deleted = false;
    memset(recalled, 0, sizeof(*recalled));
    cvi_store_answer answer =
        cvi_sql_start(&cache->recall, 0, CVI_VALUES(cvi_text(hash)), &row, error);
    if (answer == CVI_STORE_DONE) {
        answer = cvi_sql_next(&cache->recall, row, &found, error);
    }
    if (answer == CVI_STORE_DONE && found) {
        const cvi_row_place place = {row, hash, CHECKSUM, VALUE, 0, 0};
        answer = read_row(cache, &place, recalled, has_deleted, error);
        cvi_sql_finish(row);
    }
    if (answer == CVI_STORE_DONE && *has_deleted) {
        answer = cvi_cache_delete(cache, hash, error);
    }
    return answer;
}
