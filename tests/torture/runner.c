/* Owns the order of a point: a file as new, the scene while its fault strikes, the judgement on
 * what is left, and the scene once more when nothing fails. */
#include "torture/runner.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "support/process.h"
#include "torture/curl_memory.h"

enum {
    FILES = 3,
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

static void begin(run *self, const scene *played, bool with_companion) {
    is_under_way = true;
    memset(self, 0, sizeof(*self));
    self->played = played;
    self->has_companion = with_companion;
    stage_begin(&self->stage);
    start_companion(self);
}

bool runner_abandon(void) {
    if (!is_under_way) {
        return false;
    }
    print_message("torture: it was %s", place);
    faults_end();
    (void)process_kill(&current.companion);
    (void)scratch_remove(&current.stage.world->scratch);
    (void)alarm(0);
    return true;
}

static void remove_database(scratch_path database) {
    static const char *const endings[] = {"", "-wal", "-shm", "-journal", ".gate"};
    for (size_t i = 0; i < API_COUNT(endings); i++) {
        char name[SCRATCH_PATH_MAX + sizeof(".gate") + sizeof("-journal")];
        (void)snprintf(name, sizeof(name), "%s%s", database.text, endings[i]);
        (void)unlink(name); /* which need not be there */
    }
}

/* The client's file, and those of a scene that has some of its stores elsewhere. */
static scratch_path file_at(const stage *on, size_t index) {
    static const char *const elsewhere[FILES] = {NULL, STAGE_CACHE_FILE, STAGE_JOBS_FILE};
    return elsewhere[index] == NULL ? on->world->database : stage_file(on, elsewhere[index]);
}

static void remove_files(const stage *on) {
    for (size_t i = 0; i < FILES; i++) {
        remove_database(file_at(on, i));
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

/* What is out beside the client's own memory. */
typedef struct balance {
    int64_t sqlite_bytes;
    size_t curl_blocks;
} balance;

static balance take_balance(void) {
    return (balance){sqlite3_memory_used(), curl_memory_live()};
}

/* Where nothing is open, nothing is out. */
static void check_balance(const run *self, const balance *before) {
    assert_int_equal(atomic_load(&self->stage.memory.live), 0);
    assert_int_equal(atomic_load(&self->stage.memory.bytes), 0);
    assert_int_equal(sqlite3_memory_used(), before->sqlite_bytes);
    assert_int_equal(curl_memory_live(), before->curl_blocks);
    assert_int_equal(self->stage.calls_due, 0);
}

/* What the file says, as somebody from outside finds it. All zero: there is none, or no tables. */
typedef struct finding {
    bool is_there;
    bool is_sound;
    int64_t admissions; /* of this play */
    int64_t pending;    /* jobs */
} finding;

static const char look_for_tables[] =
    "SELECT count(*) FROM sqlite_master WHERE name = 'rate_limits'";
static const char look[] =
    "SELECT (SELECT group_concat(integrity_check) FROM pragma_integrity_check) = 'ok'"
    " AND (SELECT coalesce(max(total), 0) FROM cache_bytes)"
    " = (SELECT coalesce(sum(length(value) + coalesce(length(tape), 0)), 0) FROM cache),"
    " (SELECT count(*) FROM rate_limits WHERE application = ?1),"
    " (SELECT count(*) FROM dedupe_jobs WHERE status = 'pending')";

static sqlite3_stmt *first_row(sqlite3 *connection, const char *sql, const char *application) {
    sqlite3_stmt *statement = NULL;
    assert_int_equal(sqlite3_prepare_v2(connection, sql, -1, &statement, NULL), SQLITE_OK);
    assert_true(application == NULL ||
                sqlite3_bind_text(statement, 1, application, -1, SQLITE_STATIC) == SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    return statement;
}

static finding look_into(sqlite3 *connection, const char *application) {
    finding found = {0};
    sqlite3_stmt *row = first_row(connection, look_for_tables, NULL);
    found.is_there = sqlite3_column_int(row, 0) == 1;
    sqlite3_finalize(row);
    if (found.is_there) {
        row = first_row(connection, look, application);
        found.is_sound = sqlite3_column_int(row, 0) == 1;
        found.admissions = sqlite3_column_int64(row, 1);
        found.pending = sqlite3_column_int64(row, 2);
        sqlite3_finalize(row);
    }
    return found;
}

static finding look_at_file(const run *self, size_t index) {
    finding found = {0};
    sqlite3 *connection = NULL;
    const scratch_path file = file_at(&self->stage, index);
    const char *path = file.text;
    if (access(path, R_OK) != 0) {
        return found;
    }
    assert_int_equal(sqlite3_open_v2(path, &connection, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_busy_timeout(connection, API_PATIENCE_MS), SQLITE_OK);
    found = look_into(connection, self->stage.application);
    assert_int_equal(sqlite3_close(connection), SQLITE_OK);
    assert_true(found.is_sound || !found.is_there);
    return found;
}

typedef struct arrivals {
    int64_t count;
    int64_t without_query; /* of them */
} arrivals;

/* The requests of this play that have arrived so far, from the `first` one at the server on. One
 * that was left under way may arrive later. */
static arrivals count_arrivals(const run *self, size_t first) {
    server_request request;
    arrivals found = {0};
    char ending[STAGE_APPLICATION_MAX + 1];
    (void)snprintf(ending, sizeof(ending), " %s", self->stage.application);
    for (size_t i = first; server_request_at(self->stage.world->server, NULL, i, &request); i++) {
        const char *tail = strstr(request.user_agent, ending);
        if (tail != NULL && strcmp(tail, ending) == 0) {
            found.count++;
            found.without_query += request.query[0] == '\0' ? 1 : 0;
        }
    }
    return found;
}

/* Nothing leaves without an admission that is written down; nor to another host. The key is refused
 * only where libcurl has lost it, for want of memory (docs/torture.md). */
static void check_sent(const run *self, size_t first) {
    arrivals sent = count_arrivals(self, first); /* before the file is looked at */
    finding found = look_at_file(self, 0);
    assert_true(sent.count <= found.admissions || !found.is_there);
    assert_true(self->stage.keys_refused == 0 || sent.without_query > 0);
    assert_int_equal(server_request_count(self->stage.elsewhere, NULL), 0);
}

static void clean_jobs(const run *self, size_t index) {
    const scratch_path file = file_at(&self->stage, index);
    cv_dedupe_options options = CV_DEDUPE_OPTIONS_INIT;
    options.database = file.text;
    options.clock = self->stage.options.clock;
    cv_dedupe_store *store = cv_dedupe_store_open(&options);
    assert_non_null(store);
    assert_true(cv_dedupe_store_cleanup(store));
    cv_dedupe_store_close(store);
}

/* A job that a fault has left behind is nobody's after its lease, and then cleaned away. */
static void check_jobs(run *self) {
    for (size_t i = 0; i < FILES; i++) {
        if (look_at_file(self, i).pending != 0) {
            stage_advance(&self->stage, A_WHILE_MS);
            clean_jobs(self, i);
            assert_int_equal(look_at_file(self, i).pending, 0);
        }
    }
}

/* ---- a point ---- */

/* Nothing fails any more, and some time has passed. */
static void play_well(run *self, const balance *before) {
    stage_advance(&self->stage, A_WHILE_MS);
    self->stage.fault = NULL;
    self->stage.ends = 0;
    stage_set_options(&self->stage, self->played->drive, 0);
    prepare(self);
    play(self, self->played->play);
    assert_true(self->stage.ends > 0);
    check_balance(self, before);
    check_jobs(self);
}

static bool strike(run *self, const torture_fault *fault, size_t n) {
    stage *on = &self->stage;
    fault_scene struck = {.memory = &on->memory,
                          .server = on->world->server,
                          .elsewhere = on->elsewhere,
                          .detour = &on->detour};
    on->fault = fault;
    on->ends = 0;
    on->keys_refused = 0;
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
    const balance before = take_balance();
    note_place(self->played, fault, n);
    renew_file(self);
    size_t first = server_request_count(self->stage.world->server, NULL);
    bool has_struck = strike(self, fault, n);
    check_balance(self, &before);
    check_sent(self, first);
    if (n % 2 == 0) { /* otherwise whoever comes next takes them over as they are */
        check_jobs(self);
    }
    play_well(self, &before);
    return has_struck;
}

size_t runner_torture(const torture_fault *fault, runner_portion portion) {
    run *self = &current;
    size_t tried = 0;
    for (size_t n = portion.first; try_point(self, fault, n); n += portion.stride) {
        tried++;
        if (portion.is_one) {
            break;
        }
    }
    return tried;
}

size_t runner_begin(const scene *played, bool with_companion) {
    run *self = &current;
    note_place(played, NULL, 0);
    begin(self, played, with_companion);
    const balance before = take_balance();
    renew_file(self);
    size_t first = server_request_count(self->stage.world->server, NULL);
    play(self, played->play);
    check_balance(self, &before);
    size_t requests = server_request_count(self->stage.world->server, NULL) - first;
    assert_true(requests == 0 || count_arrivals(self, first).count > 0);
    return requests;
}

void runner_end(void) {
    run *self = &current;
    end_companion(self);
    stage_end(&self->stage);
    is_under_way = false;
    (void)alarm(0);
}
