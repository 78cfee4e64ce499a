/* Owns the cleaning of text. The parser checks no UTF-8 of ours and turns half surrogate pairs into
 * rubbish, so escapes are repaired before it and bytes behind it. One pass over plain text, no
 * allocation but from the arena. Any thread. */
#include "resources/text.h"

#include <stdint.h>
#include <string.h>

#define HIGH_BITS UINT64_C(0x8080808080808080)

static const char replacement[] = "\xEF\xBF\xBD"; /* U+FFFD */

enum { REPLACEMENT_LENGTH = sizeof(replacement) - 1, ESCAPE_LENGTH = 6 /* \u00e9 */ };

/* Bytes at the front that are plain ASCII. */
static size_t ascii_prefix(const char *text, size_t length) {
    size_t done = 0;
    while (length - done >= sizeof(uint64_t)) {
        uint64_t word;
        memcpy(&word, text + done, sizeof(word));
        if ((word & HIGH_BITS) != 0) {
            break;
        }
        done += sizeof(word);
    }
    while (done < length && (unsigned char)text[done] < 0x80) {
        done++;
    }
    return done;
}

/* What may follow a lead byte: so many bytes, the first of them within bounds (which is what rules
 * out overlong forms, surrogates and too large code points). */
typedef struct lead_rule {
    unsigned char first;
    unsigned char last;
    unsigned char low;
    unsigned char high;
    unsigned char trail_count;
} lead_rule;

static const lead_rule *find_rule(unsigned char lead) {
    static const lead_rule rules[] = {
        {0x00, 0x7F, 0x80, 0xBF, 0}, {0xC2, 0xDF, 0x80, 0xBF, 1}, {0xE0, 0xE0, 0xA0, 0xBF, 2},
        {0xE1, 0xEC, 0x80, 0xBF, 2}, {0xED, 0xED, 0x80, 0x9F, 2}, {0xEE, 0xEF, 0x80, 0xBF, 2},
        {0xF0, 0xF0, 0x90, 0xBF, 3}, {0xF1, 0xF3, 0x80, 0xBF, 3}, {0xF4, 0xF4, 0x80, 0x8F, 3},
    };
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        if (lead >= rules[i].first && lead <= rules[i].last) {
            return &rules[i];
        }
    }
    return NULL;
}

/* Bytes of the character at the front, or of the longest beginning of one (`*is_valid` false). */
static size_t character_length(const char *text, size_t length, bool *is_valid) {
    const lead_rule *rule = find_rule((unsigned char)text[0]);
    *is_valid = false;
    if (rule == NULL) {
        return 1;
    }
    unsigned char low = rule->low;
    unsigned char high = rule->high;
    for (size_t i = 1; i <= rule->trail_count; i++) {
        unsigned char trail = i < length ? (unsigned char)text[i] : 0;
        if (trail < low || trail > high) {
            return i;
        }
        low = 0x80;
        high = 0xBF;
    }
    *is_valid = true;
    return (size_t)rule->trail_count + 1;
}

/* Bytes at the front that are valid UTF-8. */
static size_t valid_prefix(const char *text, size_t length) {
    size_t done = ascii_prefix(text, length);
    while (done < length) {
        bool is_valid;
        size_t size = character_length(text + done, length - done, &is_valid);
        if (!is_valid) {
            return done;
        }
        done += size;
        done += ascii_prefix(text + done, length - done);
    }
    return done;
}

/* Writes the repaired text and a NUL to `out`, which has room for three bytes for each one. */
static void repair(const char *text, size_t length, char *out) {
    while (length > 0) {
        bool is_valid;
        size_t size = character_length(text, length, &is_valid);
        size_t out_size = is_valid ? size : REPLACEMENT_LENGTH;
        memcpy(out, is_valid ? text : replacement, out_size);
        out += out_size;
        text += size;
        length -= size;
    }
    *out = '\0';
}

static size_t repaired_length(const char *text, size_t length) {
    size_t total = 0;
    while (length > 0) {
        bool is_valid;
        size_t size = character_length(text, length, &is_valid);
        total += is_valid ? size : REPLACEMENT_LENGTH;
        text += size;
        length -= size;
    }
    return total;
}

/* Copies `size` bytes, from one word to two, which may overlap. False: not all of them are ASCII.
 */
static inline bool copy_two_words(char *copy, const char *text, size_t size) {
    uint64_t first; /* no array: with one the function would have to guard the stack */
    uint64_t last;
    memcpy(&first, text, sizeof(first));
    memcpy(&last, text + size - sizeof(last), sizeof(last));
    if (((first | last) & HIGH_BITS) != 0) {
        return false;
    }
    memcpy(copy, &first, sizeof(first));
    memcpy(copy + size - sizeof(last), &last, sizeof(last));
    return true;
}

/* Copies plain ASCII from the front, and answers how many bytes that were: all, or nearly all
 * before the first that is none. Looking and copying in one go is what makes texts cheap. */
static inline size_t copy_ascii(char *copy, const char *text, size_t length) {
    enum { PIECE = 2 * sizeof(uint64_t) };
    size_t done = 0;
    for (; length - done >= PIECE; done += PIECE) {
        if (!copy_two_words(copy + done, text + done, PIECE)) {
            return done;
        }
    }
    if (length >= PIECE) { /* the last ones again, with what is left behind them */
        size_t last = length - PIECE;
        return copy_two_words(copy + last, text + last, PIECE) ? length : done;
    }
    if (length >= PIECE / 2) {
        return copy_two_words(copy, text, length) ? length : done;
    }
    for (; done < length && (unsigned char)text[done] < 0x80; done++) {
        copy[done] = text[done];
    }
    return done;
}

/* A text that holds broken sequences. */
static const char *store_repaired(cvi_arena *arena, const char *text, size_t length) {
    if (length > SIZE_MAX / REPLACEMENT_LENGTH - 1) {
        return NULL;
    }
    char *copy = cvi_arena_take_bytes(arena, repaired_length(text, length) + 1);
    if (copy != NULL) {
        repair(text, length, copy);
    }
    return copy;
}

const char *cvi_text_store(cvi_arena *arena, const char *text, size_t length) {
    char *copy = length < SIZE_MAX ? cvi_arena_take_bytes(arena, length + 1) : NULL;
    if (copy == NULL) {
        return NULL;
    }
    size_t done = copy_ascii(copy, text, length);
    if (done < length) {
        if (valid_prefix(text + done, length - done) < length - done) {
            return store_repaired(arena, text, length);
        }
        memcpy(copy + done, text + done, length - done);
    }
    copy[length] = '\0';
    return copy;
}

static int hex_value(char digit) {
    if (digit >= '0' && digit <= '9') {
        return digit - '0';
    }
    if (digit >= 'a' && digit <= 'f') {
        return digit - 'a' + 10;
    }
    return digit >= 'A' && digit <= 'F' ? digit - 'A' + 10 : -1;
}

/* The number of the escape at `text` (\u and four hex digits), or -1 if there is none. */
static int escape_value(const char *text, const char *end) {
    if (end - text < ESCAPE_LENGTH || text[0] != '\\' || text[1] != 'u') {
        return -1;
    }
    int value = 0;
    for (size_t i = 2; i < ESCAPE_LENGTH; i++) {
        int digit = hex_value(text[i]);
        if (digit < 0) {
            return -1;
        }
        value = value * 16 + digit;
    }
    return value;
}

static bool is_high_half(int value) {
    return value >= 0xD800 && value <= 0xDBFF;
}

static bool is_low_half(int value) {
    return value >= 0xDC00 && value <= 0xDFFF;
}

/* The number of the character that the escape at `*text` stands for, and goes behind it; -1: it
 * stands for none, as half a pair and NUL do. */
static int32_t read_character(const char **text, const char *end) {
    int32_t value = escape_value(*text, end);
    if (value <= 0 || is_low_half(value)) {
        return -1;
    }
    *text += ESCAPE_LENGTH;
    if (!is_high_half(value)) {
        return value;
    }
    int32_t low = escape_value(*text, end);
    if (!is_low_half(low)) {
        return -1;
    }
    *text += ESCAPE_LENGTH;
    return 0x10000 + ((value - 0xD800) << 10) + (low - 0xDC00);
}

static char *put_character(char *next, int32_t character) {
    static const struct {
        int32_t below;
        int lead;
        int trail_bits;
    } forms[] = {{0x80, 0, 0}, {0x800, 0xC0, 6}, {0x10000, 0xE0, 12}, {0x110000, 0xF0, 18}};
    size_t form = 0;
    while (character >= forms[form].below) {
        form++;
    }
    int bits = forms[form].trail_bits;
    *next++ = (char)(forms[form].lead | character >> bits);
    while (bits > 0) {
        bits -= 6;
        *next++ = (char)(0x80 | (character >> bits & 0x3F));
    }
    return next;
}

/* Writes what the escape at `escape` stands for to `*next`, both of which go on; NULL: no escape.
 */
static const char *unescape_one(const char *escape, const char *end, char **next) {
    static const char letters[] = "\"\\/bfnrt";
    static const char characters[] = "\"\\/\b\f\n\r\t";
    if (end - escape < 2) {
        return NULL;
    }
    const char *letter = memchr(letters, escape[1], sizeof(letters) - 1);
    if (letter != NULL) {
        *(*next)++ = characters[letter - letters];
        return escape + 2;
    }
    int32_t character = read_character(&escape, end);
    if (character < 0) {
        return NULL;
    }
    *next = put_character(*next, character);
    return escape;
}

bool cvi_text_unescape(const char *text, size_t length, char *plain, size_t *plain_length) {
    const char *end = text + length;
    char *next = plain;
    while (text != end) {
        const char *escape = memchr(text, '\\', (size_t)(end - text));
        size_t before = (size_t)((escape != NULL ? escape : end) - text);
        memcpy(next, text, before);
        next += before;
        text = escape != NULL ? unescape_one(escape, end, &next) : end;
        if (text == NULL) {
            return false;
        }
    }
    *plain_length = (size_t)(next - plain);
    return true;
}

/* Steps over the escape at `escape` (a backslash); `*is_bad` tells that it stands for nothing. */
static const char *step_over(const char *escape, const char *end, bool *is_bad) {
    int value = escape_value(escape, end);
    *is_bad = false;
    if (value < 0) {
        return end - escape < 2 ? end : escape + 2;
    }
    const char *next = escape + ESCAPE_LENGTH;
    if (is_high_half(value) && is_low_half(escape_value(next, end))) {
        return next + ESCAPE_LENGTH;
    }
    *is_bad = value == 0 || is_high_half(value) || is_low_half(value);
    return next;
}

/* The first bad escape that begins from `*next` on and before `limit`, or NULL. `*next` goes behind
 * it, or to where to look next. */
static const char *find_bad_escape(const char **next, const char *limit, const char *end) {
    const char *from = *next;
    const char *escape = NULL;
    while (from < limit && (escape = memchr(from, '\\', (size_t)(limit - from))) != NULL) {
        if (end - escape > 2 && escape[1] != 'u') { /* a quote, mostly */
            from = escape + 2;
            continue;
        }
        bool is_bad;
        from = step_over(escape, end, &is_bad);
        if (is_bad) {
            *next = from;
            return escape;
        }
    }
    *next = from < limit ? limit : from;
    return NULL;
}

cvi_text_repair cvi_text_repair_begin(const char *json, size_t size) {
    return (cvi_text_repair){.json = json, .size = size, .text = json};
}

/* Copies what lies between the last bad escape and the place `end`. */
static void copy_up_to(cvi_text_repair *repair, size_t end) {
    memcpy(repair->copy + repair->copied, repair->json + repair->copied, end - repair->copied);
    repair->copied = end;
}

static bool replace_escape(cvi_text_repair *repair, cvi_arena *arena, size_t place) {
    if (repair->copy == NULL) {
        repair->copy = repair->size < SIZE_MAX ? cvi_arena_take_bytes(arena, repair->size) : NULL;
        if (repair->copy == NULL) {
            return false;
        }
        repair->text = repair->copy;
    }
    copy_up_to(repair, place);
    memcpy(repair->copy + place, "\\ufffd", ESCAPE_LENGTH);
    repair->copied = place + ESCAPE_LENGTH;
    return true;
}

bool cvi_text_repair_step(cvi_text_repair *repair, cvi_arena *arena, size_t bytes) {
    const char *end = repair->json + repair->size;
    const char *next = repair->json + repair->done;
    const char *limit = bytes < (size_t)(end - next) ? next + bytes : end;
    const char *bad = NULL;
    while ((bad = find_bad_escape(&next, limit, end)) != NULL) {
        if (!replace_escape(repair, arena, (size_t)(bad - repair->json))) {
            return false;
        }
    }
    repair->done = (size_t)(next - repair->json);
    if (repair->done == repair->size && repair->copy != NULL) {
        copy_up_to(repair, repair->size);
    }
    return true;
}

const char *cvi_text_repair_escapes(cvi_arena *arena, const char *json, size_t size) {
    cvi_text_repair escapes = cvi_text_repair_begin(json, size);
    return cvi_text_repair_step(&escapes, arena, size) ? escapes.text : NULL;
}
