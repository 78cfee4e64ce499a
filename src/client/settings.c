/* Owns the meaning of cv_options: one table gives every number its default and range. Pure but for
 * the environment variables that name the default database. */
#include "client/settings.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "support/allocator.h"
#include "support/buffer.h"
#include "support/digest.h"
#include "support/error.h"
#include "support/platform.h"

#ifndef COMICVINE_CONTACT_URL
#error "the build names a page that explains this client to the service"
#endif

#define MAX_TIME_MS    INT64_C(31536000000) /* a year */
#define MAX_BYTES      (INT64_C(1) << 40)
#define MOST_NEW_BYTES ((size_t)4096) /* that a later version's struct may be longer */
#define LONG_TEXT      ((size_t)2048)
#define LONGEST_KEY    ((size_t)256)

/* A number: its place, default and range. `none` says whether CV_NONE may stand there. */
typedef struct number_option {
    const char *name;
    size_t offset;
    int64_t fallback;
    int64_t smallest;
    int64_t largest;
    bool none;
} number_option;

#define NUMBER(member, fallback, smallest, largest, none)                                          \
    { #member, offsetof(cv_options, member), fallback, smallest, largest, none }

static const number_option numbers[] = {
    NUMBER(connect_timeout_ms, 10000, 1, 86400000, false),
    NUMBER(timeout_ms, 30000, 1, 86400000, false),
    NUMBER(max_wait_ms, 60000, 1, INT64_MAX, true),
    NUMBER(max_retries, 2, 1, 100, true),
    NUMBER(cache.ttl_s, 3600, 1, MAX_TIME_MS / 1000, true),
    NUMBER(cache.max_entry_bytes, INT64_C(5) << 20, 1, MAX_BYTES, true),
    NUMBER(cache.cleanup_interval_ms, 60000, 1, MAX_TIME_MS, true),
    NUMBER(dedupe.job_timeout_ms, 300000, 1, MAX_TIME_MS, false),
    NUMBER(dedupe.lease_ms, 5000, 100, 3600000, false),
    NUMBER(dedupe.cleanup_interval_ms, 60000, 1, MAX_TIME_MS, true),
    NUMBER(rate_limit.limit, 200, 1, 1000000, false),
    NUMBER(rate_limit.window_ms, 3600000, 1, MAX_TIME_MS, false),
    NUMBER(rate_limit.guard_ms, 2000, 1, 3600000, true),
    NUMBER(rate_limit.min_interval_ms, 1050, 1, 3600000, true),
    NUMBER(rate_limit.adaptive.monitoring_window_ms, 900000, 1, MAX_TIME_MS, false),
    NUMBER(rate_limit.adaptive.high_activity_threshold, 10, 1, 1000000, false),
    NUMBER(rate_limit.adaptive.moderate_activity_threshold, 3, 1, 1000000, false),
    NUMBER(rate_limit.adaptive.recalculation_interval_ms, 30000, 1, MAX_TIME_MS, false),
    NUMBER(rate_limit.adaptive.sustained_inactivity_threshold_ms, 1800000, 1, MAX_TIME_MS, false),
    NUMBER(rate_limit.adaptive.min_user_reserved, 5, 1, 1000000, true),
};

#define DEFAULT_USER_SCALING  2.0
#define SMALLEST_USER_SCALING 1.0
#define LARGEST_USER_SCALING  100.0

static bool fill_numbers(cv_options *options, cv_error *error) {
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        const number_option *number = &numbers[i];
        int64_t *value = (int64_t *)(void *)((char *)options + number->offset);
        if (*value == 0) {
            *value = number->fallback;
        }
        bool none = *value == CV_NONE && number->none;
        if (!none && (*value < number->smallest || *value > number->largest)) {
            cvi_error_set(error, CV_ERROR_ARGUMENT,
                          "option %s is %" PRId64 ", not from %" PRId64 " to %" PRId64 "%s",
                          number->name, *value, number->smallest, number->largest,
                          number->none ? " or CV_NONE" : "");
            return false;
        }
    }
    return true;
}

/* What the table cannot say: a number with a fraction, and two numbers that depend on each other.
 */
static bool fill_adaptive(cv_adaptive_settings *adaptive, cv_error *error) {
    if (adaptive->max_user_scaling == 0.0) {
        adaptive->max_user_scaling = DEFAULT_USER_SCALING;
    }
    if (!(adaptive->max_user_scaling >= SMALLEST_USER_SCALING &&
          adaptive->max_user_scaling <= LARGEST_USER_SCALING)) { /* nor what is not a number */
        cvi_error_set(error, CV_ERROR_ARGUMENT,
                      "option rate_limit.adaptive.max_user_scaling is %g, not from %g to %g",
                      adaptive->max_user_scaling, SMALLEST_USER_SCALING, LARGEST_USER_SCALING);
        return false;
    }
    if (adaptive->moderate_activity_threshold >= adaptive->high_activity_threshold) {
        cvi_error_set(error, CV_ERROR_ARGUMENT,
                      "option rate_limit.adaptive.moderate_activity_threshold is %" PRId64
                      ", not below high_activity_threshold, which is %" PRId64,
                      adaptive->moderate_activity_threshold, adaptive->high_activity_threshold);
        return false;
    }
    return true;
}

bool cvi_copy_sized(void *copy, size_t known, const void *original, const char *name,
                    cv_error *error) {
    size_t size;
    memcpy(&size, original, sizeof(size));
    if (size == 0) {
        size = known;
    }
    if (size > known + MOST_NEW_BYTES || size < sizeof(size)) {
        cvi_error_set(error, CV_ERROR_ARGUMENT, "%s has a size of %zu: it was not initialised",
                      name, size);
        return false;
    }
    const char *bytes = original;
    for (size_t i = known; i < size; i++) {
        if (bytes[i] != 0) {
            cvi_error_set(error, CV_ERROR_ARGUMENT,
                          "%s sets a member that version %s of the library does not have", name,
                          CV_VERSION);
            return false;
        }
    }
    memset(copy, 0, known);
    memcpy(copy, original, size < known ? size : known);
    return true;
}

bool cvi_check_reserved(const int64_t *reserved, size_t count, const char *name, cv_error *error) {
    for (size_t i = 0; i < count; i++) {
        if (reserved[i] != 0) {
            cvi_error_set(error, CV_ERROR_ARGUMENT,
                          "%s sets a reserved member: start from its _INIT, or update the library",
                          name);
            return false;
        }
    }
    return true;
}

#define RESERVED(array) (array), sizeof(array) / sizeof((array)[0])

static bool check_reserved(const cv_options *options, cv_error *error) {
    return cvi_check_reserved(RESERVED(options->reserved), "cv_options", error) &&
           cvi_check_reserved(RESERVED(options->cache.reserved), "cv_options.cache", error) &&
           cvi_check_reserved(RESERVED(options->dedupe.reserved), "cv_options.dedupe", error) &&
           cvi_check_reserved(RESERVED(options->rate_limit.adaptive.reserved),
                              "cv_options.rate_limit.adaptive", error) &&
           cvi_check_reserved(RESERVED(options->rate_limit.reserved), "cv_options.rate_limit",
                              error);
}

/* Text that may stand in a header or a path: printable, not too long. */
static bool check_text(const char *name, const char *text, size_t longest, cv_error *error) {
    for (const char *next = text; *next != '\0'; next++) {
        if ((unsigned char)*next < 0x20 || *next == 0x7F) {
            cvi_error_set(error, CV_ERROR_ARGUMENT, "option %s holds a control character", name);
            return false;
        }
    }
    if (strlen(text) > longest) {
        cvi_error_set(error, CV_ERROR_ARGUMENT, "option %s is longer than %zu bytes", name,
                      longest);
        return false;
    }
    return true;
}

static bool check_key(const char *key, cv_error *error) {
    if (key == NULL || key[0] == '\0') {
        cvi_error_set(error, CV_ERROR_AUTH, "option api_key is missing");
        return false;
    }
    return check_text("api_key", key, LONGEST_KEY, error);
}

static bool check_base_url(const char *url, cv_error *error) {
    if (!check_text("base_url", url, LONG_TEXT, error)) {
        return false;
    }
    size_t scheme = strncasecmp(url, "http://", 7) == 0    ? 7
                    : strncasecmp(url, "https://", 8) == 0 ? 8
                                                           : 0;
    bool has_host = scheme > 0 && url[scheme] != '\0' && url[scheme] != '/';
    if (!has_host || strpbrk(url, "?#@ ") != NULL) {
        cvi_error_set(error, CV_ERROR_ARGUMENT,
                      "option base_url must be http:// or https://, a host and a path, "
                      "without user, query or fragment");
        return false;
    }
    return true;
}

static bool check_resources(const cv_options *options, cv_error *error) {
    const cv_rate_limit_settings *limits = &options->rate_limit;
    if ((limits->resources == NULL && limits->resource_count > 0) ||
        (options->cache.ttls == NULL && options->cache.ttl_count > 0)) {
        cvi_error_set(error, CV_ERROR_ARGUMENT, "an option's array is NULL but has a count");
        return false;
    }
    for (size_t i = 0; i < limits->resource_count; i++) {
        const cv_resource_limit *limit = &limits->resources[i];
        if (!cvi_check_reserved(RESERVED(limit->reserved), "cv_resource_limit", error)) {
            return false;
        }
        if (limit->limit < 0 || limit->window_ms < 0) {
            cvi_error_set(error, CV_ERROR_ARGUMENT,
                          "rate_limit.resources[%zu] has a negative number", i);
            return false;
        }
        if (cv_resource_from_name(limit->resource) == CV_RESOURCE_NONE) {
            cvi_error_set(error, CV_ERROR_ARGUMENT,
                          "rate_limit.resources[%zu] names no path of this version: %.60s", i,
                          limit->resource != NULL ? limit->resource : "NULL");
            return false;
        }
    }
    for (size_t i = 0; i < options->cache.ttl_count; i++) {
        const cv_resource_ttl *ttl = &options->cache.ttls[i];
        if (!cvi_check_reserved(RESERVED(ttl->reserved), "cv_resource_ttl", error)) {
            return false;
        }
        if (cv_resource_name(ttl->resource) == NULL || (ttl->ttl_s < 1 && ttl->ttl_s != CV_NONE) ||
            ttl->ttl_s > MAX_TIME_MS / 1000) {
            cvi_error_set(error, CV_ERROR_ARGUMENT,
                          "cache.ttls[%zu] names no resource, or its ttl_s is out of range", i);
            return false;
        }
    }
    return true;
}

static bool check_options(const cv_options *options, cv_error *error) {
    if (options->drive != CV_DRIVE_THREAD && options->drive != CV_DRIVE_POLL) {
        cvi_error_set(error, CV_ERROR_ARGUMENT, "option drive has no value %d", options->drive);
        return false;
    }
    if ((unsigned)options->rate_limit.kind > CV_LIMIT_NONE) {
        cvi_error_set(error, CV_ERROR_ARGUMENT, "option rate_limit.kind has no value %d",
                      options->rate_limit.kind);
        return false;
    }
    const cv_allocator *allocator = options->allocator;
    if (allocator != NULL && (allocator->allocate == NULL || allocator->reallocate == NULL ||
                              allocator->release == NULL)) {
        cvi_error_set(error, CV_ERROR_ARGUMENT, "option allocator lacks a function");
        return false;
    }
    return check_key(options->api_key, error) &&
           (options->base_url == NULL || check_base_url(options->base_url, error)) &&
           (options->application == NULL ||
            check_text("application", options->application, 128, error)) &&
           (options->database == NULL ||
            check_text("database", options->database, LONG_TEXT, error)) &&
           check_resources(options, error);
}

static bool copy_text(cvi_arena *arena, const char **text) {
    if (*text != NULL) {
        *text = cvi_arena_copy_text(arena, *text, strlen(*text));
        return *text != NULL;
    }
    return true;
}

static bool copy_arrays(cvi_arena *arena, cv_options *options) {
    size_t ttl_bytes = options->cache.ttl_count * sizeof(cv_resource_ttl);
    size_t limit_count = options->rate_limit.resource_count;
    cv_resource_ttl *ttls = cvi_arena_take(arena, ttl_bytes + 1);
    cv_resource_limit *limits = cvi_arena_take(arena, limit_count * sizeof(*limits) + 1);
    if (ttls == NULL || limits == NULL) {
        return false;
    }
    if (ttl_bytes > 0) {
        memcpy(ttls, options->cache.ttls, ttl_bytes);
    }
    for (size_t i = 0; i < limit_count; i++) {
        limits[i] = options->rate_limit.resources[i];
        if (limits[i].window_ms == 0) {
            limits[i].window_ms = options->rate_limit.window_ms;
        }
        if (!copy_text(arena, &limits[i].resource)) {
            return false;
        }
    }
    options->cache.ttls = ttls;
    options->rate_limit.resources = limits;
    return true;
}

/* The folder of the default database, made if missing. */
static bool find_default_database(cvi_settings *settings, cv_error *error) {
    const char *data = getenv("XDG_DATA_HOME");
    const char *home = getenv("HOME");
    bool use_data = data != NULL && data[0] == '/';
    if (!use_data && (home == NULL || home[0] != '/')) {
        cvi_error_set(error, CV_ERROR_ARGUMENT,
                      "option database is not set, and neither XDG_DATA_HOME nor HOME says where "
                      "the default would lie");
        return false;
    }
    char text[LONG_TEXT];
    cvi_buffer path;
    cvi_buffer_over(&path, text, sizeof(text));
    cvi_buffer_add_text(&path, use_data ? data : home);
    cvi_buffer_add_text(&path, use_data ? "/comicvine" : "/.local/share/comicvine");
    if (!path.failed && !cvi_folder_make(text, error)) {
        return false;
    }
    cvi_buffer_add_text(&path, "/comicvine.db");
    if (path.failed) {
        cvi_error_set(error, CV_ERROR_ARGUMENT, "the default database's path is too long");
        return false;
    }
    settings->options.database = text;
    if (!copy_text(&settings->arena, &settings->options.database)) {
        settings->options.database = NULL;
        cvi_error_no_memory(error);
        return false;
    }
    return true;
}

/* Without the slashes at its end, so that equal services have equal names. */
static void trim_slashes(char *url) {
    size_t length = strlen(url);
    while (length > 0 && url[length - 1] == '/') {
        url[--length] = '\0';
    }
}

static bool make_user_agent(cvi_settings *settings) {
    char text[512];
    cvi_buffer agent;
    cvi_buffer_over(&agent, text, sizeof(text));
    cvi_buffer_add_text(&agent, "libcomicvine/" CV_VERSION " (+" COMICVINE_CONTACT_URL ")");
    if (settings->options.application != NULL) {
        cvi_buffer_add_char(&agent, ' ');
        cvi_buffer_add_text(&agent, settings->options.application);
    }
    settings->user_agent = text;
    return copy_text(&settings->arena, &settings->user_agent);
}

/* Built in one array of this function's, so that no other copy of the key is left behind. */
static void make_scope(cvi_settings *settings) {
    char text[LONGEST_KEY + 1 + LONG_TEXT + 1];
    cvi_buffer identity;
    cvi_buffer_over(&identity, text, sizeof(text));
    cvi_buffer_add_text(&identity, settings->options.api_key);
    cvi_buffer_add_char(&identity, '\n');
    cvi_buffer_add_text(&identity, settings->options.base_url);
    char hash[CVI_HASH_SIZE];
    cvi_hash_hex(text, identity.length, hash);
    memcpy(settings->scope, hash, sizeof(settings->scope) - 1);
    explicit_bzero(text, sizeof(text));
}

static bool copy_options(cvi_settings *settings, cv_error *error) {
    cv_options *options = &settings->options;
    cvi_arena *arena = &settings->arena;
    options->allocator = &arena->allocator;
    if (options->base_url == NULL) {
        options->base_url = CVI_DEFAULT_BASE_URL;
    }
    bool copied = copy_text(arena, &options->base_url) && copy_text(arena, &options->api_key) &&
                  copy_text(arena, &options->application) && copy_text(arena, &options->database) &&
                  copy_arrays(arena, options);
    if (copied) {
        trim_slashes((char *)options->base_url);
    }
    if (!copied || !make_user_agent(settings)) {
        cvi_error_no_memory(error);
        return false;
    }
    make_scope(settings);
    return options->database != NULL || find_default_database(settings, error);
}

bool cvi_settings_init(cvi_settings *settings, const cv_options *options, cv_error *error) {
    memset(settings, 0, sizeof(*settings));
    if (options == NULL) {
        cvi_error_set(error, CV_ERROR_ARGUMENT, "options is NULL");
        return false;
    }
    cv_options *own = &settings->options;
    if (!cvi_copy_sized(own, sizeof(*own), options, "cv_options", error) ||
        !check_reserved(own, error) || !fill_numbers(own, error) ||
        !fill_adaptive(&own->rate_limit.adaptive, error) || !check_options(own, error)) {
        return false;
    }
    cvi_arena_init(&settings->arena,
                   own->allocator != NULL ? own->allocator : &cvi_default_allocator, 1024);
    if (!copy_options(settings, error)) {
        cvi_settings_clear(settings);
        return false;
    }
    return true;
}

void cvi_settings_clear(cvi_settings *settings) {
    /* The arena's blocks hold nothing worth keeping, so the copy of the key is wiped in place. */
    char *key = (char *)settings->options.api_key;
    if (settings->arena.blocks != NULL && key != NULL) {
        explicit_bzero(key, strlen(key));
    }
    cvi_arena_clear(&settings->arena);
    memset(&settings->options, 0, sizeof(settings->options));
}

int64_t cvi_settings_ttl_ms(const cvi_settings *settings, cv_resource resource) {
    const cv_cache_settings *cache = &settings->options.cache;
    int64_t ttl_s = cache->ttl_s;
    for (size_t i = 0; i < cache->ttl_count; i++) {
        if (cache->ttls[i].resource == resource) {
            ttl_s = cache->ttls[i].ttl_s;
        }
    }
    return ttl_s == CV_NONE ? 0 : ttl_s * 1000;
}
