/* Owns the rules for structs of options that users fill. Pure functions. */
#include "support/options.h"

#include <inttypes.h>
#include <string.h>

#include <comicvine/query.h>

#include "support/error.h"

#define MOST_NEW_BYTES ((size_t)4096) /* that a later version's struct may be longer */

static bool fill_number(void *group, const char *prefix, const cvi_number_option *number,
                        cv_error *error) {
    int64_t *value = (int64_t *)(void *)((char *)group + number->offset);
    if (*value == 0) {
        *value = number->fallback;
    }
    bool none = *value == CV_NONE && number->none;
    if (none || (*value >= number->smallest && *value <= number->largest)) {
        return true;
    }
    cvi_error_set(error, CV_ERROR_ARGUMENT,
                  "option %s%s is %" PRId64 ", not from %" PRId64 " to %" PRId64 "%s", prefix,
                  number->name, *value, number->smallest, number->largest,
                  number->none ? " or CV_NONE" : "");
    return false;
}

bool cvi_numbers_fill(void *group, const char *prefix, const cvi_number_option *numbers,
                      size_t count, cv_error *error) {
    for (size_t i = 0; i < count; i++) {
        if (!fill_number(group, prefix, &numbers[i], error)) {
            return false;
        }
    }
    return true;
}

bool cvi_copy_sized(void *copy, size_t known, const void *original, const char *name,
                    cv_error *error) {
    size_t size;
    memcpy(&size, original, sizeof(size));
    if (size == 0) {
        size = known;
    }
    if (size > known + MOST_NEW_BYTES || size < sizeof(size)) {
        cvi_error_set(error, CV_ERROR_ARGUMENT, "%s has a size of %zu: it was not initialised",
                      name, size);
        return false;
    }
    const char *bytes = original;
    for (size_t i = known; i < size; i++) {
        if (bytes[i] != 0) {
            cvi_error_set(error, CV_ERROR_ARGUMENT,
                          "%s sets a member that version %s of the library does not have", name,
                          CV_VERSION);
            return false;
        }
    }
    memset(copy, 0, known);
    memcpy(copy, original, size < known ? size : known);
    return true;
}

bool cvi_check_reserved(const int64_t *reserved, size_t count, const char *name, cv_error *error) {
    for (size_t i = 0; i < count; i++) {
        if (reserved[i] != 0) {
            cvi_error_set(error, CV_ERROR_ARGUMENT,
                          "%s sets a reserved member: start from its _INIT, or update the library",
                          name);
            return false;
        }
    }
    return true;
}

bool cvi_check_text(const char *name, const char *text, size_t longest, cv_error *error) {
    for (const char *next = text; *next != '\0'; next++) {
        if ((unsigned char)*next < 0x20 || *next == 0x7F) {
            cvi_error_set(error, CV_ERROR_ARGUMENT, "option %s holds a control character", name);
            return false;
        }
    }
    if (strlen(text) > longest) {
        cvi_error_set(error, CV_ERROR_ARGUMENT, "option %s is longer than %zu bytes", name,
                      longest);
        return false;
    }
    return true;
}

bool cvi_check_allocator(const cv_allocator *allocator, cv_error *error) {
    if (allocator != NULL && (allocator->allocate == NULL || allocator->reallocate == NULL ||
                              allocator->release == NULL)) {
        cvi_error_set(error, CV_ERROR_ARGUMENT, "option allocator lacks a function");
        return false;
    }
    return true;
}
