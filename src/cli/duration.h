/* Time, and lengths of it as people write and read them. */
#ifndef CLI_DURATION_H
#define CLI_DURATION_H

#include <stdbool.h>
#include <stdint.h>

/* Milliseconds out of "90" (seconds), "500ms", "90s", "15m", "2h", "1d", "1h30m". False: it is
 * none, or beyond what 64 bits hold. */
bool cli_duration_parse(const char *text, int64_t *ms);

enum { CLI_DURATION_SIZE = 32 };

/* Unix time. The clock of people: it may be set back. */
int64_t cli_now_ms(void);

/* What cli_duration_parse reads as just that: "90s" is "90s", 7200000 is "2h", 0 is "0ms". */
void cli_duration_exact(int64_t ms, char text[CLI_DURATION_SIZE]);

/* "0:09", "12:41", "1:02:03"; rounded up, so that what is not over is never said to be. */
void cli_duration_clock(int64_t ms, char text[CLI_DURATION_SIZE]);

/* "9 s", "12 min", "3 h", "5 d": how old something is, in its largest unit. */
void cli_duration_rough(int64_t ms, char text[CLI_DURATION_SIZE]);

#endif
