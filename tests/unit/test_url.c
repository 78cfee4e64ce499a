/* URLs, cache keys and the digests behind them: known values, and that no two requests share one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/settings.h"
#include "client/url.h"

static void check_url(const cvi_target *target, const char *expected) {
    char text[4096];
    cvi_buffer out;
    cvi_buffer_over(&out, text, sizeof(text));
    cvi_url_write(target, &out);
    assert_false(out.failed);
    assert_string_equal(text, expected);
}

/* ---- digests ---- */

static void test_sha_256_of_known_texts(void **state) {
    (void)state;
    static const struct {
        const char *text;
        const char *hex;
    } cases[] = {
        {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char hex[CVI_HASH_SIZE];
        cvi_hash_hex(cases[i].text, strlen(cases[i].text), hex);
        assert_string_equal(hex, cases[i].hex);
    }
}

/* Every flipped bit and every lost byte changes it. */
static void test_checksum_finds_damage(void **state) {
    (void)state;
    unsigned char data[300];
    for (size_t i = 0; i < sizeof(data); i++) {
        data[i] = (unsigned char)(i * 7);
    }
    int64_t whole = cvi_checksum(data, sizeof(data));
    assert_int_equal(cvi_checksum(data, sizeof(data)), whole);
    for (size_t bit = 0; bit < 8 * sizeof(data); bit++) {
        data[bit / 8] ^= (unsigned char)(1u << (bit % 8));
        assert_int_not_equal(cvi_checksum(data, sizeof(data)), whole);
        data[bit / 8] ^= (unsigned char)(1u << (bit % 8));
    }
    for (size_t size = 0; size < sizeof(data); size++) {
        assert_int_not_equal(cvi_checksum(data, size), whole);
    }
}

/* The value of XXH3 for nothing: rows written today must be readable for ever. */
static void test_checksum_is_a_known_one(void **state) {
    (void)state;
    assert_int_equal((uint64_t)cvi_checksum("", 0), UINT64_C(0x2D06800538D394C2));
}

static void test_checksum_under_a_name(void **state) {
    (void)state;
    int64_t under_a = cvi_checksum_under("a", "body", 4);
    assert_int_equal(cvi_checksum_under("a", "body", 4), under_a);
    assert_int_not_equal(cvi_checksum_under("b", "body", 4), under_a);
    assert_int_not_equal(cvi_checksum_under("a", "bodi", 4), under_a);
    assert_int_not_equal(cvi_checksum_under("a", "", 0), cvi_checksum_under("b", "", 0));
}

/* ---- URLs ---- */

static void test_url_of_a_path(void **state) {
    (void)state;
    check_url(&(cvi_target){"https://example.org/api", "issue/4000-52", NULL, 0},
              "https://example.org/api/issue/4000-52/?format=json");
}

static void test_url_leaves_out_what_is_not_given(void **state) {
    (void)state;
    const cvi_parameter parameters[] = {{"filter", NULL}, {"limit", "5"}, {"sort", NULL}};
    check_url(&(cvi_target){"http://h", "issues", parameters, 3},
              "http://h/issues/?format=json&limit=5");
}

static void test_values_are_escaped(void **state) {
    (void)state;
    char every[256];
    for (size_t i = 1; i < 256; i++) {
        every[i - 1] = (char)i;
    }
    every[255] = '\0';
    const cvi_parameter parameters[] = {{"f", every}};
    char text[2048];
    cvi_buffer out;
    cvi_buffer_over(&out, text, sizeof(text));
    cvi_url_write(&(cvi_target){"http://h", "p", parameters, 1}, &out);
    const char *next = strstr(text, "&f=") + 3;
    for (size_t i = 1; i < 256; i++) {
        if (*next == '%') {
            char digits[3] = {next[1], next[2], '\0'};
            assert_int_equal(strtol(digits, NULL, 16), i);
            next += 3;
        } else {
            assert_int_equal((unsigned char)*next, i);
            assert_non_null(strchr("0123456789-._~ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                   "abcdefghijklmnopqrstuvwxyz",
                                   *next));
            next++;
        }
    }
    assert_string_equal(next, "");
    assert_non_null(strstr(text, "%20%21%22%23%24%25%26%27%28%29%2A%2B%2C-.%2F0"));
}

static void test_url_that_does_not_fit_says_so(void **state) {
    (void)state;
    char text[30];
    cvi_buffer out;
    cvi_buffer_over(&out, text, sizeof(text));
    cvi_url_write(&(cvi_target){"http://h", "a-path-that-is-long", NULL, 0}, &out);
    assert_true(out.failed);
}

/* ---- cache keys ---- */

/* The key is that of a text which other programs can make too. */
static void test_key_is_the_digest_of_the_canonical_text(void **state) {
    (void)state;
    const cvi_parameter parameters[] = {
        {"field_list", "id,name"}, {"filter", NULL}, {"limit", "5"}};
    char hash[CVI_HASH_SIZE];
    char expected[CVI_HASH_SIZE];
    cvi_url_hash(&(cvi_target){CVI_DEFAULT_BASE_URL, "issues", parameters, 3}, hash);
    static const char text[] = "issues\nfield_list=id,name\nlimit=5";
    cvi_hash_hex(text, sizeof(text) - 1, expected);
    assert_string_equal(hash, expected);
    cvi_url_hash(&(cvi_target){"http://h/api", "issues", parameters, 3}, hash);
    static const char other[] = "http://h/api\nissues\nfield_list=id,name\nlimit=5";
    cvi_hash_hex(other, sizeof(other) - 1, expected);
    assert_string_equal(hash, expected);
}

static void test_different_requests_have_different_keys(void **state) {
    (void)state;
    static const cvi_parameter a[] = {{"filter", "x"}};
    static const cvi_parameter b[] = {{"filter", "y"}};
    static const cvi_parameter c[] = {{"sort", "x"}};
    static const cvi_parameter d[] = {{"filter", ""}};
    static const cvi_parameter e[] = {{"filter", "x"}, {"sort", "x"}};
    const cvi_target targets[] = {
        {CVI_DEFAULT_BASE_URL, "issues", NULL, 0}, {CVI_DEFAULT_BASE_URL, "issue", NULL, 0},
        {CVI_DEFAULT_BASE_URL, "issues", a, 1},    {CVI_DEFAULT_BASE_URL, "issues", b, 1},
        {CVI_DEFAULT_BASE_URL, "issues", c, 1},    {CVI_DEFAULT_BASE_URL, "issues", d, 1},
        {CVI_DEFAULT_BASE_URL, "issues", e, 2},    {"http://mirror/api", "issues", NULL, 0},
        {"http://mirror/api", "issues", a, 1},     {"http://mirror/apiissues", "", NULL, 0},
    };
    enum { TARGETS = sizeof(targets) / sizeof(targets[0]) };
    char hashes[TARGETS][CVI_HASH_SIZE];
    for (size_t i = 0; i < TARGETS; i++) {
        cvi_url_hash(&targets[i], hashes[i]);
        assert_int_equal(strlen(hashes[i]), CVI_HASH_LENGTH);
        assert_int_equal(strspn(hashes[i], "0123456789abcdef"), CVI_HASH_LENGTH);
        for (size_t j = 0; j < i; j++) {
            assert_string_not_equal(hashes[i], hashes[j]);
        }
    }
}

/* A key of a part would be that of many requests. */
static void test_key_is_of_the_longest_request_whole(void **state) {
    (void)state;
    static char value[CVI_TARGET_BYTES];
    char hash[CVI_HASH_SIZE];
    char other[CVI_HASH_SIZE];
    const size_t length = CVI_TARGET_BYTES - strlen("issues\nfilter=");
    memset(value, 'v', length);
    const cvi_parameter parameters[] = {{"filter", value}};
    const cvi_target target = {CVI_DEFAULT_BASE_URL, "issues", parameters, 1};
    cvi_url_hash(&target, hash);
    value[length - 1] = 'w';
    cvi_url_hash(&target, other);
    assert_string_not_equal(hash, other);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sha_256_of_known_texts),
        cmocka_unit_test(test_checksum_finds_damage),
        cmocka_unit_test(test_checksum_is_a_known_one),
        cmocka_unit_test(test_checksum_under_a_name),
        cmocka_unit_test(test_url_of_a_path),
        cmocka_unit_test(test_url_leaves_out_what_is_not_given),
        cmocka_unit_test(test_values_are_escaped),
        cmocka_unit_test(test_url_that_does_not_fit_says_so),
        cmocka_unit_test(test_key_is_the_digest_of_the_canonical_text),
        cmocka_unit_test(test_different_requests_have_different_keys),
        cmocka_unit_test(test_key_is_of_the_longest_request_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
