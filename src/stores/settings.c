/* Owns what the settings of the stores mean: one table for each gives every number its default and
 * range. Pure but for the environment variables that name the default file. */
#include "stores/settings.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "stores/circuit.h"
#include "stores/limits.h"
#include "support/buffer.h"
#include "support/error.h"
#include "support/options.h"
#include "support/platform.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define MAX_SECONDS  (CVI_MAX_TIME_MS / 1000)
#define MAX_BYTES    (INT64_C(1) << 40)

static const cvi_number_option cache_numbers[] = {
    CVI_NUMBER(cv_cache_settings, ttl_s, 3600, 1, MAX_SECONDS, true),
    CVI_NUMBER(cv_cache_settings, stale_s, 604800, 1, MAX_SECONDS, true),
    CVI_NUMBER(cv_cache_settings, negative_ttl_s, 300, 1, MAX_SECONDS, true),
    CVI_NUMBER(cv_cache_settings, max_entry_bytes, INT64_C(5) << 20, 1, MAX_BYTES, true),
    CVI_NUMBER(cv_cache_settings, max_bytes, CV_NONE, 1, MAX_BYTES, true),
    CVI_NUMBER(cv_cache_settings, memory_bytes, INT64_C(8) << 20, 1, MAX_BYTES, true),
    CVI_NUMBER(cv_cache_settings, cleanup_interval_ms, 60000, 1, CVI_MAX_TIME_MS, true),
};

static const cvi_number_option dedupe_numbers[] = {
    CVI_NUMBER(cv_dedupe_settings, job_timeout_ms, 300000, 1, CVI_MAX_TIME_MS, false),
    CVI_NUMBER(cv_dedupe_settings, lease_ms, 5000, CVI_LEAST_LEASE_MS, CVI_LONGEST_LEASE_MS, false),
    CVI_NUMBER(cv_dedupe_settings, cleanup_interval_ms, 60000, 1, CVI_MAX_TIME_MS, true),
};

static const cvi_number_option rate_limit_numbers[] = {
    CVI_NUMBER(cv_rate_limit_settings, limit, 200, 1, CVI_MAX_REQUESTS, false),
    CVI_NUMBER(cv_rate_limit_settings, window_ms, 3600000, 1, CVI_MAX_TIME_MS, false),
    CVI_NUMBER(cv_rate_limit_settings, guard_ms, 2000, 1, 3600000, true),
    CVI_NUMBER(cv_rate_limit_settings, min_interval_ms, 1050, 1, 3600000, true),
    CVI_NUMBER(cv_rate_limit_settings, circuit_failures, 5, 1, CVI_MAX_REQUESTS, true),
    CVI_NUMBER(cv_rate_limit_settings, circuit_open_ms, 10000, 1, CVI_LONGEST_OPEN_MS, false),
    CVI_NUMBER(cv_rate_limit_settings, adaptive.monitoring_window_ms, 900000, 1, CVI_MAX_TIME_MS,
               false),
    CVI_NUMBER(cv_rate_limit_settings, adaptive.high_activity_threshold, 10, 1, CVI_MAX_REQUESTS,
               false),
    CVI_NUMBER(cv_rate_limit_settings, adaptive.moderate_activity_threshold, 3, 1, CVI_MAX_REQUESTS,
               false),
    CVI_NUMBER(cv_rate_limit_settings, adaptive.recalculation_interval_ms, 30000, 1,
               CVI_MAX_TIME_MS, false),
    CVI_NUMBER(cv_rate_limit_settings, adaptive.sustained_inactivity_threshold_ms, 1800000, 1,
               CVI_MAX_TIME_MS, false),
    CVI_NUMBER(cv_rate_limit_settings, adaptive.min_user_reserved, 5, 1, CVI_MAX_REQUESTS, true),
};

#define DEFAULT_USER_SCALING  2.0
#define SMALLEST_USER_SCALING 1.0
#define LARGEST_USER_SCALING  100.0
#define RESERVED(array)       (array), sizeof(array) / sizeof((array)[0])

static bool check_array(const void *array, size_t count, const char *prefix, const char *name,
                        cv_error *error) {
    if (array != NULL || count == 0) {
        return true;
    }
    cvi_error_set(error, CV_ERROR_ARGUMENT, "option %s%s is NULL but has a count of %zu", prefix,
                  name, count);
    return false;
}

static bool check_ttls(const cv_cache_settings *settings, const char *prefix, cv_error *error) {
    for (size_t i = 0; i < settings->ttl_count; i++) {
        int64_t ttl_s = settings->ttls[i].ttl_s;
        if (!cvi_check_reserved(RESERVED(settings->ttls[i].reserved), "cv_resource_ttl", error)) {
            return false;
        }
        if ((ttl_s < 1 && ttl_s != CV_NONE) || ttl_s > MAX_SECONDS) {
            cvi_error_set(error, CV_ERROR_ARGUMENT, "%sttls[%zu] has a ttl_s out of range", prefix,
                          i);
            return false;
        }
    }
    return true;
}

static bool fill_stale(cv_stale *stale, const char *prefix, cv_error *error) {
    if ((unsigned)*stale > CV_STALE_WHILE_REVALIDATE) {
        cvi_error_set(error, CV_ERROR_ARGUMENT, "option %sstale has no value %d", prefix, *stale);
        return false;
    }
    if (*stale == CV_STALE_DEFAULT) {
        *stale = CV_STALE_IF_ERROR;
    }
    return true;
}

bool cvi_cache_settings_fill(cv_cache_settings *settings, const char *prefix, cv_error *error) {
    return fill_stale(&settings->stale, prefix, error) &&
           cvi_numbers_fill(settings, prefix, cache_numbers, COUNT(cache_numbers), error) &&
           check_array(settings->ttls, settings->ttl_count, prefix, "ttls", error) &&
           check_ttls(settings, prefix, error);
}

bool cvi_dedupe_settings_fill(cv_dedupe_settings *settings, const char *prefix, cv_error *error) {
    return cvi_numbers_fill(settings, prefix, dedupe_numbers, COUNT(dedupe_numbers), error);
}

/* What the table cannot say: a number with a fraction, and two numbers that depend on each other.
 */
static bool fill_adaptive(cv_adaptive_settings *adaptive, const char *prefix, cv_error *error) {
    if (adaptive->max_user_scaling == 0.0) {
        adaptive->max_user_scaling = DEFAULT_USER_SCALING;
    }
    if (!(adaptive->max_user_scaling >= SMALLEST_USER_SCALING &&
          adaptive->max_user_scaling <= LARGEST_USER_SCALING)) { /* nor what is not a number */
        cvi_error_set(error, CV_ERROR_ARGUMENT,
                      "option %sadaptive.max_user_scaling is %g, not from %g to %g", prefix,
                      adaptive->max_user_scaling, SMALLEST_USER_SCALING, LARGEST_USER_SCALING);
        return false;
    }
    if (adaptive->moderate_activity_threshold >= adaptive->high_activity_threshold) {
        cvi_error_set(error, CV_ERROR_ARGUMENT,
                      "option %sadaptive.moderate_activity_threshold is %" PRId64
                      ", not below high_activity_threshold, which is %" PRId64,
                      prefix, adaptive->moderate_activity_threshold,
                      adaptive->high_activity_threshold);
        return false;
    }
    return cvi_check_reserved(RESERVED(adaptive->reserved), "cv_adaptive_settings", error);
}

static bool is_named_before(const cv_rate_limit_settings *settings, size_t index) {
    for (size_t i = 0; i < index; i++) {
        if (strcmp(settings->resources[i].resource, settings->resources[index].resource) == 0) {
            return true;
        }
    }
    return false;
}

static bool check_limits(const cv_rate_limit_settings *settings, const char *prefix,
                         cv_error *error) {
    for (size_t i = 0; i < settings->resource_count; i++) {
        const cv_resource_limit *limit = &settings->resources[i];
        if (!cvi_check_reserved(RESERVED(limit->reserved), "cv_resource_limit", error)) {
            return false;
        }
        if (limit->resource == NULL) {
            cvi_error_set(error, CV_ERROR_ARGUMENT, "%sresources[%zu] has no name", prefix, i);
            return false;
        }
        if (limit->limit < 0 || limit->limit > CVI_MAX_REQUESTS || limit->window_ms < 0 ||
            limit->window_ms > CVI_MAX_TIME_MS) {
            cvi_error_set(error, CV_ERROR_ARGUMENT,
                          "%sresources[%zu] has a limit of %" PRId64 " in %" PRId64
                          " ms: out of range",
                          prefix, i, limit->limit, limit->window_ms);
            return false;
        }
        if (is_named_before(settings, i)) {
            cvi_error_set(error, CV_ERROR_ARGUMENT, "%sresources[%zu] names %.64s again", prefix, i,
                          limit->resource);
            return false;
        }
    }
    return true;
}

bool cvi_rate_limit_settings_fill(cv_rate_limit_settings *settings, const char *prefix,
                                  cv_error *error) {
    if ((unsigned)settings->kind > CV_LIMIT_NONE) {
        cvi_error_set(error, CV_ERROR_ARGUMENT, "option %skind has no value %d", prefix,
                      settings->kind);
        return false;
    }
    return cvi_numbers_fill(settings, prefix, rate_limit_numbers, COUNT(rate_limit_numbers),
                            error) &&
           fill_adaptive(&settings->adaptive, prefix, error) &&
           check_array(settings->resources, settings->resource_count, prefix, "resources", error) &&
           check_limits(settings, prefix, error);
}

bool cvi_default_database(char path[CVI_LONGEST_PATH], cv_error *error) {
    const char *data = getenv("XDG_DATA_HOME");
    const char *home = getenv("HOME");
    bool use_data = data != NULL && data[0] == '/';
    if (!use_data && (home == NULL || home[0] != '/')) {
        cvi_error_set(error, CV_ERROR_ARGUMENT,
                      "option database is not set, and neither XDG_DATA_HOME nor HOME says where "
                      "the default would lie");
        return false;
    }
    cvi_buffer text;
    cvi_buffer_over(&text, path, CVI_LONGEST_PATH);
    cvi_buffer_add_text(&text, use_data ? data : home);
    cvi_buffer_add_text(&text, use_data ? "/comicvine" : "/.local/share/comicvine");
    if (!text.failed && !cvi_folder_make(path, error)) {
        return false;
    }
    cvi_buffer_add_text(&text, "/comicvine.db");
    if (text.failed) {
        cvi_error_set(error, CV_ERROR_ARGUMENT, "the default database's path is too long");
    }
    return !text.failed;
}
