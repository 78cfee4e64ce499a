/* Owns the folder, which is removed when the process ends, and the visit. */
#include "support/shelf.h"

#include <dirent.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <comicvine/stores.h>

#include "client/envelope.h"
#include "resources/registry.h"
#include "stores/key_word.h"
#include "stores/stores.h"
#include "support/allocator.h"
#include "support/checked.h"
#include "support/input.h"

enum { PATH_SIZE = 512, TTL_MS = 3600000, ROUNDS_MAX = 200 };

#define DENIAL "{\"status_code\":101,\"error\":\"Object Not Found\",\"results\":[]}"
#define OTHER  "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static char folder[PATH_SIZE];
static char database[PATH_SIZE + 16];

/* ---- files ---- */

static void empty_folder(void) {
    DIR *opened = opendir(folder);
    REQUIRE(opened != NULL);
    for (struct dirent *entry = readdir(opened); entry != NULL; entry = readdir(opened)) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            REQUIRE(unlinkat(dirfd(opened), entry->d_name, 0) == 0);
        }
    }
    closedir(opened);
}

static void remove_folder(void) {
    empty_folder();
    rmdir(folder);
}

static void make_folder(void) {
    const char *parent = getenv("TMPDIR");
    if (folder[0] != '\0') {
        return;
    }
    snprintf(folder, sizeof(folder), "%s/comicvine-fuzz-XXXXXX", parent != NULL ? parent : "/tmp");
    REQUIRE(mkdtemp(folder) != NULL);
    snprintf(database, sizeof(database), "%s/comics.db", folder);
    atexit(remove_folder);
}

static void write_file(const char *path, const uint8_t *bytes, size_t size) {
    FILE *file = fopen(path, "wb");
    REQUIRE(file != NULL && fwrite(bytes, 1, size, file) == size);
    REQUIRE(fclose(file) == 0);
}

void shelf_clear(void) {
    make_folder();
    empty_folder();
}

void shelf_put(const uint8_t *bytes, size_t size) {
    shelf_clear();
    write_file(database, bytes, size);
}

void shelf_put_log(const uint8_t *bytes, size_t size) {
    char path[sizeof(database) + 8];
    snprintf(path, sizeof(path), "%s-wal", database);
    write_file(path, bytes, size);
}

const char *shelf_path(void) {
    return database;
}

/* ---- stores on the file ---- */

/* Each look takes a millisecond, so that waits end. */
static cv_now look(void *user) {
    int64_t *looks = user;
    (*looks)++;
    return (cv_now){3600000 + *looks, SHELF_NOW_MS};
}

/* Different bytes at each draw, the same ones in each process. */
static void fill(void *user, void *bytes, size_t size) {
    uint8_t *drawn = user;
    uint8_t *next = bytes;
    for (size_t i = 0; i < size; i++) {
        next[i] = (uint8_t)(*drawn)++;
    }
}

typedef struct shelf {
    const char *body; /* that issue 52 must have; NULL: any that is about it */
    int64_t looks;
    uint8_t drawn;
    cvi_now now;
    cvi_stores *stores;
    size_t admitted;
} shelf;

static cvi_stores_options options_of(shelf *self) {
    return (cvi_stores_options){
        .database = database,
        .scope = SHELF_SCOPE,
        .origin = "origin-1",
        .host = "host-1",
        .application = "shelf",
        .relaxed_sync = true,
        .allocator = cvi_default_allocator,
        .clock = {.now = look, .user = &self->looks, .boot_id = SHELF_BOOT},
        .random = {fill, &self->drawn},
        .cache = {.max_entry_bytes = 1 << 20,
                  .stale_s = 604800,
                  .negative_ttl_s = 300,
                  .max_bytes = 1 << 16},
        .dedupe = {.job_timeout_ms = 300000, .lease_ms = 5000},
        .rate_limit = {.kind = CV_LIMIT_SLIDING,
                       .limit = SHELF_LIMIT,
                       .window_ms = 3600000,
                       .guard_ms = 2000,
                       .min_interval_ms = CV_NO_INTERVAL,
                       .circuit_failures = 2,
                       .circuit_open_ms = 1},
    };
}

static void check_answer(cvi_store_answer answer, const cv_error *error) {
    if (answer == CVI_STORE_FAILED) {
        REQUIRE(error->code == CV_ERROR_STORE || error->code == CV_ERROR_NOMEM);
        check_message(error);
    }
}

/* What the cache gave under the hash of issue 52, as the client takes it. */
static void check_cached(const shelf *self, cvi_cached *cached) {
    cvi_finding finding;
    const cvi_call call = {.allocator = cvi_default_allocator,
                           .resource = cvi_registry_find(CV_ISSUE),
                           .id = SHELF_ISSUE,
                           .label = "issue/4000-52"};
    if (cached->body == NULL) {
        return;
    }
    REQUIRE(cached->body[cached->size] == '\0');
    REQUIRE(self->body == NULL || strcmp(cached->body, self->body) == 0);
    const cvi_body body = {cached->body, cached->size, cached->tape_size};
    cvi_judge_stored(&call, body, cached->is_negative, &finding);
    REQUIRE(self->body == NULL || finding.error.code != CV_ERROR_NOT_FOUND);
    REQUIRE((finding.result != NULL) == (finding.error.code == CV_OK));
    REQUIRE(finding.result == NULL || cvi_result_is_about(finding.result, SHELF_ISSUE));
    cvi_result_release(finding.result);
}

/* What lies under other hashes is of no interest, but must be readable. */
static void take_cached(const shelf *self, const char *hash, cvi_cached *cached) {
    if (strcmp(hash, SHELF_HASH) == 0) {
        check_cached(self, cached);
        return;
    }
    REQUIRE(cached->body == NULL || strlen(cached->body) <= cached->size);
    cvi_release(&cvi_default_allocator, cached->body);
}

static void look_up(shelf *self, const char *hash, bool stale_too) {
    cvi_cached cached;
    cv_error error = {.code = CV_OK};
    const cvi_want want = {.ttl_ms = TTL_MS, .stale_too = stale_too};
    cvi_store_answer answer =
        cvi_stores_lookup(self->stores, hash, &want, self->now, &cached, &error);
    check_answer(answer, &error);
    REQUIRE(answer == CVI_STORE_DONE || cached.body == NULL);
    take_cached(self, hash, &cached);
}

static void watch(shelf *self, const char *hash, const char *job_id) {
    cvi_watch seen;
    cv_error error = {.code = CV_OK};
    cvi_store_answer answer =
        cvi_stores_watch(self->stores, hash, job_id, self->now, &seen, &error);
    check_answer(answer, &error);
    if (answer == CVI_STORE_DONE) {
        REQUIRE(seen.state != CVI_WATCH_FAILED || seen.failure.code != CV_OK);
        take_cached(self, hash, &seen.cached);
    }
}

/* What the client stores beside a body. */
static char *tape_of(const char *body, size_t *size) {
    const cvi_decode_options options = {.resource = cvi_registry_find(CV_ISSUE),
                                        .makes_tape = true};
    cv_error error = {.code = CV_OK};
    char *copy = cvi_copy_text(&cvi_default_allocator, body, strlen(body));
    cvi_result *result =
        cvi_decode(&options, &cvi_default_allocator, (cvi_body){copy, strlen(body), 0}, &error);
    REQUIRE(result != NULL);
    char *tape = cvi_result_take_tape(result, size);
    cvi_result_release(result);
    return tape;
}

static void complete(shelf *self, const char *hash, const char *job_id, const char *body) {
    static const cvi_validators validators = {.etag = "\"1\""};
    const cv_error denial = {.code = CV_ERROR_NOT_FOUND, .message = "no such object"};
    const bool is_denial = strcmp(body, DENIAL) == 0;
    size_t tape_size;
    char *tape = tape_of(body, &tape_size);
    const cvi_completion completion = {.hash = hash,
                                       .job_id = job_id,
                                       .body = body,
                                       .size = strlen(body),
                                       .tape = tape,
                                       .tape_size = tape_size,
                                       .keeping = {.ttl_ms = TTL_MS},
                                       .validators = &validators,
                                       .failure = is_denial ? &denial : NULL};
    cv_error error = {.code = CV_OK};
    bool owned = false;
    check_answer(cvi_stores_complete(self->stores, &completion, self->now, &owned, &error), &error);
    cvi_release(&cvi_default_allocator, tape);
}

static void fail_job(shelf *self, const char *hash, const char *job_id) {
    const cv_error failure = {.code = CV_ERROR_SERVER, .http_status = 500, .message = "it broke"};
    cv_error error = {.code = CV_OK};
    bool owned = false;
    check_answer(cvi_stores_renew(self->stores, hash, job_id, self->now, &owned, &error), &error);
    check_answer(cvi_stores_release(self->stores, hash, job_id, 0, &failure, 0, self->now, &error),
                 &error);
}

/* Claims a hash; what to do with it, once it is ours, is the caller's. False: it is not. */
static bool claim(shelf *self, const char *hash, cvi_claim *claimed) {
    const cvi_claim_spec spec = {.hash = hash,
                                 .resource = "issue",
                                 .priority = CV_PRIORITY_USER,
                                 .reread_cache = true,
                                 .ttl_ms = TTL_MS,
                                 .max_age_ms = 1,
                                 .recalls = true};
    cv_error error = {.code = CV_OK};
    cvi_store_answer answer = cvi_stores_claim(self->stores, &spec, self->now, claimed, &error);
    check_answer(answer, &error);
    if (answer != CVI_STORE_DONE) {
        return false;
    }
    take_cached(self, hash, &claimed->cached);
    cvi_release(&cvi_default_allocator, claimed->recalled.body);
    if (claimed->verdict == CVI_CLAIM_WATCH) {
        watch(self, hash, claimed->job_id);
    }
    if (claimed->verdict == CVI_CLAIM_WAIT) {
        REQUIRE(claimed->wait_ms >= -1);
        REQUIRE(memchr(claimed->reason_text, '\0', sizeof(claimed->reason_text)) != NULL);
    }
    bool is_ours = claimed->verdict == CVI_CLAIM_ADMITTED;
    self->admitted += is_ours ? 1 : 0;
    return is_ours;
}

/* One after the other, each with another end. */
static void claim_all(shelf *self) {
    cvi_claim claimed;
    if (claim(self, SHELF_HASH, &claimed)) {
        complete(self, SHELF_HASH, claimed.job_id, SHELF_BODY);
        watch(self, SHELF_HASH, claimed.job_id);
    }
    if (claim(self, OTHER, &claimed)) {
        fail_job(self, OTHER, claimed.job_id);
        watch(self, OTHER, claimed.job_id);
    }
    for (char last = 'd'; last <= 'h'; last++) {
        char hash[] = SHELF_DENIED;
        hash[0] = last;
        claim(self, hash, &claimed);
    }
}

static void heed(shelf *self, const char *resource, cvi_service_word word) {
    const cvi_heed_spec spec = {.resource = resource, .word = word, .asked_ms = 1000};
    cv_error error = {.code = CV_OK};
    int64_t left_ms = 0;
    check_answer(cvi_stores_heed(self->stores, &spec, self->now, &left_ms, &error), &error);
    REQUIRE(left_ms >= 0);
}

/* As the engine does: what fails is not tried again at once. */
static void clean(shelf *self) {
    cv_error error = {.code = CV_OK};
    cvi_store_answer answer = CVI_STORE_DONE;
    bool more = true;
    for (int round = 0; answer == CVI_STORE_DONE && more; round++) {
        REQUIRE(round < ROUNDS_MAX);
        answer = cvi_stores_clean(self->stores, self->now, &more, &error);
        check_answer(answer, &error);
    }
}

static void look_at_figures(shelf *self) {
    enum { SPENDERS = 4 };
    cv_rate_limit_spender spenders[SPENDERS];
    cvi_key_state state;
    cv_error error = {.code = CV_OK};
    size_t count = 0;
    int64_t at_ms = 0;
    cv_rate_limit_store *limits = cvi_stores_rate_limit_store(self->stores);
    if (!cv_rate_limit_store_spenders(limits, "issue", spenders, SPENDERS, &count)) {
        check_message(cv_last_error());
    }
    check_answer(cvi_stores_read_key(self->stores, CVI_KEY_PATIENCE_MS, &state, &at_ms, &error),
                 &error);
}

/* False: it is refused. */
static bool open_stores(shelf *self) {
    const cvi_stores_options options = options_of(self);
    cv_error error = {.code = CV_OK};
    self->now = (cvi_now){3600000, SHELF_NOW_MS};
    self->stores = cvi_stores_open(&options, &error);
    if (self->stores == NULL) {
        check_answer(CVI_STORE_FAILED, &error);
    }
    return self->stores != NULL;
}

void shelf_visit(const char *body) {
    shelf self = {.body = body};
    if (!open_stores(&self)) {
        return;
    }
    look_up(&self, SHELF_HASH, false);
    look_up(&self, SHELF_HASH, true);
    look_up(&self, SHELF_DENIED, false);
    watch(&self, OTHER, "job-1");
    claim_all(&self);
    heed(&self, "issue", CVI_SERVICE_LIMITS);
    heed(&self, "issue", CVI_SERVICE_FAILS);
    heed(&self, "issue", CVI_SERVICE_ANSWERS);
    look_at_figures(&self);
    look_up(&self, SHELF_HASH, true);
    clean(&self);
    cvi_stores_close(self.stores);
    REQUIRE(self.admitted <= SHELF_LIMIT);
}

/* ---- a used file ---- */

static void execute(const char *sql) {
    sqlite3 *connection = NULL;
    REQUIRE(sqlite3_open(database, &connection) == SQLITE_OK);
    REQUIRE(sqlite3_exec(connection, sql, NULL, NULL, NULL) == SQLITE_OK);
    REQUIRE(sqlite3_close(connection) == SQLITE_OK);
}

/* Small pages, so that each part of the file is a page of its own and all of it is small. */
static void make_empty(void) {
    shelf_clear();
    execute("PRAGMA page_size = 512; VACUUM");
}

static void use(void) {
    shelf self = {0};
    cvi_claim claimed;
    REQUIRE(open_stores(&self));
    REQUIRE(claim(&self, SHELF_HASH, &claimed));
    complete(&self, SHELF_HASH, claimed.job_id, SHELF_BODY);
    REQUIRE(claim(&self, OTHER, &claimed));
    fail_job(&self, OTHER, claimed.job_id);
    complete(&self, SHELF_DENIED, "", DENIAL);
    heed(&self, "volume", CVI_SERVICE_LIMITS);
    cvi_stores_close(self.stores);
}

static uint8_t *read_file(const char *path, size_t *size) {
    FILE *file = fopen(path, "rb");
    REQUIRE(file != NULL && fseek(file, 0, SEEK_END) == 0);
    *size = (size_t)ftell(file);
    uint8_t *bytes = malloc(*size);
    rewind(file);
    REQUIRE(bytes != NULL && fread(bytes, 1, *size, file) == *size);
    fclose(file);
    return bytes;
}

static struct {
    uint8_t *file;
    size_t file_size;
    uint8_t *log;
    size_t log_size;
} used;

/* Closing leaves what was written in the log. */
static void make_used(void) {
    char log[sizeof(database) + 8];
    if (used.file != NULL) {
        return;
    }
    make_empty();
    use();
    snprintf(log, sizeof(log), "%s-wal", database);
    used.log = read_file(log, &used.log_size);
    execute("PRAGMA wal_checkpoint(TRUNCATE)");
    used.file = read_file(database, &used.file_size);
}

const uint8_t *shelf_used_file(size_t *size) {
    make_used();
    *size = used.file_size;
    return used.file;
}

const uint8_t *shelf_used_log(size_t *size) {
    make_used();
    *size = used.log_size;
    return used.log;
}
