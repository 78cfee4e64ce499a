/* A database on a network file system is refused before anything is made there. What the system
 * says about the folder is made up here: this program's own statfs stands before the C library's.
 */
#include "support/store_world.h"

#include <string.h>
#include <sys/vfs.h>

#include "support/platform.h"

static unsigned long magic;
static int answer;

int statfs(const char *path, struct statfs *system);
int statfs(const char *path, struct statfs *system) {
    (void)path;
    memset(system, 0, sizeof(*system));
    memcpy(&system->f_type, &magic, sizeof(system->f_type));
    return answer;
}

static const struct {
    unsigned long magic;
    const char *name;
} remote[] = {
    {0x6969, "NFS"},      {0x517B, "SMB"},        {0xFE534D42, "SMB"},   {0xFF534D42, "CIFS"},
    {0x00C36400, "Ceph"}, {0x5346414F, "AFS"},    {0x6B414653, "AFS"},   {0x73757245, "Coda"},
    {0x01021997, "9P"},   {0x0BD00BD0, "Lustre"}, {0x7461636F, "OCFS2"}, {0x01161970, "GFS2"},
};

/* ext4, tmpfs, overlay, btrfs, xfs, zfs, FUSE: FUSE is not told apart, much of it is local. */
static const unsigned long local[] = {0xEF53,     0x01021994, 0x794C7630, 0x9123683E,
                                      0x58465342, 0x2FC12FC1, 0x65735546};

static void test_network_file_systems_are_refused(void **state) {
    store_world *world = *state;
    for (size_t i = 0; i < sizeof(remote) / sizeof(remote[0]); i++) {
        magic = remote[i].magic;
        cv_error error = world_open_error(world);
        assert_int_equal(error.code, CV_ERROR_STORE);
        assert_false(error.retryable);
        assert_memory_equal(error.message, remote[i].name, strlen(remote[i].name));
        assert_non_null(strstr(error.message, "move to a local disk"));
        assert_non_null(strstr(error.message, world->database));
        assert_false(cvi_file_exists(world->database));
    }
}

static void test_local_file_systems_are_not(void **state) {
    store_world *world = *state;
    for (size_t i = 0; i < sizeof(local) / sizeof(local[0]); i++) {
        magic = local[i];
        cvi_stores_close(world_open(world));
    }
}

/* Where the system will not tell, SQLite's own locks have the word. */
static void test_no_answer_refuses_nothing(void **state) {
    store_world *world = *state;
    magic = remote[0].magic;
    answer = -1;
    cvi_stores_close(world_open(world));
    answer = 0;
}

#define WITH_WORLD(test)                                                                           \
    cmocka_unit_test_setup_teardown(test, store_world_setup, store_world_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_WORLD(test_network_file_systems_are_refused),
        WITH_WORLD(test_local_file_systems_are_not),
        WITH_WORLD(test_no_answer_refuses_nothing),
    };
    return cmocka_run_group_tests_name("network folder", tests, NULL, NULL);
}
