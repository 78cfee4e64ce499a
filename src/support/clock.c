/* Owns what is asked of an application's clock. Pure. */
#include "support/clock.h"

#include <string.h>

#include "support/buffer.h"
#include "support/error.h"
#include "support/options.h"
#include "support/platform.h"

bool cvi_clock_copy(cvi_clock *copy, const cv_clock *clock, cv_error *error) {
    cv_clock own;
    size_t reserved = sizeof(own.reserved) / sizeof(own.reserved[0]);
    if (!cvi_copy_sized(&own, sizeof(own), clock, "cv_clock", error) ||
        !cvi_check_reserved(own.reserved, reserved, "cv_clock", error)) {
        return false;
    }
    if (own.now == NULL) {
        cvi_error_set(error, CV_ERROR_ARGUMENT, "option clock has no function that tells the time");
        return false;
    }
    memset(copy, 0, sizeof(*copy));
    copy->now = own.now;
    copy->user = own.user;
    if (own.boot_id == NULL || own.boot_id[0] == '\0') {
        cvi_platform_name_boot(copy->boot_id, sizeof(copy->boot_id));
        return true;
    }
    if (!cvi_check_text("clock.boot_id", own.boot_id, CV_BOOT_ID_MAX, error)) {
        return false;
    }
    cvi_buffer text;
    cvi_buffer_over(&text, copy->boot_id, sizeof(copy->boot_id));
    cvi_buffer_add_text(&text, own.boot_id);
    return true;
}
