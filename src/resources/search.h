/* What a search may name: the checker of search words, resources and fields. Pure; any thread. */
#ifndef CVI_RESOURCES_SEARCH_H
#define CVI_RESOURCES_SEARCH_H

#include <stdbool.h>

#include <comicvine/error.h>

#include "support/buffer.h"

/* For all of them: `out` gets the canonical text. False: `error` has CV_ERROR_ARGUMENT and one line
 * that names the culprit, the name that was probably meant and what is allowed (CV_ERROR_NOMEM when
 * `out` could not grow). With `allows_unknown` other names pass as they are: letters, digits and
 * "_". */

/* Words to look for: not blank, at most 2048 bytes, without control characters. */
bool cvi_check_search_words(const char *words, cvi_buffer *out, cv_error *error);

/* Names joined by commas, blanks around them not counted, each the detail path or list path of a
 * resource that the service searches, whether this version has a table for it or not; written as
 * detail paths, sorted, without repeats. */
bool cvi_check_search_resources(const char *resources, bool allows_unknown, cvi_buffer *out,
                                cv_error *error);

/* Names joined by commas, blanks around them not counted, each a field that all hits have or that
 * lists of one of `resources` carry (as cvi_check_search_resources wrote them; NULL: of all that
 * the service searches); written as on the wire, in each of its spellings there, sorted, with `id`
 * and `resource_type` among them. */
bool cvi_check_search_fields(const char *resources, const char *fields, bool allows_unknown,
                             cvi_buffer *out, cv_error *error);

#endif
