/* Who may read and replace the files: modes under any umask and beside a file that is there
 * already, and names that somebody else has put in their place. */
#include "support/api.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ISSUE = 52, MODE_BITS = 07777 };

#define SECRET "a diary of somebody else's"

static const char *const companions[] = {"comics.db-wal", "comics.db-shm", "comics.db.gate"};

static unsigned mode_of(const api *self, const char *name) {
    struct stat status;
    assert_int_equal(lstat(scratch_file(&self->scratch, name).text, &status), 0);
    return status.st_mode & MODE_BITS;
}

static void write_file(const api *self, const char *name, const char *text) {
    FILE *file = fopen(scratch_file(&self->scratch, name).text, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void assert_untouched(const api *self, const char *name) {
    char text[64] = "";
    FILE *file = fopen(scratch_file(&self->scratch, name).text, "r");
    assert_non_null(file);
    assert_non_null(fgets(text, sizeof(text), file));
    assert_null(fgets(text + strlen(text), 2, file));
    assert_int_equal(fclose(file), 0);
    assert_string_equal(text, SECRET);
}

static void fetch(cv_client *client) {
    outcome seen = api_retrieve(client, ISSUE);
    assert_string_equal(seen.message, "");
    assert_int_equal(seen.code, CV_OK);
}

static void assert_refused(const api *self, const char *words) {
    cv_options options = api_options(self);
    assert_null(cv_client_open(&options));
    assert_string_equal(cv_code_name(cv_last_error()->code), "CV_ERROR_STORE");
    if (strstr(cv_last_error()->message, words) == NULL) {
        fail_msg("\"%s\" is not in: %s", words, cv_last_error()->message);
    }
}

/* ---- modes ---- */

static void remove_files(const api *self) {
    assert_int_equal(unlink(self->database.text), 0);
    for (size_t i = 0; i < API_COUNT(companions); i++) {
        assert_int_equal(unlink(scratch_file(&self->scratch, companions[i]).text), 0);
    }
}

static void test_files_are_the_owners_alone(void **context) {
    static const mode_t masks[] = {0, 022, 077};
    const api *self = *context;
    for (size_t i = 0; i < API_COUNT(masks); i++) {
        mode_t before = umask(masks[i]);
        cv_client *client = api_open(self, NULL);
        fetch(client);
        umask(before);
        assert_int_equal(mode_of(self, "comics.db"), 0600);
        for (size_t k = 0; k < API_COUNT(companions); k++) {
            assert_int_equal(mode_of(self, companions[k]), 0600);
        }
        cv_client_close(client);
        remove_files(self);
    }
}

/* Its owner has chosen that: the mode stays, and SQLite's companions have the same. */
static void test_a_file_with_a_wider_mode_keeps_it(void **context) {
    const api *self = *context;
    mode_t before = umask(0);
    write_file(self, "comics.db", "");
    assert_int_equal(chmod(self->database.text, 0644), 0);
    cv_client *client = api_open(self, NULL);
    fetch(client);
    umask(before);
    assert_int_equal(mode_of(self, "comics.db"), 0644);
    assert_int_equal(mode_of(self, "comics.db-wal"), 0644);
    assert_int_equal(mode_of(self, "comics.db-shm"), 0644);
    assert_int_equal(mode_of(self, "comics.db.gate"), 0600);
    cv_client_close(client);
}

/* ---- names that somebody has put there ---- */

static void test_companions_that_are_symbolic_links(void **context) {
    const api *self = *context;
    cv_client *client = api_open(self, NULL);
    fetch(client);
    cv_client_close(client);
    write_file(self, "diary", SECRET);
    for (size_t i = 0; i < API_COUNT(companions); i++) {
        const scratch_path link = scratch_file(&self->scratch, companions[i]);
        const scratch_path aside = scratch_file(&self->scratch, "aside");
        assert_int_equal(rename(link.text, aside.text), 0);
        assert_int_equal(symlink(scratch_file(&self->scratch, "diary").text, link.text), 0);
        assert_refused(self, self->database.text);
        assert_untouched(self, "diary");
        assert_int_equal(rename(aside.text, link.text), 0);
    }
    client = api_open(self, NULL);
    assert_int_equal(api_retrieve(client, ISSUE).source, CV_SOURCE_CACHE);
    cv_client_close(client);
}

/* A file with two names would have two logs, each half of the truth. */
static void test_a_file_with_two_names_is_refused(void **context) {
    const api *self = *context;
    const scratch_path other = scratch_file(&self->scratch, "other.db");
    cv_client *client = api_open(self, NULL);
    fetch(client);
    cv_client_close(client);
    assert_int_equal(link(self->database.text, other.text), 0);
    assert_refused(self, "hard link");
    assert_int_equal(unlink(other.text), 0);
    client = api_open(self, NULL);
    assert_int_equal(api_retrieve(client, ISSUE).source, CV_SOURCE_CACHE);
    cv_client_close(client);
}

static void test_a_gate_that_is_no_file(void **context) {
    const api *self = *context;
    const scratch_path gate = scratch_file(&self->scratch, "comics.db.gate");
    assert_int_equal(mkfifo(gate.text, 0600), 0);
    assert_refused(self, "not a regular file");
    assert_int_equal(unlink(gate.text), 0);
    assert_int_equal(mkdir(gate.text, 0700), 0);
    assert_refused(self, gate.text);
}

/* In a folder that all may write, as /tmp, the files themselves are still the owner's alone. */
static void test_a_folder_that_all_may_write(void **context) {
    const api *self = *context;
    assert_int_equal(chmod(self->scratch.folder, 01777), 0);
    cv_client *client = api_open(self, NULL);
    fetch(client);
    assert_int_equal(mode_of(self, "comics.db"), 0600);
    assert_int_equal(mode_of(self, "comics.db.gate"), 0600);
    cv_client_close(client);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        API_TEST(test_files_are_the_owners_alone),
        API_TEST(test_a_file_with_a_wider_mode_keeps_it),
        API_TEST(test_companions_that_are_symbolic_links),
        API_TEST(test_a_file_with_two_names_is_refused),
        API_TEST(test_a_gate_that_is_no_file),
        API_TEST(test_a_folder_that_all_may_write),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
