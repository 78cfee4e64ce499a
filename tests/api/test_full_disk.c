/* A disk that is really full: a small file system of this program's own, which it fills up. Skipped
 * where the system does not let it have one. */
#include "support/api.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FIRST_ISSUE = 1000, ISSUES = 600, EXIT_SKIPPED = 77 };

/* In a name space of its own, so that nobody else sees the mount, and none is left behind. */
static bool enter_name_space(void) {
    return (unshare(CLONE_NEWNS) == 0 || unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0) &&
           mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
}

static int set_up(void **context) {
    api *self = api_new_with_issues(FIRST_ISSUE, ISSUES);
    scratch_path disk = scratch_file(&self->scratch, "disk");
    assert_int_equal(mkdir(disk.text, S_IRWXU), 0);
    assert_int_equal(mount("tmpfs", disk.text, "tmpfs", 0, "size=16m"), 0);
    self->database = scratch_file(&self->scratch, "disk/comics.db");
    *context = self;
    return 0;
}

static int tear_down(void **context) {
    api *self = *context;
    assert_int_equal(umount(scratch_file(&self->scratch, "disk").text), 0);
    api_end(self);
    return 0;
}

static scratch_path filler(const api *self) {
    return scratch_file(&self->scratch, "disk/filler");
}

static void fill(const api *self) {
    static const char bytes[4096];
    int descriptor = open(filler(self).text, O_WRONLY | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
    assert_true(descriptor >= 0);
    while (write(descriptor, bytes, sizeof(bytes)) > 0) {
    }
    assert_int_equal(close(descriptor), 0);
}

static size_t requests(const api *self) {
    return server_request_count(self->server, NULL);
}

/* Asks for one issue after another until one is refused; answers its id. */
static int64_t fetch_until_refused(const api *self, cv_client *client, int64_t first) {
    for (int64_t id = first; id < FIRST_ISSUE + ISSUES; id++) {
        outcome seen = api_retrieve(client, id);
        if (seen.code != CV_OK) {
            assert_string_equal(cv_code_name(seen.code), "CV_ERROR_STORE");
            assert_non_null(strstr(seen.message, "the disk is full"));
            return id;
        }
        assert_int_equal(requests(self), (size_t)(id - FIRST_ISSUE + 1));
    }
    fail_msg("the disk never was full");
    return 0;
}

/* What cannot be recorded is not sent, and what is cached is still read. */
static void check_while_full(const api *self, cv_client *client, int64_t refused) {
    const size_t sent = requests(self);
    assert_int_equal(sent, refused - FIRST_ISSUE);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(api_retrieve(client, refused).code, CV_ERROR_STORE);
        assert_int_equal(api_retrieve(client, FIRST_ISSUE).source, CV_SOURCE_CACHE);
    }
    assert_int_equal(requests(self), sent);
    assert_int_equal(api_query(self, "SELECT count(*) FROM rate_limits"), sent);
}

static int64_t log_bytes(const api *self) {
    struct stat status;
    assert_int_equal(stat(scratch_file(&self->scratch, "disk/comics.db-wal").text, &status), 0);
    return status.st_size;
}

/* Fetches until the log has not grown for `unchanged` requests: it is written from its start again.
 * Answers how many that took. */
static int64_t fetch_while_log_grows(const api *self, cv_client *client, int64_t unchanged) {
    int64_t count = 0;
    int64_t since = 0;
    for (int64_t size = 0; count == 0 || since < unchanged; count++) {
        assert_int_equal(api_retrieve(client, FIRST_ISSUE + count).source, CV_SOURCE_NETWORK);
        since = log_bytes(self) == size ? since + 1 : 0;
        size = log_bytes(self);
    }
    return count;
}

/* Answers how many requests there was room for when the disk was full. */
static int64_t run_full(const api *self, int64_t unchanged) {
    cv_options options = api_options(self);
    options.rate_limit.limit = ISSUES;
    cv_client *client = api_open(self, &options);
    const int64_t before = fetch_while_log_grows(self, client, unchanged);
    fill(self);
    const int64_t refused = fetch_until_refused(self, client, FIRST_ISSUE + before);
    check_while_full(self, client, refused);
    /* With room again all goes on, in the same client. */
    assert_int_equal(unlink(filler(self).text), 0);
    assert_int_equal(api_retrieve(client, refused).source, CV_SOURCE_NETWORK);
    assert_int_equal(api_retrieve(client, refused).source, CV_SOURCE_CACHE);
    cv_client_close(client);
    assert_int_equal(api_query(self, "SELECT integrity_check = 'ok' FROM pragma_integrity_check"),
                     1);
    return refused - FIRST_ISSUE - before;
}

static void test_a_full_disk(void **context) {
    print_message("room for %" PRId64 " more\n", run_full(*context, 0));
}

/* The log keeps its size, and so has room when the disk has none. */
static void test_a_log_that_has_grown(void **context) {
    enum { UNCHANGED = 10 };
    const int64_t more = run_full(*context, UNCHANGED);
    print_message("room for %" PRId64 " more\n", more);
    assert_true(more > 0);
}

static void test_no_room_for_a_new_file(void **context) {
    api *self = *context;
    cv_options options = api_options(self);
    fill(self);
    assert_null(cv_client_open(&options));
    assert_string_equal(cv_code_name(cv_last_error()->code), "CV_ERROR_STORE");
    assert_non_null(strstr(cv_last_error()->message, "the disk is full"));
    assert_int_equal(unlink(filler(self).text), 0);
    cv_client_close(api_open(self, &options));
}

#define DISK_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        DISK_TEST(test_a_full_disk),
        DISK_TEST(test_a_log_that_has_grown),
        DISK_TEST(test_no_room_for_a_new_file),
    };
    if (!enter_name_space()) {
        print_message("skipped: the system gives no file system of one's own\n");
        return EXIT_SKIPPED;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
