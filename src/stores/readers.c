/* Owns the reading connections: as many as threads read at the same moment, and a few are kept for
 * the next. Each is used by one thread at a time. */
#include "stores/readers.h"

#include <string.h>

#include "support/allocator.h"
#include "support/error.h"

enum { IDLE_KEPT = 4 };

struct cvi_reader {
    cvi_sql find;
    sqlite3_stmt *statements[CVI_CACHE_FINDS];
    cvi_reader *next;
};

bool cvi_readers_init(cvi_readers *readers, cvi_db *db) {
    memset(readers, 0, sizeof(*readers));
    readers->db = db;
    return cvi_mutex_init(&readers->mutex);
}

static void close_reader(cvi_readers *readers, cvi_reader *reader) {
    cvi_sql_finalize(&reader->find);
    sqlite3_close(reader->find.connection);
    cvi_release(&readers->db->allocator, reader);
}

void cvi_readers_close(cvi_readers *readers) {
    cvi_db_visit(readers->db);
    while (readers->idle != NULL) {
        cvi_reader *reader = readers->idle;
        readers->idle = reader->next;
        close_reader(readers, reader);
    }
    cvi_db_depart(readers->db);
    cvi_mutex_destroy(&readers->mutex);
}

static cvi_store_answer open_reader(cvi_readers *readers, cvi_reader **opened, cv_error *error) {
    cvi_reader *reader = cvi_allocate(&readers->db->allocator, sizeof(*reader));
    if (reader == NULL) {
        cvi_error_no_memory(error);
        return CVI_STORE_FAILED;
    }
    sqlite3 *connection = NULL;
    cvi_store_answer answer = cvi_db_open_reader(readers->db, &connection, error);
    if (answer != CVI_STORE_DONE) {
        cvi_release(&readers->db->allocator, reader);
        return answer;
    }
    reader->find = (cvi_sql){connection, readers->db->path, cvi_cache_find_texts,
                             reader->statements, CVI_CACHE_FINDS};
    *opened = reader;
    return CVI_STORE_DONE;
}

static cvi_reader *take_idle(cvi_readers *readers) {
    cvi_mutex_lock(&readers->mutex);
    cvi_reader *reader = readers->idle;
    if (reader != NULL) {
        readers->idle = reader->next;
        readers->idle_count--;
    }
    cvi_mutex_unlock(&readers->mutex);
    return reader;
}

/* A connection that has failed is not trusted again. */
static void give_back(cvi_readers *readers, cvi_reader *reader, bool is_good) {
    cvi_mutex_lock(&readers->mutex);
    bool keep = is_good && readers->idle_count < IDLE_KEPT;
    if (keep) {
        reader->next = readers->idle;
        readers->idle = reader;
        readers->idle_count++;
    }
    cvi_mutex_unlock(&readers->mutex);
    if (!keep) {
        close_reader(readers, reader);
    }
}

static cvi_store_answer find_in_turn(cvi_readers *readers, cvi_cache *cache, const char *hash,
                                     const cvi_cache_demand *demand, cvi_now now,
                                     cvi_cached *cached, cv_error *error) {
    cvi_store_answer answer = cvi_db_enter(readers->db, error);
    if (answer != CVI_STORE_DONE) {
        return answer;
    }
    answer = cvi_cache_find(&cache->find, &readers->db->allocator, hash, demand, now, cached, NULL,
                            error);
    cvi_db_unlock(readers->db);
    return answer;
}

static cvi_store_answer find_aside(cvi_readers *readers, const char *hash,
                                   const cvi_cache_demand *demand, cvi_now now, cvi_cached *cached,
                                   cv_error *error) {
    cvi_reader *reader = take_idle(readers);
    cvi_store_answer answer = CVI_STORE_DONE;
    if (reader == NULL) {
        answer = open_reader(readers, &reader, error);
    }
    if (answer != CVI_STORE_DONE) {
        return answer;
    }
    answer = cvi_cache_find(&reader->find, &readers->db->allocator, hash, demand, now, cached, NULL,
                            error);
    give_back(readers, reader, answer != CVI_STORE_FAILED);
    return answer;
}

cvi_store_answer cvi_readers_find(cvi_readers *readers, cvi_cache *cache, const char *hash,
                                  const cvi_cache_demand *demand, cvi_now now, cvi_cached *cached,
                                  cv_error *error) {
    if (!readers->db->has_readers) {
        return find_in_turn(readers, cache, hash, demand, now, cached, error);
    }
    cvi_db_visit(readers->db);
    cvi_store_answer answer = find_aside(readers, hash, demand, now, cached, error);
    cvi_db_depart(readers->db);
    return answer;
}
