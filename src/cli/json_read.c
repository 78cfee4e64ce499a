/* Owns the walk over JSON text. Pure, but for memory. */
#include "json_read.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"

cli_slice cli_slice_of(const char *text) {
    return (cli_slice){text, text ? strlen(text) : 0};
}

static bool is_blank(char letter) {
    return letter == ' ' || letter == '\t' || letter == '\n' || letter == '\r';
}

static size_t skip_blanks(cli_slice in, size_t at) {
    while (at < in.length && is_blank(in.text[at])) {
        at++;
    }
    return at;
}

/* Behind the text that begins at `at`. */
static size_t skip_text(cli_slice in, size_t at) {
    for (at++; at < in.length && in.text[at] != '"'; at++) {
        if (in.text[at] == '\\') {
            at++;
        }
    }
    return at < in.length ? at + 1 : in.length;
}

/* Behind the value that begins at `at`. */
static size_t skip_value(cli_slice in, size_t at) {
    size_t depth = 0;
    while (at < in.length) {
        char letter = in.text[at];
        if (letter == '"') {
            at = skip_text(in, at);
        } else if (letter == '{' || letter == '[') {
            depth++;
            at++;
        } else if (letter == '}' || letter == ']') {
            if (depth == 0) {
                return at;
            }
            depth--;
            at++;
        } else if (depth == 0 && (letter == ',' || is_blank(letter))) {
            return at;
        } else {
            at++;
            continue;
        }
        if (depth == 0) {
            return at;
        }
    }
    return in.length;
}

/* Reads `"name" :`; answers where the value begins. */
static size_t take_name(cli_slice in, size_t at, cli_slice *name) {
    size_t end = skip_text(in, at);
    *name = (cli_slice){in.text + at + 1, end - at >= 2 ? end - at - 2 : 0};
    at = skip_blanks(in, end);
    return at < in.length && in.text[at] == ':' ? skip_blanks(in, at + 1) : in.length;
}

bool cli_json_next(cli_slice value, size_t *at, cli_slice *name, cli_slice *item) {
    if (value.length == 0 || (value.text[0] != '{' && value.text[0] != '[')) {
        return false;
    }
    size_t here = skip_blanks(value, *at == 0 ? 1 : *at);
    if (here < value.length && value.text[here] == ',') {
        here = skip_blanks(value, here + 1);
    }
    if (here >= value.length || value.text[here] == '}' || value.text[here] == ']') {
        return false;
    }
    cli_slice found = {NULL, 0};
    if (value.text[0] == '{') {
        here = take_name(value, here, &found);
    }
    size_t end = skip_value(value, here);
    if (here >= end) {
        return false;
    }
    *item = (cli_slice){value.text + here, end - here};
    if (name) {
        *name = found;
    }
    *at = end;
    return true;
}

static cli_slice member(cli_slice object, const char *wanted, size_t length) {
    size_t at = 0;
    cli_slice name;
    cli_slice item;
    while (object.length > 0 && object.text[0] == '{' && cli_json_next(object, &at, &name, &item)) {
        if (name.length == length && memcmp(name.text, wanted, length) == 0) {
            return item;
        }
    }
    return (cli_slice){NULL, 0};
}

cli_slice cli_json_find(cli_slice object, const char *path, size_t length) {
    const char *end = path + length;
    while (object.text) {
        const char *dot = memchr(path, '.', (size_t)(end - path));
        object = member(object, path, (size_t)((dot ? dot : end) - path));
        if (!dot) {
            break;
        }
        path = dot + 1;
    }
    return object;
}

/* ---- texts ---- */

static int hex_digit(char letter) {
    static const char digits[] = "0123456789abcdefABCDEF";
    const char *found = letter != '\0' ? strchr(digits, letter) : NULL;
    int digit = found ? (int)(found - digits) : -1;
    return digit < 16 ? digit : digit - 6;
}

/* The four digits behind "\u"; -1: they are none. */
static int32_t hex_at(cli_slice in, size_t at) {
    int32_t number = 0;
    for (size_t i = at; i < at + 4; i++) {
        int digit = i < in.length ? hex_digit(in.text[i]) : -1;
        if (digit < 0) {
            return -1;
        }
        number = number * 16 + digit;
    }
    return number;
}

static void write_utf8(FILE *out, uint32_t letter) {
    if (letter < 0x80) {
        (void)fputc((int)letter, out);
        return;
    }
    int follow = letter < 0x800 ? 1 : letter < 0x10000 ? 2 : 3;
    static const uint32_t marks[] = {0, 0xc0, 0xe0, 0xf0};
    (void)fputc((int)(marks[follow] | letter >> 6 * follow), out);
    while (follow-- > 0) {
        (void)fputc((int)(0x80 | (letter >> 6 * follow & 0x3f)), out);
    }
}

/* Writes what "\uXXXX" at `at` stands for, two of them where they belong together; answers where it
 * ends. */
static size_t write_unicode(FILE *out, cli_slice in, size_t at) {
    int32_t first = hex_at(in, at + 2);
    if (first < 0) {
        return in.length;
    }
    bool is_high = first >= 0xd800 && first < 0xdc00;
    bool is_pair =
        is_high && at + 7 < in.length && in.text[at + 6] == '\\' && in.text[at + 7] == 'u';
    int32_t second = is_pair ? hex_at(in, at + 8) : -1;
    if (second >= 0xdc00 && second < 0xe000) {
        write_utf8(out, (uint32_t)(0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00)));
        return at + 12;
    }
    bool is_half = first >= 0xd800 && first < 0xe000;
    write_utf8(out, is_half || first == 0 ? 0xfffd : (uint32_t)first); /* 0 would end the text */
    return at + 6;
}

static size_t write_escape(FILE *out, cli_slice in, size_t at) {
    static const char letters[] = "bfnrt";
    static const char meant[] = "\b\f\n\r\t";
    char letter = in.text[at + 1];
    if (letter == 'u') {
        return write_unicode(out, in, at);
    }
    const char *found = memchr(letters, letter, sizeof(letters) - 1);
    (void)fputc(found ? meant[found - letters] : letter, out);
    return at + 2;
}

/* What the text in quotes says. */
static void write_decoded(FILE *out, cli_slice value) {
    cli_slice inner = {value.text + 1, value.length >= 2 ? value.length - 2 : 0};
    for (size_t at = 0; at < inner.length;) {
        if (inner.text[at] == '\\' && at + 1 < inner.length) {
            at = write_escape(out, inner, at);
        } else {
            (void)fputc(inner.text[at++], out);
        }
    }
}

static bool is_word(cli_slice value, const char *word) {
    return value.length == strlen(word) && memcmp(value.text, word, value.length) == 0;
}

char *cli_json_cell(cli_slice value) {
    cli_text out;
    cli_text_begin(&out);
    if (value.length > 0 && value.text[0] == '"') {
        write_decoded(out.file, value);
    } else if (value.text && !is_word(value, "null")) {
        (void)fwrite(value.text, 1, value.length, out.file);
    }
    return cli_text_end(&out);
}

/* ---- for people ---- */

/* What an object is called. */
static cli_slice title_of(cli_slice object) {
    static const char *const names[] = {"name",       "caption",      "date",
                                        "medium_url", "original_url", "id"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        cli_slice found = member(object, names[i], strlen(names[i]));
        if (found.length > 0 && !is_word(found, "null") && !is_word(found, "\"\"")) {
            return found;
        }
    }
    return (cli_slice){NULL, 0};
}

static void write_plain(FILE *out, cli_slice value) {
    if (value.length > 0 && value.text[0] == '{') {
        value = title_of(value);
    }
    if (value.length == 0 || is_word(value, "null") || is_word(value, "false")) {
        return;
    }
    if (value.text[0] == '"') {
        write_decoded(out, value);
    } else {
        (void)fwrite(value.text, 1, value.length, out);
    }
}

char *cli_json_plain(cli_slice value) {
    cli_text out;
    cli_text_begin(&out);
    if (value.length == 0 || value.text[0] != '[') {
        write_plain(out.file, value);
        return cli_text_end(&out);
    }
    size_t at = 0;
    cli_slice item;
    for (bool is_first = true; cli_json_next(value, &at, NULL, &item); is_first = false) {
        (void)fputs(is_first ? "" : ", ", out.file);
        write_plain(out.file, item);
    }
    return cli_text_end(&out);
}

/* ---- over several lines ---- */

static void new_line(FILE *out, int indent) {
    (void)fprintf(out, "\n%*s", indent, "");
}

void cli_json_pretty(FILE *out, cli_slice value, int indent) {
    size_t at = 0;
    cli_slice name;
    cli_slice item;
    bool is_empty = true;
    while (cli_json_next(value, &at, &name, &item)) {
        (void)fputs(is_empty ? (value.text[0] == '{' ? "{" : "[") : ",", out);
        is_empty = false;
        new_line(out, indent + 2);
        if (name.text) {
            (void)fprintf(out, "\"%.*s\": ", (int)name.length, name.text);
        }
        cli_json_pretty(out, item, indent + 2); /* as deep as the library lets answers be */
    }
    if (is_empty) {
        (void)fwrite(value.text, 1, value.length, out);
        return;
    }
    new_line(out, indent);
    (void)fputc(value.text[0] == '{' ? '}' : ']', out);
}
