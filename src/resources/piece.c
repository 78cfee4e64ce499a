/* Owns the cutting of callers' texts into parts. Pure; any thread. */
#include "resources/piece.h"

#include <string.h>

#include "support/error.h"

cvi_piece cvi_piece_of(const char *text) {
    return (cvi_piece){text, strlen(text)};
}

bool cvi_piece_is(cvi_piece part, const char *text) {
    return part.length == strlen(text) && memcmp(part.text, text, part.length) == 0;
}

static bool is_blank(char character) {
    return character == ' ' || character == '\t' || character == '\r';
}

cvi_piece cvi_piece_trim(cvi_piece part) {
    while (part.length > 0 && is_blank(part.text[0])) {
        part.text++;
        part.length--;
    }
    while (part.length > 0 && is_blank(part.text[part.length - 1])) {
        part.length--;
    }
    return part;
}

bool cvi_piece_is_name(cvi_piece part) {
    for (size_t i = 0; i < part.length; i++) {
        char character = part.text[i];
        bool is_letter =
            (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z');
        if (!is_letter && character != '_' && (character < '0' || character > '9')) {
            return false;
        }
    }
    return part.length > 0;
}

bool cvi_piece_is_number(cvi_piece part) {
    size_t digits = 0;
    while (digits < part.length && part.text[digits] >= '0' && part.text[digits] <= '9') {
        digits++;
    }
    return digits > 0 && digits == part.length;
}

bool cvi_piece_cut(cvi_piece *rest, char separator, cvi_piece *part) {
    const char *end = memchr(rest->text, separator, rest->length);
    *part = *rest;
    if (end == NULL) {
        *rest = (cvi_piece){rest->text + rest->length, 0};
        return false;
    }
    part->length = (size_t)(end - rest->text);
    *rest = (cvi_piece){end + 1, rest->length - part->length - 1};
    return true;
}

void cvi_piece_show(cvi_piece part, cvi_buffer *out) {
    for (size_t i = 0; i < part.length && i < CVI_PIECE_SHOWN; i++) {
        bool is_plain = part.text[i] >= ' ' && part.text[i] <= '~';
        cvi_buffer_add(out, is_plain ? &part.text[i] : "?", 1);
    }
    cvi_buffer_add_text(out, part.length > CVI_PIECE_SHOWN ? "..." : "");
}

const char *cvi_piece_fault(cvi_piece text) {
    if (text.length > CVI_PIECE_LONGEST) {
        return "is longer than 2048 bytes";
    }
    for (size_t i = 0; i < text.length; i++) {
        unsigned char character = (unsigned char)text.text[i];
        if (character < 0x20 || character == 0x7F) {
            return "holds a control character";
        }
    }
    return NULL;
}

bool cvi_piece_finish(const cvi_buffer *out, const char *path, cv_error *error) {
    if (out->no_memory) {
        cvi_error_no_memory(error);
    } else if (out->failed) {
        cvi_error_set(error, CV_ERROR_ARGUMENT, "%s: a text is longer than %zu bytes when checked",
                      path, out->limit);
    }
    return !out->failed;
}

/* ---- sets of names ---- */

static int compare(cvi_piece one, cvi_piece other) {
    size_t common = one.length < other.length ? one.length : other.length;
    int order = memcmp(one.text, other.text, common);
    return order != 0 ? order : (one.length > other.length) - (one.length < other.length);
}

/* Where the name stands, or belongs. */
static size_t place_of(const cvi_name_set *set, cvi_piece name) {
    size_t place = 0;
    while (place < set->count && compare(set->names[place], name) < 0) {
        place++;
    }
    return place;
}

static bool stands_at(const cvi_name_set *set, size_t place, cvi_piece name) {
    return place < set->count && compare(set->names[place], name) == 0;
}

bool cvi_names_have(const cvi_name_set *set, cvi_piece name) {
    return stands_at(set, place_of(set, name), name);
}

bool cvi_names_add(cvi_name_set *set, cvi_piece name) {
    size_t place = place_of(set, name);
    if (stands_at(set, place, name)) {
        return true;
    }
    if (set->count == CVI_NAMES_MAX) {
        return false;
    }
    memmove(&set->names[place + 1], &set->names[place],
            (set->count - place) * sizeof(set->names[0]));
    set->names[place] = name;
    set->count++;
    return true;
}

void cvi_names_write(const cvi_name_set *set, cvi_buffer *out) {
    for (size_t i = 0; i < set->count; i++) {
        cvi_buffer_add_text(out, i > 0 ? "," : "");
        cvi_buffer_add(out, set->names[i].text, set->names[i].length);
    }
}

void cvi_names_show(const cvi_name_set *set, cvi_buffer *out) {
    const char *separator = "";
    for (size_t i = 0; i < set->count; i++) {
        size_t needed = strlen(separator) + set->names[i].length + sizeof(", ...");
        if (needed > out->limit - out->length) {
            cvi_buffer_add_text(out, ", ...");
            return;
        }
        cvi_buffer_add_text(out, separator);
        cvi_buffer_add(out, set->names[i].text, set->names[i].length);
        separator = ", ";
    }
    cvi_buffer_add_text(out, set->count == 0 ? "none" : "");
}
