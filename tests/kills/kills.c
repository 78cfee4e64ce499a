/* Real kills: four programs at work on one file against the loopback server, each of them killed
 * again and again at random times and started anew at once. Then the server's log, the file, and
 * what the programs had noted are judged. Nothing is judged by how long it took.
 *
 *     kills      $COMICVINE_KILLS kills (48 without), by the seed in $COMICVINE_KILLS_SEED
 *
 * A quarter of them come in a round of its own with an interval between requests: there whoever
 * dies while it connects keeps the others waiting (up to two seconds), and less happens. */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "kills/judge.h"
#include "model/chance.h"
#include "support/process.h"

#define KEY "0123456789abcdef0123456789abcdef01234567"

enum {
    KILLS = 48,
    ROUNDS = 2,
    FRESH_PERCENT = 20, /* are killed while they start, the others at work */
    SPREAD_US = 40000,
    LOOK_US = 200,
    HANGS_MS = 300000, /* what lasts so long never ends */
    TEXT_MAX = 32
};

static const struct {
    int64_t percent; /* of the kills */
    int64_t interval_ms;
} rounds[ROUNDS] = {{75, 0}, {25, 20}};

typedef struct scene {
    scratch folder;
    scratch_path board_file;
    scratch_path database;
    scratch_path errors;
    server *server;
    board *board;
    chance random;
    uint64_t seed;
    int64_t kills;
    process workers[WORKERS];
    int starts;
} scene;

/* ---- what is served ---- */

static void write_item(FILE *file, const char *word, int id) {
    (void)fprintf(file, "{\"id\":%d,\"name\":\"%s %d, " STAMP_MARK STAMP "\"}", id, word, id);
}

static bool write_detail(const scene *self, const char *format, const char *word, int id) {
    char name[64];
    (void)snprintf(name, sizeof(name), format, id);
    FILE *file = fopen(scratch_file(&self->folder, name).text, "w");
    if (file == NULL) {
        return false;
    }
    (void)fputs("{\"error\":\"OK\",\"limit\":1,\"offset\":0,\"number_of_page_results\":1,"
                "\"number_of_total_results\":1,\"status_code\":1,\"results\":",
                file);
    write_item(file, word, id);
    (void)fputs("}", file);
    return fclose(file) == 0;
}

static bool write_list(const scene *self, const char *name, const char *word, int count) {
    FILE *file = fopen(scratch_file(&self->folder, name).text, "w");
    if (file == NULL) {
        return false;
    }
    (void)fputs("{\"error\":\"OK\",\"status_code\":1,\"results\":[", file);
    for (int id = 1; id <= count; id++) {
        (void)fputs(id > 1 ? "," : "", file);
        write_item(file, word, id);
    }
    (void)fputs("]}", file);
    return fclose(file) == 0;
}

static bool write_answers(const scene *self) {
    bool is_written = mkdir(scratch_file(&self->folder, "issue").text, S_IRWXU) == 0 &&
                      mkdir(scratch_file(&self->folder, "volume").text, S_IRWXU) == 0 &&
                      write_list(self, "issues.json", "Lamplighter", ISSUES) &&
                      write_list(self, "volumes.json", "Wharf", VOLUMES);
    for (int id = 1; is_written && id <= ISSUES; id++) {
        is_written = write_detail(self, "issue/4000-%d.json", "Lamplighter", id);
    }
    for (int id = 1; is_written && id <= VOLUMES; id++) {
        is_written = write_detail(self, "volume/4050-%d.json", "Wharf", id);
    }
    return is_written;
}

/* Answers take their time, so that kills come while requests are on their way. */
static bool start_server(scene *self) {
    const server_options options = {.folder = self->folder.folder, .api_key = KEY, .stamp = STAMP};
    static const server_fault slow[] = {
        {.path = "/api/issue/", .delay_ms = 15, .times = SERVER_ALL},
        {.path = "/api/volume/", .delay_ms = 15, .times = SERVER_ALL},
        {.delay_ms = 5, .times = SERVER_ALL},
    };
    self->server = server_start(&options);
    bool is_ready = self->server != NULL;
    for (size_t i = 0; is_ready && i < sizeof(slow) / sizeof(slow[0]); i++) {
        is_ready = server_fault_add(self->server, &slow[i]);
    }
    return is_ready;
}

/* ---- the workers ---- */

static bool start_worker(scene *self, int number) {
    char worker[TEXT_MAX];
    char seed[TEXT_MAX];
    (void)snprintf(worker, sizeof(worker), "%d", number);
    (void)snprintf(seed, sizeof(seed), "%" PRIu64,
                   self->seed * UINT64_C(1000003) + (uint64_t)self->starts++);
    const char *const arguments[] = {CVI_PROGRAM_kills_worker,
                                     self->board_file.text,
                                     server_base_url(self->server),
                                     self->database.text,
                                     KEY,
                                     worker,
                                     seed,
                                     NULL};
    atomic_store(&self->board->seats[number].life, -1);
    atomic_store(&self->board->seats[number].calls, 0);
    return process_start(&self->workers[number], arguments, self->errors.text);
}

static void sleep_us(int64_t duration_us) {
    const struct timespec moment = {duration_us / 1000000, duration_us % 1000000 * 1000};
    nanosleep(&moment, NULL);
}

/* Until it is at work, however long that takes on this machine. */
static bool await_work(const scene *self, int number) {
    int64_t end_us = board_now_us() + HANGS_MS * INT64_C(1000);
    while (atomic_load(&self->board->seats[number].calls) == 0) {
        if (board_now_us() > end_us) {
            (void)printf("worker %d does nothing\n", number);
            return false;
        }
        sleep_us(LOOK_US);
    }
    return true;
}

/* Who is killed here lived until now at least. */
static bool kill_worker(scene *self, int number) {
    int64_t now_us = board_now_us();
    if (!process_kill(&self->workers[number])) {
        (void)printf("worker %d is gone by itself\n", number);
        return false;
    }
    int64_t last = atomic_load(&self->board->seats[number].life);
    if (last >= 0) {
        int64_t not_yet = 0;
        atomic_compare_exchange_strong(&self->board->lives[last].ended_us, &not_yet, now_us);
        atomic_store(&self->board->lives[last].is_killed, true);
    }
    return true;
}

static bool kill_one(scene *self) {
    int number = (int)chance_draw(&self->random, WORKERS);
    bool is_fresh = chance_percent(&self->random, FRESH_PERCENT);
    if (!is_fresh && !await_work(self, number)) {
        return false;
    }
    sleep_us(chance_draw(&self->random, SPREAD_US));
    return kill_worker(self, number) && start_worker(self, number);
}

static bool end_workers(scene *self) {
    bool all_well = true;
    for (int i = 0; i < WORKERS; i++) {
        process_close_input(&self->workers[i]);
    }
    for (int i = 0; i < WORKERS; i++) {
        int status = process_end(&self->workers[i], HANGS_MS);
        if (status != 0) {
            (void)printf("WRONG: worker %d, which lived on, ended with %d\n", i, status);
        }
        all_well = all_well && status == 0;
    }
    return all_well;
}

/* What the workers have complained of. False: nothing. */
static bool print_errors(const scene *self) {
    char line[512];
    bool any = false;
    FILE *file = fopen(self->errors.text, "r");
    while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
        (void)printf("WRONG: %s", line);
        any = true;
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    return any;
}

/* ---- from beginning to end ---- */

static int64_t read_setting(const char *name, int64_t otherwise) {
    const char *text = getenv(name);
    return text != NULL ? strtoll(text, NULL, 10) : otherwise;
}

static bool set_up(scene *self, int number) {
    *self = (scene){.kills = read_setting("COMICVINE_KILLS", KILLS) * rounds[number].percent / 100,
                    .seed = (uint64_t)(read_setting("COMICVINE_KILLS_SEED", 1) * ROUNDS + number)};
    chance_init(&self->random, self->seed, WORKERS);
    if (!scratch_make(&self->folder)) {
        return false;
    }
    self->board_file = scratch_file(&self->folder, "board");
    self->database = scratch_file(&self->folder, "comics.db");
    self->errors = scratch_file(&self->folder, "errors");
    self->board = board_map(self->board_file.text, true);
    if (self->board == NULL) {
        return false;
    }
    self->board->interval_ms = rounds[number].interval_ms;
    return write_answers(self) && start_server(self);
}

static bool work_and_kill(scene *self) {
    bool goes_on = true;
    for (int i = 0; goes_on && i < WORKERS; i++) {
        goes_on = start_worker(self, i);
    }
    for (int64_t i = 0; goes_on && i < self->kills; i++) {
        goes_on = kill_one(self);
    }
    return end_workers(self) && goes_on;
}

static long long size_of(const scene *self, const char *name) {
    struct stat file = {.st_size = 0};
    return stat(scratch_file(&self->folder, name).text, &file) == 0 ? (long long)file.st_size : 0;
}

/* Before anybody else opens it: what is in the file itself, checkpoints have brought there. */
static void print_sizes(const scene *self) {
    (void)printf("file: %lld bytes by checkpoints, log of %lld bytes\n", size_of(self, "comics.db"),
                 size_of(self, "comics.db-wal"));
}

static bool judge(scene *self) {
    evidence found = {.board = self->board,
                      .folder = &self->folder,
                      .database = self->database.text,
                      .url = server_base_url(self->server),
                      .key = KEY};
    if (judge_gather(&found, self->server)) {
        judge_limits(&found);
        judge_owners(&found);
        judge_calls(&found);
        judge_freshness(&found);
        judge_file(&found);
    } else {
        judge_wrong(&found, "there is nothing to judge");
    }
    judge_clear(&found);
    return found.wrongs == 0;
}

static bool play(int number) {
    scene self;
    if (!set_up(&self, number)) {
        (void)fprintf(stderr, "no folder, board or server\n");
        return false;
    }
    int64_t start_us = board_now_us();
    bool is_well = work_and_kill(&self);
    (void)printf("seed %" PRIu64 ": %" PRId64 " kills of %d workers, %" PRId64
                 " clients, in %" PRId64 " ms\n",
                 self.seed, self.kills, WORKERS, atomic_load(&self.board->life_count),
                 (board_now_us() - start_us) / 1000);
    print_sizes(&self);
    is_well = judge(&self) && is_well;
    is_well = !print_errors(&self) && is_well;
    server_stop(self.server);
    return scratch_remove(&self.folder) && is_well;
}

int main(void) {
    bool is_well = true;
    for (int number = 0; is_well && number < ROUNDS; number++) {
        is_well = play(number);
    }
    (void)printf("%s\n", is_well ? "every promise was kept" : "NOT every promise was kept");
    return is_well ? 0 : 1;
}
