/* Owns the reading of ids: bare, with their type, or at the end of an address. Pure; any thread. */
#include <comicvine/help.h>

#include <string.h>

#include "resources/piece.h"
#include "resources/registry.h"

/* An id and where it was found. */
typedef struct found_id {
    bool is_address;
    cvi_piece word;  /* the path word before it, in an address; may be empty */
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
        if (value > (CVI_ID_MAX - digit) / 10) {
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

static cvi_piece without_slash(cvi_piece text) {
    if (text.length > 0 && text.text[text.length - 1] == '/') {
        text.length--;
    }
    return text;
}

/* The length of the text's "https://" or "http://", of either case; 0: it has none. */
static size_t scheme_length(const char *text) {
    static const char scheme[] = "https://";
    size_t at = 0;
    for (size_t i = 0; i < sizeof(scheme) - 1; i++) {
        bool is_upper = text[at] >= 'A' && text[at] <= 'Z';
        int lower = is_upper ? text[at] - 'A' + 'a' : text[at];
        if (lower == scheme[i]) {
            at++;
        } else if (scheme[i] != 's') {
            return 0;
        }
    }
    return at;
}

/* The path behind the host of an address, without query, fragment and the slash at its end. Without
 * a scheme it is an address if nothing stands before the first slash, as in a link within a site,
 * or something with a dot, as hosts have and "..". */
static bool cut_path(const char *text, cvi_piece *path) {
    size_t scheme = scheme_length(text);
    *path = (cvi_piece){text + scheme, strcspn(text + scheme, "?#")};
    cvi_piece host;
    bool has_path = cvi_piece_cut(path, '/', &host);
    *path = without_slash(*path);
    bool is_host = host.length == 0 || memchr(host.text, '.', host.length) != NULL;
    return scheme > 0 || (has_path && is_host);
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
    cvi_piece path;
    *found = (found_id){.is_address = cut_path(text, &path)};
    if (!found->is_address) {
        return read_typed(without_slash(cvi_piece_of(text)), found);
    }
    cvi_piece segment = cut_segment(&path);
    found->word = cut_segment(&path);
    return read_typed(segment, found);
}

/* Whether the path word is that of another resource with the same type. */
static bool is_told_apart(const found_id *found, const cvi_resource *resource) {
    size_t count;
    const cvi_resource *const *resources = cvi_registry_all(&count);
    for (size_t i = 0; i < count; i++) {
        const cvi_resource *other = resources[i];
        if (other != resource && other->type_id == resource->type_id &&
            other->detail_path != NULL && cvi_piece_is(found->word, other->detail_path)) {
            return true;
        }
    }
    return false;
}

static bool is_type_of(int64_t type_id, const cvi_resource *resource) {
    return type_id == resource->type_id ||
           (resource->old_type_id != 0 && type_id == resource->old_type_id);
}

static bool is_id_of(const found_id *found, const cvi_resource *resource) {
    if (resource->detail_path == NULL) {
        return false;
    }
    if (found->has_type) {
        return is_type_of(found->type_id, resource) && !is_told_apart(found, resource);
    }
    return !found->is_address || cvi_piece_is(found->word, resource->detail_path);
}

/* The first resource that an id with a type, or the path word of an address, can be of. */
static cv_resource resource_of(const found_id *found) {
    size_t count;
    const cvi_resource *const *resources = cvi_registry_all(&count);
    for (size_t i = 0; i < count; i++) {
        if (is_id_of(found, resources[i])) {
            return resources[i]->resource;
        }
    }
    return CV_RESOURCE_NONE;
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
