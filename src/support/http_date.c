/* Owns the reading of HTTP's dates, by the calendar that they are of. Pure. */
#include "support/http_date.h"

#include <stddef.h>
#include <string.h>

/* A digit stands for any, and a letter for any of either case but those of GMT. */
bool cvi_http_date_has_form(const char *text) {
    static const char form[] = "Aaa, 00 Aaa 0000 00:00:00 GMT";
    if (strlen(text) != sizeof(form) - 1) {
        return false;
    }
    for (size_t i = 0; form[i] != '\0'; i++) {
        bool is_digit = text[i] >= '0' && text[i] <= '9';
        bool is_letter = (text[i] >= 'A' && text[i] <= 'Z') || (text[i] >= 'a' && text[i] <= 'z');
        bool fits = form[i] == '0'                     ? is_digit
                    : form[i] == 'A' || form[i] == 'a' ? is_letter
                                                       : text[i] == form[i];
        if (!fits) {
            return false;
        }
    }
    return true;
}

static int64_t number(const char *text, size_t digits) {
    int64_t value = 0;
    for (size_t i = 0; i < digits; i++) {
        value = value * 10 + (text[i] - '0');
    }
    return value;
}

/* From 1; 0: none of that name. */
static int64_t month_of(const char *text) {
    static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    for (size_t month = 0; month < 12; month++) {
        if (strncmp(names + 3 * month, text, 3) == 0) {
            return (int64_t)month + 1;
        }
    }
    return 0;
}

static bool is_leap(int64_t year) {
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int64_t days_of(int64_t year, int64_t month) {
    static const int64_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[month - 1] + (month == 2 && is_leap(year) ? 1 : 0);
}

/* Days from 1970-01-01 to the first of January. */
static int64_t days_before(int64_t year) {
    int64_t last = year - 1;
    return 365 * (year - 1970) + (last / 4 - last / 100 + last / 400) - (1969 / 4 - 19 + 4);
}

bool cvi_http_date_read(const char *text, int64_t *unix_s) {
    if (!cvi_http_date_has_form(text)) {
        return false;
    }
    int64_t day = number(text + 5, 2);
    int64_t month = month_of(text + 8);
    int64_t year = number(text + 12, 4);
    int64_t hour = number(text + 17, 2);
    int64_t minute = number(text + 20, 2);
    int64_t second = number(text + 23, 2);
    if (year < 1970 || month == 0 || day < 1 || day > days_of(year, month) || hour > 23 ||
        minute > 59 || second > 60) {
        return false;
    }
    int64_t days = days_before(year) + day - 1;
    for (int64_t before = 1; before < month; before++) {
        days += days_of(year, before);
    }
    *unix_s = ((days * 24 + hour) * 60 + minute) * 60 + second;
    return true;
}
