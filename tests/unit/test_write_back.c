/* Writing the log back apart from commits: who does it, when, and that nobody waits for it. */
#include "stores/write_back.h"

#include <string.h>

#include "stores/handle.h"
#include "support/store_world.h"

enum { DUE_FRAMES = 400, OVERDUE_FRAMES = 2000, BODY_BYTES = 4096 };

static void store_until(store_world *world, cvi_stores *stores, int frames) {
    static char body[BODY_BYTES];
    memset(body, 'x', sizeof(body) - 1);
    for (int i = 0; stores->files[0].wal_frames < frames; i++) {
        char hash[24];
        assert_in_range(i, 0, OVERDUE_FRAMES);
        sqlite3_snprintf(sizeof(hash), hash, "hash-%d-%d", frames, i);
        assert_true(world_complete(world, stores, hash, "", body));
    }
}

/* How much of the log is still to be written back, as another program sees it; it waits for nobody
 * and changes nothing. */
static bool is_written_back(const cvi_stores *stores) {
    int frames = 0;
    int done = 0;
    assert_int_equal(sqlite3_wal_checkpoint_v2(stores->files[0].connection, NULL,
                                               SQLITE_CHECKPOINT_PASSIVE, &frames, &done),
                     SQLITE_OK);
    return frames == done;
}

static cvi_stores *open_apart(store_world *world) {
    cvi_stores *stores = world_open(world);
    cvi_stores_write_back_apart(stores);
    return stores;
}

static void test_commits_leave_it(void **state) {
    store_world *world = *state;
    cvi_stores *stores = open_apart(world);
    assert_false(cvi_stores_write_back(stores));
    store_until(world, stores, DUE_FRAMES + 100);
    assert_in_range(stores->files[0].checkpoint_at, 0, DUE_FRAMES);
    assert_true(cvi_stores_write_back(stores));
    assert_true(stores->files[0].checkpoint_at > DUE_FRAMES + 100);
    assert_false(cvi_stores_write_back(stores));
    assert_true(is_written_back(stores));
    cvi_stores_close(stores);
}

/* The log begins anew behind it, and it is due again when that has grown as much. */
static void test_it_is_due_again(void **state) {
    store_world *world = *state;
    cvi_stores *stores = open_apart(world);
    store_until(world, stores, DUE_FRAMES);
    assert_true(cvi_stores_write_back(stores));
    store_until(world, stores, 1);
    world_store(world, stores, HASH_A, "one more");
    assert_in_range(stores->files[0].wal_frames, 1, DUE_FRAMES - 1);
    assert_false(cvi_stores_write_back(stores));
    store_until(world, stores, DUE_FRAMES);
    assert_true(cvi_stores_write_back(stores));
    cvi_stores_close(stores);
}

/* Where nobody comes to do it, the log does not grow for ever. */
static void test_a_commit_does_it_in_the_end(void **state) {
    store_world *world = *state;
    cvi_stores *stores = open_apart(world);
    store_until(world, stores, OVERDUE_FRAMES);
    assert_true(stores->files[0].checkpoint_at > DUE_FRAMES);
    assert_false(cvi_stores_write_back(stores));
    cvi_stores_close(stores);
}

/* Another handle has the turn, as another process would: a call comes back with nothing done. */
static void test_it_never_waits_for_others(void **state) {
    store_world *world = *state;
    cvi_stores *stores = open_apart(world);
    cvi_stores *others = world_open(world);
    const cvi_completion coming = {
        .hash = HASH_A, .job_id = "", .body = "x", .size = 1, .keeping = {.ttl_ms = 1}};
    cv_error error;
    bool owned = false;
    store_until(world, stores, DUE_FRAMES);
    assert_int_equal(cvi_db_begin(&others->files[0], 0, &error), CVI_STORE_DONE);
    assert_false(cvi_stores_write_back(stores));
    assert_int_equal(cvi_stores_make_room(stores, &coming, world->clock.now, &error),
                     CVI_STORE_BUSY);
    assert_int_equal(cvi_stores_complete(stores, &coming, world->clock.now, &owned, &error),
                     CVI_STORE_BUSY);
    assert_int_equal(cvi_db_end(&others->files[0], CVI_STORE_DONE, false, &error), CVI_STORE_DONE);
    assert_true(cvi_stores_write_back(stores));
    cvi_stores_close(others);
    cvi_stores_close(stores);
}

static void test_other_handles_do_it_behind_their_commits(void **state) {
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    store_until(world, stores, DUE_FRAMES);
    assert_false(cvi_stores_write_back(stores));
    assert_true(stores->files[0].checkpoint_at > DUE_FRAMES);
    cvi_stores_close(stores);
}

#define WRITE_BACK_TEST(test)                                                                      \
    cmocka_unit_test_setup_teardown(test, store_world_setup, store_world_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        WRITE_BACK_TEST(test_commits_leave_it),
        WRITE_BACK_TEST(test_it_is_due_again),
        WRITE_BACK_TEST(test_a_commit_does_it_in_the_end),
        WRITE_BACK_TEST(test_it_never_waits_for_others),
        WRITE_BACK_TEST(test_other_handles_do_it_behind_their_commits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
