/* Where URLs lead, and which of the environment's proxies holds for them. */
#include "address.h"
#include "proxy.h"
#include "unit.h"

static void test_addresses(void **state) {
    (void)state;
    static const struct {
        const char *url;
        const char *host;
        const char *port;
    } cases[] = {{"http://a.example", "a.example", "80"},
                 {"https://a.example/api", "a.example", "443"},
                 {"http://a.example:8080/api", "a.example", "8080"},
                 {"http://user:pass@a.example:1", "a.example", "1"},
                 {"http://u@v@a.example", "a.example", "80"},
                 {"http://a.example/x@y", "a.example", "80"},
                 {"https://[::1]:9/x", "::1", "9"},
                 {"https://[::1]", "::1", "443"}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        cli_address address;
        assert_true(cli_address_parse(&address, cases[i].url));
        assert_string_equal(address.host, cases[i].host);
        assert_string_equal(address.port, cases[i].port);
        assert_int_equal(address.is_secure, strncmp(cases[i].url, "https", 5) == 0);
    }
}

static void test_no_addresses(void **state) {
    (void)state;
    static const char *const urls[] = {"",
                                       "a.example",
                                       "ftp://a.example",
                                       "http://",
                                       "http://:80",
                                       "http://a:port",
                                       "http://[::1",
                                       "http://[::1]80",
                                       "http://a:123456",
                                       "http://u@",
                                       "socks5://a"};
    for (size_t i = 0; i < COUNT(urls); i++) {
        cli_address address;
        assert_false(cli_address_parse(&address, urls[i]));
    }
    char longest[300] = "http://";
    memset(longest + strlen(longest), 'a', 256);
    cli_address address;
    assert_false(cli_address_parse(&address, longest));
}

static void test_addresses_of_proxies(void **state) {
    (void)state;
    static const struct {
        const char *url;
        const char *port;
    } cases[] = {{"http://p", "1080"},   {"https://p", "443"},       {"socks4://p", "1080"},
                 {"socks4a://p:7", "7"}, {"socks5://u:w@p", "1080"}, {"socks5h://p/", "1080"}};
    cli_address address;
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_true(cli_address_parse_proxy(&address, cases[i].url));
        assert_string_equal(address.host, "p");
        assert_string_equal(address.port, cases[i].port);
    }
    assert_false(cli_address_parse_proxy(&address, "ftp://p"));
}

static const char *const variables[] = {"http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY",
                                        "all_proxy",  "ALL_PROXY",  "no_proxy",    "NO_PROXY"};

static int forget(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(variables); i++) {
        if (unsetenv(variables[i]) != 0) {
            return -1;
        }
    }
    return 0;
}

static void assert_variable(const char *url, const char *expected) {
    const char *found = cli_proxy_variable(url);
    if (!expected) {
        assert_null(found);
        return;
    }
    assert_non_null(found);
    assert_string_equal(found, expected);
}

static void set(const char *name, const char *value) {
    assert_int_equal(setenv(name, value, 1), 0);
}

static void test_variables_by_scheme(void **state) {
    (void)state;
    assert_variable("https://a.example", NULL);
    set("HTTP_PROXY", "p"); /* a header "Proxy" of whoever asks a web server */
    assert_variable("http://a.example", NULL);
    set("ALL_PROXY", "p");
    assert_variable("http://a.example", "ALL_PROXY");
    assert_variable("https://a.example", "ALL_PROXY");
    set("http_proxy", "p");
    assert_variable("http://a.example", "http_proxy");
    set("HTTPS_PROXY", "p");
    assert_variable("https://a.example", "HTTPS_PROXY");
    set("https_proxy", "");
    assert_variable("https://a.example", "HTTPS_PROXY");
    set("https_proxy", "p");
    assert_variable("https://a.example", "https_proxy");
    assert_variable("no address", NULL);
}

static void test_hosts_without(void **state) {
    (void)state;
    static const struct {
        const char *list;
        bool is_exempt;
    } cases[] = {{"*", true},           {"a.example", true},    {".a.example", true},
                 {"A.Example", true},   {"example", true},      {".example", true},
                 {"b.example", false},  {"le", false},          {"x.a.example", false},
                 {"b,a.example", true}, {"b, a.example", true}, {" ,, ", false},
                 {".", false},          {"b *", true}};
    set("https_proxy", "p");
    for (size_t i = 0; i < COUNT(cases); i++) {
        set("NO_PROXY", cases[i].list);
        assert_variable("https://a.example:8443/api", cases[i].is_exempt ? NULL : "https_proxy");
    }
    set("no_proxy", "b.example");
    assert_variable("https://a.example", "https_proxy");
}

#define PROXY_TEST(test) cmocka_unit_test_setup_teardown(test, forget, forget)

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_no_addresses),
        cmocka_unit_test(test_addresses_of_proxies),
        PROXY_TEST(test_variables_by_scheme),
        PROXY_TEST(test_hosts_without),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
