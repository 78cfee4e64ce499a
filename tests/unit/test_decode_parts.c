/* Decoding in parts: whatever a body is and however it is divided, the result is that of the whole,
 * or the same error; off the body's tape too. All fixtures, and all recordings where
 * COMICVINE_RECORDINGS names a folder; each as it is, broken in some way that is drawn, and cut. */
#define _XOPEN_SOURCE 700 /* nftw */
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "resources/hits.h"
#include "resources/inside.h"
#include "resources/json.h"
#include "resources/registry.h"
#include "support/allocator.h"
#include "support/buffer.h"
#include "support/failing_allocator.h"
#include "support/sample.h"

enum { BYTES_MAX = 64 << 20, LONG_BYTES = 20000, RANDOM = 0 };

/* ---- drawing ---- */

static uint64_t drawn = 1;

static size_t draw(size_t below) {
    drawn = drawn * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return below > 0 ? (size_t)(drawn >> 33) % below : 0;
}

/* ---- an answer and what becomes of it ---- */

typedef struct answer {
    const char *name;
    const cvi_resource *resource;
    bool is_list;
    const char *text;
    size_t size;
} answer;

static int tapes_made;

static void describe_record(const cvi_result *result, size_t index, const cv_record *record,
                            cvi_buffer *out) {
    size_t length = 0;
    const char *raw = cv_record_raw(record, &length);
    char *json = cv_record_json(record);
    const cvi_record *detail = &result->details[index];
    assert_non_null(json);
    cvi_buffer_add(out, raw, length);
    cvi_buffer_add_format(out, "\n%d %zx %zx\n", (int)record->resource, (size_t)detail->present,
                          (size_t)detail->null);
    cvi_buffer_add_text(out, json);
    cv_free(json);
}

static void describe_records(cvi_result *result, cvi_buffer *out) {
    const cvi_provenance provenance = {.source = CV_SOURCE_CACHE};
    const cv_page *page = cvi_result_page(result, &provenance);
    const cv_record *record = cvi_result_record(result, &provenance);
    for (size_t i = 0; page != NULL && i < page->count; i++) {
        describe_record(result, i, page->items[i], out);
    }
    if (record != NULL) {
        describe_record(result, 0, record, out);
    }
    cv_page_free(page);
    cv_record_free(record);
}

static void describe(cvi_result *result, const cv_error *error, bool is_cut, cvi_buffer *out) {
    if (result == NULL) {
        cvi_buffer_add_format(out, "%d %s%s", (int)error->code, error->message,
                              is_cut ? ", cut" : "");
        return;
    }
    const cvi_envelope *envelope = cvi_result_envelope(result);
    cvi_buffer_add_format(out, "%d %d %d %d %d %zu\n", (int)envelope->status_code,
                          (int)envelope->limit, (int)envelope->offset, (int)envelope->page_results,
                          (int)envelope->total_results, cvi_result_item_count(result));
    cvi_buffer_add_text(out, envelope->error);
    describe_records(result, out);
}

static void note_unknown(void *user, const char *shape, const char *member) {
    cvi_buffer_add_text(user, shape);
    cvi_buffer_add_char(user, '.');
    cvi_buffer_add_text(user, member); /* of any length, where a quote was lost */
    cvi_buffer_add_char(user, '\n');
}

/* What stood behind a body, and what comes of it in parts. */
typedef struct tape {
    char *bytes; /* NULL: nothing */
    size_t size;
} tape;

/* In parts of so many bytes, or of sizes that are drawn (RANDOM). */
static cvi_decoding *step_through(const answer *self, const cvi_decode_options *options,
                                  const tape *behind, size_t part) {
    char *copy = cvi_copy_text_and(&cvi_default_allocator, self->text, self->size, behind->bytes,
                                   behind->size);
    cvi_decoding *decoding = cvi_decoding_begin(options, &cvi_default_allocator,
                                                (cvi_body){copy, self->size, behind->size});
    assert_non_null(decoding);
    while (!cvi_decoding_step(decoding, part != RANDOM ? part : draw(1 + self->size / 4))) {
    }
    return decoding;
}

static tape tape_of(const answer *self, size_t part) {
    const cvi_decode_options options = {
        .resource = self->resource, .is_list = self->is_list, .makes_tape = true};
    cv_error error;
    tape made = {NULL, 0};
    cvi_result *result = cvi_decoding_end(step_through(self, &options, &made, part), NULL, &error);
    if (result != NULL) {
        made.bytes = cvi_result_take_tape(result, &made.size);
    }
    cvi_result_release(result);
    return made;
}

/* What comes of the answer. */
static cvi_buffer outcome_of(const answer *self, const tape *behind, size_t part) {
    cvi_buffer out;
    cvi_buffer_init(&out, &cvi_default_allocator, BYTES_MAX);
    const cvi_decode_options options = {.resource = self->resource,
                                        .is_list = self->is_list,
                                        .on_unknown = note_unknown,
                                        .user = &out};
    cvi_decoding *decoding = step_through(self, &options, behind, part);
    bool is_cut = false;
    cv_error error = {0};
    cvi_result *result = cvi_decoding_end(decoding, &is_cut, &error);
    describe(result, &error, is_cut, &out);
    cvi_result_release(result);
    assert_false(out.failed);
    return out;
}

static void compare(const answer *self, const tape *behind, const cvi_buffer *expected,
                    size_t part) {
    cvi_buffer seen = outcome_of(self, behind, part);
    if (seen.length != expected->length || memcmp(seen.data, expected->data, seen.length) != 0) {
        fail_msg("%s in parts of %zu%s:\n%.400s\nis not\n%.400s", self->name, part,
                 behind->bytes != NULL ? ", off its tape" : "", seen.data, expected->data);
    }
    cvi_buffer_free(&seen);
}

/* The tape does not hang on the parts either. */
static void compare_tapes(const answer *self, const tape *expected, size_t part) {
    tape seen = tape_of(self, part);
    assert_int_equal(seen.size, expected->size);
    if (seen.size > 0) {
        assert_memory_equal(seen.bytes, expected->bytes, seen.size);
    }
    cvi_release(&cvi_default_allocator, seen.bytes);
}

static void check(const answer *self, const size_t *parts, size_t part_count) {
    const tape none = {NULL, 0};
    tape made = tape_of(self, SIZE_MAX);
    const tape cut = {made.bytes, made.size - made.size / 8}; /* most of it is looked at */
    cvi_buffer whole = outcome_of(self, &none, SIZE_MAX);
    compare(self, &made, &whole, SIZE_MAX);
    compare(self, &cut, &whole, SIZE_MAX);
    for (size_t i = 0; i < part_count; i++) {
        compare(self, &none, &whole, parts[i]);
        compare(self, &made, &whole, parts[i]);
        compare(self, &cut, &whole, parts[i]);
        compare_tapes(self, &made, parts[i]);
    }
    tapes_made += made.bytes != NULL ? 1 : 0;
    cvi_release(&cvi_default_allocator, made.bytes);
    cvi_buffer_free(&whole);
}

static const size_t all_parts[] = {1, 7, 64, 4096, RANDOM, RANDOM};
static const size_t few_parts[] = {7, RANDOM};

static void check_all(const answer *self) {
    check(self, all_parts, sizeof(all_parts) / sizeof(all_parts[0]));
}

static void check_few(const answer *self) {
    check(self, few_parts, sizeof(few_parts) / sizeof(few_parts[0]));
}

/* ---- texts by hand ---- */

static void check_text(const char *text) {
    const answer as_detail = {text, &cvi_sample_resource, false, text, strlen(text)};
    const answer as_list = {text, &cvi_sample_resource, true, text, strlen(text)};
    check_all(&as_detail);
    check_all(&as_list);
}

#define NAMED(name) DETAIL("{\"id\":1,\"name\":\"" name "\"}")

static void test_what_is_odd_stays_as_odd(void **state) {
    (void)state;
    static const char *const texts[] = {
        "",
        " ",
        "\"",
        "{",
        "{}",
        "[]",
        "nul",
        "\xEF\xBB\xBF",
        "\xEF\xBB" DETAIL("{\"id\":1}"),
        "\xEF\xBB\xBF" DETAIL("{\"id\":1}"),
        DETAIL("{\"id\":1}") " x",
        DETAIL("{\"id\":1}") "\r\n\r\n",
        DETAIL("{\r\n\"id\"\t:\r1 ,\n\"name\":null}"),
        NAMED("\\ud83d\\ude00 \\ud83d and \\ude00"),
        NAMED("\\ud83d"),
        NAMED("\\u0000\\\\\\\"\\\\"),
        NAMED("a \\\" quote, {[ and \\\\\\\\\\\" more ]}"),
        NAMED("\xC3\xA9\xED\xA0\x80\xFF\xF0\x9F\x98\x80\xC3"),
        NAMED("\xE2\x82"),
        NAMED("a\nb"),
        NAMED("\\x"),
        NAMED("\\u12"),
        NAMED("\\"),
        DETAIL("{\"id\":1,\"id\":2,\"id\":\"3\",\"name\":\"a\",\"name\":{\"b\":[1]}}"),
        DETAIL("{\"id\":12345678901234567890123456789,\"number\":-0.5e+3,\"flag\":true}"),
        DETAIL("{\"id\":1.}"),
        DETAIL("{\"id\":1,}"),
        DETAIL("{\"id\":01}"),
        DETAIL("[[],{\"id\":1},null,7,\"x\",{\"appearances\":\"4\"}]"),
        "{\"results\":{\"id\":1},\"status_code\":1,\"results\":{\"id\":2}}",
        "{\"status_code\":1,\"results\":{\"id\":1}",
        "{\"status_code\":1,\"results\":{\"name\":\"cut",
        "{\"status_code\":101,\"error\":\"Object Not Found\",\"results\":[]}",
        "{\"results\":[]}",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        check_text(texts[i]);
    }
}

static void test_bounds_hold_across_parts(void **state) {
    (void)state;
    static const char open[] = "{\"status_code\":1,\"results\":";
    char deep[sizeof(open) + 2 * CVI_JSON_DEPTH_MAX];
    memcpy(deep, open, sizeof(open));
    memset(deep + sizeof(open) - 1, '[', 2 * CVI_JSON_DEPTH_MAX);
    deep[sizeof(deep) - 1] = '\0';
    check_text(deep);
    const answer self = {"deep", &cvi_sample_resource, true, deep, strlen(deep)};
    cvi_buffer out = outcome_of(&self, &(tape){NULL, 0}, 3);
    assert_non_null(strstr(out.data, "nested too deep"));
    cvi_buffer_free(&out);
}

/* ---- whole answers ---- */

/* Some bytes changed, left out, or twice; and some text cut. */
static void check_broken(const answer *self) {
    static const char marks[] = "\"\\{}[]:,u0 \n\xC3\xED\xFF"
                                "dn-";
    char *text = malloc(self->size * 2);
    assert_non_null(text);
    answer broken = *self;
    memcpy(text, self->text, self->size);
    for (size_t count = 1 + draw(3); count > 0; count--) {
        text[draw(self->size)] = marks[draw(sizeof(marks) - 1)];
    }
    broken.text = text;
    broken.size = draw(2) == 0 ? self->size : 1 + draw(self->size);
    check_few(&broken);
    size_t begin = draw(self->size);
    size_t length = draw(self->size - begin);
    memcpy(text, self->text, begin + length); /* a stretch twice */
    memcpy(text + begin + length, self->text + begin, self->size - begin);
    broken.size = self->size + length;
    check_few(&broken);
    free(text);
}

static size_t files_read;

static const cvi_resource *resource_of(const char *path, bool *is_list) {
    const char *file = strrchr(path, '/') + 1;
    const char *folder = file - 1;
    while (folder[-1] != '/') {
        folder--;
    }
    size_t count;
    const cvi_resource *const *resources = cvi_registry_all(&count);
    *is_list = strncmp(folder, "search/", 7) == 0 || strcmp(file, "search.json") == 0;
    for (size_t i = 0; i < count && !*is_list; i++) {
        const char *detail = resources[i]->detail_path;
        const char *list = resources[i]->list_path;
        size_t length = strlen(list);
        if (strncmp(file, list, length) == 0 && strcmp(file + length, ".json") == 0) {
            *is_list = true;
            return resources[i];
        }
        if (detail != NULL && strncmp(folder, detail, strlen(detail)) == 0 &&
            folder[strlen(detail)] == '/') {
            return resources[i];
        }
    }
    return *is_list ? &cvi_search_resource : cvi_registry_find(CV_ISSUE); /* an error's body */
}

static int check_file(const char *path, const struct stat *status, int kind, struct FTW *place) {
    (void)place;
    const char *end = strrchr(path, '.');
    if (kind != FTW_F || end == NULL || strcmp(end, ".json") != 0) {
        return 0;
    }
    size_t size = (size_t)status->st_size;
    char *text = malloc(size);
    FILE *file = fopen(path, "rb");
    assert_non_null(text);
    assert_non_null(file);
    assert_int_equal(fread(text, 1, size, file), size);
    fclose(file);
    answer self = {.name = path, .text = text, .size = size};
    self.resource = resource_of(path, &self.is_list);
    check_all(&self);
    for (int i = 0; i < (size > LONG_BYTES ? 2 : 20); i++) {
        check_broken(&self);
    }
    free(text);
    files_read++;
    return 0;
}

static void test_fixtures(void **state) {
    (void)state;
    files_read = 0;
    tapes_made = 0;
    assert_int_equal(nftw(CVI_FIXTURES, check_file, 8, FTW_PHYS), 0);
    assert_true(files_read > 40);
    assert_true(tapes_made > 40);
}

static void test_recordings(void **state) {
    (void)state;
    const char *folder = getenv("COMICVINE_RECORDINGS");
    if (folder == NULL || nftw(folder, check_file, 8, FTW_PHYS) != 0) {
        print_message("skipped: COMICVINE_RECORDINGS names no folder\n");
        skip();
    }
}

/* ---- how much a step does, and what is left behind ---- */

/* Items beside each other, so that there are many places to cut. */
static cvi_buffer many_items(int count) {
    cvi_buffer text;
    cvi_buffer_init(&text, &cvi_default_allocator, BYTES_MAX);
    cvi_buffer_add_text(&text, "{\"status_code\":1,\"results\":[");
    for (int i = 0; i < count; i++) {
        cvi_buffer_add_format(&text, "%s{\"id\":%d,\"name\":\"\\ud83d %d\"}", i > 0 ? "," : "", i,
                              i);
    }
    cvi_buffer_add_text(&text, "]}");
    return text;
}

static cvi_decoding *begin(const cvi_buffer *text, const cv_allocator *allocator) {
    const cvi_decode_options options = {.resource = &cvi_sample_resource, .is_list = true};
    char *copy = cvi_copy_text(allocator, text->data, text->length);
    return cvi_decoding_begin(&options, allocator, (cvi_body){copy, text->length, 0});
}

static void test_each_step_does_its_part(void **state) {
    (void)state;
    enum { ITEMS = 1000, PART = 256, SLACK = 16 };
    cvi_buffer text = many_items(ITEMS);
    cvi_decoding *decoding = begin(&text, &cvi_default_allocator);
    size_t steps = 1;
    while (!cvi_decoding_step(decoding, PART)) {
        steps++;
    }
    assert_true(steps <= 2 * (text.length / PART + 2)); /* it is gone over twice */
    assert_true(steps >= 2 * (text.length / (PART + SLACK)));
    cv_error error;
    cvi_result *result = cvi_decoding_end(decoding, NULL, &error);
    assert_int_equal(cvi_result_count(result), ITEMS);
    cvi_result_release(result);
    cvi_buffer_free(&text);
}

/* However far it has come; and one that is ended early does the rest at once. */
static void test_it_may_be_dropped_or_ended_at_any_step(void **state) {
    (void)state;
    cvi_buffer text = many_items(20);
    bool is_over = false;
    for (size_t steps = 0; !is_over; steps++) {
        failing_allocator memory;
        failing_allocator_init(&memory, SIZE_MAX, false);
        cvi_decoding *dropped = begin(&text, &memory.allocator);
        cvi_decoding *ended = begin(&text, &memory.allocator);
        for (size_t i = 0; i < steps; i++) {
            is_over = cvi_decoding_step(dropped, 50);
            cvi_decoding_step(ended, 50);
        }
        cv_error error;
        cvi_decoding_drop(dropped);
        cvi_result *result = cvi_decoding_end(ended, NULL, &error);
        assert_int_equal(cvi_result_count(result), 20);
        cvi_result_release(result);
        assert_int_equal(memory.live, 0);
    }
    cvi_decoding_drop(NULL);
    cvi_buffer_free(&text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_odd_stays_as_odd),
        cmocka_unit_test(test_bounds_hold_across_parts),
        cmocka_unit_test(test_fixtures),
        cmocka_unit_test(test_recordings),
        cmocka_unit_test(test_each_step_does_its_part),
        cmocka_unit_test(test_it_may_be_dropped_or_ended_at_any_step),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
