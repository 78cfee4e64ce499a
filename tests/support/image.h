/* What the tests of images have in common: addresses of pictures on the api's server, clients
 * without an interval, and a look at what came. */
#ifndef TESTS_SUPPORT_IMAGE_H
#define TESTS_SUPPORT_IMAGE_H

#include "support/api.h"

#define IMAGE_FOLDER "/a/uploads/"
#define IMAGE_NAME   "scale_medium/1.png"

enum { IMAGE_URL_MAX = 512 };

typedef struct image_url {
    char text[IMAGE_URL_MAX];
} image_url;

/* Of a picture below IMAGE_FOLDER; of anything else on the server. */
image_url image_at(const server *host, const char *name);
image_url image_at_path(const server *host, const char *path);

/* A client without intervals and retries, in this drive. */
cv_client *image_open(const api *self, cv_drive drive);

/* The same with these settings of images, whose interval stands. */
cv_client *image_open_with(const api *self, cv_drive drive, const cv_image_settings *settings);

/* Requests for pictures that have come. */
size_t image_requests(const api *self);
server_request image_request_at(const api *self, size_t index);

/* What a blocking call comes to; the code is CV_OK, or why there is no picture. */
outcome image_fetch(cv_client *client, const char *url, const cv_image_options *options);

/* The picture, or the test fails. */
const cv_picture *image_get(cv_client *client, const char *url, const cv_image_options *options);

/* Fails the test unless these are the bytes that the server has made up for the path. */
void image_assert_bytes(const cv_picture *picture, const char *name);

/* An answer with these bytes, of this status, to the next request for a picture. */
void image_break(const api *self, unsigned http_status, const char *body, size_t size,
                 const char *content_type);

/* As api_query and its kind, on the file of images. */
int64_t image_query(const api *self, const char *sql);
void image_query_until(const api *self, const char *sql, int64_t wanted);
void image_execute(const api *self, const char *sql);

#endif
