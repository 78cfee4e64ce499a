#include "support/settings_desk.h"

#include <string.h>

const cv_options settings_desk_plain = {
    .size = sizeof(cv_options), .api_key = "key", .database = ":memory:"};

cvi_settings settings_desk_make(const cv_options *options) {
    cvi_settings settings;
    cv_error error;
    if (!cvi_settings_init(&settings, options, &error)) {
        fail_msg("%s", error.message);
    }
    return settings;
}

void settings_desk_refuse(const cv_options *options, cv_code code, const char *words) {
    cvi_settings settings;
    cv_error error;
    assert_false(cvi_settings_init(&settings, options, &error));
    assert_string_equal(cv_code_name(error.code), cv_code_name(code));
    if (strstr(error.message, words) == NULL) {
        fail_msg("\"%s\" is not in \"%s\"", words, error.message);
    }
}
