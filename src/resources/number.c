/* Owns the reading of whole numbers. strtoll and strtod obey the locale and need a final NUL, so
 * the digits are walked here. Pure; any thread. */
#include "resources/number.h"

/* The parts of a number's text. `digits` counts from the first digit, without the point. */
typedef struct spelling {
    const char *first;     /* first digit */
    size_t whole_count;    /* digits before the point */
    size_t fraction_count; /* digits behind it */
    int64_t exponent;
    bool is_negative;
} spelling;

/* The first is far beyond any shift that a 64-bit number survives, and far from overflow. */
enum { EXPONENT_BOUND = 1000000, PLAIN_DIGITS_MAX = 18 };

static size_t count_digits(const char *text, const char *end) {
    const char *next = text;
    while (next < end && *next >= '0' && *next <= '9') {
        next++;
    }
    return (size_t)(next - text);
}

/* Reads what stands behind the 'e'. */
static bool read_exponent(const char *text, const char *end, int64_t *exponent) {
    bool is_negative = text < end && *text == '-';
    if (text < end && (*text == '-' || *text == '+')) {
        text++;
    }
    if (text == end || count_digits(text, end) != (size_t)(end - text)) {
        return false;
    }
    int64_t value = 0;
    for (; text < end; text++) {
        value = value < EXPONENT_BOUND ? value * 10 + (*text - '0') : EXPONENT_BOUND;
    }
    *exponent = is_negative ? -value : value;
    return true;
}

static bool split(const char *text, size_t length, spelling *parts) {
    const char *end = text + length;
    *parts = (spelling){0};
    parts->is_negative = text < end && *text == '-';
    const char *next = parts->is_negative ? text + 1 : text;
    parts->first = next;
    parts->whole_count = count_digits(next, end);
    if (parts->whole_count == 0) {
        return false;
    }
    next += parts->whole_count;
    if (next < end && *next == '.') {
        parts->fraction_count = count_digits(next + 1, end);
        if (parts->fraction_count == 0) {
            return false;
        }
        next += 1 + parts->fraction_count;
    }
    if (next < end && (*next == 'e' || *next == 'E')) {
        return read_exponent(next + 1, end, &parts->exponent);
    }
    return next == end;
}

static int digit_at(const spelling *parts, int64_t index) {
    size_t place = (size_t)index;
    if (place >= parts->whole_count) {
        place++; /* the point */
    }
    return parts->first[place] - '0';
}

/* Digits that cannot overflow: nearly every number that there is. */
bool cvi_number_read_digits(const char *text, size_t length, int64_t *number) {
    if (length == 0 || length > PLAIN_DIGITS_MAX || (text[0] == '0' && length > 1)) {
        return false;
    }
    int64_t value = 0;
    for (size_t i = 0; i < length; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return false;
        }
        value = value * 10 + (text[i] - '0');
    }
    *number = value;
    return true;
}

bool cvi_number_read(const char *text, size_t length, int64_t *number) {
    if (cvi_number_read_digits(text, length, number)) {
        return true;
    }
    spelling parts;
    if (length > INT32_MAX || !split(text, length, &parts)) {
        return false;
    }
    int64_t spelled = (int64_t)(parts.whole_count + parts.fraction_count);
    int64_t places = (int64_t)parts.whole_count + parts.exponent;
    int64_t value = 0; /* negative all along: INT64_MIN has no positive twin */
    for (int64_t i = 0; i < places; i++) {
        if (i >= spelled && value == 0) {
            break;
        }
        int digit = i < spelled ? digit_at(&parts, i) : 0;
        if (value < (INT64_MIN + digit) / 10) {
            return false;
        }
        value = value * 10 - digit;
    }
    if (!parts.is_negative && value == INT64_MIN) {
        return false;
    }
    *number = parts.is_negative ? value : -value;
    return true;
}

bool cvi_number_is_plain(const char *text, size_t length) {
    size_t sign = length > 0 && text[0] == '-' ? 1 : 0;
    if (length > sign && text[sign] == '0') {
        return length == 1;
    }
    return length > sign && count_digits(text + sign, text + length) == length - sign;
}
