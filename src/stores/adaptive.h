/* How a limit is shared out between users and background: a pure calculation. */
#ifndef CVI_STORES_ADAPTIVE_H
#define CVI_STORES_ADAPTIVE_H

#include <stdbool.h>
#include <stdint.h>

#include <comicvine/client.h>

enum { CVI_REASON_SIZE = 128 };

#define CVI_NEVER_ACTIVE INT64_C(-1)

/* How the user requests of the last third of the monitoring window compare with those of the third
 * before it. */
typedef enum cvi_trend {
    CVI_TREND_NONE, /* none in either */
    CVI_TREND_STABLE,
    CVI_TREND_INCREASING,
    CVI_TREND_DECREASING
} cvi_trend;

/* What the calculation needs to know about a path. */
typedef struct cvi_activity {
    int64_t users;         /* user requests within the monitoring window */
    int64_t users_late;    /* of them, in its last third */
    int64_t users_before;  /* of them, in the third before that */
    int64_t since_user_ms; /* since the last user request ever; CVI_NEVER_ACTIVE: none yet */
    bool is_recorded;      /* any request is recorded, of whatever priority */
} cvi_activity;

typedef struct cvi_share {
    int64_t user_reserved;  /* never above the limit */
    int64_t background_max; /* the rest */
    bool background_paused;
    int64_t recent_user_activity;
    cvi_trend trend;
    char reason[CVI_REASON_SIZE];
} cvi_share;

/* Shares out `limit`, which is at least 1. The settings have their defaults filled in. */
void cvi_adaptive_share(const cv_adaptive_settings *settings, int64_t limit,
                        const cvi_activity *activity, cvi_share *share);

/* The two times that bound the thirds: the last one begins after `late_from_ms`, the one before it
 * after `before_from_ms`. */
void cvi_adaptive_thirds(const cv_adaptive_settings *settings, int64_t now_ms,
                         int64_t *late_from_ms, int64_t *before_from_ms);

#endif
