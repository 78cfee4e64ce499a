/* Names of resources, and their lists. Holds no state: files are read anew for each request, so a
 * test may change them while the server runs. Any thread. */
#include "catalog.h"

#include "file.h"

#include <stdlib.h>

static const char *const names[][2] = {
    {"character", "characters"},
    {"chat", "chats"},
    {"concept", "concepts"},
    {"episode", "episodes"},
    {"issue", "issues"},
    {"location", "locations"},
    {"movie", "movies"},
    {"object", "objects"},
    {"origin", "origins"},
    {"person", "people"},
    {"power", "powers"},
    {"promo", "promos"},
    {"publisher", "publishers"},
    {"series", "series_list"},
    {"story_arc", "story_arcs"},
    {"team", "teams"},
    {"type", "types"},
    {"video", "videos"},
    {"video_category", "video_categories"},
    {"video_type", "video_types"},
    {"volume", "volumes"},
};

const char *loopback_catalog_name(size_t index, loopback_view view) {
    return index < sizeof names / sizeof names[0] ? names[index][view] : NULL;
}

const char *loopback_catalog_find(loopback_span name, loopback_view view) {
    const char *known;
    for (size_t i = 0; (known = loopback_catalog_name(i, view)) != NULL; i++) {
        if (loopback_span_is(name, known)) {
            return known;
        }
    }
    return NULL;
}

static json_t *parse_items(const loopback_file *file) {
    json_t *envelope = json_loadb(file->bytes, file->size, 0, NULL);
    json_t *items = json_object_get(envelope, "results");
    json_t *kept = json_is_array(items) ? json_incref(items) : NULL;
    json_decref(envelope);
    return kept;
}

json_t *loopback_catalog_items(const char *folder, const char *list) {
    loopback_file file = loopback_file_read(folder, NULL, loopback_span_of(list));
    json_t *items = NULL;
    switch (file.state) {
    case LOOPBACK_FILE_ABSENT:
        return json_array();
    case LOOPBACK_FILE_FAILED:
        return NULL;
    case LOOPBACK_FILE_READ:
        items = parse_items(&file);
        break;
    }
    free(file.bytes);
    return items;
}
