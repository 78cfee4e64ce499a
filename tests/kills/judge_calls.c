/* Owns the judgement of what the workers have noted. Only orders of events count, never how long
 * anything took: what has ended before something else began was there before it. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <comicvine.h>

#include "kills/judge.h"

/* Created and read at times that are rounded to milliseconds, by a clock that may be slewed. */
#define TOLERANCE_US INT64_C(100000)

#define SHORT_TTL_US (SHORT_TTL_S * INT64_C(1000000) + TOLERANCE_US)

static const char *const kind_names[WORK_KINDS] = {
    [WORK_ISSUE] = "issue",   [WORK_VOLUME] = "volume",   [WORK_LIST] = "list",
    [WORK_WALK] = "walk",     [WORK_MANY] = "many",       [WORK_SEARCH] = "search",
    [WORK_CROWD] = "at once", [WORK_CLEANUP] = "cleanup", [WORK_RENEWAL] = "renewal"};

static size_t count_calls(const board *self) {
    int64_t count = atomic_load(&self->call_count);
    return (size_t)(count < CALLS_MAX ? count : CALLS_MAX);
}

static bool has_answer(const call *one) {
    return atomic_load(&one->ended_us) > 0 && one->code == CV_OK && one->number > 0;
}

/* ---- ends ---- */

static bool is_explained(const call *one) {
    switch (one->code) {
    case CV_OK:
        return one->got_id == one->asked_id;
    case CV_ERROR_RATE_LIMITED:
        return one->is_hurried;
    case CV_ERROR_NOT_CACHED:
        return one->mode == CV_MODE_CACHE_ONLY;
    case CV_ERROR_CANCELLED:
        return one->is_cancelled;
    default:
        return false;
    }
}

void judge_calls(evidence *self) {
    size_t well[WORK_KINDS] = {0};
    size_t cut = 0;
    size_t count = count_calls(self->board);
    for (size_t i = 0; i < count; i++) {
        const call *one = &self->board->calls[i];
        const life *whose = &self->board->lives[one->life];
        bool has_ended = atomic_load(&one->ended_us) > 0;
        if (!has_ended && !atomic_load(&whose->is_killed)) {
            judge_wrong(self, "a call (%s) of life %d never ended", kind_names[one->kind],
                        one->life);
        } else if (has_ended && !is_explained(one)) {
            judge_wrong(self, "a call (%s %" PRId64 ") of life %d ended with %s, object %" PRId64,
                        kind_names[one->kind], one->asked_id, one->life,
                        cv_code_name((cv_code)one->code), one->got_id);
        }
        well[one->kind] += has_ended && one->code == CV_OK ? 1 : 0;
        cut += has_ended ? 0 : 1;
    }
    (void)printf("calls: %zu, of them %zu cut off by a kill; went well:", count, cut);
    for (int i = 0; i < WORK_CLEANUP; i++) {
        (void)printf(" %s %zu", kind_names[i], well[i]);
    }
    (void)putchar('\n');
}

/* ---- what they got ---- */

static int compare(int64_t first, int64_t second) {
    return (first > second) - (first < second);
}

static int by_end(const void *first, const void *second) {
    const call *const *one = first;
    const call *const *other = second;
    int objects = compare((*one)->object, (*other)->object);
    return objects != 0 ? objects
                        : compare(atomic_load(&(*one)->ended_us), atomic_load(&(*other)->ended_us));
}

static int by_beginning(const void *first, const void *second) {
    const call *const *one = first;
    const call *const *other = second;
    int objects = compare((*one)->object, (*other)->object);
    return objects != 0 ? objects : compare((*one)->begun_us, (*other)->begun_us);
}

typedef struct answers {
    const call **by_end;
    const call **by_beginning;
    int64_t *first_seen_us; /* of each request's answer: the end of the first call that got it */
    size_t count;
} answers;

static void free_answers(answers *self) {
    free(self->by_end);
    free(self->by_beginning);
    free(self->first_seen_us);
}

static bool gather_answers(evidence *self, answers *all) {
    size_t count = count_calls(self->board);
    *all = (answers){.by_end = calloc(count + 1, sizeof(const call *)),
                     .by_beginning = calloc(count + 1, sizeof(const call *)),
                     .first_seen_us = calloc(self->arrival_count + 1, sizeof(int64_t))};
    if (all->by_end == NULL || all->by_beginning == NULL || all->first_seen_us == NULL) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        const call *one = &self->board->calls[i];
        if (!has_answer(one)) {
            continue;
        }
        if ((size_t)one->number > self->arrival_count) {
            judge_wrong(self, "an answer that was never given: %" PRId64, one->number);
            continue;
        }
        int64_t *seen_us = &all->first_seen_us[one->number];
        int64_t ended_us = atomic_load(&one->ended_us);
        *seen_us = *seen_us == 0 || ended_us < *seen_us ? ended_us : *seen_us;
        all->by_end[all->count] = one;
        all->by_beginning[all->count++] = one;
    }
    qsort(all->by_end, all->count, sizeof(const call *), by_end);
    qsort(all->by_beginning, all->count, sizeof(const call *), by_beginning);
    return true;
}

/* Nobody gets an older answer than one that somebody had already found in the file when the call
 * began. */
static void judge_order(evidence *self, const answers *all) {
    size_t ended = 0;
    int64_t newest = 0;
    for (size_t i = 0; i < all->count; i++) {
        const call *one = all->by_beginning[i];
        if (i == 0 || all->by_beginning[i - 1]->object != one->object) {
            ended = i; /* the two orders have the same objects at the same places */
            newest = 0;
        }
        for (; ended < all->count && all->by_end[ended]->object == one->object &&
               atomic_load(&all->by_end[ended]->ended_us) < one->begun_us;
             ended++) {
            int64_t number = all->by_end[ended]->number;
            bool is_stored = all->by_end[ended]->source == CV_SOURCE_CACHE;
            newest = is_stored && number > newest ? number : newest;
        }
        if (one->number < newest) {
            judge_wrong(self, "the answer to %" PRId64 " (%s %" PRId64 ") after that to %" PRId64,
                        one->number, kind_names[one->kind], one->asked_id, newest);
        }
    }
}

static bool is_short_lived(const call *one) {
    return one->kind != WORK_ISSUE && one->kind != WORK_CROWD;
}

/* By what it asks for: then what is past its time is better than nothing. */
static bool may_fail(const call *one) {
    return one->is_hurried || one->mode == CV_MODE_CACHE_ONLY;
}

static void judge_age(evidence *self, const call *one, int64_t seen_us) {
    const arrival *sent = &self->arrivals[one->number - 1];
    if (is_short_lived(one) && one->source == CV_SOURCE_CACHE &&
        one->begun_us - seen_us > SHORT_TTL_US) {
        judge_wrong(self,
                    "an answer given as fresh (%s %" PRId64 ") was seen %" PRId64 " ms before",
                    kind_names[one->kind], one->asked_id, (one->begun_us - seen_us) / 1000);
    }
    if (one->source == CV_SOURCE_STALE && !may_fail(one)) {
        judge_wrong(self, "a stale answer where a fresh one was to be had");
    }
    if (one->mode == CV_MODE_REFRESH && sent->received_us < one->begun_us) {
        judge_wrong(self, "a refresh got the answer to an earlier request, %" PRId64, one->number);
    }
    if (one->mode == CV_MODE_CACHE_ONLY && one->source == CV_SOURCE_NETWORK) {
        judge_wrong(self, "the cache alone was asked, and the service answered");
    }
}

void judge_freshness(evidence *self) {
    answers all;
    if (!gather_answers(self, &all)) {
        judge_wrong(self, "no memory");
    } else {
        judge_order(self, &all);
        for (size_t i = 0; i < all.count; i++) {
            const call *one = all.by_end[i];
            judge_age(self, one, all.first_seen_us[one->number]);
        }
        (void)printf("answers: %zu, none older than one that was seen before\n", all.count);
    }
    free_answers(&all);
}
