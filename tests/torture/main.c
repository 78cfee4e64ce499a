/* Torture: every scene under every fault, at every point in turn.
 *
 *     torture [--companion] [SCENE [FAULT [POINT]]]
 *
 * With --companion a second process is on the file meanwhile. Names choose one scene, one fault and
 * one point; without them a portion of all is tried, and all of it with COMICVINE_ALL=1
 * (scripts/torture). COMICVINE_STRIDE makes the portion so many times smaller. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/portion.h"
#include "torture/runner.h"

enum { SCENES_MAX = 128, EXIT_HANGS = 3 };

static const scene_list *const lists[] = {&life_scenes, &call_scenes, &request_scenes,
                                          &walk_scenes, &age_scenes,  &store_scenes,
                                          &tape_scenes};

/* How large a part of the points, and of the pairs of scene and fault, a usual run tries. Of
 * SQLite's allocations, of which a scene has thousands, a whole run tries a part as well. */
static const struct {
    int point_stride;
    int pair_stride;
    size_t least_stride;
} portions[] = {
    [SEAM_MEMORY] = {11, 1, 1},      [SEAM_SQLITE_MEMORY] = {401, 3, 41},
    [SEAM_CURL_MEMORY] = {23, 3, 1}, [SEAM_FILE] = {41, 3, 1},
    [SEAM_ANSWER] = {1, 23, 1},      [SEAM_TRANSFER] = {1, 7, 1},
    [SEAM_THREAD] = {1, 1, 1},       [SEAM_DESCRIPTOR] = {1, 3, 1},
};

static struct {
    bool with_companion;
    const char *scene; /* NULL: all, as with the next */
    const char *fault;
    size_t point; /* 0: all */
    size_t tried;
    bool has_failed;
} asked;

/* ---- choosing ---- */

static bool is_chosen(const char *name, const char *wanted) {
    return wanted == NULL || strcmp(name, wanted) == 0;
}

static bool applies(const scene *played, const torture_fault *fault, size_t requests) {
    switch (fault->seam) {
    case SEAM_TRANSFER:
        return requests > 0 && !played->opens_itself;
    case SEAM_ANSWER:
    case SEAM_CURL_MEMORY:
        return requests > 0;
    case SEAM_THREAD:
        return played->drive == CV_DRIVE_THREAD;
    default:
        return true;
    }
}

static bool is_in_portion(size_t scene_index, size_t fault_index, const torture_fault *fault) {
    size_t stride = (size_t)portion_stride(portions[fault->seam].pair_stride);
    return asked.fault != NULL || (scene_index + fault_index) % stride == 0;
}

static runner_portion points_of(size_t scene_index, size_t fault_index,
                                const torture_fault *fault) {
    if (asked.point != 0) {
        return (runner_portion){.first = asked.point, .stride = 1, .is_one = true};
    }
    size_t stride = (size_t)portion_stride(portions[fault->seam].point_stride);
    if (stride < portions[fault->seam].least_stride) {
        stride = portions[fault->seam].least_stride;
    }
    return (runner_portion){.first = 1 + (scene_index + fault_index) % stride, .stride = stride};
}

/* ---- running ---- */

static void torture_one(const scene *played, size_t scene_index, size_t fault_index) {
    const torture_fault *fault = fault_at(fault_index);
    runner_portion portion = points_of(scene_index, fault_index, fault);
    size_t tried = runner_torture(fault, portion);
    asked.tried += tried;
    if (tried > 0 && portion.stride > 1) {
        print_message("torture: scene %s, fault %s: %zu points, every %zuth from %zu\n",
                      played->name, fault->name, tried, portion.stride, portion.first);
    } else if (tried > 0) {
        print_message("torture: scene %s, fault %s: %zu points\n", played->name, fault->name,
                      tried);
    }
}

/* What the tests are about, in their order. */
static const scene *chosen[SCENES_MAX];

static void torture_scene(void **state) {
    const scene **place = *state;
    const scene *played = *place;
    size_t index = (size_t)(place - chosen);
    if (asked.has_failed) {
        skip();
    }
    size_t requests = runner_begin(played, asked.with_companion);
    for (size_t i = 0; i < fault_count(); i++) {
        const torture_fault *fault = fault_at(i);
        if (is_chosen(fault->name, asked.fault) && applies(played, fault, requests) &&
            is_in_portion(index, i, fault)) {
            torture_one(played, index, i);
        }
    }
    runner_end();
}

static int tear_down(void **state) {
    (void)state;
    asked.has_failed = runner_abandon();
    return 0;
}

static size_t choose_scenes(struct CMUnitTest tests[SCENES_MAX]) {
    size_t count = 0;
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        for (size_t j = 0; j < lists[i]->count; j++) {
            const scene *played = &lists[i]->items[j];
            bool fits = !asked.with_companion || !played->is_alone;
            if (fits && is_chosen(played->name, asked.scene) && count < SCENES_MAX) {
                chosen[count] = played;
                tests[count] = (struct CMUnitTest){.name = played->name,
                                                   .test_func = torture_scene,
                                                   .teardown_func = tear_down,
                                                   .initial_state = &chosen[count]};
                count++;
            }
        }
    }
    return count;
}

/* ---- the program ---- */

static void say_where(int signal_number) {
    static const char words[] = "torture: hangs at ";
    const char *where = runner_place();
    (void)signal_number;
    if (write(STDERR_FILENO, words, sizeof(words) - 1) > 0) {
        (void)!write(STDERR_FILENO, where, strlen(where));
    }
    _exit(EXIT_HANGS);
}

static void read_arguments(int count, char **texts) {
    int next = 1;
    asked.with_companion = next < count && strcmp(texts[next], "--companion") == 0;
    next += asked.with_companion ? 1 : 0;
    asked.scene = next < count ? texts[next++] : NULL;
    asked.fault = next < count ? texts[next++] : NULL;
    asked.point = next < count ? (size_t)strtoul(texts[next], NULL, 10) : 0;
}

int main(int count, char **texts) {
    struct CMUnitTest tests[SCENES_MAX];
    struct sigaction hanging = {.sa_handler = say_where};
    read_arguments(count, texts);
    size_t scenes = choose_scenes(tests);
    if (scenes == 0 || sigaction(SIGALRM, &hanging, NULL) != 0) {
        (void)fprintf(stderr, "no such scene\n");
        return EXIT_FAILURE;
    }
    (void)setvbuf(stdout, NULL, _IOLBF, 0); /* what was done is seen, however it ends */
    faults_install();
    int failed = _cmocka_run_group_tests("torture", tests, scenes, NULL, NULL);
    faults_uninstall();
    if (failed != 0) {
        (void)fprintf(stderr, "torture: the last was %s", runner_place());
    }
    (void)printf("torture: %zu points in all, %zu scenes\n", asked.tried, scenes);
    return failed;
}
