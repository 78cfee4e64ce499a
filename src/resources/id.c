/* Owns the reading of ids: bare, with their type, or at the end of an address. Pure; any thread. */
#include <comicvine/help.h>

#include <string.h>

#include "resources/piece.h"
#include "resources/registry.h"

/* An id and where it was found. */
typedef struct found_id {
    bool is_address;
    cvi_piece word;  /* the path word before it, in an address */
    bool has_type;   /* a number and a dash stand before it */
    int64_t type_id; /* that number */
    int64_t id;
} found_id;

static bool read_positive(cvi_piece digits, int64_t *number) {
    int64_t value = 0;
    for (size_t i = 0; i < digits.length; i++) {
        if (digits.text[i] < '0' || digits.text[i] > '9') {
            return false;
        }
        int64_t digit = digits.text[i] - '0';
        if (value > (INT64_MAX - digit) / 10) {
            return false;
        }
        value = value * 10 + digit;
    }
    *number = value;
    return value > 0;
}

/* Cuts the last path segment off, and answers it. */
static cvi_piece cut_segment(cvi_piece *path) {
    size_t begin = path->length;
    while (begin > 0 && path->text[begin - 1] != '/') {
        begin--;
    }
    cvi_piece segment = {path->text + begin, path->length - begin};
    path->length = begin > 0 ? begin - 1 : 0;
    return segment;
}

/* The path of an address: without query, fragment and the slash at its end. */
static cvi_piece path_of(const char *address) {
    cvi_piece path = {address, strcspn(address, "?#")};
    if (path.length > 0 && path.text[path.length - 1] == '/') {
        path.length--;
    }
    return path;
}

static bool begins_address(const char *text) {
    return strncmp(text, "https://", 8) == 0 || strncmp(text, "http://", 7) == 0;
}

static bool read_typed(cvi_piece text, found_id *found) {
    const char *dash = memchr(text.text, '-', text.length);
    if (dash == NULL) {
        return read_positive(text, &found->id);
    }
    cvi_piece type = {text.text, (size_t)(dash - text.text)};
    cvi_piece id = {dash + 1, text.length - type.length - 1};
    found->has_type = true;
    return read_positive(type, &found->type_id) && read_positive(id, &found->id);
}

static bool find_id(const char *text, found_id *found) {
    *found = (found_id){.is_address = begins_address(text)};
    if (!found->is_address) {
        return read_typed(cvi_piece_of(text), found);
    }
    cvi_piece path = path_of(text);
    cvi_piece segment = cut_segment(&path);
    found->word = cut_segment(&path);
    return read_typed(segment, found);
}

static bool is_id_of(const found_id *found, const cvi_resource *resource) {
    if (resource->detail_path == NULL) {
        return false;
    }
    if (found->has_type) {
        return found->type_id == resource->type_id;
    }
    return !found->is_address || cvi_piece_is(found->word, resource->detail_path);
}

/* The resource that an id with a type, or the path word of an address, tells. */
static cv_resource resource_of(const found_id *found) {
    size_t count;
    const cvi_resource *const *resources = cvi_registry_all(&count);
    cv_resource first = CV_RESOURCE_NONE;
    for (size_t i = 0; i < count; i++) {
        if (!is_id_of(found, resources[i])) {
            continue;
        }
        if (first == CV_RESOURCE_NONE || cvi_piece_is(found->word, resources[i]->detail_path)) {
            first = resources[i]->resource;
        }
    }
    return first;
}

bool cv_id_parse(const char *text, cv_resource resource, int64_t *id) {
    const cvi_resource *known = cvi_registry_find(resource);
    found_id found;
    if (text == NULL || !find_id(text, &found)) {
        return false;
    }
    bool is_bare = !found.has_type && !found.is_address;
    bool is_wanted = resource == CV_RESOURCE_NONE
                         ? is_bare || resource_of(&found) != CV_RESOURCE_NONE
                         : known != NULL && is_id_of(&found, known);
    if (is_wanted) {
        *id = found.id;
    }
    return is_wanted;
}

cv_resource cv_id_resource(const char *text) {
    found_id found;
    if (text == NULL || !find_id(text, &found) || (!found.has_type && !found.is_address)) {
        return CV_RESOURCE_NONE;
    }
    return resource_of(&found);
}
