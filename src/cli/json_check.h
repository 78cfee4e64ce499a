/* Whether a text is JSON. What the library hands out is; what a file holds may be anything. */
#ifndef CLI_JSON_CHECK_H
#define CLI_JSON_CHECK_H

#include <stdbool.h>

#include "json_read.h"

/* Whether it is one value and nothing else but blanks, with all its ends, in UTF-8 as far as the
 * parser looks: letters that are too long or that there are none of pass. Deeper than 200 levels
 * nothing is. */
bool cli_json_is_whole(cli_slice text);

#endif
