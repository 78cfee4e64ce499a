/* Owns the order of a point: a file as new, the scene while its fault strikes, the judgement on what
 * is left, and the scene once more when nothing fails. */
#include "torture/runner.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "support/process.h"

enum {
    PLACE_MAX = 160,
    HANGS_S = 300,
    A_WHILE_MS = 7200000 /* beyond pauses, leases and times to live */
};

typedef struct run {
    const scene *played;
    stage stage;
    bool has_companion;
    process companion;
} run;

static run current; /* one at a time */
static bool is_under_way;
static char place[PLACE_MAX];

const char *runner_place(void) {
    return place;
}

static void note_place(const scene *played, const torture_fault *fault, size_t n) {
    (void)snprintf(place, sizeof(place), "scene '%s', fault '%s', point %zu\n", played->name,
                   fault != NULL ? fault->name : "none", n);
    (void)alarm(HANGS_S);
}

/* ---- the companion ---- */

static void hear(run *self, const char *expected) {
    char line[PROCESS_LINE_MAX];
    assert_true(process_hear(&self->companion, line, API_PATIENCE_MS));
    if (strcmp(line, expected) != 0) {
        fail_msg("the companion says: %s", line);
    }
}

static void start_companion(run *self) {
    const scratch_path clock = stage_file(&self->stage, "clock");
    const char *const arguments[] = {CVI_PROGRAM_torture_companion,
                                     self->stage.world->database.text,
                                     clock.text,
                                     server_base_url(self->stage.world->server),
                                     server_base_url(self->stage.companion_server),
                                     NULL};
    if (self->has_companion) {
        assert_true(process_start(&self->companion, arguments, NULL));
        hear(self, "ready");
    }
}

static void end_companion(run *self) {
    if (self->has_companion) {
        assert_int_equal(process_end(&self->companion, API_PATIENCE_MS), 0);
    }
}

/* It works beside whatever comes between these two. */
static void let_companion_go(const run *self) {
    if (self->has_companion) {
        assert_true(process_tell(&self->companion, "round"));
    }
}

static void await_companion(run *self) {
    if (self->has_companion) {
        hear(self, "fine");
    }
}

/* ---- before ---- */

static run *begin(const scene *played, bool with_companion) {
    run *self = &current;
    is_under_way = true;
    memset(self, 0, sizeof(*self));
    self->played = played;
    self->has_companion = with_companion;
    stage_begin(&self->stage);
    start_companion(self);
    return self;
}

static void end(run *self) {
    end_companion(self);
    stage_end(&self->stage);
    is_under_way = false;
    (void)alarm(0);
}

void runner_abandon(void) {
    if (is_under_way) {
        faults_end();
        (void)process_kill(&current.companion);
        stage_end(&current.stage);
        is_under_way = false;
        (void)alarm(0);
    }
}

static void remove_files(const stage *on) {
    static const char *const endings[] = {"", "-wal", "-shm", "-journal", ".gate"};
    for (size_t i = 0; i < API_COUNT(endings); i++) {
        char name[SCRATCH_PATH_MAX + sizeof(".gate") + sizeof("-journal")];
        (void)snprintf(name, sizeof(name), "%s%s", on->world->database.text, endings[i]);
        (void)unlink(name); /* which need not be there */
    }
}

/* Where others have the file open it is emptied instead. */
static void clear_stores(stage *on) {
    stage_open(on);
    assert_true(cv_cache_store_clear(cv_client_cache(on->client)));
    assert_true(cv_dedupe_store_clear(cv_client_dedupe(on->client)));
    assert_true(cv_rate_limit_store_clear(cv_client_rate_limit(on->client)));
    stage_close(on);
}

/* Plays or prepares, with a client if the scene wants one, and closes it. */
static void play(run *self, scene_fn *part) {
    if (!self->played->opens_itself) {
        stage_open(&self->stage);
    }
    part(&self->stage);
    stage_close(&self->stage);
}

static void prepare(run *self) {
    if (self->played->prepare != NULL) {
        play(self, self->played->prepare);
    }
}

static void renew_file(run *self) {
    self->stage.fault = NULL;
    stage_set_options(&self->stage, self->played->drive, 0);
    if (self->has_companion) {
        clear_stores(&self->stage);
    } else {
        remove_files(&self->stage);
    }
    prepare(self);
}

/* ---- after ---- */

/* Where nothing is open, nothing is out. */
static void check_balance(const run *self, int64_t sqlite_bytes) {
    assert_int_equal(atomic_load(&self->stage.memory.live), 0);
    assert_int_equal(atomic_load(&self->stage.memory.bytes), 0);
    assert_int_equal(sqlite3_memory_used(), sqlite_bytes);
    assert_int_equal(self->stage.calls_due, 0);
    assert_true(self->stage.ends > 0);
}

static bool has_file(const run *self) {
    const api *world = self->stage.world;
    return access(world->database.text, R_OK) == 0 &&
           api_query(world, "SELECT count(*) FROM sqlite_master WHERE name = 'rate_limits'") == 1;
}

/* All that were ever admitted, be they still counted or not. */
static int64_t admissions(const run *self) {
    return !has_file(self) ? 0
                           : api_query(self->stage.world,
                                       "SELECT coalesce(max(seq), 0) FROM sqlite_sequence"
                                       " WHERE name = 'rate_limits'");
}

static int64_t sent(const run *self) {
    return (int64_t)(server_request_count(self->stage.world->server, NULL) +
                     server_request_count(self->stage.companion_server, NULL));
}

static void check_file(const run *self) {
    if (!has_file(self)) {
        return;
    }
    assert_int_equal(api_query(self->stage.world, "SELECT count(*) FROM pragma_integrity_check"
                                                  " WHERE integrity_check = 'ok'"),
                     1);
    assert_int_equal(api_query(self->stage.world, "SELECT total FROM cache_bytes"),
                     api_query(self->stage.world,
                               "SELECT coalesce(sum(length(value)), 0) FROM cache"));
}

/* Nothing leaves without an admission that is written down; nor to another host. */
static void check_sent(const run *self, int64_t sent_before, int64_t admitted_before) {
    if (has_file(self)) {
        assert_true(sent(self) - sent_before <= admissions(self) - admitted_before);
    }
    assert_int_equal(server_request_count(self->stage.elsewhere, NULL), 0);
}

/* A job that a fault has left behind is nobody's after its lease, and then cleaned away. */
static void check_jobs(run *self) {
    static const char pending[] = "SELECT count(*) FROM dedupe_jobs WHERE status = 'pending'";
    if (!has_file(self) || api_query(self->stage.world, pending) == 0) {
        return;
    }
    stage_advance(&self->stage, A_WHILE_MS);
    stage_open(&self->stage);
    assert_true(cv_dedupe_store_cleanup(cv_client_dedupe(self->stage.client)));
    stage_close(&self->stage);
    assert_int_equal(api_query(self->stage.world, pending), 0);
}

/* ---- a point ---- */

/* Nothing fails any more, and some time has passed. */
static void play_well(run *self, int64_t sqlite_bytes) {
    stage_advance(&self->stage, A_WHILE_MS);
    self->stage.fault = NULL;
    self->stage.ends = 0;
    stage_set_options(&self->stage, self->played->drive, 0);
    prepare(self);
    play(self, self->played->play);
    check_balance(self, sqlite_bytes);
    check_jobs(self);
    check_file(self);
}

static bool strike(run *self, const torture_fault *fault, size_t n) {
    stage *on = &self->stage;
    fault_scene struck = {.memory = &on->memory,
                          .server = on->world->server,
                          .elsewhere = on->elsewhere,
                          .detour = &on->detour};
    on->fault = fault;
    on->ends = 0;
    stage_set_options(on, self->played->drive, n);
    if (!self->played->opens_itself) {
        stage_open(on);
    }
    let_companion_go(self);
    fault_begin(fault, n, &struck);
    self->played->play(on);
    stage_close(on);
    bool has_struck = fault_end(fault, n, &struck);
    await_companion(self);
    return has_struck;
}

/* Answers whether the fault has struck. */
static bool try_point(run *self, const torture_fault *fault, size_t n) {
    int64_t sqlite_bytes = sqlite3_memory_used();
    note_place(self->played, fault, n);
    renew_file(self);
    int64_t sent_before = sent(self);
    int64_t admitted_before = admissions(self);
    bool has_struck = strike(self, fault, n);
    check_balance(self, sqlite_bytes);
    check_sent(self, sent_before, admitted_before);
    check_file(self);
    play_well(self, sqlite_bytes);
    return has_struck;
}

size_t runner_torture(const scene *played, const torture_fault *fault, runner_portion portion,
                      bool with_companion) {
    run *self = begin(played, with_companion);
    size_t tried = 0;
    for (size_t n = portion.first; try_point(self, fault, n); n += portion.stride) {
        tried++;
        if (portion.is_one) {
            break;
        }
    }
    end(self);
    return tried;
}

size_t runner_rehearse(const scene *played, bool with_companion) {
    note_place(played, NULL, 0);
    run *self = begin(played, with_companion);
    int64_t sqlite_bytes = sqlite3_memory_used();
    renew_file(self);
    size_t before = server_request_count(self->stage.world->server, NULL);
    play(self, played->play);
    check_balance(self, sqlite_bytes);
    size_t requests = server_request_count(self->stage.world->server, NULL) - before;
    end(self);
    return requests;
}
