/* A file system on which processes cannot share memory: SQLite then keeps a journal instead of a
 * log, which stops readers for every writer, and the database is refused. The default file system
 * of this program's SQLite is the system's own, but that it says it has no shared memory. */
#include "support/store_world.h"

#include <string.h>

static sqlite3_vfs bare;
static sqlite3_vfs *real;
static sqlite3_io_methods bare_methods;
static bool shares_memory;

static int open_bare(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags,
                     int *flags_out) {
    (void)vfs;
    int result = real->xOpen(real, name, file, flags, flags_out);
    if (result == SQLITE_OK && (flags & SQLITE_OPEN_MAIN_DB) != 0 && !shares_memory) {
        bare_methods = *file->pMethods;
        bare_methods.iVersion = 1; /* from 2 on, shared memory is part of it */
        file->pMethods = &bare_methods;
    }
    return result;
}

static void install(void) {
    real = sqlite3_vfs_find(NULL);
    assert_non_null(real);
    bare = *real;
    bare.zName = "bare";
    bare.xOpen = open_bare;
    assert_int_equal(sqlite3_vfs_register(&bare, 1), SQLITE_OK);
}

static void check_refused(store_world *world) {
    cv_error error = world_open_error(world);
    assert_int_equal(error.code, CV_ERROR_STORE);
    assert_non_null(strstr(error.message, "cannot share memory"));
    assert_non_null(strstr(error.message, world->database));
}

static void test_without_shared_memory_it_is_refused(void **state) {
    store_world *world = *state;
    shares_memory = false;
    check_refused(world);
    shares_memory = true; /* what was refused is good elsewhere */
    cvi_stores *stores = world_open(world);
    world_store(world, stores, HASH_A, "body");
    cvi_cached cached = world_lookup(world, stores, HASH_A, WORLD_TTL_MS);
    world_check_body(&cached, "body");
    cvi_stores_close(stores);
}

static void test_nothing_is_shared_in_memory(void **state) {
    store_world *world = *state;
    shares_memory = false;
    world->options.database = ":memory:";
    cvi_stores *stores = world_open(world);
    world_store(world, stores, HASH_A, "body");
    cvi_cached cached = world_lookup(world, stores, HASH_A, WORLD_TTL_MS);
    world_check_body(&cached, "body");
    cvi_stores_close(stores);
}

#define IN_WORLD(test)                                                                             \
    cmocka_unit_test_setup_teardown(test, store_world_setup, store_world_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_WORLD(test_without_shared_memory_it_is_refused),
        IN_WORLD(test_nothing_is_shared_in_memory),
    };
    install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
