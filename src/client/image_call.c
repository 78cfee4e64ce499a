/* Owns the way from an address and options to a checked call for an image. Any thread. */
#include "client/image_call.h"

#include <inttypes.h>
#include <string.h>

#include "client/address.h"
#include "client/calls.h"
#include "client/image_judge.h"
#include "client/redact.h"
#include "resources/image.h"
#include "support/allocator.h"
#include "support/error.h"
#include "support/options.h"

#define DEFAULT_MAX_BYTES (INT64_C(32) << 20)
#define LARGEST_MAX_BYTES (INT64_C(512) << 20)

enum { LONGEST_ADDRESS = 4096, LONGEST_NAME = 48 };

/* ---- options ---- */

static bool check_validators(const cv_image_options *options, cvi_validators *validators,
                             cv_error *error) {
    memset(validators, 0, sizeof(*validators));
    if (options->etag != NULL) {
        cvi_validators_take_etag(validators, options->etag);
    }
    if (options->last_modified != NULL) {
        cvi_validators_take_last_modified(validators, options->last_modified);
    }
    bool has_any = cvi_validators_are_any(validators);
    if (options->cache && has_any) {
        cvi_error_set(error, CV_ERROR_ARGUMENT,
                      "an image is either cached or the caller's own: options cache and etag or "
                      "last_modified are both set");
        return false;
    }
    return true;
}

static bool check_options(cv_image_options *options, cv_error *error) {
    if (options->max_bytes == 0) {
        options->max_bytes = DEFAULT_MAX_BYTES;
    }
    if (options->max_bytes < 1 || options->max_bytes > LARGEST_MAX_BYTES) {
        cvi_error_set(error, CV_ERROR_ARGUMENT, "max_bytes %" PRId64 " is not from 1 to %" PRId64,
                      options->max_bytes, LARGEST_MAX_BYTES);
        return false;
    }
    if (options->path != NULL && options->path[0] == '\0') {
        cvi_error_set(error, CV_ERROR_ARGUMENT, "the path of an image's file is empty");
        return false;
    }
    return true;
}

static bool copy_options(cv_image_options *own, const cv_image_options *options,
                         cv_request_options *request, cv_error *error) {
    *request = cvi_options_of(CV_PRIORITY_USER);
    *own = (cv_image_options)CV_IMAGE_OPTIONS_INIT;
    if (options != NULL &&
        (!cvi_copy_sized(own, sizeof(*own), options, "cv_image_options", error) ||
         !cvi_check_reserved(own->reserved, sizeof(own->reserved) / sizeof(own->reserved[0]),
                             "cv_image_options", error))) {
        return false;
    }
    cv_request_options wanted = CV_REQUEST_OPTIONS_INIT;
    wanted.priority = own->priority;
    wanted.mode = own->mode;
    wanted.max_wait_ms = own->max_wait_ms;
    wanted.deadline_ms = own->deadline_ms;
    wanted.max_age_s = own->max_age_s;
    wanted.stale = own->stale;
    return cvi_copy_options(request, &wanted, error) && check_options(own, error);
}

/* ---- the address ---- */

/* Without its fragment; blanks and what is not ASCII, which links have, as they are sent. */
static bool write_address(const char *url, cvi_buffer *out) {
    static const char digits[] = "0123456789ABCDEF";
    for (; *url != '\0' && *url != '#'; url++) {
        unsigned char byte = (unsigned char)*url;
        if (byte < ' ' || byte == 0x7F) {
            return false;
        }
        if (byte == ' ' || byte > '~') {
            const char escape[] = {'%', digits[byte >> 4], digits[byte & 15]};
            cvi_buffer_add(out, escape, sizeof(escape));
        } else {
            cvi_buffer_add_char(out, *url);
        }
    }
    return !out->failed;
}

static bool check_address(const cvi_settings *settings, const char *url, cvi_buffer *out,
                          cvi_address *address, cv_error *error) {
    if (url == NULL || url[0] == '\0') {
        cvi_error_set(error, CV_ERROR_ARGUMENT, "image: there is no address");
        return false;
    }
    if (!write_address(url, out) || !cvi_address_parse(address, out->data)) {
        cvi_error_set(error, CV_ERROR_ARGUMENT,
                      "image: no http or https address of at most %d bytes, without a user",
                      LONGEST_ADDRESS);
        return false;
    }
    const char *key = settings->options.api_key; /* NULL: the client is closed, nothing is sent */
    if (key != NULL && cvi_holds_secret(key, out->data, out->length)) {
        cvi_error_set(error, CV_ERROR_ARGUMENT, "image: the address holds the API key");
        return false;
    }
    return true;
}

/* Names of hosts have no case. One that is longer than any that we know shares its pauses with
 * those that begin alike. */
static void write_host(const cvi_address *address, char host[CVI_SEGMENT_SIZE]) {
    size_t length = address->authority.length;
    length = length < CVI_SEGMENT_SIZE - 1 ? length : CVI_SEGMENT_SIZE - 1;
    for (size_t i = 0; i < length; i++) {
        char letter = address->authority.start[i];
        host[i] = (char)(letter >= 'A' && letter <= 'Z' ? letter + ('a' - 'A') : letter);
    }
    host[length] = '\0';
}

/* By the last part of its path, as far as that is short. */
static void write_label(const cvi_address *address, char *label, size_t size) {
    cvi_buffer out;
    size_t length = address->path.length;
    size_t name = length;
    while (name > 0 && address->path.start[name - 1] != '/') {
        name--;
    }
    length -= name;
    cvi_buffer_over(&out, label, size);
    cvi_buffer_add_text(&out, "image ");
    cvi_buffer_add(&out, address->path.start + name, length < LONGEST_NAME ? length : LONGEST_NAME);
}

/* Calls that may have the same answer are the same call. */
static void write_hash(const cvi_image_call *self, bool is_cached, char hash[CVI_HASH_SIZE]) {
    char text[LONGEST_ADDRESS + CVI_ETAG_SIZE + CVI_LAST_MODIFIED_SIZE + 64];
    cvi_buffer out;
    cvi_buffer_over(&out, text, sizeof(text));
    cvi_buffer_add_format(&out, "image\n%d\n%zu\n%s\n%s\n%s", is_cached ? 1 : 0,
                          self->call.max_body_bytes, self->validators.etag,
                          self->validators.last_modified, self->call.url);
    cvi_hash_hex(text, out.length, hash);
}

/* ---- the call ---- */

static cvi_image_call *new_call(const cvi_settings *settings, const cv_image_options *options) {
    const cv_allocator *allocator = &settings->arena.allocator;
    size_t length = options->path != NULL ? strlen(options->path) : 0;
    cvi_image_call *self = cvi_allocate(allocator, sizeof(*self) + length + 1);
    if (self == NULL) {
        return NULL;
    }
    if (length > 0) {
        memcpy(self->path, options->path, length);
    }
    atomic_init(&self->call.references, 1);
    self->call.allocator = *allocator;
    self->call.judge = &cvi_image_judge;
    self->call.resource = &cvi_image_resource;
    self->call.segment = self->host;
    self->call.is_image = true;
    self->call.ttl_ms = options->cache ? settings->images.ttl_s * 1000 : 0;
    self->call.max_body_bytes = (size_t)options->max_bytes;
    return self;
}

static cvi_call *make_call(const cvi_settings *settings, const cv_image_options *options,
                           const cvi_validators *validators, const cvi_buffer *url,
                           const cvi_address *address) {
    cvi_image_call *self = new_call(settings, options);
    if (self == NULL) {
        return NULL;
    }
    self->call.url = cvi_copy_text(&self->call.allocator, url->data, url->length);
    if (self->call.url == NULL) {
        cvi_call_release(&self->call);
        return NULL;
    }
    self->validators = *validators;
    self->call.validators = cvi_validators_are_any(validators) ? &self->validators : NULL;
    write_host(address, self->host);
    write_label(address, self->call.label, sizeof(self->call.label));
    write_hash(self, options->cache, self->call.hash);
    return &self->call;
}

cvi_call *cvi_call_image(const cvi_settings *settings, const char *url,
                         const cv_image_options *options, cv_request_options *request,
                         cv_error *error) {
    char text[LONGEST_ADDRESS + 1];
    cvi_buffer out;
    cvi_address address;
    cv_image_options own;
    cvi_validators validators;
    cvi_buffer_over(&out, text, sizeof(text));
    if (!copy_options(&own, options, request, error) ||
        !check_validators(&own, &validators, error) ||
        !check_address(settings, url, &out, &address, error)) {
        return NULL;
    }
    cvi_call *call = make_call(settings, &own, &validators, &out, &address);
    if (call == NULL) {
        cvi_error_no_memory(error);
    }
    return call;
}
