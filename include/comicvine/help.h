/* Help with texts that are easily read wrong: aliases, dates, issue numbers, ids.
 *
 * All of it works on text alone: no client, no request. Any thread. NULL is fine wherever text is
 * taken, and reads like "". */
#ifndef COMICVINE_HELP_H
#define COMICVINE_HELP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <comicvine/resource.h>
#include <comicvine/version.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- aliases ---- */

/* Texts: `count` of them. */
typedef struct cv_text_list {
    const char *const *items;
    size_t count;
} cv_text_list;

/* The aliases of a record one by one. Lines may end in "\n" or "\r\n"; blanks around an alias and
 * lines without one are dropped. Commas do not part aliases: names hold them too. One block with
 * copies of the text: free it with cv_free. NULL only without memory. */
CV_API cv_text_list *cv_aliases(const char *aliases);

/* ---- dates ---- */

/* A date as the service writes it: of Pacific time, without a zone. */
typedef struct cv_date {
    const char *text; /* what was parsed, the caller's own; good as long as that is */
    int32_t year;     /* 1 to 9999 */
    int32_t month;    /* 1 to 12 */
    int32_t day;      /* 1 to 31 */
    int32_t hour;     /* 0 to 23 */
    int32_t minute;   /* 0 to 59 */
    int32_t second;   /* 0 to 59 */
    bool has_time;    /* whether the text has hour, minute and second; else they are 0 */
    int64_t reserved[8];
} cv_date;

/* Parses "1952-10-01", "1952-10-01 13:44:33" (also with ".000000" behind it, as in a person's
 * death->date) or "Dec 4, 1820". No locale, no time zone, any year. False for anything else, days
 * that the calendar lacks included: then all of `date` is 0 but its text. */
CV_API bool cv_date_parse(const char *text, cv_date *date);

/* Less than, equal to or greater than 0, as `one` is before, at or after `other`. A date alone
 * counts as the beginning of its day. */
CV_API int cv_date_compare(const cv_date *one, const cv_date *other);

/* ---- issue and episode numbers ---- */

/* Compares two numbers in reading order; less than, equal to or greater than 0, as for qsort.
 * Numbers go by value: "-1", "0", ".1", "½", "1", "1.5", "2", "10". What follows a number goes
 * behind it and before the next: "1", "1 [2]", "1 [10]", "1.MU", "1.1". Halves, thirds and quarters
 * may be typed: "1/2" is "½", "1 1/2" is "1½"; all else with a slash is a double number, which goes
 * behind its first: "101", "101/102", "102". Texts without a number come after all numbers, and
 * none at all (NULL, "") comes last. Blanks and TABs at the ends do not count, nor does the case of
 * letters; "1" is "1.0", and numbers may have any length. */
CV_API int cv_issue_number_compare(const char *one, const char *other);

/* ---- filters ---- */

/* Adds "field:value" to a filter for cv_query.filter, with a comma before it unless the filter is
 * empty; for values that come from users. `filter` is text in an array of `size` bytes. A comma
 * begins the next field and cannot be escaped: a value that holds one is refused, as are control
 * characters and an empty value. "|" stays what it is: "1|2|3" asks for several values, and
 * "2011-01-01|2011-12-31" for a range. False, and the filter as it was: refused, or no room; there
 * is none in an array that is NULL, has no size, or holds no NUL. */
CV_API bool cv_filter_add(char *filter, size_t size, const char *field, const char *value);

/* ---- ids ---- */

/* The id in "52", in "4000-52", or in an address whose path ends in it, such as
 * "https://comicvine.gamespot.com/api/issue/4000-52/"; "https://" may be left out before a host
 * with a dot, the host too, as in the links of descriptions ("/lamplighter/4005-201/",
 * "../../lamplighter/4005-201/"), and a slash may end each. A type before the dash must be that of
 * `resource`; in an address with no type the path word must be (".../video_type/7/"), and where
 * resources share a type it must not be another one's. Old addresses hold too:
 * "http://www.comicvine.com/api/issue/6/", and the types 37 (issues) and 49 (volumes) of before.
 * Ids are from 1 to 999999999999999. CV_RESOURCE_NONE: of any resource. False, and `id` untouched:
 * there is no such id in it. */
CV_API bool cv_id_parse(const char *text, cv_resource resource, int64_t *id);

/* What "4000-52", or an address whose path ends in it, is an id of. The type before the dash
 * decides: in references the path word names the relation instead
 * (".../first_appeared_in_issue/4000-52/"). Categories and kinds of videos share a type: the path
 * words "video_category" and "video_type" tell them apart, and without either it is a category's
 * (cv_id_parse then takes it as both). CV_RESOURCE_NONE: a bare number, a type that this version
 * does not know, or no id at all. */
CV_API cv_resource cv_id_resource(const char *text);

#ifdef __cplusplus
}
#endif

#endif
