/* Owns what is asked for. Keys and URLs are the library's own, so that the model knows in the file
 * and on the way what the library means. */
#include "model/objects.h"

#include <stdio.h>
#include <string.h>

#include "client/call.h"
#include "resources/registry.h"

const char *const path_names[PATHS] = {"issue", "volume", "issues", "search"};

const int object_paths[OBJECTS] = {PATH_ISSUE,  PATH_ISSUE,  PATH_VOLUME, PATH_ISSUES, PATH_SEARCH,
                                   PATH_ISSUES, PATH_ISSUES, PATH_ISSUES, PATH_ISSUES, PATH_ISSUES,
                                   PATH_ISSUES, PATH_ISSUE,  PATH_ISSUE};

const int64_t object_ids[OBJECTS] = {1, 2, 7, 1, 2, 11, 12, 13, 0, 0, 0, 1, 2};

/* ---- making ---- */

static cvi_call *call_list(const cvi_settings *settings, int object, cv_error *error) {
    static const char *const filters[] = {"id:1", "id:2", "id:1|2"};
    cv_query query = CV_QUERY_INIT;
    if (object >= LISTS) {
        query.filter = filters[object - LISTS];
        query.limit = 100;
    } else if (object >= PAGES) {
        query.limit = 1;
        query.offset = object - PAGES;
    }
    return cvi_call_list(settings, CV_ISSUE, &query, error);
}

static cvi_call *make_call(const cvi_settings *settings, int object, cv_error *error) {
    cv_request_options options = CV_REQUEST_OPTIONS_INIT;
    cv_search_query words = CV_SEARCH_QUERY_INIT;
    words.query = "wharf";
    if (object >= ITEMS) {
        return cvi_call_item(settings, cvi_find_resource(CV_ISSUE, error), object_ids[object],
                             &options, error);
    }
    switch (object_paths[object]) {
    case PATH_ISSUES:
        return call_list(settings, object, error);
    case PATH_SEARCH:
        return cvi_call_search(settings, &words, error);
    default:
        return cvi_call_detail(settings, object == VOLUME ? CV_VOLUME : CV_ISSUE,
                               object_ids[object], NULL, error);
    }
}

static bool note_keys(const cvi_settings *settings, int object, object_keys *keys) {
    cv_error error;
    cvi_call *call = make_call(settings, object, &error);
    if (call == NULL) {
        return false;
    }
    (void)snprintf(keys->hash, sizeof(keys->hash), "%s", call->hash);
    (void)snprintf(keys->url, sizeof(keys->url), "%s", call->url != NULL ? call->url : "");
    cvi_call_release(call);
    return true;
}

bool objects_init(object_keys keys[OBJECTS]) {
    cv_options options = CV_OPTIONS_INIT;
    cvi_settings settings;
    cv_error error;
    options.api_key = "0123456789abcdef";
    options.base_url = "http://comics.example/api";
    options.database = ":memory:";
    bool is_made = cvi_settings_init(&settings, &options, &error);
    for (int i = 0; is_made && i < OBJECTS; i++) {
        is_made = note_keys(&settings, i, &keys[i]);
    }
    cvi_settings_clear(&settings);
    return is_made;
}

/* ---- finding ---- */

/* As an answer to a redirect has it: what follows the mark says how many there were. */
static bool is_at(const char *url, const char *expected) {
    size_t length = strlen(expected);
    return strncmp(url, expected, length) == 0 && (url[length] == '&' || url[length] == '\0');
}

/* The longest that the URL begins with: one may be another with a parameter more. */
int object_of_url(const object_keys keys[OBJECTS], const char *url) {
    int found = -1;
    size_t longest = 0;
    for (int i = 0; i < OBJECTS; i++) {
        size_t length = strlen(keys[i].url);
        if (is_at(url, keys[i].url) && length > longest) {
            found = i;
            longest = length;
        }
    }
    return found;
}

int object_of_hash(const object_keys keys[OBJECTS], const char *hash) {
    for (int i = 0; i < OBJECTS; i++) {
        if (strcmp(keys[i].hash, hash) == 0) {
            return i;
        }
    }
    return -1;
}

/* ---- pictures ---- */

static const struct {
    const char *url;
    int host;
} pictures[PICTURES] = {
    {"http://one.example/a.gif", 1},
    {"http://one.example/b.gif", 1},
    {"http://two.example/a.gif", 2},
};

const char *picture_url(int object) {
    return pictures[object - OBJECTS].url;
}

int picture_host(int object) {
    return pictures[object - OBJECTS].host;
}

int picture_of_url(const char *url) {
    for (int i = 0; i < PICTURES; i++) {
        if (is_at(url, pictures[i].url)) {
            return OBJECTS + i;
        }
    }
    return -1;
}

int object_subject(int object) {
    if (object >= LISTS) {
        return SUBJECT_MANY;
    }
    return object >= PAGES ? SUBJECT_WALK : object;
}

/* ---- lists ---- */

bool object_tells_of(int object, int64_t id) {
    if (object >= LISTS && object < ITEMS) {
        return ((object - LISTS + 1) >> (id - 1) & 1) != 0;
    }
    return object < VOLUME && object_ids[object] == id;
}

bool object_may_hold(int kept, int answered) {
    bool is_list = answered >= LISTS && answered < ITEMS;
    return kept < ITEMS ? kept == answered : is_list && object_tells_of(answered, object_ids[kept]);
}
