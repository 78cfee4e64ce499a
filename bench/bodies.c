/* Owns the bodies that decoding is measured with, read once and whole, so that no file is touched
 * while the clock runs. One thread. */
#include "bodies.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "resources/hits.h"
#include "resources/registry.h"
#include "team.h"

static void read_text(bodies_answer *answer, const char *path) {
    struct stat status;
    FILE *file = fopen(path, "rb");
    team_check(file != NULL && fstat(fileno(file), &status) == 0 && status.st_size > 0, path);
    answer->size = (size_t)status.st_size;
    answer->text = malloc(answer->size);
    team_check(answer->text != NULL && fread(answer->text, 1, answer->size, file) == answer->size,
               path);
    fclose(file);
}

static void add_file(bodies_set *set, const char *path, const cvi_resource *resource,
                     bool is_list) {
    bodies_answer *grown = realloc(set->answers, (set->count + 1) * sizeof(*grown));
    team_check(grown != NULL, "there is memory for one more answer");
    set->answers = grown;
    bodies_answer *answer = &grown[set->count++];
    *answer = (bodies_answer){.resource = resource, .is_list = is_list};
    read_text(answer, path);
    set->bytes += answer->size;
}

static bool is_body(const char *name) {
    const char *end = strrchr(name, '.');
    return end != NULL && strcmp(end, ".json") == 0;
}

/* A folder need not be there, as nobody has answers of every resource. */
static void add_folder(bodies_set *set, const char *parent, const char *name,
                       const cvi_resource *resource, bool is_list) {
    char folder[TEAM_PATH_MAX];
    team_path(folder, parent, name);
    DIR *entries = opendir(folder);
    if (entries == NULL) {
        return;
    }
    for (struct dirent *entry = readdir(entries); entry != NULL; entry = readdir(entries)) {
        char path[TEAM_PATH_MAX];
        if (is_body(entry->d_name)) {
            team_path(path, folder, entry->d_name);
            add_file(set, path, resource, is_list);
        }
    }
    closedir(entries);
}

static void add_list(bodies_set *set, const char *folder, const char *name,
                     const cvi_resource *resource) {
    char file_name[64];
    char path[TEAM_PATH_MAX];
    snprintf(file_name, sizeof(file_name), "%s.json", name);
    team_path(path, folder, file_name);
    if (access(path, R_OK) == 0) {
        add_file(set, path, resource, true);
    }
}

const char *bodies_folder(const char *fixtures) {
    const char *recordings = getenv("COMICVINE_RECORDINGS");
    return recordings != NULL && access(recordings, R_OK | X_OK) == 0 ? recordings : fixtures;
}

void bodies_load(bodies_set sets[BODIES_KINDS], const char *folder) {
    size_t count;
    const cvi_resource *const *resources = cvi_registry_all(&count);
    memset(sets, 0, BODIES_KINDS * sizeof(sets[0]));
    for (size_t i = 0; i < count; i++) {
        if (resources[i]->detail_path != NULL) {
            add_folder(&sets[BODIES_DETAILS], folder, resources[i]->detail_path, resources[i],
                       false);
        }
        add_list(&sets[BODIES_LISTS], folder, resources[i]->list_path, resources[i]);
    }
    add_list(&sets[BODIES_SEARCHES], folder, "search", &cvi_search_resource);
    add_folder(&sets[BODIES_SEARCHES], folder, "search", &cvi_search_resource, true);
    team_check(sets[BODIES_DETAILS].count + sets[BODIES_LISTS].count > 0,
               "the folder has answers of the service");
}

void bodies_free(bodies_set sets[BODIES_KINDS]) {
    for (int kind = 0; kind < BODIES_KINDS; kind++) {
        for (size_t i = 0; i < sets[kind].count; i++) {
            free(sets[kind].answers[i].text);
        }
        free(sets[kind].answers);
    }
}
