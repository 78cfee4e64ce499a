/* Owns the reading of dates, without the locale and without time_t, which knows few years. A text
 * is one of three formats from its first byte to its last, or no date. Pure; any thread. */
#include <comicvine/help.h>

#include <string.h>

/* What is still to be read. */
typedef struct cursor {
    const char *next;
} cursor;

static bool skip(cursor *at, char expected) {
    if (*at->next != expected) {
        return false;
    }
    at->next++;
    return true;
}

/* Reads `least` to `most` digits, as many as there are. */
static bool read_digits(cursor *at, int least, int most, int32_t *number) {
    int count = 0;
    *number = 0;
    while (count < most && *at->next >= '0' && *at->next <= '9') {
        *number = *number * 10 + (*at->next - '0');
        at->next++;
        count++;
    }
    return count >= least;
}

static bool read_month_name(cursor *at, int32_t *month) {
    static const char names[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                    "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    for (int32_t i = 0; i < 12; i++) {
        if (strncmp(at->next, names[i], 3) == 0) {
            at->next += 3;
            *month = i + 1;
            return true;
        }
    }
    return false;
}

static bool is_leap_year(int32_t year) {
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int32_t days_of(int32_t year, int32_t month) {
    static const int32_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return month == 2 && is_leap_year(year) ? 29 : days[month - 1];
}

static bool is_in_calendar(const cv_date *date) {
    return date->year >= 1 && date->month >= 1 && date->month <= 12 && date->day >= 1 &&
           date->day <= days_of(date->year, date->month);
}

/* ".000000" behind the seconds; nothing is fine too. */
static bool skip_fraction(cursor *at) {
    int32_t digits;
    return *at->next != '.' || (skip(at, '.') && read_digits(at, 1, 6, &digits));
}

static bool read_time(cursor *at, cv_date *date) {
    if (*at->next == '\0') {
        return true;
    }
    date->has_time = true;
    return skip(at, ' ') && read_digits(at, 2, 2, &date->hour) && skip(at, ':') &&
           read_digits(at, 2, 2, &date->minute) && skip(at, ':') &&
           read_digits(at, 2, 2, &date->second) && skip_fraction(at) && date->hour < 24 &&
           date->minute < 60 && date->second < 60;
}

/* "1952-10-01", "1952-10-01 13:44:33", "1952-10-01 13:44:33.000000" */
static bool read_numeric(cursor *at, cv_date *date) {
    return read_digits(at, 4, 4, &date->year) && skip(at, '-') &&
           read_digits(at, 2, 2, &date->month) && skip(at, '-') &&
           read_digits(at, 2, 2, &date->day) && read_time(at, date);
}

/* "Dec 4, 1820" */
static bool read_named(cursor *at, cv_date *date) {
    return read_month_name(at, &date->month) && skip(at, ' ') &&
           read_digits(at, 1, 2, &date->day) && skip(at, ',') && skip(at, ' ') &&
           read_digits(at, 4, 4, &date->year);
}

bool cv_date_parse(const char *text, cv_date *date) {
    cursor at = {text != NULL ? text : ""};
    cv_date parsed = {.text = text};
    bool is_numeric = *at.next >= '0' && *at.next <= '9';
    bool is_read = is_numeric ? read_numeric(&at, &parsed) : read_named(&at, &parsed);
    if (!is_read || *at.next != '\0' || !is_in_calendar(&parsed)) {
        *date = (cv_date){.text = text};
        return false;
    }
    *date = parsed;
    return true;
}

int cv_date_compare(const cv_date *one, const cv_date *other) {
    const int32_t differences[] = {
        one->year - other->year, one->month - other->month,   one->day - other->day,
        one->hour - other->hour, one->minute - other->minute, one->second - other->second,
    };
    for (size_t i = 0; i < sizeof(differences) / sizeof(differences[0]); i++) {
        if (differences[i] != 0) {
            return differences[i] < 0 ? -1 : 1;
        }
    }
    return 0;
}
