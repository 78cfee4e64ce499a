/* Recordings: an application's tests get the same answers each time, without a network; the files
 * are as the header says, and one that is not is an error. The network that is recorded here is the
 * test's own. */
#include "support/api.h"
#include "support/sys_world.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <comicvine/sys/replay.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { TEXT_MAX = 8192, LATENCY_MS = 60, MOST_TRIES = 4 };

/* Of "/api/issue/4000-52/?format=json". */
#define NAME(number) "api_issue_4000-52-" HASH "-" #number ".txt"
#define HASH         "e9bf52cca76735bc"

#define FIRST_LINES "comicvine-replay 1\nGET " SYS_TARGET "\n"

static int set_up(void **state) {
    sys_world *world = calloc(1, sizeof(*world));
    assert_non_null(world);
    sys_begin(world, OWN_AT_ONCE);
    *state = world;
    return 0;
}

static int tear_down(void **state) {
    sys_world *world = *state;
    sys_end(world);
    free(world);
    return 0;
}

/* ---- recording and replaying ---- */

/* Every request of the client is to reach the transport. */
static void forget_answers(sys_world *world) {
    world->options.cache.disabled = true;
}

/* Opens a client that records what the world's network says. */
static cv_client *open_recorder(sys_world *world) {
    cv_transport recorder;
    if (!cv_transport_record(&recorder, world->scratch.folder, &world->network.table)) {
        fail_msg("%s", cv_last_error()->message);
    }
    forget_answers(world);
    world->options.transport = &recorder;
    cv_client *client = sys_open(world);
    world->options.transport = &world->network.table;
    return client;
}

static cv_client *open_player(sys_world *world, int64_t latency_ms) {
    cv_transport player;
    cv_replay_options options = CV_REPLAY_OPTIONS_INIT;
    options.folder = world->scratch.folder;
    options.latency_ms = latency_ms;
    if (!cv_transport_replay(&player, &options)) {
        fail_msg("%s", cv_last_error()->message);
    }
    forget_answers(world);
    world->options.transport = &player;
    cv_client *client = sys_open(world);
    world->options.transport = &world->network.table;
    return client;
}

static outcome replay_once(sys_world *world) {
    cv_client *client = open_player(world, 0);
    outcome got = sys_retrieve(client, 52);
    cv_client_close(client);
    return got;
}

static void record_once(sys_world *world) {
    cv_client *client = open_recorder(world);
    sys_retrieve(client, 52);
    cv_client_close(client);
}

/* What a file of the world's folder holds; "" if there is none. */
static size_t read_file(const sys_world *world, const char *name, char text[TEXT_MAX]) {
    FILE *file = fopen(scratch_file(&world->scratch, name).text, "r");
    size_t size = file != NULL ? fread(text, 1, TEXT_MAX - 1, file) : 0;
    text[size] = '\0';
    if (file != NULL) {
        (void)fclose(file);
    }
    return size;
}

static void check_file(const sys_world *world, const char *name, const char *expected) {
    char text[TEXT_MAX];
    read_file(world, name, text);
    assert_string_equal(text, expected);
}

static size_t count_recordings(const sys_world *world) {
    size_t count = 0;
    DIR *folder = opendir(world->scratch.folder);
    assert_non_null(folder);
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        count += strstr(entry->d_name, ".txt") != NULL ? 1 : 0;
        assert_null(strstr(entry->d_name, ".part"));
    }
    closedir(folder);
    return count;
}

static void test_file_is_as_the_header_says(void **state) {
    sys_world *world = *state;
    world->network.answer.headers[0] = (cv_transfer_header_line){"ETag", "\"first\""};
    world->network.answer.headers[1] = (cv_transfer_header_line){"Set-Cookie", "id=1"};
    cv_client *client = open_recorder(world);
    outcome got = sys_retrieve(client, 52);
    sys_check_issue(&got, CV_SOURCE_NETWORK);
    cv_client_close(client);
    check_file(world, NAME(1),
               FIRST_LINES "status 200\nheader ETag: \"first\"\nbody 50\n" SYS_ISSUE(52));
    assert_int_equal(count_recordings(world), 1);
    assert_int_equal(world->network.closed, 1);
}

static void test_what_was_recorded_is_replayed(void **state) {
    sys_world *world = *state;
    record_once(world);
    static const cv_drive drives[] = {CV_DRIVE_THREAD, CV_DRIVE_POLL};
    for (size_t i = 0; i < COUNT(drives); i++) {
        world->options.drive = drives[i];
        world->options.base_url = "https://another.example:8443/api/";
        world->options.api_key = "another-key-000000000000";
        outcome got = replay_once(world);
        sys_check_issue(&got, CV_SOURCE_NETWORK);
    }
    assert_int_equal(world->network.count, 1);
}

static void test_what_was_not_recorded_is_refused(void **state) {
    sys_world *world = *state;
    record_once(world);
    world->options.max_retries = 5;
    cv_client *client = open_player(world, 0);
    int64_t counted = sys_counted(world);
    for (int i = 0; i < 7; i++) {
        outcome got = sys_retrieve(client, 53);
        sys_check_error(&got, CV_ERROR_NETWORK, "not recorded: /api/issue/4000-53/?format=json");
        assert_false(got.retryable);
    }
    outcome got = sys_retrieve(client, 52);
    sys_check_issue(&got, CV_SOURCE_NETWORK);
    cv_client_close(client);
    assert_int_equal(sys_counted(world), counted + 1);
}

static void test_answers_come_in_their_order(void **state) {
    sys_world *world = *state;
    world->network.script[0] = (own_answer){.http_status = 500};
    world->network.script[1] = (own_answer){.end = CV_TRANSFER_TIMED_OUT};
    world->network.script_length = 2;
    world->options.rate_limit.circuit_failures = CV_NONE;
    cv_client *client = open_recorder(world);
    static const cv_code codes[] = {CV_ERROR_SERVER, CV_ERROR_TIMEOUT, CV_OK};
    for (size_t i = 0; i < COUNT(codes); i++) {
        assert_int_equal(sys_retrieve(client, 52).code, codes[i]);
    }
    cv_client_close(client);
    check_file(world, NAME(2), FIRST_LINES "end timed-out\nbody 0\n");
    client = open_player(world, 0);
    assert_int_equal(sys_retrieve(client, 52).code, CV_ERROR_SERVER);
    assert_int_equal(sys_retrieve(client, 52).code, CV_ERROR_TIMEOUT);
    for (int i = 0; i < 3; i++) { /* the last one from then on */
        outcome got = sys_retrieve(client, 52);
        sys_check_issue(&got, CV_SOURCE_NETWORK);
    }
    cv_client_close(client);
}

static void test_new_recording_replaces_the_old_one(void **state) {
    sys_world *world = *state;
    cv_client *client = open_recorder(world);
    for (int i = 0; i < 4; i++) {
        sys_retrieve(client, 52);
    }
    sys_retrieve(client, 99);
    cv_client_close(client);
    assert_int_equal(count_recordings(world), 5);
    record_once(world);
    assert_int_equal(count_recordings(world), 2);
}

static void test_latency_is_waited_for(void **state) {
    sys_world *world = *state;
    record_once(world);
    static const cv_drive drives[] = {CV_DRIVE_THREAD, CV_DRIVE_POLL};
    for (size_t i = 0; i < COUNT(drives); i++) {
        world->options.drive = drives[i];
        cv_client *client = open_player(world, LATENCY_MS);
        int64_t start_ms = api_now_ms();
        cv_request *request = cv_request_retrieve(client, CV_ISSUE, 52, NULL);
        cv_client_poll(client, 0);
        assert_true(cv_request_wait(request, -1));
        assert_true(api_now_ms() - start_ms >= LATENCY_MS);
        assert_int_equal(cv_request_error(request)->code, CV_OK);
        cv_request_free(request);
        cv_client_close(client);
    }
}

/* False: what was not sent has stayed counted. */
static bool closes_without_a_trace(sys_world *world) {
    int64_t counted = sys_counted(world);
    cv_client *client = open_player(world, 3600000);
    cv_request *requests[3];
    for (size_t i = 0; i < COUNT(requests); i++) {
        requests[i] = cv_request_retrieve(client, CV_ISSUE, 52 + (int64_t)i, NULL);
        assert_false(cv_request_wait(requests[i], 5));
    }
    cv_request_free(requests[2]);
    assert_false(cv_request_wait(requests[0], 5));
    cv_client_close(client);
    assert_int_equal(cv_request_error(requests[0])->code, CV_ERROR_CLOSED);
    cv_request_free(requests[0]);
    cv_request_free(requests[1]);
    return sys_counted(world) == counted;
}

/* Closing has a moment to take admissions back: a machine may stop just then, but not each time. */
static void test_closing_and_cancelling_before_the_answer(void **state) {
    sys_world *world = *state;
    record_once(world);
    for (int tries = 1; !closes_without_a_trace(world); tries++) {
        assert_true(tries < MOST_TRIES);
    }
}

/* ---- the key ---- */

static void test_key_is_in_no_file(void **state) {
    sys_world *world = *state;
    char text[TEXT_MAX];
    world->network.answer.body = "{\"error\":\"OK\",\"status_code\":1,\"results\":{\"id\":52,"
                                 "\"name\":\"" SYS_KEY "\"}}";
    world->network.answer.headers[0] = (cv_transfer_header_line){"ETag", "\"" SYS_KEY "\""};
    cv_client *client = open_recorder(world);
    outcome got = sys_retrieve(client, 52);
    sys_check_issue(&got, CV_SOURCE_NETWORK);
    world->network.answer = (own_answer){
        .http_status = 302, .headers = {{"Location", "/api/x/?a=1&api_key=" SYS_KEY "&b=2"}}};
    sys_retrieve(client, 53);
    cv_client_close(client);
    assert_true(own_network_has_seen(&world->network, SYS_KEY));
    size_t files = 0;
    DIR *folder = opendir(world->scratch.folder);
    assert_non_null(folder);
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        if (strstr(entry->d_name, ".txt") != NULL) {
            read_file(world, entry->d_name, text);
            assert_null(strstr(text, SYS_KEY));
            assert_non_null(strstr(text, "****"));
            files++;
        }
    }
    closedir(folder);
    assert_true(files >= 2);
    got = replay_once(world);
    sys_check_issue(&got, CV_SOURCE_NETWORK);
}

/* It is too short to be told from other text: it is in the file as the service wrote it. */
static void test_a_short_key_is_left_in_answers(void **state) {
    sys_world *world = *state;
    char text[TEXT_MAX];
    world->options.api_key = "number5";
    world->network.answer.body =
        "{\"error\":\"OK\",\"status_code\":1,\"results\":{\"id\":52,\"name\":\"number5\"}}";
    record_once(world);
    read_file(world, NAME(1), text);
    assert_non_null(strstr(text, "number5"));
    assert_null(strstr(text, "api_key"));
}

/* ---- what is not written down ---- */

/* A header that would be more than one line of the file, or is longer than the library reads. */
static void test_headers_stay_lines(void **state) {
    static char longest[4098];
    sys_world *world = *state;
    memset(longest, 'x', sizeof(longest) - 1);
    world->network.answer.headers[0] =
        (cv_transfer_header_line){"ETag", "\"a\"\r\nbody 3\r\nheader ETag: \"b\""};
    world->network.answer.headers[1] = (cv_transfer_header_line){"Last-Modified", "x\ny"};
    world->network.answer.headers[2] = (cv_transfer_header_line){"Cache-Control", longest};
    record_once(world);
    check_file(world, NAME(1), FIRST_LINES "status 200\nbody 50\n" SYS_ISSUE(52));
    outcome got = replay_once(world);
    sys_check_issue(&got, CV_SOURCE_NETWORK);
}

/* The service has said nothing. */
static void test_what_was_not_sent_is_not_recorded(void **state) {
    sys_world *world = *state;
    world->network.script[0] = (own_answer){.end = CV_TRANSFER_REFUSED};
    world->network.script[1] = (own_answer){.end = CV_TRANSFER_NO_MEMORY};
    world->network.script_length = 2;
    cv_client *client = open_recorder(world);
    assert_int_equal(sys_retrieve(client, 52).code, CV_ERROR_NETWORK);
    assert_int_equal(sys_retrieve(client, 52).code, CV_ERROR_NOMEM);
    assert_int_equal(count_recordings(world), 0);
    outcome got = sys_retrieve(client, 52);
    sys_check_issue(&got, CV_SOURCE_NETWORK);
    cv_client_close(client);
    assert_int_equal(count_recordings(world), 1);
}

/* What the library's own bounds made of an answer, which the network took for a good one. */
static void test_what_was_too_large_is_replayed_as_such(void **state) {
    static char long_value[300 * 1024];
    sys_world *world = *state;
    memset(long_value, 'x', sizeof(long_value) - 1);
    world->options.max_retries = 2;
    const own_answer answers[] = {
        {.end = CV_TRANSFER_TOO_LARGE},
        {.end = CV_TRANSFER_TOO_LARGE, .http_status = 200, .body = SYS_ISSUE(52)},
        {.http_status = 200, .headers = {{"Content-Length", "99999999"}}, .body = SYS_ISSUE(52)},
        {.http_status = 403, .headers = {{"X-Filler", long_value}}, .body = SYS_ISSUE(52)},
        {.gives_up = true, .headers = {{"X-Filler", long_value}}},
    };
    for (size_t i = 0; i < COUNT(answers); i++) {
        world->network.answer = answers[i];
        cv_client *client = open_recorder(world);
        outcome first = sys_retrieve(client, 52);
        cv_client_close(client);
        outcome again = replay_once(world);
        sys_check_error(&first, CV_ERROR_RESPONSE, "too large");
        sys_check_error(&again, CV_ERROR_RESPONSE, "too large");
        assert_int_equal(again.retryable, first.retryable);
        assert_int_equal(again.http_status, first.http_status);
        assert_int_equal(own_network_count(&world->network), i + 1);
    }
    check_file(world, NAME(1), FIRST_LINES "end too-large\nbody 0\n");
}

/* What was given back without an end has failed, as for any transport. */
static void test_what_was_given_up_is_recorded(void **state) {
    sys_world *world = *state;
    world->network.answer = (own_answer){.gives_up = true};
    record_once(world);
    check_file(world, NAME(1), FIRST_LINES "end failed\nbody 0\n");
}

/* The next answer is for who still wants it. */
static void test_what_nobody_wants_is_not_recorded(void **state) {
    static const own_answer late[] = {{.end = CV_TRANSFER_FAILED},
                                      {.http_status = 200, .body = SYS_ISSUE(52)},
                                      {.gives_up = true}};
    sys_world *world = *state;
    world->network.manner = OWN_LATER;
    cv_client *client = open_recorder(world);
    cv_request *requests[COUNT(late)];
    for (size_t i = 0; i < COUNT(late); i++) {
        requests[i] = cv_request_retrieve(client, CV_ISSUE, 52 + (int64_t)i, NULL);
        sys_await_transfers(world, requests[i], i + 1);
    }
    cv_client_close(client);
    for (size_t i = 0; i < COUNT(late); i++) {
        assert_false(own_network_answer(&world->network, i, &late[i]));
        assert_int_equal(cv_request_error(requests[i])->code, CV_ERROR_CLOSED);
        cv_request_free(requests[i]);
    }
    assert_int_equal(count_recordings(world), 0);
}

/* Ends of one transfer are one answer. */
static void test_a_second_end_is_not_recorded(void **state) {
    sys_world *world = *state;
    world->network.answer.ends_twice = true;
    record_once(world);
    assert_int_equal(count_recordings(world), 1);
    outcome got = replay_once(world);
    sys_check_issue(&got, CV_SOURCE_NETWORK);
}

/* The client's own bound is no trouble of the service. */
static void test_an_answer_without_memory_is_not_recorded(void **state) {
    sys_world *world = *state;
    world->options.max_memory_bytes = 1 << 20;
    world->network.answer.headers[0] = (cv_transfer_header_line){"Content-Length", "9999999"};
    cv_client *client = open_recorder(world);
    outcome got = sys_retrieve(client, 52);
    sys_check_error(&got, CV_ERROR_NOMEM, "");
    cv_client_close(client);
    assert_int_equal(count_recordings(world), 0);
}

/* ---- bodies ---- */

static void test_hostile_bodies_come_back_as_they_were(void **state) {
    sys_world *world = *state;
    static const struct {
        const char *body;
        size_t size;
    } bodies[] = {{"status 404\nbody 3\nabc", 21},
                  {"\0\0\nheader A: b\n\0", 16},
                  {"\n", 1},
                  {"", 0},
                  {"comicvine-replay 1\nGET /\n", 25}};
    for (size_t i = 0; i < COUNT(bodies); i++) {
        char expected[TEXT_MAX];
        char text[TEXT_MAX];
        world->network.answer.body = bodies[i].body;
        world->network.answer.size = bodies[i].size;
        record_once(world);
        int head = snprintf(expected, sizeof(expected), FIRST_LINES "status 200\nbody %zu\n",
                            bodies[i].size);
        assert_int_equal(read_file(world, NAME(1), text), (size_t)head + bodies[i].size);
        assert_memory_equal(text, expected, (size_t)head);
        assert_memory_equal(text + head, bodies[i].body, bodies[i].size);
        outcome got = replay_once(world);
        assert_int_equal(got.code, CV_ERROR_RESPONSE);
        assert_null(strstr(got.message, "txt"));
    }
}

/* ---- files by other hands ---- */

static void test_files_written_by_hand(void **state) {
    sys_world *world = *state;
    static const struct {
        const char *text;
        cv_code code;
        const char *words;
    } cases[] = {
        {FIRST_LINES "status 200\nbody\n" SYS_ISSUE(52) "\n", CV_OK, ""},
        {FIRST_LINES "status 200\nbody 50\n" SYS_ISSUE(52) "\n", CV_OK, ""},
        {FIRST_LINES "status 200\nheader ETag: \nheader A: b\nbody\n" SYS_ISSUE(52), CV_OK, ""},
        {"comicvine-replay 1\r\nGET " SYS_TARGET
         "\r\nstatus 200\r\nheader A: b\r\nbody\r\n" SYS_ISSUE(52),
         CV_OK, ""},
        {FIRST_LINES "end failed\nbody\n", CV_ERROR_NETWORK, "as it was recorded"},
        {FIRST_LINES "end timed-out\nbody\n", CV_ERROR_TIMEOUT, "in time"},
        {FIRST_LINES "status 200\nend broken\nbody\n", CV_ERROR_RESPONSE, "garbled"},
        {FIRST_LINES "end too-large\nbody\n", CV_ERROR_RESPONSE, "too large"},
        {"", CV_ERROR_NETWORK, "begin"},
        {"comicvine-replay 2\n", CV_ERROR_NETWORK, "begin"},
        {"comicvine-replay 1\n", CV_ERROR_NETWORK, "another request"},
        {"comicvine-replay 1\nGET /api/issue/4000-53/?format=json\nstatus 200\nbody\n",
         CV_ERROR_NETWORK, "another request"},
        {FIRST_LINES, CV_ERROR_NETWORK, "no body"},
        {FIRST_LINES "body\n{}", CV_ERROR_NETWORK, "neither status nor end"},
        {FIRST_LINES "status 99\nbody\n", CV_ERROR_NETWORK, "not understood: status 99"},
        {FIRST_LINES "status 2000000000000\nbody\n", CV_ERROR_NETWORK, "not understood"},
        {FIRST_LINES "status\nbody\n", CV_ERROR_NETWORK, "not understood"},
        {FIRST_LINES "end soon\nbody\n", CV_ERROR_NETWORK, "not understood: end soon"},
        {FIRST_LINES "status 200\nheader A b\nbody\n", CV_ERROR_NETWORK, "not understood"},
        {FIRST_LINES "status 200\nheader : b\nbody\n", CV_ERROR_NETWORK, "not understood"},
        {FIRST_LINES "status 200\nheader A: b\rc\nbody\n", CV_ERROR_NETWORK, "not understood"},
        {FIRST_LINES "status 200\nheader A: b\r\r\nbody\n", CV_ERROR_NETWORK, "not understood"},
        {FIRST_LINES "status 200\nbody 51\n" SYS_ISSUE(52), CV_ERROR_NETWORK, "as long as"},
        {FIRST_LINES "status 200\nbody 48\n" SYS_ISSUE(52), CV_ERROR_NETWORK, "as long as"},
        {FIRST_LINES "status 200\nbody -1\n" SYS_ISSUE(52), CV_ERROR_NETWORK, "as long as"},
        {FIRST_LINES "status 200\nbody99999999999999999999\n", CV_ERROR_NETWORK, "as long as"},
        {FIRST_LINES "status 200\nbody", CV_ERROR_NETWORK, "no body"},
        {FIRST_LINES "status 503\nheader Retry-After: 9\nbody\n", CV_ERROR_SERVER, ""},
    };
    world->options.rate_limit.circuit_failures = CV_NONE;
    for (size_t i = 0; i < COUNT(cases); i++) {
        sys_write(world, NAME(1), cases[i].text, strlen(cases[i].text));
        outcome got = replay_once(world);
        assert_string_equal(cv_code_name(got.code), cv_code_name(cases[i].code));
        sys_check_error(&got, cases[i].code, cases[i].words);
    }
}

static void test_nul_in_a_line_is_not_understood(void **state) {
    sys_world *world = *state;
    static const char text[] = FIRST_LINES "status 200\0\nbody\n";
    sys_write(world, NAME(1), text, sizeof(text) - 1);
    outcome got = replay_once(world);
    sys_check_error(&got, CV_ERROR_NETWORK, "no body");
}

static void test_folder_in_place_of_a_file(void **state) {
    sys_world *world = *state;
    record_once(world);
    assert_int_equal(remove(scratch_file(&world->scratch, NAME(1)).text), 0);
    scratch_path inner = scratch_file(&world->scratch, NAME(1));
    assert_int_equal(rename(world->database.text, inner.text), 0); /* not text at all */
    outcome got = replay_once(world);
    sys_check_error(&got, CV_ERROR_NETWORK, "begin");
}

/* ---- opening ---- */

static void test_recording_that_cannot_be_written_fails_the_call(void **state) {
    sys_world *world = *state;
    cv_client *client = open_recorder(world);
    scratch_path part = scratch_file(&world->scratch, NAME(1) ".part");
    assert_int_equal(symlink("nowhere/at/all", part.text), 0);
    outcome got = sys_retrieve(client, 52);
    sys_check_error(&got, CV_ERROR_NETWORK, "cannot be recorded: ");
    cv_client_close(client);
    assert_int_equal(remove(part.text), 0);
}

static void check_refused(bool opened, const char *words) {
    assert_false(opened);
    assert_int_equal(cv_last_error()->code, CV_ERROR_ARGUMENT);
    if (strstr(cv_last_error()->message, words) == NULL) {
        fail_msg("%s", cv_last_error()->message);
    }
}

static void test_options_that_are_refused(void **state) {
    sys_world *world = *state;
    cv_transport transport;
    cv_transport lacking = CV_TRANSPORT_INIT;
    cv_replay_options options = CV_REPLAY_OPTIONS_INIT;
    check_refused(cv_transport_replay(&transport, &options), "no folder");
    options.folder = "/nowhere/at/all";
    check_refused(cv_transport_replay(&transport, &options), "/nowhere");
    options.folder = world->scratch.folder;
    options.latency_ms = -1;
    check_refused(cv_transport_replay(&transport, &options), "latency_ms");
    options.latency_ms = 0;
    options.reserved[0] = 1;
    check_refused(cv_transport_replay(&transport, &options), "reserved");
    const cv_transport *inner = &world->network.table;
    check_refused(cv_transport_record(&transport, NULL, inner), "no folder");
    check_refused(cv_transport_record(&transport, "/nowhere/at/all", inner), "/nowhere");
    check_refused(cv_transport_record(&transport, world->scratch.folder, &lacking), "start");
    assert_int_equal(world->network.closed, 0);
}

/* The inner network still holds a transfer when the recorder is closed. */
static void test_transfer_outlives_the_recorder(void **state) {
    sys_world *world = *state;
    world->network.manner = OWN_LATER;
    cv_client *client = open_recorder(world);
    cv_request *request = sys_begin_request(world, client);
    cv_client_close(client);
    cv_request_free(request);
    assert_int_equal(world->network.cancelled, 1);
    assert_int_equal(world->network.closed, 1);
    assert_false(own_network_answer(&world->network, 0, &world->network.answer));
}

/* A recorder on a network that has its own turns and asks before it sends. */
static void test_recorder_on_a_network_that_turns(void **state) {
    (void)state;
    static const own_manner manners[] = {OWN_TURN, OWN_THREAD};
    for (size_t i = 0; i < COUNT(manners); i++) {
        sys_world world;
        sys_begin(&world, manners[i]);
        cv_client *client = open_recorder(&world);
        outcome got = sys_retrieve(client, 52);
        cv_client_close(client);
        sys_check_issue(&got, CV_SOURCE_NETWORK);
        assert_int_equal(count_recordings(&world), 1);
        sys_end(&world);
    }
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_WORLD(test_file_is_as_the_header_says),
        IN_WORLD(test_what_was_recorded_is_replayed),
        IN_WORLD(test_what_was_not_recorded_is_refused),
        IN_WORLD(test_answers_come_in_their_order),
        IN_WORLD(test_new_recording_replaces_the_old_one),
        IN_WORLD(test_latency_is_waited_for),
        IN_WORLD(test_closing_and_cancelling_before_the_answer),
        IN_WORLD(test_key_is_in_no_file),
        IN_WORLD(test_a_short_key_is_left_in_answers),
        IN_WORLD(test_headers_stay_lines),
        IN_WORLD(test_what_was_not_sent_is_not_recorded),
        IN_WORLD(test_what_was_too_large_is_replayed_as_such),
        IN_WORLD(test_what_was_given_up_is_recorded),
        IN_WORLD(test_what_nobody_wants_is_not_recorded),
        IN_WORLD(test_a_second_end_is_not_recorded),
        IN_WORLD(test_an_answer_without_memory_is_not_recorded),
        IN_WORLD(test_hostile_bodies_come_back_as_they_were),
        IN_WORLD(test_files_written_by_hand),
        IN_WORLD(test_nul_in_a_line_is_not_understood),
        IN_WORLD(test_folder_in_place_of_a_file),
        IN_WORLD(test_recording_that_cannot_be_written_fails_the_call),
        IN_WORLD(test_options_that_are_refused),
        IN_WORLD(test_transfer_outlives_the_recorder),
        cmocka_unit_test(test_recorder_on_a_network_that_turns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
