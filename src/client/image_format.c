/* Owns the table of formats. Bytes come from outside: nothing is read that has not been counted. */
#include "client/image_format.h"

#include <stdbool.h>
#include <string.h>

typedef const unsigned char *bytes_in;

typedef struct known_format {
    cvi_image_format is;
    const char *magic; /* at the very start */
    size_t magic_size;
    size_t brand_at;   /* and then, at this place, one of the brands, which are equally long */
    size_t brand_size; /* 0: the magic says it all */
    const char *brands[2];
    void (*measure)(bytes_in bytes, size_t size, int64_t *width, int64_t *height);
} known_format;

/* ---- sizes ---- */

static int64_t big16(bytes_in at) {
    return (int64_t)at[0] << 8 | at[1];
}

static int64_t big32(bytes_in at) {
    return big16(at) << 16 | big16(at + 2);
}

static int64_t little16(bytes_in at) {
    return (int64_t)at[1] << 8 | at[0];
}

static int64_t little24(bytes_in at) {
    return (int64_t)at[2] << 16 | little16(at);
}

static int64_t little32(bytes_in at) {
    return little16(at + 2) << 16 | little16(at);
}

static void measure_png(bytes_in bytes, size_t size, int64_t *width, int64_t *height) {
    if (size >= 24 && memcmp(bytes + 12, "IHDR", 4) == 0) {
        *width = big32(bytes + 16);
        *height = big32(bytes + 20);
    }
}

static void measure_gif(bytes_in bytes, size_t size, int64_t *width, int64_t *height) {
    if (size >= 10) {
        *width = little16(bytes + 6);
        *height = little16(bytes + 8);
    }
}

/* Rows from the top down have a negative height; the oldest head has 16 bits of each. */
static void measure_bmp(bytes_in bytes, size_t size, int64_t *width, int64_t *height) {
    const int64_t sign = INT64_C(1) << 31;
    if (size < 26) {
        return;
    }
    if (little32(bytes + 14) == 12) {
        *width = little16(bytes + 18);
        *height = little16(bytes + 20);
        return;
    }
    int64_t rows = little32(bytes + 22);
    *width = little32(bytes + 18);
    *height = rows >= sign ? 2 * sign - rows : rows;
}

/* The frame of the old kind and of the lossless one, and the canvas of the extended kind. */
static void measure_webp(bytes_in bytes, size_t size, int64_t *width, int64_t *height) {
    if (size < 30) {
        return;
    }
    if (memcmp(bytes + 12, "VP8 ", 4) == 0 && memcmp(bytes + 23, "\x9D\x01\x2A", 3) == 0) {
        *width = little16(bytes + 26) & 0x3FFF;
        *height = little16(bytes + 28) & 0x3FFF;
    } else if (memcmp(bytes + 12, "VP8L", 4) == 0 && bytes[20] == 0x2F) {
        int64_t bits = little32(bytes + 21);
        *width = (bits & 0x3FFF) + 1;
        *height = (bits >> 14 & 0x3FFF) + 1;
    } else if (memcmp(bytes + 12, "VP8X", 4) == 0) {
        *width = little24(bytes + 24) + 1;
        *height = little24(bytes + 27) + 1;
    }
}

/* All starts of frames but what shares their row of numbers: tables and restarts. */
static bool starts_frame(unsigned char marker) {
    return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
}

/* Markers that stand alone; every other has a length behind it. */
static bool is_alone(unsigned char marker) {
    return marker == 0x01 || (marker >= 0xD0 && marker <= 0xD8);
}

/* From one marker to the next, up to the frame; what follows that, or the data, has none. */
static void measure_jpeg(bytes_in bytes, size_t size, int64_t *width, int64_t *height) {
    size_t at = 2;
    while (at + 9 <= size && bytes[at] == 0xFF) {
        unsigned char marker = bytes[at + 1];
        if (starts_frame(marker)) {
            *height = big16(bytes + at + 5);
            *width = big16(bytes + at + 7);
            return;
        }
        if (marker == 0xFF) { /* fill */
            at += 1;
        } else if (is_alone(marker)) {
            at += 2;
        } else if (marker == 0xDA) {
            return;
        } else {
            at += 2 + (size_t)big16(bytes + at + 2);
        }
    }
}

/* ---- formats ---- */

static const known_format known[] = {
    {{CV_PICTURE_JPEG, "image/jpeg", "jpg"}, "\xFF\xD8\xFF", 3, 0, 0, {NULL}, measure_jpeg},
    {{CV_PICTURE_PNG, "image/png", "png"}, "\x89PNG\r\n\x1A\n", 8, 0, 0, {NULL}, measure_png},
    {{CV_PICTURE_GIF, "image/gif", "gif"}, "GIF8", 4, 4, 2, {"7a", "9a"}, measure_gif},
    {{CV_PICTURE_WEBP, "image/webp", "webp"}, "RIFF", 4, 8, 4, {"WEBP"}, measure_webp},
    {{CV_PICTURE_BMP, "image/bmp", "bmp"}, "BM", 2, 6, 4, {"\0\0\0\0"}, measure_bmp},
    {{CV_PICTURE_AVIF, "image/avif", "avif"}, "\0\0\0", 3, 4, 8, {"ftypavif", "ftypavis"}, NULL},
};

static bool has_brand(const known_format *format, bytes_in bytes, size_t size) {
    const size_t most = sizeof(format->brands) / sizeof(format->brands[0]);
    bool found = format->brand_size == 0;
    if (size < format->brand_at + format->brand_size) {
        return false;
    }
    for (size_t i = 0; i < most && format->brands[i] != NULL; i++) {
        found =
            found || memcmp(bytes + format->brand_at, format->brands[i], format->brand_size) == 0;
    }
    return found;
}

static const known_format *find_format(bytes_in bytes, size_t size) {
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        const known_format *format = &known[i];
        if (size >= format->magic_size && memcmp(bytes, format->magic, format->magic_size) == 0 &&
            has_brand(format, bytes, size)) {
            return format;
        }
    }
    return NULL;
}

const cvi_image_format *cvi_image_format_of(const void *bytes, size_t size) {
    const known_format *format = bytes != NULL ? find_format(bytes, size) : NULL;
    return format != NULL ? &format->is : NULL;
}

void cvi_image_measure(const void *bytes, size_t size, int64_t *width, int64_t *height) {
    const known_format *format = bytes != NULL ? find_format(bytes, size) : NULL;
    *width = 0;
    *height = 0;
    if (format != NULL && format->measure != NULL) {
        format->measure(bytes, size, width, height);
    }
}
