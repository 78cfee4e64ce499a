/* The model: the real engine and stores in worlds that a seed decides. Prints the seed of a world
 * in which a promise is broken, and ends there.
 *
 *   model [--seeds COUNT] [--first SEED]     so many worlds; COMICVINE_MODEL_WORLDS is the default
 *   model --seed SEED [--trace]              one of them, step by step */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "model/process.h"
#include "support/scratch.h"

enum { WORLDS = 10000, HANGS_S = 30 /* a world takes some milliseconds */ };

typedef struct arguments {
    uint64_t first;
    uint64_t count;
    bool is_traced;
} arguments;

static world one;

/* Where the library itself gives up (an assertion, a bad address, a loop), the seed is worth as
 * much. */
static void note_crash(int number) {
    char text[64];
    int length = snprintf(text, sizeof(text), "seed %llu: signal %d\n",
                          (unsigned long long)one.seed, number);
    ssize_t written = write(STDOUT_FILENO, text, (size_t)length);
    (void)written;
    (void)signal(number, SIG_DFL);
    (void)raise(number);
}

static uint64_t read_number(const char *text) {
    return text != NULL ? strtoull(text, NULL, 10) : 0;
}

static arguments read_arguments(int count, char **values) {
    const char *worlds = getenv("COMICVINE_MODEL_WORLDS");
    arguments read = {.count = worlds != NULL ? read_number(worlds) : WORLDS};
    for (int i = 1; i < count; i++) {
        if (strcmp(values[i], "--trace") == 0) {
            read.is_traced = true;
        } else if (i + 1 < count && strcmp(values[i], "--seed") == 0) {
            read.first = read_number(values[++i]);
            read.count = 1;
        } else if (i + 1 < count && strcmp(values[i], "--first") == 0) {
            read.first = read_number(values[++i]);
        } else if (i + 1 < count && strcmp(values[i], "--seeds") == 0) {
            read.count = read_number(values[++i]);
        } else {
            (void)fprintf(stderr, "usage: model [--seeds COUNT] [--first SEED]\n"
                                  "       model --seed SEED [--trace]\n");
            exit(2);
        }
    }
    return read;
}

/* ---- what all worlds begin with ---- */

/* An empty database, made by the library, that each world gets a copy of: that is quicker. */
static bool make_image(crew *team, disk *store, disk *image) {
    world_init(&one, 0, team, store);
    process_open(&one.processes[0]);
    bool is_made = one.processes[0].client != NULL;
    if (is_made) {
        process_open_pictures(&one.processes[0]);
        process_close(&one.processes[0]);
        disk_copy(image, store);
    }
    return is_made;
}

static bool run_worlds(const arguments *asked, crew *team, disk *store) {
    static struct disk image;
    uint64_t broken = 0;
    if (!make_image(team, store, &image)) {
        (void)fprintf(stderr, "no database could be made: %s\n", one.verdict);
        return false;
    }
    for (uint64_t seed = asked->first; broken == 0 && seed < asked->first + asked->count; seed++) {
        disk_copy(store, &image);
        one.given.is_traced = asked->is_traced;
        world_init(&one, seed, team, store);
        (void)alarm(HANGS_S);
        if (!world_run(&one)) {
            (void)printf("seed %llu, step %d: %s\n  again: model --seed %llu --trace\n",
                         (unsigned long long)seed, one.step, one.verdict, (unsigned long long)seed);
            broken++;
        }
    }
    disk_wipe(&image);
    if (broken == 0) {
        (void)printf("%llu worlds, from seed %llu: every promise was kept\n",
                     (unsigned long long)asked->count, (unsigned long long)asked->first);
    }
    return broken == 0;
}

int main(int count, char **values) {
    static disk store;
    static crew team;
    scratch folder;
    arguments asked = read_arguments(count, values);
    if (!scratch_make(&folder) || !crew_start(&team)) {
        (void)fprintf(stderr, "no folder, or no threads, for the model\n");
        return 2;
    }
    (void)signal(SIGABRT, note_crash);
    (void)signal(SIGSEGV, note_crash);
    (void)signal(SIGALRM, note_crash);
    disk_install(&store);
    (void)snprintf(one.given.database, sizeof(one.given.database), "%s",
                   scratch_file(&folder, "comics.db").text);
    bool is_kept = objects_init(one.given.objects) && run_worlds(&asked, &team, &store);
    crew_stop(&team);
    disk_wipe(&store);
    return scratch_remove(&folder) && is_kept ? 0 : 1;
}
