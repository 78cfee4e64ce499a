/* Owns the order of issue and episode numbers, which are free text. A number is compared digit by
 * digit, so that neither its length nor a fraction rounds anything off. The order is total but for
 * spellings of the same number, as sorting demands. Pure; any thread. */
#include <comicvine/help.h>

#include <string.h>

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
    const char *rest;
} reading;

enum { RANK_NUMBER, RANK_TEXT, RANK_NONE };

/* Fractions that have a character of their own; more digits than any issue number tells apart. */
typedef struct vulgar_fraction {
    const char *character;
    const char *decimals;
} vulgar_fraction;

static const vulgar_fraction vulgar_fractions[] = {
    {"\xC2\xBC", "25"},         {"\xC2\xBD", "5"},          {"\xC2\xBE", "75"},
    {"\xE2\x85\x90", "142857"}, {"\xE2\x85\x91", "111111"}, {"\xE2\x85\x92", "1"},
    {"\xE2\x85\x93", "333333"}, {"\xE2\x85\x94", "666667"}, {"\xE2\x85\x95", "2"},
    {"\xE2\x85\x96", "4"},      {"\xE2\x85\x97", "6"},      {"\xE2\x85\x98", "8"},
    {"\xE2\x85\x99", "166667"}, {"\xE2\x85\x9A", "833333"}, {"\xE2\x85\x9B", "125"},
    {"\xE2\x85\x9C", "375"},    {"\xE2\x85\x9D", "625"},    {"\xE2\x85\x9E", "875"},
};

static bool is_digit(char character) {
    return character >= '0' && character <= '9';
}

static digits digits_at(const char *text) {
    digits found = {text, 0};
    while (is_digit(text[found.count])) {
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

static const vulgar_fraction *vulgar_fraction_at(const char *text) {
    size_t count = sizeof(vulgar_fractions) / sizeof(vulgar_fractions[0]);
    for (size_t i = 0; i < count; i++) {
        const char *character = vulgar_fractions[i].character;
        if (strncmp(text, character, strlen(character)) == 0) {
            return &vulgar_fractions[i];
        }
    }
    return NULL;
}

/* Reads a fraction, if there is one, and answers what follows it. */
static const char *read_fraction(const char *text, digits *fraction) {
    const vulgar_fraction *vulgar = vulgar_fraction_at(text);
    if (vulgar != NULL) {
        *fraction = (digits){vulgar->decimals, strlen(vulgar->decimals)};
        return text + strlen(vulgar->character);
    }
    *fraction = (digits){text, 0};
    if (text[0] != '.' || !is_digit(text[1])) {
        return text;
    }
    digits decimals = digits_at(text + 1);
    *fraction = without_final_zeros(decimals);
    return decimals.text + decimals.count;
}

static bool begins_number(const char *text) {
    return is_digit(text[0]) || (text[0] == '.' && is_digit(text[1])) ||
           vulgar_fraction_at(text) != NULL;
}

static reading read_number(const char *text) {
    bool has_minus = text[0] == '-';
    const char *begin = has_minus ? text + 1 : text;
    if (!begins_number(begin)) {
        return (reading){.rank = *text != '\0' ? RANK_TEXT : RANK_NONE, .rest = text};
    }
    digits whole = digits_at(begin);
    reading number = {.rank = RANK_NUMBER, .whole = without_leading_zeros(whole)};
    number.rest = read_fraction(whole.text + whole.count, &number.fraction);
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

/* Compares what stands behind the numbers; digits in it go by value. */
static int compare_rests(const char *one, const char *other) {
    while (*one != '\0' && *other != '\0') {
        int order;
        if (is_digit(*one) && is_digit(*other)) {
            digits first = digits_at(one);
            digits second = digits_at(other);
            order = compare_whole(without_leading_zeros(first), without_leading_zeros(second));
            one += first.count;
            other += second.count;
        } else {
            order = lower(*one) - lower(*other);
            one++;
            other++;
        }
        if (order != 0) {
            return order;
        }
    }
    return (*one != '\0') - (*other != '\0');
}

int cv_issue_number_compare(const char *one, const char *other) {
    reading first = read_number(one != NULL ? one : "");
    reading second = read_number(other != NULL ? other : "");
    int order = first.rank - second.rank;
    if (order == 0 && first.rank == RANK_NUMBER) {
        order = compare_values(&first, &second);
    }
    return order != 0 ? order : compare_rests(first.rest, second.rest);
}
