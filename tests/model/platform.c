/* Owns what the simulated system gives the library in place of the real one's clocks, randomness,
 * sleep, process numbers, mailboxes and news of deaths: the linker puts these functions where
 * src/support's would be called. Locks of the gate, threads and mutexes stay the real ones. */
#include <stdio.h>
#include <string.h>

#include "model/world.h"
#include "support/platform.h"

enum { BUNDLES = 32, MEMBERS = 40, FIRST_MAILBOX = 100000, FIRST_DEATH = 200000 };

typedef struct bundle {
    bool is_open;
    int members[MEMBERS];
    size_t count;
} bundle;

static bundle bundles[BUNDLES];

/* NULL: the scheduler itself, such as when it makes the first file. */
static process *running(void) {
    return the_world->running;
}

/* ---- clocks and randomness ---- */

int64_t __wrap_cvi_platform_now_us(void);
bool __wrap_cvi_platform_random(cvi_random *random);
void __wrap_cvi_platform_sleep_us(int64_t duration_us);
void __wrap_cvi_platform_sleep_ms(int64_t duration_ms);
cvi_timeout __wrap_cvi_timeout_start(int64_t timeout_ms);
int64_t __wrap_cvi_timeout_left_ms(cvi_timeout timeout);

/* Slices of time would end at random: no time passes while work is done. */
int64_t __wrap_cvi_platform_now_us(void) {
    return the_world->true_ms * 1000;
}

static void fill(void *user, void *bytes, size_t size) {
    (void)user;
    chance_fill(&the_world->secrets, bytes, size);
}

bool __wrap_cvi_platform_random(cvi_random *random) {
    *random = (cvi_random){fill, NULL};
    return true;
}

static bool are_others_paused(const process *self) {
    for (int i = 0; i < the_world->plan.processes; i++) {
        const process *other = &the_world->processes[i];
        if (other != self && other->member->is_paused) {
            return true;
        }
    }
    return false;
}

/* Who sleeps has slept, while the clocks stand still; whoever is in the middle of something, and
 * may have what it waits for, goes on. */
void __wrap_cvi_platform_sleep_us(int64_t duration_us) {
    process *self = running();
    if (self == NULL) {
        return;
    }
    self->slept_ms += duration_us / 1000 + 1;
    if (!self->is_dead && are_others_paused(self)) {
        crew_pause(self->member);
    }
}

void __wrap_cvi_platform_sleep_ms(int64_t duration_ms) {
    __wrap_cvi_platform_sleep_us(duration_ms * 1000);
}

static int64_t own_ms(void) {
    const process *self = running();
    return the_world->true_ms + (self != NULL ? self->slept_ms : 0);
}

cvi_timeout __wrap_cvi_timeout_start(int64_t timeout_ms) {
    int64_t now_ms = own_ms();
    bool ends = timeout_ms >= 0 && timeout_ms < INT64_MAX - now_ms;
    return (cvi_timeout){ends ? now_ms + timeout_ms : INT64_MAX};
}

int64_t __wrap_cvi_timeout_left_ms(cvi_timeout timeout) {
    if (timeout.end_ms == INT64_MAX) {
        return -1;
    }
    int64_t left_ms = timeout.end_ms - own_ms();
    return left_ms > 0 ? left_ms : 0;
}

/* ---- processes and their deaths ---- */

int64_t __wrap_cvi_process_number(void);
int64_t __wrap_cvi_process_id(void);
int __wrap_cvi_process_open(int64_t number);
void __wrap_cvi_process_close(int descriptor);

int64_t __wrap_cvi_process_id(void) {
    return running() != NULL ? running()->born : 1;
}

int64_t __wrap_cvi_process_number(void) {
    return __wrap_cvi_process_id();
}

static bool is_alive(int64_t number) {
    for (int i = 0; i < the_world->plan.processes; i++) {
        const process *other = &the_world->processes[i];
        if (other->born == number && other->client != NULL && !other->is_dead) {
            return true;
        }
    }
    return false;
}

int __wrap_cvi_process_open(int64_t number) {
    return is_alive(number) ? FIRST_DEATH + (int)number : -1;
}

void __wrap_cvi_process_close(int descriptor) {
    (void)descriptor;
}

/* ---- mailboxes ---- */

void __wrap_cvi_wake_open(cvi_wake *wake, const cvi_random *random);
void __wrap_cvi_wake_close(cvi_wake *wake);
bool __wrap_cvi_wake_take(const cvi_wake *wake, char *word, size_t size);
bool __wrap_cvi_wake_drain(const cvi_wake *wake);
void __wrap_cvi_wake_send(const cvi_wake *wake, const char *to, const char *word);

void __wrap_cvi_wake_open(cvi_wake *wake, const cvi_random *random) {
    process *self = running();
    (void)random;
    *wake = (cvi_wake){.descriptor = -1};
    if (self != NULL && self->address[0] == '\0') { /* the file of images does without */
        (void)snprintf(self->address, sizeof(self->address), "process-%d", (int)self->born);
        memcpy(wake->address, self->address, sizeof(wake->address));
        wake->descriptor = FIRST_MAILBOX + self->index;
        self->mail = 0;
    }
}

void __wrap_cvi_wake_close(cvi_wake *wake) {
    if (wake->descriptor >= 0) {
        the_world->processes[wake->descriptor - FIRST_MAILBOX].address[0] = '\0';
    }
    *wake = (cvi_wake){.descriptor = -1};
}

static process *owner_of(const cvi_wake *wake) {
    return wake->descriptor >= 0 ? &the_world->processes[wake->descriptor - FIRST_MAILBOX] : NULL;
}

bool __wrap_cvi_wake_take(const cvi_wake *wake, char *word, size_t size) {
    process *self = owner_of(wake);
    if (self == NULL || self->mail == 0) {
        return false;
    }
    (void)snprintf(word, size, "%s", self->letters[0]);
    self->mail--;
    memmove(self->letters[0], self->letters[1], (size_t)self->mail * sizeof(self->letters[0]));
    return true;
}

bool __wrap_cvi_wake_drain(const cvi_wake *wake) {
    process *self = owner_of(wake);
    bool any = self != NULL && self->mail > 0;
    if (any) {
        self->mail = 0;
    }
    return any;
}

/* As with the system's, what a full mailbox has no room for is lost without a word. */
static void put_letter(process *other, const char *word) {
    if (other->mail < MAIL_MAX) {
        (void)snprintf(other->letters[other->mail], sizeof(other->letters[0]), "%s", word);
        other->mail++;
    }
}

void __wrap_cvi_wake_send(const cvi_wake *wake, const char *to, const char *word) {
    for (int i = 0; wake->descriptor >= 0 && i < the_world->plan.processes; i++) {
        process *other = &the_world->processes[i];
        if (other->address[0] != '\0' && strcmp(other->address, to) == 0) {
            put_letter(other, word);
        }
    }
}

/* ---- bundles of descriptors ---- */

void __wrap_cvi_bundle_open(cvi_bundle *self);
void __wrap_cvi_bundle_close(cvi_bundle *self);
bool __wrap_cvi_bundle_add(const cvi_bundle *self, int member);
void __wrap_cvi_bundle_remove(const cvi_bundle *self, int member);
size_t __wrap_cvi_bundle_ready(const cvi_bundle *self, int *members, size_t size);

void __wrap_cvi_bundle_open(cvi_bundle *self) {
    self->descriptor = -1;
    for (int i = 0; i < BUNDLES && self->descriptor < 0; i++) {
        if (!bundles[i].is_open) {
            bundles[i] = (bundle){.is_open = true};
            self->descriptor = i;
        }
    }
}

void __wrap_cvi_bundle_close(cvi_bundle *self) {
    if (self->descriptor >= 0) {
        bundles[self->descriptor].is_open = false;
    }
    self->descriptor = -1;
}

bool __wrap_cvi_bundle_add(const cvi_bundle *self, int member) {
    bundle *into = &bundles[self->descriptor];
    if (into->count == MEMBERS) {
        return false;
    }
    into->members[into->count++] = member;
    return true;
}

void __wrap_cvi_bundle_remove(const cvi_bundle *self, int member) {
    bundle *from = &bundles[self->descriptor];
    for (size_t i = 0; i < from->count; i++) {
        if (from->members[i] == member) {
            from->members[i] = from->members[--from->count];
            return;
        }
    }
}

static bool is_ready(int member) {
    return member >= FIRST_DEATH ? !is_alive(member - FIRST_DEATH)
                                 : the_world->processes[member - FIRST_MAILBOX].mail > 0;
}

size_t __wrap_cvi_bundle_ready(const cvi_bundle *self, int *members, size_t size) {
    const bundle *from = &bundles[self->descriptor];
    size_t count = 0;
    for (size_t i = 0; i < from->count && count < size; i++) {
        if (is_ready(from->members[i])) {
            members[count++] = from->members[i];
        }
    }
    return count;
}

/* ---- the gate ---- */

cvi_lock_answer __real_cvi_gate_try(cvi_gate *gate, int64_t byte);
cvi_lock_answer __wrap_cvi_gate_try(cvi_gate *gate, int64_t byte);

/* The real lock; but between two of a process's transactions others may have theirs. */
cvi_lock_answer __wrap_cvi_gate_try(cvi_gate *gate, int64_t byte) {
    process *self = running();
    if (self != NULL && self->may_pause && !self->is_dead &&
        chance_percent(&the_world->chance, the_world->plan.pauses)) {
        crew_pause(self->member);
    }
    return __real_cvi_gate_try(gate, byte);
}

/* ---- what a driver says ---- */

struct cv_client;
void __real_cvi_ready_set_due_locked(struct cv_client *client, int64_t due_boot_ms, cvi_now now);
void __wrap_cvi_ready_set_due_locked(struct cv_client *client, int64_t due_boot_ms, cvi_now now);

/* When the client is next due but for what its descriptors tell, which here the model knows. */
void __wrap_cvi_ready_set_due_locked(struct cv_client *client, int64_t due_boot_ms, cvi_now now) {
    if (running() != NULL) {
        running()->due_ms = due_boot_ms;
    }
    __real_cvi_ready_set_due_locked(client, due_boot_ms, now);
}
