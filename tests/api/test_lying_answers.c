/* Answers that lie, made from a good one by chance: another id, no results, a list for a detail,
 * bytes that are no UTF-8, NULs, keys twice, numbers that no machine holds, nesting without end,
 * pages for people, cut or repeated parts, long and short, with any status. A seed decides each.
 * Whatever comes, one request is spent, and the call ends with what was asked for or with an error;
 * and what the cache says afterwards is the same. */
#include "support/sys_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/portion.h"

enum {
    CASES = 4000,
    USUAL_STRIDE = 20,
    EDITS_MAX = 4,
    LONG_BYTES = 300000, /* read in several parts where the turns are short */
    ROOM = LONG_BYTES + 4096
};

#define DETAIL                                                                                     \
    "{\"error\":\"OK\",\"limit\":1,\"offset\":0,\"number_of_page_results\":1,"                     \
    "\"number_of_total_results\":1,\"status_code\":1,\"results\":{\"id\":52,\"name\":\"Lamps\","   \
    "\"volume\":{\"id\":5,\"name\":\"Oil\"},\"person_credits\":[{\"id\":7,\"name\":\"Wick\"}]}}"
#define LIST                                                                                       \
    "{\"error\":\"OK\",\"limit\":100,\"offset\":0,\"number_of_page_results\":2,"                   \
    "\"number_of_total_results\":2,\"status_code\":1,\"results\":[{\"id\":52,\"name\":\"Lamps\"}," \
    "{\"id\":53,\"name\":\"Oil\"}]}"

/* ---- chance ---- */

typedef struct lie {
    uint64_t seed;
    char text[ROOM];
    size_t size;
} lie;

static size_t draw(lie *self, size_t below) {
    self->seed ^= self->seed << 13;
    self->seed ^= self->seed >> 7;
    self->seed ^= self->seed << 17;
    return (size_t)(self->seed >> 11) % below;
}

/* ---- edits ---- */

/* Puts bytes in place of some others, as far as there is room. */
static void splice(lie *self, size_t at, size_t removed, const char *bytes, size_t size) {
    removed = removed < self->size - at ? removed : self->size - at;
    if (self->size - removed + size >= ROOM) {
        return;
    }
    memmove(self->text + at + size, self->text + at + removed, self->size - at - removed);
    memcpy(self->text + at, bytes, size);
    self->size = self->size - removed + size;
}

static void change_byte(lie *self) {
    const char byte = (char)draw(self, 256);
    splice(self, draw(self, self->size + 1), 1, &byte, 1);
}

static void drop_part(lie *self) {
    splice(self, draw(self, self->size + 1), draw(self, 40), "", 0);
}

static void cut(lie *self) {
    self->size = draw(self, self->size + 1);
}

static void repeat_part(lie *self) {
    char part[64];
    size_t at = draw(self, self->size + 1);
    size_t size = draw(self, sizeof(part));
    size = size < self->size - at ? size : self->size - at;
    memcpy(part, self->text + at, size);
    splice(self, draw(self, self->size + 1), 0, part, size);
}

/* What stands behind a key becomes something else. */
static void replace_value(lie *self) {
    static const char *const values[] = {
        "53",    "\"52\"",       "[]",   "{}",   "null",  "101",           "[[[[{\"id\":52}]]]]",
        "1e999", "-0",           "true", "\"\"", "0.5",   "\"\\ud800\"",   "9223372036854775808",
        "107",   "\"\\u0000\"",  "-1",   "100",  "\"1\"", "{\"id\":53}",   "[{\"id\":52}]",
        "\xFF",  "\"\xC3\x28\"", "52}",  "\"",   "52 52", "{\"id\":[52]}", "[null,7,[]]",
    };
    enum { VALUES = sizeof(values) / sizeof(values[0]) };
    size_t from = draw(self, self->size + 1);
    const char *colon = memchr(self->text + from, ':', self->size - from);
    if (colon != NULL) {
        const char *value = values[draw(self, VALUES)];
        size_t at = (size_t)(colon - self->text) + 1;
        size_t old = 0;
        while (at + old < self->size && strchr(",}]", self->text[at + old]) == NULL) {
            old++;
        }
        splice(self, at, old, value, strlen(value));
    }
}

static void put_token_in(lie *self) {
    static const char *const tokens[] = {
        ",\"id\":53",
        "\"status_code\":1,",
        "<html><title>Just a moment</title>",
        "\xEF\xBB\xBF",
        "{",
        "]",
        "\"",
        "\\",
        "\r\n",
        SYS_KEY,
    };
    const char *token = tokens[draw(self, sizeof(tokens) / sizeof(tokens[0]))];
    splice(self, draw(self, 3) == 0 ? 0 : draw(self, self->size + 1), 0, token, strlen(token));
}

static void put_nul_in(lie *self) {
    splice(self, draw(self, self->size + 1), 0, "", 1);
}

static void nest(lie *self) {
    char brackets[2000];
    memset(brackets, draw(self, 2) == 0 ? '[' : '{', sizeof(brackets));
    splice(self, draw(self, self->size + 1), 0, brackets, 1 + draw(self, sizeof(brackets)));
}

/* Blanks before the last byte, which often is the end of an object. */
static void lengthen(lie *self) {
    static char blanks[LONG_BYTES];
    memset(blanks, ' ', sizeof(blanks));
    splice(self, self->size > 0 ? self->size - 1 : 0, 0, blanks, sizeof(blanks));
}

static void (*const edits[])(lie *self) = {
    change_byte,   drop_part,    cut,        repeat_part, replace_value,
    replace_value, put_token_in, put_nul_in, nest,        lengthen,
};

static void make_up(lie *self, uint64_t seed, const char *good) {
    self->seed = (seed + 1) * UINT64_C(0x9E3779B97F4A7C15);
    self->size = strlen(good);
    memcpy(self->text, good, self->size);
    for (size_t left = draw(self, EDITS_MAX + 1); left > 0; left--) {
        edits[draw(self, sizeof(edits) / sizeof(edits[0]))](self);
    }
}

/* ---- calls ---- */

static void check_error(const cv_error *error) {
    static const cv_code known[] = {CV_ERROR_AUTH,         CV_ERROR_NOT_FOUND, CV_ERROR_REQUEST,
                                    CV_ERROR_RATE_LIMITED, CV_ERROR_BLOCKED,   CV_ERROR_SERVER,
                                    CV_ERROR_RESPONSE};
    bool is_known = false;
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        is_known = is_known || error->code == known[i];
    }
    assert_true(is_known);
    assert_true(error->message[0] != '\0');
    assert_null(strstr(error->message, SYS_KEY));
}

/* Short turns where nobody else works, as in a game's frames. */
static void await(cv_client *client, cv_request *request, cv_drive drive) {
    assert_non_null(request);
    while (drive == CV_DRIVE_POLL && !cv_request_done(request)) {
        cv_client_poll(client, 0);
    }
    while (!cv_request_wait(request, 1000)) {
    }
}

/* True: it came, and is what was asked for. */
static bool take_record(const cv_request *request, const cv_record *record) {
    size_t length = 0;
    if (record == NULL) {
        assert_int_not_equal(cv_request_error(request)->code, CV_OK);
        return false;
    }
    const char *raw = cv_record_raw(record, &length);
    assert_int_equal(record->resource, CV_ISSUE);
    assert_int_equal(((const cv_issue *)record)->id, 52);
    assert_null(memmem(raw, length, SYS_KEY, strlen(SYS_KEY)));
    cv_record_free(record);
    return true;
}

static bool take_page(const cv_request *request, const cv_page *page) {
    if (page == NULL) {
        assert_int_not_equal(cv_request_error(request)->code, CV_OK);
        return false;
    }
    for (size_t i = 0; i < page->count; i++) {
        assert_int_equal(page->items[i]->resource, CV_ISSUE);
    }
    cv_page_free(page);
    return true;
}

static bool retrieve(cv_client *client, const cv_request_options *options, cv_drive drive,
                     cv_error *error) {
    cv_request *request = cv_request_retrieve(client, CV_ISSUE, 52, options);
    await(client, request, drive);
    *error = *cv_request_error(request);
    bool came = take_record(request, cv_record_take(request));
    cv_request_free(request);
    return came;
}

static bool list(cv_client *client, const cv_request_options *options, cv_drive drive,
                 cv_error *error) {
    cv_request *request = cv_request_list(client, CV_ISSUE, NULL, options);
    await(client, request, drive);
    *error = *cv_request_error(request);
    bool came = take_page(request, cv_page_take(request));
    cv_request_free(request);
    return came;
}

typedef bool call_fn(cv_client *client, const cv_request_options *options, cv_drive drive,
                     cv_error *error);

static void try_lie(const lie *told, int http_status, call_fn *call, cv_drive drive) {
    sys_world world;
    cv_error error = {.code = CV_OK};
    cv_request_options from_cache = CV_REQUEST_OPTIONS_INIT;
    from_cache.mode = CV_MODE_CACHE_ONLY;
    sys_begin(&world, OWN_AT_ONCE);
    world.options.drive = drive;
    world.network.answer =
        (own_answer){.http_status = http_status, .body = told->text, .size = told->size};
    cv_client *client = sys_open(&world);
    bool came = call(client, NULL, drive, &error);
    assert_int_equal(own_network_count(&world.network), 1);
    assert_int_equal(sys_counted(&world), 1);
    if (!came) {
        check_error(&error);
    }
    assert_int_equal(call(client, &from_cache, drive, &error), came);
    assert_true(came || error.code == CV_ERROR_NOT_CACHED || error.code == CV_ERROR_NOT_FOUND);
    cv_client_close(client);
    sys_end(&world);
}

static void try_all(const char *good, call_fn *call) {
    static const int statuses[] = {200, 200, 200, 200, 200, 200, 401, 403, 404, 420, 429, 500, 503};
    static lie told;
    const int stride = portion_stride(USUAL_STRIDE);
    int tried = 0;
    for (int seed = 0; seed < CASES; seed += stride) {
        make_up(&told, (uint64_t)seed, good);
        int status = statuses[draw(&told, sizeof(statuses) / sizeof(statuses[0]))];
        try_lie(&told, status, call, draw(&told, 2) == 0 ? CV_DRIVE_POLL : CV_DRIVE_THREAD);
        tried++;
    }
    portion_report("answers that lie", tried, CASES);
}

static void test_details(void **state) {
    (void)state;
    try_all(DETAIL, retrieve);
}

static void test_lists(void **state) {
    (void)state;
    try_all(LIST, list);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_details),
        cmocka_unit_test(test_lists),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
