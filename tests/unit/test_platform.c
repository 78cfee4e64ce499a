/* The system's services: clocks, randomness, threads, files, locks that die with their holder, and
 * the datagrams that wake other processes. */
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/buffer.h"
#include "support/fake_clock.h"
#include "support/platform.h"

enum { PATIENCE_MS = 20000, PATH_SIZE = 256 };

static int set_up(void **state) {
    static char folder[TEMP_PATH_SIZE];
    temp_folder_make(folder);
    *state = folder;
    return 0;
}

static int tear_down(void **state) {
    temp_folder_remove(*state);
    return 0;
}

static void join(char path[PATH_SIZE], const char *folder, const char *name) {
    cvi_buffer text;
    cvi_buffer_over(&text, path, PATH_SIZE);
    cvi_buffer_add_format(&text, "%s/%s", folder, name);
    assert_false(text.failed);
}

/* ---- clock and randomness ---- */

static void test_clock(void **state) {
    (void)state;
    cvi_clock clock;
    cvi_clock again;
    cvi_platform_clock(&clock);
    cvi_platform_clock(&again);
    cvi_now first = cvi_clock_now(&clock);
    cvi_now second = cvi_clock_now(&again);
    assert_true(first.boot_ms > 0 && second.boot_ms >= first.boot_ms);
    assert_true(first.wall_ms > INT64_C(1600000000000));
    assert_string_equal(clock.boot_id, again.boot_id);
    assert_true(strlen(clock.boot_id) > 1);
    assert_non_null(strchr(clock.boot_id, '/'));
}

static void test_randomness(void **state) {
    (void)state;
    unsigned char draws[2][1000];
    cvi_random random;
    assert_true(cvi_platform_random(&random));
    memset(draws, 0, sizeof(draws));
    random.fill(random.user, draws[0], sizeof(draws[0]));
    random.fill(random.user, draws[1], sizeof(draws[1]));
    assert_memory_not_equal(draws[0], draws[1], sizeof(draws[0]));
    assert_memory_not_equal(draws[0] + 984, draws[0] + 744, 16);
    for (int i = 0; i < 1000; i++) {
        assert_in_range(cvi_random_below(&random, 7), 0, 6);
    }
}

/* ---- threads ---- */

typedef struct meeting {
    cvi_mutex mutex;
    cvi_condition condition;
    bool arrived;
    bool answered;
    bool signals_blocked;
} meeting;

static void *meet(void *user) {
    meeting *self = user;
    sigset_t blocked;
    cvi_mutex_lock(&self->mutex);
    self->signals_blocked = pthread_sigmask(SIG_BLOCK, NULL, &blocked) == 0 &&
                            sigismember(&blocked, SIGTERM) == 1 &&
                            sigismember(&blocked, SIGALRM) == 1;
    self->arrived = true;
    cvi_condition_broadcast(&self->condition);
    while (!self->answered) {
        cvi_condition_wait(&self->condition, &self->mutex, -1);
    }
    cvi_mutex_unlock(&self->mutex);
    return NULL;
}

static void test_threads_meet(void **state) {
    (void)state;
    meeting self = {.arrived = false};
    cvi_thread thread;
    sigset_t blocked;
    assert_true(cvi_mutex_init(&self.mutex));
    assert_true(cvi_condition_init(&self.condition));
    assert_true(cvi_thread_start(&thread, meet, &self));
    cvi_mutex_lock(&self.mutex);
    while (!self.arrived) {
        cvi_condition_wait(&self.condition, &self.mutex, PATIENCE_MS);
    }
    self.answered = true;
    cvi_condition_broadcast(&self.condition);
    cvi_mutex_unlock(&self.mutex);
    cvi_thread_join(&thread);
    assert_true(self.signals_blocked);
    assert_int_equal(pthread_sigmask(SIG_BLOCK, NULL, &blocked), 0);
    assert_int_equal(sigismember(&blocked, SIGTERM), 0);
    cvi_condition_destroy(&self.condition);
    cvi_mutex_destroy(&self.mutex);
}

static void test_timeouts(void **state) {
    (void)state;
    static const int64_t endless_ms[] = {-1, INT64_MIN, INT64_MAX, INT64_MAX - 1};
    for (size_t i = 0; i < sizeof(endless_ms) / sizeof(endless_ms[0]); i++) {
        assert_int_equal(cvi_timeout_left_ms(cvi_timeout_start(endless_ms[i])), -1);
    }
    assert_int_equal(cvi_timeout_left_ms(cvi_timeout_start(0)), 0);
    assert_int_equal(cvi_timeout_left_ms((cvi_timeout){.end_ms = 0}), 0);
    cvi_timeout patience = cvi_timeout_start(PATIENCE_MS);
    int64_t left_ms = cvi_timeout_left_ms(patience);
    assert_in_range(left_ms, 1, PATIENCE_MS);
    assert_in_range(cvi_timeout_left_ms(patience), 0, left_ms);
}

static void test_wait_ends_in_time(void **state) {
    (void)state;
    meeting self = {.arrived = false};
    assert_true(cvi_mutex_init(&self.mutex));
    assert_true(cvi_condition_init(&self.condition));
    cvi_timeout patience = cvi_timeout_start(PATIENCE_MS);
    cvi_mutex_lock(&self.mutex);
    while (PATIENCE_MS - cvi_timeout_left_ms(patience) < 5) {
        cvi_condition_wait(&self.condition, &self.mutex, 5);
    }
    cvi_condition_wait(&self.condition, &self.mutex, 0);
    cvi_mutex_unlock(&self.mutex);
    assert_true(cvi_timeout_left_ms(patience) > 0);
    cvi_condition_destroy(&self.condition);
    cvi_mutex_destroy(&self.mutex);
}

static bool is_blocked(int signal_number) {
    sigset_t blocked;
    assert_int_equal(pthread_sigmask(SIG_BLOCK, NULL, &blocked), 0);
    return sigismember(&blocked, signal_number) == 1;
}

static void test_broken_pipe_does_not_kill_the_host(void **state) {
    (void)state;
    cvi_sigpipe outer;
    cvi_sigpipe inner;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    close(ends[0]);
    assert_false(is_blocked(SIGPIPE));
    cvi_sigpipe_block(&outer);
    cvi_sigpipe_block(&inner);
    assert_int_equal(write(ends[1], "!", 1), -1);
    cvi_sigpipe_restore(&inner);
    assert_true(is_blocked(SIGPIPE));
    cvi_sigpipe_restore(&outer); /* would end the process if the signal were still there */
    assert_false(is_blocked(SIGPIPE));
    close(ends[1]);
}

/* ---- files ---- */

static void test_folders_are_made_private(void **state) {
    cv_error error;
    struct stat status;
    char path[PATH_SIZE];
    char parent[PATH_SIZE];
    join(parent, *state, "a");
    join(path, *state, "a/b");
    assert_true(cvi_folder_make(path, &error));
    assert_true(cvi_folder_make(path, &error));
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0700);
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(rmdir(parent), 0);
}

static void test_folders_that_cannot_be_made(void **state) {
    cv_error error;
    char file[PATH_SIZE];
    char path[PATH_SIZE];
    static char longest[PATH_MAX + 10];
    join(file, *state, "file");
    join(path, *state, "file/below");
    assert_true(cvi_file_create_private(file, &error));
    assert_false(cvi_folder_make(path, &error));
    assert_int_equal(error.code, CV_ERROR_STORE);
    assert_non_null(strstr(error.message, "Not a directory"));
    memset(longest, 'x', sizeof(longest) - 1);
    assert_false(cvi_folder_make(longest, &error));
    assert_non_null(strstr(error.message, "too long"));
}

static void test_paths_are_resolved_but_for_the_last_part(void **state) {
    const char *folder = *state;
    cv_error error;
    char path[PATH_SIZE];
    char link_path[PATH_SIZE];
    char expected[PATH_SIZE];
    char resolved[PATH_MAX];
    join(link_path, folder, "link");
    assert_int_equal(symlink(folder, link_path), 0);
    join(path, link_path, "database");
    join(expected, folder, "database");
    assert_true(cvi_path_resolve(path, resolved, sizeof(resolved), &error));
    assert_string_equal(resolved, expected);
    assert_true(cvi_path_resolve(link_path, resolved, sizeof(resolved), &error));
    assert_string_equal(resolved, link_path);
    assert_true(cvi_path_resolve("/name", resolved, sizeof(resolved), &error));
    assert_string_equal(resolved, "/name");
    assert_true(cvi_path_resolve("name", resolved, sizeof(resolved), &error));
    assert_int_equal(resolved[0], '/');
    assert_string_equal(strrchr(resolved, '/'), "/name");
}

static void test_paths_that_cannot_be_resolved(void **state) {
    cv_error error;
    char path[PATH_SIZE];
    char resolved[PATH_MAX];
    static char longest[PATH_MAX + 10];
    join(path, *state, "missing/database");
    assert_false(cvi_path_resolve(path, resolved, sizeof(resolved), &error));
    assert_non_null(strstr(error.message, "No such file"));
    join(path, *state, "");
    assert_false(cvi_path_resolve(path, resolved, sizeof(resolved), &error));
    assert_non_null(strstr(error.message, "names a folder"));
    assert_false(cvi_path_resolve("", resolved, sizeof(resolved), &error));
    join(path, *state, "database");
    assert_false(cvi_path_resolve(path, resolved, 10, &error));
    assert_non_null(strstr(error.message, "too long"));
    memset(longest, '/', sizeof(longest) - 1);
    assert_false(cvi_path_resolve(longest, resolved, sizeof(resolved), &error));
}

static void test_local_folders_are_not_remote(void **state) {
    const char *name = NULL;
    char path[PATH_SIZE];
    join(path, *state, "database");
    assert_false(cvi_path_is_remote(path, &name));
    assert_false(cvi_path_is_remote("database", &name));
    assert_false(cvi_path_is_remote("/missing/folder/database", &name));
    assert_null(name);
}

static void test_files_are_made_private(void **state) {
    cv_error error;
    struct stat status;
    char path[PATH_SIZE];
    join(path, *state, "database");
    assert_true(cvi_file_create_private(path, &error));
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    int descriptor = open(path, O_WRONLY | O_CLOEXEC);
    assert_int_equal(write(descriptor, "kept", 4), 4);
    close(descriptor);
    assert_true(cvi_file_create_private(path, &error));
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_size, 4);
}

static void test_what_is_no_file_is_refused(void **state) {
    cv_error error;
    cvi_gate gate;
    char file[PATH_SIZE];
    char link_path[PATH_SIZE];
    char fifo[PATH_SIZE];
    join(file, *state, "file");
    join(link_path, *state, "link");
    join(fifo, *state, "fifo");
    assert_int_equal(symlink(file, link_path), 0);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    assert_false(cvi_file_create_private(link_path, &error));
    assert_non_null(strstr(error.message, "a symbolic link"));
    assert_false(cvi_file_create_private(*state, &error));
    assert_non_null(strstr(error.message, "a folder"));
    assert_false(cvi_file_create_private(fifo, &error));
    assert_non_null(strstr(error.message, "no regular file"));
    assert_int_not_equal(access(file, F_OK), 0);
    assert_false(cvi_gate_open(&gate, link_path, &error));
    assert_false(cvi_gate_open(&gate, fifo, &error));
    assert_non_null(strstr(error.message, "not a regular file"));
    assert_int_equal(gate.descriptor, -1);
    assert_false(cvi_gate_open(&gate, *state, &error));
}

/* ---- the gate ---- */

static void test_gate_admits_one(void **state) {
    cv_error error;
    cvi_gate mine;
    cvi_gate theirs;
    char path[PATH_SIZE];
    join(path, *state, "gate");
    assert_true(cvi_gate_open(&mine, path, &error));
    assert_true(cvi_gate_open(&theirs, path, &error));
    assert_int_equal(cvi_gate_probe(&theirs, 0), CVI_LOCK_TAKEN);
    assert_int_equal(cvi_gate_try(&mine, 0), CVI_LOCK_TAKEN);
    assert_int_equal(cvi_gate_try(&mine, 0), CVI_LOCK_TAKEN);
    assert_int_equal(cvi_gate_try(&theirs, 0), CVI_LOCK_HELD);
    assert_int_equal(cvi_gate_probe(&theirs, 0), CVI_LOCK_HELD);
    assert_int_equal(cvi_gate_probe(&mine, 0), CVI_LOCK_TAKEN);
    assert_int_equal(cvi_gate_try(&theirs, INT64_MAX - 1), CVI_LOCK_TAKEN);
    assert_int_equal(cvi_gate_probe(&mine, INT64_MAX - 1), CVI_LOCK_HELD);
    cvi_gate_release(&mine, 0);
    assert_int_equal(cvi_gate_try(&theirs, 0), CVI_LOCK_TAKEN);
    assert_int_equal(cvi_gate_try(&mine, 0), CVI_LOCK_HELD);
    cvi_gate_close(&theirs);
    cvi_gate_close(&theirs);
    assert_int_equal(cvi_gate_try(&mine, 0), CVI_LOCK_TAKEN);
    cvi_gate_close(&mine);
    assert_int_equal(cvi_gate_try(&mine, 0), CVI_LOCK_FAILED);
    assert_int_equal(cvi_gate_probe(&mine, 0), CVI_LOCK_FAILED);
}

/* A process of its own takes the byte, says so, and dies by a signal. */
static pid_t start_holder(const char *path, int said) {
    pid_t child = fork();
    if (child == 0) {
        cvi_gate gate;
        cv_error error;
        bool held = cvi_gate_open(&gate, path, &error) &&
                    cvi_gate_try(&gate, 5) == CVI_LOCK_TAKEN && write(said, "!", 1) == 1;
        while (held) {
            pause();
        }
        _exit(1);
    }
    return child;
}

static void test_gate_of_the_dead_is_free(void **state) {
    cv_error error;
    cvi_gate gate;
    char path[PATH_SIZE];
    char message;
    int ends[2];
    join(path, *state, "gate");
    assert_int_equal(pipe(ends), 0);
    pid_t child = start_holder(path, ends[1]);
    assert_true(child > 0);
    close(ends[1]);
    assert_true(cvi_gate_open(&gate, path, &error));
    assert_int_equal(read(ends[0], &message, 1), 1);
    assert_int_equal(cvi_gate_probe(&gate, 5), CVI_LOCK_HELD);
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_int_equal(cvi_gate_try(&gate, 5), CVI_LOCK_TAKEN);
    close(ends[0]);
    cvi_gate_close(&gate);
}

/* ---- waking ---- */

static void test_wake_reaches_its_address(void **state) {
    (void)state;
    cvi_wake mine;
    cvi_wake theirs;
    cvi_random random;
    assert_true(cvi_platform_random(&random));
    cvi_wake_open(&mine, &random);
    cvi_wake_open(&theirs, &random);
    assert_true(mine.descriptor >= 0);
    assert_string_not_equal(mine.address, theirs.address);
    assert_false(cvi_wake_drain(&mine));
    for (int i = 0; i < 3; i++) {
        cvi_wake_send(&theirs, mine.address, "");
    }
    assert_true(cvi_wake_drain(&mine));
    assert_false(cvi_wake_drain(&mine));
    assert_false(cvi_wake_drain(&theirs));
    cvi_wake_send(&mine, mine.address, "");
    assert_true(cvi_wake_drain(&mine));
    cvi_wake_close(&mine);
    cvi_wake_close(&theirs);
}

/* What does not fit is not cut: a part of a word may be another word. */
static void test_wake_brings_a_word(void **state) {
    (void)state;
    static const struct {
        const char *sent;
        const char *taken;
    } cases[] = {{"four", "four"}, {"", ""}, {"five.", ""}, {"more than five", ""}, {"x", "x"}};
    enum { CASES = sizeof(cases) / sizeof(cases[0]) };
    cvi_wake mine;
    char word[sizeof("four")];
    cvi_random random;
    assert_true(cvi_platform_random(&random));
    cvi_wake_open(&mine, &random);
    assert_false(cvi_wake_take(&mine, word, sizeof(word)));
    for (size_t i = 0; i < CASES; i++) {
        cvi_wake_send(&mine, mine.address, cases[i].sent);
    }
    for (size_t i = 0; i < CASES; i++) {
        assert_true(cvi_wake_take(&mine, word, sizeof(word)));
        assert_string_equal(word, cases[i].taken);
    }
    assert_false(cvi_wake_take(&mine, word, sizeof(word)));
    cvi_wake_close(&mine);
    assert_false(cvi_wake_take(&mine, word, sizeof(word)));
}

static void test_wake_never_blocks_and_never_fails(void **state) {
    (void)state;
    cvi_wake mine;
    cvi_wake theirs;
    cvi_random random;
    assert_true(cvi_platform_random(&random));
    cvi_wake_open(&mine, &random);
    cvi_wake_open(&theirs, &random);
    for (int i = 0; i < 10000; i++) {
        cvi_wake_send(&theirs, mine.address, "");
    }
    assert_true(cvi_wake_drain(&mine));
    char gone[sizeof(mine.address)];
    memcpy(gone, mine.address, sizeof(gone));
    cvi_wake_close(&mine);
    assert_int_equal(mine.descriptor, -1);
    assert_string_equal(mine.address, "");
    cvi_wake_send(&theirs, gone, "");
    cvi_wake_send(&theirs, "", "");
    cvi_wake_send(&theirs,
                  "no such address, and one that is much too long for the kernel: "
                  "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
                  "");
    cvi_wake_send(&mine, theirs.address, "");
    assert_false(cvi_wake_drain(&mine));
    assert_false(cvi_wake_drain(&theirs));
    cvi_wake_close(&mine);
    cvi_wake_close(&theirs);
}

/* Somebody has the name already: no mailbox, but no harm. */
static void test_wake_without_a_mailbox(void **state) {
    (void)state;
    fake_clock one;
    fake_clock same;
    cvi_wake first;
    cvi_wake second;
    fake_clock_init(&one, (uint64_t)getpid());
    fake_clock_init(&same, (uint64_t)getpid());
    cvi_wake_open(&first, &one.random);
    cvi_wake_open(&second, &same.random);
    assert_true(first.descriptor >= 0);
    assert_int_equal(second.descriptor, -1);
    assert_string_equal(second.address, "");
    cvi_wake_close(&first);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_clock),
        cmocka_unit_test(test_randomness),
        cmocka_unit_test(test_threads_meet),
        cmocka_unit_test(test_timeouts),
        cmocka_unit_test(test_wait_ends_in_time),
        cmocka_unit_test(test_broken_pipe_does_not_kill_the_host),
        IN_FOLDER(test_folders_are_made_private),
        IN_FOLDER(test_folders_that_cannot_be_made),
        IN_FOLDER(test_paths_are_resolved_but_for_the_last_part),
        IN_FOLDER(test_paths_that_cannot_be_resolved),
        IN_FOLDER(test_local_folders_are_not_remote),
        IN_FOLDER(test_files_are_made_private),
        IN_FOLDER(test_what_is_no_file_is_refused),
        IN_FOLDER(test_gate_admits_one),
        IN_FOLDER(test_gate_of_the_dead_is_free),
        cmocka_unit_test(test_wake_reaches_its_address),
        cmocka_unit_test(test_wake_brings_a_word),
        cmocka_unit_test(test_wake_never_blocks_and_never_fails),
        cmocka_unit_test(test_wake_without_a_mailbox),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
