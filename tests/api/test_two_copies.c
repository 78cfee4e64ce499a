/* Two copies of the library in one process: a plug-in has one inside, and this program is linked to
 * the shared one. On one SQLite they share a file like two handles of one copy; on an SQLite of its
 * own the second is refused, as closing would drop the locks of the first. */
#include "support/api.h"
#include "support/child.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "plugin/plugin.h"

enum { LIMIT = 1500, TRIES = 1000, THREADS = 2, ROUNDS = 40, MESSAGE_MAX = 512 };

/* A copy of the library: ours or a plug-in's. */
typedef struct copy {
    void *module; /* NULL: ours */
    plugin_open_fn *open;
    plugin_admit_fn *admit;
    plugin_close_fn *close;
    plugin_place_fn *place;
} copy;

static const copy our_copy = {NULL, plugin_open, plugin_admit, plugin_close, plugin_place};

/* Data pointers become pointers to functions as dlsym(3) tells it. */
static void find(void *module, const char *name, void *function) {
    void *symbol = dlsym(module, name);
    assert_non_null(symbol);
    memcpy(function, &symbol, sizeof(symbol));
}

static copy load(const char *path) {
    copy self = {.module = dlopen(path, RTLD_NOW | RTLD_LOCAL)};
    if (self.module == NULL) {
        fail_msg("%s", dlerror());
    }
    find(self.module, "plugin_open", &self.open);
    find(self.module, "plugin_admit", &self.admit);
    find(self.module, "plugin_close", &self.close);
    find(self.module, "plugin_place", &self.place);
    assert_ptr_not_equal(self.place(), our_copy.place());
    return self;
}

static void *open_by(const copy *by, const api *self) {
    char message[MESSAGE_MAX];
    void *handle = by->open(self->database.text, LIMIT, message, sizeof(message));
    if (handle == NULL) {
        fail_msg("%s", message);
    }
    return handle;
}

static void assert_refused(const copy *by, const api *self) {
    char message[MESSAGE_MAX] = "";
    assert_null(by->open(self->database.text, LIMIT, message, sizeof(message)));
    assert_non_null(strstr(message, "CV_ERROR_STORE"));
    assert_non_null(strstr(message, "libsqlite3"));
    assert_non_null(strstr(message, self->database.text));
}

/* ---- at the same time ---- */

typedef struct caller {
    const copy *by;
    void *handle;
    int64_t admitted;
    pthread_t thread;
} caller;

static void *call(void *user) {
    caller *self = user;
    self->admitted = self->by->admit(self->handle, TRIES);
    return NULL;
}

typedef struct stranger {
    const api *self;
    int64_t *admitted; /* shared with it */
} stranger;

/* A further process, to which lost locks would be open doors. */
static const char *call_from_elsewhere(void *user) {
    const stranger *run = user;
    char message[MESSAGE_MAX];
    void *handle = our_copy.open(run->self->database.text, LIMIT, message, sizeof(message));
    CHILD_CHECK(handle != NULL);
    *run->admitted = our_copy.admit(handle, TRIES);
    our_copy.close(handle);
    return NULL;
}

/* Opens and closes meanwhile: were the copies strangers, each closing would drop all locks. */
static void come_and_go(const copy *by, const api *self) {
    for (int i = 0; i < ROUNDS; i++) {
        by->close(open_by(by, self));
    }
}

static void start_callers(caller *callers, const copy *by, void *handle) {
    for (int i = 0; i < THREADS; i++) {
        callers[i] = (caller){.by = by, .handle = handle};
        assert_int_equal(pthread_create(&callers[i].thread, NULL, call, &callers[i]), 0);
    }
}

static int64_t join_callers(caller *callers) {
    int64_t admitted = 0;
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(callers[i].thread, NULL), 0);
        assert_true(callers[i].admitted >= 0);
        admitted += callers[i].admitted;
    }
    return admitted;
}

static void test_both_keep_one_limit(void **context) {
    const api *self = *context;
    caller ours[THREADS];
    caller theirs[THREADS];
    stranger run = {self, mmap(NULL, sizeof(int64_t), PROT_READ | PROT_WRITE,
                               MAP_SHARED | MAP_ANONYMOUS, -1, 0)};
    assert_ptr_not_equal(run.admitted, MAP_FAILED);
    copy plugin = load(CVI_plugin_on_shared_sqlite);
    child other = child_start(call_from_elsewhere, &run);
    void *our_handle = open_by(&our_copy, self);
    void *their_handle = open_by(&plugin, self);
    start_callers(ours, &our_copy, our_handle);
    start_callers(theirs, &plugin, their_handle);
    come_and_go(&plugin, self);
    come_and_go(&our_copy, self);
    int64_t admitted = join_callers(ours) + join_callers(theirs);
    assert_null(child_join(&other));
    assert_int_equal(admitted + *run.admitted, LIMIT);
    plugin.close(their_handle);
    our_copy.close(our_handle);
    dlclose(plugin.module);
    munmap(run.admitted, sizeof(int64_t));
    assert_int_equal(api_query(self, "SELECT count(*) FROM rate_limits"), LIMIT);
    assert_int_equal(api_query(self, "SELECT integrity_check = 'ok' FROM pragma_integrity_check"),
                     1);
}

/* ---- fork ---- */

typedef struct visit {
    const api *self;
    const copy *by;
    const char *path;
} visit;

static const char *open_what_another_copy_had(void *user) {
    const visit *run = user;
    char message[MESSAGE_MAX];
    void *handle = run->by->open(run->self->database.text, LIMIT, message, sizeof(message));
    CHILD_CHECK(handle == NULL);
    CHILD_CHECK(strstr(message, "CV_ERROR_STORE") != NULL && strstr(message, "exec") != NULL);
    handle = run->by->open(run->path, LIMIT, message, sizeof(message));
    CHILD_CHECK(handle != NULL);
    CHILD_CHECK(run->by->admit(handle, 1) == 1);
    run->by->close(handle);
    return NULL;
}

static void test_a_child_of_both_opens_by_none(void **context) {
    const api *self = *context;
    scratch_path other = scratch_file(&self->scratch, "other.db");
    copy plugin = load(CVI_plugin_on_shared_sqlite);
    visit by_plugin = {self, &plugin, other.text};
    visit by_us = {self, &our_copy, other.text};
    void *handle = open_by(&our_copy, self);
    child_must_pass(open_what_another_copy_had, &by_plugin);
    our_copy.close(handle);
    handle = open_by(&plugin, self);
    child_must_pass(open_what_another_copy_had, &by_us);
    plugin.close(handle);
    dlclose(plugin.module);
}

/* What the plug-in has left behind calls nothing in it. */
static void test_an_unloaded_copy_is_gone(void **context) {
    const api *self = *context;
    for (int i = 0; i < 3; i++) {
        copy plugin = load(CVI_plugin_on_shared_sqlite);
        void *handle = open_by(&plugin, self);
        assert_int_equal(plugin.admit(handle, 1), 1);
        plugin.close(handle);
        assert_int_equal(dlclose(plugin.module), 0);
        assert_null(dlopen(CVI_plugin_on_shared_sqlite, RTLD_NOW | RTLD_NOLOAD));
        scratch_path other = scratch_file(&self->scratch, "other.db");
        handle = open_by(&our_copy, self);
        visit by_us = {self, &our_copy, other.text};
        child_must_pass(open_what_another_copy_had, &by_us);
        our_copy.close(handle);
    }
}

/* ---- an SQLite of its own ---- */

#ifdef CVI_plugin_on_own_sqlite

/* What SQLite keeps locked of a database that is open, as another process finds it: the main file,
 * shared, and the index of the log. The gate's locks lie in a file of their own. */
static const char *find_locks(void *user) {
    const api *self = ((const visit *)user)->self;
    static const char *const ends[] = {"", "-shm"};
    for (size_t i = 0; i < API_COUNT(ends); i++) {
        char path[SCRATCH_PATH_MAX + sizeof("-shm")];
        CHILD_CHECK(snprintf(path, sizeof(path), "%s%s", self->database.text, ends[i]) > 0);
        int file = open(path, O_RDWR | O_CLOEXEC);
        CHILD_CHECK(file >= 0);
        struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
        CHILD_CHECK(fcntl(file, F_GETLK, &lock) == 0);
        CHILD_CHECK(lock.l_type != F_UNLCK && lock.l_pid == getppid());
        (void)close(file);
    }
    return NULL;
}

static void keep_apart(const api *self, const copy *first, const copy *second) {
    visit look = {.self = self};
    void *handle = open_by(first, self);
    child_must_pass(find_locks, &look);
    for (int i = 0; i < 3; i++) {
        assert_refused(second, self);
        child_must_pass(find_locks, &look);
        assert_true(first->admit(handle, 1) >= 0);
    }
    void *another = open_by(first, self);
    first->close(handle);
    assert_refused(second, self);
    first->close(another);
    second->close(open_by(second, self));
}

static void test_two_copies_of_sqlite_do_not_meet(void **context) {
    const api *self = *context;
    copy plugin = load(CVI_plugin_on_own_sqlite);
    keep_apart(self, &our_copy, &plugin);
    keep_apart(self, &plugin, &our_copy);
    dlclose(plugin.module);
}

/* Other files, and other processes on this one, are no matter. */
static void test_elsewhere_they_work(void **context) {
    const api *self = *context;
    int64_t elsewhere = 0;
    stranger run = {self, &elsewhere};
    char message[MESSAGE_MAX];
    copy plugin = load(CVI_plugin_on_own_sqlite);
    child other = child_start(call_from_elsewhere, &run);
    void *handle = open_by(&plugin, self);
    scratch_path path = scratch_file(&self->scratch, "other.db");
    void *our_handle = our_copy.open(path.text, LIMIT, message, sizeof(message));
    assert_non_null(our_handle);
    assert_true(plugin.admit(handle, TRIES) >= 0);
    assert_int_equal(our_copy.admit(our_handle, 1), 1);
    assert_null(child_join(&other));
    assert_int_equal(api_query(self, "SELECT count(*) FROM rate_limits"), LIMIT);
    our_copy.close(our_handle);
    plugin.close(handle);
    dlclose(plugin.module);
}

#endif

int main(void) {
    const struct CMUnitTest tests[] = {
        API_TEST(test_both_keep_one_limit),
        API_TEST(test_a_child_of_both_opens_by_none),
        API_TEST(test_an_unloaded_copy_is_gone),
#ifdef CVI_plugin_on_own_sqlite
        API_TEST(test_two_copies_of_sqlite_do_not_meet),
        API_TEST(test_elsewhere_they_work),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
