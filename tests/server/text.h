/* Spans of text: what the service's comma, colon and bar notations are taken apart with. */
#ifndef TESTS_SERVER_TEXT_H
#define TESTS_SERVER_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct loopback_span {
    const char *start;
    size_t length;
} loopback_span;

/* The whole of a text; NULL is the empty text. */
loopback_span loopback_span_of(const char *text);

/* Takes the part before the first `delimiter` off `rest` into `part`; an empty rest has one empty
 * part. False when nothing is left: `rest->start` is then NULL. */
bool loopback_span_next(loopback_span *rest, char delimiter, loopback_span *part);

/* Cuts `text` at its first `delimiter`. False if it has none. */
bool loopback_span_cut(loopback_span text, char delimiter, loopback_span *before,
                       loopback_span *after);

/* The same bytes as `text`. */
bool loopback_span_is(loopback_span span, const char *text);

/* Bytewise order, a prefix first: negative, 0, positive. */
int loopback_span_compare(loopback_span left, loopback_span right);

/* `part` is somewhere in `whole`; ASCII letters of either case are the same. */
bool loopback_span_contains(loopback_span whole, loopback_span part);

/* A decimal number, one digit at least and nothing else. False if not, or above INT64_MAX. */
bool loopback_span_number(loopback_span span, int64_t *number);

/* NULL is a prefix of everything, as in the paths of server.h. */
bool loopback_has_prefix(const char *text, const char *prefix);

#endif
