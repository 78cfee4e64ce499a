/* The key is found however it is written, and nothing else is touched. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/redact.h"

#define KEY   "00c0ffee5e4711"
#define STARS "**************"
#define ODD   "a/b+c=\"d\" 100%"

typedef struct redacting {
    const char *secret;
    const char *text;
    const char *redacted; /* NULL: it stays */
} redacting;

static const redacting cases[] = {
    {KEY, "", NULL},
    {KEY, "nothing to see, 100% of it & more \\u0041 &amp; %41", NULL},
    {KEY, KEY, STARS},
    {KEY, KEY KEY " and " KEY, STARS STARS " and " STARS},
    {KEY, "0" KEY "1", "0" STARS "1"},
    {KEY, "00c0ffee5e471", NULL},
    {KEY, "00c0ffee5e47" KEY, "00c0ffee5e47" STARS},
    {KEY,
     "%30"
     "0c0ffee5e4711",
     "***"
     "*************"},
    {KEY, "%30%30%63%30ffee5e4711",
     "************"
     "**********"},
    {KEY, "\\u0030\\u0030c0ffee5e4711",
     "************"
     "************"},
    {KEY, "\\u0030\\u0030C0FFEE5E4711", NULL},
    {KEY, "&#48;0c0ffee5e4711",
     "*****"
     "*************"},
    {KEY, "&#x30;0c0ffee5e4711",
     "******"
     "*************"},
    {KEY,
     "%2530"
     "0c0ffee5e4711",
     "*****"
     "*************"},
    {KEY,
     "\\u00253"
     "00c0ffee5e4711",
     "*******"
     "**************"},
    {ODD, "a/b+c=\"d\" 100%", "**************"},
    {ODD, "a\\/b+c=\\\"d\\\" 100%", "*****************"},
    {ODD, "a%2Fb%2Bc%3D%22d%22%20100%25", "****************************"},
    {ODD, "a%2fb%2bc%3d%22d%22%20100%25", "****************************"},
    {ODD, "a%2fb%2bc%3d%22d%22+100%25", "**************************"},
    {ODD, "a%252fb%252bc%253d%2522d%2522%2520100%2525",
     "******************************************"},
    {ODD, "a&#x2F;b&#43;c&#61;&quot;d&quot; 100&#37;", "*****************************************"},
    {ODD, "a\\u002Fb+c=\\u0022d\\u0022 100\\u0025", "**********************************"},
    {ODD, "a/b+c=\"d\" 100", NULL},
    {"100%41abcd", "see 100%41abcd", "see **********"},
    {"100%41abcd", "see 100%2541abcd", "see ************"},
    {"100%41abcd", "see 100Aabcd", NULL},
    {"&amp;abcde", "&amp;abcde", "**********"},
    {"\\u0041bcdef", "\\u0041bcdef", "***********"},
    {KEY, "\\/\\\"\\\\" KEY "\\/", "\\/\\\"\\\\" STARS "\\/"},
    {KEY, "\\\\u00300c0ffee5e4711", "\\*******************"},
    {"/slash", "a\\/slash", "a*******"},
    {"/slash", "a\\u002fslash", "a***********"},
    {"\"quote", "a\\\"quote", "a*******"},
    {"\\back", "a\\\\back", "a******"},
    {"\\back", "a\\back", "a*****"},
    {"\\\\back", "a\\\\back", "a******"},
    {" blank", "a\\u002bblank", "a***********"},
    {"0", "a\\0\\u0030b", "a\\*******b"},
    {"0", "a0b0", "a*b*"},
};

static char *copy_of(const char *text) {
    size_t size = strlen(text);
    char *copy = malloc(size > 0 ? size : 1); /* no NUL: tools see what reads too far */
    assert_non_null(copy);
    memcpy(copy, text, size);
    return copy;
}

static void test_all_ways_of_writing(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const redacting *next = &cases[i];
        const char *expected = next->redacted != NULL ? next->redacted : next->text;
        size_t size = strlen(next->text);
        char *text = copy_of(next->text);
        bool is_held = cvi_holds_secret(next->secret, text, size);
        cvi_redact_secret(next->secret, text, size);
        if (is_held != (next->redacted != NULL) || strlen(expected) != size ||
            memcmp(text, expected, size) != 0) {
            fail_msg("case %zu: %s became %.*s", i, next->text, (int)size, text);
        }
        free(text);
    }
}

/* Each byte of the key in each way of its own, mixed. */
static void write_mixed(const char *secret, unsigned seed, char *text) {
    static const char digits[] = "0123456789abcdef";
    for (; *secret != '\0'; secret++) {
        unsigned byte = (unsigned char)*secret;
        char high = digits[byte >> 4];
        char low = digits[byte & 15];
        seed = seed * 1103515245u + 12345u;
        switch ((seed >> 16) % 4) {
        case 0:
            *text++ = *secret;
            break;
        case 1:
            memcpy(text, (char[]){'%', high, low}, 3);
            text += 3;
            break;
        case 2:
            memcpy(text, (char[]){'\\', 'u', '0', '0', high, low}, 6);
            text += 6;
            break;
        default:
            memcpy(text, (char[]){'&', '#', 'x', high, low, ';'}, 6);
            text += 6;
            break;
        }
    }
    *text = '\0';
}

static void test_mixed_ways(void **state) {
    (void)state;
    char text[256];
    for (unsigned seed = 0; seed < 1000; seed++) {
        write_mixed(KEY, seed, text);
        size_t size = strlen(text);
        cvi_redact_secret(KEY, text, size);
        assert_int_equal(strspn(text, "*"), size);
    }
}

/* Every end of a text is safe to read to. */
static void test_cut_texts(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        for (size_t size = 0; size < strlen(cases[i].text); size++) {
            char *text = malloc(size + (size == 0 ? 1 : 0));
            assert_non_null(text);
            memcpy(text, cases[i].text, size);
            bool was_held = cvi_holds_secret(cases[i].secret, text, size);
            cvi_redact_secret(cases[i].secret, text, size);
            assert_false(cvi_holds_secret(cases[i].secret, text, size));
            assert_true(was_held || memcmp(text, cases[i].text, size) == 0);
            free(text);
        }
    }
}

/* However a text is divided, it loses what it loses as a whole. */
static void test_parts_give_the_same_as_the_whole(void **state) {
    (void)state;
    static const char secret[] = "a key/2";
    static const char text[] = "a key/2 a+key%2F2 \\u0061 key\\/2 a ke a%20key&#47;2a key/2 a key/";
    char whole[sizeof(text)];
    memcpy(whole, text, sizeof(text));
    cvi_redact_secret(secret, whole, sizeof(text) - 1);
    assert_string_not_equal(whole, text);
    for (size_t part = 1; part < sizeof(text); part++) {
        char divided[sizeof(text)];
        size_t done = 0;
        memcpy(divided, text, sizeof(text));
        while (done < sizeof(text) - 1) {
            size_t left = sizeof(text) - 1 - done;
            done += cvi_redact_secret_part(secret, divided + done, left, part < left ? part : left);
        }
        assert_string_equal(divided, whole);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_ways_of_writing),
        cmocka_unit_test(test_mixed_ways),
        cmocka_unit_test(test_cut_texts),
        cmocka_unit_test(test_parts_give_the_same_as_the_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
