/* What is said to people and programs about what went wrong: on standard error alone. */
#ifndef CLI_REPORT_H
#define CLI_REPORT_H

#include <comicvine.h>

#include "status.h"

struct cli;

/* Says what is wrong with the arguments; answers CLI_USAGE. */
cli_status cli_usage_error(struct cli *self, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Says why the program cannot go on; answers `status`. */
cli_status cli_fail(struct cli *self, cli_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Says what the library says about `subject` ("issue 52"; NULL: nothing in particular). Answers the
 * status, that of a signal if one ended it, of which nothing is said. */
cli_status cli_fail_error(struct cli *self, const cv_error *error, const char *subject);

/* The same for several objects that failed in the same way; JSON lists their ids. */
cli_status cli_fail_ids(struct cli *self, const cv_error *error, const char *resource,
                        const int64_t *ids, size_t count);

/* The library's message for people: when to come back, if that is known, is said once and not in
 * milliseconds. free() it. */
char *cli_error_words(const cv_error *error);

/* Something that does not stop it; nothing with --quiet. */
void cli_warn(struct cli *self, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
