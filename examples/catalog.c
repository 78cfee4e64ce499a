/* A catalog of one's own comics: a table of the program's own, in the same SQLite file as the
 * library's and on the same connection, joined with what the library's cache knows of each issue.
 *
 * usage: catalog BASE_URL DATABASE add PLACE ID...   they stand in this place from now on
 *        catalog BASE_URL DATABASE list              with what is known; asks nobody
 *        catalog BASE_URL DATABASE fetch             asks for what is not known, and lists
 *
 * The key comes from COMIC_VINE_API_KEY. Ends with 0, with 1 if something failed, with 2 if it was
 * called wrongly. To build: cc catalog.c $(pkg-config --cflags --libs comicvine sqlite3)
 *
 * Of the file: user_version and the tables that stores.h names are the library's, all others yours
 * (a program that versions its tables keeps that number in one of them). Of the connection: the
 * library writes on it too, and refuses to while a transaction or a statement of yours is open. So
 * these are short, and over before it is called. */
#include <comicvine.h>

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { IDS_MAX = 100 }; /* looked up at a time: as many as one request of the budget brings */

typedef struct catalog {
    sqlite3 *connection;
    cv_client *client;
} catalog;

static const char tables[] =
    "PRAGMA journal_mode = WAL;" /* so that readers and a writer do not wait for each other */
    "CREATE TABLE IF NOT EXISTS shelf(issue_id INTEGER PRIMARY KEY, place TEXT NOT NULL);"
    "CREATE TEMP TABLE known(issue_id INTEGER PRIMARY KEY, volume, number, name, cover_date);";

/* ---- SQL ---- */

static bool complain(const catalog *self) {
    fprintf(stderr, "%s\n", sqlite3_errmsg(self->connection));
    return false;
}

static bool execute(const catalog *self, const char *sql) {
    return sqlite3_exec(self->connection, sql, NULL, NULL, NULL) == SQLITE_OK || complain(self);
}

/* NULL, and a word about it, on failure; sqlite3_finalize takes that too. */
static sqlite3_stmt *prepare(const catalog *self, const char *sql) {
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(self->connection, sql, -1, &statement, NULL) != SQLITE_OK) {
        complain(self);
    }
    return statement;
}

static void bind_text(sqlite3_stmt *statement, int index, const char *text) {
    sqlite3_bind_text(statement, index, text, -1, SQLITE_STATIC); /* NULL is SQL's NULL */
}

/* For statements that change something: once, ready for the next. */
static bool step_once(const catalog *self, sqlite3_stmt *statement) {
    bool is_done = sqlite3_step(statement) == SQLITE_DONE || complain(self);
    sqlite3_reset(statement);
    return is_done;
}

/* Commits if `is_well`, else nothing has happened. */
static bool end_transaction(const catalog *self, bool is_well) {
    if (is_well && execute(self, "COMMIT")) {
        return true;
    }
    sqlite3_exec(self->connection, "ROLLBACK", NULL, NULL, NULL);
    return false;
}

/* ---- commands ---- */

static bool add(const catalog *self, const char *place, char **ids) {
    sqlite3_stmt *insert = prepare(self, "INSERT INTO shelf VALUES(?1, ?2)"
                                         " ON CONFLICT(issue_id) DO UPDATE SET place = ?2");
    bool is_well = insert && execute(self, "BEGIN IMMEDIATE");
    for (; is_well && *ids; ids++) {
        int64_t id = 0;
        if (!cv_id_parse(*ids, CV_ISSUE, &id)) {
            fprintf(stderr, "%s is no issue's id\n", *ids);
            is_well = false;
            break;
        }
        sqlite3_bind_int64(insert, 1, id);
        bind_text(insert, 2, place);
        is_well = step_once(self, insert);
    }
    sqlite3_finalize(insert);
    return end_transaction(self, is_well);
}

/* The next owned ids behind `after_id`, at most IDS_MAX; `count` 0: there are no more. */
static bool read_ids(const catalog *self, int64_t after_id, int64_t *ids, size_t *count) {
    sqlite3_stmt *select =
        prepare(self, "SELECT issue_id FROM shelf WHERE issue_id > ?1 ORDER BY issue_id LIMIT ?2");
    sqlite3_bind_int64(select, 1, after_id);
    sqlite3_bind_int64(select, 2, IDS_MAX);
    int result = SQLITE_DONE;
    for (*count = 0; (result = sqlite3_step(select)) == SQLITE_ROW; (*count)++) {
        ids[*count] = sqlite3_column_int64(select, 0);
    }
    sqlite3_finalize(select);
    return result == SQLITE_DONE || complain(self);
}

static bool note_known(const catalog *self, sqlite3_stmt *insert, const cv_many_item *item) {
    if (item->error.code == CV_ERROR_NOT_CACHED) {
        return true; /* listed as not known */
    }
    if (!item->record) {
        fprintf(stderr, "%lld: %s\n", (long long)item->id, item->error.message);
        return false;
    }
    const cv_issue *issue = (const cv_issue *)item->record; /* as it was issues that we asked for */
    sqlite3_bind_int64(insert, 1, item->id);
    bind_text(insert, 2, issue->volume ? issue->volume->name : NULL);
    bind_text(insert, 3, issue->issue_number);
    bind_text(insert, 4, issue->name);
    bind_text(insert, 5, issue->cover_date);
    return step_once(self, insert);
}

/* False: for one of them at least there was an error, which has been printed. */
static bool look_up(const catalog *self, const int64_t *ids, size_t count, cv_mode mode) {
    cv_request_options options = CV_REQUEST_OPTIONS_INIT;
    options.mode = mode;
    cv_request *request = cv_request_retrieve_many(self->client, CV_ISSUE, ids, count, &options);
    cv_request_wait(request, -1);
    const cv_many *many = cv_many_take(request);
    if (!many) {
        fprintf(stderr, "%s\n", cv_last_error()->message);
    }
    sqlite3_stmt *insert = prepare(self, "INSERT INTO known VALUES(?1, ?2, ?3, ?4, ?5)");
    bool is_well = many && insert;
    for (size_t i = 0; many && insert && i < many->count; i++) {
        is_well = note_known(self, insert, &many->items[i]) && is_well;
    }
    sqlite3_finalize(insert);
    cv_many_free(many);
    cv_request_free(request);
    return is_well;
}

static bool look_up_all(const catalog *self, cv_mode mode) {
    int64_t ids[IDS_MAX];
    int64_t last_id = 0;
    size_t count = 0;
    bool is_well = true;
    for (;;) {
        if (!read_ids(self, last_id, ids, &count)) {
            return false;
        }
        if (count == 0) {
            return is_well;
        }
        is_well = look_up(self, ids, count, mode) && is_well;
        last_id = ids[count - 1];
    }
}

static const char *text_or_dash(sqlite3_stmt *row, int column) {
    const unsigned char *text = sqlite3_column_text(row, column);
    return text ? (const char *)text : "-";
}

static bool print_shelf(const catalog *self) {
    sqlite3_stmt *select =
        prepare(self, "SELECT place, shelf.issue_id, known.issue_id IS NULL, volume, number, name,"
                      " cover_date FROM shelf LEFT JOIN known USING (issue_id)"
                      " ORDER BY place, volume, cover_date, shelf.issue_id");
    if (!select) {
        return false;
    }
    int result = SQLITE_DONE;
    while ((result = sqlite3_step(select)) == SQLITE_ROW) {
        printf("%s: ", text_or_dash(select, 0));
        if (sqlite3_column_int(select, 2)) {
            printf("issue %lld, not known yet\n", (long long)sqlite3_column_int64(select, 1));
        } else {
            printf("%s #%s: %s (%s)\n", text_or_dash(select, 3), text_or_dash(select, 4),
                   text_or_dash(select, 5), text_or_dash(select, 6));
        }
    }
    sqlite3_finalize(select);
    return result == SQLITE_DONE || complain(self);
}

static bool run(const catalog *self, char **argv) {
    if (strcmp(argv[3], "add") == 0) {
        return add(self, argv[4], argv + 5);
    }
    bool fetches = strcmp(argv[3], "fetch") == 0;
    bool is_known = look_up_all(self, fetches ? CV_MODE_DEFAULT : CV_MODE_CACHE_ONLY);
    return print_shelf(self) && is_known;
}

/* ---- opening and closing ---- */

static bool open_catalog(catalog *self, const char *base_url, const char *database) {
    if (sqlite3_open(database, &self->connection) != SQLITE_OK) {
        return complain(self);
    }
    sqlite3_busy_timeout(self->connection, 5000); /* other programs may be writing */
    if (!execute(self, tables)) {
        return false;
    }
    cv_options options = CV_OPTIONS_INIT;
    options.api_key = getenv("COMIC_VINE_API_KEY");
    options.base_url = base_url;
    options.connection = self->connection; /* in place of `database`; no thread of the library's */
    options.application = "catalog-example/1.0";
    self->client = cv_client_open(&options);
    if (!self->client) {
        fprintf(stderr, "%s\n", cv_last_error()->message);
    }
    return self->client != NULL;
}

static bool is_command(int argc, char **argv) {
    if (argc == 4) {
        return strcmp(argv[3], "list") == 0 || strcmp(argv[3], "fetch") == 0;
    }
    return argc > 5 && strcmp(argv[3], "add") == 0;
}

int main(int argc, char **argv) {
    if (!is_command(argc, argv)) {
        fprintf(stderr, "usage: %s BASE_URL DATABASE add PLACE ID... | list | fetch\n", argv[0]);
        return 2;
    }
    catalog self = {.connection = NULL};
    bool is_well = open_catalog(&self, argv[1], argv[2]) && run(&self, argv);
    cv_client_close(self.client); /* before the connection, which stays ours */
    sqlite3_close(self.connection);
    return is_well ? 0 : 1;
}
