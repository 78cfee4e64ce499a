/* Owns the runs of a deed without memory. One thread. */
#include "support/memory_scene.h"

enum { FAILURES_MAX = 20000 };

static void open_scene(memory_scene *scene) {
    failing_allocator_init(&scene->memory, 0, false);
    scene->options = api_options(scene->self);
    scene->options.database = ":memory:";
    scene->options.drive = CV_DRIVE_POLL;
    scene->options.allocator = &scene->memory.allocator;
    scene->client = api_open(scene->self, &scene->options);
}

static void close_scene(memory_scene *scene) {
    cv_client_close(scene->client);
    assert_int_equal(atomic_load(&scene->memory.live), 0);
}

void memory_fail_from(memory_scene *scene, size_t failure, bool keeps_failing) {
    scene->memory.failing_call = atomic_load(&scene->memory.calls) + failure;
    scene->memory.keeps_failing = keeps_failing;
    atomic_store(&scene->memory.has_failed, false);
}

bool memory_give(memory_scene *scene) {
    scene->memory.failing_call = 0;
    scene->memory.keeps_failing = false;
    return atomic_load(&scene->memory.has_failed);
}

void memory_assert_none(const cv_error *error) {
    assert_string_equal(cv_code_name(error->code), "CV_ERROR_NOMEM");
}

void memory_try_all(void **context, memory_deed *run, bool keeps_failing) {
    memory_scene scene = {.self = *context};
    size_t failure = 1;
    bool has_failed = true;
    while (has_failed) {
        assert_true(failure < FAILURES_MAX);
        open_scene(&scene);
        has_failed = run(&scene, failure++, keeps_failing);
        close_scene(&scene);
    }
    assert_true(failure > 3);
}
