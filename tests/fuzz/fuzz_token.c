/* Tokens of walks, which callers keep where they like: what is read writes itself again and reads
 * the same. As no mutation guesses a checksum, each text is tried with its right one too. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "client/token.h"
#include "support/allocator.h"
#include "support/checked.h"
#include "support/digest.h"
#include "support/input.h"

static void check_same_text(const char *one, const char *other) {
    REQUIRE((one == NULL) == (other == NULL));
    REQUIRE(one == NULL || strcmp(one, other) == 0);
}

static void check_same(const cvi_bookmark *one, const cvi_bookmark *other) {
    check_same_text(one->path, other->path);
    check_same_text(one->query, other->query);
    check_same_text(one->resources, other->resources);
    check_same_text(one->fields, other->fields);
    check_same_text(one->filter, other->filter);
    check_same_text(one->sort, other->sort);
    check_same_text(one->subscriber_only, other->subscriber_only);
    check_same_text(one->video_type, other->video_type);
    REQUIRE(one->limit == other->limit && one->allow_unknown == other->allow_unknown);
    REQUIRE(one->priority == other->priority && one->offset == other->offset);
    REQUIRE(one->page == other->page && one->index == other->index);
    REQUIRE(one->last_id == other->last_id && one->last_type == other->last_type);
    REQUIRE(one->total == other->total);
}

static void check_again(cvi_arena *arena, const cvi_bookmark *bookmark) {
    cvi_buffer token;
    cvi_bookmark again;
    cv_error error;
    cvi_buffer_init(&token, &cvi_default_allocator, SIZE_MAX / 2);
    cvi_token_write(bookmark, &token);
    REQUIRE(!token.failed);
    if (token.length <= CVI_TOKEN_BYTES_MAX) { /* escapes take more room than what they stand for */
        REQUIRE(cvi_token_read(token.data, arena, &again, &error));
        check_same(bookmark, &again);
    }
    cvi_buffer_free(&token);
}

static void check_token(const char *token) {
    cvi_arena arena;
    cvi_bookmark bookmark;
    cv_error error = {.code = CV_OK};
    cvi_arena_init(&arena, &cvi_default_allocator, 256);
    if (cvi_token_read(token, &arena, &bookmark, &error)) {
        REQUIRE(bookmark.path != NULL);
        check_again(&arena, &bookmark);
    } else {
        REQUIRE(error.code == CV_ERROR_ARGUMENT);
        check_message(&error);
    }
    cvi_arena_clear(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    input in = {data, size};
    char *text = input_rest(&in);
    cvi_buffer token;
    check_token(text);
    cvi_buffer_init(&token, &cvi_default_allocator, SIZE_MAX / 2);
    cvi_buffer_add_text(&token, "comicvine-walk-1");
    cvi_buffer_add_text(&token, text);
    uint64_t checksum = (uint64_t)cvi_checksum(token.data, token.length);
    cvi_buffer_add_format(&token, "&check=%016" PRIx64, checksum);
    check_token(token.data);
    cvi_buffer_free(&token);
    free(text);
    return 0;
}
