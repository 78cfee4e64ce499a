/* Owns the comparison of a record with the text that it came from. */
#include "support/written.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <comicvine/memory.h>

void compare_record(const char *what, const json_t *sent, const cv_record *record) {
    char *written = cv_record_json(record);
    assert_non_null(written);
    json_t *received = json_loads(written, 0, NULL);
    if (received == NULL) {
        fail_msg("%s: came out as no JSON: %.200s", what, written);
    }
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)sent, name, value) {
        const json_t *member = json_object_get(received, name);
        if (member == NULL || !json_equal(value, member)) {
            char *text = member != NULL ? json_dumps(member, JSON_ENCODE_ANY) : NULL;
            char *expected = json_dumps(value, JSON_ENCODE_ANY);
            fail_msg("%s: member %s came out as %.200s, not %.200s", what, name,
                     text != NULL ? text : "nothing", expected);
        }
        assert_true(cv_record_has(record, name));
    }
    assert_int_equal(json_object_size(received), json_object_size(sent));
    json_decref(received);
    cv_free(written);
}

void compare_raw(const json_t *sent, const cv_record *record) {
    size_t length;
    const char *raw = cv_record_raw(record, &length);
    json_t *read = json_loadb(raw, length, 0, NULL);
    assert_non_null(read);
    assert_true(json_equal(read, sent));
    json_decref(read);
}
