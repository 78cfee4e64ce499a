/* The engine and answers past their time: who gets one, for what reason, and who gets the error. */
#include "support/fake_engine_world.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define OLD_MS       INT64_C(7200000)
#define DENIAL       "{\"error\":\"Object Not Found\",\"status_code\":101,\"results\":[]}"

static const sim_reply miss = {.answer = CVI_STORE_DONE};
static const sim_reply old_issue = {.body = SIM_ISSUE(52), .is_stale = true, .age_ms = OLD_MS};

/* What a call for issue 52 wants; `stale` where it would fail. */
static sim_wish wish_with(cv_stale stale) {
    return (sim_wish){.id = 52, .stale = stale};
}

static void check_stale(const sim_caller *caller, cv_code reason) {
    sim_check_source(caller, 52, CV_SOURCE_STALE);
    assert_string_equal(cv_code_name(caller->provenance.note.reason.code), cv_code_name(reason));
    assert_true(caller->provenance.note.reason.message[0] != '\0');
    assert_int_equal(caller->provenance.note.age_ms, OLD_MS);
    assert_true(caller->provenance.expires_at_ms > caller->provenance.fetched_at_ms);
}

/* The cache has something old: the fresh look finds nothing, the next one does. */
static void script_old(sim_world *world) {
    sim_script(world, SIM_LOOKUP, &miss);
    sim_script(world, SIM_LOOKUP, &old_issue);
}

/* ---- instead of errors ---- */

/* An end of a request, and what comes of it for those who take a stale answer. */
typedef struct failing_case {
    cvi_response_kind kind;
    int http_status;
    const char *body;
    cv_code code;
    bool stands_in;
} failing_case;

static const failing_case failing_cases[] = {
    {CVI_RESPONSE_NETWORK, 0, NULL, CV_ERROR_NETWORK, true},
    {CVI_RESPONSE_TIMEOUT, 0, NULL, CV_ERROR_TIMEOUT, true},
    {CVI_RESPONSE_BROKEN, 0, NULL, CV_ERROR_RESPONSE, true},
    {CVI_RESPONSE_ANSWER, 500, "...", CV_ERROR_SERVER, true},
    {CVI_RESPONSE_ANSWER, 403, "...", CV_ERROR_BLOCKED, true},
    {CVI_RESPONSE_ANSWER, 420, "...", CV_ERROR_RATE_LIMITED, true},
    {CVI_RESPONSE_ANSWER, 200, SIM_ISSUE(53), CV_ERROR_RESPONSE, true},
    {CVI_RESPONSE_ANSWER, 200, DENIAL, CV_ERROR_NOT_FOUND, false},
    {CVI_RESPONSE_ANSWER, 401, "...", CV_ERROR_AUTH, false},
    {CVI_RESPONSE_ANSWER, 200, "{\"status_code\":104,\"results\":[]}", CV_ERROR_REQUEST, false},
    {CVI_RESPONSE_NO_MEMORY, 0, NULL, CV_ERROR_NOMEM, false},
};

static void fail_with(sim_world *world, const failing_case *failing) {
    const cvi_response response = {.kind = failing->kind, .http_status = failing->http_status};
    assert_true(sim_let_out(world, 0));
    sim_respond(world, 0, &response, failing->body);
}

static void check_failure(const failing_case *failing) {
    sim_world *world = sim_new(0, false);
    world->options.max_retries = CV_NONE;
    sim_reopen(world);
    const sim_wish taking = wish_with(CV_STALE_IF_ERROR);
    const sim_wish refusing = wish_with(CV_STALE_NEVER);
    script_old(world);
    sim_caller *one = sim_board(world, &taking);
    sim_caller *strict = sim_board(world, &refusing);
    sim_caller *other = sim_board(world, &taking);
    sim_step(world);
    fail_with(world, failing);
    sim_check_error(strict, failing->code);
    if (failing->stands_in) {
        check_stale(one, failing->code);
        check_stale(other, failing->code);
        assert_true(sim_last(world, SIM_LOOKUP)->stale_too);
        assert_int_equal(sim_count(world, SIM_LOOKUP), 2); /* one for both */
    } else {
        sim_check_error(one, failing->code);
        assert_int_equal(sim_count(world, SIM_LOOKUP), 1);
    }
    sim_free(world);
}

static void test_stands_in_for_what_is_the_services_fault(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(failing_cases); i++) {
        check_failure(&failing_cases[i]);
    }
}

static void test_retries_come_first(void **state) {
    sim_world *world = *state;
    const sim_wish wish = wish_with(CV_STALE_IF_ERROR);
    script_old(world);
    sim_caller *caller = sim_board(world, &wish);
    sim_step(world);
    for (size_t i = 0; i < 3; i++) {
        sim_check_waiting(caller);
        sim_answer_status(world, i, 503, 0);
        sim_advance(world, 30000);
    }
    check_stale(caller, CV_ERROR_SERVER);
    assert_int_equal(caller->provenance.note.reason.http_status, 503);
    assert_int_equal(sim_last(world, SIM_RELEASE)->failure, CV_ERROR_SERVER);
}

static void test_without_an_old_answer_there_is_the_error(void **state) {
    static const sim_reply nothing[] = {
        {.answer = CVI_STORE_DONE},
        {.answer = CVI_STORE_FAILED},
        {.body = DENIAL, .is_negative = true},
        {.body = "{\"status_code\":1,\"results\":", .is_stale = true},
        {.body = SIM_ISSUE(53), .is_stale = true},
    };
    sim_world *world = *state;
    const sim_wish wish = wish_with(CV_STALE_IF_ERROR);
    for (size_t i = 0; i < COUNT(nothing); i++) {
        sim_script(world, SIM_LOOKUP, &miss);
        sim_script(world, SIM_LOOKUP, &nothing[i]);
        sim_caller *caller = sim_board(world, &wish);
        sim_step(world);
        sim_answer_status(world, i, 403, 0);
        sim_check_error(caller, CV_ERROR_BLOCKED);
    }
}

static void test_a_full_entry_stands_in_for_some_fields(void **state) {
    sim_world *world = *state;
    sim_wish wish = wish_with(CV_STALE_IF_ERROR);
    wish.fields = "id,name";
    sim_script(world, SIM_LOOKUP, &miss);
    sim_script(world, SIM_LOOKUP, &miss);
    script_old(world);
    sim_caller *caller = sim_board(world, &wish);
    sim_step(world);
    sim_answer_status(world, 0, 403, 0);
    check_stale(caller, CV_ERROR_BLOCKED);
}

/* ---- quota ---- */

static void refuse(sim_world *world, int64_t wait_ms, cvi_wait_reason reason) {
    sim_script(world, SIM_CLAIM,
               &(sim_reply){.verdict = CVI_CLAIM_WAIT, .wait_ms = wait_ms, .reason = reason});
}

static void test_out_of_quota_is_told_by_a_stale_answer(void **state) {
    static const struct {
        cvi_wait_reason reason;
        int64_t wait_ms;
        cv_code code;
    } cases[] = {
        {CVI_WAIT_LIMIT, 600000, CV_ERROR_RATE_LIMITED},
        {CVI_WAIT_LIMIT, -1, CV_ERROR_RATE_LIMITED},
        {CVI_WAIT_COOLDOWN, 600000, CV_ERROR_RATE_LIMITED},
        {CVI_WAIT_BLOCKED, 600000, CV_ERROR_BLOCKED},
        {CVI_WAIT_UNREACHABLE, 600000, CV_ERROR_NETWORK},
        {CVI_WAIT_FAILING, 600000, CV_ERROR_SERVER},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        sim_world *world = sim_new(0, false);
        sim_wish hasty = wish_with(CV_STALE_IF_ERROR);
        hasty.max_wait_ms = 5000;
        script_old(world);
        refuse(world, cases[i].wait_ms, cases[i].reason);
        sim_caller *caller = sim_board(world, &hasty);
        sim_step(world);
        check_stale(caller, cases[i].code);
        assert_int_equal(world->transfer_count, 0);
        assert_int_equal(caller->provenance.note.reason.retry_after_ms,
                         cases[i].wait_ms > 0 ? cases[i].wait_ms : 0);
        sim_free(world);
    }
}

/* Whom the wait is not too long for waits, also where others on the flight do not. */
static void test_the_patient_wait_for_the_service(void **state) {
    sim_world *world = *state;
    sim_wish hasty = wish_with(CV_STALE_IF_ERROR);
    hasty.max_wait_ms = 5000;
    const sim_wish patient = wish_with(CV_STALE_IF_ERROR);
    script_old(world);
    refuse(world, 6000, CVI_WAIT_LIMIT);
    sim_caller *first = sim_board(world, &hasty);
    sim_caller *second = sim_board(world, &patient);
    sim_step(world);
    check_stale(first, CV_ERROR_RATE_LIMITED);
    sim_check_waiting(second);
    sim_advance(world, 6000);
    sim_answer(world, 0, SIM_ISSUE(52));
    sim_check_source(second, 52, CV_SOURCE_SHARED); /* another had asked before */
}

/* A service that fails or blocks may do so for long: nobody waits who takes what there is. Room in
 * the budget comes when it is said to. */
static void test_a_service_that_is_down_is_not_waited_for(void **state) {
    static const struct {
        cvi_wait_reason reason;
        bool is_there;
        cv_code code; /* CV_OK: it is waited for */
    } cases[] = {
        {CVI_WAIT_LIMIT, true, CV_OK},
        {CVI_WAIT_COOLDOWN, true, CV_OK},
        {CVI_WAIT_FAILING, false, CV_OK},
        {CVI_WAIT_BLOCKED, true, CV_ERROR_BLOCKED},
        {CVI_WAIT_UNREACHABLE, true, CV_ERROR_NETWORK},
        {CVI_WAIT_FAILING, true, CV_ERROR_SERVER},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        sim_world *world = sim_new(0, false);
        const sim_wish patient = wish_with(CV_STALE_IF_ERROR);
        if (cases[i].is_there) {
            script_old(world);
        } else {
            sim_script(world, SIM_LOOKUP, &miss);
        }
        refuse(world, 6000, cases[i].reason);
        sim_caller *caller = sim_board(world, &patient);
        sim_step(world);
        if (cases[i].code == CV_OK) {
            sim_check_waiting(caller);
        } else {
            check_stale(caller, cases[i].code);
        }
        assert_int_equal(world->transfer_count, 0);
        sim_free(world);
    }
}

/* The gate that another flight closed: nothing is claimed, and the answer is there all the same. */
static void test_a_known_refusal_is_told_by_a_stale_answer(void **state) {
    sim_world *world = *state;
    sim_wish hasty = wish_with(CV_STALE_IF_ERROR);
    hasty.max_wait_ms = CV_NO_WAIT;
    sim_wish patient = wish_with(CV_STALE_NEVER);
    sim_script(world, SIM_LOOKUP, &miss);
    refuse(world, 6000, CVI_WAIT_LIMIT);
    sim_board(world, &patient);
    sim_step(world);
    script_old(world);
    refuse(world, 6000, CVI_WAIT_LIMIT);
    sim_caller *caller = sim_board(world, &hasty);
    sim_step(world);
    check_stale(caller, CV_ERROR_RATE_LIMITED);
}

/* A retry that the service wants late: only those wait who take nothing old. */
static void test_a_late_retry_is_told_by_a_stale_answer(void **state) {
    sim_world *world = *state;
    sim_wish hasty = wish_with(CV_STALE_IF_ERROR);
    hasty.max_wait_ms = 5000;
    const sim_wish patient = wish_with(CV_STALE_IF_ERROR);
    const sim_wish strict = wish_with(CV_STALE_NEVER);
    script_old(world);
    sim_caller *first = sim_board(world, &hasty);
    sim_caller *second = sim_board(world, &patient);
    sim_caller *third = sim_board(world, &strict);
    sim_step(world);
    sim_answer_status(world, 0, 503, 40000);
    check_stale(first, CV_ERROR_SERVER);
    check_stale(second, CV_ERROR_SERVER);
    sim_check_waiting(third);
    sim_advance(world, 40000);
    sim_answer(world, 1, SIM_ISSUE(52));
    sim_check_source(third, 52, CV_SOURCE_SHARED);
}

/* The same behind a locked cache. */
static void test_a_late_retry_behind_a_locked_cache(void **state) {
    sim_world *world = *state;
    sim_wish hasty = wish_with(CV_STALE_IF_ERROR);
    hasty.max_wait_ms = 5000;
    const sim_wish patient = wish_with(CV_STALE_NEVER);
    sim_script(world, SIM_LOOKUP, &miss);
    sim_busy(world, SIM_LOOKUP, 2);
    sim_script(world, SIM_LOOKUP, &old_issue);
    sim_caller *first = sim_board(world, &hasty);
    sim_caller *second = sim_board(world, &patient);
    sim_step(world);
    sim_answer_status(world, 0, 503, 40000);
    sim_check_waiting(first);
    sim_advance(world, 2);
    sim_advance(world, 2);
    check_stale(first, CV_ERROR_SERVER);
    sim_check_waiting(second);
}

/* ---- deadlines ---- */

static void test_a_deadline_gives_what_is_old(void **state) {
    sim_world *world = *state;
    sim_wish wish = wish_with(CV_STALE_IF_ERROR);
    wish.deadline_boot_ms = world->clock.now.boot_ms + 500;
    script_old(world);
    sim_caller *caller = sim_board(world, &wish);
    sim_step(world);
    sim_let_out(world, 0);
    sim_advance(world, 499);
    sim_check_waiting(caller);
    sim_advance(world, 1);
    check_stale(caller, CV_ERROR_TIMEOUT);
    sim_answer(world, 0, SIM_ISSUE(52)); /* is stored for whoever comes next */
    assert_int_equal(sim_count(world, SIM_COMPLETE), 1);
}

/* A database that is locked for writing can mostly be read. */
static void test_a_deadline_behind_a_lock_gives_what_is_old(void **state) {
    sim_world *world = *state;
    sim_wish wish = wish_with(CV_STALE_IF_ERROR);
    wish.deadline_boot_ms = world->clock.now.boot_ms + 5;
    script_old(world);
    sim_busy(world, SIM_CLAIM, 20);
    sim_caller *caller = sim_board(world, &wish);
    sim_step(world);
    sim_advance(world, 5);
    check_stale(caller, CV_ERROR_STORE);
}

/* The last moment is no time to wait for a lock. */
static void test_a_deadline_does_not_wait_for_the_cache(void **state) {
    sim_world *world = *state;
    sim_wish wish = wish_with(CV_STALE_IF_ERROR);
    wish.deadline_boot_ms = world->clock.now.boot_ms + 5;
    sim_script(world, SIM_LOOKUP, &miss);
    sim_busy(world, SIM_LOOKUP, 1);
    sim_caller *caller = sim_board(world, &wish);
    sim_step(world);
    sim_advance(world, 5);
    sim_check_error(caller, CV_ERROR_TIMEOUT);
}

/* ---- locks ---- */

static void test_a_locked_cache_is_asked_again(void **state) {
    sim_world *world = *state;
    const sim_wish wish = wish_with(CV_STALE_IF_ERROR);
    sim_script(world, SIM_LOOKUP, &miss);
    sim_busy(world, SIM_LOOKUP, 3);
    sim_script(world, SIM_LOOKUP, &old_issue);
    sim_caller *caller = sim_board(world, &wish);
    sim_step(world);
    sim_answer_status(world, 0, 403, 0);
    for (int i = 0; i < 2; i++) {
        sim_check_waiting(caller);
        sim_advance(world, 2);
    }
    sim_advance(world, 2);
    check_stale(caller, CV_ERROR_BLOCKED);
    assert_int_equal(sim_count(world, SIM_RELEASE), 1);
}

static void test_a_cache_that_stays_locked_is_given_up(void **state) {
    sim_world *world = *state;
    const sim_wish wish = wish_with(CV_STALE_IF_ERROR);
    sim_script(world, SIM_LOOKUP, &miss);
    sim_busy(world, SIM_LOOKUP, 3);
    sim_caller *caller = sim_board(world, &wish);
    sim_step(world);
    sim_answer_status(world, 0, 403, 0);
    sim_check_waiting(caller);
    sim_advance(world, SIM_LEASE_MS);
    sim_check_error(caller, CV_ERROR_BLOCKED);
    sim_step(world);
    assert_true(cvi_engine_is_idle(world->engine));
}

/* Told later, and not charged twice: the admission that was not used is given back once. */
static void test_a_refusal_behind_a_locked_cache(void **state) {
    sim_world *world = *state;
    sim_wish wish = wish_with(CV_STALE_IF_ERROR);
    wish.max_wait_ms = CV_NO_WAIT;
    sim_script(world, SIM_LOOKUP, &miss);
    sim_busy(world, SIM_LOOKUP, 1);
    refuse(world, 60000, CVI_WAIT_LIMIT);
    sim_caller *caller = sim_board(world, &wish);
    assert_in_range(sim_step(world), 1, 2);
    sim_check_waiting(caller);
    sim_script(world, SIM_LOOKUP, &miss);
    sim_script(world, SIM_LOOKUP, &old_issue);
    sim_advance(world, 2);
    check_stale(caller, CV_ERROR_RATE_LIMITED);
    assert_int_equal(sim_count(world, SIM_CLAIM), 1); /* the gate is known to be closed */
}

/* ---- other processes ---- */

static void test_another_owners_error_is_told_by_a_stale_answer(void **state) {
    sim_world *world = *state;
    const sim_wish taking = wish_with(CV_STALE_IF_ERROR);
    const sim_wish refusing = wish_with(CV_STALE_NEVER);
    script_old(world);
    sim_script(world, SIM_CLAIM, &(sim_reply){.verdict = CVI_CLAIM_WATCH});
    sim_script(world, SIM_WATCH,
               &(sim_reply){.state = CVI_WATCH_FAILED, .failure = CV_ERROR_SERVER});
    sim_caller *one = sim_board(world, &taking);
    sim_caller *strict = sim_board(world, &refusing);
    sim_step(world);
    check_stale(one, CV_ERROR_SERVER);
    sim_check_error(strict, CV_ERROR_SERVER);
    assert_int_equal(sim_count(world, SIM_RELEASE), 0); /* it was not ours */
}

/* ---- modes ---- */

static void test_cache_only_takes_what_is_old(void **state) {
    sim_world *world = *state;
    sim_wish taking = wish_with(CV_STALE_IF_ERROR);
    sim_wish refusing = wish_with(CV_STALE_NEVER);
    taking.mode = refusing.mode = CV_MODE_CACHE_ONLY;
    script_old(world);
    sim_caller *one = sim_board(world, &taking);
    sim_caller *strict = sim_board(world, &refusing);
    sim_step(world);
    check_stale(one, CV_ERROR_NOT_CACHED);
    sim_check_error(strict, CV_ERROR_NOT_CACHED);
    assert_int_equal(sim_count(world, SIM_CLAIM), 0);
}

/* Who has asked for the service and takes an old answer gets no unmarked one. */
static void test_refresh_marks_even_what_is_fresh(void **state) {
    sim_world *world = *state;
    sim_wish wish = wish_with(CV_STALE_IF_ERROR);
    wish.mode = CV_MODE_REFRESH;
    sim_script(world, SIM_LOOKUP, &(sim_reply){.body = SIM_ISSUE(52), .age_ms = OLD_MS});
    sim_caller *caller = sim_board(world, &wish);
    sim_step(world);
    sim_answer_status(world, 0, 403, 0);
    check_stale(caller, CV_ERROR_BLOCKED);
}

/* Somebody has stored it while this call failed. */
static void test_what_came_meanwhile_is_not_marked(void **state) {
    sim_world *world = *state;
    const sim_wish wish = wish_with(CV_STALE_IF_ERROR);
    sim_script(world, SIM_LOOKUP, &miss);
    sim_script(world, SIM_LOOKUP, &(sim_reply){.body = SIM_ISSUE(52)});
    sim_caller *caller = sim_board(world, &wish);
    sim_step(world);
    sim_answer_status(world, 0, 403, 0);
    sim_check_source(caller, 52, CV_SOURCE_CACHE);
    assert_int_equal(caller->provenance.note.reason.code, CV_OK);
}

/* ---- while it is fetched anew ---- */

static void test_the_old_answer_at_once(void **state) {
    sim_world *world = *state;
    const sim_wish wish = wish_with(CV_STALE_WHILE_REVALIDATE);
    script_old(world);
    sim_caller *caller = sim_board(world, &wish);
    sim_step(world);
    check_stale(caller, CV_PENDING);
    assert_true(caller->revalidates);
    assert_int_equal(sim_count(world, SIM_CLAIM), 0);
}

static void test_at_once_only_for_those_who_want_it(void **state) {
    sim_world *world = *state;
    const sim_wish now = wish_with(CV_STALE_WHILE_REVALIDATE);
    const sim_wish later = wish_with(CV_STALE_IF_ERROR);
    script_old(world);
    sim_caller *waiting = sim_board(world, &later);
    sim_caller *served = sim_board(world, &now);
    sim_step(world);
    check_stale(served, CV_PENDING);
    sim_check_waiting(waiting);
    sim_answer(world, 0, SIM_ISSUE(52));
    sim_check_source(waiting, 52, CV_SOURCE_NETWORK);
}

static void test_fresh_answers_need_one_look(void **state) {
    sim_world *world = *state;
    const sim_wish wish = wish_with(CV_STALE_WHILE_REVALIDATE);
    sim_script(world, SIM_LOOKUP, &(sim_reply){.body = SIM_ISSUE(52)});
    sim_caller *caller = sim_board(world, &wish);
    sim_step(world);
    sim_check_source(caller, 52, CV_SOURCE_CACHE);
    assert_false(caller->revalidates);
    assert_int_equal(sim_count(world, SIM_LOOKUP), 1);
}

static void test_nothing_old_is_waited_for(void **state) {
    sim_world *world = *state;
    const sim_wish wish = wish_with(CV_STALE_WHILE_REVALIDATE);
    sim_caller *caller = sim_board(world, &wish);
    sim_step(world);
    sim_check_waiting(caller);
    sim_answer(world, 0, SIM_ISSUE(52));
    sim_check_source(caller, 52, CV_SOURCE_NETWORK);
}

/* A flight that is on its way already does not keep anybody who takes the old answer. */
static void test_the_old_answer_behind_a_flight_under_way(void **state) {
    sim_world *world = *state;
    const sim_wish now = wish_with(CV_STALE_WHILE_REVALIDATE);
    sim_caller *first = sim_board(world, &(sim_wish){.id = 52});
    sim_step(world);
    sim_let_out(world, 0);
    sim_script(world, SIM_LOOKUP, &old_issue);
    sim_caller *served = sim_board(world, &now);
    sim_step(world);
    check_stale(served, CV_PENDING);
    sim_check_waiting(first);
    sim_caller *unlucky = sim_board(world, &now); /* whom the cache has nothing for */
    sim_advance(world, 1);
    sim_check_waiting(unlucky);
    sim_answer(world, 0, SIM_ISSUE(52));
    sim_check_source(first, 52, CV_SOURCE_NETWORK);
    sim_check_source(unlucky, 52, CV_SOURCE_SHARED);
    assert_int_equal(world->transfer_count, 1);
}

/* ---- a bound of age ---- */

/* Too old for the call is stale for it, whatever the entry's own time. */
static void test_too_old_for_the_call_is_stale_for_it(void **state) {
    sim_world *world = *state;
    sim_wish wish = wish_with(CV_STALE_IF_ERROR);
    wish.max_age_ms = 500;
    sim_script(world, SIM_LOOKUP, &miss);
    sim_script(world, SIM_LOOKUP, &(sim_reply){.body = SIM_ISSUE(52), .age_ms = OLD_MS});
    sim_caller *caller = sim_board(world, &wish);
    sim_step(world);
    sim_answer_status(world, 0, 403, 0);
    check_stale(caller, CV_ERROR_BLOCKED);
}

/* ---- memory ---- */

/* Runs a call to its end with an allocator that refuses call number `failing_call`. */
static bool run_without_memory(size_t failing_call, cv_stale stale) {
    sim_world *world = sim_new(failing_call, true);
    const sim_wish wish = wish_with(stale);
    script_old(world);
    sim_caller *caller = sim_board(world, &wish);
    if (caller != NULL) {
        sim_step(world);
        if (caller->deliveries == 0) {
            sim_answer_status(world, 0, 403, 0);
        }
        assert_int_equal(caller->deliveries, 1);
    }
    bool served = caller != NULL && caller->id == 52;
    sim_free(world);
    return served;
}

static void test_memory_may_be_short_anywhere(void **state) {
    static const cv_stale kinds[] = {CV_STALE_IF_ERROR, CV_STALE_WHILE_REVALIDATE};
    (void)state;
    for (size_t i = 0; i < COUNT(kinds); i++) {
        size_t call = 1;
        while (!run_without_memory(call, kinds[i])) {
            call++;
        }
        assert_true(call > 5);
    }
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, sim_setup, sim_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stands_in_for_what_is_the_services_fault),
        IN_WORLD(test_retries_come_first),
        IN_WORLD(test_without_an_old_answer_there_is_the_error),
        IN_WORLD(test_a_full_entry_stands_in_for_some_fields),
        cmocka_unit_test(test_out_of_quota_is_told_by_a_stale_answer),
        IN_WORLD(test_the_patient_wait_for_the_service),
        cmocka_unit_test(test_a_service_that_is_down_is_not_waited_for),
        IN_WORLD(test_a_known_refusal_is_told_by_a_stale_answer),
        IN_WORLD(test_a_late_retry_is_told_by_a_stale_answer),
        IN_WORLD(test_a_late_retry_behind_a_locked_cache),
        IN_WORLD(test_a_deadline_gives_what_is_old),
        IN_WORLD(test_a_deadline_behind_a_lock_gives_what_is_old),
        IN_WORLD(test_a_deadline_does_not_wait_for_the_cache),
        IN_WORLD(test_a_locked_cache_is_asked_again),
        IN_WORLD(test_a_cache_that_stays_locked_is_given_up),
        IN_WORLD(test_a_refusal_behind_a_locked_cache),
        IN_WORLD(test_another_owners_error_is_told_by_a_stale_answer),
        IN_WORLD(test_cache_only_takes_what_is_old),
        IN_WORLD(test_refresh_marks_even_what_is_fresh),
        IN_WORLD(test_what_came_meanwhile_is_not_marked),
        IN_WORLD(test_the_old_answer_at_once),
        IN_WORLD(test_at_once_only_for_those_who_want_it),
        IN_WORLD(test_fresh_answers_need_one_look),
        IN_WORLD(test_nothing_old_is_waited_for),
        IN_WORLD(test_the_old_answer_behind_a_flight_under_way),
        IN_WORLD(test_too_old_for_the_call_is_stale_for_it),
        cmocka_unit_test(test_memory_may_be_short_anywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
