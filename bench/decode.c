/* How fast bodies become typed records, beside a bare parse of the same bodies by the same parser
 * with callbacks that do nothing; and how many bytes a program holds for a record, beside its text.
 * The bodies are those in the folder that COMICVINE_RECORDINGS names, else the tests' fixtures. The
 * decoder is no public function: this program links the library's objects. */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bare_json.h"
#include "bodies.h"
#include "measure.h"
#include "resources/decode.h"
#include "support/allocator.h"
#include "team.h"

enum { RUNS = 15, SMOKE_RUNS = 1, RUN_BYTES = 64 << 20, ALL = BODIES_KINDS, LINES };

static const char *const line_names[LINES] = {[BODIES_DETAILS] = "details",
                                              [BODIES_LISTS] = "lists",
                                              [BODIES_SEARCHES] = "searches",
                                              [ALL] = "all"};

/* A copy for a parse that takes its body over. */
static cvi_body copy_body(const bodies_answer *answer, const cv_allocator *allocator) {
    cvi_body body = {allocator->allocate(answer->size, allocator->user), answer->size, 0};
    team_check(body.data != NULL, "there is memory for a body");
    memcpy(body.data, answer->text, answer->size);
    return body;
}

/* ---- the floor ---- */

static void parse_bare(const bodies_answer *answer, cvi_body body) {
    (void)answer;
    bare_json_parse(body.data, body.size);
    cvi_release(&cvi_default_allocator, body.data);
}

/* ---- the library ---- */

static cvi_result *decode(const bodies_answer *answer, const cv_allocator *allocator,
                          cvi_body body) {
    const cvi_decode_options options = {.resource = answer->resource, .is_list = answer->is_list};
    cv_error error = {0};
    cvi_result *result = cvi_decode(&options, allocator, body, &error);
    team_check(result != NULL, error.message);
    return result;
}

static void decode_and_release(const bodies_answer *answer, cvi_body body) {
    cvi_result_release(decode(answer, &cvi_default_allocator, body));
}

/* ---- speed ---- */

typedef struct cost {
    size_t bytes;
    int64_t bare_ns;
    int64_t decode_ns;
} cost;

/* The copy is not timed: a body comes from the file or the network. */
static int64_t time_of(void (*parse)(const bodies_answer *, cvi_body),
                       const bodies_answer *answer) {
    cvi_body body = copy_body(answer, &cvi_default_allocator);
    int64_t begun_ns = measure_now_ns();
    parse(answer, body);
    return measure_now_ns() - begun_ns;
}

/* Floor and library by turns with each body, so that both see the same machine. */
static cost cost_of(const bodies_set *set, size_t rounds) {
    cost sum = {.bytes = set->bytes * rounds};
    for (size_t round = 0; round < rounds; round++) {
        for (size_t i = 0; i < set->count; i++) {
            sum.bare_ns += time_of(parse_bare, &set->answers[i]);
            sum.decode_ns += time_of(decode_and_release, &set->answers[i]);
        }
    }
    return sum;
}

static void add_cost(cost *sum, const cost *part) {
    sum->bytes += part->bytes;
    sum->bare_ns += part->bare_ns;
    sum->decode_ns += part->decode_ns;
}

static double megabytes_per_second(size_t bytes, int64_t duration_ns) {
    return (double)bytes * 1000.0 / (double)duration_ns;
}

/* At most 1.25 times the parser's time is at least 0.8 of its rate. A search is decoded in two
 * passes, as the type of a hit may stand behind its members: no goal is about it. */
static void print_speed(const char *source, int line, const cost *costs, size_t runs) {
    double ours[RUNS];
    double bare[RUNS];
    char name[96];
    for (size_t i = 0; i < runs; i++) {
        ours[i] = megabytes_per_second(costs[i].bytes, costs[i].decode_ns);
        bare[i] = megabytes_per_second(costs[i].bytes, costs[i].bare_ns);
    }
    snprintf(name, sizeof(name), "decoding, %s of the %s beside bare yajl%s", line_names[line],
             source, line == BODIES_SEARCHES ? "" : " (P1)");
    measure_print(&(measure_line){
        .name = name,
        .unit = "MB/s",
        .figure = measure_median(ours, runs),
        .floor = measure_median(bare, runs),
        .goal = line == BODIES_SEARCHES ? MEASURE_NO_GOAL : MEASURE_RATIO_ABOVE,
        .bound = 0.8,
    });
}

static void measure_speed(const bodies_set sets[BODIES_KINDS], const char *source, bool is_smoke) {
    static cost costs[LINES][RUNS];
    size_t bytes = 0;
    for (int kind = 0; kind < BODIES_KINDS; kind++) {
        bytes += sets[kind].bytes;
    }
    size_t runs = is_smoke ? SMOKE_RUNS : RUNS;
    size_t rounds = is_smoke ? 1 : 1 + RUN_BYTES / bytes;
    for (size_t run = 0; run < runs; run++) {
        for (int kind = 0; kind < BODIES_KINDS; kind++) {
            costs[kind][run] = cost_of(&sets[kind], rounds);
            add_cost(&costs[ALL][run], &costs[kind][run]);
        }
    }
    for (int line = 0; line < LINES; line++) {
        if (costs[line][0].bytes > 0) {
            print_speed(source, line, costs[line], runs);
        }
    }
}

/* ---- memory ---- */

/* Stands before each block, as releasing one needs its size. */
typedef union block_head {
    size_t size;
    max_align_t alignment;
} block_head;

static void *count_reallocate(void *block, size_t size, void *user) {
    size_t *held_bytes = user;
    block_head *head = block != NULL ? (block_head *)block - 1 : NULL;
    size_t old_size = head != NULL ? head->size : 0;
    head = realloc(head, sizeof(*head) + size);
    if (head == NULL) {
        return NULL;
    }
    head->size = size;
    *held_bytes += size - old_size;
    return head + 1;
}

static void *count_allocate(size_t size, void *user) {
    return count_reallocate(NULL, size, user);
}

static void count_release(void *block, void *user) {
    size_t *held_bytes = user;
    block_head *head = (block_head *)block - 1;
    *held_bytes -= head->size;
    free(head);
}

typedef struct holding {
    size_t records;
    size_t text_bytes;
    size_t held_bytes; /* as asked of the allocator: without what malloc adds for itself */
} holding;

static void add_holding(holding *sum, const holding *part) {
    sum->records += part->records;
    sum->text_bytes += part->text_bytes;
    sum->held_bytes += part->held_bytes;
}

static double bytes_per_text(const holding *self) {
    return self->text_bytes > 0 ? (double)self->held_bytes / (double)self->text_bytes : 0.0;
}

static size_t text_bytes_of(const cvi_result *result) {
    size_t sum = 0;
    for (size_t i = 0; i < cvi_result_count(result); i++) {
        size_t length;
        cvi_result_raw(result, i, &length);
        sum += length;
    }
    return sum;
}

/* What a program holds that keeps its record or page: that handle with all that hangs on it. */
static holding hold(const bodies_answer *answer) {
    size_t held_bytes = 0;
    const cv_allocator counting = {count_allocate, count_reallocate, count_release, &held_bytes};
    const cvi_provenance provenance = {.source = CV_SOURCE_CACHE};
    cvi_result *result = decode(answer, &counting, copy_body(answer, &counting));
    const cv_record *record = cvi_result_record(result, &provenance);
    const cv_page *page = cvi_result_page(result, &provenance);
    team_check(record != NULL || page != NULL, "a body holds records");
    holding held = {cvi_result_count(result), text_bytes_of(result), 0};
    cvi_result_release(result);
    held.held_bytes = held_bytes;
    cv_record_free(record);
    cv_page_free(page);
    team_check(held_bytes == 0, "everything was given back");
    return held;
}

static double kilobytes_each(size_t bytes, size_t records) {
    return (double)bytes / (double)records / 1000.0;
}

static void print_holding(const char *name, const holding *held) {
    measure_print(&(measure_line){.name = name,
                                  .unit = "kB",
                                  .figure = kilobytes_each(held->held_bytes, held->records),
                                  .floor = kilobytes_each(held->text_bytes, held->records),
                                  .goal = MEASURE_RATIO_BELOW,
                                  .bound = 2.0});
}

static void measure_memory(const bodies_set *set, const char *source, int kind) {
    holding sum = {0};
    holding worst = {0};
    char name[96];
    for (size_t i = 0; i < set->count; i++) {
        holding held = hold(&set->answers[i]);
        add_holding(&sum, &held);
        worst = bytes_per_text(&held) > bytes_per_text(&worst) ? held : worst;
    }
    if (sum.records == 0) {
        return;
    }
    snprintf(name, sizeof(name), "held for a record beside its text, %s of the %s (P11)",
             line_names[kind], source);
    print_holding(name, &sum);
    snprintf(name, sizeof(name), "held, in that of the %s with most for its text (P11)",
             line_names[kind]);
    print_holding(name, &worst);
}

int main(int argument_count, char **arguments) {
    const char *folder = bodies_folder(BENCH_FIXTURES);
    const char *source = strcmp(folder, BENCH_FIXTURES) == 0 ? "fixtures" : "recordings";
    bodies_set sets[BODIES_KINDS];
    bodies_load(sets, folder);
    measure_speed(sets, source, measure_is_smoke(argument_count, arguments));
    for (int kind = 0; kind < BODIES_KINDS; kind++) {
        measure_memory(&sets[kind], source, kind);
    }
    bodies_free(sets);
    return 0;
}
