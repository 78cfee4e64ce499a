/* Owns the form of tokens: "comicvine-walk-1", then "&name=value" for each member that is set,
 * values percent-encoded, then a checksum of all before it. The checksum finds damage, not malice:
 * whoever resumes checks the query like any other. Pure functions. */
#include "client/token.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "client/url.h"
#include "resources/number.h"
#include "support/digest.h"
#include "support/error.h"

#define VERSION "comicvine-walk-1"
#define CHECK   "&check="

enum { CHECK_DIGITS = 16 };

typedef struct member {
    const char *name;
    size_t offset;
    bool is_text;
} member;

#define TEXT(name)                                                                                 \
    { #name, offsetof(cvi_bookmark, name), true }
#define NUMBER(name)                                                                               \
    { #name, offsetof(cvi_bookmark, name), false }

static const member members[] = {
    TEXT(path),
    TEXT(query),
    TEXT(resources),
    TEXT(fields),
    TEXT(filter),
    TEXT(sort),
    TEXT(subscriber_only),
    TEXT(video_type),
    NUMBER(limit),
    NUMBER(allow_unknown),
    NUMBER(priority),
    NUMBER(offset),
    NUMBER(page),
    NUMBER(index),
    NUMBER(last_id),
    NUMBER(last_type),
    NUMBER(total),
};

enum { MEMBER_COUNT = sizeof(members) / sizeof(members[0]) };

/* ---- writing ---- */

static void write_member(const cvi_bookmark *bookmark, const member *row, cvi_buffer *out) {
    const char *place = (const char *)bookmark + row->offset;
    const char *text = NULL;
    int64_t number = 0;
    if (row->is_text) {
        memcpy(&text, place, sizeof(text));
    } else {
        memcpy(&number, place, sizeof(number));
    }
    if (row->is_text && text == NULL) {
        return;
    }
    cvi_buffer_add_char(out, '&');
    cvi_buffer_add_text(out, row->name);
    cvi_buffer_add_char(out, '=');
    if (row->is_text) {
        cvi_url_encode(out, text);
    } else {
        cvi_buffer_add_int(out, number);
    }
}

static void add_check(cvi_buffer *out, const char *text, size_t length) {
    cvi_buffer_add_format(out, CHECK "%016" PRIx64, (uint64_t)cvi_checksum(text, length));
}

void cvi_token_write(const cvi_bookmark *bookmark, cvi_buffer *out) {
    size_t start = out->length;
    cvi_buffer_add_text(out, VERSION);
    for (size_t i = 0; i < MEMBER_COUNT; i++) {
        write_member(bookmark, &members[i], out);
    }
    if (!out->failed) {
        add_check(out, out->data + start, out->length - start);
    }
}

/* ---- reading ---- */

static bool refuse(cv_error *error, const char *reason) {
    cvi_error_set(error, CV_ERROR_ARGUMENT, "the token %s", reason);
    return false;
}

static bool is_whole(const char *token, size_t length) {
    char check[sizeof(CHECK) + CHECK_DIGITS];
    size_t check_length = sizeof(CHECK) - 1 + CHECK_DIGITS;
    if (length < check_length) {
        return false;
    }
    cvi_buffer text;
    cvi_buffer_over(&text, check, sizeof(check));
    add_check(&text, token, length - check_length);
    return memcmp(check, token + length - check_length, check_length) == 0;
}

/* The value of a hex digit as cvi_url_encode writes it; -1: it is none. */
static int digit_of(char digit) {
    static const char digits[] = "0123456789ABCDEF";
    const char *found = digit != '\0' ? strchr(digits, digit) : NULL;
    return found != NULL ? (int)(found - digits) : -1;
}

/* Decodes within `text`; false: an escape is broken. */
static bool decode(char *text) {
    char *out = text;
    for (const char *next = text; *next != '\0'; next++) {
        if (*next != '%') {
            *out++ = *next;
            continue;
        }
        int high = digit_of(next[1]);
        int low = high >= 0 ? digit_of(next[2]) : -1;
        if (low < 0 || high + low == 0) {
            return false;
        }
        *out++ = (char)(unsigned char)(high * 16 + low);
        next += 2;
    }
    *out = '\0';
    return true;
}

static bool set_member(const member *row, char *value, cvi_bookmark *bookmark) {
    char *place = (char *)bookmark + row->offset;
    if (row->is_text) {
        memcpy(place, &value, sizeof(value));
        return decode(value);
    }
    int64_t number = 0;
    bool read = cvi_number_read(value, strlen(value), &number);
    memcpy(place, &number, sizeof(number));
    return read;
}

/* Reads one "name=value", which it takes apart. */
static bool read_pair(char *pair, cvi_bookmark *bookmark) {
    char *value = strchr(pair, '=');
    if (value == NULL) {
        return false;
    }
    *value++ = '\0';
    for (size_t i = 0; i < MEMBER_COUNT; i++) {
        if (strcmp(members[i].name, pair) == 0) {
            return set_member(&members[i], value, bookmark);
        }
    }
    return false;
}

/* Reads all pairs behind the version; the text is taken apart. */
static bool read_pairs(char *text, cvi_bookmark *bookmark) {
    for (char *next = text; next != NULL;) {
        char *pair = next;
        next = strchr(pair, '&');
        if (next != NULL) {
            *next++ = '\0';
        }
        if (!read_pair(pair, bookmark)) {
            return false;
        }
    }
    return bookmark->path != NULL;
}

bool cvi_token_read(const char *token, cvi_arena *arena, cvi_bookmark *bookmark, cv_error *error) {
    size_t length = strlen(token);
    if (strncmp(token, VERSION "&", sizeof(VERSION)) != 0 || length > CVI_TOKEN_BYTES_MAX) {
        return refuse(error, "is none of this version of the library");
    }
    if (!is_whole(token, length)) {
        return refuse(error, "is damaged");
    }
    size_t prefix = sizeof(VERSION);
    size_t check_length = sizeof(CHECK) - 1 + CHECK_DIGITS;
    if (length < prefix + check_length) {
        return refuse(error, "is empty");
    }
    char *text = cvi_arena_copy_text(arena, token + prefix, length - prefix - check_length);
    if (text == NULL) {
        cvi_error_no_memory(error);
        return false;
    }
    memset(bookmark, 0, sizeof(*bookmark));
    return read_pairs(text, bookmark) || refuse(error, "says what no token says");
}
