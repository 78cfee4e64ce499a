/* Dates of records and dates of HTTP's headers: what is read is a day of the calendar, and reads
 * the same when it is written again. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <comicvine/help.h>

#include "support/http_date.h"
#include "support/input.h"

static void check_again(const cv_date *date) {
    char text[64];
    cv_date again;
    snprintf(text, sizeof(text), "%04d-%02d-%02d %02d:%02d:%02d", (int)date->year, (int)date->month,
             (int)date->day, (int)date->hour, (int)date->minute, (int)date->second);
    REQUIRE(cv_date_parse(text, &again));
    REQUIRE(cv_date_compare(date, &again) == 0);
}

static void check_refused(const char *text, const cv_date *date) {
    const cv_date nothing = {.text = text};
    REQUIRE(date->text == text);
    REQUIRE(cv_date_compare(date, &nothing) == 0 && !date->has_time);
}

/* The system's own calendar says the same. */
static void check_calendar(const char *text, int64_t unix_s) {
    char written[64];
    struct tm parts;
    time_t instant = (time_t)unix_s;
    REQUIRE(unix_s >= 0 && gmtime_r(&instant, &parts) != NULL);
    REQUIRE(strftime(written, sizeof(written), "%d %b %Y %H:%M:%S GMT", &parts) > 0);
    bool is_leap_second = strncmp(text + 23, "60", 2) == 0;
    REQUIRE(is_leap_second || strcmp(text + 5, written) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    input in = {data, size};
    char *text = input_rest(&in);
    cv_date date;
    if (cv_date_parse(text, &date)) {
        REQUIRE(date.year >= 1 && date.year <= 9999);
        check_again(&date);
    } else {
        check_refused(text, &date);
    }
    int64_t unix_s = -7;
    if (cvi_http_date_read(text, &unix_s)) {
        REQUIRE(cvi_http_date_has_form(text));
        check_calendar(text, unix_s);
    } else {
        REQUIRE(unix_s == -7);
    }
    free(text);
    return 0;
}
