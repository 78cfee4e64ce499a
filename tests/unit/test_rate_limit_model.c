/* The sliding limit under random schedules: several handles, paths and scopes, other programs'
 * rows, restarts, and either a wall clock that steps or a machine that reboots, against a count by
 * brute force. Every verdict and every wait must be the same. */
#include "support/store_world.h"

#include <string.h>

#include "stores/limits.h"

static cvi_claim claim_path(store_world *world, cvi_stores *stores, const char *resource,
                            bool is_list) {
    const cvi_claim_spec spec = {.hash = HASH_A,
                                 .resource = resource,
                                 .is_list = is_list,
                                 .priority = CV_PRIORITY_BACKGROUND};
    return world_claim_spec(world, stores, &spec);
}

static void insert_foreign(const store_world *world, const char *resource) {
    char *sql = sqlite3_mprintf("INSERT INTO rate_limits(resource, timestamp) VALUES(%Q, %lld)",
                                resource, (long long)world->clock.now.wall_ms);
    world_execute(world, sql);
    sqlite3_free(sql);
}

enum { HANDLES = 3, ROWS = 4000, STEPS = 1500, SCOPES = 2, PATHS = 3 };

static const char *const scope_names[] = {"scope-1", "scope-2", ""};
static const char *const path_names[] = {"issue", "issues", "search", "unknown"};

typedef struct model_row {
    int scope; /* 2: other programs */
    int path;  /* 3: unknown */
    bool is_ours;
    bool is_stamped;
    bool is_gone; /* taken back */
    int64_t boot_ms;
    int64_t wall_ms;
    int64_t true_ms;
    int64_t row_id;
} model_row;

typedef struct model {
    store_world *world;
    cvi_stores *stores[HANDLES];
    int boots;
    bool steps_wall; /* either the wall clock steps, or the machine reboots: not both, as across */
    bool may_reboot; /* boots the wall clock must be right */
    int64_t true_ms;
    model_row rows[ROWS];
    int count;
} model;

static int64_t draw(model *self, int64_t bound) {
    return cvi_random_below(&self->world->clock.random, bound);
}

static void open_handles(model *self) {
    for (int i = 0; i < HANDLES; i++) {
        self->world->options.scope = scope_names[i % SCOPES];
        self->stores[i] = world_open(self->world);
    }
}

static void close_handles(model *self) {
    for (int i = 0; i < HANDLES; i++) {
        cvi_stores_close(self->stores[i]);
    }
}

static int64_t longest_ms(const model *self) {
    const cv_rate_limit_settings *settings = &self->world->options.rate_limit;
    int64_t look_back_ms = settings->window_ms + settings->guard_ms;
    int64_t interval_ms = settings->min_interval_ms > 0 ? settings->min_interval_ms : 0;
    int64_t connecting_ms = interval_ms + CVI_CONNECTING_KEPT_MS;
    return connecting_ms > look_back_ms ? connecting_ms : look_back_ms;
}

static void model_adopt(model *self) {
    cvi_now now = self->world->clock.now;
    for (int i = 0; i < self->count; i++) {
        model_row *row = &self->rows[i];
        int64_t age_ms = now.wall_ms - row->wall_ms;
        if (!row->is_stamped && !row->is_gone && age_ms < longest_ms(self)) {
            row->is_stamped = true;
            row->boot_ms = now.boot_ms - (age_ms > 0 ? age_ms : 0);
        }
    }
}

static bool counts_for_limit(const model_row *row, int scope, int path) {
    if (row->scope == 2) {
        return row->path == path || (row->path == 3 && path > 0);
    }
    return row->scope == scope && row->path == path;
}

/* The wait by looking at every row: `path` -1 stands for the interval. */
static int64_t model_wait(const model *self, int scope, int path, int64_t allowed,
                          int64_t span_ms) {
    int64_t now_ms = self->world->clock.now.boot_ms;
    int64_t wait_ms = 0;
    int newer = 0;
    for (int i = self->count - 1; i >= 0; i--) {
        const model_row *row = &self->rows[i];
        bool counts =
            path < 0 ? row->scope == 2 || row->scope == scope : counts_for_limit(row, scope, path);
        if (!counts || row->is_gone || !row->is_stamped || now_ms - row->boot_ms >= span_ms) {
            continue;
        }
        newer = 0;
        for (int k = 0; k < self->count; k++) {
            const model_row *other = &self->rows[k];
            bool also = path < 0 ? other->scope == 2 || other->scope == scope
                                 : counts_for_limit(other, scope, path);
            newer +=
                also && !other->is_gone && other->is_stamped &&
                        (other->boot_ms > row->boot_ms || (other->boot_ms == row->boot_ms && k > i))
                    ? 1
                    : 0;
        }
        int64_t left_ms = row->boot_ms + span_ms - now_ms;
        if (newer + 1 >= allowed && left_ms > wait_ms) {
            wait_ms = left_ms;
        }
    }
    return wait_ms;
}

/* Expected wait of a claim, the greater of the two. */
static int64_t expected_wait(const model *self, int scope, int path) {
    const cv_rate_limit_settings *settings = &self->world->options.rate_limit;
    int64_t limit_ms =
        model_wait(self, scope, path, settings->limit, settings->window_ms + settings->guard_ms);
    int64_t interval_ms = settings->min_interval_ms > 0
                              ? model_wait(self, scope, -1, 1, settings->min_interval_ms)
                              : 0;
    return limit_ms > interval_ms ? limit_ms : interval_ms;
}

static void add_row(model *self, int scope, int path, bool is_ours, int64_t row_id) {
    assert_in_range(self->count, 0, ROWS - 1);
    cvi_now now = self->world->clock.now;
    self->rows[self->count++] = (model_row){.scope = scope,
                                            .path = path,
                                            .is_ours = is_ours,
                                            .is_stamped = is_ours,
                                            .boot_ms = now.boot_ms,
                                            .wall_ms = now.wall_ms,
                                            .true_ms = self->true_ms,
                                            .row_id = row_id};
}

static void step_claim(model *self) {
    int handle = (int)draw(self, HANDLES);
    int path = (int)draw(self, PATHS);
    int scope = handle % SCOPES;
    model_adopt(self);
    int64_t expected_ms = expected_wait(self, scope, path);
    cvi_claim claim = claim_path(self->world, self->stores[handle], path_names[path], path > 0);
    if (claim.verdict == CVI_CLAIM_WAIT) {
        assert_int_equal(claim.wait_ms, expected_ms);
        return;
    }
    assert_int_equal(claim.verdict, CVI_CLAIM_ADMITTED);
    assert_int_equal(expected_ms, 0);
    add_row(self, scope, path, true, claim.row_id);
    const cv_rate_limit_settings *settings = &self->world->options.rate_limit;
    assert_int_equal(claim.wait_ms, settings->min_interval_ms > 0 ? settings->min_interval_ms : 0);
}

static void step_take_back(model *self) {
    model_row *row = self->count > 0 ? &self->rows[self->count - 1] : NULL;
    if (row != NULL && row->is_ours && !row->is_gone) {
        world_release(self->world, self->stores[0], HASH_A, "", row->row_id, NULL);
        row->is_gone = true;
    }
}

static void step_foreign(model *self) {
    int path = draw(self, 2) == 0 ? 3 : (int)draw(self, PATHS);
    insert_foreign(self->world, path_names[path]);
    add_row(self, 2, path, false, 0);
}

static void step_time(model *self) {
    static const int64_t longest[] = {5, 50, 400, 2000};
    int64_t duration_ms = draw(self, longest[draw(self, 4)]);
    fake_clock_advance(&self->world->clock, duration_ms);
    self->true_ms += duration_ms;
}

static void step_wall(model *self) {
    if (self->steps_wall) {
        fake_clock_step_wall(&self->world->clock, draw(self, 7200000) - 3600000);
    }
}

static void step_reboot(model *self) {
    char boot_id[24];
    if (!self->may_reboot) {
        return;
    }
    close_handles(self);
    int64_t off_ms = draw(self, 1500);
    sqlite3_snprintf(sizeof(boot_id), boot_id, "boot-%d", ++self->boots);
    fake_clock_reboot(&self->world->clock, boot_id, off_ms - 60000);
    self->true_ms += off_ms;
    for (int i = 0; i < self->count; i++) {
        self->rows[i].is_stamped = false;
    }
    open_handles(self);
}

static void step_restart(model *self) {
    close_handles(self);
    open_handles(self);
}

/* In true time: no window holds more requests of one path and scope than the limit. */
static void check_windows(const model *self) {
    const cv_rate_limit_settings *settings = &self->world->options.rate_limit;
    for (int i = 0; i < self->count; i++) {
        const model_row *first = &self->rows[i];
        int64_t inside = 0;
        for (int k = i; k < self->count && first->is_ours && !first->is_gone; k++) {
            const model_row *row = &self->rows[k];
            inside += row->is_ours && !row->is_gone && row->scope == first->scope &&
                              row->path == first->path &&
                              row->true_ms - first->true_ms < settings->window_ms
                          ? 1
                          : 0;
        }
        assert_in_range(inside, 0, settings->limit);
    }
}

static void run_schedule(store_world *world, uint64_t seed) {
    static void (*const steps[])(model *) = {step_claim,     step_claim,   step_claim, step_claim,
                                             step_claim,     step_claim,   step_time,  step_time,
                                             step_time,      step_foreign, step_wall,  step_reboot,
                                             step_take_back, step_restart};
    static model self;
    memset(&self, 0, sizeof(self));
    self.world = world;
    self.boots = 1;
    self.steps_wall = seed % 2 == 0;
    self.may_reboot = !self.steps_wall;
    open_handles(&self);
    for (int i = 0; i < STEPS; i++) {
        int64_t which = draw(&self, (int64_t)(sizeof(steps) / sizeof(steps[0])));
        bool is_rare = steps[which] == step_reboot || steps[which] == step_restart;
        if (!is_rare || draw(&self, 20) == 0) {
            steps[which](&self);
        }
    }
    check_windows(&self);
    close_handles(&self);
}

static void test_random_schedules(void **state) {
    static const int64_t intervals_ms[] = {CV_NO_INTERVAL, 20, 3000};
    (void)state;
    for (uint64_t seed = 0; seed < 12; seed++) {
        store_world world;
        store_world_init(&world, seed);
        world.options.cache.disabled = true;
        world.options.dedupe.disabled = true;
        world.options.rate_limit.limit = 1 + (int64_t)(seed % 5);
        world.options.rate_limit.window_ms = 1000;
        world.options.rate_limit.guard_ms = 100;
        world.options.rate_limit.min_interval_ms = intervals_ms[seed % 3];
        run_schedule(&world, seed);
        store_world_done(&world);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_schedules),
    };
    return cmocka_run_group_tests_name("rate limit model", tests, NULL, NULL);
}
