/* Owns the form of URLs and of the canonical request behind cache keys. The canonical text has one
 * line per part; values never hold a line break (checked before), so no two requests share one. */
#include "client/url.h"

#include <string.h>

#include "client/settings.h"

static bool is_unreserved(unsigned char byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || (byte != '\0' && strchr("-._~", byte) != NULL);
}

void cvi_url_encode(cvi_buffer *out, const char *text) {
    static const char digits[] = "0123456789ABCDEF";
    for (const char *next = text; *next != '\0'; next++) {
        unsigned char byte = (unsigned char)*next;
        if (is_unreserved(byte)) {
            cvi_buffer_add_char(out, *next);
        } else {
            char escape[3] = {'%', digits[byte >> 4], digits[byte & 15]};
            cvi_buffer_add(out, escape, sizeof(escape));
        }
    }
}

void cvi_url_write(const cvi_target *target, cvi_buffer *out) {
    cvi_buffer_add_text(out, target->base_url);
    cvi_buffer_add_char(out, '/');
    cvi_buffer_add_text(out, target->path);
    cvi_buffer_add_text(out, "/?format=json");
    for (size_t i = 0; i < target->parameter_count; i++) {
        const cvi_parameter *parameter = &target->parameters[i];
        if (parameter->value != NULL) {
            cvi_buffer_add_char(out, '&');
            cvi_buffer_add_text(out, parameter->name);
            cvi_buffer_add_char(out, '=');
            cvi_url_encode(out, parameter->value);
        }
    }
}

void cvi_url_hash(const cvi_target *target, char hash[CVI_HASH_SIZE]) {
    char text[CVI_TARGET_BYTES + 1];
    cvi_buffer canonical;
    cvi_buffer_over(&canonical, text, sizeof(text));
    if (strcmp(target->base_url, CVI_DEFAULT_BASE_URL) != 0) {
        cvi_buffer_add_text(&canonical, target->base_url);
        cvi_buffer_add_char(&canonical, '\n');
    }
    cvi_buffer_add_text(&canonical, target->path);
    for (size_t i = 0; i < target->parameter_count; i++) {
        const cvi_parameter *parameter = &target->parameters[i];
        if (parameter->value != NULL) {
            cvi_buffer_add_char(&canonical, '\n');
            cvi_buffer_add_text(&canonical, parameter->name);
            cvi_buffer_add_char(&canonical, '=');
            cvi_buffer_add_text(&canonical, parameter->value);
        }
    }
    cvi_hash_hex(text, canonical.length, hash);
}
