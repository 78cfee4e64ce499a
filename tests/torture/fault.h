/* The table of faults: what fails at the n-th time that it is asked for, and which errors a call
 * may end with then. */
#ifndef TESTS_TORTURE_FAULT_H
#define TESTS_TORTURE_FAULT_H

#include <stdbool.h>
#include <stddef.h>

#include <comicvine.h>
#include <comicvine/sys/transport.h>

#include "server/server.h"
#include "support/failing_allocator.h"
#include "torture/detour.h"

/* What is counted. */
typedef enum torture_seam {
    SEAM_MEMORY,        /* allocations of the library's own */
    SEAM_SQLITE_MEMORY, /* those of SQLite */
    SEAM_CURL_MEMORY,   /* those of libcurl */
    SEAM_FILE,          /* operations of SQLite on files */
    SEAM_ANSWER,        /* requests that reach the server */
    SEAM_TRANSFER,      /* transfers that begin */
    SEAM_THREAD,        /* threads that the library starts */
    SEAM_DESCRIPTOR     /* descriptors that it asks for */
} torture_seam;

/* Which text of the run's own an answer needs. */
typedef enum torture_text {
    TEXT_NONE,
    TEXT_BOMB,      /* 100 MB in little gzip */
    TEXT_CUT_GZIP,  /* half of one */
    TEXT_ELSEWHERE, /* redirected to the other server */
    TEXT_LOOP       /* redirected to where it came from */
} torture_text;

typedef struct torture_fault {
    const char *name;
    torture_seam seam;
    bool keeps_failing; /* all later ones fail too */
    bool is_slow;       /* ends with a time-out, which is real time */
    int result;         /* SEAM_FILE: of SQLite's */
    torture_text text;  /* SEAM_ANSWER, as the next */
    server_fault answer;
    detour_kind detour; /* SEAM_TRANSFER, as the next */
    cv_transfer_end end;
} torture_fault;

/* Those of SEAM_ANSWER and SEAM_TRANSFER, which have files of their own. */
extern const torture_fault answer_faults[];
extern const size_t answer_fault_count;

/* What a fault is let loose on. */
typedef struct fault_scene {
    failing_allocator *memory;
    server *server;
    const server *elsewhere;
    detour *detour; /* the client's transport, with SEAM_TRANSFER */
    size_t requests_before;
} fault_scene;

/* Puts the layers below SQLite in place, and makes texts. Before SQLite is used. */
void faults_install(void);
void faults_uninstall(void);

/* How many faults there are, and each of them. */
size_t fault_count(void);
const torture_fault *fault_at(size_t index);

/* From now on the fault's n-th time (from 1) fails. SEAM_TRANSFER has been told when its transport
 * was opened. */
void fault_begin(const torture_fault *fault, size_t n, fault_scene *scene);

/* Nothing fails any more. Answers whether anything has. */
bool fault_end(const torture_fault *fault, size_t n, fault_scene *scene);

/* Nothing fails any more, whatever was let loose. */
void faults_end(void);

/* Whether a call may end with this error where the fault has struck. */
bool fault_explains(const torture_fault *fault, const cv_error *error);

#endif
