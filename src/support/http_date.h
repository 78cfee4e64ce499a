/* Dates as HTTP's headers write them. Pure. */
#ifndef CVI_SUPPORT_HTTP_DATE_H
#define CVI_SUPPORT_HTTP_DATE_H

#include <stdbool.h>
#include <stdint.h>

/* Whether it has the form of "Sun, 06 Nov 1994 08:49:37 GMT", the one that is still sent. */
bool cvi_http_date_has_form(const char *text);

/* Reads it as Unix time; false if there is no such instant. */
bool cvi_http_date_read(const char *text, int64_t *unix_s);

#endif
