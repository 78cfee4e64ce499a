/* Owns the order of issue and episode numbers, which are free text. A number is compared digit by
 * digit, so that neither its length nor a fraction rounds anything off. The order is total but for
 * spellings of the same number, as sorting demands. Pure; any thread. */
#include <comicvine/help.h>

#include <string.h>

#include "resources/piece.h"

/* Digits within a text. */
typedef struct digits {
    const char *text;
    size_t count;
} digits;

/* A number and what follows it. */
typedef struct reading {
    int rank; /* first numbers, then other texts, then none */
    bool is_negative;
    digits whole;    /* without zeros in front */
    digits fraction; /* without zeros at the end */
    cvi_piece rest;
} reading;

enum { RANK_NUMBER, RANK_TEXT, RANK_NONE };

/* A fraction in one spelling; more digits than any issue number tells apart. */
typedef struct spelt_fraction {
    const char *spelling;
    const char *decimals;
} spelt_fraction;

/* Those with a character of their own. */
static const spelt_fraction vulgar_fractions[] = {
    {"\xC2\xBC", "25"},         {"\xC2\xBD", "5"},          {"\xC2\xBE", "75"},
    {"\xE2\x85\x90", "142857"}, {"\xE2\x85\x91", "111111"}, {"\xE2\x85\x92", "1"},
    {"\xE2\x85\x93", "333333"}, {"\xE2\x85\x94", "666667"}, {"\xE2\x85\x95", "2"},
    {"\xE2\x85\x96", "4"},      {"\xE2\x85\x97", "6"},      {"\xE2\x85\x98", "8"},
    {"\xE2\x85\x99", "166667"}, {"\xE2\x85\x9A", "833333"}, {"\xE2\x85\x9B", "125"},
    {"\xE2\x85\x9C", "375"},    {"\xE2\x85\x9D", "625"},    {"\xE2\x85\x9E", "875"},
};

/* Those that are typed. Comics are numbered in halves, thirds and quarters; what else has a
 * slash is a double number, such as "5/6" and "101/102". */
static const spelt_fraction typed_fractions[] = {
    {"1/4", "25"}, {"1/3", "333333"}, {"1/2", "5"}, {"2/3", "666667"}, {"3/4", "75"},
};

static bool is_digit(char character) {
    return character >= '0' && character <= '9';
}

static digits digits_at(cvi_piece text) {
    digits found = {text.text, 0};
    while (found.count < text.length && is_digit(text.text[found.count])) {
        found.count++;
    }
    return found;
}

static digits without_leading_zeros(digits number) {
    while (number.count > 0 && number.text[0] == '0') {
        number.text++;
        number.count--;
    }
    return number;
}

static digits without_final_zeros(digits number) {
    while (number.count > 0 && number.text[number.count - 1] == '0') {
        number.count--;
    }
    return number;
}

static const spelt_fraction *find_fraction(const spelt_fraction *fractions, size_t count,
                                           cvi_piece text) {
    for (size_t i = 0; i < count; i++) {
        size_t length = strlen(fractions[i].spelling);
        if (length <= text.length && memcmp(text.text, fractions[i].spelling, length) == 0) {
            return &fractions[i];
        }
    }
    return NULL;
}

static const spelt_fraction *typed_fraction_at(cvi_piece text) {
    const spelt_fraction *typed =
        find_fraction(typed_fractions, sizeof(typed_fractions) / sizeof(typed_fractions[0]), text);
    size_t length = typed != NULL ? strlen(typed->spelling) : 0;
    bool goes_on =
        length < text.length && (is_digit(text.text[length]) || text.text[length] == '/');
    return goes_on ? NULL : typed; /* "1/25" and "1/2/3" are none */
}

static const spelt_fraction *vulgar_fraction_at(cvi_piece text) {
    return find_fraction(vulgar_fractions, sizeof(vulgar_fractions) / sizeof(vulgar_fractions[0]),
                         text);
}

static cvi_piece behind(cvi_piece text, size_t length) {
    return (cvi_piece){text.text + length, text.length - length};
}

static bool begins_decimals(cvi_piece text) {
    return text.length > 1 && text.text[0] == '.' && is_digit(text.text[1]);
}

/* Reads the fraction that `text` begins with, if there is one, and answers what follows it. A whole
 * number may have a blank behind it, and must have it before a typed fraction: "11/2" is none. */
static cvi_piece read_fraction(cvi_piece text, bool has_whole, digits *fraction) {
    bool is_apart = has_whole && text.length > 0 && text.text[0] == ' ';
    cvi_piece begin = behind(text, is_apart ? 1 : 0);
    const spelt_fraction *found = !has_whole || is_apart ? typed_fraction_at(begin) : NULL;
    if (found == NULL) {
        found = vulgar_fraction_at(begin);
    }
    if (found != NULL) {
        *fraction = (digits){found->decimals, strlen(found->decimals)};
        return behind(begin, strlen(found->spelling));
    }
    *fraction = (digits){text.text, 0};
    if (!begins_decimals(text)) {
        return text;
    }
    digits decimals = digits_at(behind(text, 1));
    *fraction = without_final_zeros(decimals);
    return behind(text, 1 + decimals.count);
}

static bool begins_number(cvi_piece text) {
    return (text.length > 0 && is_digit(text.text[0])) || begins_decimals(text) ||
           vulgar_fraction_at(text) != NULL;
}

static reading read_number(const char *spelling) {
    cvi_piece text = cvi_piece_trim(cvi_piece_of(spelling != NULL ? spelling : ""));
    bool has_minus = text.length > 0 && text.text[0] == '-';
    cvi_piece begin = behind(text, has_minus ? 1 : 0);
    if (!begins_number(begin)) {
        return (reading){.rank = text.length > 0 ? RANK_TEXT : RANK_NONE, .rest = text};
    }
    digits whole = {begin.text, 0};
    if (typed_fraction_at(begin) == NULL) {
        whole = digits_at(begin);
    }
    reading number = {.rank = RANK_NUMBER, .whole = without_leading_zeros(whole)};
    number.rest = read_fraction(behind(begin, whole.count), whole.count > 0, &number.fraction);
    number.is_negative = has_minus && number.whole.count + number.fraction.count > 0;
    return number;
}

static int compare_sizes(size_t one, size_t other) {
    return (one > other) - (one < other);
}

/* Whole numbers without zeros in front: the longer one is larger. */
static int compare_whole(digits one, digits other) {
    int order = compare_sizes(one.count, other.count);
    return order != 0 ? order : memcmp(one.text, other.text, one.count);
}

static int compare_fractions(digits one, digits other) {
    size_t common = one.count < other.count ? one.count : other.count;
    int order = memcmp(one.text, other.text, common);
    return order != 0 ? order : compare_sizes(one.count, other.count);
}

static int compare_values(const reading *one, const reading *other) {
    if (one->is_negative != other->is_negative) {
        return one->is_negative ? -1 : 1;
    }
    int order = compare_whole(one->whole, other->whole);
    if (order == 0) {
        order = compare_fractions(one->fraction, other->fraction);
    }
    return one->is_negative ? (order < 0) - (order > 0) : order;
}

static int lower(char character) {
    unsigned char byte = (unsigned char)character;
    return byte >= 'A' && byte <= 'Z' ? byte - 'A' + 'a' : byte;
}

/* Compares where two texts go on with a digit or something else, and moves behind it. */
static int compare_next(cvi_piece *one, cvi_piece *other) {
    if (!is_digit(one->text[0]) || !is_digit(other->text[0])) {
        int order = lower(one->text[0]) - lower(other->text[0]);
        *one = behind(*one, 1);
        *other = behind(*other, 1);
        return order;
    }
    digits first = digits_at(*one);
    digits second = digits_at(*other);
    *one = behind(*one, first.count);
    *other = behind(*other, second.count);
    return compare_whole(without_leading_zeros(first), without_leading_zeros(second));
}

/* Compares what stands behind the numbers; digits in it go by value. */
static int compare_rests(cvi_piece one, cvi_piece other) {
    int order = 0;
    while (order == 0 && one.length > 0 && other.length > 0) {
        order = compare_next(&one, &other);
    }
    return order != 0 ? order : compare_sizes(one.length, other.length);
}

int cv_issue_number_compare(const char *one, const char *other) {
    reading first = read_number(one);
    reading second = read_number(other);
    int order = first.rank - second.rank;
    if (order == 0 && first.rank == RANK_NUMBER) {
        order = compare_values(&first, &second);
    }
    return order != 0 ? order : compare_rests(first.rest, second.rest);
}
