/* Pages of their own for secrets: kept whole, out of core dumps, and away from children of fork. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "support/child.h"
#include "support/memory_search.h"
#include "support/platform.h"

enum { LONG_BYTES = 10000 };

static void test_text_is_copied(void **state) {
    (void)state;
    char text[] = "sesame and more";
    char *secret = cvi_secret_copy(text, 6);
    char *other = cvi_secret_copy("", 0);
    assert_non_null(secret);
    assert_non_null(other);
    text[0] = 'x';
    assert_string_equal(secret, "sesame");
    assert_string_equal(other, "");
    cvi_secret_free(other);
    assert_string_equal(secret, "sesame");
    cvi_secret_free(secret);
    cvi_secret_free(NULL);
}

static void test_long_text(void **state) {
    (void)state;
    static char text[LONG_BYTES + 1];
    memset(text, 'a', LONG_BYTES);
    char *secret = cvi_secret_copy(text, LONG_BYTES);
    assert_non_null(secret);
    assert_string_equal(secret, text);
    secret[LONG_BYTES - 1] = 'b'; /* its pages may be written */
    cvi_secret_free(secret);
}

#ifdef __linux__

static void test_it_lies_apart(void **state) {
    (void)state;
    const char open[] = "sesame";
    char *secret = cvi_secret_copy(open, 6);
    char *other = cvi_secret_copy(open, 6);
    assert_false(memory_is_hidden(open));
    assert_true(memory_is_hidden(secret));
    assert_true(memory_is_hidden(other));
    cvi_secret_free(secret);
    assert_true(memory_is_hidden(other));
    cvi_secret_free(other);
}

static const char *look(void *user) {
    char *secret = user;
    CHILD_CHECK(secret[0] == '\0' && secret[5] == '\0');
    cvi_secret_free(secret);
    char *own = cvi_secret_copy("of mine", 7);
    CHILD_CHECK(own != NULL && strcmp(own, "of mine") == 0);
    cvi_secret_free(own);
    return NULL;
}

static void test_a_child_has_it_not(void **state) {
    (void)state;
    char *secret = cvi_secret_copy("sesame", 6);
    child_must_pass(look, secret);
    assert_string_equal(secret, "sesame");
    cvi_secret_free(secret);
}

#endif

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_is_copied),
        cmocka_unit_test(test_long_text),
#ifdef __linux__
        cmocka_unit_test(test_it_lies_apart),
        cmocka_unit_test(test_a_child_has_it_not),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
