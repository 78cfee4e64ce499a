/* Owns the writing of durations, and the look at the clock. No state. */
#include "duration.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

typedef struct unit {
    const char *name;
    int64_t ms;
} unit;

enum {
    SECOND_MS = 1000,
    MINUTE_MS = 60 * SECOND_MS,
    HOUR_MS = 60 * MINUTE_MS,
    DAY_MS = 24 * HOUR_MS
};
static const unit units[] = {{"ms", 1},      {"s", SECOND_MS}, {"m", MINUTE_MS},
                             {"h", HOUR_MS}, {"d", DAY_MS},    {"", SECOND_MS}};

/* The unit whose letters stand before the next digit or the end; NULL: there is none such. */
static const unit *unit_at(const char *text, size_t *length) {
    *length = strcspn(text, "0123456789");
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (strlen(units[i].name) == *length && strncmp(units[i].name, text, *length) == 0) {
            return &units[i];
        }
    }
    return NULL;
}

/* One number with its unit, added to `sum`. NULL: it is none. */
static const char *add_part(const char *text, int64_t *sum) {
    int64_t number = 0;
    size_t digits = 0;
    for (; text[digits] >= '0' && text[digits] <= '9'; digits++) {
        if (__builtin_mul_overflow(number, 10, &number) ||
            __builtin_add_overflow(number, text[digits] - '0', &number)) {
            return NULL;
        }
    }
    size_t letters = 0;
    const unit *found = digits > 0 ? unit_at(text + digits, &letters) : NULL;
    int64_t ms = 0;
    if (!found || __builtin_mul_overflow(number, found->ms, &ms) ||
        __builtin_add_overflow(*sum, ms, sum)) {
        return NULL;
    }
    return text + digits + letters;
}

int64_t cli_now_ms(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

bool cli_duration_parse(const char *text, int64_t *ms) {
    int64_t sum = 0;
    do {
        text = add_part(text, &sum);
    } while (text && *text != '\0');
    if (!text) {
        return false;
    }
    *ms = sum;
    return true;
}

void cli_duration_exact(int64_t ms, char text[CLI_DURATION_SIZE]) {
    size_t largest = 0;
    for (size_t i = 0; units[i].name[0] != '\0'; i++) {
        if (ms % units[i].ms == 0 && ms >= units[i].ms) {
            largest = i;
        }
    }
    (void)snprintf(text, CLI_DURATION_SIZE, "%lld%s", (long long)(ms / units[largest].ms),
                   units[largest].name);
}

void cli_duration_clock(int64_t ms, char text[CLI_DURATION_SIZE]) {
    long long s = (ms > 0 ? ms : 0) / SECOND_MS + (ms > 0 && ms % SECOND_MS != 0 ? 1 : 0);
    if (s >= 3600) {
        (void)snprintf(text, CLI_DURATION_SIZE, "%lld:%02lld:%02lld", s / 3600, s / 60 % 60,
                       s % 60);
    } else {
        (void)snprintf(text, CLI_DURATION_SIZE, "%lld:%02lld", s / 60, s % 60);
    }
}

void cli_duration_rough(int64_t ms, char text[CLI_DURATION_SIZE]) {
    static const unit largest[] = {
        {"d", DAY_MS}, {"h", HOUR_MS}, {"min", MINUTE_MS}, {"s", SECOND_MS}};
    size_t i = 0;
    while (i < sizeof(largest) / sizeof(largest[0]) - 1 && ms < largest[i].ms) {
        i++;
    }
    (void)snprintf(text, CLI_DURATION_SIZE, "%lld %s", (long long)(ms / largest[i].ms),
                   largest[i].name);
}
