/* TLS is verified, whatever a program finds in its environment: nothing there turns verification
 * off, adds an authority, or sends requests elsewhere. Each try is a program of its own, since
 * libraries read their environment once. */
#include "server/proxy.h"
#include "support/api_actor.h"
#include "support/api_tls.h"

#include <comicvine/sys/transport.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ISSUE = 52, VALUE_MAX = SCRATCH_PATH_MAX + 64 };

typedef struct scene {
    api *self;
    api_tls site;
    proxy *elsewhere;
} scene;

/* What a variable is set to. */
typedef enum value_kind {
    VALUE_TEXT,
    VALUE_CERTIFICATE, /* the path of the server's own */
    VALUE_FOLDER,      /* in which that lies, and the files below */
    VALUE_FILE,        /* one of the folder's files */
    VALUE_PROXY
} value_kind;

typedef struct setting {
    const char *name;
    value_kind kind;
    const char *text;
} setting;

static int set_up(void **context) {
    scene *self = calloc(1, sizeof(*self));
    assert_non_null(self);
    self->self = api_new();
    api_tls_begin(&self->site, self->self);
    self->elsewhere = proxy_start(NULL);
    assert_non_null(self->elsewhere);
    *context = self;
    return 0;
}

static int tear_down(void **context) {
    scene *self = *context;
    proxy_stop(self->elsewhere);
    api_tls_end(&self->site);
    api_end(self->self);
    free(self);
    return 0;
}

/* ---- the environment ---- */

static void write_file(const scene *self, const char *name, const char *text) {
    FILE *file = fopen(scratch_file(&self->self->scratch, name).text, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

/* What tools on the same libraries take for leave not to verify. */
static void write_files(const scene *self) {
    char configuration[VALUE_MAX + 256];
    write_file(self, ".curlrc", "insecure\n");
    write_file(self, "curlrc", "insecure\n");
    write_file(self, ".netrc", "default login ann password s3same\n");
    assert_true(snprintf(configuration, sizeof(configuration),
                         "openssl_conf = start\n[start]\nssl_conf = kinds\n"
                         "[kinds]\nsystem_default = all\n"
                         "[all]\nVerifyMode = Request\nVerifyCAFile = %s\n",
                         self->site.certificate.text) > 0);
    write_file(self, "openssl.cnf", configuration);
}

static void set(const scene *self, const setting *wanted) {
    char value[VALUE_MAX];
    int length = 0;
    switch (wanted->kind) {
    case VALUE_TEXT:
        length = snprintf(value, sizeof(value), "%s", wanted->text);
        break;
    case VALUE_CERTIFICATE:
        length = snprintf(value, sizeof(value), "%s", self->site.certificate.text);
        break;
    case VALUE_FOLDER:
        length = snprintf(value, sizeof(value), "%s", self->self->scratch.folder);
        break;
    case VALUE_FILE:
        length = snprintf(value, sizeof(value), "%s",
                          scratch_file(&self->self->scratch, wanted->text).text);
        break;
    case VALUE_PROXY:
        length = snprintf(value, sizeof(value), "http://127.0.0.1:%u", proxy_port(self->elsewhere));
        break;
    }
    assert_in_range(length, 1, VALUE_MAX - 1);
    assert_int_equal(setenv(wanted->name, value, 1), 0);
}

/* ---- the test ---- */

static outcome fetch(const scene *self) {
    process actor;
    char url[128];
    assert_true(snprintf(url, sizeof(url), "url=%s", server_base_url(self->site.server)) > 0);
    const char *const arguments[] = {CVI_PROGRAM_actor, url, "database=:memory:", "key=" API_KEY,
                                     "max_retries=-1",  NULL};
    actor_launch(&actor, arguments, NULL);
    actor_hear_line(&actor, ACTOR_READY);
    outcome seen = actor_read(&actor, ISSUE);
    actor_end(&actor);
    return seen;
}

static void assert_not_trusted(scene *self, const char *what) {
    outcome seen = fetch(self);
    if (seen.code != CV_ERROR_NETWORK || strstr(seen.message, "certificate") == NULL) {
        fail_msg("%s: %s, %s", what, cv_code_name(seen.code), seen.message);
    }
    assert_int_equal(server_request_count(self->site.server, NULL), 0);
    assert_int_equal(proxy_count(self->elsewhere), 0);
}

static void test_nothing_turns_verification_off(void **context) {
    static const setting settings[] = {
        {"CURL_CA_BUNDLE", VALUE_CERTIFICATE, NULL},
        {"SSL_CERT_FILE", VALUE_CERTIFICATE, NULL},
        {"SSL_CERT_DIR", VALUE_FOLDER, NULL},
        {"REQUESTS_CA_BUNDLE", VALUE_CERTIFICATE, NULL},
        {"CURL_SSL_BACKEND", VALUE_TEXT, "gnutls"},
        {"OPENSSL_CONF", VALUE_FILE, "openssl.cnf"},
        {"SSL_NO_VERIFY", VALUE_TEXT, "1"},
        {"GIT_SSL_NO_VERIFY", VALUE_TEXT, "1"},
        {"HOME", VALUE_FOLDER, NULL},
        {"CURL_HOME", VALUE_FOLDER, NULL},
        {"XDG_CONFIG_HOME", VALUE_FOLDER, NULL},
        {"NETRC", VALUE_FILE, ".netrc"},
        {"https_proxy", VALUE_PROXY, NULL},
        {"HTTPS_PROXY", VALUE_PROXY, NULL},
        {"http_proxy", VALUE_PROXY, NULL},
        {"ALL_PROXY", VALUE_PROXY, NULL},
    };
    scene *self = *context;
    write_files(self);
    for (size_t i = 0; i < API_COUNT(settings); i++) {
        const char *before = getenv(settings[i].name);
        char *kept = before != NULL ? strdup(before) : NULL;
        set(self, &settings[i]);
        assert_not_trusted(self, settings[i].name);
        assert_int_equal(
            kept != NULL ? setenv(settings[i].name, kept, 1) : unsetenv(settings[i].name), 0);
        free(kept);
    }
}

/* The same server is trusted where the application says so: it is the trust that was missing. */
static void test_the_application_can_trust_it(void **context) {
    scene *self = *context;
    cv_options options = api_options(self->self);
    cv_curl_options network = CV_CURL_OPTIONS_INIT;
    cv_transport transport = CV_TRANSPORT_INIT;
    options.base_url = server_base_url(self->site.server);
    network.ca_file = self->site.certificate.text;
    assert_true(cv_transport_curl_with(&transport, &network));
    options.transport = &transport;
    cv_client *client = api_open(self->self, &options);
    assert_int_equal(api_retrieve(client, ISSUE).code, CV_OK);
    cv_client_close(client);
    assert_int_equal(server_request_count(self->site.server, NULL), 1);
}

int main(void) {
#define SCENE_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        SCENE_TEST(test_nothing_turns_verification_off),
        SCENE_TEST(test_the_application_can_trust_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
