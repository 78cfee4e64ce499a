/* A cached retrieve from the file, beside a bare point read and a bare parse of the same body, and
 * beside one for which the parser has to run; and one of an object that is still in memory. The
 * bodies are the details in the folder that COMICVINE_RECORDINGS names, else the tests' fixtures;
 * they are put into the file under the library's keys, so this program links the library's objects.
 */
#include <comicvine.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bare_cache.h"
#include "bodies.h"
#include "measure.h"
#include "resources/decode.h"
#include "support/allocator.h"
#include "team.h"

enum { RUNS = 15, SMOKE_RUNS = 1, REPEATS = 8, RUN_BYTES = 16 << 20 };
enum { HOT_CALLS = 1000000, SMOKE_HOT_CALLS = 100, KNOWN_CALLS = 10000, HOT_BYTES = 64 << 20 };

typedef struct target {
    cv_resource resource;
    int64_t id;
    size_t size;
    char *tape; /* that the library stores beside the body */
    size_t tape_size;
    char hash[CVI_HASH_SIZE];
} target;

typedef struct scene {
    char folder[TEAM_PATH_MAX];
    char database[TEAM_PATH_MAX];
    cv_client *client;  /* that remembers nothing */
    cv_client *mindful; /* that remembers all */
    bare_cache bare;
    target *targets;
    size_t count;
    bool is_smoke;
} scene;

/* ---- what is in the file ---- */

/* Reads what it is about, and makes its tape. */
static void decode(target *self, const bodies_answer *answer) {
    const cvi_decode_options options = {.resource = answer->resource, .makes_tape = true};
    cv_error error = {0};
    char *copy = cvi_copy_text(&cvi_default_allocator, answer->text, answer->size);
    team_check(copy != NULL, "there is memory for a body");
    cvi_result *result =
        cvi_decode(&options, &cvi_default_allocator, (cvi_body){copy, answer->size, 0}, &error);
    team_check(result != NULL, error.message);
    self->id = cvi_result_id(result, 0);
    self->tape = cvi_result_take_tape(result, &self->tape_size);
    team_check(self->tape != NULL, "there is a tape");
    cvi_result_release(result);
}

/* False: what it is about is not said, so that it cannot be retrieved. */
static bool aim(target *self, const bodies_answer *answer) {
    char path[48];
    *self = (target){.resource = answer->resource->resource, .size = answer->size};
    decode(self, answer);
    snprintf(path, sizeof(path), "%s/%lld-", answer->resource->detail_path,
             (long long)answer->resource->type_id);
    bare_cache_key(self->hash, path, self->id);
    return self->id > 0;
}

static bool is_there(const scene *self, const target *wanted) {
    for (size_t i = 0; i < self->count; i++) {
        if (strcmp(self->targets[i].hash, wanted->hash) == 0) {
            return true;
        }
    }
    return false;
}

static void fill(scene *self, const bodies_set *details) {
    self->targets = calloc(details->count, sizeof(self->targets[0]));
    team_check(self->targets != NULL, "there is memory for the targets");
    bare_cache_begin_filling(&self->bare);
    for (size_t i = 0; i < details->count; i++) {
        const bodies_answer *answer = &details->answers[i];
        target *next = &self->targets[self->count];
        if (aim(next, answer) && !is_there(self, next)) {
            bare_cache_put(&self->bare, next->hash, answer->text, answer->size);
            self->count++;
        } else {
            cvi_release(&cvi_default_allocator, next->tape);
        }
    }
    bare_cache_end_filling(&self->bare);
}

static cv_client *open_client(const scene *self, int64_t memory_bytes) {
    cv_options options = CV_OPTIONS_INIT;
    options.cache.memory_bytes = memory_bytes;
    options.api_key = "a key that is not needed";
    options.database = self->database;
    cv_client *client = cv_client_open(&options);
    TEAM_DONE(client != NULL);
    return client;
}

/* ---- one body ---- */

typedef struct cost {
    int64_t wall_ns;
    int64_t cpu_ns;
} cost;

typedef struct costs {
    cost bare;
    cost ours;
    size_t calls;
} costs;

static void retrieve_with(cv_client *client, const target *wanted) {
    const cv_record *record = cv_retrieve(client, wanted->resource, wanted->id, CV_PRIORITY_USER);
    TEAM_DONE(record != NULL);
    team_check(record->source == CV_SOURCE_CACHE, "it came from the cache");
    cv_record_free(record);
}

static void retrieve(scene *self, const target *wanted) {
    retrieve_with(self->client, wanted);
}

static void read_bare(scene *self, const target *wanted) {
    bare_cache_read_and_parse(&self->bare, wanted->hash);
}

static void add_time(scene *self, void (*read)(scene *, const target *), const target *wanted,
                     cost *sum) {
    int64_t wall_ns = measure_now_ns();
    int64_t cpu_ns = measure_busy_now_ns();
    for (int i = 0; i < REPEATS; i++) {
        read(self, wanted);
    }
    sum->cpu_ns += measure_busy_now_ns() - cpu_ns;
    sum->wall_ns += measure_now_ns() - wall_ns;
}

/* ---- groups of sizes ---- */

typedef struct group {
    const char *name;
    size_t from_bytes; /* and below the next one's */
    size_t to_bytes;
} group;

static const group groups[] = {
    {"up to 4 kB", 0, 4 << 10},
    {"4 to 16 kB", 4 << 10, 16 << 10},
    {"16 to 64 kB", 16 << 10, 64 << 10},
    {"64 to 512 kB", 64 << 10, 512 << 10},
    {"above 512 kB", 512 << 10, SIZE_MAX},
    {"of all sizes", 0, SIZE_MAX},
};

static bool is_in(const group *self, const target *wanted) {
    return wanted->size > self->from_bytes && wanted->size <= self->to_bytes;
}

static size_t bytes_of(const scene *self, const group *members) {
    size_t bytes = 0;
    for (size_t i = 0; i < self->count; i++) {
        bytes += is_in(members, &self->targets[i]) ? self->targets[i].size : 0;
    }
    return bytes;
}

/* Floor and library by turns with each body, so that both see the same machine. */
static void add_round(scene *self, const group *members, costs *sum) {
    for (size_t i = 0; i < self->count; i++) {
        if (is_in(members, &self->targets[i])) {
            add_time(self, read_bare, &self->targets[i], &sum->bare);
            add_time(self, retrieve, &self->targets[i], &sum->ours);
            sum->calls += REPEATS;
        }
    }
}

static double each_us(int64_t sum_ns, size_t calls) {
    return (double)sum_ns / (double)calls / 1000.0;
}

static void print_group(const group *members, const costs *runs, size_t count) {
    double figures[4][RUNS];
    char name[96];
    for (size_t i = 0; i < count; i++) {
        figures[0][i] = each_us(runs[i].ours.wall_ns, runs[i].calls);
        figures[1][i] = each_us(runs[i].bare.wall_ns, runs[i].calls);
        figures[2][i] = each_us(runs[i].ours.cpu_ns, runs[i].calls);
        figures[3][i] = each_us(runs[i].bare.cpu_ns, runs[i].calls);
    }
    /* The goal is about processor time, which others on the machine cannot lengthen as much. */
    snprintf(name, sizeof(name), "cached retrieve from the file, bodies %s, processor time (P1)",
             members->name);
    measure_print(&(measure_line){name, "us", measure_median(figures[2], count),
                                  measure_median(figures[3], count), MEASURE_RATIO_BELOW, 1.25});
    snprintf(name, sizeof(name), "cached retrieve from the file, bodies %s", members->name);
    measure_print(&(measure_line){.name = name,
                                  .unit = "us",
                                  .figure = measure_median(figures[0], count),
                                  .floor = measure_median(figures[1], count)});
}

/* Beside all bodies, or beside none. */
static void put_tapes(scene *self, bool are_wanted) {
    bare_cache_begin_filling(&self->bare);
    for (size_t i = 0; i < self->count; i++) {
        const target *next = &self->targets[i];
        bare_cache_put_tape(&self->bare, next->hash, are_wanted ? next->tape : NULL,
                            are_wanted ? next->tape_size : 0);
    }
    bare_cache_end_filling(&self->bare);
}

static void measure_group(scene *self, const group *members) {
    costs runs[RUNS] = {{.calls = 0}};
    size_t bytes = bytes_of(self, members);
    if (bytes == 0) {
        return;
    }
    size_t count = self->is_smoke ? SMOKE_RUNS : RUNS;
    size_t rounds = self->is_smoke ? 1 : 1 + RUN_BYTES / REPEATS / bytes;
    for (size_t run = 0; run < count; run++) {
        for (size_t round = 0; round < rounds; round++) {
            add_round(self, members, &runs[run]);
        }
    }
    print_group(members, runs, count);
}

/* ---- what tapes are worth, and what they take ---- */

static int64_t busy_ns_of(scene *self, const group *members, size_t rounds) {
    cost sum = {0, 0};
    for (size_t round = 0; round < rounds; round++) {
        for (size_t i = 0; i < self->count; i++) {
            if (is_in(members, &self->targets[i])) {
                add_time(self, retrieve, &self->targets[i], &sum);
            }
        }
    }
    return sum.cpu_ns;
}

static size_t count_of(const scene *self, const group *members) {
    size_t count = 0;
    for (size_t i = 0; i < self->count; i++) {
        count += is_in(members, &self->targets[i]) ? 1 : 0;
    }
    return count;
}

/* Hits with tapes beside hits without, by turns. */
static void compare_tapes(scene *self, const group *members) {
    double with[RUNS];
    double without[RUNS];
    char name[96];
    size_t bytes = bytes_of(self, members);
    if (bytes == 0) {
        return;
    }
    size_t count = self->is_smoke ? SMOKE_RUNS : RUNS;
    size_t rounds = self->is_smoke ? 1 : 1 + RUN_BYTES / REPEATS / bytes;
    size_t calls = rounds * REPEATS * count_of(self, members);
    for (size_t run = 0; run < count; run++) {
        put_tapes(self, false);
        without[run] = each_us(busy_ns_of(self, members, rounds), calls);
        put_tapes(self, true);
        with[run] = each_us(busy_ns_of(self, members, rounds), calls);
    }
    snprintf(name, sizeof(name), "the same beside one without a tape, bodies %s, processor time",
             members->name);
    measure_print(&(measure_line){.name = name,
                                  .unit = "us",
                                  .figure = measure_median(with, count),
                                  .floor = measure_median(without, count)});
}

static void print_bytes(const scene *self, const group *members) {
    char name[96];
    size_t tape_bytes = 0;
    size_t count = count_of(self, members);
    for (size_t i = 0; i < self->count; i++) {
        tape_bytes += is_in(members, &self->targets[i]) ? self->targets[i].tape_size : 0;
    }
    if (count == 0) {
        return;
    }
    snprintf(name, sizeof(name), "a tape beside its body, bodies %s", members->name);
    measure_print(
        &(measure_line){.name = name,
                        .unit = "kB",
                        .figure = (double)tape_bytes / 1000.0 / (double)count,
                        .floor = (double)bytes_of(self, members) / 1000.0 / (double)count});
}

/* ---- what is still in memory ---- */

/* All objects by turns, so that no more of them is in the processor's caches than would be. */
static void time_hot(scene *self, measure_samples *times, measure_samples *empty) {
    while (times->count < times->size) {
        const target *wanted = &self->targets[times->count % self->count];
        int64_t begun_ns = measure_now_ns();
        measure_add(empty, measure_now_ns() - begun_ns);
        begun_ns = measure_now_ns();
        retrieve_with(self->mindful, wanted);
        measure_add(times, measure_now_ns() - begun_ns);
    }
}

/* After somebody has written to the file, beside a bare read and parse of the same body. */
static void time_known(scene *self, measure_samples *times, measure_samples *bare) {
    while (times->count < times->size) {
        const target *wanted = &self->targets[times->count % self->count];
        bare_cache_touch(&self->bare);
        int64_t begun_ns = measure_now_ns();
        read_bare(self, wanted);
        measure_add(bare, measure_now_ns() - begun_ns);
        begun_ns = measure_now_ns();
        retrieve_with(self->mindful, wanted);
        measure_add(times, measure_now_ns() - begun_ns);
    }
}

static void measure_known(scene *self) {
    size_t count = self->is_smoke ? SMOKE_HOT_CALLS : KNOWN_CALLS;
    measure_samples times = measure_room(count);
    measure_samples bare = measure_room(count);
    time_known(self, &times, &bare);
    measure_print_distribution(
        &(measure_distribution){.name = "retrieve of what is in memory, of a file just written to",
                                .figures = &times,
                                .floors = &bare});
}

static double time_all(const scene *self, cv_client *client) {
    int64_t begun_ns = measure_busy_now_ns();
    for (size_t i = 0; i < self->count; i++) {
        retrieve_with(client, &self->targets[i]);
    }
    return each_us(measure_busy_now_ns() - begun_ns, self->count);
}

/* The same objects out of the file and out of memory by turns. */
static void compare_hot(scene *self) {
    double from_file[RUNS];
    double from_memory[RUNS];
    size_t count = self->is_smoke ? SMOKE_RUNS : RUNS;
    for (size_t run = 0; run < count; run++) {
        from_file[run] = time_all(self, self->client);
        from_memory[run] = time_all(self, self->mindful);
    }
    measure_print(&(measure_line){.name = "the same beside one from the file, processor time",
                                  .unit = "us",
                                  .figure = measure_median(from_memory, count),
                                  .floor = measure_median(from_file, count),
                                  .goal = MEASURE_RATIO_BELOW,
                                  .bound = 0.1});
}

static void measure_hot(scene *self) {
    size_t count = self->is_smoke ? SMOKE_HOT_CALLS : HOT_CALLS;
    measure_samples times = measure_room(count);
    measure_samples empty = measure_room(count);
    for (size_t i = 0; i < self->count; i++) {
        retrieve_with(self->mindful, &self->targets[i]);
    }
    time_hot(self, &times, &empty);
    measure_print_distribution(
        &(measure_distribution){.name = "retrieve of what is still in memory (P2)",
                                .figures = &times,
                                .floors = &empty,
                                .bounds_us = {[MEASURE_P50] = 1.0, [MEASURE_P99] = 1.0}});
}

int main(int argument_count, char **arguments) {
    scene self = {.is_smoke = measure_is_smoke(argument_count, arguments)};
    bodies_set sets[BODIES_KINDS];
    bodies_load(sets, bodies_folder(BENCH_FIXTURES));
    team_make_folder(self.folder, false);
    team_path(self.database, self.folder, "comics.db");
    self.client = open_client(&self, CV_NONE);
    self.mindful = open_client(&self, HOT_BYTES);
    bare_cache_open(&self.bare, self.database);
    fill(&self, &sets[BODIES_DETAILS]);
    bodies_free(sets);
    put_tapes(&self, true);
    for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
        measure_group(&self, &groups[i]);
    }
    for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
        compare_tapes(&self, &groups[i]);
        print_bytes(&self, &groups[i]);
    }
    measure_hot(&self);
    compare_hot(&self);
    measure_known(&self);
    bare_cache_close(&self.bare);
    cv_client_close(self.client);
    cv_client_close(self.mindful);
    for (size_t i = 0; i < self.count; i++) {
        cvi_release(&cvi_default_allocator, self.targets[i].tape);
    }
    free(self.targets);
    team_remove_folder(self.folder);
    return 0;
}
