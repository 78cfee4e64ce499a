/* The answer of the service about one issue, made up, in a size of one's choice. */
#ifndef BENCH_ISSUE_BODY_H
#define BENCH_ISSUE_BODY_H

#include <stddef.h>
#include <stdint.h>

enum { ISSUE_BODY_LEAST = 1000 };

/* Writes exactly `size` bytes, no less than the least, and no NUL: a fourth of what is beyond the
 * fields that each issue has is prose, the rest lists of credits. */
void issue_body_write(char *text, size_t size, int64_t id);

#endif
