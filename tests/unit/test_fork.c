/* What a fork does to the platform's own: who was born where, threads that hold it off, gates; and
 * the list of open files. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "stores/open_files.h"
#include "stores/stores.h"
#include "support/child.h"
#include "support/store_world.h"

/* ---- births ---- */

typedef struct family {
    cvi_lineage lineage;
    cvi_birth birth;
} family;

static const char *be_born_anew(void *user) {
    family *self = user;
    CHILD_CHECK(!cvi_birth_is_here(&self->birth));
    cvi_birth own = cvi_lineage_birth(&self->lineage);
    CHILD_CHECK(own.generation > self->birth.generation);
    CHILD_CHECK(cvi_birth_is_here(&own));
    CHILD_CHECK(cvi_lineage_birth(&self->lineage).generation == own.generation);
    CHILD_CHECK(!cvi_birth_is_here(&self->birth));
    return NULL;
}

/* Has a child in its turn, before it was asked for a birth of its own and after it. */
static const char *have_children(void *user) {
    family *self = user;
    CHILD_PASS(child_of_child(be_born_anew, self));
    CHILD_PASS(be_born_anew(self));
    family own = {self->lineage, cvi_lineage_birth(&self->lineage)};
    CHILD_PASS(child_of_child(be_born_anew, self));
    CHILD_PASS(child_of_child(be_born_anew, &own));
    CHILD_CHECK(cvi_birth_is_here(&own.birth));
    return NULL;
}

static void check_family(family *self) {
    self->birth = cvi_lineage_birth(&self->lineage);
    assert_true(cvi_birth_is_here(&self->birth));
    child_must_pass(be_born_anew, self);
    child_must_pass(have_children, self);
    assert_true(cvi_birth_is_here(&self->birth));
    assert_int_equal(cvi_lineage_birth(&self->lineage).generation, self->birth.generation);
}

static void test_a_child_is_of_another_birth(void **context) {
    family self;
    (void)context;
    assert_true(cvi_lineage_init(&self.lineage));
    assert_true(self.lineage.is_wiped); /* Linux since 4.14 */
    check_family(&self);
}

/* A page that the kernel does not wipe: the process id tells. */
static void test_also_where_pages_stay(void **context) {
    family self;
    (void)context;
    assert_true(cvi_lineage_init(&self.lineage));
    assert_int_equal(madvise(self.lineage.page, 1, MADV_KEEPONFORK), 0);
    self.lineage.is_wiped = false;
    check_family(&self);
}

/* No handler runs. */
static void test_also_of_a_bare_system_call(void **context) {
    family self;
    int status = 0;
    (void)context;
    assert_true(cvi_fork_heed());
    assert_true(cvi_lineage_init(&self.lineage));
    self.birth = cvi_lineage_birth(&self.lineage);
    pid_t pid = (pid_t)syscall(SYS_clone, (long)SIGCHLD, NULL, NULL, NULL, NULL);
    if (pid == 0) {
        _exit(be_born_anew(&self) == NULL ? 0 : 1);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void test_what_was_never_born_is_here(void **context) {
    const cvi_birth none = {NULL, 0};
    (void)context;
    assert_true(cvi_birth_is_here(&none));
}

/* ---- threads that hold a fork off ---- */

typedef struct holder {
    pthread_t thread;
    pthread_barrier_t inside;
    atomic_bool may_leave;
    atomic_bool has_left;
} holder;

static void *hold_off(void *user) {
    holder *self = user;
    cvi_fork_hold_off();
    cvi_fork_hold_off();
    cvi_fork_let(); /* they nest */
    pthread_barrier_wait(&self->inside);
    cvi_platform_sleep_ms(20);
    while (!atomic_load(&self->may_leave)) {
        cvi_platform_sleep_ms(1);
    }
    atomic_store(&self->has_left, true);
    cvi_fork_let();
    return NULL;
}

static void start_holder(holder *self, bool may_leave) {
    assert_true(cvi_fork_heed());
    atomic_init(&self->may_leave, may_leave);
    atomic_init(&self->has_left, false);
    assert_int_equal(pthread_barrier_init(&self->inside, NULL, 2), 0);
    assert_int_equal(pthread_create(&self->thread, NULL, hold_off, self), 0);
    pthread_barrier_wait(&self->inside);
}

static void join_holder(holder *self) {
    atomic_store(&self->may_leave, true);
    assert_int_equal(pthread_join(self->thread, NULL), 0);
    pthread_barrier_destroy(&self->inside);
}

static const char *find_all_whole(void *user) {
    const holder *self = user;
    CHILD_CHECK(atomic_load(&self->has_left));
    CHILD_CHECK(!cvi_fork_was_torn());
    cvi_fork_hold_off();
    cvi_fork_let();
    return NULL;
}

static void test_a_fork_waits(void **context) {
    holder self;
    (void)context;
    start_holder(&self, true);
    child_must_pass(find_all_whole, &self);
    join_holder(&self);
    assert_false(cvi_fork_was_torn());
}

/* A hook that runs inside may fork: it would wait for itself. */
static void test_a_fork_does_not_wait_for_itself(void **context) {
    holder self;
    (void)context;
    atomic_init(&self.has_left, true);
    cvi_fork_hold_off();
    child_must_pass(find_all_whole, &self);
    cvi_fork_let();
}

typedef struct torn {
    holder holder;
    store_world *world;
} torn;

/* Files do not open there, nor in its children; a pthread mutex of SQLite's might never be free. */
static const char *open_nothing(void *user) {
    torn *self = user;
    cv_error error;
    CHILD_CHECK(cvi_fork_was_torn());
    CHILD_CHECK(cvi_stores_open(&self->world->options, &error) == NULL);
    CHILD_CHECK(error.code == CV_ERROR_STORE && strstr(error.message, "exec") != NULL);
    return NULL;
}

static const char *open_nothing_later(void *user) {
    CHILD_PASS(open_nothing(user));
    return child_of_child(open_nothing, user);
}

static void test_a_fork_does_not_wait_for_ever(void **context) {
    torn self = {.world = *context};
    self.world->options.clock = self.world->clock.clock;
    start_holder(&self.holder, false);
    child_must_pass(open_nothing_later, &self);
    join_holder(&self.holder);
    assert_false(cvi_fork_was_torn());
    cvi_stores_close(world_open(self.world));
}

/* ---- gates ---- */

typedef struct gates {
    cvi_gate gates[3];
    int descriptors[3];
} gates;

static const char *find_no_gates(void *user) {
    const gates *self = user;
    for (size_t i = 0; i < 3; i++) {
        CHILD_CHECK(self->gates[i].descriptor == -1);
        CHILD_CHECK(i == 1 || (fcntl(self->descriptors[i], F_GETFD) == -1 && errno == EBADF));
    }
    return NULL;
}

static void test_a_child_has_no_gates(void **context) {
    const store_world *world = *context;
    gates self;
    cv_error error;
    char path[TEMP_PATH_SIZE + 32];
    assert_true(cvi_fork_heed());
    (void)snprintf(path, sizeof(path), "%s.gate", world->database);
    for (size_t i = 0; i < 3; i++) {
        assert_true(cvi_gate_open(&self.gates[i], path, &error));
        self.descriptors[i] = self.gates[i].descriptor;
    }
    cvi_gate_close(&self.gates[1]); /* from the middle of the list */
    assert_int_equal(cvi_gate_try(&self.gates[0], 5), CVI_LOCK_TAKEN);
    child_must_pass(find_no_gates, &self);
    assert_int_equal(cvi_gate_probe(&self.gates[2], 5), CVI_LOCK_HELD);
    assert_int_equal(cvi_gate_probe_span(&self.gates[2], 0, 5), CVI_LOCK_TAKEN);
    assert_int_equal(cvi_gate_probe_span(&self.gates[2], 0, 6), CVI_LOCK_HELD);
    assert_int_equal(cvi_gate_probe_span(&self.gates[2], 6, 100), CVI_LOCK_TAKEN);
    cvi_gate_close(&self.gates[2]);
    cvi_gate_close(&self.gates[0]);
}

/* ---- open files ---- */

typedef struct files {
    cvi_open_files *list;
    char first[TEMP_PATH_SIZE + 16];
    char second[TEMP_PATH_SIZE + 16];
} files;

static const char *open_the_second_only(void *user) {
    files *self = user;
    cv_error error = {.code = CV_OK};
    CHILD_CHECK(cvi_open_files_enter() == self->list);
    cvi_open_files_leave(self->list); /* its parent stays in */
    CHILD_CHECK(!cvi_open_files_check(self->list, self->first, &error));
    CHILD_CHECK(error.code == CV_ERROR_STORE && strstr(error.message, self->first) != NULL);
    CHILD_CHECK(cvi_open_files_add(self->list, self->first, &error) == NULL);
    CHILD_CHECK(cvi_open_files_check(self->list, self->second, &error));
    cvi_open_file *second = cvi_open_files_add(self->list, self->second, &error);
    CHILD_CHECK(second != NULL);
    CHILD_CHECK(cvi_open_files_add(self->list, self->second, &error) == second);
    cvi_open_files_remove(self->list, second);
    cvi_open_files_remove(self->list, second);
    CHILD_CHECK(!cvi_open_files_check(self->list, self->first, &error));
    return NULL;
}

static void make_file(const store_world *world, const char *name, char *path, size_t size) {
    (void)snprintf(path, size, "%s/%s", world->folder, name);
    int descriptor = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
    assert_true(descriptor >= 0);
    close(descriptor);
}

static void test_open_files_are_listed(void **context) {
    files self = {.list = cvi_open_files_enter()};
    cv_error error;
    assert_non_null(self.list);
    assert_in_range(cvi_open_files_copy(self.list), 1, (INT64_C(1) << CVI_COPY_BITS) - 1);
    make_file(*context, "first", self.first, sizeof(self.first));
    make_file(*context, "second", self.second, sizeof(self.second));
    cvi_open_file *twice = cvi_open_files_add(self.list, self.first, &error);
    assert_ptr_equal(cvi_open_files_add(self.list, self.first, &error), twice);
    cvi_open_file *other = cvi_open_files_add(self.list, self.second, &error);
    cvi_open_files_remove(self.list, other);
    child_must_pass(open_the_second_only, &self);
    cvi_open_files_remove(self.list, twice);
    child_must_pass(open_the_second_only, &self); /* one is left */
    cvi_open_files_remove(self.list, twice);
    assert_true(cvi_open_files_check(self.list, self.first, &error));
    cvi_open_files_leave(self.list);
}

/* It is there for those who are in, and no longer. */
static void test_the_last_one_out_takes_the_list_away(void **context) {
    (void)context;
    assert_null(sqlite3_vfs_find("comicvine-open-files"));
    cvi_open_files *list = cvi_open_files_enter();
    assert_ptr_equal(sqlite3_vfs_find("comicvine-open-files"), list);
    assert_ptr_equal(cvi_open_files_enter(), list);
    cvi_open_files_leave(list);
    cvi_birth birth = cvi_open_files_birth(list);
    assert_true(cvi_birth_is_here(&birth));
    cvi_open_files_leave(list);
    assert_null(sqlite3_vfs_find("comicvine-open-files"));
}

static void test_a_file_that_is_not_there(void **context) {
    const store_world *world = *context;
    cvi_open_files *list = cvi_open_files_enter();
    cv_error error = {.code = CV_OK};
    assert_true(cvi_open_files_check(list, world->database, &error));
    assert_int_equal(error.code, CV_OK);
    assert_null(cvi_open_files_add(list, world->database, &error));
    assert_int_equal(error.code, CV_ERROR_STORE);
    cvi_open_files_leave(list);
}

#define IN_WORLD(test)                                                                             \
    cmocka_unit_test_setup_teardown(test, store_world_setup, store_world_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_child_is_of_another_birth),
        cmocka_unit_test(test_also_where_pages_stay),
        cmocka_unit_test(test_also_of_a_bare_system_call),
        cmocka_unit_test(test_what_was_never_born_is_here),
        cmocka_unit_test(test_a_fork_waits),
        cmocka_unit_test(test_a_fork_does_not_wait_for_itself),
        IN_WORLD(test_a_fork_does_not_wait_for_ever),
        IN_WORLD(test_a_child_has_no_gates),
        IN_WORLD(test_open_files_are_listed),
        cmocka_unit_test(test_the_last_one_out_takes_the_list_away),
        IN_WORLD(test_a_file_that_is_not_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
