/* What comes in place of an image, in any bytes, under any Content-Type and status, and what lies
 * in the file of images. An image is what its first bytes say and nothing else; what is kept of it
 * comes back as it was; and what is none is an error of the right kind. */
#include <stdlib.h>
#include <string.h>

#include "client/image_format.h"
#include "client/image_judge.h"
#include "client/image_tail.h"
#include "resources/image.h"
#include "support/allocator.h"
#include "support/checked.h"
#include "support/input.h"
#include "support/picture.h"
#include "support/wire.h"

#define URL "http://pictures.example/a/uploads/cover.jpg"

enum { MOST_BODY_BYTES = 3000 };

static const cvi_call plain_call = {
    .judge = &cvi_image_judge,
    .resource = &cvi_image_resource,
    .segment = "pictures.example",
    .label = "image cover.jpg",
    .is_image = true,
    .max_body_bytes = MOST_BODY_BYTES,
};

static cvi_call image_call(void) {
    cvi_call call = plain_call;
    call.allocator = cvi_default_allocator;
    return call;
}

/* In a block of exactly its size, so that a byte too far shows; free() it. */
static char *cut_to(const void *bytes, size_t size) {
    char *cut = malloc(size > 0 ? size : 1);
    REQUIRE(cut != NULL);
    if (size > 0) {
        memcpy(cut, bytes, size);
    }
    return cut;
}

/* ---- formats and sizes ---- */

static void check_bounds(cv_picture_format format, int64_t width, int64_t height) {
    static const int64_t most[] = {
        [CV_PICTURE_NONE] = 0,         [CV_PICTURE_JPEG] = UINT16_MAX,
        [CV_PICTURE_PNG] = UINT32_MAX, [CV_PICTURE_GIF] = UINT16_MAX,
        [CV_PICTURE_WEBP] = 1 << 24,   [CV_PICTURE_BMP] = UINT32_MAX,
        [CV_PICTURE_AVIF] = 0,
    };
    REQUIRE(width >= 0 && width <= most[format]);
    REQUIRE(height >= 0 && height <= most[format]);
}

static cv_picture_format check_format(const void *bytes, size_t size) {
    const cvi_image_format *found = cvi_image_format_of(bytes, size);
    cv_picture_format format = found != NULL ? found->format : CV_PICTURE_NONE;
    REQUIRE(format == picture_format_of(bytes, size));
    REQUIRE(found == NULL || strncmp(found->content_type, "image/", 6) == 0);
    return format;
}

/* What was said of an image's beginning stands, whatever follows. */
static void check_beginning(const void *bytes, size_t size, size_t cut_at) {
    int64_t whole[2];
    int64_t part[2];
    char *cut = cut_to(bytes, cut_at);
    cv_picture_format format = check_format(bytes, size);
    cv_picture_format earlier = check_format(cut, cut_at);
    cvi_image_measure(bytes, size, &whole[0], &whole[1]);
    cvi_image_measure(cut, cut_at, &part[0], &part[1]);
    check_bounds(format, whole[0], whole[1]);
    REQUIRE(earlier == CV_PICTURE_NONE || earlier == format);
    REQUIRE((part[0] == 0 && part[1] == 0) || (part[0] == whole[0] && part[1] == whole[1]));
    free(cut);
}

static void check_head(input *in) {
    picture_head head;
    int64_t width;
    int64_t height;
    picture_make_head(in, &head);
    while (head.size < 30) { /* an image goes on */
        head.bytes[head.size++] = input_byte(in);
    }
    char *bytes = cut_to(head.bytes, head.size);
    REQUIRE(check_format(bytes, head.size) == head.format);
    cvi_image_measure(bytes, head.size, &width, &height);
    REQUIRE(width == head.width && height == head.height);
    check_beginning(bytes, head.size, (size_t)input_number(in) % (head.size + 1));
    free(bytes);
}

/* ---- what is kept ---- */

static void check_same_validators(const cvi_validators *one, const cvi_validators *other) {
    REQUIRE(strcmp(one->etag, other->etag) == 0);
    REQUIRE(strcmp(one->last_modified, other->last_modified) == 0);
}

/* Any bytes as a body of the file of images. */
static void check_stored(const char *bytes, size_t size) {
    cvi_finding finding;
    cvi_image_parts parts;
    cvi_call call = image_call();
    char *copy = cvi_copy_text(&call.allocator, bytes, size);
    REQUIRE(copy != NULL);
    bool has_tail = cvi_image_tail_read(bytes, size, &parts);
    bool is_image = has_tail && parts.image_size > 0 &&
                    check_format(bytes, parts.image_size) != CV_PICTURE_NONE;
    REQUIRE(!has_tail || parts.image_size < size);
    cvi_image_judge.stored(&call, (cvi_body){copy, size, 0}, false, &finding);
    REQUIRE((finding.result != NULL) == is_image);
    REQUIRE(is_image || finding.error.code == CV_ERROR_RESPONSE);
    cvi_result_release(finding.result);
}

/* What was made of a response, taken apart: as it came. */
static void check_kept(const cvi_finding *finding, const char *bytes, size_t size,
                       const cvi_validators *validators) {
    size_t body_size = 0;
    cvi_image_parts parts;
    const char *body = cvi_result_body(finding->result, &body_size);
    REQUIRE(body[body_size] == '\0');
    REQUIRE(cvi_image_tail_read(body, body_size, &parts));
    REQUIRE(parts.image_size == size && memcmp(body, bytes, size) == 0);
    check_same_validators(&parts.validators, validators);
    check_stored(body, body_size);
}

/* ---- an answer of the host ---- */

typedef struct answer {
    int http_status;
    cv_transfer_end end;
    char *etag;
    char *last_modified;
    char *content_type;
    const uint8_t *bytes;
    size_t size;
} answer;

static void receive(const answer *given, bool says_type, cvi_response *response) {
    cv_transfer *started = wire_send(
        (cvi_transfer_spec){.url = URL, .is_keyless = true, .max_body_bytes = MOST_BODY_BYTES});
    cv_transfer_header(started, "ETag", given->etag);
    cv_transfer_header(started, "Last-Modified", given->last_modified);
    if (says_type) {
        cv_transfer_header(started, "Content-Type", given->content_type);
    }
    (void)cv_transfer_body(started, given->bytes, given->size);
    cv_transfer_complete(started, given->end, given->http_status, NULL);
    cv_transfer_release(started);
    wire_take(response);
}

/* ---- what becomes of it ---- */

/* What a host means by a status, where that does not hang on the bytes; CV_OK: it does. A page
 * that keeps programs out may come with any. */
static cv_code meaning_of(int http_status) {
    switch (http_status) {
    case 200:
        return CV_OK;
    case 403:
        return CV_ERROR_BLOCKED;
    case 404:
    case 410:
        return CV_ERROR_NOT_FOUND;
    case 420:
    case 429:
        return CV_ERROR_RATE_LIMITED;
    default:
        return http_status >= 500   ? CV_ERROR_SERVER
               : http_status >= 400 ? CV_ERROR_REQUEST
                                    : CV_ERROR_RESPONSE;
    }
}

static cv_code expected_code(const answer *given) {
    static const char before_page[] = " \t\r\n\xEF\xBB\xBF";
    cv_code code = meaning_of(given->http_status);
    size_t first = 0;
    if (code != CV_OK || picture_format_of(given->bytes, given->size) != CV_PICTURE_NONE) {
        return code;
    }
    while (first < given->size &&
           memchr(before_page, given->bytes[first], sizeof(before_page) - 1) != NULL) {
        first++;
    }
    return first < given->size && given->bytes[first] == '<' ? CV_ERROR_BLOCKED : CV_ERROR_RESPONSE;
}

static void check_finding(const answer *given, cvi_response_kind kind, const cvi_finding *finding) {
    cv_code code = finding->error.code;
    REQUIRE((finding->result != NULL) == (code == CV_OK) && finding->denial == NULL);
    if (code != CV_OK) {
        check_message(&finding->error);
    }
    if (kind == CVI_RESPONSE_ANSWER) {
        bool may_be_page = given->http_status >= 400;
        REQUIRE(code == expected_code(given) || (may_be_page && code == CV_ERROR_BLOCKED));
    } else {
        REQUIRE(code != CV_OK);
    }
}

static cvi_finding judge(const answer *given, bool says_type) {
    cvi_response response;
    cvi_finding finding;
    cvi_call call = image_call();
    receive(given, says_type, &response);
    cvi_validators validators = response.caching.validators;
    cvi_response_kind kind = response.kind;
    REQUIRE(response.size <= MOST_BODY_BYTES && response.redirect_url == NULL);
    cvi_image_judge.response(&call, &response, &finding);
    REQUIRE(response.body == NULL);
    check_finding(given, kind, &finding);
    if (finding.result != NULL) {
        check_kept(&finding, (const char *)given->bytes, given->size, &validators);
    }
    return finding;
}

static void check_answer(const answer *given) {
    cvi_finding named = judge(given, true);
    cvi_finding unnamed = judge(given, false);
    REQUIRE(named.error.code == unnamed.error.code && named.retry == unnamed.retry);
    REQUIRE(strcmp(named.error.message, unnamed.error.message) == 0);
    cvi_result_release(named.result);
    cvi_result_release(unnamed.result);
}

/* A byte of 0 and the numbers of a head; or 1, a status, how it ended, three headers, the body. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const int statuses[] = {200, 403, 404, 410, 420, 429, 500, 503, 204, 401};
    input in = {data, size};
    if (input_below(&in, 2) == 0) {
        check_head(&in);
        return 0;
    }
    answer given = {.http_status = statuses[input_below(&in, sizeof(statuses) / sizeof(int))]};
    uint8_t how = input_byte(&in); /* mostly as an answer */
    bool is_broken = how >= CV_TRANSFER_FAILED && how <= CV_TRANSFER_TOO_LARGE;
    given.end = is_broken ? (cv_transfer_end)how : CV_TRANSFER_ANSWERED;
    given.etag = input_text(&in);
    given.last_modified = input_text(&in);
    given.content_type = input_text(&in);
    size_t cut_at = input_byte(&in);
    given.bytes = in.next;
    given.size = in.left;
    check_beginning(given.bytes, given.size, cut_at < given.size ? cut_at : given.size);
    check_stored((const char *)given.bytes, given.size);
    check_answer(&given);
    free(given.etag);
    free(given.last_modified);
    free(given.content_type);
    return 0;
}
