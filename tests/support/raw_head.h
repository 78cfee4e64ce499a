/* The head of a request as it came over the wire, judged byte by byte: one request line, one of
 * each header that there may be, nothing behind them; and what stands in it. */
#ifndef TESTS_SUPPORT_RAW_HEAD_H
#define TESTS_SUPPORT_RAW_HEAD_H

#include <stdbool.h>
#include <stddef.h>

enum { RAW_TEXT_MAX = 8192 };

/* NULL: it is a GET with a target and headers that the library sends, and nothing else; or what is
 * wrong with it, a static text. */
const char *raw_head_fault(const char *head, size_t size);

/* The value of a parameter of its query, its escapes undone. False: it has none of that name. */
bool raw_head_parameter(const char *head, const char *name, char value[RAW_TEXT_MAX]);

/* The value of a header. False: it has none of that name. */
bool raw_head_header(const char *head, const char *name, char value[RAW_TEXT_MAX]);

#endif
