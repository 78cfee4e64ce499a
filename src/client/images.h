/* The images' own lane through a client: an engine and stores beside those of the API, so that
 * neither kind of request ever waits for, counts for, or pauses because of the other. */
#ifndef CVI_CLIENT_IMAGES_H
#define CVI_CLIENT_IMAGES_H

#include "client/client.h"

/* Makes sure that the file of images is open. Any thread; blocks as cv_client_open does. */
bool cvi_images_open(cv_client *client, cv_error *error);

/* All that follow are the driver's, and do nothing before the first image. */

/* Takes a request aboard, whose call has is_image. May deliver at once. */
void cvi_images_board(cv_client *client, cv_request *request);

/* As for the engine of the API, cvi_engine_*: */
int64_t cvi_images_step(cv_client *client, cvi_now now, cvi_slice *slice);
void cvi_images_divide(const cv_client *client, size_t piece_bytes);
bool cvi_images_are_idle(const cv_client *client);
void cvi_images_suspend(const cv_client *client, cvi_now now);
void cvi_images_resume(const cv_client *client);
void cvi_images_abandon(const cv_client *client, const cvi_outcome *outcome);

/* Brings what the log of the file holds into the file, as cvi_stores_write_back. */
bool cvi_images_write_back(const cv_client *client);

/* Frees the engine. Its requests must have been abandoned. */
void cvi_images_end(cv_client *client);

/* The engine that a request is or will be aboard of; NULL: of images, and there is none yet. */
cvi_engine *cvi_images_engine_of(const cv_client *client, const cv_request *request);

#endif
