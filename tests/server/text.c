/* Spans of text. Pure functions; nothing is allocated and no span need end in a NUL. */
#include "text.h"

#include <string.h>

loopback_span loopback_span_of(const char *text) {
    return text ? (loopback_span){text, strlen(text)} : (loopback_span){"", 0};
}

bool loopback_span_next(loopback_span *rest, char delimiter, loopback_span *part) {
    if (!rest->start) {
        return false;
    }
    loopback_span before, after;
    if (loopback_span_cut(*rest, delimiter, &before, &after)) {
        *part = before;
        *rest = after;
        return true;
    }
    *part = *rest;
    *rest = (loopback_span){NULL, 0};
    return true;
}

bool loopback_span_cut(loopback_span text, char delimiter, loopback_span *before,
                       loopback_span *after) {
    const char *found = memchr(text.start, delimiter, text.length);
    if (!found) {
        return false;
    }
    size_t length = (size_t)(found - text.start);
    *before = (loopback_span){text.start, length};
    *after = (loopback_span){found + 1, text.length - length - 1};
    return true;
}

bool loopback_span_is(loopback_span span, const char *text) {
    return loopback_span_compare(span, loopback_span_of(text)) == 0;
}

int loopback_span_compare(loopback_span left, loopback_span right) {
    size_t common = left.length < right.length ? left.length : right.length;
    int order = memcmp(left.start, right.start, common);
    if (order != 0) {
        return order;
    }
    return (left.length > right.length) - (left.length < right.length);
}

static int lower(char c) {
    return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

static bool starts_ignoring_case(const char *text, loopback_span part) {
    for (size_t i = 0; i < part.length; i++) {
        if (lower(text[i]) != lower(part.start[i])) {
            return false;
        }
    }
    return true;
}

bool loopback_span_contains(loopback_span whole, loopback_span part) {
    for (size_t at = 0; at + part.length <= whole.length; at++) {
        if (starts_ignoring_case(whole.start + at, part)) {
            return true;
        }
    }
    return false;
}

bool loopback_span_number(loopback_span span, int64_t *number) {
    int64_t value = 0;
    for (size_t i = 0; i < span.length; i++) {
        int digit = span.start[i] - '0';
        if (digit < 0 || digit > 9 || value > (INT64_MAX - digit) / 10) {
            return false;
        }
        value = value * 10 + digit;
    }
    *number = value;
    return span.length > 0;
}

bool loopback_has_prefix(const char *text, const char *prefix) {
    return !prefix || strncmp(text, prefix, strlen(prefix)) == 0;
}
