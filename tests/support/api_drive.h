/* The set-up of tests that run once with a worker thread and once without: a client on the
 * fixtures' server in either drive, and callbacks that note what happened to them. */
#ifndef TESTS_SUPPORT_API_DRIVE_H
#define TESTS_SUPPORT_API_DRIVE_H

#include <pthread.h>

#include "support/api.h"

typedef struct drive_scene {
    api *self;
    cv_drive drive;
    cv_client *client; /* closed by the tear-down; NULL: the test has done that */
} drive_scene;

/* A scene on this api, which it takes over; the first two on the fixtures of issues. */
int drive_set_up_on(void **context, cv_drive drive, api *self);
int drive_set_up_thread(void **context);
int drive_set_up_poll(void **context);
int drive_tear_down(void **context);

/* Both runs of a test, as entries of its program's table. */
#define BOTH_DRIVES(test)                                                                          \
    {#test " (thread)", test, drive_set_up_thread, drive_tear_down, NULL}, {                       \
#test " (poll)", test, drive_set_up_poll, drive_tear_down, NULL                            \
    }
#define POLL_ONLY(test)                                                                            \
    { #test " (poll)", test, drive_set_up_poll, drive_tear_down, NULL }

/* A client in the scene's drive with other options, to be closed by the caller. */
cv_client *drive_open(const drive_scene *scene, cv_options *options);

/* What a callback saw. Zeroed: not called yet. */
typedef struct note {
    int calls;
    pthread_t thread; /* that of the last call, as is the rest */
    cv_code code;
    bool done;
} note;

/* A cv_request_fn; `user` is the note. */
void note_call(cv_request *request, void *user);

/* A request for an issue of the fixtures that calls back into `noted`, or (NULL) nowhere. */
cv_request *drive_ask(const drive_scene *scene, int64_t id, note *noted);

/* Polls until the server has that many requests; until the note has been called. */
void drive_until_sent(const drive_scene *scene, size_t count);
void drive_until_called(const drive_scene *scene, const note *noted);

/* Polls until the file's query yields `wanted`. */
void drive_until(const drive_scene *scene, const char *sql, int64_t wanted);

void drive_hold(const drive_scene *scene);
void drive_release(const drive_scene *scene);
size_t drive_requests(const drive_scene *scene);

/* Fails the test unless the request is done with that code. */
void assert_ended(const cv_request *request, cv_code code);

/* Fails the test unless it was called once, on this thread, for a request that is done so. */
void assert_called_once(const note *noted, cv_code code);

#endif
