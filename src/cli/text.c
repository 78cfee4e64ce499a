/* Owns what is known of letters: their bytes, their width, which of them are orders to a terminal.
 * Pure; widths are those of the C library, which needs a UTF-8 locale for them (main.c). */
#include "text.h"

#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "memory.h"

/* The bits of a first byte, and how many bytes follow; -1: it is none. */
static int follow_of(unsigned char byte, uint32_t *bits) {
    if (byte < 0x80) {
        *bits = byte;
        return 0;
    }
    if (byte >= 0xc2 && byte < 0xe0) {
        *bits = byte & 0x1fU;
        return 1;
    }
    if (byte >= 0xe0 && byte < 0xf0) {
        *bits = byte & 0x0fU;
        return 2;
    }
    if (byte >= 0xf0 && byte < 0xf5) {
        *bits = byte & 0x07U;
        return 3;
    }
    return -1;
}

size_t cli_letter_at(const char *text, size_t length, uint32_t *letter) {
    static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
    uint32_t bits = 0;
    int follow = follow_of((unsigned char)text[0], &bits);
    *letter = CLI_LETTER_BROKEN;
    if (follow < 0 || (size_t)follow >= length) {
        return 1;
    }
    for (int i = 1; i <= follow; i++) {
        unsigned char byte = (unsigned char)text[i];
        if ((byte & 0xc0U) != 0x80) {
            return 1;
        }
        bits = bits << 6 | (byte & 0x3fU);
    }
    if (bits < least[follow] || bits > 0x10ffff || (bits >= 0xd800 && bits < 0xe000)) {
        return 1;
    }
    *letter = bits;
    return (size_t)follow + 1;
}

bool cli_letter_is_control(uint32_t letter) {
    return letter < 0x20 || (letter >= 0x7f && letter < 0xa0) || letter == 0x2028 ||
           letter == 0x2029 || (letter >= 0x200e && letter <= 0x200f) ||
           (letter >= 0x202a && letter <= 0x202e) || (letter >= 0x2066 && letter <= 0x2069);
}

int cli_letter_width(uint32_t letter) {
    int width = letter < 0x7f ? 1 : wcwidth((wchar_t)letter);
    return width < 0 ? 1 : width; /* one that the C library does not know is shown somehow */
}

char *cli_text_clean(const char *text, size_t length) {
    cli_text out;
    cli_text_begin(&out);
    while (length > 0) {
        uint32_t letter = 0;
        size_t taken = cli_letter_at(text, length, &letter);
        if (letter == CLI_LETTER_BROKEN) {
            (void)fputs("\xef\xbf\xbd", out.file);
        } else if (cli_letter_is_control(letter)) {
            (void)fputc(' ', out.file);
        } else {
            (void)fwrite(text, 1, taken, out.file);
        }
        text += taken;
        length -= taken;
    }
    return cli_text_end(&out);
}

size_t cli_text_width(const char *text) {
    size_t length = strlen(text);
    size_t width = 0;
    for (size_t i = 0; i < length;) {
        uint32_t letter = 0;
        i += cli_letter_at(text + i, length - i, &letter);
        width += (size_t)cli_letter_width(letter);
    }
    return width;
}

/* Bytes of the beginning that fits into `columns`, and how many it takes. */
static size_t fitting(const char *text, size_t columns, size_t *width) {
    size_t length = strlen(text);
    size_t at = 0;
    *width = 0;
    while (at < length) {
        uint32_t letter = 0;
        size_t taken = cli_letter_at(text + at, length - at, &letter);
        size_t wide = (size_t)cli_letter_width(letter);
        if (*width + wide > columns) {
            break;
        }
        *width += wide;
        at += taken;
    }
    return at;
}

static void write_blanks(FILE *out, size_t count) {
    while (count-- > 0) {
        (void)fputc(' ', out);
    }
}

void cli_text_write_cell(FILE *out, const char *text, size_t columns, bool pads_left) {
    size_t width = cli_text_width(text);
    bool is_cut = width > columns;
    size_t bytes =
        is_cut && columns > 0 ? fitting(text, columns - 1, &width) : fitting(text, columns, &width);
    size_t blanks = columns - width - (is_cut && columns > 0 ? 1 : 0);
    write_blanks(out, pads_left ? blanks : 0);
    (void)fwrite(text, 1, bytes, out);
    (void)fputs(is_cut && columns > 0 ? "\xe2\x80\xa6" : "", out);
    write_blanks(out, pads_left ? 0 : blanks);
}
