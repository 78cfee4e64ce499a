/* The loopback server: what it serves and what it remembers. */
#define _POSIX_C_SOURCE 200809L
#include "../server/harness.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER CVI_FIXTURES "/comicvine"

static int set_up(void **context) {
    *context = harness_new(&(server_options){.folder = FOLDER, .api_key = HARNESS_KEY});
    return 0;
}

static int set_up_gzip(void **context) {
    *context =
        harness_new(&(server_options){.folder = FOLDER, .api_key = HARNESS_KEY, .gzip = true});
    return 0;
}

static void write_text(const char *path, const char *text) {
    FILE *out = fopen(path, "wb");
    assert_non_null(out);
    assert_true(fputs(text, out) >= 0);
    assert_int_equal(fclose(out), 0);
}

/* The ids of a page, "52,61". */
static void assert_ids(const struct answer *answer, const char *expected) {
    char ids[256] = "", *end = ids;
    assert_int_equal(answer->http_status, 200);
    json_t *envelope = json_loadb(answer->body, answer->size, 0, NULL);
    assert_non_null(envelope);
    size_t i;
    json_t *item;
    json_array_foreach(json_object_get(envelope, "results"), i, item) {
        end += snprintf(end, sizeof ids - (size_t)(end - ids), "%s%lld", i ? "," : "",
                        (long long)json_integer_value(json_object_get(item, "id")));
    }
    json_decref(envelope);
    assert_string_equal(ids, expected);
}

/* ---- the service ------------------------------------------------------------------------- */

static void test_start_refuses_what_it_cannot_serve(void **context) {
    (void)context;
    assert_null(server_start(&(server_options){.folder = FOLDER "/nowhere"}));
    assert_null(server_start(&(server_options){.folder = NULL}));
    assert_null(server_start(&(server_options){.folder = FOLDER, .log_path = FOLDER "/no/log"}));
    server_stop(NULL);
}

static void test_base_url_is_loopback(void **context) {
    struct harness *state = *context;
    char expected[64];
    harness_print(expected, sizeof expected, "http://127.0.0.1:%u/api",
                  (unsigned)server_port(state->server));
    assert_string_equal(server_base_url(state->server), expected);
    assert_true(server_port(state->server) > 0);
    assert_null(
        server_start(&(server_options){.folder = FOLDER, .port = server_port(state->server)}));
}

static void test_detail_is_the_file_byte_for_byte(void **context) {
    struct harness *state = *context;
    static const char *const ids[] = {"52", "61", "73", "88", "94", "107"};
    for (size_t i = 0; i < HARNESS_COUNT(ids); i++) {
        char path[64], file[512];
        harness_print(path, sizeof path, "/issue/4000-%s%s", ids[i], i % 2 ? "/" : "");
        harness_print(file, sizeof file, FOLDER "/issue/4000-%s.json", ids[i]);
        char *expected = harness_read_text(file);
        assert_string_equal(harness_fetch(state, path)->body, expected);
        assert_string_equal(state->answer.content_type, "application/json; charset=utf-8");
        free(expected);
    }
}

static void test_key_is_judged_first(void **context) {
    struct harness *state = *context;
    static const char *const tails[] = {
        "/issue/4000-52/?format=json",
        "/issue/4000-52/?format=json&api_key=", "/issue/4000-52/?format=json&api_key=open",
        "/nonsense/?format=json&api_key=sesame2", "/issues/"};
    for (size_t i = 0; i < HARNESS_COUNT(tails); i++) {
        char url[256];
        harness_print(url, sizeof url, "%s%s", server_base_url(state->server), tails[i]);
        harness_get_url(state->client, url, &state->answer);
        harness_assert_api_error(&state->answer, 401, 100);
    }
}

static void test_any_key_will_do_without_a_key_of_its_own(void **context) {
    (void)context;
    struct harness *state = harness_new(&(server_options){.folder = FOLDER});
    assert_int_equal(harness_fetch(state, HARNESS_ISSUE)->http_status, 200);
    char url[256];
    harness_print(url, sizeof url,
                  "%s" HARNESS_ISSUE "?format=json&api_key=", server_base_url(state->server));
    harness_get_url(state->client, url, &state->answer);
    harness_assert_api_error(&state->answer, 401, 100);
    harness_end(state);
}

static void test_what_is_not_there(void **context) {
    struct harness *state = *context;
    static const char *const bad_paths[] = {
        "/",          "/nonsense/",      "/issue/",          "/issue/52/",    "/issue/4000-x/",
        "/issue/-1/", "/series/",        "/issues/4000-52/", "/volume/4050-", "/issue/4000-52/x/",
        "//issues/",  "/issue/4000-52//"};
    for (size_t i = 0; i < HARNESS_COUNT(bad_paths); i++) {
        harness_assert_api_error(harness_fetch(state, bad_paths[i]), 404, 102);
    }
    harness_assert_api_error(harness_fetch(state, "/issue/4000-53/"), 200, 101);
    /* In the list, but without a file of its own. */
    harness_assert_api_error(harness_fetch(state, "/issue/4000-110/"), 200, 101);
    harness_assert_api_error(harness_fetch(state, "/volume/4050-901/"), 200, 101);
    assert_ids(harness_fetch(state, "/series_list/"), "");
}

static void test_json_and_get_only(void **context) {
    struct harness *state = *context;
    char url[256];
    harness_print(url, sizeof url, "%s" HARNESS_ISSUE "?api_key=" HARNESS_KEY,
                  server_base_url(state->server));
    harness_get_url(state->client, url, &state->answer);
    harness_assert_api_error(&state->answer, 404, 102);
    curl_easy_setopt(state->client, CURLOPT_POSTFIELDS, "a=b");
    assert_int_equal(harness_fetch(state, HARNESS_ISSUE)->http_status, 405);
}

static void test_unusable_files_are_a_server_error(void **context) {
    (void)context;
    char folder[] = "/tmp/loopback-XXXXXX", list[64], subfolder[64], detail[96];
    assert_non_null(mkdtemp(folder));
    harness_print(list, sizeof list, "%s/issues.json", folder);
    harness_print(subfolder, sizeof subfolder, "%s/issue", folder);
    harness_print(detail, sizeof detail, "%s/4000-52.json", subfolder);
    assert_int_equal(mkdir(subfolder, 0700), 0);
    write_text(list, "{\"results\":{}}");
    write_text(detail, "{\"results\":");
    struct harness *state =
        harness_new(&(server_options){.folder = folder, .api_key = HARNESS_KEY});
    assert_int_equal(harness_fetch(state, "/issues/")->http_status, 500);
    assert_int_equal(harness_fetch(state, HARNESS_ISSUE "?field_list=id")->http_status, 500);
    assert_string_equal(harness_fetch(state, HARNESS_ISSUE)->body, "{\"results\":"); /* as it is */
    harness_end(state);
    assert_int_equal(unlink(list) + unlink(detail) + rmdir(subfolder) + rmdir(folder), 0);
}

static void test_list_envelope(void **context) {
    struct harness *state = *context;
    static const char head[] = "{\"error\":\"OK\",\"limit\":2,\"offset\":3,"
                               "\"number_of_page_results\":2,\"number_of_total_results\":12,"
                               "\"status_code\":1,\"results\":[{\"aliases\":";
    static const char tail[] = "],\"version\":\"1.0\"}";
    const struct answer *answer = harness_fetch(state, "/issues/?limit=2&offset=3");
    assert_memory_equal(answer->body, head, sizeof head - 1);
    assert_string_equal(answer->body + answer->size - (sizeof tail - 1), tail);
    assert_non_null(strstr(answer->body, "\"issue_number\":\"\\u00BD\""));
    assert_non_null(strstr(answer->body, "https:\\/\\/comicvine.gamespot.com\\/api\\/issue\\/"));
}

struct selection {
    const char *query;
    const char *ids;
};

#define UNSORTED "115,52,111,88,61,110,73,114,94,112,107,113"

static void test_paging(void **context) {
    static const struct selection pages[] = {
        {"", UNSORTED},
        {"limit=100", UNSORTED},
        {"limit=101", UNSORTED},
        {"limit=0", UNSORTED},
        {"limit=ten", UNSORTED},
        {"limit=3", "115,52,111"},
        {"limit=5&offset=10", "107,113"},
        {"offset=12", ""},
        {"offset=9223372036854775807", ""},
    };
    for (size_t i = 0; i < HARNESS_COUNT(pages); i++) {
        char path[128];
        harness_print(path, sizeof path, "/issues?%s", pages[i].query);
        assert_ids(harness_fetch(*context, path), pages[i].ids);
    }
}

static void test_sort(void **context) {
    static const struct selection sorts[] = {
        {"", UNSORTED},
        {"id:asc", "52,61,73,88,94,107,110,111,112,113,114,115"},
        {"id:desc", "115,114,113,112,111,110,107,94,88,73,61,52"},
        {"name:asc", "115,111,61,107,113,88,114,94,112,110,52,73"},
        {"name:desc", "73,52,110,112,94,114,88,113,107,115,111,61"},
        {"issue_number:asc", "115,61,110,113,112,73,94,107,114,111,52,88"},
        {"cover_date:desc", "107,94,73,112,111,110,88,52,113,114,61,115"},
        {"id:desc,id:asc", "52,61,73,88,94,107,110,111,112,113,114,115"},
        {"shoe_size:asc", UNSORTED},
    };
    for (size_t i = 0; i < HARNESS_COUNT(sorts); i++) {
        char path[128];
        harness_print(path, sizeof path, "/issues/?sort=%s", sorts[i].query);
        assert_ids(harness_fetch(*context, path), sorts[i].ids);
    }
}

static void test_filter(void **context) {
    static const struct selection filters[] = {
        {"", UNSORTED},
        {"name:watch", "110,94"},
        {"name:WATCH|low", "110,94,112"},
        {"name:198", "107"},
        {"issue_number:1", "61,110,114,113"},
        {"issue_number:%C2%BD", "88"},
        {"aliases:LampLighter", "52,113"},
        {"volume:902", "111,110,73,94,112"},
        {"volume:901|903", "115,52,61,114,113"},
        {"volume:902,name:the", "110,73"},
        {"id:52|61|999", "52,61"},
        {"id:4000-52", ""},
        {"id:99999999999999999999", ""},
        {"cover_date:2011-04-01", "94"},
        {"cover_date:2011-01-01|2011-03-31", "73,112"},
        {"cover_date:2011-04-01|", "94,107"},
        {"cover_date:|1987-12-31", "61,114"},
        {"date_added:2011-02-10|2011-02-10", "73,94"},
        {"date_added:2011-02-10%2008:00:01|2011-02-10", "94"},
        {"has_staff_review:9801", "73"},
        {"has_staff_review:false,volume:902", "111,110,94,112"},
        {"has_staff_review:true", ""},
        {"shoe_size:9", UNSORTED},
        {"name:the&sort=id:desc&limit=1&offset=1", "73"},
    };
    for (size_t i = 0; i < HARNESS_COUNT(filters); i++) {
        char path[128];
        harness_print(path, sizeof path, "/issues/?filter=%s", filters[i].query);
        assert_ids(harness_fetch(*context, path), filters[i].ids);
    }
}

static void test_bad_syntax_is_a_filter_error(void **context) {
    static const char *const queries[] = {
        "filter=name", "filter=:x",    "filter=name:", "filter=name:a,",
        "sort=name",   "sort=name:up", "sort=:asc",    "sort=name:"};
    for (size_t i = 0; i < HARNESS_COUNT(queries); i++) {
        char path[128];
        harness_print(path, sizeof path, "/issues/?%s", queries[i]);
        harness_assert_api_error(harness_fetch(*context, path), 200, 104);
    }
}

static void test_field_list(void **context) {
    struct harness *state = *context;
    assert_non_null(
        strstr(harness_fetch(state, "/issues/?field_list=name,id,shoe_size&filter=id:94")->body,
               "\"results\":[{\"id\":94,\"name\":\"Last Watch\"}],\"version\""));
    assert_string_equal(harness_fetch(state, HARNESS_ISSUE "?field_list=name,issue_number,")->body,
                        "{\"error\":\"OK\",\"limit\":1,\"offset\":0,\"number_of_page_results\":1,"
                        "\"number_of_total_results\":1,\"status_code\":1,\"results\":{"
                        "\"issue_number\":\"7\",\"name\":\"The Long Night on Wharf Street\"},"
                        "\"version\":\"1.0\"}");
    size_t whole = harness_fetch(state, "/issues/")->size;
    assert_int_equal(harness_fetch(state, "/issues/?field_list=")->size, whole);
}

static void test_search(void **context) {
    static const struct selection searches[] = {
        {"", ""},
        {"query=", ""},
        {"query=WATCH", "110,94"},
        {"query=watch&resources=volume,issue", "110,94"},
        {"query=watch&resources=volume,nonsense", ""},
        {"query=a", "52,88,110,114,94,112,113"},
        {"query=a&limit=2", "52,88"},
        {"query=a&limit=2&page=1", "52,88"},
        {"query=a&limit=2&page=3&offset=1", "94,112"},
        {"query=a&limit=2&offset=1", "88,110"},
    };
    for (size_t i = 0; i < HARNESS_COUNT(searches); i++) {
        char path[128];
        harness_print(path, sizeof path, "/search/?%s", searches[i].query);
        assert_ids(harness_fetch(*context, path), searches[i].ids);
    }
    const char *body = harness_fetch(*context, "/search/?query=last&field_list=id")->body;
    assert_non_null(strstr(body, "\"limit\":10,"));
    assert_non_null(strstr(body, "\"results\":[{\"id\":94,\"resource_type\":\"issue\"}]"));
}

static void test_gzip_is_for_those_who_ask(void **context) {
    struct harness *state = *context;
    char *expected = harness_read_text(FOLDER "/issue/4000-52.json");
    assert_string_equal(harness_fetch(state, HARNESS_ISSUE)->body, expected);
    char asks_for_gzip[] = "Accept-Encoding: gzip";
    struct curl_slist headers = {asks_for_gzip, NULL};
    curl_easy_setopt(state->client, CURLOPT_HTTPHEADER, &headers);
    harness_fetch(state, HARNESS_ISSUE);
    assert_memory_equal(state->answer.body, "\x1f\x8b", 2);
    assert_true(state->answer.size < strlen(expected) / 2);
    curl_easy_setopt(state->client, CURLOPT_HTTPHEADER, NULL);
    curl_easy_setopt(state->client, CURLOPT_ACCEPT_ENCODING, "gzip");
    assert_string_equal(harness_fetch(state, HARNESS_ISSUE)->body, expected);
    /* Bytes that a test has put in are sent as they are. */
    assert_true(server_fault_add(state->server, &(server_fault){.body = "plain"}));
    assert_string_equal(harness_fetch(state, HARNESS_ISSUE)->body, "plain");
    assert_true(server_fault_add(state->server,
                                 &(server_fault){.kind = SERVER_FAULT_DRIP, .piece_size = 100}));
    assert_string_equal(harness_fetch(state, HARNESS_ISSUE)->body, expected);
    free(expected);
}

static void test_a_stamp_becomes_the_number_of_the_request(void **context) {
    (void)context;
    struct harness *state =
        harness_new(&(server_options){.folder = FOLDER, .api_key = HARNESS_KEY, .stamp = "Wharf"});
    for (size_t number = 1; number <= 12; number++) {
        char name[64];
        server_request request;
        harness_print(name, sizeof name, "\"The Long Night on %05zu Street\"", number);
        assert_non_null(strstr(harness_fetch(state, HARNESS_ISSUE)->body, name));
        assert_true(server_request_at(state->server, NULL, number - 1, &request));
        assert_int_equal(request.number, number);
    }
    assert_null(strstr(harness_fetch(state, "/issues/")->body, "Wharf"));
    harness_end(state);
}

/* ---- log --------------------------------------------------------------------------------- */

static void test_log_tells_what_was_asked(void **context) {
    struct harness *state = *context;
    server_request request;
    int64_t before_us = harness_boot_time_us();
    curl_easy_setopt(state->client, CURLOPT_ACCEPT_ENCODING, "gzip");
    harness_fetch(state, HARNESS_ISSUE "?field_list=id%2Cname");
    assert_int_equal(server_request_count(state->server, NULL), 1);
    assert_true(server_request_at(state->server, "/api/issue", 0, &request));
    assert_string_equal(request.path, "/api" HARNESS_ISSUE);
    assert_string_equal(request.query, "field_list=id%2Cname&format=json&api_key=***");
    assert_string_equal(request.user_agent, "test/1");
    assert_string_equal(request.accept_encoding, "gzip");
    assert_true(request.key_was_right);
    assert_int_equal(request.http_status, 200);
    assert_int_equal(request.connection, 1);
    assert_in_range(request.received_us, before_us, harness_boot_time_us());
    assert_in_range(request.answered_us, request.received_us, harness_boot_time_us());
}

static void test_log_of_a_bare_request(void **context) {
    struct harness *state = *context;
    server_request request;
    curl_easy_setopt(state->client, CURLOPT_USERAGENT, NULL);
    harness_get_url(state->client, server_base_url(state->server), &state->answer);
    assert_true(server_request_at(state->server, NULL, 0, &request));
    assert_string_equal(request.path, "/api");
    assert_string_equal(request.query, "");
    assert_null(request.user_agent);
    assert_null(request.accept_encoding);
    assert_false(request.key_was_right);
    assert_int_equal(request.http_status, 401);
}

static void test_log_counts_by_path_and_connection(void **context) {
    struct harness *state = *context;
    server_request first, second, third;
    harness_fetch(state, HARNESS_ISSUE);
    harness_fetch(state, "/issues/");
    CURL *other = harness_client();
    harness_get(other, state->server, HARNESS_ISSUE, &state->answer);
    curl_easy_cleanup(other);
    assert_int_equal(server_request_count(state->server, "/api/issue/"), 2);
    assert_int_equal(server_request_count(state->server, "/api/volume"), 0);
    assert_true(server_request_at(state->server, NULL, 0, &first));
    assert_true(server_request_at(state->server, NULL, 1, &second));
    assert_true(server_request_at(state->server, "/api/issue/", 1, &third));
    assert_false(server_request_at(state->server, "/api/issue/", 2, &third));
    assert_int_equal(first.connection, second.connection); /* kept alive */
    assert_int_not_equal(first.connection, third.connection);
    assert_true(first.received_us <= second.received_us);
}

static void test_log_file_has_a_line_for_each_request(void **context) {
    (void)context;
    char path[] = "/tmp/loopback-XXXXXX";
    int file = mkstemp(path);
    assert_true(file >= 0);
    assert_int_equal(close(file), 0);
    struct harness *state =
        harness_new(&(server_options){.folder = FOLDER, .api_key = HARNESS_KEY, .log_path = path});
    harness_fetch(state, HARNESS_ISSUE);
    harness_get_url(state->client, server_base_url(state->server), &state->answer);
    harness_end(state);
    char *log = harness_read_text(path);
    assert_non_null(strstr(log, " connection=1 key=right status=200 GET /api" HARNESS_ISSUE
                                "?format=json&api_key=***\n"));
    assert_non_null(strstr(log, " connection=1 key=wrong status=401 GET /api\n"));
    assert_null(strstr(log, HARNESS_KEY));
    free(log);
    assert_int_equal(unlink(path), 0);
}

#define WITH_SERVER(test) cmocka_unit_test_setup_teardown(test, set_up, harness_tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_start_refuses_what_it_cannot_serve),
        WITH_SERVER(test_base_url_is_loopback),
        WITH_SERVER(test_detail_is_the_file_byte_for_byte),
        WITH_SERVER(test_key_is_judged_first),
        cmocka_unit_test(test_any_key_will_do_without_a_key_of_its_own),
        WITH_SERVER(test_what_is_not_there),
        WITH_SERVER(test_json_and_get_only),
        cmocka_unit_test(test_unusable_files_are_a_server_error),
        WITH_SERVER(test_list_envelope),
        WITH_SERVER(test_paging),
        WITH_SERVER(test_sort),
        WITH_SERVER(test_filter),
        WITH_SERVER(test_bad_syntax_is_a_filter_error),
        WITH_SERVER(test_field_list),
        WITH_SERVER(test_search),
        cmocka_unit_test_setup_teardown(test_gzip_is_for_those_who_ask, set_up_gzip,
                                        harness_tear_down),
        cmocka_unit_test(test_a_stamp_becomes_the_number_of_the_request),
        WITH_SERVER(test_log_tells_what_was_asked),
        WITH_SERVER(test_log_of_a_bare_request),
        WITH_SERVER(test_log_counts_by_path_and_connection),
        cmocka_unit_test(test_log_file_has_a_line_for_each_request),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
