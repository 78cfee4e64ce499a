/* Addresses taken apart, and where references lead. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "client/address.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void check_span(cvi_address_part span, const char *expected) {
    assert_int_equal(span.length, strlen(expected));
    if (span.length > 0) {
        assert_memory_equal(span.start, expected, span.length);
    }
}

static void test_parts(void **state) {
    (void)state;
    static const struct {
        const char *text;
        bool is_tls;
        const char *host;
        uint16_t port;
        const char *path;
        const char *query;
    } cases[] = {
        {"http://h", false, "h", 80, "", ""},
        {"HTTPS://Host.Example/", true, "Host.Example", 443, "/", ""},
        {"http://h:8080/a/b?c=d&e#f?g", false, "h", 8080, "/a/b", "c=d&e"},
        {"http://h:/a", false, "h", 80, "/a", ""},
        {"http://h?a/b", false, "h", 80, "", "a/b"},
        {"https://h#a?b", true, "h", 443, "", ""},
        {"http://[::1]:65535/a", false, "[::1]", 65535, "/a", ""},
        {"http://[fe80::1]/", false, "[fe80::1]", 80, "/", ""},
        {"http://127.0.0.1:1/?", false, "127.0.0.1", 1, "/", ""},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        cvi_address address;
        assert_true(cvi_address_parse(&address, cases[i].text));
        assert_int_equal(address.is_tls, cases[i].is_tls);
        check_span(address.host, cases[i].host);
        assert_int_equal(address.port, cases[i].port);
        check_span(address.path, cases[i].path);
        check_span(address.query, cases[i].query);
    }
}

static void test_what_is_no_address(void **state) {
    (void)state;
    static const char *const texts[] = {
        "",           "http:",        "http:/h",      "http://",         "http:///a",
        "ftp://h/",   "//h/",         "h/a",          " http://h/",      "http://h /",
        "http://h\\", "http://h\t/",  "http://h\n/",  "http://a@h/",     "http://a:b@h/",
        "http://h:0", "http://h:x/",  "http://h:-1/", "http://h:65536/", "http://h:000080/",
        "http://:80", "http://[::1/", "http://[]x/",  "http://[::1]80/", "http://h/\x7F",
        "http://h/ä", "http://?a",    "http://#",     "http://h:80:80/", "httpss://h/",
    };
    for (size_t i = 0; i < COUNT(texts); i++) {
        cvi_address address;
        if (cvi_address_parse(&address, texts[i])) {
            fail_msg("\"%s\" was taken for an address", texts[i]);
        }
    }
}

static void test_origins(void **state) {
    (void)state;
    static const struct {
        const char *a;
        const char *b;
        bool host;
        bool origin;
    } cases[] = {
        {"http://h/a", "http://H:80/b?c", true, true},
        {"http://h/", "https://h/", true, false},
        {"http://h/", "http://h:81/", true, false},
        {"http://h/", "http://i/", false, false},
        {"http://h/", "http://h.example/", false, false},
        {"http://h/", "http://h./", false, false},
        {"https://h:443/", "https://h/", true, true},
        {"http://%68/", "http://h/", false, false},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        cvi_address a;
        cvi_address b;
        assert_true(cvi_address_parse(&a, cases[i].a) && cvi_address_parse(&b, cases[i].b));
        assert_int_equal(cvi_address_has_host_of(&a, &b), cases[i].host);
        assert_int_equal(cvi_address_has_origin_of(&a, &b), cases[i].origin);
    }
}

/* The standard's own examples, as far as they have a scheme of ours, and then some. */
static void test_references(void **state) {
    (void)state;
    static const struct {
        const char *reference;
        const char *target;
    } cases[] = {
        {"http:g", "http:g"},
        {"g", "http://a/b/c/g"},
        {"./g", "http://a/b/c/g"},
        {"g/", "http://a/b/c/g/"},
        {"/g", "http://a/g"},
        {"//g", "http://g"},
        {"?y", "http://a/b/c/d;p?y"},
        {"g?y", "http://a/b/c/g?y"},
        {"#s", "http://a/b/c/d;p?q"},
        {"g#s", "http://a/b/c/g"},
        {"g?y#s", "http://a/b/c/g?y"},
        {";x", "http://a/b/c/;x"},
        {"g;x", "http://a/b/c/g;x"},
        {"", "http://a/b/c/d;p?q"},
        {".", "http://a/b/c/"},
        {"./", "http://a/b/c/"},
        {"..", "http://a/b/"},
        {"../", "http://a/b/"},
        {"../g", "http://a/b/g"},
        {"../..", "http://a/"},
        {"../../g", "http://a/g"},
        {"../../../g", "http://a/g"},
        {"/./g", "http://a/g"},
        {"/../g", "http://a/g"},
        {"g.", "http://a/b/c/g."},
        {"..g", "http://a/b/c/..g"},
        {"./../g", "http://a/b/g"},
        {"./g/.", "http://a/b/c/g/"},
        {"g/./h", "http://a/b/c/g/h"},
        {"g/../h", "http://a/b/c/h"},
        {"g?y/../x", "http://a/b/c/g?y/../x"},
        {"https://other/x/../y#z", "https://other/x/../y"},
        {"a/b:c", "http://a/b/c/a/b:c"},
    };
    cvi_address base;
    assert_true(cvi_address_parse(&base, "http://a/b/c/d;p?q"));
    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[256];
        cvi_buffer out;
        cvi_buffer_over(&out, text, sizeof(text));
        cvi_address_resolve(&base, cases[i].reference, &out);
        assert_string_equal(text, cases[i].target);
        assert_false(out.failed);
    }
}

static void test_reference_to_a_page_without_path(void **state) {
    (void)state;
    cvi_address base;
    char text[64];
    cvi_buffer out;
    assert_true(cvi_address_parse(&base, "https://h:8443"));
    cvi_buffer_over(&out, text, sizeof(text));
    cvi_address_resolve(&base, "g/h", &out);
    assert_string_equal(text, "https://h:8443/g/h");
    cvi_buffer_over(&out, text, sizeof(text));
    cvi_address_resolve(&base, "//other/", &out);
    assert_string_equal(text, "https://other/");
}

/* Nothing is cut: what does not fit is said to have failed. */
static void test_overlong_reference(void **state) {
    (void)state;
    static char reference[6000];
    static char text[8000];
    cvi_address base;
    cvi_buffer out;
    memset(reference, 'a', sizeof(reference) - 1);
    assert_true(cvi_address_parse(&base, "http://h/b/c"));
    cvi_buffer_over(&out, text, sizeof(text));
    cvi_address_resolve(&base, reference, &out);
    assert_true(out.failed);
    cvi_buffer_over(&out, text, 20);
    cvi_address_resolve(&base, "a/long/one/for/twenty", &out);
    assert_true(out.failed);
}

static void test_key_is_left_out_of_a_query(void **state) {
    (void)state;
    static const struct {
        const char *query;
        const char *rest;
    } cases[] = {
        {"", ""},
        {"api_key=1", ""},
        {"a=1&api_key=1&b=2", "?a=1&b=2"},
        {"API_KEY=&a", "?a"},
        {"&&a=1&&", "?a=1"},
        {"api_keys=1", "?api_keys=1"},
        {"api_key", "?api_key"},
        {"my_api_key=1", "?my_api_key=1"},
        {"api_key=1&api_key=2", ""},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[64];
        cvi_buffer out;
        cvi_buffer_over(&out, text, sizeof(text));
        cvi_address_add_query(&out, (cvi_address_part){cases[i].query, strlen(cases[i].query)});
        assert_string_equal(text, cases[i].rest);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_what_is_no_address),
        cmocka_unit_test(test_origins),
        cmocka_unit_test(test_references),
        cmocka_unit_test(test_reference_to_a_page_without_path),
        cmocka_unit_test(test_overlong_reference),
        cmocka_unit_test(test_key_is_left_out_of_a_query),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
