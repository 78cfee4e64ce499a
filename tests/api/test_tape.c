/* Tapes through the public functions: a hit from the file is decoded off the tape that was stored
 * with the body, which a forged one shows, as it says something else; and whatever is wrong with
 * it, the body is parsed. */
#include "support/api.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

enum { ISSUE = 88, FORGED_BYTES = 64 };

typedef struct scene {
    api *self;
    sqlite3 *connection; /* another program's */
    cv_client *client;   /* that keeps nothing in memory */
    char *name;          /* as the service says it */
    char *json;
} scene;

/* ---- the file ---- */

static sqlite3_stmt *prepare(scene *self, const char *sql) {
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(self->connection, sql, -1, &statement, NULL) != SQLITE_OK) {
        fail_msg("%s: %s", sql, sqlite3_errmsg(self->connection));
    }
    return statement;
}

/* The checksum of a tape is that of its bytes with the body's as its seed. */
static void put_tape(scene *self, const char *tape, size_t size) {
    sqlite3_stmt *find = prepare(self, "SELECT checksum FROM cache");
    assert_int_equal(sqlite3_step(find), SQLITE_ROW);
    XXH64_hash_t seed = (XXH64_hash_t)sqlite3_column_int64(find, 0);
    sqlite3_finalize(find);
    XXH64_hash_t sum = XXH3_64bits_withSeed(tape, size, seed);
    sqlite3_int64 column;
    memcpy(&column, &sum, sizeof(column));
    sqlite3_stmt *put = prepare(self, "UPDATE cache SET tape = ?1, tape_checksum = ?2");
    sqlite3_bind_blob(put, 1, tape, (int)size, SQLITE_STATIC);
    sqlite3_bind_int64(put, 2, column);
    assert_int_equal(sqlite3_step(put), SQLITE_DONE);
    sqlite3_finalize(put);
}

static char *stored_body(scene *self) {
    sqlite3_stmt *find = prepare(self, "SELECT CAST(value AS TEXT) FROM cache");
    assert_int_equal(sqlite3_step(find), SQLITE_ROW);
    char *body = strdup((const char *)sqlite3_column_text(find, 0));
    assert_non_null(body);
    sqlite3_finalize(find);
    return body;
}

/* ---- calls ---- */

/* The name and all the rest of what a retrieve gives. */
static void retrieve(scene *self, cv_source source, char **name, char **json) {
    const cv_issue *issue = cv_issue_retrieve(self->client, ISSUE, CV_PRIORITY_USER);
    if (issue == NULL) {
        fail_msg("%s", cv_last_error()->message);
    }
    char *written = cv_record_json(&issue->record);
    assert_int_equal(issue->record.source, source);
    assert_non_null(written);
    *name = strdup(issue->name != NULL ? issue->name : "");
    *json = strdup(written);
    assert_true(*name != NULL && *json != NULL);
    cv_free(written);
    cv_issue_free(issue);
}

static void check_right(scene *self) {
    char *name;
    char *json;
    retrieve(self, CV_SOURCE_CACHE, &name, &json);
    assert_string_equal(name, self->name);
    assert_string_equal(json, self->json);
    free(name);
    free(json);
}

static int set_up(void **context) {
    scene *self = calloc(1, sizeof(*self));
    assert_non_null(self);
    self->self = api_new();
    cv_options options = api_options(self->self);
    options.cache.memory_bytes = CV_NONE;
    self->client = api_open(self->self, &options);
    retrieve(self, CV_SOURCE_NETWORK, &self->name, &self->json);
    assert_int_equal(sqlite3_open(self->self->database.text, &self->connection), SQLITE_OK);
    sqlite3_busy_timeout(self->connection, API_PATIENCE_MS);
    *context = self;
    return 0;
}

static int tear_down(void **context) {
    scene *self = *context;
    sqlite3_close(self->connection);
    cv_client_close(self->client);
    api_end(self->self);
    free(self->name);
    free(self->json);
    free(self);
    return 0;
}

/* ---- a forged tape ---- */

/* In the order of src/resources/tape.h. */
enum { NUMBER = 3, TEXT = 4, KEY = 5, OBJECT_BEGIN = 8, OBJECT_END = 9, LONG_GAP = 15 };

typedef struct forger {
    const char *body;
    const char *end; /* of the event before */
    char tape[FORGED_BYTES];
    size_t size;
} forger;

static void put_byte(forger *self, size_t byte) {
    assert_true(self->size < FORGED_BYTES);
    self->tape[self->size++] = (char)byte;
}

static void put_number(forger *self, size_t number) {
    for (; number >= 0x80; number >>= 7) {
        put_byte(self, 0x80 | (number & 0x7F));
    }
    put_byte(self, number);
}

/* An event about `length` bytes that begin at a place behind the event before. */
static void put_event(forger *self, unsigned kind, const char *begin, size_t length) {
    assert_true(begin != NULL && begin >= self->end);
    put_byte(self, LONG_GAP << 4 | kind);
    put_number(self, (size_t)(begin - self->end));
    if (kind <= KEY) {
        put_number(self, length - (kind == NUMBER ? 0 : 2));
    }
    self->end = begin + length;
}

/* About the next place that has this text in quotes. */
static void put_quoted(forger *self, unsigned kind, const char *quoted) {
    const char *begin = strstr(self->end, quoted);
    assert_non_null(begin);
    put_event(self, kind, begin, strlen(quoted));
}

static void put_digits(forger *self) {
    const char *begin = self->end + strcspn(self->end, "0123456789");
    put_event(self, NUMBER, begin, strspn(begin, "0123456789"));
}

/* An answer about the issue whose name is the key that stands behind the right one. */
static forger forge(const char *body) {
    forger self = {.body = body, .end = body};
    put_byte(&self, 1); /* the version */
    put_event(&self, OBJECT_BEGIN, strchr(body, '{'), 1);
    put_quoted(&self, KEY, "\"status_code\"");
    put_digits(&self);
    put_quoted(&self, KEY, "\"results\"");
    put_event(&self, OBJECT_BEGIN, strchr(self.end, '{'), 1);
    put_event(&self, KEY, strstr(self.end, "\"id\":88,"), strlen("\"id\""));
    put_digits(&self);
    put_quoted(&self, KEY, "\"name\"");
    put_quoted(&self, TEXT, "\"site_detail_url\"");
    const char *last = strrchr(body, '}');
    const char *inner = last - 1;
    while (*inner != '}') {
        inner--;
    }
    put_event(&self, OBJECT_END, inner, 1);
    put_event(&self, OBJECT_END, last, 1);
    return self;
}

/* That the forged word is given shows that no parser has seen the body. */
static void test_a_hit_is_decoded_off_its_tape(void **context) {
    scene *self = *context;
    char *body = stored_body(self);
    assert_int_equal(api_query(self->self, "SELECT count(*) FROM cache WHERE length(tape) > 20"),
                     1);
    check_right(self);
    forger forged = forge(body);
    put_tape(self, forged.tape, forged.size);
    char *name;
    char *json;
    retrieve(self, CV_SOURCE_CACHE, &name, &json);
    assert_string_equal(name, "site_detail_url");
    assert_int_equal(server_request_count(self->self->server, NULL), 1);
    free(name);
    free(json);
    free(body);
}

/* The same that is cut, or has something else behind it, or not the right checksum. */
static void test_a_bad_tape_is_passed_over(void **context) {
    scene *self = *context;
    char *body = stored_body(self);
    forger forged = forge(body);
    for (size_t cut = 0; cut < forged.size; cut++) {
        put_tape(self, forged.tape, cut);
        check_right(self);
    }
    forged.tape[forged.size] = 0;
    put_tape(self, forged.tape, forged.size + 1);
    check_right(self);
    put_tape(self, forged.tape, forged.size);
    api_execute(self->self, "UPDATE cache SET tape_checksum = tape_checksum + 1");
    check_right(self);
    api_execute(self->self, "UPDATE cache SET tape_checksum = NULL, tape = NULL");
    check_right(self);
    assert_int_equal(server_request_count(self->self->server, NULL), 1); /* nobody asked again */
    assert_int_equal(api_query(self->self, "SELECT count(*) FROM cache"), 1);
    free(body);
}

/* A file that was made before there were tapes; what is stored from now on has them. */
static void test_an_older_file(void **context) {
    scene *self = *context;
    static const char before[] =
        "DROP TRIGGER cache_bytes_before_insert; DROP TRIGGER cache_bytes_after_insert;"
        "DROP TRIGGER cache_bytes_before_update; DROP TRIGGER cache_bytes_after_update;"
        "DROP TRIGGER cache_bytes_before_delete; ALTER TABLE cache DROP COLUMN tape;"
        "ALTER TABLE cache DROP COLUMN tape_checksum; PRAGMA user_version = 1003";
    cv_client_close(self->client);
    api_execute(self->self, before);
    cv_options options = api_options(self->self);
    options.cache.memory_bytes = CV_NONE;
    self->client = api_open(self->self, &options);
    check_right(self);
    assert_int_equal(api_query(self->self, "SELECT count(tape) FROM cache"), 0);
    api_forget(self->self);
    char *name;
    char *json;
    retrieve(self, CV_SOURCE_NETWORK, &name, &json);
    assert_string_equal(json, self->json);
    assert_int_equal(api_query(self->self, "SELECT count(tape) FROM cache"), 1);
    check_right(self);
    free(name);
    free(json);
}

#define TAPE_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TAPE_TEST(test_a_hit_is_decoded_off_its_tape),
        TAPE_TEST(test_a_bad_tape_is_passed_over),
        TAPE_TEST(test_an_older_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
