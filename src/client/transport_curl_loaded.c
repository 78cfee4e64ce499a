/* Owns the loading of libcurl for who sends a request (COMICVINE_CURL_LAZY=ON). Keeps nothing: each
 * network has a table of its own, and the loader knows what it has loaded already, so that there is
 * no lock that could be held while it works. Any thread. */
#include "client/transport_curl_functions.h"

#include <stdint.h>

#include "support/error.h"
#include "support/platform.h"

/* ---- for who makes packages ---- */

/* What a library loads is not among what it is linked to. Tools that look for what a package
 * depends on find it in a note of the form that is laid down at
 * https://uapi-group.org/specifications/specs/elf_dlopen_metadata/ */
#define NOTE_TYPE 0x407c0c0a
#define NOTE_TEXT                                                                                  \
    "[{\"feature\":\"network\",\"description\":\"requests for what is not cached\","               \
    "\"priority\":\"required\",\"soname\":[\"" COMICVINE_CURL_SONAME "\"]}]"

typedef struct dlopen_note {
    uint32_t owner_size;
    uint32_t text_size;
    uint32_t type;
    char owner[4];
    char text[sizeof(NOTE_TEXT)];
} dlopen_note;

/* Notes are aligned like their first member, no further. */
__attribute__((used, section(".note.dlopen"), aligned(4))) static const dlopen_note note = {
    sizeof(note.owner), sizeof(note.text), NOTE_TYPE, "FDO", NOTE_TEXT};

/* ---- the table ---- */

bool cvi_curl_load(cvi_curl *curl, const char *library, cv_error *error) {
    cvi_library loaded;
    if (!cvi_library_load(&loaded, library, error)) {
        return false;
    }
#define FIND(name) found = found && cvi_library_find(&loaded, "curl_" #name, &curl->name, error)
    bool found = true;
    CVI_CURL_FUNCTIONS(FIND);
#undef FIND
    return found;
}

bool cvi_curl_find(cvi_curl *curl, cv_error *error) {
    return cvi_curl_load(curl, COMICVINE_CURL_SONAME, error);
}
