/* Files that several write at the same time: each is whole, the last one counts, nobody's draft is
 * taken away while it is written, and what killed programs have left is. Others act between any two
 * steps: the linker puts what is here where the library asks for a lock and for the disk. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/allocator.h"
#include "support/buffer.h"
#include "support/forked.h"
#include "support/platform.h"
#include "support/scratch.h"

enum { TARGET_SIZE = 4200 };

/* ---- what the library gets from the system ---- */

/* What happens at the next asking; at most once. */
typedef struct event {
    void (*act)(void);
    int errno_of_files; /* not 0: it is refused */
    int errno_of_folders;
} event;

static event at_sync;
static event at_lock;
static bool has_no_locks;
static int synced_folders;
static const scratch *here;
static scratch_path target;

int __real_fsync(int descriptor);
int __wrap_fsync(int descriptor);
cvi_lock_answer __real_cvi_file_lock(int descriptor);
cvi_lock_answer __wrap_cvi_file_lock(int descriptor);

static void act(event *due) {
    void (*what)(void) = due->act;
    due->act = NULL;
    if (what != NULL) {
        what();
    }
}

static bool is_folder(int descriptor) {
    struct stat status;
    assert_int_equal(fstat(descriptor, &status), 0);
    return S_ISDIR(status.st_mode);
}

int __wrap_fsync(int descriptor) {
    bool of_folder = is_folder(descriptor);
    int refusal = of_folder ? at_sync.errno_of_folders : at_sync.errno_of_files;
    synced_folders += of_folder ? 1 : 0;
    act(&at_sync);
    if (refusal != 0) {
        errno = refusal;
        return -1;
    }
    return __real_fsync(descriptor);
}

cvi_lock_answer __wrap_cvi_file_lock(int descriptor) {
    act(&at_lock);
    return has_no_locks ? CVI_LOCK_FAILED : __real_cvi_file_lock(descriptor);
}

static int set_up(void **state) {
    scratch *folder = calloc(1, sizeof(*folder));
    assert_non_null(folder);
    assert_true(scratch_make(folder));
    here = folder;
    target = scratch_file(folder, "a");
    at_sync = (event){NULL, 0, 0};
    at_lock = (event){NULL, 0, 0};
    has_no_locks = false;
    synced_folders = 0;
    *state = folder;
    return 0;
}

static int tear_down(void **state) {
    assert_true(scratch_remove(*state));
    free(*state);
    return 0;
}

/* ---- files ---- */

static void check_content(const char *path, const char *expected) {
    cvi_buffer text;
    cvi_buffer_init(&text, &cvi_default_allocator, 1 << 20);
    assert_true(cvi_file_read(path, &text));
    assert_string_equal(text.data, expected);
    cvi_buffer_free(&text);
}

static scratch_path draft(int number) {
    char name[64];
    (void)snprintf(name, sizeof(name), "a.comicvine-%d.part", number);
    return scratch_file(here, name);
}

static int count_drafts(void) {
    int count = 0;
    for (int number = 0; number < CVI_DRAFTS; number++) {
        count += cvi_file_exists(draft(number).text) ? 1 : 0;
    }
    return count;
}

static bool replace(const char *text) {
    return cvi_file_replace(target.text, text, strlen(text));
}

static void put_file(const char *path, const char *text) {
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

/* ---- alone ---- */

static void test_a_file_is_replaced(void **state) {
    (void)state;
    assert_true(cvi_file_replace(target.text, "one", 3));
    check_content(target.text, "one");
    assert_true(replace("3"));
    check_content(target.text, "3");
    assert_int_equal(count_drafts(), 0);
    assert_int_equal(synced_folders, 2);
}

static void test_a_name_without_a_folder(void **state) {
    const scratch *folder = *state;
    char before[TARGET_SIZE];
    assert_non_null(getcwd(before, sizeof(before)));
    assert_int_equal(chdir(folder->folder), 0);
    assert_true(cvi_file_replace("a", "one", 3));
    assert_int_equal(chdir(before), 0);
    check_content(target.text, "one");
    assert_int_equal(synced_folders, 1);
}

static void test_what_cannot_be_put_in_place_leaves_nothing(void **state) {
    static char longest[5000];
    scratch_path inside = scratch_file(*state, "a/inside");
    memset(longest, 'a', sizeof(longest) - 1);
    assert_int_equal(mkdir(target.text, S_IRWXU), 0);
    put_file(inside.text, "");
    assert_false(replace("one"));
    assert_non_null(strstr(cvi_file_trouble(), "directory"));
    assert_int_equal(count_drafts(), 0);
    assert_false(cvi_file_replace(scratch_file(*state, "absent/a").text, "one", 3));
    assert_non_null(strstr(cvi_file_trouble(), "No such file"));
    assert_false(cvi_file_replace(longest, "one", 3));
    assert_non_null(strstr(cvi_file_trouble(), "too long"));
}

static void test_a_disk_that_fails_leaves_what_was_there(void **state) {
    (void)state;
    assert_true(replace("before"));
    at_sync.errno_of_files = EIO;
    assert_false(replace("after"));
    assert_non_null(strstr(cvi_file_trouble(), "nput/output"));
    check_content(target.text, "before");
    assert_int_equal(count_drafts(), 0);
}

/* Some systems do not do this at all; a disk that fails is another matter. */
static void test_folders_that_cannot_be_synced(void **state) {
    (void)state;
    at_sync.errno_of_folders = EINVAL;
    assert_true(replace("one"));
    at_sync.errno_of_folders = EIO;
    assert_false(replace("two"));
    assert_non_null(strstr(cvi_file_trouble(), "nput/output"));
    check_content(target.text, "two");
    assert_int_equal(count_drafts(), 0);
}

/* ---- leftovers ---- */

static void test_leftovers_are_removed(void **state) {
    scratch_path other = scratch_file(*state, "a.part");
    scratch_path others = scratch_file(*state, "ab.comicvine-0.part");
    put_file(draft(0).text, "half");
    put_file(draft(7).text, "half");
    put_file(draft(CVI_DRAFTS - 1).text, "half");
    put_file(other.text, "another's");
    put_file(others.text, "another's");
    assert_true(replace("one"));
    check_content(target.text, "one");
    assert_int_equal(count_drafts(), 0);
    check_content(other.text, "another's");
    check_content(others.text, "another's");
}

/* Whatever it is that has the name: it is not ours, so it stays, and is gone round. */
static void test_what_is_no_draft_stays(void **state) {
    scratch_path elsewhere = scratch_file(*state, "elsewhere");
    struct stat status;
    put_file(elsewhere.text, "another's");
    assert_int_equal(symlink(elsewhere.text, draft(0).text), 0);
    assert_int_equal(mkfifo(draft(1).text, S_IRUSR | S_IWUSR), 0);
    assert_int_equal(mkdir(draft(2).text, S_IRWXU), 0);
    assert_true(replace("one"));
    check_content(target.text, "one");
    check_content(elsewhere.text, "another's");
    assert_int_equal(count_drafts(), 3);
    assert_int_equal(lstat(draft(0).text, &status), 0);
    assert_true(S_ISLNK(status.st_mode));
}

/* A name more of somebody's file: the name goes, not what is in the file. */
static void test_a_second_name_is_not_written_to(void **state) {
    scratch_path elsewhere = scratch_file(*state, "elsewhere");
    put_file(elsewhere.text, "another's");
    assert_int_equal(link(elsewhere.text, draft(0).text), 0);
    assert_true(replace("one"));
    check_content(target.text, "one");
    check_content(elsewhere.text, "another's");
    assert_int_equal(count_drafts(), 0);
}

static void test_without_locks_nothing_is_removed(void **state) {
    (void)state;
    has_no_locks = true;
    put_file(draft(0).text, "half");
    assert_true(replace("one"));
    check_content(target.text, "one");
    check_content(draft(0).text, "half");
    assert_int_equal(count_drafts(), 1);
}

/* ---- others at the same time ---- */

static void replace_by_another(void) {
    assert_true(replace("another's"));
    check_content(target.text, "another's");
}

/* The other one is through before our draft has its lock, and has taken it for a leftover. */
static void test_another_before_the_lock(void **state) {
    (void)state;
    at_lock.act = replace_by_another;
    assert_true(replace("one"));
    check_content(target.text, "one");
    assert_int_equal(count_drafts(), 0);
}

/* The other one leaves our draft alone, and has one of its own. */
static void test_another_while_it_is_written(void **state) {
    (void)state;
    at_sync.act = replace_by_another;
    assert_true(replace("one"));
    check_content(target.text, "one");
    assert_int_equal(count_drafts(), 0);
}

/* Looks at the draft as one who is going to remove it, until the test lets go. */
static int watcher;

static void begin_removing(void) {
    watcher = open(draft(0).text, O_WRONLY | O_CLOEXEC);
    assert_true(watcher >= 0);
    assert_int_equal(__real_cvi_file_lock(watcher), CVI_LOCK_TAKEN);
}

static void test_a_draft_that_another_removes(void **state) {
    (void)state;
    at_lock.act = begin_removing;
    assert_true(replace("one"));
    check_content(target.text, "one");
    assert_true(cvi_file_exists(draft(0).text)); /* the other one died before it did */
    assert_int_equal(close(watcher), 0);
    assert_true(replace("two"));
    assert_int_equal(count_drafts(), 0);
}

/* The other one has opened our draft, and comes to lock it when it has become the file. */
static void open_the_draft(void) {
    watcher = open(draft(0).text, O_WRONLY | O_CLOEXEC);
    assert_true(watcher >= 0);
}

static void test_the_lock_is_over_with_the_writing(void **state) {
    (void)state;
    at_sync.act = open_the_draft;
    assert_true(replace("one"));
    assert_int_equal(__real_cvi_file_lock(watcher), CVI_LOCK_TAKEN);
    assert_true(replace("two"));
    check_content(target.text, "two");
    assert_int_equal(close(watcher), 0);
}

/* By hand, as people do; and the next one takes the free name at once. */
static void swap_the_draft(void) {
    assert_int_equal(unlink(draft(0).text), 0);
    put_file(draft(0).text, "half of another's");
}

static void test_a_draft_that_somebody_swaps(void **state) {
    (void)state;
    assert_true(replace("before"));
    at_sync.act = swap_the_draft;
    assert_false(replace("one"));
    check_content(target.text, "before");
    check_content(draft(0).text, "half of another's");
}

/* So many at once that there is no name left. */
static void test_all_names_are_taken(void **state) {
    int descriptors[CVI_DRAFTS];
    (void)state;
    for (int number = 0; number < CVI_DRAFTS; number++) {
        descriptors[number] =
            open(draft(number).text, O_WRONLY | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
        assert_int_equal(__real_cvi_file_lock(descriptors[number]), CVI_LOCK_TAKEN);
    }
    assert_false(replace("one"));
    assert_non_null(strstr(cvi_file_trouble(), "busy"));
    assert_int_equal(count_drafts(), CVI_DRAFTS);
    assert_false(cvi_file_exists(target.text));
    assert_int_equal(close(descriptors[5]), 0);
    assert_true(replace("one"));
    assert_int_equal(count_drafts(), CVI_DRAFTS - 1);
    for (int number = 0; number < CVI_DRAFTS; number++) {
        assert_true(number == 5 || close(descriptors[number]) == 0);
    }
}

/* ---- another process ---- */

static int heard_by_test;

static void say_and_sleep(void) {
    forked_say(heard_by_test, "", 1);
    for (;;) {
        (void)pause();
    }
}

static void write_half(int said, void *user) {
    (void)user;
    heard_by_test = said;
    at_sync.act = say_and_sleep;
    (void)replace("half");
}

static void test_a_process_that_is_killed_while_it_writes(void **state) {
    forked writer;
    char heard = 0;
    (void)state;
    forked_start(&writer, write_half, NULL);
    forked_hear(&writer, &heard, 1);
    assert_true(replace("one")); /* it lives */
    check_content(draft(0).text, "half");
    forked_kill(&writer);
    forked_bury(&writer);
    assert_int_equal(count_drafts(), 1);
    assert_true(replace("two"));
    check_content(target.text, "two");
    assert_int_equal(count_drafts(), 0);
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(test_a_file_is_replaced),
        CASE(test_a_name_without_a_folder),
        CASE(test_what_cannot_be_put_in_place_leaves_nothing),
        CASE(test_a_disk_that_fails_leaves_what_was_there),
        CASE(test_folders_that_cannot_be_synced),
        CASE(test_leftovers_are_removed),
        CASE(test_what_is_no_draft_stays),
        CASE(test_a_second_name_is_not_written_to),
        CASE(test_without_locks_nothing_is_removed),
        CASE(test_another_before_the_lock),
        CASE(test_another_while_it_is_written),
        CASE(test_a_draft_that_another_removes),
        CASE(test_the_lock_is_over_with_the_writing),
        CASE(test_a_draft_that_somebody_swaps),
        CASE(test_all_names_are_taken),
        CASE(test_a_process_that_is_killed_while_it_writes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
