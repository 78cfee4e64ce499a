/* Images: the pictures that records point to, in memory or as a file.
 *
 *     const cv_issue *issue = cv_issue_retrieve(client, 52, CV_PRIORITY_USER);
 *     const char *url = cv_image_url(issue != NULL ? issue->image : NULL, CV_IMAGE_MEDIUM);
 *     cv_image_options options = CV_IMAGE_OPTIONS_INIT;
 *     options.path = "cover.jpg";
 *     const cv_picture *cover = cv_image_fetch(client, url, &options);
 *
 * An image is no call of the API: it spends nothing of any path's budget, does not wait for the
 * interval between API requests nor for the service's pauses, and the API key goes nowhere near it;
 * an address that holds the key is refused. Images have an interval and pauses of their own, which
 * all programs on the database share (cv_image_settings): a host that answers 403, 420, 429, or 503
 * with Retry-After, is left in peace for a while, and those alone who want images of it wait, or
 * have CV_ERROR_RATE_LIMITED if that takes longer than they would.
 *
 * What comes is believed for its first bytes, not for its Content-Type: it is a JPEG, PNG, GIF,
 * WebP, BMP or AVIF, or the call fails: with CV_ERROR_BLOCKED if it is a web page, with
 * CV_ERROR_RESPONSE otherwise. It is not decoded, so that it may still be broken further in.
 *
 * Redirects are followed, three at most, to any host, as nothing secret goes along; not from https
 * to http. Addresses of the own machine and network are treated like all others: who fetches URLs
 * that come from strangers looks at them first. What an application adds to each request itself
 * (cv_curl_options.headers) goes with images too.
 *
 * All other rules are those of calls: cache and modes (query.h), requests, callbacks and events
 * (request.h, event.h; `path` is the host there), retries, stale answers, suspending, closing.
 * Equal calls at the same time are one request, in this program and in all that share the file. */
#ifndef COMICVINE_IMAGE_H
#define COMICVINE_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <comicvine/client.h>
#include <comicvine/query.h>
#include <comicvine/record.h>
#include <comicvine/request.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The sizes in which the service has each picture, as in cv_image. */
typedef enum cv_image_size {
    CV_IMAGE_TINY = 1, /* square */
    CV_IMAGE_ICON,     /* square */
    CV_IMAGE_THUMB,
    CV_IMAGE_SMALL,
    CV_IMAGE_MEDIUM,
    CV_IMAGE_SCREEN,
    CV_IMAGE_SCREEN_LARGE,
    CV_IMAGE_SUPER,
    CV_IMAGE_ORIGINAL /* as uploaded: any size */
} cv_image_size;

/* The address of a record's image in this size; where the record has none, that of the next larger
 * size that it has, else of the next smaller one. Belongs to the record. NULL: it has no image, or
 * `image` is NULL. "No image" of the service is a picture too, whose address ends in "blank.png".
 * Any thread. */
CV_API const char *cv_image_url(const cv_image *image, cv_image_size size);

/* Options of one call. Start from CV_IMAGE_OPTIONS_INIT; a member of 0 or NULL has its default (but
 * priority: 0 is the background). Only read during the call that takes it. */
typedef struct cv_image_options {
    size_t size;
    cv_priority priority; /* users go before the background */
    cv_mode mode;         /* as in cv_request_options; `cache` decides whether there is a cache */

    /* Kept in the file of images, by the limits of cv_image_settings, and answered from there while
     * it is fresh; after that the host is asked whether it has changed. False: neither. */
    bool cache;

    /* As in cv_request_options; the wait is that for the images' own interval and pauses. */
    int64_t max_wait_ms;
    int64_t deadline_ms;
    int64_t max_age_s;
    cv_stale stale;

    int64_t max_bytes; /* larger ones are CV_ERROR_RESPONSE; 0: 32 MiB, at most 512 MiB */

    /* Where to write it, as cv_picture_save does: by cv_image_fetch, and by each cv_image_take.
     * NULL: nowhere. */
    const char *path;

    /* What a cv_picture of before had here, if the caller still has that one: if it is the same on
     * the host, it is not sent again, and `not_modified` says so. Not together with `cache`
     * (CV_ERROR_ARGUMENT), which does this by itself. NULL or "": not known. */
    const char *etag;
    const char *last_modified;

    int64_t reserved[8];
} cv_image_options;

/* clang-format off */
#define CV_IMAGE_OPTIONS_INIT                                                                      \
    {                                                                                              \
        sizeof(cv_image_options), CV_PRIORITY_USER, CV_MODE_DEFAULT, false, 0, 0, 0,               \
        CV_STALE_DEFAULT, 0, NULL, NULL, NULL, {0}                                                 \
    }
/* clang-format on */

/* What an image is, by its first bytes. */
typedef enum cv_picture_format {
    CV_PICTURE_NONE = 0, /* not modified: there are no bytes */
    CV_PICTURE_JPEG,
    CV_PICTURE_PNG,
    CV_PICTURE_GIF,
    CV_PICTURE_WEBP,
    CV_PICTURE_BMP,
    CV_PICTURE_AVIF
} cv_picture_format;

/* An image that has come. All that it points to belongs to it; immutable, for any thread. */
typedef struct cv_picture {
    const void *data;          /* NULL if it is not modified */
    size_t size;               /* bytes */
    cv_picture_format format;  /* by its first bytes */
    const char *content_type;  /* by its bytes: "image/jpeg"; "" if it is not modified */
    const char *extension;     /* likewise: "jpg" */
    int64_t width;             /* pixels, as its head says; 0: not known (AVIF, or a broken head) */
    int64_t height;            /* likewise */
    bool not_modified;         /* it is what the caller's `etag` or `last_modified` belong to */
    const char *url;           /* as it was asked for */
    const char *path;          /* the file that it was written to; NULL: none */
    const char *etag;          /* for the next call; "" if the host gave none */
    const char *last_modified; /* likewise */
    cv_source source;          /* of this call */
    int64_t fetched_at_ms;     /* Unix time */
    int64_t expires_at_ms;     /* Unix time until which the file of images calls it fresh */
    const cv_stale_note *stale; /* with CV_SOURCE_STALE, else NULL */
    int64_t reserved[8];
} cv_picture;

/* The image at this http or https address. Blocks until it is there or the call has failed.
 * `options` may be NULL. Free it with cv_picture_free. The first call of a client for an image
 * opens the file of images, which like cv_client_open may wait some seconds for another program.
 * NULL on failure: cv_last_error() says why. A `url` of NULL, which is what cv_image_url has for no
 * image, is CV_ERROR_ARGUMENT. Any thread. */
CV_API const cv_picture *cv_image_fetch(cv_client *client, const char *url,
                                        const cv_image_options *options);

/* Starts the same as a request. But for the first one of a client (see above) it only enqueues.
 * NULL only without memory or without a client. Any thread. */
CV_API cv_request *cv_request_image(cv_client *client, const char *url,
                                    const cv_image_options *options);

/* The result of a request for an image that is done and well, like cv_record_take; each is the
 * caller's. If the options named a path, this writes the file; where that fails NULL comes, with
 * CV_ERROR_STORE, and it may be tried again. */
CV_API const cv_picture *cv_image_take(cv_request *request);

/* Writes the image to a file, whole or not at all: under a name beside it, which is the path and
 * ".comicvine-N.part" (N from 0 to 63), and from there it takes the place of what was there, once
 * it is on the disk. Threads and programs may write the same file at the same time; the last one
 * counts. A program that is killed leaves the other name behind, until the same file is written the
 * next time: so nobody else is to use such names. An image that is not modified is not written, and
 * that is well. False: CV_ERROR_STORE, and what was there is as it was, but for a disk that fails
 * or is full at the very end, when it cannot be said whether a power cut would undo it. Blocks for
 * the disk. Any thread. */
CV_API bool cv_picture_save(const cv_picture *picture, const char *path);

/* NULL is fine. Also after cv_client_close. Any thread. */
CV_API void cv_picture_free(const cv_picture *picture);

#ifdef __cplusplus
}
#endif

#endif
