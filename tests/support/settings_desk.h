/* What the tests of the options have in common. */
#ifndef TESTS_SUPPORT_SETTINGS_DESK_H
#define TESTS_SUPPORT_SETTINGS_DESK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "client/settings.h"

/* The least that a client needs. */
extern const cv_options settings_desk_plain;

/* Settings of options that must be taken; for cvi_settings_clear. */
cvi_settings settings_desk_make(const cv_options *options);

/* Options that must be refused, with these words in the message. */
void settings_desk_refuse(const cv_options *options, cv_code code, const char *words);

#endif
