/* Structs of options that users fill: copied by their size, checked, defaults filled in. */
#ifndef CVI_SUPPORT_OPTIONS_H
#define CVI_SUPPORT_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <comicvine/error.h>
#include <comicvine/memory.h>

#define CVI_MAX_TIME_MS                                                                            \
    INT64_C(31536000000) /* a year: the longest time that an option may name                       \
                          */

/* A number among the options: its place, default and range. `none` says whether CV_NONE may stand
 * there. */
typedef struct cvi_number_option {
    const char *name;
    size_t offset;
    int64_t fallback;
    int64_t smallest;
    int64_t largest;
    bool none;
} cvi_number_option;

#define CVI_NUMBER(type, member, fallback, smallest, largest, none)                                \
    { #member, offsetof(type, member), fallback, smallest, largest, none }

/* Fills the defaults into the numbers of `group` and checks their ranges. Messages name a number
 * with `prefix` before it. */
bool cvi_numbers_fill(void *group, const char *prefix, const cvi_number_option *numbers,
                      size_t count, cv_error *error);

/* Copies a struct whose first member is its size: reads no more than the caller's `size`, refuses
 * a longer one with a member set that this version does not know, and one that can be no size. A
 * size of 0 counts as `known`. */
bool cvi_copy_sized(void *copy, size_t known, const void *original, const char *name,
                    cv_error *error);

/* Refuses a reserved member that is set: a later version's member stands there. */
bool cvi_check_reserved(const int64_t *reserved, size_t count, const char *name, cv_error *error);

/* Text that may stand in a header or a path: printable, at most `longest` bytes. */
bool cvi_check_text(const char *name, const char *text, size_t longest, cv_error *error);

/* An allocator (NULL: the default one) has all three functions. */
bool cvi_check_allocator(const cv_allocator *allocator, cv_error *error);

#endif
