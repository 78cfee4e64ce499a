/* Tokens: what is written is read, and nothing else is. */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <comicvine.h>

#include "client/token.h"
#include "support/allocator.h"
#include "support/digest.h"
#include "support/failing_allocator.h"

static const cvi_bookmark full = {
    .path = "issues",
    .query = "caf\xC3\xA9 & \"x\"=%41+",
    .resources = "issue,volume",
    .fields = "id,name",
    .filter = "name:a|b,volume:1",
    .sort = "id:desc",
    .subscriber_only = "1",
    .video_type = "8|2",
    .limit = 100,
    .allow_unknown = 1,
    .priority = 1,
    .offset = INT64_MAX,
    .page = 3,
    .index = 17,
    .last_id = 52,
    .last_type = 1,
    .total = -1,
};

static char *write_token(const cvi_bookmark *bookmark, cvi_buffer *out) {
    cvi_buffer_init(out, &cvi_default_allocator, CVI_TOKEN_BYTES_MAX);
    cvi_token_write(bookmark, out);
    assert_false(out->failed);
    return out->data;
}

static void assert_text(const char *one, const char *other) {
    assert_true((one == NULL) == (other == NULL));
    if (one != NULL) {
        assert_string_equal(one, other);
    }
}

static void assert_comes_back(const cvi_bookmark *bookmark) {
    cvi_buffer token;
    cvi_arena arena;
    cvi_bookmark read;
    cv_error error;
    cvi_arena_init(&arena, &cvi_default_allocator, 0);
    if (!cvi_token_read(write_token(bookmark, &token), &arena, &read, &error)) {
        fail_msg("%s: %s", error.message, token.data);
    }
    assert_text(read.path, bookmark->path);
    assert_text(read.query, bookmark->query);
    assert_text(read.resources, bookmark->resources);
    assert_text(read.fields, bookmark->fields);
    assert_text(read.filter, bookmark->filter);
    assert_text(read.sort, bookmark->sort);
    assert_text(read.subscriber_only, bookmark->subscriber_only);
    assert_text(read.video_type, bookmark->video_type);
    assert_int_equal(read.limit, bookmark->limit);
    assert_int_equal(read.allow_unknown, bookmark->allow_unknown);
    assert_int_equal(read.priority, bookmark->priority);
    assert_int_equal(read.offset, bookmark->offset);
    assert_int_equal(read.page, bookmark->page);
    assert_int_equal(read.index, bookmark->index);
    assert_int_equal(read.last_id, bookmark->last_id);
    assert_int_equal(read.last_type, bookmark->last_type);
    assert_int_equal(read.total, bookmark->total);
    cvi_arena_clear(&arena);
    cvi_buffer_free(&token);
}

static void test_a_bookmark_comes_back(void **state) {
    (void)state;
    const cvi_bookmark least = {.path = "search", .query = ""};
    const cvi_bookmark extreme = {.path = "x", .offset = INT64_MIN, .total = INT64_MIN};
    assert_comes_back(&full);
    assert_comes_back(&least);
    assert_comes_back(&extreme);
}

static void test_every_byte_comes_back(void **state) {
    (void)state;
    char text[UCHAR_MAX + 1];
    for (size_t i = 0; i < UCHAR_MAX; i++) {
        text[i] = (char)(unsigned char)(i + 1);
    }
    text[UCHAR_MAX] = '\0';
    const cvi_bookmark bookmark = {
        .path = text, .query = text, .resources = text, .filter = text, .sort = text};
    assert_comes_back(&bookmark);
}

/* A token that is longer than any that is made is none, though its checksum is right. */
static void test_a_token_has_a_greatest_length(void **state) {
    (void)state;
    static char path[CVI_TOKEN_BYTES_MAX + 1];
    cvi_bookmark bookmark = {.path = path};
    cvi_buffer token;
    cvi_buffer_init(&token, &cvi_default_allocator, 2 * CVI_TOKEN_BYTES_MAX);
    for (size_t length = CVI_TOKEN_BYTES_MAX - 400; length < CVI_TOKEN_BYTES_MAX; length += 399) {
        cvi_arena arena;
        cvi_bookmark read;
        cv_error error;
        cvi_arena_init(&arena, &cvi_default_allocator, 0);
        memset(path, 'a', length);
        token.length = 0;
        cvi_token_write(&bookmark, &token);
        bool is_good = token.length <= CVI_TOKEN_BYTES_MAX;
        assert_int_equal(cvi_token_read(token.data, &arena, &read, &error), is_good);
        cvi_arena_clear(&arena);
    }
    cvi_buffer_free(&token);
}

static void test_a_token_is_one_plain_line(void **state) {
    (void)state;
    cvi_buffer token;
    for (const char *next = write_token(&full, &token); *next != '\0'; next++) {
        assert_true(*next > ' ' && *next <= '~');
    }
    cvi_buffer_free(&token);
}

/* The rest of a token with the checksum that belongs to it. */
static bool read_signed(const char *rest, cv_error *error) {
    char text[512];
    cvi_buffer token;
    cvi_arena arena;
    cvi_bookmark read;
    cvi_buffer_over(&token, text, sizeof(text));
    cvi_buffer_add_text(&token, rest);
    cvi_buffer_add_format(&token, "&check=%016llx",
                          (unsigned long long)cvi_checksum(rest, strlen(rest)));
    cvi_arena_init(&arena, &cvi_default_allocator, 0);
    bool is_read = cvi_token_read(text, &arena, &read, error);
    cvi_arena_clear(&arena);
    return is_read;
}

static void test_what_is_no_token(void **state) {
    (void)state;
    static const char *const texts[] = {
        "",
        "comicvine-walk-1",
        "comicvine-walk-2&path=issues",
        "comicvine-walk-1&",
        "comicvine-walk-1&path",
        "comicvine-walk-1&offset=1", /* of what? */
        "comicvine-walk-1&path=issues&",
        "comicvine-walk-1&path=issues&key=1",
        "comicvine-walk-1&path=issues&offset=",
        "comicvine-walk-1&path=issues&offset=x",
        "comicvine-walk-1&path=issues&offset=1x",
        "comicvine-walk-1&path=issues&offset=9223372036854775808",
        "comicvine-walk-1&path=issu%",
        "comicvine-walk-1&path=issu%4",
        "comicvine-walk-1&path=issu%4g",
        "comicvine-walk-1&path=issu%00es",
    };
    cv_error error;
    assert_true(read_signed("comicvine-walk-1&path=issues&offset=1", &error));
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (read_signed(texts[i], &error)) {
            fail_msg("was read: %s", texts[i]);
        }
        assert_int_equal(error.code, CV_ERROR_ARGUMENT);
    }
}

static void test_damage_is_found(void **state) {
    (void)state;
    cvi_buffer token;
    char *text = write_token(&full, &token);
    for (size_t i = 0; i < token.length; i++) {
        cvi_arena arena;
        cvi_bookmark read;
        cv_error error;
        cvi_arena_init(&arena, &cvi_default_allocator, 0);
        for (int bit = 0; bit < CHAR_BIT; bit++) {
            text[i] ^= (char)(1 << bit);
            assert_false(cvi_token_read(text, &arena, &read, &error));
            assert_int_equal(error.code, CV_ERROR_ARGUMENT);
            text[i] ^= (char)(1 << bit);
        }
        cvi_arena_clear(&arena);
    }
    cvi_buffer_free(&token);
}

static void test_without_memory(void **state) {
    (void)state;
    failing_allocator memory;
    failing_allocator_init(&memory, 1, false);
    cvi_buffer token;
    cvi_arena arena;
    cvi_bookmark read;
    cv_error error;
    cvi_arena_init(&arena, &memory.allocator, 0);
    assert_false(cvi_token_read(write_token(&full, &token), &arena, &read, &error));
    assert_int_equal(error.code, CV_ERROR_NOMEM);
    cvi_arena_clear(&arena);
    cvi_buffer_free(&token);
    assert_int_equal(atomic_load(&memory.live), 0);
}

/* ---- tokens that nobody has made ---- */

static void assert_resumes(cv_client *client, const cvi_bookmark *bookmark, bool expected) {
    cvi_buffer token;
    cv_cursor *cursor = cv_cursor_resume(client, write_token(bookmark, &token));
    if ((cursor != NULL) != expected) {
        fail_msg("%s: %s", token.data, cv_last_error()->message);
    }
    if (cursor == NULL) {
        assert_string_equal(cv_code_name(cv_last_error()->code), "CV_ERROR_ARGUMENT");
    }
    cv_cursor_close(cursor);
    cvi_buffer_free(&token);
}

/* The checksum is no secret: what a token says is checked like any query. */
static void test_tokens_are_checked_like_queries(void **state) {
    (void)state;
    static const cvi_bookmark good[] = {
        {.path = "issues", .page = 1, .total = -1},
        {.path = "issues", .page = 1, .offset = 5, .index = 3, .total = 9, .last_id = 7},
        {.path = "issues", .page = 1, .offset = 5, .total = INT64_MAX},
        {.path = "search", .query = "x", .page = 2, .total = 0},
        {.path = "search", .query = "x", .page = INT32_MAX, .total = -1},
        {.path = "search", .query = "x", .page = 1, .subscriber_only = "1"},
        {.path = "videos", .page = 1, .subscriber_only = "1", .video_type = "8"},
    };
    static const cvi_bookmark bad[] = {
        {.path = "lamps", .page = 1},
        {.path = "", .page = 1},
        {.path = "issues", .page = 1, .filter = "lamp:1"},
        {.path = "issues", .page = 1, .sort = "name:up"},
        {.path = "issues", .page = 1, .fields = "person_credits"},
        {.path = "issues", .page = 1, .subscriber_only = "1"},
        {.path = "issues", .page = 1, .video_type = "8"},
        {.path = "videos", .page = 1, .video_type = ""},
        {.path = "issues", .page = 1, .limit = 101},
        {.path = "issues", .page = 1, .priority = 2},
        {.path = "issues", .page = 1, .offset = -1},
        {.path = "issues", .page = 1, .index = -1},
        {.path = "issues", .page = 1, .index = INT32_MAX, .offset = INT64_MAX - 1},
        {.path = "issues", .page = 1, .index = INT64_MAX},
        {.path = "issues", .page = 1, .total = -2},
        {.path = "search", .page = 1},
        {.path = "search", .query = "x", .page = 0},
        {.path = "search", .query = "x", .page = INT64_MIN},
        {.path = "search", .query = "x", .page = (int64_t)INT32_MAX + 1},
        {.path = "search", .query = "x", .page = INT64_MAX - 1},
        {.path = "search", .query = "x", .page = INT64_MAX},
        {.path = "search", .query = "x", .page = 1, .resources = "lamp"},
        {.path = "search", .query = "x", .page = 1, .resources = "issue", .fields = "gender"},
    };
    cv_options options = CV_OPTIONS_INIT;
    options.api_key = "key";
    options.database = ":memory:";
    cv_client *client = cv_client_open(&options);
    assert_non_null(client);
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_resumes(client, &good[i], true);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_resumes(client, &bad[i], false);
    }
    cv_client_close(client);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_bookmark_comes_back),
        cmocka_unit_test(test_every_byte_comes_back),
        cmocka_unit_test(test_a_token_has_a_greatest_length),
        cmocka_unit_test(test_a_token_is_one_plain_line),
        cmocka_unit_test(test_what_is_no_token),
        cmocka_unit_test(test_damage_is_found),
        cmocka_unit_test(test_without_memory),
        cmocka_unit_test(test_tokens_are_checked_like_queries),
    };
    return cmocka_run_group_tests_name("token", tests, NULL, NULL);
}
