/* The same as start_client.c without the library, for its floor: the file is opened as SQLite does,
 * one row read by a prepared statement, its body parsed by yajl. */
#include <sqlite3.h>
#include <stddef.h>
#include <yajl/yajl_parse.h>

#include "start_memory.h"

enum { DATABASE = 1 };

static bool parse(const unsigned char *body, size_t size) {
    static const yajl_callbacks nothing = {.yajl_null = NULL};
    yajl_handle parser = yajl_alloc(&nothing, NULL, NULL);
    bool is_whole = parser != NULL && yajl_parse(parser, body, size) == yajl_status_ok &&
                    yajl_complete_parse(parser) == yajl_status_ok;
    yajl_free(parser);
    return is_whole;
}

static bool read_row(sqlite3 *connection) {
    sqlite3_stmt *statement = NULL;
    static const char text[] = "SELECT value FROM cache WHERE hash = (SELECT min(hash) FROM cache)";
    bool is_there =
        sqlite3_prepare_v2(connection, text, -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW &&
        parse(sqlite3_column_blob(statement, 0), (size_t)sqlite3_column_bytes(statement, 0));
    sqlite3_finalize(statement);
    return is_there;
}

int main(int argument_count, char **arguments) {
    sqlite3 *connection = NULL;
    if (argument_count <= DATABASE) {
        return 2;
    }
    bool is_there =
        sqlite3_open(arguments[DATABASE], &connection) == SQLITE_OK && read_row(connection);
    sqlite3_close(connection);
    return is_there && start_memory_say(argument_count, arguments) ? 0 : 1;
}
