/* Owns the reading of headers about keeping an answer. They come from outside, and validators are
 * sent back: nothing but what the standard allows passes. Any thread. */
#include "support/caching.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "support/buffer.h"
#include "support/http_date.h"

#define LONGEST_AGE_S INT64_C(31536000) /* a year */

static void take(char *place, size_t size, const char *value) {
    cvi_buffer text;
    cvi_buffer_over(&text, place, size);
    cvi_buffer_add_text(&text, value);
}

/* W/"..." or "...", without quotes, blanks, controls and bytes beyond ASCII inside. */
static bool is_etag(const char *value) {
    const char *text = strncmp(value, "W/", 2) == 0 ? value + 2 : value;
    size_t length = strlen(text);
    if (length < 2 || text[0] != '"' || text[length - 1] != '"') {
        return false;
    }
    for (size_t i = 1; i + 1 < length; i++) {
        if (text[i] <= ' ' || text[i] > '~' || text[i] == '"') {
            return false;
        }
    }
    return true;
}

void cvi_validators_take_etag(cvi_validators *validators, const char *value) {
    validators->etag[0] = '\0';
    if (strlen(value) < CVI_ETAG_SIZE && is_etag(value)) {
        take(validators->etag, sizeof(validators->etag), value);
    }
}

void cvi_validators_take_last_modified(cvi_validators *validators, const char *value) {
    validators->last_modified[0] = '\0';
    if (cvi_http_date_has_form(value)) {
        take(validators->last_modified, sizeof(validators->last_modified), value);
    }
}

bool cvi_validators_are_any(const cvi_validators *validators) {
    return validators->etag[0] != '\0' || validators->last_modified[0] != '\0';
}

void cvi_validators_complete(cvi_validators *now, const cvi_validators *before) {
    if (now->etag[0] == '\0') {
        memcpy(now->etag, before->etag, sizeof(now->etag));
    }
    if (now->last_modified[0] == '\0') {
        memcpy(now->last_modified, before->last_modified, sizeof(now->last_modified));
    }
}

/* ---- Cache-Control ---- */

/* A piece of a header between commas, without the blanks around it. */
typedef struct piece {
    const char *start;
    size_t length;
} piece;

static bool is_named(const piece *directive, const char *name) {
    size_t length = strlen(name);
    return directive->length == length && strncasecmp(directive->start, name, length) == 0;
}

static void bound_age(cvi_cache_control *control, int64_t age_s) {
    int64_t age_ms = age_s * 1000;
    if (!control->has_max_age || age_ms < control->max_age_ms) {
        control->max_age_ms = age_ms;
    }
    control->has_max_age = true;
}

/* The number of seconds, in quotes or not; 0 if it is none. */
static int64_t read_seconds(const char *text, size_t length) {
    int64_t seconds = 0;
    if (length >= 2 && text[0] == '"' && text[length - 1] == '"') {
        text++;
        length -= 2;
    }
    for (size_t i = 0; i < length; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return 0;
        }
        seconds = seconds * 10 + (text[i] - '0');
        seconds = seconds < LONGEST_AGE_S ? seconds : LONGEST_AGE_S;
    }
    return seconds;
}

/* no-cache with a list of headers in quotes concerns these alone. */
static void take_directive(cvi_cache_control *control, const piece *directive) {
    static const char max_age[] = "max-age=";
    size_t name_length = sizeof(max_age) - 1;
    if (directive->length >= name_length &&
        strncasecmp(directive->start, max_age, name_length) == 0) {
        bound_age(control,
                  read_seconds(directive->start + name_length, directive->length - name_length));
    } else if (is_named(directive, "no-store")) {
        control->no_store = true;
    } else if (is_named(directive, "no-cache")) {
        bound_age(control, 0);
        control->must_revalidate = true;
    } else if (is_named(directive, "must-revalidate")) {
        control->must_revalidate = true;
    } else {
        return;
    }
    control->is_said = true;
}

/* Where the next piece ends: at a comma that is not in quotes. */
static size_t piece_length(const char *text) {
    bool is_quoted = false;
    size_t length = 0;
    while (text[length] != '\0' && (is_quoted || text[length] != ',')) {
        is_quoted = is_quoted != (text[length] == '"');
        length++;
    }
    return length;
}

void cvi_cache_control_add(cvi_cache_control *control, const char *value) {
    while (*value != '\0') {
        size_t length = piece_length(value);
        piece directive = {value, length};
        value += length;
        value += *value == ',' ? 1 : 0;
        while (directive.length > 0 && strchr(" \t", directive.start[0]) != NULL) {
            directive.start++;
            directive.length--;
        }
        while (directive.length > 0 &&
               strchr(" \t", directive.start[directive.length - 1]) != NULL) {
            directive.length--;
        }
        take_directive(control, &directive);
    }
}
