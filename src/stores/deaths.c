/* Owns the descriptors that tell of the end of other processes. What they tell is a hint: whether
 * an owner lives its lock says, and the row. Each member of the bundle but the mailbox is expected,
 * and the other way round; one that has ended leaves at the next drain, as it would stay readable
 * for ever. The driver's thread. */
#include "stores/deaths.h"

/* Longer than any pause between two looks of a watcher; one whose driver has paused for longer asks
 * again before it relies on anything. */
#define KEPT_MS INT64_C(2000)

void cvi_deaths_init(cvi_deaths *deaths, int mailbox) {
    *deaths = (cvi_deaths){.mailbox = mailbox, .bundle = {-1}};
}

/* The last one takes the place. */
static void let_go(cvi_deaths *deaths, size_t place) {
    cvi_bundle_remove(&deaths->bundle, deaths->expected[place].descriptor);
    cvi_process_close(deaths->expected[place].descriptor);
    deaths->expected[place] = deaths->expected[--deaths->count];
}

void cvi_deaths_close(cvi_deaths *deaths) {
    while (deaths->count > 0) {
        let_go(deaths, deaths->count - 1);
    }
    cvi_bundle_close(&deaths->bundle);
}

/* ---- expecting ---- */

static bool open_bundle(cvi_deaths *deaths) {
    if (deaths->bundle.descriptor >= 0) {
        return true;
    }
    cvi_bundle_open(&deaths->bundle);
    if (deaths->bundle.descriptor >= 0 && cvi_bundle_add(&deaths->bundle, deaths->mailbox)) {
        return true;
    }
    cvi_bundle_close(&deaths->bundle);
    return false;
}

static cvi_death *find(cvi_deaths *deaths, int64_t process) {
    for (size_t i = 0; i < deaths->count; i++) {
        if (deaths->expected[i].process == process) {
            return &deaths->expected[i];
        }
    }
    return NULL;
}

void cvi_deaths_forget(cvi_deaths *deaths, cvi_now now) {
    for (size_t i = deaths->count; i > 0; i--) {
        if (now.boot_ms - deaths->expected[i - 1].asked_boot_ms >= KEPT_MS) {
            let_go(deaths, i - 1);
        }
    }
}

static bool add(cvi_deaths *deaths, int64_t process, cvi_now now) {
    if (deaths->count == CVI_MOST_DEATHS || !open_bundle(deaths)) {
        return false;
    }
    int descriptor = cvi_process_open(process);
    if (descriptor < 0) {
        return false;
    }
    if (!cvi_bundle_add(&deaths->bundle, descriptor)) {
        cvi_process_close(descriptor);
        return false;
    }
    deaths->expected[deaths->count++] = (cvi_death){process, descriptor, now.boot_ms};
    return true;
}

cvi_death_notice cvi_deaths_expect(cvi_deaths *deaths, int64_t process, cvi_now now) {
    if (deaths->mailbox < 0 || process == 0) {
        return CVI_DEATH_UNTOLD;
    }
    cvi_death *known = find(deaths, process);
    if (known != NULL) {
        known->asked_boot_ms = now.boot_ms;
        return CVI_DEATH_TOLD;
    }
    cvi_deaths_forget(deaths, now);
    return add(deaths, process, now) ? CVI_DEATH_TOLD_SINCE : CVI_DEATH_UNTOLD;
}

/* ---- hearing ---- */

int cvi_deaths_descriptor(const cvi_deaths *deaths) {
    return deaths->bundle.descriptor >= 0 ? deaths->bundle.descriptor : deaths->mailbox;
}

static bool let_go_of(cvi_deaths *deaths, int descriptor) {
    for (size_t i = 0; i < deaths->count; i++) {
        if (deaths->expected[i].descriptor == descriptor) {
            let_go(deaths, i);
            return true;
        }
    }
    return false;
}

bool cvi_deaths_drain(cvi_deaths *deaths) {
    int ready[CVI_MOST_DEATHS + 1]; /* and the mailbox */
    bool any = false;
    if (deaths->count == 0) {
        return false;
    }
    size_t count = cvi_bundle_ready(&deaths->bundle, ready, sizeof(ready) / sizeof(ready[0]));
    for (size_t i = 0; i < count; i++) {
        any = let_go_of(deaths, ready[i]) || any;
    }
    return any;
}
