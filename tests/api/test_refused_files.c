/* What is no place for a database is refused in one clear line, by the client and by each store,
 * and is left exactly as it was: no byte changed, no file more in the folder. */
#include "support/store_face.h"

#include <dirent.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NOBODY = 65534, SNAPSHOT_MAX = 16384, READ_ONLY_FILE = 0444, READ_ONLY_FOLDER = 0555 };

#define DIARY                                                                                      \
    "The diary of a lamplighter, who would be sorry to lose it; it is longer than the head of a "  \
    "database would be, and that has 100 bytes.\n"

/* ---- files to refuse ---- */

static void execute(const char *path, const char *sql) {
    sqlite3 *connection = NULL;
    assert_int_equal(sqlite3_open(path, &connection), SQLITE_OK);
    assert_int_equal(sqlite3_exec(connection, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(connection), SQLITE_OK);
}

static void write_text(const char *path, const char *text, size_t offset) {
    FILE *file = fopen(path, offset == 0 ? "w" : "r+");
    assert_non_null(file);
    assert_int_equal(fseek(file, (long)offset, SEEK_SET), 0);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void make_diary(const char *path) {
    write_text(path, DIARY, 0);
}

static void make_note(const char *path) {
    write_text(path, "lamp oil\n", 0);
}

static void make_folder(const char *path) {
    assert_int_equal(mkdir(path, S_IRWXU), 0);
}

static void make_link(const char *path) {
    assert_int_equal(symlink("elsewhere.db", path), 0);
}

static void make_pipe(const char *path) {
    assert_int_equal(mkfifo(path, S_IRWXU), 0);
}

static void make_newer(const char *path) {
    execute(path, "CREATE TABLE cache(hash); PRAGMA user_version = 2000");
}

static void make_newer_wal(const char *path) {
    execute(path,
            "PRAGMA journal_mode = WAL; CREATE TABLE cache(hash); PRAGMA user_version = 2000");
}

/* The version stands in the log alone, which has no index, as if its program had been killed. */
static void make_newer_unfinished(const char *path) {
    sqlite3 *connection = NULL;
    scratch_path index;
    assert_true(snprintf(index.text, sizeof(index.text), "%s-shm", path) > 0);
    execute(path, "PRAGMA journal_mode = WAL; CREATE TABLE cache(hash)");
    assert_int_equal(sqlite3_open(path, &connection), SQLITE_OK);
    assert_int_equal(sqlite3_db_config(connection, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_exec(connection, "PRAGMA user_version = 2000", NULL, NULL, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_close(connection), SQLITE_OK);
    assert_int_equal(unlink(index.text), 0);
}

static void make_numbered(const char *path) {
    execute(path, "CREATE TABLE lamps(id); PRAGMA user_version = 7");
}

static void make_namesake(const char *path) {
    execute(path, "CREATE TABLE cache(key TEXT, lamp TEXT); INSERT INTO cache VALUES('a', 'b')");
}

static void make_namesake_wal(const char *path) {
    execute(path, "PRAGMA journal_mode = WAL; CREATE TABLE rate_limits(lamp TEXT)");
}

/* A page of the schema that is none. */
static void make_damaged(const char *path) {
    enum { PAGE_HEADER = 100 };
    execute(path, "CREATE TABLE cache(hash TEXT PRIMARY KEY)");
    write_text(path, "no page of any tree at all", PAGE_HEADER);
}

static const struct {
    const char *what;
    void (*make)(const char *path);
    const char *word; /* of the message */
} bad_files[] = {
    {"a text", make_diary, "is no SQLite database"},
    {"a short text", make_note, "is no SQLite database"},
    {"a folder", make_folder, "is a folder"},
    {"a link", make_link, "is a symbolic link"},
    {"a pipe", make_pipe, "is no regular file"},
    {"a newer version", make_newer, "newer libcomicvine"},
    {"a newer version, WAL", make_newer_wal, "newer libcomicvine"},
    {"a newer version, killed", make_newer_unfinished, "newer libcomicvine"},
    {"another number", make_numbered, "another program"},
    {"another table", make_namesake, "has no column hash"},
    {"another table, WAL", make_namesake_wal, "has no column id"},
    {"a damaged file", make_damaged, "is damaged"},
};

/* ---- opening ---- */

static bool open_client(const api *self, const char *path) {
    cv_options options = api_options(self);
    options.database = path;
    return cv_client_open(&options) != NULL;
}

static bool open_cache(const api *self, const char *path) {
    cv_cache_options options = CV_CACHE_OPTIONS_INIT;
    (void)self;
    options.database = path;
    return cv_cache_store_open(&options) != NULL;
}

static bool open_jobs(const api *self, const char *path) {
    cv_dedupe_options options = CV_DEDUPE_OPTIONS_INIT;
    (void)self;
    options.database = path;
    return cv_dedupe_store_open(&options) != NULL;
}

static bool open_limit(const api *self, const char *path) {
    cv_rate_limit_options options = CV_RATE_LIMIT_OPTIONS_INIT;
    (void)self;
    options.database = path;
    return cv_rate_limit_store_open(&options) != NULL;
}

static bool (*const openers[])(const api *self, const char *path) = {open_client, open_cache,
                                                                     open_jobs, open_limit};

/* ---- what lies in the folder ---- */

typedef struct snapshot {
    char text[SNAPSHOT_MAX];
    size_t size;
} snapshot;

static void add(snapshot *self, const char *text, size_t size) {
    assert_in_range(size, 0, sizeof(self->text) - self->size - 1);
    memcpy(self->text + self->size, text, size);
    self->size += size;
}

static void add_content(snapshot *self, const char *path) {
    char piece[512];
    size_t size;
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    while ((size = fread(piece, 1, sizeof(piece), file)) > 0) {
        add(self, piece, size);
    }
    assert_int_equal(fclose(file), 0);
}

static int by_any_name(const struct dirent *entry) {
    return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

/* Names, kinds and contents, in the order of names. */
static void take_snapshot(snapshot *self, const char *folder) {
    struct dirent **entries = NULL;
    int count = scandir(folder, &entries, by_any_name, alphasort);
    assert_true(count >= 0);
    self->size = 0;
    for (int i = 0; i < count; i++) {
        char path[2 * SCRATCH_PATH_MAX];
        char line[2 * SCRATCH_PATH_MAX];
        struct stat status;
        assert_true(snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name) > 0);
        assert_int_equal(lstat(path, &status), 0);
        int length = snprintf(line, sizeof(line), "%s %o\n", entries[i]->d_name, status.st_mode);
        assert_true(length > 0);
        add(self, line, (size_t)length);
        if (S_ISREG(status.st_mode)) {
            add_content(self, path);
        }
        free(entries[i]);
    }
    free(entries);
}

/* Permissions bind only who is not root. */
static bool open_as_nobody(const api *self, size_t opener, const char *path) {
    const bool is_root = geteuid() == 0;
    assert_true(!is_root || seteuid(NOBODY) == 0);
    bool is_open = openers[opener](self, path);
    assert_true(!is_root || seteuid(0) == 0);
    return is_open;
}

/* Every kind of handle refuses the path, and leaves the folder as it was. */
static void check_refused(const api *self, const char *what, const char *folder, const char *path,
                          const char *word) {
    static snapshot before;
    static snapshot after;
    take_snapshot(&before, folder);
    for (size_t i = 0; i < API_COUNT(openers); i++) {
        assert_false(open_as_nobody(self, i, path));
        face_assert_error(CV_ERROR_STORE);
        assert_false(cv_last_error()->retryable);
        if (strstr(cv_last_error()->message, word) == NULL) {
            fail_msg("%s: does not say '%s': %s", what, word, cv_last_error()->message);
        }
        take_snapshot(&after, folder);
        if (after.size != before.size || memcmp(after.text, before.text, before.size) != 0) {
            fail_msg("%s: the folder has changed (%zu)", what, i);
        }
    }
}

/* ---- tests ---- */

/* A folder in which everybody may write. */
static scratch_path open_folder(const api *self, size_t index) {
    char name[32];
    assert_true(snprintf(name, sizeof(name), "case-%zu", index) > 0);
    scratch_path folder = scratch_file(&self->scratch, name);
    assert_int_equal(mkdir(folder.text, S_IRWXU), 0);
    assert_int_equal(chmod(folder.text, 0777), 0);
    return folder;
}

static scratch_path file_in(const scratch_path *folder) {
    scratch_path path;
    int length = snprintf(path.text, sizeof(path.text), "%s/comics.db", folder->text);
    assert_in_range(length, 1, sizeof(path.text) - 1);
    return path;
}

/* All files of a folder may be written by everybody, or by nobody. */
static void set_modes(const char *folder, mode_t mode) {
    struct dirent **entries = NULL;
    int count = scandir(folder, &entries, by_any_name, alphasort);
    assert_true(count >= 0);
    for (int i = 0; i < count; i++) {
        char path[2 * SCRATCH_PATH_MAX];
        assert_true(snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name) > 0);
        if (entries[i]->d_type == DT_REG) {
            assert_int_equal(chmod(path, mode), 0);
        }
        free(entries[i]);
    }
    free(entries);
}

static void test_files_that_are_something_else(void **context) {
    api *self = *context;
    assert_int_equal(chmod(self->scratch.folder, 0755), 0);
    for (size_t i = 0; i < API_COUNT(bad_files); i++) {
        scratch_path folder = open_folder(self, i);
        scratch_path path = file_in(&folder);
        bad_files[i].make(path.text);
        set_modes(folder.text, 0666);
        check_refused(self, bad_files[i].what, folder.text, path.text, bad_files[i].word);
    }
}

static void test_a_file_that_may_not_be_written(void **context) {
    api *self = *context;
    assert_int_equal(chmod(self->scratch.folder, 0755), 0);
    scratch_path folder = open_folder(self, 0);
    scratch_path path = file_in(&folder);
    execute(path.text, "CREATE TABLE lamps(id)");
    set_modes(folder.text, READ_ONLY_FILE);
    check_refused(self, "a read-only file", folder.text, path.text, "may not be written");
}

static void test_a_folder_that_may_not_be_written(void **context) {
    api *self = *context;
    assert_int_equal(chmod(self->scratch.folder, 0755), 0);
    for (size_t with_file = 0; with_file < 2; with_file++) {
        scratch_path folder = open_folder(self, with_file);
        scratch_path path = file_in(&folder);
        if (with_file != 0) {
            execute(path.text, "CREATE TABLE lamps(id)");
            set_modes(folder.text, 0666);
        }
        assert_int_equal(chmod(folder.text, READ_ONLY_FOLDER), 0);
        check_refused(self, "a read-only folder", folder.text, path.text, "Permission denied");
    }
}

static void test_paths_that_are_too_long(void **context) {
    api *self = *context;
    static const size_t lengths[] = {248, 251, 256, 600, 1500};
    assert_int_equal(chmod(self->scratch.folder, 0755), 0);
    for (size_t i = 0; i < API_COUNT(lengths); i++) {
        char path[2048];
        int length = snprintf(path, sizeof(path), "%s/", self->scratch.folder);
        assert_true(length > 0);
        memset(path + length, 'a', lengths[i]);
        path[(size_t)length + lengths[i]] = '\0';
        check_refused(self, "a long name", self->scratch.folder, path, "path is too long");
    }
}

/* No part of it is too long, but the whole is, for SQLite. */
static void test_folders_that_are_too_deep(void **context) {
    api *self = *context;
    char path[1024];
    assert_int_equal(chmod(self->scratch.folder, 0755), 0);
    int length = snprintf(path, sizeof(path), "%s", self->scratch.folder);
    assert_true(length > 0);
    for (size_t size = (size_t)length; size < 600; size += 101) {
        path[size] = '/';
        memset(path + size + 1, 'd', 100);
        path[size + 101] = '\0';
        assert_int_equal(mkdir(path, S_IRWXU), 0);
        assert_int_equal(chmod(path, 0755), 0);
    }
    char file[sizeof(path) + 16];
    assert_true(snprintf(file, sizeof(file), "%s/comics.db", path) > 0);
    check_refused(self, "a deep folder", path, file, "path is too long");
}

/* `path` names a file in the scratch folder or below, and is `size` bytes long with a last part of
 * at most `name_size`. */
static void make_path_of(const api *self, char *path, size_t size, size_t name_size) {
    size_t length = strlen(self->scratch.folder);
    memset(path, 'a', size);
    memcpy(path, self->scratch.folder, length);
    path[size] = '\0';
    for (; size - length - 1 > name_size; length += 101) {
        path[length] = '/';
        path[length + 101] = '\0';
        assert_int_equal(mkdir(path, S_IRWXU), 0);
        path[length + 101] = 'a';
    }
    path[length] = '/';
}

static void test_the_longest_paths_are_accepted(void **context) {
    enum { LONGEST_NAME = 247, LONGEST_PATH = 504 };
    api *self = *context;
    char path[LONGEST_PATH + 1];
    cv_options options = api_options(self);
    options.database = path;
    make_path_of(self, path, strlen(self->scratch.folder) + 1 + LONGEST_NAME, LONGEST_NAME);
    cv_client_close(api_open(self, &options));
    make_path_of(self, path, LONGEST_PATH, LONGEST_NAME);
    cv_client_close(api_open(self, &options));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        API_TEST(test_files_that_are_something_else),
        API_TEST(test_a_file_that_may_not_be_written),
        API_TEST(test_a_folder_that_may_not_be_written),
        API_TEST(test_paths_that_are_too_long),
        API_TEST(test_folders_that_are_too_deep),
        API_TEST(test_the_longest_paths_are_accepted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
