/* What the first bytes of images say: which format, how large; whatever is cut off behind them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/image_format.h"

#define BYTES(text) text, sizeof(text) - 1
#define COUNT(a)    (sizeof(a) / sizeof((a)[0]))

typedef struct sample {
    const char *name;
    const char *bytes;
    size_t size;
    cv_picture_format format;
    int64_t width;
    int64_t height;
} sample;

static const sample samples[] = {
    {"png", BYTES("\x89PNG\r\n\x1A\n\0\0\0\x0DIHDR\0\1\0\2\0\0\1\4"), CV_PICTURE_PNG, 65538, 260},
    {"gif 87", BYTES("GIF87a\2\1\4\3"), CV_PICTURE_GIF, 258, 772},
    {"gif 89", BYTES("GIF89a\2\1\4\3"), CV_PICTURE_GIF, 258, 772},
    {"bmp", BYTES("BM\1\1\1\1\0\0\0\0\x36\0\0\0\x28\0\0\0\5\0\0\0\6\0\0\0"), CV_PICTURE_BMP, 5, 6},
    {"bmp from the top", BYTES("BM\1\1\1\1\0\0\0\0\x36\0\0\0\x28\0\0\0\5\0\0\0\xFA\xFF\xFF\xFF"),
     CV_PICTURE_BMP, 5, 6},
    {"bmp of old", BYTES("BM\1\1\1\1\0\0\0\0\x1A\0\0\0\x0C\0\0\0\5\0\6\0\1\0\1\0"), CV_PICTURE_BMP,
     5, 6},
    {"webp", BYTES("RIFF\1\1\1\1WEBPVP8 \1\1\1\1\0\0\0\x9D\x01\x2A\7\x40\x08\x80"), CV_PICTURE_WEBP,
     7, 8},
    {"webp without loss", BYTES("RIFF\1\1\1\1WEBPVP8L\1\1\1\1\x2F\x06\xC0\x01\0\0\0\0\0\0"),
     CV_PICTURE_WEBP, 7, 8},
    {"webp extended", BYTES("RIFF\1\1\1\1WEBPVP8X\1\1\1\1\0\0\0\0\6\0\0\7\0\0"), CV_PICTURE_WEBP, 7,
     8},
    {"jpeg", BYTES("\xFF\xD8\xFF\xE0\0\6JFIF\xFF\xDB\0\3\1\xFF\xFF\xC0\0\x0B\x08\0\x09\0\x0A\3"),
     CV_PICTURE_JPEG, 10, 9},
    {"progressive jpeg", BYTES("\xFF\xD8\xFF\xC4\0\2\xFF\xC2\0\x0B\x08\1\0\2\0\3"), CV_PICTURE_JPEG,
     512, 256},
    {"avif",
     BYTES("\0\0\0\x20"
           "ftypavif\0\0\0\0"),
     CV_PICTURE_AVIF, 0, 0},
    {"avif of several",
     BYTES("\0\0\0\x20"
           "ftypavis\0\0\0\0"),
     CV_PICTURE_AVIF, 0, 0},
};

static void test_formats_are_known(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(samples); i++) {
        int64_t width = -1;
        int64_t height = -1;
        const cvi_image_format *format = cvi_image_format_of(samples[i].bytes, samples[i].size);
        cvi_image_measure(samples[i].bytes, samples[i].size, &width, &height);
        if (format == NULL || format->format != samples[i].format || width != samples[i].width ||
            height != samples[i].height) {
            fail_msg("%s: %d by %d", samples[i].name, (int)width, (int)height);
        }
    }
}

static void test_names_go_with_formats(void **state) {
    (void)state;
    static const char *const types[][2] = {
        [CV_PICTURE_JPEG] = {"image/jpeg", "jpg"}, [CV_PICTURE_PNG] = {"image/png", "png"},
        [CV_PICTURE_GIF] = {"image/gif", "gif"},   [CV_PICTURE_WEBP] = {"image/webp", "webp"},
        [CV_PICTURE_BMP] = {"image/bmp", "bmp"},   [CV_PICTURE_AVIF] = {"image/avif", "avif"},
    };
    for (size_t i = 0; i < COUNT(samples); i++) {
        const cvi_image_format *format = cvi_image_format_of(samples[i].bytes, samples[i].size);
        assert_non_null(format);
        assert_string_equal(format->content_type, types[samples[i].format][0]);
        assert_string_equal(format->extension, types[samples[i].format][1]);
    }
}

static void test_others_are_none(void **state) {
    (void)state;
    static const struct {
        const char *bytes;
        size_t size;
    } others[] = {
        {BYTES("")},
        {BYTES("<!DOCTYPE html><html>")},
        {BYTES("{\"error\":\"OK\"}")},
        {BYTES("BMW and other text of which nobody would think so")},
        {BYTES("GIF88a..........")},
        {BYTES("RIFF\1\1\1\1WAVEfmt ")},
        {BYTES("\0\0\0\x20"
               "ftypmp42\0\0\0\0")},
        {BYTES("\xFF\xD8 is not enough")},
        {BYTES("\x89PNG\n\x1A\n without the return")},
        {BYTES("<svg xmlns='http://www.w3.org/2000/svg'/>")},
    };
    for (size_t i = 0; i < COUNT(others); i++) {
        int64_t width = -1;
        int64_t height = -1;
        assert_null(cvi_image_format_of(others[i].bytes, others[i].size));
        cvi_image_measure(others[i].bytes, others[i].size, &width, &height);
        assert_int_equal(width, 0);
        assert_int_equal(height, 0);
    }
    assert_null(cvi_image_format_of(NULL, 0));
}

/* In memory of exactly that size, so that a byte too far is seen by who watches memory. */
static void test_nothing_is_read_behind_the_end(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(samples); i++) {
        for (size_t size = 0; size < samples[i].size; size++) {
            int64_t width = 0;
            int64_t height = 0;
            char *cut = malloc(size > 0 ? size : 1);
            assert_non_null(cut);
            memcpy(cut, samples[i].bytes, size);
            const cvi_image_format *format = cvi_image_format_of(cut, size);
            cvi_image_measure(cut, size, &width, &height);
            assert_true(format == NULL || format->format == samples[i].format);
            assert_true(width == 0 || width == samples[i].width);
            assert_true(height == 0 || height == samples[i].height);
            free(cut);
        }
    }
}

/* Heads that lead nowhere, or behind the end. */
static void test_broken_heads_have_no_size(void **state) {
    (void)state;
    static const struct {
        const char *bytes;
        size_t size;
    } broken[] = {
        {BYTES("\xFF\xD8\xFF\xE0\xFF\xFF and nothing there")},
        {BYTES("\xFF\xD8\xFF\xE0\0\0\xFF\xE0\0\0\xFF\xE0\0\0\xFF\xE0\0\0\0\0\0")},
        {BYTES("\xFF\xD8\xFF\xDA\0\2\xFF\xC0\0\x0B\x08\0\x09\0\x0A\3")},
        {BYTES("\xFF\xD8\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF")},
        {BYTES("\x89PNG\r\n\x1A\n\0\0\0\x0DIDAT\0\1\0\2\0\0\1\4")},
        {BYTES("RIFF\1\1\1\1WEBPVP8 \1\1\1\1\0\0\0\0\0\0\7\x40\x08\x80")},
    };
    for (size_t i = 0; i < COUNT(broken); i++) {
        int64_t width = -1;
        int64_t height = -1;
        assert_non_null(cvi_image_format_of(broken[i].bytes, broken[i].size));
        cvi_image_measure(broken[i].bytes, broken[i].size, &width, &height);
        assert_int_equal(width, 0);
        assert_int_equal(height, 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_formats_are_known),
        cmocka_unit_test(test_names_go_with_formats),
        cmocka_unit_test(test_others_are_none),
        cmocka_unit_test(test_nothing_is_read_behind_the_end),
        cmocka_unit_test(test_broken_heads_have_no_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
