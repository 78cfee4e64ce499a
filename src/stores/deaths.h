/* The processes of whose end this handle wants to hear: those that own jobs it watches. */
#ifndef CVI_STORES_DEATHS_H
#define CVI_STORES_DEATHS_H

#include "support/platform.h"

/* How often a job is looked at whose owner's end is told: for what gets lost, such as a message to
 * a full mailbox, or a handle closed while somebody kept the file locked. */
#define CVI_TOLD_LOOK_MS INT64_C(240)

enum { CVI_MOST_DEATHS = 32 };

typedef struct cvi_death {
    int64_t process; /* its number */
    int descriptor;
    int64_t asked_boot_ms; /* when somebody last wanted to hear of it */
} cvi_death;

typedef struct cvi_deaths {
    int mailbox;       /* the socket that wakes this handle; the owner's; -1: none */
    cvi_bundle bundle; /* of the mailbox and all that is expected; not open before the first */
    size_t count;
    cvi_death expected[CVI_MOST_DEATHS];
} cvi_deaths;

typedef enum cvi_death_notice {
    CVI_DEATH_UNTOLD,    /* nobody tells: look often */
    CVI_DEATH_TOLD,      /* the descriptor will be readable */
    CVI_DEATH_TOLD_SINCE /* the same, but only from now on: look once more */
} cvi_death_notice;

/* The following are the driver's thread's. */
void cvi_deaths_init(cvi_deaths *deaths, int mailbox);
void cvi_deaths_close(cvi_deaths *deaths);

/* Asks to hear of the end of a process (any number). Holds for a while: who is still interested
 * asks again with every look. */
cvi_death_notice cvi_deaths_expect(cvi_deaths *deaths, int64_t process, cvi_now now);

/* Lets go of those that nobody has asked for lately. */
void cvi_deaths_forget(cvi_deaths *deaths, cvi_now now);

/* Readable when a message has come or an expected process has ended; another one after the first
 * `expect`; -1: none. */
int cvi_deaths_descriptor(const cvi_deaths *deaths);

/* Lets go of those that have ended; true: there were any. Messages stay where they are. */
bool cvi_deaths_drain(cvi_deaths *deaths);

#endif
