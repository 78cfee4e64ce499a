/* Owns the bare parse. Its own check of texts is off, as in the library: the floor is the fastest
 * that yajl can do. Any thread. */
#include "bare_json.h"

#include <yajl/yajl_parse.h>

#include "team.h"

static int ignore(void *user) {
    (void)user;
    return 1;
}

static int ignore_bool(void *user, int value) {
    (void)user;
    (void)value;
    return 1;
}

static int ignore_number(void *user, const char *spelling, size_t length) {
    (void)user;
    (void)spelling;
    (void)length;
    return 1;
}

static int ignore_text(void *user, const unsigned char *text, size_t length) {
    (void)user;
    (void)text;
    (void)length;
    return 1;
}

void bare_json_parse(const char *text, size_t size) {
    static const yajl_callbacks callbacks = {.yajl_null = ignore,
                                             .yajl_boolean = ignore_bool,
                                             .yajl_number = ignore_number,
                                             .yajl_string = ignore_text,
                                             .yajl_start_map = ignore,
                                             .yajl_map_key = ignore_text,
                                             .yajl_end_map = ignore,
                                             .yajl_start_array = ignore,
                                             .yajl_end_array = ignore};
    yajl_handle handle = yajl_alloc(&callbacks, NULL, NULL);
    team_check(handle != NULL, "there is memory for a parser");
    yajl_config(handle, yajl_dont_validate_strings, 1);
    team_check(yajl_parse(handle, (const unsigned char *)text, size) == yajl_status_ok &&
                   yajl_complete_parse(handle) == yajl_status_ok,
               "a body is JSON");
    yajl_free(handle);
}
