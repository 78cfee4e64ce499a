/* Owns the meaning of cv_options: one table gives every number its default and range. Those of the
 * stores are filled where the stores are. */
#include "client/settings.h"

#include <stddef.h>
#include <string.h>

#include "client/address.h"
#include "client/image_settings.h"
#include "client/transfer_face.h"
#include "client/url.h"
#include "stores/settings.h"
#include "support/allocator.h"
#include "support/buffer.h"
#include "support/digest.h"
#include "support/error.h"
#include "support/options.h"
#include "support/platform.h"

#ifndef COMICVINE_CONTACT_URL
#error "the build names a page that explains this client to the service"
#endif

#define LONG_TEXT    ((size_t)2048)
#define LONGEST_KEY  ((size_t)256)
#define LEAST_MEMORY INT64_C(131072)

#define NUMBER(member, fallback, smallest, largest, none)                                          \
    CVI_NUMBER(cv_options, member, fallback, smallest, largest, none)

static const cvi_number_option numbers[] = {
    NUMBER(connect_timeout_ms, 10000, 1, 86400000, false),
    NUMBER(timeout_ms, 30000, 1, 86400000, false),
    NUMBER(max_wait_ms, 60000, 1, INT64_MAX, true),
    NUMBER(max_retries, 2, 1, 100, true),
    NUMBER(max_memory_bytes, CV_NONE, LEAST_MEMORY, INT64_MAX, true),
};

static bool fill_numbers(cv_options *options, cv_error *error) {
    return cvi_numbers_fill(options, "", numbers, sizeof(numbers) / sizeof(numbers[0]), error) &&
           cvi_cache_settings_fill(&options->cache, "cache.", error) &&
           cvi_dedupe_settings_fill(&options->dedupe, "dedupe.", error) &&
           cvi_rate_limit_settings_fill(&options->rate_limit, "rate_limit.", error);
}

#define RESERVED(array) (array), sizeof(array) / sizeof((array)[0])

static bool check_reserved(const cv_options *options, cv_error *error) {
    return cvi_check_reserved(RESERVED(options->reserved), "cv_options", error) &&
           cvi_check_reserved(RESERVED(options->cache.reserved), "cv_options.cache", error) &&
           cvi_check_reserved(RESERVED(options->dedupe.reserved), "cv_options.dedupe", error) &&
           cvi_check_reserved(RESERVED(options->rate_limit.reserved), "cv_options.rate_limit",
                              error);
}

static bool check_key(const char *key, cv_error *error) {
    if (key == NULL || key[0] == '\0') {
        cvi_error_set(error, CV_ERROR_AUTH, "option api_key is missing");
        return false;
    }
    return cvi_check_text("api_key", key, LONGEST_KEY, error);
}

/* A name, or an address of either kind; what a transport might take for anything else is none. */
static bool is_host(cvi_address_part host) {
    static const char marks[] = "-._0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    bool is_bracketed = host.length > 2 && host.start[0] == '[';
    size_t skipped = is_bracketed ? 1 : 0;
    size_t length = strspn(host.start + skipped, is_bracketed ? ":.0123456789abcdefABCDEF" : marks);
    return length > 0 && length + 2 * skipped == host.length;
}

static bool check_base_url(const char *url, cv_error *error) {
    if (!cvi_check_text("base_url", url, LONG_TEXT, error)) {
        return false;
    }
    cvi_address address;
    if (!cvi_address_parse(&address, url) || !is_host(address.host) ||
        strpbrk(url, "?#@") != NULL) {
        cvi_error_set(error, CV_ERROR_ARGUMENT,
                      "option base_url must be http:// or https://, a host and a path, in ASCII, "
                      "without user, query or fragment");
        return false;
    }
    return true;
}

static bool check_resources(const cv_options *options, cv_error *error) {
    for (size_t i = 0; i < options->rate_limit.resource_count; i++) {
        const char *resource = options->rate_limit.resources[i].resource;
        if (cv_resource_from_name(resource) == CV_RESOURCE_NONE) {
            cvi_error_set(error, CV_ERROR_ARGUMENT,
                          "rate_limit.resources[%zu] names no path of this version: %.60s", i,
                          resource != NULL ? resource : "NULL");
            return false;
        }
    }
    for (size_t i = 0; i < options->cache.ttl_count; i++) {
        if (cv_resource_name(options->cache.ttls[i].resource) == NULL) {
            cvi_error_set(error, CV_ERROR_ARGUMENT, "cache.ttls[%zu] names no resource", i);
            return false;
        }
    }
    return true;
}

static bool check_path(const char *name, const char *path, cv_error *error) {
    return path == NULL || cvi_check_text(name, path, LONG_TEXT, error);
}

static bool check_options(const cv_options *options, cv_error *error) {
    if (options->drive != CV_DRIVE_THREAD && options->drive != CV_DRIVE_POLL) {
        cvi_error_set(error, CV_ERROR_ARGUMENT, "option drive has no value %d", options->drive);
        return false;
    }
    if (options->database != NULL && options->connection != NULL) {
        cvi_error_set(error, CV_ERROR_ARGUMENT, "options database and connection are both set");
        return false;
    }
    if (options->on_ready != NULL &&
        (options->drive == CV_DRIVE_POLL || options->connection != NULL)) {
        cvi_error_set(error, CV_ERROR_ARGUMENT,
                      "option on_ready needs CV_DRIVE_THREAD, else nobody could call it");
        return false;
    }
    if ((unsigned)options->log_level > CV_LOG_DEBUG) {
        cvi_error_set(error, CV_ERROR_ARGUMENT, "option log_level has no value %d",
                      options->log_level);
        return false;
    }
    return cvi_check_allocator(options->allocator, error) && check_key(options->api_key, error) &&
           (options->base_url == NULL || check_base_url(options->base_url, error)) &&
           (options->application == NULL ||
            cvi_check_text("application", options->application, CV_APPLICATION_MAX, error)) &&
           check_path("database", options->database, error) &&
           check_path("cache.database", options->cache.database, error) &&
           check_path("dedupe.database", options->dedupe.database, error) &&
           check_path("rate_limit.database", options->rate_limit.database, error) &&
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

static bool use_default_database(cvi_settings *settings, cv_error *error) {
    char path[CVI_LONGEST_PATH];
    if (!cvi_default_database(path, error)) {
        return false;
    }
    settings->options.database = path;
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

/* Headers are ASCII: the rest is escaped as in URLs. */
static void add_application(cvi_buffer *agent, const char *application) {
    for (const char *next = application; *next != '\0'; next++) {
        const char text[] = {*next, '\0'};
        if ((unsigned char)*next < 0x80) {
            cvi_buffer_add_char(agent, *next);
        } else {
            cvi_url_encode(agent, text);
        }
    }
}

static bool make_user_agent(cvi_settings *settings) {
    char text[1024];
    cvi_buffer agent;
    cvi_buffer_over(&agent, text, sizeof(text));
    cvi_buffer_add_text(&agent, "libcomicvine/" CV_VERSION " (+" COMICVINE_CONTACT_URL ")");
    if (settings->options.application != NULL) {
        cvi_buffer_add_char(&agent, ' ');
        add_application(&agent, settings->options.application);
    }
    settings->user_agent = text;
    return copy_text(&settings->arena, &settings->user_agent);
}

/* Without scheme and path: what fails together. Names of hosts have no case. */
static void fingerprint_host(const char *base_url, char fingerprint[33]) {
    static const char upper[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    static const char lower[] = "abcdefghijklmnopqrstuvwxyz";
    char text[LONG_TEXT + 1];
    char hash[CVI_HASH_SIZE];
    cvi_buffer name;
    const char *host = strstr(base_url, "://") + 3;
    cvi_buffer_over(&name, text, sizeof(text));
    cvi_buffer_add(&name, host, strcspn(host, "/"));
    for (size_t i = 0; i < name.length; i++) {
        const char *place = strchr(upper, text[i]);
        if (place != NULL) {
            text[i] = lower[place - upper];
        }
    }
    cvi_hash_hex(text, name.length, hash);
    memcpy(fingerprint, hash, 32);
}

/* Built in one array of this function's, so that no other copy of the key is left behind. */
static void make_fingerprints(cvi_settings *settings) {
    char text[LONGEST_KEY + 1 + LONG_TEXT + 1];
    cvi_buffer identity;
    cvi_buffer_over(&identity, text, sizeof(text));
    cvi_buffer_add_text(&identity, settings->options.api_key);
    cvi_buffer_add_char(&identity, '\n');
    cvi_buffer_add_text(&identity, settings->options.base_url);
    char hash[CVI_HASH_SIZE];
    cvi_hash_hex(text, identity.length, hash);
    memcpy(settings->scope, hash, sizeof(settings->scope) - 1);
    cvi_hash_hex(settings->options.base_url, strlen(settings->options.base_url), hash);
    memcpy(settings->origin, hash, sizeof(settings->origin) - 1);
    fingerprint_host(settings->options.base_url, settings->host);
    explicit_bzero(text, sizeof(text));
}

static bool copy_options(cvi_settings *settings, cv_error *error) {
    cv_options *options = &settings->options;
    options->images = NULL; /* the caller's: ours are in `settings` */
    cvi_arena *arena = &settings->arena;
    options->allocator = &arena->allocator;
    if (options->connection != NULL) {
        options->drive = CV_DRIVE_POLL; /* a thread of ours would use it beside the application's */
    }
    if (options->log_level == CV_LOG_DEFAULT) {
        options->log_level = CV_LOG_INFO;
    }
    if (options->base_url == NULL) {
        options->base_url = CVI_DEFAULT_BASE_URL;
    }
    options->api_key = settings->api_key =
        cvi_secret_copy(options->api_key, strlen(options->api_key));
    bool copied = settings->api_key != NULL && copy_text(arena, &options->base_url) &&
                  copy_text(arena, &options->application) && copy_text(arena, &options->database) &&
                  copy_text(arena, &options->cache.database) &&
                  copy_text(arena, &options->dedupe.database) &&
                  copy_text(arena, &options->rate_limit.database) && copy_arrays(arena, options);
    if (copied) {
        trim_slashes((char *)options->base_url);
    }
    if (!copied || !make_user_agent(settings)) {
        cvi_error_no_memory(error);
        return false;
    }
    make_fingerprints(settings);
    bool has_database = options->database != NULL || options->connection != NULL ||
                        use_default_database(settings, error);
    return has_database &&
           cvi_image_settings_name(&settings->images, options->database, arena, error);
}

/* The application's own network and clock, which are tables: copied whole. */
static bool take_replacements(cvi_settings *settings, cv_error *error) {
    const cv_options *options = &settings->options;
    if (options->transport != NULL &&
        !cvi_transport_copy(&settings->network, options->transport, error)) {
        return false;
    }
    if (options->clock != NULL) {
        return cvi_clock_copy(&settings->clock, options->clock, error);
    }
    cvi_platform_clock(&settings->clock);
    return true;
}

/* The arena on the allocator that all else of the client will use too, with the cap before it. */
static bool init_arena(cvi_settings *settings, cv_error *error) {
    const cv_options *options = &settings->options;
    cv_allocator allocator =
        options->allocator != NULL ? *options->allocator : cvi_default_allocator;
    if (options->max_memory_bytes != CV_NONE) {
        uint64_t max_bytes = (uint64_t)options->max_memory_bytes;
        settings->cap =
            cvi_cap_open(&allocator, max_bytes < SIZE_MAX ? (size_t)max_bytes : SIZE_MAX);
        if (settings->cap == NULL) {
            cvi_error_no_memory(error);
            return false;
        }
        allocator = cvi_cap_allocator(settings->cap);
    }
    cvi_arena_init(&settings->arena, &allocator, 1024);
    return true;
}

bool cvi_settings_init(cvi_settings *settings, const cv_options *options, cv_error *error) {
    memset(settings, 0, sizeof(*settings));
    if (options == NULL) {
        cvi_error_set(error, CV_ERROR_ARGUMENT, "options is NULL");
        return false;
    }
    cv_options *own = &settings->options;
    if (!cvi_copy_sized(own, sizeof(*own), options, "cv_options", error) ||
        !check_reserved(own, error) || !fill_numbers(own, error) || !check_options(own, error) ||
        !cvi_image_settings_fill(&settings->images, own->images, error) ||
        !take_replacements(settings, error) || !init_arena(settings, error)) {
        return false;
    }
    if (!copy_options(settings, error)) {
        cvi_settings_clear(settings);
        return false;
    }
    return true;
}

void cvi_settings_forget_key(cvi_settings *settings) {
    cvi_secret_free(settings->api_key);
    settings->api_key = NULL;
    settings->options.api_key = NULL;
}

void cvi_settings_clear(cvi_settings *settings) {
    cvi_settings_forget_key(settings);
    cvi_arena_clear(&settings->arena);
    cvi_cap_close(settings->cap);
    settings->cap = NULL;
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

cv_stale cvi_settings_stale(const cvi_settings *settings, const cv_request_options *options) {
    const cv_cache_settings *cache = &settings->options.cache;
    if (cache->disabled || cache->stale_s == CV_NONE) {
        return CV_STALE_NEVER;
    }
    if (options->stale != CV_STALE_DEFAULT) {
        return options->stale;
    }
    return options->mode == CV_MODE_REFRESH ? CV_STALE_NEVER : cache->stale;
}
