/* The judgement of answers: every row of the error table, and bodies that are not what they say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "client/envelope.h"
#include "support/allocator.h"
#include "support/buffer.h"
#include "support/failing_allocator.h"

#define COUNT(array)         (sizeof(array) / sizeof(array)[0])
#define REFUSAL(code, error) "{\"error\":\"" error "\",\"status_code\":" code ",\"results\":[]}"
#define GOOD                 "{\"error\":\"OK\",\"status_code\":1,\"results\":{\"id\":52}}"
#define GOOD_LIST            "{\"error\":\"OK\",\"status_code\":1,\"results\":[{\"id\":9},{\"id\":8}]}"

typedef struct judge {
    failing_allocator memory;
    cvi_settings settings;
    cvi_call *detail; /* issue/4000-52 */
    cvi_call *list;
    cvi_finding finding;
} judge;

static int set_up(void **state) {
    static judge self;
    cv_options options = CV_OPTIONS_INIT;
    cv_error error;
    failing_allocator_init(&self.memory, 0, false);
    options.api_key = "key";
    options.database = ":memory:";
    options.allocator = &self.memory.allocator;
    assert_true(cvi_settings_init(&self.settings, &options, &error));
    self.detail = cvi_call_detail(&self.settings, CV_ISSUE, 52, NULL, &error);
    self.list = cvi_call_list(&self.settings, CV_ISSUE, NULL, &error);
    assert_true(self.detail != NULL && self.list != NULL);
    *state = &self;
    return 0;
}

static void drop_finding(judge *self) {
    cvi_result_release(self->finding.result);
    cvi_result_release(self->finding.denial);
    memset(&self->finding, 0, sizeof(self->finding));
}

static int tear_down(void **state) {
    judge *self = *state;
    drop_finding(self);
    cvi_call_release(self->detail);
    cvi_call_release(self->list);
    cvi_settings_clear(&self->settings);
    assert_int_equal(self->memory.live, 0);
    return 0;
}

static const cvi_finding *judge_bytes(judge *self, const cvi_call *call, int http_status,
                                      const char *body, size_t size) {
    cvi_response response = {
        .kind = CVI_RESPONSE_ANSWER, .sent = true, .http_status = http_status, .size = size};
    if (size > 0) {
        response.body = cvi_copy_text(&self->memory.allocator, body, size);
        assert_non_null(response.body);
    }
    drop_finding(self);
    cvi_judge_response(call, &response, &self->finding);
    assert_null(response.body);
    return &self->finding;
}

static const cvi_finding *judge_text(judge *self, int http_status, const char *body) {
    return judge_bytes(self, self->detail, http_status, body, strlen(body));
}

static void check_refused(const cvi_finding *finding, cv_code code, const char *words) {
    assert_null(finding->result);
    assert_string_equal(cv_code_name(finding->error.code), cv_code_name(code));
    if (strstr(finding->error.message, words) == NULL) {
        fail_msg("\"%s\" is not in \"%s\"", words, finding->error.message);
    }
    assert_null(strpbrk(finding->error.message, "\r\n"));
}

/* ---- good answers ---- */

static void test_good_detail(void **state) {
    const cvi_finding *finding = judge_text(*state, 200, GOOD);
    assert_non_null(finding->result);
    assert_int_equal(cvi_result_id(finding->result, 0), 52);
    assert_int_equal(finding->error.code, CV_OK);
    assert_false(finding->retry);
}

static void test_good_list(void **state) {
    judge *self = *state;
    const cvi_finding *finding = judge_bytes(self, self->list, 200, GOOD_LIST, strlen(GOOD_LIST));
    assert_non_null(finding->result);
    assert_int_equal(cvi_result_count(finding->result), 2);
}

static void test_what_may_stand_before_and_behind(void **state) {
    static const char *const bodies[] = {"\xEF\xBB\xBF" GOOD, " \t\r\n" GOOD, GOOD " \r\n\t",
                                         "\xEF\xBB\xBF\n " GOOD "\n"};
    for (size_t i = 0; i < COUNT(bodies); i++) {
        assert_non_null(judge_text(*state, 200, bodies[i])->result);
    }
}

static void test_status_code_as_text(void **state) {
    assert_non_null(
        judge_text(*state, 200, "{\"status_code\":\"1\",\"results\":{\"id\":\"52\"}}")->result);
    check_refused(judge_text(*state, 200, REFUSAL("\"101\"", "Object Not Found")),
                  CV_ERROR_NOT_FOUND, "Object Not Found");
}

/* ---- the service's codes and HTTP's ---- */

static void test_error_table(void **state) {
    static const struct {
        int http_status;
        const char *body;
        cv_code code;
        int api_status;
        bool retry;
        bool retryable;
    } rows[] = {
        {200, REFUSAL("100", "Invalid API Key"), CV_ERROR_AUTH, 100, false, false},
        {401, REFUSAL("100", "Invalid API Key"), CV_ERROR_AUTH, 100, false, false},
        {401, "denied", CV_ERROR_AUTH, 0, false, false},
        {200, REFUSAL("101", "Object Not Found"), CV_ERROR_NOT_FOUND, 101, false, false},
        {404, "nothing", CV_ERROR_NOT_FOUND, 0, false, false},
        {404, REFUSAL("101", "Object Not Found"), CV_ERROR_NOT_FOUND, 101, false, false},
        {404, REFUSAL("102", "Error in URL Format"), CV_ERROR_REQUEST, 102, false, false},
        {200, REFUSAL("103", "jsonp"), CV_ERROR_REQUEST, 103, false, false},
        {200, REFUSAL("104", "Filter Error"), CV_ERROR_REQUEST, 104, false, false},
        {200, REFUSAL("105", "Subscriber only"), CV_ERROR_REQUEST, 105, false, false},
        {200, REFUSAL("107", "Slow down"), CV_ERROR_RATE_LIMITED, 107, false, true},
        {420, REFUSAL("107", "Slow down"), CV_ERROR_RATE_LIMITED, 107, false, true},
        {420, "slow", CV_ERROR_RATE_LIMITED, 0, false, true},
        {429, "", CV_ERROR_RATE_LIMITED, 0, false, true},
        {403, "<html>", CV_ERROR_BLOCKED, 0, false, true},
        {403, "{}", CV_ERROR_BLOCKED, 0, false, true},
        {200, "<html>", CV_ERROR_BLOCKED, 0, false, true},
        {500, "", CV_ERROR_SERVER, 0, true, true},
        {502, "<html>", CV_ERROR_SERVER, 0, true, true},
        {503, "{\"status_code\":1", CV_ERROR_SERVER, 0, true, true},
        {504, GOOD, CV_ERROR_SERVER, 0, true, true},
        {599, REFUSAL("999", "?"), CV_ERROR_SERVER, 0, true, true},
        {500, REFUSAL("101", "Object Not Found"), CV_ERROR_NOT_FOUND, 101, false, false},
        {200, REFUSAL("999", "What?"), CV_ERROR_RESPONSE, 999, false, true},
        {200, "", CV_ERROR_RESPONSE, 0, true, true},
        {400, "", CV_ERROR_RESPONSE, 0, false, true},
        {204, "", CV_ERROR_RESPONSE, 0, false, true},
        {304, "", CV_ERROR_RESPONSE, 0, false, true},
        {200, "sorry", CV_ERROR_RESPONSE, 0, false, true},
        {200, "[1]", CV_ERROR_RESPONSE, 0, false, true},
        {200, "{}", CV_ERROR_RESPONSE, 0, false, true},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const cvi_finding *finding = judge_text(*state, rows[i].http_status, rows[i].body);
        check_refused(finding, rows[i].code, "issue/4000-52: ");
        assert_int_equal(finding->error.http_status, rows[i].http_status);
        assert_int_equal(finding->error.api_status, rows[i].api_status);
        assert_int_equal(finding->retry, rows[i].retry);
        assert_int_equal(finding->error.retryable, rows[i].retryable);
    }
}

static const cvi_finding *judge_fixture(judge *self, int http_status, const char *name) {
    char path[512];
    char body[512];
    cvi_buffer out;
    cvi_buffer_over(&out, path, sizeof(path));
    cvi_buffer_add_format(&out, "%s/errors/%s", CVI_FIXTURES, name);
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        fail_msg("cannot open %s", path);
    }
    size_t size = fread(body, 1, sizeof(body), file);
    assert_int_equal(fclose(file), 0);
    assert_in_range(size, 1, sizeof(body) - 1);
    return judge_bytes(self, self->detail, http_status, body, size);
}

static void test_bodies_as_the_service_sends_them(void **state) {
    static const struct {
        int http_status;
        const char *name;
        cv_code code;
        const char *words;
    } rows[] = {
        {401, "100.json", CV_ERROR_AUTH, "Invalid API Key"},
        {200, "101.json", CV_ERROR_NOT_FOUND, "Object Not Found"},
        {404, "102.json", CV_ERROR_REQUEST, "Error in URL Format"},
        {200, "103.json", CV_ERROR_REQUEST, "json_callback"},
        {200, "104.json", CV_ERROR_REQUEST, "Filter Error"},
        {200, "105.json", CV_ERROR_REQUEST, "subscribers only"},
        {420, "107.json", CV_ERROR_RATE_LIMITED, "Slow down cowboy."},
        {200, "107.json", CV_ERROR_RATE_LIMITED, "Slow down cowboy."},
        {200, "abnormal-traffic.html", CV_ERROR_BLOCKED, "Abnormal Traffic Detected"},
        {403, "abnormal-traffic.html", CV_ERROR_BLOCKED,
         "the service blocks us (HTTP 403): \"Abnormal Traffic Detected\""},
        {502, "502.html", CV_ERROR_SERVER, "the service failed (HTTP 502): \"502 Bad Gateway\""},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        check_refused(judge_fixture(*state, rows[i].http_status, rows[i].name), rows[i].code,
                      rows[i].words);
    }
}

/* Pages that keep programs out, whatever the status; other pages of a server in trouble. */
static void test_challenges(void **state) {
    static const struct {
        int http_status;
        const char *body;
        cv_code code;
    } rows[] = {
        {503, "<html><head><title>Just a moment...</title>", CV_ERROR_BLOCKED},
        {429, "<!DOCTYPE html><TITLE lang=en>Attention Required! | Gate</TITLE>", CV_ERROR_BLOCKED},
        {404, "<title>\n checking your browser</title>", CV_ERROR_BLOCKED},
        {503, "<title>ABNORMAL TRAFFIC Detected</title>", CV_ERROR_BLOCKED},
        {503, "<title>503 Service Unavailable</title>", CV_ERROR_SERVER},
        {503, "<p>Just a moment...</p>", CV_ERROR_SERVER},
        {503, "Just a moment...", CV_ERROR_SERVER},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const cvi_finding *finding = judge_text(*state, rows[i].http_status, rows[i].body);
        assert_int_equal(finding->error.code, rows[i].code);
        assert_int_equal(finding->retry, rows[i].code == CV_ERROR_SERVER);
    }
}

/* Only the service's own word for it is worth remembering, as it was received. */
static void test_denials(void **state) {
    static const struct {
        int http_status;
        const char *body;
        bool is_denial;
    } rows[] = {
        {200, REFUSAL("101", "Object Not Found"), true},
        {404, REFUSAL("101", "Object Not Found"), true},
        {200, "\xEF\xBB\xBF {\"status_code\":\"101\"}\n", true},
        {300, REFUSAL("101", "Object Not Found"), false},
        {403, REFUSAL("101", "Object Not Found"), false},
        {420, REFUSAL("101", "Object Not Found"), false},
        {500, REFUSAL("101", "Object Not Found"), false},
        {404, REFUSAL("102", "Error in URL Format"), false},
        {404, "nothing", false},
        {404, "", false},
        {404, GOOD, false},
        {200, "{\"error\":\"Object Not Found\",\"status_code\":101,\"results\":[", false},
        {200, "<html>101</html>", false},
    };
    judge *self = *state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const cvi_finding *finding = judge_text(self, rows[i].http_status, rows[i].body);
        assert_null(finding->result);
        assert_int_equal(finding->denial != NULL, rows[i].is_denial);
        if (rows[i].is_denial) {
            size_t size = 0;
            assert_string_equal(cvi_result_body(finding->denial, &size), rows[i].body);
            assert_int_equal(size, strlen(rows[i].body));
            check_refused(finding, CV_ERROR_NOT_FOUND, "no such object");
        }
    }
    const char *refusal = REFUSAL("101", "Object Not Found");
    check_refused(judge_bytes(self, self->list, 200, refusal, strlen(refusal)), CV_ERROR_NOT_FOUND,
                  "issues");
    assert_null(self->finding.denial);
}

static void test_retry_after_is_passed_on(void **state) {
    judge *self = *state;
    static const struct {
        int http_status;
        int64_t given_ms;
        int64_t passed_ms;
    } cases[] = {{429, 0, 0}, {420, 7000, 7000}, {503, 0, 0}, {503, 5000, 5000}, {404, 0, 0}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        cvi_response response = {.kind = CVI_RESPONSE_ANSWER,
                                 .http_status = cases[i].http_status,
                                 .retry_after_ms = cases[i].given_ms};
        cvi_judge_response(self->detail, &response, &self->finding);
        assert_int_equal(self->finding.error.retry_after_ms, cases[i].passed_ms);
    }
}

static void test_codes_words_are_quoted_in_one_line(void **state) {
    const cvi_finding *finding = judge_text(
        *state, 200, "{\"error\":\"a\\nb\\u0007c\\u00e9\",\"status_code\":104,\"results\":[]}");
    check_refused(finding, CV_ERROR_REQUEST, "\"a b c\"");
}

static void test_overlong_words_are_cut(void **state) {
    char body[2000];
    cvi_buffer text;
    cvi_buffer_over(&text, body, sizeof(body));
    cvi_buffer_add_text(&text, "{\"status_code\":101,\"results\":[],\"error\":\"");
    for (int i = 0; i < 1000; i++) {
        cvi_buffer_add_char(&text, 'w');
    }
    cvi_buffer_add_text(&text, "\"}");
    const cvi_finding *finding = judge_text(*state, 200, body);
    check_refused(finding, CV_ERROR_NOT_FOUND, "wwww\")");
    assert_in_range(strlen(finding->error.message), 100, 160);
}

/* ---- pages instead of JSON ---- */

static void test_title_of_a_page_is_named(void **state) {
    static const struct {
        const char *body;
        const char *words;
    } cases[] = {
        {"<html><title>Just a moment...</title>", "\"Just a moment...\""},
        {"\n <!DOCTYPE html><HTML><HEAD><TITLE lang=\"en\">Ban\n page</TITLE>", "\"Ban page\""},
        {"\xEF\xBB\xBF<html><title>Bom</title>", "\"Bom\""},
        {"<html><body>no title</body>", "\"\""},
        {"<html><title>never ends", "\"never ends\""},
        {"<html><title", "\"\""},
        {"<html><title>", "\"\""},
        {"<title>\xC3\xA9\x01\x7F</title>", "\"\""},
        {"<title>\n  Just\r\n\t a\xC3\xA9moment...\n</title>", "\"Just a moment...\""},
        {"<", "\"\""},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const cvi_finding *finding = judge_text(*state, 200, cases[i].body);
        check_refused(finding, CV_ERROR_BLOCKED, cases[i].words);
        assert_false(finding->retry);
    }
}

static void test_overlong_title_is_cut(void **state) {
    char body[4096] = "<title>";
    memset(body + 7, 't', sizeof(body) - 8);
    const cvi_finding *finding = judge_text(*state, 200, body);
    check_refused(finding, CV_ERROR_BLOCKED, "tttt\"");
    assert_in_range(strlen(finding->error.message), 100, 200);
}

static void test_body_of_blanks_and_nuls(void **state) {
    judge *self = *state;
    check_refused(judge_text(self, 200, " \r\n\t "), CV_ERROR_RESPONSE, "5 bytes");
    check_refused(judge_bytes(self, self->detail, 200, "\0\0\0", 3), CV_ERROR_RESPONSE, "3 bytes");
    check_refused(judge_bytes(self, self->detail, 200, " \0{}", 4), CV_ERROR_RESPONSE, "4 bytes");
}

/* ---- cut, wrong, lying ---- */

/* A cut answer may be whole the next time; a whole one that is wrong will be wrong again. */
static void test_cut_answers_are_tried_again(void **state) {
    judge *self = *state;
    size_t size = strlen(GOOD);
    for (size_t cut = 1; cut < size; cut++) {
        const cvi_finding *finding = judge_bytes(self, self->detail, 200, GOOD, cut);
        check_refused(finding, CV_ERROR_RESPONSE, "issue/4000-52: ");
        assert_true(finding->retry);
    }
}

/* Brackets within texts close nothing, and quotes may be escaped. */
static void test_where_an_answer_was_cut(void **state) {
    static const struct {
        const char *body;
        bool retry;
    } rows[] = {
        {"{\"error\":\"}\",\"results\":{\"id\":52}", true},
        {"{\"error\":\"{\",,}", false},
        {"{\"error\":\"\\\"}", true},
        {"{\"error\":\"\\\\\",}", false},
        {"{\"results\":[{\"id\":52}", true},
        {"{\"results\":[{\"id\":52}]", true},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const cvi_finding *finding = judge_text(*state, 200, rows[i].body);
        check_refused(finding, CV_ERROR_RESPONSE, "issue/4000-52: ");
        assert_int_equal(finding->retry, rows[i].retry);
    }
}

/* What the service refuses it will refuse again, however its answer ends. */
static void test_refusals_are_never_tried_again(void **state) {
    judge *self = *state;
    for (int status = 400; status < 500; status++) {
        assert_false(judge_text(self, status, "{\"status_code\":1,")->retry);
        assert_false(judge_text(self, status, "")->retry);
    }
}

/* A status that came says what it says, whatever became of the rest. */
static void test_broken_answers_with_a_status(void **state) {
    static const struct {
        cvi_response_kind kind;
        int http_status;
        cv_code code;
        bool retry;
    } rows[] = {
        {CVI_RESPONSE_BROKEN, 0, CV_ERROR_RESPONSE, true},
        {CVI_RESPONSE_BROKEN, 200, CV_ERROR_RESPONSE, true},
        {CVI_RESPONSE_BROKEN, 400, CV_ERROR_RESPONSE, false},
        {CVI_RESPONSE_BROKEN, 403, CV_ERROR_BLOCKED, false},
        {CVI_RESPONSE_BROKEN, 404, CV_ERROR_NOT_FOUND, false},
        {CVI_RESPONSE_BROKEN, 502, CV_ERROR_SERVER, true},
        {CVI_RESPONSE_NETWORK, 200, CV_ERROR_NETWORK, true},
        {CVI_RESPONSE_NETWORK, 429, CV_ERROR_RATE_LIMITED, false},
        {CVI_RESPONSE_NETWORK, 410, CV_ERROR_NETWORK, false},
        {CVI_RESPONSE_TIMEOUT, 420, CV_ERROR_RATE_LIMITED, false},
        {CVI_RESPONSE_TIMEOUT, 503, CV_ERROR_SERVER, true},
        {CVI_RESPONSE_TOO_LARGE, 403, CV_ERROR_BLOCKED, false},
        {CVI_RESPONSE_NO_MEMORY, 503, CV_ERROR_NOMEM, false},
    };
    judge *self = *state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        cvi_response response = {.kind = rows[i].kind,
                                 .sent = true,
                                 .http_status = rows[i].http_status,
                                 .retry_after_ms = 7000};
        drop_finding(self);
        cvi_judge_response(self->detail, &response, &self->finding);
        check_refused(&self->finding, rows[i].code, "issue/4000-52: ");
        assert_int_equal(self->finding.retry, rows[i].retry);
        assert_int_equal(self->finding.error.http_status, rows[i].http_status);
        assert_int_equal(self->finding.error.retry_after_ms, 7000);
    }
}

static void test_whole_but_wrong_answers_are_final(void **state) {
    static const char *const bodies[] = {
        "{\"status_code\":1,\"results\":[]}",
        "{\"status_code\":1,\"results\":[{\"id\":52}]}",
        "{\"status_code\":1}",
        "{\"results\":{\"id\":52}}",
        "{\"status_code\":1,,}",
        "{\"status_code\":1,\"results\":null}",
        "{nonsense}",
        GOOD "{}",
    };
    for (size_t i = 0; i < COUNT(bodies); i++) {
        const cvi_finding *finding = judge_text(*state, 200, bodies[i]);
        check_refused(finding, CV_ERROR_RESPONSE, "issue/4000-52: ");
        assert_false(finding->retry);
    }
}

static void test_list_that_is_none(void **state) {
    judge *self = *state;
    check_refused(judge_bytes(self, self->list, 200, GOOD, strlen(GOOD)), CV_ERROR_RESPONSE,
                  "issues offset 0: ");
}

static void test_answer_about_another_object(void **state) {
    const cvi_finding *finding =
        judge_text(*state, 200, "{\"status_code\":1,\"results\":{\"id\":53}}");
    check_refused(finding, CV_ERROR_RESPONSE, "about id 53");
    assert_int_equal(finding->error.api_status, 1);
    assert_false(finding->retry);
    check_refused(judge_text(*state, 200, "{\"status_code\":1,\"results\":{}}"), CV_ERROR_RESPONSE,
                  "about id 0");
}

/* ---- no answer ---- */

static void test_failures_without_an_answer(void **state) {
    judge *self = *state;
    static const struct {
        cvi_response_kind kind;
        cv_code code;
        bool retry;
    } rows[] = {
        {CVI_RESPONSE_REDIRECT_REFUSED, CV_ERROR_RESPONSE, false},
        {CVI_RESPONSE_NETWORK, CV_ERROR_NETWORK, true},
        {CVI_RESPONSE_DEAD_CONNECTION, CV_ERROR_NETWORK, true},
        {CVI_RESPONSE_TIMEOUT, CV_ERROR_TIMEOUT, true},
        {CVI_RESPONSE_BROKEN, CV_ERROR_RESPONSE, true},
        {CVI_RESPONSE_TOO_LARGE, CV_ERROR_RESPONSE, false},
        {CVI_RESPONSE_NO_MEMORY, CV_ERROR_NOMEM, false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        cvi_response response = {
            .kind = rows[i].kind, .http_status = 302, .reason = i % 2 == 0 ? "for a reason" : NULL};
        cvi_judge_response(self->detail, &response, &self->finding);
        check_refused(&self->finding, rows[i].code, "issue/4000-52: ");
        assert_int_equal(strstr(self->finding.error.message, ": for a reason") != NULL, i % 2 == 0);
        assert_int_equal(self->finding.error.http_status, 302);
        assert_int_equal(self->finding.retry, rows[i].retry);
    }
}

/* ---- stored bodies ---- */

static const cvi_finding *judge_stored_of(judge *self, const cvi_call *call, bool is_negative,
                                          const char *text) {
    cvi_body body = {cvi_copy_text(&self->memory.allocator, text, strlen(text)), strlen(text), 0};
    drop_finding(self);
    cvi_judge_stored(call, body, is_negative, &self->finding);
    assert_null(self->finding.denial);
    return &self->finding;
}

static const cvi_finding *judge_stored(judge *self, const char *text) {
    return judge_stored_of(self, self->detail, false, text);
}

static void test_stored_bodies(void **state) {
    assert_int_equal(cvi_result_id(judge_stored(*state, GOOD)->result, 0), 52);
    check_refused(judge_stored(*state, REFUSAL("101", "Object Not Found")), CV_ERROR_RESPONSE,
                  "the stored answer is unusable");
    check_refused(judge_stored(*state, "{\"status_code\":1,\"results\":{\"id\":53}}"),
                  CV_ERROR_RESPONSE, "issue/4000-52");
    check_refused(judge_stored(*state, "<html>"), CV_ERROR_RESPONSE, "");
    check_refused(judge_stored(*state, ""), CV_ERROR_RESPONSE, "");
}

static void test_stored_denials(void **state) {
    judge *self = *state;
    const char *refusal = REFUSAL("101", "Object Not Found");
    const cvi_finding *finding = judge_stored_of(self, self->detail, true, refusal);
    check_refused(finding, CV_ERROR_NOT_FOUND, "issue/4000-52: no such object");
    assert_int_equal(finding->error.api_status, 101);
    assert_int_equal(finding->error.http_status, 0);
    assert_false(finding->error.retryable);
    assert_false(finding->retry);
    const char *const others[] = {GOOD, REFUSAL("100", "Invalid API Key"), "{}", "<html>", ""};
    for (size_t i = 0; i < COUNT(others); i++) {
        check_refused(judge_stored_of(self, self->detail, true, others[i]), CV_ERROR_RESPONSE, "");
    }
    check_refused(judge_stored_of(self, self->list, true, refusal), CV_ERROR_RESPONSE,
                  "the stored answer is unusable");
}

/* ---- memory ---- */

/* A tape for which there is no memory is none. */
static bool lacks_tape(const cvi_finding *finding) {
    size_t size;
    char *tape = finding->result != NULL ? cvi_result_take_tape(finding->result, &size) : NULL;
    return finding->result != NULL && tape == NULL;
}

/* No judgement is made of an answer for which there was no memory: it may be a good one. */
static void test_each_allocation_may_fail(void **state) {
    judge *self = *state;
    static const int statuses[] = {200, 500};
    for (size_t i = 0; i < COUNT(statuses); i++) {
        size_t failures = 0;
        for (bool failed = true; failed; failures++) {
            cvi_response response = {.kind = CVI_RESPONSE_ANSWER, .http_status = statuses[i]};
            response.size = strlen(GOOD);
            response.body = cvi_copy_text(&self->memory.allocator, GOOD, response.size);
            self->memory.failing_call = atomic_load(&self->memory.calls) + failures + 1;
            atomic_store(&self->memory.has_failed, false);
            cvi_result_release(self->finding.result);
            cvi_judge_response(self->detail, &response, &self->finding);
            failed = atomic_load(&self->memory.has_failed);
            self->memory.failing_call = 0;
            if (failed && !lacks_tape(&self->finding)) {
                check_refused(&self->finding, CV_ERROR_NOMEM, "out of memory");
                assert_false(self->finding.retry);
            }
        }
        assert_in_range(failures, 2, 100);
    }
}

#define JUDGED(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        JUDGED(test_good_detail),
        JUDGED(test_good_list),
        JUDGED(test_what_may_stand_before_and_behind),
        JUDGED(test_status_code_as_text),
        JUDGED(test_error_table),
        JUDGED(test_bodies_as_the_service_sends_them),
        JUDGED(test_challenges),
        JUDGED(test_denials),
        JUDGED(test_retry_after_is_passed_on),
        JUDGED(test_codes_words_are_quoted_in_one_line),
        JUDGED(test_overlong_words_are_cut),
        JUDGED(test_title_of_a_page_is_named),
        JUDGED(test_overlong_title_is_cut),
        JUDGED(test_body_of_blanks_and_nuls),
        JUDGED(test_cut_answers_are_tried_again),
        JUDGED(test_where_an_answer_was_cut),
        JUDGED(test_refusals_are_never_tried_again),
        JUDGED(test_broken_answers_with_a_status),
        JUDGED(test_whole_but_wrong_answers_are_final),
        JUDGED(test_list_that_is_none),
        JUDGED(test_answer_about_another_object),
        JUDGED(test_failures_without_an_answer),
        JUDGED(test_stored_bodies),
        JUDGED(test_stored_denials),
        JUDGED(test_each_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
