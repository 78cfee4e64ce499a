/* Owns the public calls for images, and the handles over what came. A picture is one block that
 * shares the result's bytes; the last owner frees those. Any thread. */
#include <comicvine/image.h>

#include <stddef.h>
#include <string.h>

#include "client/calls.h"
#include "client/image_call.h"
#include "client/image_format.h"
#include "client/image_tail.h"
#include "client/images.h"
#include "client/request_start.h"
#include "resources/image.h"
#include "support/allocator.h"
#include "support/error.h"
#include "support/platform.h"

/* Its texts stand behind it. */
typedef struct picture_block {
    cv_allocator allocator;
    cvi_result *result;
    cv_stale_note note;
    cv_picture picture;
    char texts[];
} picture_block;

/* ---- pictures ---- */

/* Copies a text to where there is room for it, which is behind it then. */
static const char *place(char **room, const char *text) {
    size_t size = strlen(text) + 1;
    char *copy = *room;
    memcpy(copy, text, size);
    *room += size;
    return copy;
}

static void describe_bytes(const cvi_result *result, const cvi_image_parts *parts,
                           cv_picture *picture) {
    size_t body_size = 0;
    const char *body = cvi_result_body(result, &body_size);
    const cvi_image_format *format = cvi_image_format_of(body, parts->image_size);
    picture->content_type = "";
    picture->extension = "";
    picture->not_modified = format == NULL;
    if (format != NULL) {
        picture->data = body;
        picture->size = parts->image_size;
        picture->format = format->format;
        picture->content_type = format->content_type;
        picture->extension = format->extension;
        cvi_image_measure(body, parts->image_size, &picture->width, &picture->height);
    }
}

static void describe_source(picture_block *block, const cvi_provenance *provenance) {
    cv_picture *picture = &block->picture;
    picture->source = provenance->source;
    picture->fetched_at_ms = provenance->fetched_at_ms;
    picture->expires_at_ms = provenance->expires_at_ms;
    if (provenance->source == CV_SOURCE_STALE) {
        block->note = provenance->note;
        picture->stale = &block->note;
    }
}

/* NULL without memory. */
static cv_picture *new_picture(const cvi_call *call, cvi_result *result,
                               const cvi_provenance *provenance) {
    cvi_image_parts parts;
    size_t body_size = 0;
    const char *body = cvi_result_body(result, &body_size);
    const char *path = cvi_image_call_of(call)->path;
    cvi_image_tail_read(body, body_size, &parts); /* its judge has seen to it that there is one */
    size_t texts = strlen(call->url) + strlen(path) + strlen(parts.validators.etag) +
                   strlen(parts.validators.last_modified) + 4;
    picture_block *block = cvi_allocate(&call->allocator, sizeof(*block) + texts);
    if (block == NULL) {
        return NULL;
    }
    char *room = block->texts;
    block->allocator = call->allocator;
    block->result = cvi_result_keep(result);
    block->picture.url = place(&room, call->url);
    block->picture.etag = place(&room, parts.validators.etag);
    block->picture.last_modified = place(&room, parts.validators.last_modified);
    block->picture.path = path[0] != '\0' ? place(&room, path) : NULL;
    describe_bytes(result, &parts, &block->picture);
    describe_source(block, provenance);
    return &block->picture;
}

void cv_picture_free(const cv_picture *picture) {
    if (picture == NULL) {
        return;
    }
    picture_block *block =
        (picture_block *)(void *)((char *)picture - offsetof(picture_block, picture));
    cv_allocator allocator = block->allocator;
    cvi_result_release(block->result);
    cvi_release(&allocator, block);
}

/* ---- files ---- */

static bool save(const cv_picture *picture, const char *path, cv_error *error) {
    if (path == NULL || path[0] == '\0') {
        cvi_error_set(error, CV_ERROR_ARGUMENT, "image: there is no name for its file");
        return false;
    }
    if (picture->not_modified) {
        return true;
    }
    if (!cvi_file_replace(path, picture->data, picture->size)) {
        const char *trouble = cvi_file_trouble();
        cvi_error_set(error, CV_ERROR_STORE, "the image cannot be written: %s: %s", trouble, path);
        return false;
    }
    return true;
}

bool cv_picture_save(const cv_picture *picture, const char *path) {
    cv_error error;
    if (picture == NULL) {
        cvi_error_set(&error, CV_ERROR_ARGUMENT, "picture is NULL");
        cvi_error_remember(&error);
        return false;
    }
    bool is_saved = save(picture, path, &error);
    if (!is_saved) {
        cvi_error_remember(&error);
    }
    return is_saved;
}

/* A picture for the caller, written to where the call says. NULL, remembered: no memory, or no
 * file. */
static const cv_picture *hand_out(const cvi_call *call, cvi_result *result,
                                  const cvi_provenance *provenance) {
    cv_picture *picture = new_picture(call, result, provenance);
    if (picture == NULL) {
        cvi_error_remember_no_memory();
        return NULL;
    }
    if (picture->path != NULL && !cv_picture_save(picture, picture->path)) {
        cv_picture_free(picture);
        return NULL;
    }
    return picture;
}

/* ---- calls ---- */

/* NULL: the error says why. */
static cvi_call *begin(cv_client *client, const char *url, const cv_image_options *options,
                       cv_request_options *own, cv_error *error) {
    cvi_call *call = cvi_call_image(&client->settings, url, options, own, error);
    if (call != NULL && !cvi_images_open(client, error)) {
        cvi_call_release(call);
        return NULL;
    }
    return call;
}

cv_request *cv_request_image(cv_client *client, const char *url, const cv_image_options *options) {
    if (!cvi_client_check(client)) {
        return NULL;
    }
    cv_error error;
    cvi_order order = {.error = &error};
    order.call = begin(client, url, options, &order.options, &error);
    return cvi_request_start(client, &order);
}

const cv_picture *cv_image_fetch(cv_client *client, const char *url,
                                 const cv_image_options *options) {
    if (!cvi_client_check(client)) {
        return NULL;
    }
    cv_request_options own;
    cvi_outcome outcome = {.result = NULL};
    cvi_call *call = begin(client, url, options, &own, &outcome.error);
    if (call == NULL) {
        cvi_error_remember(&outcome.error);
        return NULL;
    }
    cvi_fetch_call(client, cvi_call_keep(call), &own, &outcome);
    const cv_picture *picture = NULL;
    if (outcome.result != NULL) {
        picture = hand_out(call, outcome.result, &outcome.provenance);
    } else {
        cvi_error_remember(&outcome.error);
    }
    cvi_result_release(outcome.result);
    cvi_call_release(call);
    return picture;
}

const cv_picture *cv_image_take(cv_request *request) {
    const cv_error *error = cv_request_error(request);
    if (error->code != CV_OK) {
        cvi_error_remember(error);
        return NULL;
    }
    if (request->call == NULL || !request->call->is_image) {
        cv_error wrong;
        cvi_error_set(&wrong, CV_ERROR_ARGUMENT, "the result is no image");
        cvi_error_remember(&wrong);
        return NULL;
    }
    return hand_out(request->call, request->outcome.result, &request->outcome.provenance);
}
