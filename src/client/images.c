/* Owns the lane of images: a file with stores of its own kind of limit (no budget, an interval,
 * pauses of each host), and an engine over the client's transport. The file is opened by the first
 * who asks for an image, the engine by the driver when that request comes aboard. */
#include "client/images.h"

#include "stores/settings.h"
#include "support/error.h"

/* In place of key and service, which images have none of: all on the file are paced together. */
#define SCOPE "images"

#define WATCH_LOOK_MS INT64_C(25) /* nobody sleeps on the wake descriptor of this file */

/* ---- stores ---- */

static cvi_store_answer watch(cvi_stores *stores, const char *hash, const char *job_id, cvi_now now,
                              cvi_watch *watched, cv_error *error) {
    cvi_store_answer answer = cvi_stores_watch(stores, hash, job_id, now, watched, error);
    if (watched->backstop_ms > WATCH_LOOK_MS) {
        watched->backstop_ms = WATCH_LOOK_MS;
    }
    return answer;
}

/* A host that blocks us says nothing of the others. */
static cvi_store_answer heed(cvi_stores *stores, const cvi_heed_spec *spec, cvi_now now,
                             int64_t *left_ms, cv_error *error) {
    cvi_heed_spec of_host = *spec;
    if (of_host.word == CVI_SERVICE_BLOCKS) {
        of_host.word = CVI_SERVICE_LIMITS;
    }
    return cvi_stores_heed(stores, &of_host, now, left_ms, error);
}

static const cvi_store_ops store_ops = {
    cvi_stores_lookup,    cvi_stores_claim, watch, cvi_stores_complete,
    cvi_stores_release,   cvi_stores_renew, heed,  cvi_stores_clean,
    cvi_stores_make_room,
};

/* False: the error says why, which is no fault of the caller's. */
static bool fill_parts(const cv_client *client, cvi_stores_options *options, cv_error *error) {
    const cv_image_settings *images = &client->settings.images;
    options->cache = (cv_cache_settings){
        .ttl_s = images->ttl_s,
        .stale_s = images->stale_s,
        .negative_ttl_s = CV_NONE,
        .max_entry_bytes = CV_NONE,
        .max_bytes = images->max_bytes,
    };
    options->rate_limit = (cv_rate_limit_settings){
        .kind = CV_LIMIT_NONE,
        .min_interval_ms = images->min_interval_ms,
        .circuit_failures = CV_NONE, /* it would be one for all hosts */
    };
    return cvi_cache_settings_fill(&options->cache, "images.", error) &&
           cvi_dedupe_settings_fill(&options->dedupe, "images.", error) &&
           cvi_rate_limit_settings_fill(&options->rate_limit, "images.", error);
}

/* An admission that a power cut makes it forget is no harm. */
static bool open_file(const cv_client *client, cvi_image_file *file, cv_error *error) {
    cvi_stores_options options = {
        .database = client->settings.images.database,
        .scope = SCOPE,
        .origin = SCOPE,
        .host = SCOPE,
        .application = client->settings.options.application,
        .relaxed_sync = true,
        .allocator = client->allocator,
        .clock = client->clock,
        .random = client->random,
        .log = client->log,
    };
    if (!fill_parts(client, &options, error)) {
        return false;
    }
    *file = (cvi_image_file){.stores = cvi_stores_open(&options, error),
                             .limits = options.rate_limit,
                             .lease_ms = options.dedupe.lease_ms,
                             .clean_interval_ms = options.dedupe.cleanup_interval_ms};
    if (file->stores != NULL && client->settings.options.drive == CV_DRIVE_POLL) {
        cvi_stores_write_back_apart(file->stores); /* turns are short there */
    }
    return file->stores != NULL;
}

static bool has_stores(cv_client *client) {
    cvi_mutex_lock(&client->mutex);
    bool has = client->images.stores != NULL;
    cvi_mutex_unlock(&client->mutex);
    return has;
}

/* False: another thread was faster. */
static bool take_file(cv_client *client, const cvi_image_file *file) {
    cvi_mutex_lock(&client->mutex);
    bool taken = client->images.stores == NULL;
    if (taken) {
        client->images = *file;
    }
    cvi_mutex_unlock(&client->mutex);
    return taken;
}

bool cvi_images_open(cv_client *client, cv_error *error) {
    cvi_image_file file;
    if (!cvi_client_enter(client, error)) {
        return false;
    }
    bool is_open = has_stores(client);
    if (!is_open) {
        is_open = open_file(client, &file, error);
        if (is_open && !take_file(client, &file)) {
            cvi_stores_close(file.stores);
        }
        cvi_log_flush(client->log);
    }
    cvi_client_leave(client);
    return is_open;
}

/* ---- the engine ---- */

static cvi_engine *open_engine(cv_client *client) {
    cvi_engine_options options = cvi_driver_engine_options(client, &client->images.limits);
    options.store_ops = &store_ops;
    options.stores = client->images.stores;
    options.lease_ms = client->images.lease_ms;
    options.clean_interval_ms = client->images.clean_interval_ms;
    return cvi_engine_open(&options, cvi_clock_now(&client->clock));
}

static bool has_engine(cv_client *client) {
    if (client->image_engine == NULL) {
        client->image_engine = open_engine(client);
        if (client->image_engine != NULL && client->is_suspended) {
            cvi_images_suspend(client, cvi_clock_now(&client->clock));
        }
    }
    return client->image_engine != NULL;
}

void cvi_images_board(cv_client *client, cv_request *request) {
    if (has_engine(client)) {
        cvi_engine_board(client->image_engine, &request->passenger, request->call,
                         cvi_clock_now(&client->clock));
        return;
    }
    cvi_outcome outcome = {.result = NULL};
    cvi_error_no_memory(&outcome.error);
    cvi_request_deliver(client, &request->passenger, &outcome);
}

/* What came for those who wait for other programs' jobs. */
static void hear_of_ends(const cv_client *client) {
    cvi_news news;
    if (cvi_engine_is_watching(client->image_engine) &&
        cvi_stores_wake_drain(client->images.stores, &news)) {
        cvi_engine_wake_watchers(client->image_engine, NULL);
    }
}

int64_t cvi_images_step(cv_client *client, cvi_now now, cvi_slice *slice) {
    if (client->image_engine == NULL) {
        return INT64_MAX;
    }
    hear_of_ends(client);
    return cvi_engine_step(client->image_engine, now, slice);
}

void cvi_images_divide(const cv_client *client, size_t piece_bytes) {
    if (client->image_engine != NULL) {
        cvi_engine_divide(client->image_engine, piece_bytes);
    }
}

bool cvi_images_are_idle(const cv_client *client) {
    return client->image_engine == NULL || cvi_engine_is_idle(client->image_engine);
}

void cvi_images_suspend(const cv_client *client, cvi_now now) {
    if (client->image_engine != NULL) {
        cvi_engine_suspend(client->image_engine, now);
    }
}

void cvi_images_resume(const cv_client *client) {
    if (client->image_engine != NULL) {
        cvi_engine_resume(client->image_engine);
    }
}

void cvi_images_abandon(const cv_client *client, const cvi_outcome *outcome) {
    if (client->image_engine != NULL) {
        cvi_engine_abandon(client->image_engine, outcome);
    }
}

bool cvi_images_write_back(const cv_client *client) {
    return client->image_engine != NULL && cvi_stores_write_back(client->images.stores);
}

void cvi_images_end(cv_client *client) {
    cvi_engine_close(client->image_engine);
    client->image_engine = NULL;
}

cvi_engine *cvi_images_engine_of(const cv_client *client, const cv_request *request) {
    bool is_image = request->call != NULL && request->call->is_image;
    return is_image ? client->image_engine : client->engine;
}
