/* Owns what the standards of the formats say, written down a second time. */
#include "support/picture.h"

#include <stdbool.h>
#include <string.h>

#define COUNT(a)     (sizeof(a) / sizeof((a)[0]))
#define TEXT(format) format, sizeof(format) - 1

/* ---- formats ---- */

/* A question mark stands for any byte: none of them has one itself. */
static const struct {
    cv_picture_format format;
    const char *pattern;
    size_t size;
} patterns[] = {
    {CV_PICTURE_JPEG, TEXT("\xFF\xD8\xFF")},
    {CV_PICTURE_PNG, TEXT("\x89PNG\x0D\x0A\x1A\x0A")},
    {CV_PICTURE_GIF, TEXT("GIF87a")},
    {CV_PICTURE_GIF, TEXT("GIF89a")},
    {CV_PICTURE_WEBP, TEXT("RIFF\?\?\?\?WEBP")},
    {CV_PICTURE_BMP, TEXT("BM\?\?\?\?\0\0\0\0")},
    {CV_PICTURE_AVIF, TEXT("\0\0\0\?ftypavif")},
    {CV_PICTURE_AVIF, TEXT("\0\0\0\?ftypavis")},
};

cv_picture_format picture_format_of(const uint8_t *bytes, size_t size) {
    for (size_t i = 0; i < COUNT(patterns); i++) {
        size_t same = 0;
        while (same < patterns[i].size && same < size &&
               (patterns[i].pattern[same] == '?' ||
                (uint8_t)patterns[i].pattern[same] == bytes[same])) {
            same++;
        }
        if (same == patterns[i].size) {
            return patterns[i].format;
        }
    }
    return CV_PICTURE_NONE;
}

/* ---- heads ---- */

static void put(picture_head *head, const char *bytes, size_t size) {
    REQUIRE(head->size + size <= sizeof(head->bytes));
    memcpy(head->bytes + head->size, bytes, size);
    head->size += size;
}

static void put_byte(picture_head *head, int64_t byte) {
    const char bytes[] = {(char)(byte & 0xFF)};
    put(head, bytes, sizeof(bytes));
}

static void put_big(picture_head *head, int64_t number, int bytes) {
    for (int i = bytes - 1; i >= 0; i--) {
        put_byte(head, number >> 8 * i);
    }
}

static void put_little(picture_head *head, int64_t number, int bytes) {
    for (int i = 0; i < bytes; i++) {
        put_byte(head, number >> 8 * i);
    }
}

static void put_foreign(picture_head *head, input *in, size_t count) {
    for (; count > 0; count--) {
        put_byte(head, input_byte(in));
    }
}

/* From `first` on, of so many bits. */
static void draw_size(picture_head *head, input *in, int bits, int64_t first) {
    int64_t most = INT64_C(1) << bits;
    head->width = first + (input_number(in) & (most - 1));
    head->height = first + (input_number(in) & (most - 1));
}

static void make_png(picture_head *head, input *in) {
    draw_size(head, in, 32, 0);
    put(head, TEXT("\x89PNG\r\n\x1A\n\0\0\0\x0DIHDR"));
    put_big(head, head->width, 4);
    put_big(head, head->height, 4);
}

static void make_gif(picture_head *head, input *in) {
    draw_size(head, in, 16, 0);
    put(head, TEXT("GIF8"));
    put(head, input_below(in, 2) == 0 ? "7a" : "9a", 2);
    put_little(head, head->width, 2);
    put_little(head, head->height, 2);
}

static void make_bmp(picture_head *head, input *in) {
    bool is_from_top = input_below(in, 2) == 1;
    draw_size(head, in, 31, 0);
    put(head, TEXT("BM"));
    put_foreign(head, in, 4);
    put(head, TEXT("\0\0\0\0\x36\0\0\0\x28\0\0\0"));
    put_little(head, head->width, 4);
    put_little(head, is_from_top ? -head->height : head->height, 4);
}

static void make_old_bmp(picture_head *head, input *in) {
    draw_size(head, in, 16, 0);
    put(head, TEXT("BM"));
    put_foreign(head, in, 4);
    put(head, TEXT("\0\0\0\0\x1A\0\0\0\x0C\0\0\0"));
    put_little(head, head->width, 2);
    put_little(head, head->height, 2);
    put(head, TEXT("\1\0\1\0"));
}

static void start_webp(picture_head *head, input *in, const char *kind) {
    put(head, TEXT("RIFF"));
    put_foreign(head, in, 4);
    put(head, TEXT("WEBP"));
    put(head, kind, 4);
    put_foreign(head, in, 4);
}

/* The two bits above each number say how to scale it, which does not count. */
static void make_webp(picture_head *head, input *in) {
    draw_size(head, in, 14, 0);
    start_webp(head, in, "VP8 ");
    put_foreign(head, in, 3);
    put(head, TEXT("\x9D\x01\x2A"));
    put_little(head, head->width | (int64_t)input_below(in, 4) << 14, 2);
    put_little(head, head->height | (int64_t)input_below(in, 4) << 14, 2);
}

static void make_lossless_webp(picture_head *head, input *in) {
    draw_size(head, in, 14, 1);
    start_webp(head, in, "VP8L");
    put(head, TEXT("\x2F"));
    put_little(
        head, (head->width - 1) | (head->height - 1) << 14 | (int64_t)input_below(in, 16) << 28, 4);
    put_foreign(head, in, 5);
}

static void make_extended_webp(picture_head *head, input *in) {
    draw_size(head, in, 24, 1);
    start_webp(head, in, "VP8X");
    put_foreign(head, in, 4);
    put_little(head, head->width - 1, 3);
    put_little(head, head->height - 1, 3);
}

/* What may stand in front of a frame: fill bytes, marks without a length, and parts with one. */
static void put_jpeg_part(picture_head *head, input *in) {
    static const uint8_t parts[] = {0xE0, 0xE1, 0xEE, 0xDB, 0xC4, 0xC8, 0xCC, 0xDD, 0xFE};
    size_t kind = input_below(in, 4);
    put_byte(head, 0xFF);
    if (kind == 0) {
        return; /* a fill byte, as each that follows begins with another one */
    }
    if (kind == 1) {
        put_byte(head, input_below(in, 2) == 0 ? 0x01 : 0xD0 + (int64_t)input_below(in, 8));
        return;
    }
    size_t length = input_below(in, 40);
    put_byte(head, parts[input_below(in, COUNT(parts))]);
    put_big(head, (int64_t)length + 2, 2);
    put_foreign(head, in, length);
}

static void make_jpeg(picture_head *head, input *in) {
    static const uint8_t frames[] = {0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7,
                                     0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF};
    draw_size(head, in, 16, 0);
    put(head, TEXT("\xFF\xD8"));
    for (size_t parts = input_below(in, 9); parts > 0; parts--) {
        put_jpeg_part(head, in);
    }
    put_byte(head, 0xFF);
    put_byte(head, frames[input_below(in, COUNT(frames))]);
    put(head, TEXT("\0\x0B\x08"));
    put_big(head, head->height, 2);
    put_big(head, head->width, 2);
}

void picture_make_head(input *in, picture_head *head) {
    static const struct {
        cv_picture_format format;
        void (*make)(picture_head *head, input *in);
    } kinds[] = {
        {CV_PICTURE_JPEG, make_jpeg},
        {CV_PICTURE_PNG, make_png},
        {CV_PICTURE_GIF, make_gif},
        {CV_PICTURE_BMP, make_bmp},
        {CV_PICTURE_BMP, make_old_bmp},
        {CV_PICTURE_WEBP, make_webp},
        {CV_PICTURE_WEBP, make_lossless_webp},
        {CV_PICTURE_WEBP, make_extended_webp},
    };
    size_t kind = input_below(in, COUNT(kinds));
    memset(head, 0, sizeof(*head));
    head->format = kinds[kind].format;
    kinds[kind].make(head, in);
}
