/* A client whose allocator fails when a test wants it to: each allocation of a deed once, and then
 * all from one on, until the deed comes through without one that does. */
#ifndef TESTS_SUPPORT_MEMORY_SCENE_H
#define TESTS_SUPPORT_MEMORY_SCENE_H

#include "support/api.h"
#include "support/failing_allocator.h"

typedef struct memory_scene {
    api *self;
    failing_allocator memory;
    cv_options options; /* without a thread, so that each run takes the same way */
    cv_client *client;
} memory_scene;

/* Runs with little memory, then to its end with enough of it. Answers whether anything was refused.
 * It may close the client, and leaves NULL then. */
typedef bool memory_deed(memory_scene *scene, size_t failure, bool keeps_failing);

/* The `failure`th allocation from now on fails, or with `keeps_failing` all from it on. */
void memory_fail_from(memory_scene *scene, size_t failure, bool keeps_failing);

/* Ends that. Answers whether anything was refused. */
bool memory_give(memory_scene *scene);

/* The error is CV_ERROR_NOMEM. */
void memory_assert_none(const cv_error *error);

/* Does the deed again and again, each time in a new scene; nothing may be out after one. */
void memory_try_all(void **context, memory_deed *run, bool keeps_failing);

/* Two tests of a deed: one allocation fails, and all from one on. */
#define MEMORY_TESTS(name, run)                                                                    \
    static void test_##name##_once(void **context) {                                               \
        memory_try_all(context, run, false);                                                       \
    }                                                                                              \
    static void test_##name##_from_then_on(void **context) {                                       \
        memory_try_all(context, run, true);                                                        \
    }

#endif
