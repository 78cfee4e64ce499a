/* What the kernel says of mounts. */
#include "file_system.h"
#include "unit.h"

static void test_names(void **state) {
    (void)state;
    char name[CLI_FILE_SYSTEM_SIZE] = "";
    assert_true(cli_file_system("/proc", name));
    assert_string_equal(name, "proc");
    assert_false(cli_file_system("/proc/there is no such folder", name));
}

static void test_those_of_others(void **state) {
    (void)state;
    static const char *const remote[] = {"nfs", "nfs4", "cifs", "9p", "gfs2"};
    static const char *const here[] = {"ext4", "tmpfs", "overlay", "xfs", "", "nfsd"};
    for (size_t i = 0; i < COUNT(remote); i++) {
        assert_true(cli_file_system_is_remote(remote[i]));
    }
    for (size_t i = 0; i < COUNT(here); i++) {
        assert_false(cli_file_system_is_remote(here[i]));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_those_of_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
