/* Owns the faults of memory, files, threads and descriptors, and lets loose all of them. Used by
 * the runner's thread; what it has let loose strikes on whichever thread meets it. */
#include "torture/fault.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "support/faulty_vfs.h"
#include "torture/answer_text.h"
#include "torture/curl_memory.h"
#include "torture/refusals.h"

#define FILE_FAULT(word, code)                                                                     \
    { .name = "file " word " once", .seam = SEAM_FILE, .result = (code) }
#define FILE_GONE(word, code)                                                                      \
    {                                                                                              \
        .name = "file " word " from then on", .seam = SEAM_FILE, .result = (code),                 \
        .keeps_failing = true                                                                      \
    }

static const torture_fault own_faults[] = {
    {.name = "allocation once", .seam = SEAM_MEMORY},
    {.name = "allocation from then on", .seam = SEAM_MEMORY, .keeps_failing = true},
    {.name = "SQLite's allocation once", .seam = SEAM_SQLITE_MEMORY},
    {.name = "SQLite's allocation from then on", .seam = SEAM_SQLITE_MEMORY, .keeps_failing = true},
    {.name = "libcurl's allocation once", .seam = SEAM_CURL_MEMORY},
    {.name = "libcurl's allocation from then on", .seam = SEAM_CURL_MEMORY, .keeps_failing = true},
    FILE_FAULT("BUSY", SQLITE_BUSY),
    FILE_FAULT("LOCKED", SQLITE_LOCKED),
    FILE_FAULT("FULL", SQLITE_FULL),
    FILE_FAULT("IOERR", SQLITE_IOERR),
    FILE_FAULT("CORRUPT", SQLITE_CORRUPT),
    FILE_FAULT("READONLY", SQLITE_READONLY),
    FILE_FAULT("CANTOPEN", SQLITE_CANTOPEN),
    FILE_FAULT("NOMEM", SQLITE_NOMEM),
    FILE_GONE("FULL", SQLITE_FULL),
    FILE_GONE("IOERR", SQLITE_IOERR),
    {.name = "thread once", .seam = SEAM_THREAD},
    {.name = "thread from then on", .seam = SEAM_THREAD, .keeps_failing = true},
    {.name = "descriptor once", .seam = SEAM_DESCRIPTOR},
    {.name = "descriptor from then on", .seam = SEAM_DESCRIPTOR, .keeps_failing = true},
};

enum { OWN_FAULTS = sizeof(own_faults) / sizeof(own_faults[0]) };

static faulty_plan files;
static faulty_plan sqlite_memory;

void faults_install(void) {
    faulty_vfs_install(&files, &sqlite_memory);
    curl_memory_install();
    answer_texts_make();
}

void faults_uninstall(void) {
    answer_texts_free();
    curl_memory_uninstall();
}

size_t fault_count(void) {
    return OWN_FAULTS + answer_fault_count;
}

const torture_fault *fault_at(size_t index) {
    return index < OWN_FAULTS ? &own_faults[index] : &answer_faults[index - OWN_FAULTS];
}

/* ---- letting loose ---- */

/* Of those seams that are kept by counters alone. */
static const refusal refusals[] = {
    [SEAM_CURL_MEMORY] = REFUSAL_CURL_MEMORY,
    [SEAM_THREAD] = REFUSAL_THREAD,
    [SEAM_DESCRIPTOR] = REFUSAL_DESCRIPTOR,
};

static void break_answer(const torture_fault *fault, size_t n, const fault_scene *scene) {
    server_fault answer = fault->answer;
    answer_text_fill(fault->text, scene->server, scene->elsewhere, &answer);
    answer.skip = n - 1;
    answer.times = fault->keeps_failing ? SERVER_ALL : 1;
    assert_true(server_fault_add(scene->server, &answer));
}

void fault_begin(const torture_fault *fault, size_t n, fault_scene *scene) {
    scene->requests_before = server_request_count(scene->server, NULL);
    switch (fault->seam) {
    case SEAM_MEMORY:
        atomic_store(&scene->memory->has_failed, false);
        atomic_store(&scene->memory->keeps_failing, fault->keeps_failing);
        atomic_store(&scene->memory->failing_call, atomic_load(&scene->memory->calls) + n);
        break;
    case SEAM_SQLITE_MEMORY:
        faulty_plan_fail(&sqlite_memory, (int)n, 0, fault->keeps_failing);
        break;
    case SEAM_FILE:
        faulty_plan_fail(&files, (int)n, fault->result, fault->keeps_failing);
        break;
    case SEAM_ANSWER:
        break_answer(fault, n, scene);
        break;
    case SEAM_TRANSFER:
        break;
    case SEAM_CURL_MEMORY:
    case SEAM_THREAD:
    case SEAM_DESCRIPTOR:
        refusal_begin(refusals[fault->seam], n, fault->keeps_failing);
        break;
    }
}

bool fault_end(const torture_fault *fault, size_t n, fault_scene *scene) {
    switch (fault->seam) {
    case SEAM_MEMORY:
        atomic_store(&scene->memory->failing_call, 0);
        return atomic_load(&scene->memory->has_failed);
    case SEAM_SQLITE_MEMORY:
        return faulty_plan_mend(&sqlite_memory);
    case SEAM_FILE:
        return faulty_plan_mend(&files);
    case SEAM_ANSWER:
        server_faults_clear(scene->server);
        return server_request_count(scene->server, NULL) >= scene->requests_before + n;
    case SEAM_TRANSFER:
        return scene->detour->starts >= n;
    case SEAM_CURL_MEMORY:
    case SEAM_THREAD:
    case SEAM_DESCRIPTOR:
        return refusal_end(refusals[fault->seam]);
    }
    return false;
}

void faults_end(void) {
    (void)faulty_plan_mend(&sqlite_memory);
    (void)faulty_plan_mend(&files);
    for (refusal kind = 0; kind < REFUSALS; kind++) {
        (void)refusal_end(kind);
    }
}

/* ---- what may come of it ---- */

/* With an answer that fails come a pause for the others, and what the circuit says. */
#define NO_ANSWER                                                                                  \
    CODE(CV_ERROR_NETWORK) | CODE(CV_ERROR_TIMEOUT) | CODE(CV_ERROR_RESPONSE) |                    \
        CODE(CV_ERROR_SERVER) | CODE(CV_ERROR_BLOCKED) | CODE(CV_ERROR_RATE_LIMITED)
#define CODE(code) (1U << (unsigned)(code))

static const unsigned codes[] = {
    [SEAM_MEMORY] = CODE(CV_ERROR_NOMEM),
    [SEAM_SQLITE_MEMORY] = CODE(CV_ERROR_NOMEM) | CODE(CV_ERROR_STORE),
    [SEAM_CURL_MEMORY] = CODE(CV_ERROR_NOMEM) | CODE(CV_ERROR_NETWORK) | CODE(CV_ERROR_AUTH),
    [SEAM_FILE] = CODE(CV_ERROR_STORE) | CODE(CV_ERROR_NOMEM),
    [SEAM_ANSWER] = NO_ANSWER,
    [SEAM_TRANSFER] = NO_ANSWER | CODE(CV_ERROR_NOMEM),
    [SEAM_THREAD] = CODE(CV_ERROR_NOMEM),
    [SEAM_DESCRIPTOR] = CODE(CV_ERROR_STORE) | CODE(CV_ERROR_NETWORK) | CODE(CV_ERROR_NOMEM),
};

bool fault_explains(const torture_fault *fault, const cv_error *error) {
    return fault != NULL && (codes[fault->seam] & CODE(error->code)) != 0;
}
