/* Owns the simulated world of the rate limit: what happens in it, and the comparison of each answer
 * with the oracle's. */
#include "support/limit_world.h"

#include <string.h>

#include "stores/handle.h"
#include "support/buffer.h"
#include "support/limit_oracle.h"

const char *const limit_scope_names[LIMIT_SCOPES] = {"scope-1", "scope-2", ""};
const char *const limit_path_names[LIMIT_PATHS + 1] = {"issue", "issues", "search", "unknown"};

int64_t limit_draw(limit_world *self, int64_t bound) {
    return cvi_random_below(&self->store.clock.random, bound);
}

static int64_t pick(limit_world *self, const int64_t *values, size_t count) {
    return values[limit_draw(self, (int64_t)count)];
}

#define PICK(self, ...)                                                                            \
    pick((self), (const int64_t[]){__VA_ARGS__},                                                   \
         sizeof((const int64_t[]){__VA_ARGS__}) / sizeof(int64_t))

static bool is_list(int path) {
    return path > 0;
}

static int64_t larger(int64_t a, int64_t b) {
    return a > b ? a : b;
}

/* ---- processes ---- */

static void open_process(limit_world *self, int number) {
    limit_process *process = &self->processes[number];
    cv_rate_limit_settings *settings = &self->store.options.rate_limit;
    cv_resource_limit resources[LIMIT_PATHS];
    memset(resources, 0, sizeof(resources));
    for (int path = 0; path < LIMIT_PATHS; path++) {
        resources[path].resource = limit_path_names[path];
        resources[path].limit = process->start[path].limit;
        resources[path].window_ms = process->start[path].window_ms;
    }
    settings->window_ms = process->start[0].window_ms;
    settings->resources = resources;
    settings->resource_count = LIMIT_PATHS;
    self->store.options.scope = limit_scope_names[process->scope];
    process->longest_ms = cvi_rate_limit_longest_ms(settings);
    self->kept_ms = larger(self->kept_ms, process->longest_ms);
    process->stores = world_open(&self->store);
    memcpy(process->rules, process->start, sizeof(process->rules));
    settings->resources = NULL;
    settings->resource_count = 0;
}

static void close_process(limit_world *self, int number) {
    cvi_stores_close(self->processes[number].stores);
    self->processes[number].stores = NULL;
}

/* The last one knows no key and has short windows, as another version's settings might. */
static void draw_rules(limit_world *self) {
    int64_t limits[LIMIT_PATHS];
    for (int path = 0; path < LIMIT_PATHS; path++) {
        limits[path] = 1 + limit_draw(self, 6);
    }
    for (int i = 0; i < LIMIT_PROCESSES; i++) {
        bool is_last = i == LIMIT_PROCESSES - 1;
        limit_process *process = &self->processes[i];
        process->scope = is_last ? LIMIT_NO_SCOPE : i % LIMIT_NO_SCOPE;
        for (int path = 0; path < LIMIT_PATHS; path++) {
            int64_t window_ms = path == LIMIT_PATHS - 1 ? self->window_ms * 3 : self->window_ms;
            process->start[path] = (limit_rule){limits[path], is_last ? window_ms / 5 : window_ms};
        }
    }
}

static void draw_settings(limit_world *self) {
    cvi_stores_options *options = &self->store.options;
    cv_rate_limit_settings *settings = &options->rate_limit;
    self->is_adaptive = limit_draw(self, 2) == 1;
    self->window_ms = PICK(self, 1000, 60000, 3600000, 10800000);
    self->guard_ms = PICK(self, 0, 100, 2000);
    self->interval_ms = PICK(self, 0, 42, 1050);
    self->fresh_ms = self->guard_ms / 2;
    if (self->interval_ms > 0 && self->interval_ms / 21 < self->fresh_ms) {
        self->fresh_ms = self->interval_ms / 21;
    }
    options->cache.disabled = true;
    settings->kind = self->is_adaptive ? CV_LIMIT_ADAPTIVE : CV_LIMIT_SLIDING;
    settings->guard_ms = self->guard_ms > 0 ? self->guard_ms : CV_NONE;
    settings->min_interval_ms = self->interval_ms > 0 ? self->interval_ms : CV_NO_INTERVAL;
    settings->adaptive.min_user_reserved = limit_draw(self, 2) == 0 ? CV_NONE : 1;
    settings->adaptive.no_background_pause = limit_draw(self, 2) == 0;
    settings->adaptive.monitoring_window_ms = PICK(self, 9000, 900000);
}

void limit_init(limit_world *self, uint64_t seed) {
    memset(self, 0, sizeof(*self));
    store_world_init(&self->store, seed);
    self->seed = seed;
    self->boots = 1;
    self->is_wall_right = true;
    draw_settings(self);
    draw_rules(self);
    for (int i = 0; i < LIMIT_PROCESSES; i++) {
        open_process(self, i);
    }
}

void limit_done(limit_world *self) {
    for (int i = 0; i < LIMIT_PROCESSES; i++) {
        close_process(self, i);
    }
    store_world_done(&self->store);
}

/* ---- asking ---- */

typedef struct question {
    int process;
    int path;
    bool is_user;
    cvi_readiness readiness;
    cvi_now now;
    int64_t base_ms; /* what a user would have to wait */
    cv_rate_limit_status status;
} question;

static cv_rate_limit_status read_status(limit_world *self, int process, int path) {
    cv_rate_limit_status status;
    cv_rate_limit_store *store = cvi_stores_rate_limit_store(self->processes[process].stores);
    assert_true(cv_rate_limit_store_status(store, limit_path_names[path], &status));
    return status;
}

static bool is_shared_out(const limit_world *self, const question *asked) {
    return self->is_adaptive && !asked->is_user;
}

/* The share that the library says there is must be what it acts by. */
static bool is_share_used_up(const limit_world *self, const question *asked) {
    return asked->status.background_paused ||
           oracle_count(self, asked->process, asked->path, true, asked->now) >=
               asked->status.background_max;
}

static void check_wait(const cvi_claim *claim, int64_t wait_ms) {
    if (claim->verdict != CVI_CLAIM_WAIT || claim->wait_ms != wait_ms) {
        fail_msg("verdict %d with a wait of %lld ms (%s), expected were %lld ms",
                 (int)claim->verdict, (long long)claim->wait_ms, claim->reason_text,
                 (long long)wait_ms);
    }
}

static void check_shared_claim(const limit_world *self, const question *asked,
                               const cvi_claim *claim) {
    int64_t yield_ms = asked->readiness != CVI_READY_NOW
                           ? oracle_yield(self, asked->process, asked->path, asked->now)
                           : 0;
    bool is_used_up = asked->base_ms >= 0 && is_share_used_up(self, asked);
    if (is_used_up && claim->reason == CVI_WAIT_SHARE) {
        assert_int_equal(claim->verdict, CVI_CLAIM_WAIT);
        assert_true(claim->wait_ms > 0);
    } else if (asked->base_ms != 0) {
        check_wait(claim, asked->base_ms);
    } else if (is_used_up || yield_ms > 0) {
        check_wait(claim, yield_ms);
        assert_int_equal(claim->reason, CVI_WAIT_SHARE);
    } else if (claim->verdict != CVI_CLAIM_ADMITTED) {
        fail_msg("the background waits %lld ms for nothing: %s", (long long)claim->wait_ms,
                 claim->reason_text);
    }
}

static void check_claim(const limit_world *self, const question *asked, const cvi_claim *claim) {
    if (is_shared_out(self, asked)) {
        check_shared_claim(self, asked, claim);
    } else if (asked->base_ms != 0) {
        check_wait(claim, asked->base_ms);
    } else if (claim->verdict != CVI_CLAIM_ADMITTED) {
        fail_msg("there is room, and yet a wait of %lld ms", (long long)claim->wait_ms);
    }
    if (claim->verdict == CVI_CLAIM_ADMITTED) {
        assert_int_equal(claim->wait_ms, self->interval_ms);
    }
}

/* Whoever gets the lock last need not have read the clock last. */
static int64_t draw_lateness(limit_world *self) {
    return limit_draw(self, 4) == 0 && self->fresh_ms > 0
               ? limit_draw(self, self->fresh_ms < 3 ? self->fresh_ms + 1 : 4)
               : 0;
}

/* Claims at the question's time, and compares. */
static cvi_claim claim_it(limit_world *self, question *asked, const limit_request *request,
                          int64_t row_id) {
    const cvi_claim_spec spec = {.hash = request->hash,
                                 .resource = limit_path_names[asked->path],
                                 .is_list = is_list(asked->path),
                                 .priority =
                                     asked->is_user ? CV_PRIORITY_USER : CV_PRIORITY_BACKGROUND,
                                 .job_id = row_id != 0 ? request->job_id : NULL,
                                 .row_id = row_id,
                                 .readiness = asked->readiness};
    cvi_now present = self->store.clock.now;
    int64_t late_ms = is_shared_out(self, asked) ? 0 : draw_lateness(self);
    asked->now = (cvi_now){present.boot_ms - late_ms, present.wall_ms - late_ms};
    if (is_shared_out(self, asked)) {
        oracle_adopt(self, asked->process, asked->now);
        asked->status = read_status(self, asked->process, asked->path);
    }
    oracle_adopt(self, asked->process, asked->now);
    asked->base_ms = oracle_wait(self, asked->process, asked->path, asked->readiness, asked->now);
    self->store.clock.now = asked->now;
    cvi_claim claim = world_claim_spec(&self->store, self->processes[asked->process].stores, &spec);
    self->store.clock.now = present;
    check_claim(self, asked, &claim);
    if (self->is_adaptive && asked->is_user && claim.verdict == CVI_CLAIM_WAIT &&
        claim.wait_ms > 0) {
        oracle_announce(self, asked->process, asked->path, &claim, asked->now);
    }
    return claim;
}

static int add_row(limit_world *self, const limit_row *row) {
    assert_in_range(self->row_count, 0, LIMIT_ROWS - 1);
    self->rows[self->row_count] = *row;
    self->rows[self->row_count].forgotten_at = LIMIT_ROWS;
    return self->row_count++;
}

static int add_admission(limit_world *self, const question *asked, const cvi_claim *claim) {
    const limit_process *process = &self->processes[asked->process];
    return add_row(self, &(limit_row){.scope = process->scope,
                                      .path = asked->path,
                                      .is_ours = true,
                                      .is_user = asked->is_user,
                                      .connects = asked->readiness == CVI_CONNECTING,
                                      .is_stamped = true,
                                      .boot_ms = asked->now.boot_ms,
                                      .wall_ms = asked->now.wall_ms,
                                      .row_id = claim->row_id,
                                      .rule = process->rules[asked->path]});
}

/* ---- sending ---- */

static cvi_stores *stores_of(const limit_world *self, const limit_request *request) {
    return self->processes[request->process].stores;
}

/* A connection is ready whose admission has grown old, or was only for connecting. */
static bool admit_anew(limit_world *self, limit_request *request) {
    question asked = {.process = request->process,
                      .path = request->path,
                      .is_user = request->is_user,
                      .readiness = CVI_READY_NOW};
    int64_t row_id = self->rows[request->row].row_id;
    self->rows[request->row].is_gone = true;
    cvi_claim claim = claim_it(self, &asked, request, row_id);
    if (claim.verdict != CVI_CLAIM_ADMITTED) {
        world_release(&self->store, stores_of(self, request), request->hash, request->job_id, 0,
                      NULL);
        return false;
    }
    assert_string_equal(claim.job_id, request->job_id);
    request->row = add_admission(self, &asked, &claim);
    return true;
}

/* Requests travel for different times; together with the age of the admission, at most the guard.
 */
static int64_t draw_travel(limit_world *self) {
    int64_t longest_ms = self->guard_ms - self->fresh_ms;
    return PICK(self, 0, longest_ms, limit_draw(self, longest_ms + 1));
}

static void send_request(limit_world *self, limit_request *request) {
    const limit_row *admission = &self->rows[request->row];
    bool is_old = self->store.clock.now.boot_ms - admission->boot_ms > self->fresh_ms;
    request->is_open = false;
    if ((request->connects || is_old) && !admit_anew(self, request)) {
        return;
    }
    limit_row *row = &self->rows[request->row];
    row->is_sent = true;
    row->sent_ms = self->true_ms;
    row->arrived_ms = self->true_ms + draw_travel(self);
    assert_true(world_complete(&self->store, stores_of(self, request), request->hash,
                               request->job_id, "{}"));
}

static limit_request *find_free_request(limit_world *self) {
    for (int i = 0; i < LIMIT_REQUESTS; i++) {
        if (!self->requests[i].is_open) {
            return &self->requests[i];
        }
    }
    fail_msg("too many requests under way");
    return NULL;
}

/* What a crashed process has left is asked for again, by anybody. */
static void name_request(limit_world *self, limit_request *request) {
    if (self->orphan[0] != '\0') {
        memcpy(request->hash, self->orphan, sizeof(request->hash));
        self->orphan[0] = '\0';
        return;
    }
    cvi_buffer hash;
    cvi_buffer_over(&hash, request->hash, sizeof(request->hash));
    cvi_buffer_add_format(&hash, "hash-%d", ++self->hashes);
}

int64_t limit_ask(limit_world *self, int process, int path, bool is_user, int64_t connect_ms) {
    limit_request *request = find_free_request(self);
    *request = (limit_request){.process = process,
                               .path = path,
                               .is_user = is_user,
                               .connects = self->interval_ms > 0 && connect_ms > 0,
                               .ready_ms = self->true_ms + connect_ms};
    question asked = {.process = process,
                      .path = path,
                      .is_user = is_user,
                      .readiness = request->connects ? CVI_CONNECTING : CVI_READY_SOON};
    name_request(self, request);
    cvi_claim claim = claim_it(self, &asked, request, 0);
    if (claim.verdict == CVI_CLAIM_WAIT) {
        return claim.wait_ms;
    }
    request->is_open = true;
    memcpy(request->job_id, claim.job_id, sizeof(request->job_id));
    request->row = add_admission(self, &asked, &claim);
    if (connect_ms == 0) {
        send_request(self, request);
    }
    return 0;
}

void limit_look(limit_world *self, int process, int path) {
    cvi_now now = self->store.clock.now;
    oracle_adopt(self, process, now);
    int64_t wait_ms = oracle_wait(self, process, path, CVI_READY_SOON, now);
    int64_t limit = self->processes[process].rules[path].limit;
    int64_t used = oracle_count(self, process, path, false, now);
    cv_rate_limit_status status = read_status(self, process, path);
    assert_int_equal(status.limit, limit);
    assert_int_equal(status.used, used);
    assert_int_equal(status.remaining, used < limit ? limit - used : 0);
    assert_int_equal(status.next_slot_ms, wait_ms < 0 ? -1 : now.wall_ms + wait_ms);
}

/* ---- time ---- */

static void pass_time(limit_world *self, int64_t duration_ms) {
    fake_clock_advance(&self->store.clock, duration_ms);
    self->true_ms += duration_ms;
}

static limit_request *find_next_ready(limit_world *self) {
    limit_request *next = NULL;
    for (int i = 0; i < LIMIT_REQUESTS; i++) {
        limit_request *request = &self->requests[i];
        if (request->is_open && (next == NULL || request->ready_ms < next->ready_ms)) {
            next = request;
        }
    }
    return next;
}

void limit_advance(limit_world *self, int64_t duration_ms) {
    int64_t until_ms = self->true_ms + duration_ms;
    limit_request *next = find_next_ready(self);
    while (next != NULL && next->ready_ms <= until_ms) {
        pass_time(self, larger(next->ready_ms - self->true_ms, 0));
        send_request(self, next);
        next = find_next_ready(self);
    }
    pass_time(self, until_ms - self->true_ms);
}

void limit_suspend(limit_world *self, int64_t duration_ms) {
    pass_time(self, duration_ms);
    limit_advance(self, 0);
}

void limit_step_wall(limit_world *self, int64_t step_ms) {
    fake_clock_step_wall(&self->store.clock, step_ms);
    self->wall_offset_ms += step_ms;
    self->is_wall_right = false;
}

void limit_set_wall_right(limit_world *self) {
    fake_clock_step_wall(&self->store.clock, -self->wall_offset_ms);
    self->wall_offset_ms = 0;
    self->is_wall_right = true;
}

/* ---- lives and deaths ---- */

void limit_restart(limit_world *self, int process) {
    for (int i = 0; i < LIMIT_REQUESTS; i++) {
        limit_request *request = &self->requests[i];
        if (request->is_open && request->process == process) {
            limit_row *row = &self->rows[request->row];
            world_release(&self->store, stores_of(self, request), request->hash, request->job_id,
                          row->row_id, NULL);
            row->is_gone = true;
            request->is_open = false;
        }
    }
    close_process(self, process);
    open_process(self, process);
}

static void leave_requests(limit_world *self, int process) {
    for (int i = 0; i < LIMIT_REQUESTS; i++) {
        limit_request *request = &self->requests[i];
        if (request->is_open && request->process == process) {
            memcpy(self->orphan, request->hash, sizeof(self->orphan));
            request->is_open = false;
        }
    }
}

void limit_crash(limit_world *self, int process) {
    leave_requests(self, process);
    close_process(self, process);
    open_process(self, process);
}

void limit_reboot(limit_world *self, int64_t off_ms) {
    char text[24];
    cvi_buffer boot_id;
    for (int i = 0; i < LIMIT_PROCESSES; i++) {
        leave_requests(self, i);
        close_process(self, i);
    }
    cvi_buffer_over(&boot_id, text, sizeof(text));
    cvi_buffer_add_format(&boot_id, "boot-%d", ++self->boots);
    int64_t wall_ms = self->store.clock.now.wall_ms + off_ms;
    fake_clock_reboot(&self->store.clock, text, 0);
    self->store.clock.now = (cvi_now){limit_draw(self, 50), wall_ms};
    self->true_ms += off_ms;
    for (int i = 0; i < self->row_count; i++) {
        self->rows[i].is_stamped = false;
    }
    memset(self->waiting_until_ms, 0, sizeof(self->waiting_until_ms));
    for (int i = 0; i < LIMIT_PROCESSES; i++) {
        open_process(self, i);
    }
}

/* ---- what else happens to the file ---- */

void limit_record_foreign(limit_world *self, int path, int64_t ahead_ms) {
    int64_t wall_ms = self->store.clock.now.wall_ms + ahead_ms;
    char *sql = sqlite3_mprintf("PRAGMA synchronous = OFF;"
                                "INSERT INTO rate_limits(resource, timestamp) VALUES(%Q, %lld)",
                                limit_path_names[path], (long long)wall_ms);
    world_execute(&self->store, sql);
    sqlite3_free(sql);
    add_row(self, &(limit_row){.scope = LIMIT_NO_SCOPE,
                               .path = path,
                               .is_honest = self->is_wall_right,
                               .wall_ms = wall_ms,
                               .arrived_ms = self->true_ms});
}

void limit_set_rule(limit_world *self, int process, int path, limit_rule rule) {
    limit_process *changed = &self->processes[process];
    assert_true(cv_rate_limit_store_set_resource(cvi_stores_rate_limit_store(changed->stores),
                                                 limit_path_names[path], rule.limit,
                                                 rule.window_ms));
    changed->rules[path] = rule;
    changed->longest_ms = larger(changed->longest_ms, rule.window_ms + self->guard_ms);
    self->kept_ms = larger(self->kept_ms, changed->longest_ms);
}

void limit_reset(limit_world *self, int process, int path) {
    const limit_process *resetting = &self->processes[process];
    assert_true(cv_rate_limit_store_reset(cvi_stores_rate_limit_store(resetting->stores),
                                          limit_path_names[path]));
    for (int i = 0; i < self->row_count; i++) {
        limit_row *row = &self->rows[i];
        bool is_theirs = row->scope == LIMIT_NO_SCOPE;
        bool is_meant = (row->path == path && (row->scope == resetting->scope || is_theirs)) ||
                        (row->path == LIMIT_UNKNOWN && is_theirs && is_list(path));
        if (is_meant && row->forgotten_at == LIMIT_ROWS) {
            row->is_gone = true;
            row->forgotten_at = self->row_count;
        }
    }
}

void limit_clean(limit_world *self, int process) {
    while (world_clean(&self->store, self->processes[process].stores)) {
    }
    oracle_clean(self, self->store.clock.now);
}
