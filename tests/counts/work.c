/* Does one operation of the library some times, for tests/counts/count.sh to count what it takes:
 *
 *     count_work OPERATION [--statements]
 *
 * It counts allocations and SQL statements itself, and prints them; with --statements it also
 * writes each statement to standard error. Instructions are counted by callgrind inside of
 * count_one, system calls by strace between two writes to no descriptor. Linked with the library's
 * objects, so that the clock for slices of time can be replaced (CMakeLists.txt wraps it): time
 * stands still here, and no count depends on how fast the machine is. What an operation needs is
 * prepared uncounted. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <comicvine.h>
#include <comicvine/sys/clock.h>
#include <comicvine/sys/transport.h>
#include <sqlite3.h>

#include "resources/decode.h"
#include "resources/registry.h"
#include "support/failing_allocator.h"
#include "support/platform.h"
#include "support/scratch.h"

enum {
    WARMING = 5,  /* the first ones prepare statements and make room */
    COUNTED = 20, /* count.sh knows it too */
    BODY_MAX = 1 << 15,
    BODY_BYTES = 14000 /* of an issue as the service has them */
};

typedef struct world {
    scratch scratch;
    scratch_path database;
    failing_allocator memory;
    cv_client *client;
    cv_cache_store *other; /* another connection to the file */
    cv_rate_limit_store *limit;
    char text[BODY_MAX];
    cvi_body body; /* for the decoder */
    size_t done;   /* operations that were counted */
} world;

static void must(bool holds, const char *what) {
    if (!holds) {
        fprintf(stderr, "not so: %s (%s)\n", what, cv_last_error()->message);
        exit(1);
    }
}

/* ---- time that stands still ---- */

/* The linker puts it in the place of cvi_platform_now_us. */
int64_t __wrap_cvi_platform_now_us(void);
int64_t __wrap_cvi_platform_now_us(void) {
    return 0;
}

static cv_now now(void *user) {
    (void)user;
    return (cv_now){.boot_ms = 1000000, .wall_ms = INT64_C(1700000000000)};
}

/* ---- statements ---- */

static struct {
    int64_t count;
    bool is_counting;
    bool is_written;
} statements;

static int note_statement(unsigned kind, void *user, void *statement, void *words) {
    const char *text = words;
    (void)kind;
    (void)user;
    (void)statement;
    if (!statements.is_counting || text[0] == '-') {
        return SQLITE_OK; /* as a comment SQLite tells of triggers, within a statement */
    }
    statements.count++;
    if (statements.is_written) {
        fprintf(stderr, "%s\n", text);
    }
    return SQLITE_OK;
}

/* SQLite calls it for each connection that is opened. */
static int trace_connection(sqlite3 *connection, const char **message, const void *functions) {
    (void)message;
    (void)functions;
    return sqlite3_trace_v2(connection, SQLITE_TRACE_STMT, note_statement, NULL);
}

/* ---- the service ---- */

static void write_issue(world *self, int64_t id) {
    int length = snprintf(self->text, sizeof(self->text),
                          "{\"error\":\"OK\",\"limit\":1,\"offset\":0,\"number_of_page_results\":1,"
                          "\"number_of_total_results\":1,\"status_code\":1,\"results\":{"
                          "\"id\":%" PRId64 ",\"name\":\"A long night\",\"issue_number\":\"7\","
                          "\"volume\":{\"id\":7,\"name\":\"The Lamplighter\"},"
                          "\"description\":\"<p>It rains.<\\/p>\",\"character_credits\":[",
                          id);
    for (int i = 1; length < BODY_BYTES; i++) {
        length += snprintf(self->text + length, sizeof(self->text) - (size_t)length,
                           "{\"id\":%d,\"name\":\"Somebody, number %d\",\"api_detail_url\":"
                           "\"https:\\/\\/localhost\\/character\\/4005-%d\\/\"},",
                           i, i, i);
    }
    snprintf(self->text + length - 1, sizeof(self->text) - (size_t)length,
             "]},\"version\":\"1.0\"}"); /* in place of the last comma */
}

/* Answers at once whatever was prepared last. */
static bool answer(void *user, cv_transfer *transfer, const cv_transfer_request *request) {
    world *self = user;
    (void)request;
    cv_transfer_body(transfer, self->text, strlen(self->text));
    cv_transfer_complete(transfer, CV_TRANSFER_ANSWERED, 200, NULL);
    cv_transfer_release(transfer);
    return true;
}

/* ---- what is there before ---- */

static void open_client(world *self) {
    cv_transport network = CV_TRANSPORT_INIT;
    cv_clock clock = CV_CLOCK_INIT;
    cv_options options = CV_OPTIONS_INIT;
    network.user = self;
    network.start = answer;
    clock.now = now;
    options.api_key = "0123456789abcdef";
    options.database = self->database.text;
    options.drive = CV_DRIVE_POLL;
    options.transport = &network;
    options.clock = &clock;
    options.allocator = &self->memory.allocator;
    options.rate_limit.limit = 1000;
    options.rate_limit.min_interval_ms = CV_NO_INTERVAL;
    options.cache.cleanup_interval_ms = CV_NONE;
    options.dedupe.cleanup_interval_ms = CV_NONE;
    self->client = cv_client_open(&options);
    must(self->client != NULL, "a client opens");
}

static void retrieve(world *self, int64_t id) {
    const cv_issue *issue = cv_issue_retrieve(self->client, id, CV_PRIORITY_USER);
    must(issue != NULL && issue->id == id, "an issue is there");
    cv_issue_free(issue);
}

static void open_shelf(world *self) {
    cv_cache_options options = CV_CACHE_OPTIONS_INIT;
    open_client(self);
    for (int64_t id = 1; id <= WARMING + COUNTED; id++) {
        write_issue(self, id);
        retrieve(self, id);
    }
    options.database = self->database.text;
    options.cleanup_interval_ms = CV_NONE;
    self->other = cv_cache_store_open(&options);
    must(self->other != NULL, "the file opens once more");
}

static void open_limit(world *self) {
    cv_rate_limit_options options = CV_RATE_LIMIT_OPTIONS_INIT;
    options.database = self->database.text;
    options.allocator = &self->memory.allocator;
    options.limit = 1000;
    options.min_interval_ms = CV_NO_INTERVAL;
    self->limit = cv_rate_limit_store_open(&options);
    must(self->limit != NULL, "a limit opens");
}

static void open_nothing(world *self) {
    (void)self;
}

/* ---- before each ---- */

/* Somebody writes, so that nothing that is in memory can be believed. */
static void write_elsewhere(world *self, int64_t id) {
    (void)id;
    must(cv_cache_store_set(self->other, "another row", "0", 1, 60), "another connection writes");
}

static void copy_body(world *self, int64_t id) {
    const cv_allocator *allocator = &self->memory.allocator;
    write_issue(self, id);
    size_t size = strlen(self->text);
    self->body = (cvi_body){allocator->allocate(size, allocator->user), size, 0};
    must(self->body.data != NULL, "there is memory");
    memcpy(self->body.data, self->text, size);
}

static void do_nothing(world *self, int64_t id) {
    (void)self;
    (void)id;
}

/* ---- the operations ---- */

static void retrieve_first(world *self, int64_t id) {
    (void)id;
    retrieve(self, 1);
}

static void decode(world *self, int64_t id) {
    const cvi_decode_options options = {.resource = cvi_registry_find(CV_ISSUE)};
    cv_error error;
    (void)id;
    cvi_result *result = cvi_decode(&options, &self->memory.allocator, self->body, &error);
    must(result != NULL, "a body is decoded");
    cvi_result_release(result);
}

static void admit(world *self, int64_t id) {
    int64_t wait_ms = 0;
    (void)id;
    must(cv_rate_limit_store_acquire(self->limit, "issue", CV_PRIORITY_USER, &wait_ms) &&
             wait_ms == 0,
         "there is room");
}

typedef struct operation {
    const char *name;
    void (*open)(world *self);
    void (*prepare)(world *self, int64_t id);
    void (*run)(world *self, int64_t id);
} operation;

static const operation operations[] = {
    {"hit", open_shelf, write_elsewhere, retrieve},  /* from the file */
    {"hot", open_shelf, do_nothing, retrieve_first}, /* again, and nobody has written */
    {"cold", open_client, write_issue, retrieve},    /* from the service */
    {"decode", open_nothing, copy_body, decode},     /* a body of 14 kB */
    {"admission", open_limit, do_nothing, admit},    /* a transaction of the limit's */
};

/* ---- counting ---- */

static void mark(const char *sign) {
    must(write(-1, sign, 1) < 0 && errno == EBADF, "nothing is written");
}

/* Not left before the operation is over, as it would be by a jump to it. */
__attribute__((noinline)) static void count_one(world *self, const operation *which, int64_t id) {
    which->run(self, id);
    self->done++;
}

static void count(world *self, const operation *which) {
    size_t allocations = 0;
    for (int64_t id = WARMING + 1; id <= WARMING + COUNTED; id++) {
        which->prepare(self, id);
        size_t before = atomic_load(&self->memory.calls);
        mark("<");
        statements.is_counting = true;
        count_one(self, which, id);
        statements.is_counting = false;
        mark(">");
        allocations += atomic_load(&self->memory.calls) - before;
    }
    must(self->done == COUNTED, "all are counted");
    printf("%s allocations %zu\n%s statements %" PRId64 "\n", which->name, allocations, which->name,
           statements.count);
}

static void warm(world *self, const operation *which) {
    for (int64_t id = 1; id <= WARMING; id++) {
        which->prepare(self, id);
        which->run(self, id);
    }
}

static void run(const operation *which) {
    static world self;
    failing_allocator_init(&self.memory, 0, false);
    must(scratch_make(&self.scratch), "there is a folder");
    self.database = scratch_file(&self.scratch, "comics.db");
    which->open(&self);
    warm(&self, which);
    count(&self, which);
    cv_client_close(self.client);
    cv_cache_store_close(self.other);
    cv_rate_limit_store_close(self.limit);
    must(scratch_remove(&self.scratch), "the folder goes");
}

int main(int argument_count, char **arguments) {
    must(sqlite3_auto_extension((void (*)(void))trace_connection) == SQLITE_OK, "SQLite traces");
    statements.is_written = argument_count > 2 && strcmp(arguments[2], "--statements") == 0;
    for (size_t i = 0; argument_count > 1 && i < sizeof(operations) / sizeof(operations[0]); i++) {
        if (strcmp(operations[i].name, arguments[1]) == 0) {
            run(&operations[i]);
            return 0;
        }
    }
    fprintf(stderr, "usage: count_work hit|hot|cold|decode|admission [--statements]\n");
    return 2;
}
