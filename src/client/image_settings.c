/* Owns what the settings of images mean. */
#include "client/image_settings.h"

#include <stddef.h>
#include <string.h>

#include "stores/settings.h"
#include "support/buffer.h"
#include "support/error.h"
#include "support/options.h"

#define BESIDE    "-images"
#define IN_MEMORY ":memory:"

#define NUMBER(member, fallback, smallest, largest, none)                                          \
    CVI_NUMBER(cv_image_settings, member, fallback, smallest, largest, none)

static const cvi_number_option numbers[] = {
    NUMBER(min_interval_ms, 250, 1, 3600000, true),
    NUMBER(ttl_s, 604800, 1, CVI_MAX_TIME_MS / 1000, false),
    NUMBER(stale_s, 2592000, 1, CVI_MAX_TIME_MS / 1000, true),
    NUMBER(max_bytes, INT64_C(256) << 20, 1, INT64_C(1) << 40, true),
};

bool cvi_image_settings_fill(cv_image_settings *own, const cv_image_settings *settings,
                             cv_error *error) {
    *own = (cv_image_settings)CV_IMAGE_SETTINGS_INIT;
    if (settings != NULL &&
        (!cvi_copy_sized(own, sizeof(*own), settings, "cv_image_settings", error) ||
         !cvi_check_reserved(own->reserved, sizeof(own->reserved) / sizeof(own->reserved[0]),
                             "cv_image_settings", error))) {
        return false;
    }
    return (own->database == NULL ||
            cvi_check_text("images.database", own->database, CVI_LONGEST_PATH, error)) &&
           cvi_numbers_fill(own, "images.", numbers, sizeof(numbers) / sizeof(numbers[0]), error);
}

/* The name that it has without one of its own; what is too long fails when it is opened. */
static void write_name(const char *database, cvi_buffer *name) {
    if (database == NULL || strcmp(database, IN_MEMORY) == 0) {
        cvi_buffer_add_text(name, IN_MEMORY);
        return;
    }
    cvi_buffer_add_text(name, database);
    cvi_buffer_add_text(name, BESIDE);
}

bool cvi_image_settings_name(cv_image_settings *own, const char *database, cvi_arena *arena,
                             cv_error *error) {
    char text[CVI_LONGEST_PATH + sizeof(BESIDE)];
    cvi_buffer name;
    cvi_buffer_over(&name, text, sizeof(text));
    if (own->database == NULL) {
        write_name(database, &name);
    } else {
        cvi_buffer_add_text(&name, own->database);
    }
    if (database != NULL && strcmp(text, database) == 0 && strcmp(text, IN_MEMORY) != 0) {
        cvi_error_set(error, CV_ERROR_ARGUMENT,
                      "option images.database names the file of records: images lie apart");
        return false;
    }
    own->database = cvi_arena_copy_text(arena, text, name.length);
    if (own->database == NULL) {
        cvi_error_no_memory(error);
        return false;
    }
    return true;
}
