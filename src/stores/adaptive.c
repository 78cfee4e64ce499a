/* Owns the rules by which users and background share a limit. Pure: the same activity gives the
 * same shares in every process. user_reserved + background_max is always the limit. Any thread. */
#include "stores/adaptive.h"

#include <inttypes.h>
#include <string.h>

#include "stores/limits.h"
#include "support/buffer.h"

/* Where a product should be whole but for the rounding of its factors. */
#define ROUNDING 1e-9

typedef enum level {
    LEVEL_HIGH,
    LEVEL_MODERATE,
    LEVEL_LOW,
    LEVEL_NEW,
    LEVEL_IDLE,
    LEVEL_GONE
} level;

static level level_of(const cv_adaptive_settings *settings, const cvi_activity *activity) {
    if (activity->users >= settings->high_activity_threshold) {
        return LEVEL_HIGH;
    }
    if (activity->users >= settings->moderate_activity_threshold) {
        return LEVEL_MODERATE;
    }
    if (activity->users > 0) {
        return LEVEL_LOW;
    }
    if (activity->since_user_ms < 0) {
        return activity->is_recorded ? LEVEL_IDLE : LEVEL_NEW;
    }
    return activity->since_user_ms <= settings->sustained_inactivity_threshold_ms ? LEVEL_IDLE
                                                                                  : LEVEL_GONE;
}

static cvi_trend trend_of(const cvi_activity *activity) {
    double late = (double)activity->users_late;
    double before = (double)activity->users_before;
    if (activity->users_late <= 0 && activity->users_before <= 0) {
        return CVI_TREND_NONE;
    }
    if (late > 1.5 * before) {
        return CVI_TREND_INCREASING;
    }
    return late < 0.5 * before ? CVI_TREND_DECREASING : CVI_TREND_STABLE;
}

static int64_t smaller(int64_t a, int64_t b) {
    return a < b ? a : b;
}

static int64_t larger(int64_t a, int64_t b) {
    return a > b ? a : b;
}

/* Exact for every limit, unlike a product of fractions. */
static int64_t percent_of(int64_t limit, int64_t percent) {
    return limit / 100 * percent + limit % 100 * percent / 100;
}

/* `percent` of the limit x `factor`, at most `most_percent` of it. */
static int64_t scaled(int64_t limit, int64_t percent, double factor, int64_t most_percent) {
    int64_t most = percent_of(limit, most_percent);
    double share = (double)limit * factor * (double)percent / 100.0 + ROUNDING;
    return share < (double)most ? (int64_t)share : most;
}

static double moderate_factor(const cv_adaptive_settings *settings, const cvi_activity *activity,
                              cvi_trend trend) {
    double factor = 1.0 + (double)activity->users / (double)settings->high_activity_threshold;
    if (factor > settings->max_user_scaling) {
        factor = settings->max_user_scaling;
    }
    if (trend == CVI_TREND_INCREASING) {
        factor *= 1.2;
    } else if (trend == CVI_TREND_DECREASING) {
        factor *= 0.8;
    }
    return factor > 1.0 ? factor : 1.0;
}

static int64_t reserve(const cv_adaptive_settings *settings, int64_t limit,
                       const cvi_activity *activity, level now, cvi_trend trend) {
    int64_t least = cvi_span(settings->min_user_reserved, 0);
    switch (now) {
    case LEVEL_HIGH:
        return scaled(limit, 50, settings->max_user_scaling, 90);
    case LEVEL_MODERATE:
        return scaled(limit, 40, moderate_factor(settings, activity, trend), 70);
    case LEVEL_LOW:
    case LEVEL_NEW:
        return larger(percent_of(limit, 30), least);
    case LEVEL_IDLE:
        return least;
    case LEVEL_GONE:
        break;
    }
    return 0;
}

/* ---- the reason ---- */

/* A span in the largest unit that says it exactly. */
static void add_span(cvi_buffer *text, int64_t span_ms) {
    if (span_ms % 60000 == 0) {
        cvi_buffer_add_format(text, "%" PRId64 "min", span_ms / 60000);
    } else if (span_ms % 1000 == 0) {
        cvi_buffer_add_format(text, "%" PRId64 "s", span_ms / 1000);
    } else {
        cvi_buffer_add_format(text, "%" PRId64 "ms", span_ms);
    }
}

static void add_activity(cvi_buffer *text, const char *name, const cv_adaptive_settings *settings,
                         int64_t users, const char *consequence) {
    cvi_buffer_add_format(text, "%s user activity (%" PRId64 " request%s/", name, users,
                          users == 1 ? "" : "s");
    add_span(text, settings->monitoring_window_ms);
    cvi_buffer_add_format(text, ") - %s", consequence);
}

static void write_reason(const cv_adaptive_settings *settings, const cvi_activity *activity,
                         level now, char reason[CVI_REASON_SIZE]) {
    cvi_buffer text;
    cvi_buffer_over(&text, reason, CVI_REASON_SIZE);
    switch (now) {
    case LEVEL_HIGH:
        add_activity(&text, "High", settings, activity->users, "prioritizing users");
        break;
    case LEVEL_MODERATE:
        add_activity(&text, "Moderate", settings, activity->users, "room set apart for users");
        break;
    case LEVEL_LOW:
        add_activity(&text, "Low", settings, activity->users, "some room kept for users");
        break;
    case LEVEL_NEW:
        cvi_buffer_add_text(&text, "Nothing recorded yet - some room kept for users");
        break;
    case LEVEL_IDLE:
        cvi_buffer_add_text(&text, activity->since_user_ms < 0
                                       ? "No user activity yet - a little room kept for users"
                                       : "No recent user activity - a little room kept for users");
        break;
    case LEVEL_GONE:
        cvi_buffer_add_text(&text, "No user activity for more than ");
        add_span(&text, settings->sustained_inactivity_threshold_ms);
        cvi_buffer_add_text(&text, " - all room for the background");
        break;
    }
}

void cvi_adaptive_share(const cv_adaptive_settings *settings, int64_t limit,
                        const cvi_activity *activity, cvi_share *share) {
    level now = level_of(settings, activity);
    memset(share, 0, sizeof(*share));
    share->trend = trend_of(activity);
    share->recent_user_activity = activity->users;
    share->user_reserved = smaller(reserve(settings, limit, activity, now, share->trend), limit);
    share->background_max = limit - share->user_reserved;
    share->background_paused =
        now == LEVEL_HIGH && share->trend == CVI_TREND_INCREASING && !settings->no_background_pause;
    write_reason(settings, activity, now, share->reason);
}

void cvi_adaptive_thirds(const cv_adaptive_settings *settings, int64_t now_ms,
                         int64_t *late_from_ms, int64_t *before_from_ms) {
    int64_t window_ms = cvi_span(settings->monitoring_window_ms, 0);
    *late_from_ms = now_ms - window_ms / 3;
    *before_from_ms = now_ms - window_ms / 3 * 2;
}
