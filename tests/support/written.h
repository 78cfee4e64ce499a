/* Records written back, judged by an independent reader of JSON. */
#ifndef TESTS_SUPPORT_WRITTEN_H
#define TESTS_SUPPORT_WRITTEN_H

#include <jansson.h>

#include <comicvine/record.h>

/* Fails the test, with `what` and the member's name, unless every member of the object `sent`
 * stands in the written record with the same value, and no other. */
void compare_record(const char *what, const json_t *sent, const cv_record *record);

/* Fails the test unless the raw text of the record is the same JSON. */
void compare_raw(const json_t *sent, const cv_record *record);

#endif
