/* Fetches issues from within a libuv loop, beside a timer of the program's own: the client's
 * descriptor is a uv_poll_t. When all answers are here nothing is watched any more, and the loop
 * ends.
 *
 * usage: uv_loop BASE_URL DATABASE ID...      the key comes from COMIC_VINE_API_KEY */
#include <comicvine.h>

#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

typedef struct program {
    cv_client *client;
    uv_poll_t due;
    uv_timer_t heart;
    int under_way;
    int failed;
    int beats;
} program;

static void show(cv_request *request, void *user) {
    program *self = user;
    const cv_issue *issue = cv_issue_take(request);
    if (issue) {
        printf("%lld: %s\n", (long long)issue->id, issue->name ? issue->name : "(no title)");
    } else {
        fprintf(stderr, "%s\n", cv_request_error(request)->message);
        self->failed++;
    }
    cv_issue_free(issue);
    cv_request_free(request);
    self->under_way--;
}

static void poll_client(uv_poll_t *handle, int status, int events) {
    program *self = handle->data;
    (void)status;
    (void)events;
    cv_client_poll(self->client, 0);
    if (self->under_way == 0) {
        uv_poll_stop(&self->due); /* before the client is closed */
        uv_timer_stop(&self->heart);
    }
}

static void beat(uv_timer_t *handle) {
    program *self = handle->data;
    self->beats++; /* the program's own life goes on */
}

static int run(program *self, char **ids) {
    uv_loop_t *loop = uv_default_loop();
    self->due.data = self;
    self->heart.data = self;
    if (uv_poll_init(loop, &self->due, cv_client_fd(self->client)) != 0 ||
        uv_timer_init(loop, &self->heart) != 0) {
        fprintf(stderr, "the client has no descriptor to watch\n");
        return 1;
    }
    for (; *ids; ids++) {
        cv_request *request =
            cv_request_retrieve(self->client, CV_ISSUE, strtoll(*ids, NULL, 10), NULL);
        self->under_way++;
        if (request) {
            cv_request_on_done(request, show, self);
        } else {
            show(NULL, self); /* whose error says: no memory */
        }
    }
    uv_poll_start(&self->due, UV_READABLE, poll_client);
    uv_timer_start(&self->heart, beat, 10, 10);
    uv_run(loop, UV_RUN_DEFAULT);
    return self->failed == 0 ? 0 : 1;
}

int main(int argc, char **argv) {
    if (argc < 4) {
        fprintf(stderr, "usage: %s BASE_URL DATABASE ID...\n", argv[0]);
        return 2;
    }
    program self = {.client = NULL};
    cv_options options = CV_OPTIONS_INIT;
    options.api_key = getenv("COMIC_VINE_API_KEY");
    options.base_url = argv[1];
    options.database = argv[2];
    options.drive = CV_DRIVE_POLL;
    self.client = cv_client_open(&options);
    if (!self.client) {
        fprintf(stderr, "%s\n", cv_last_error()->message);
        return 1;
    }
    int status = run(&self, argv + 3);
    cv_client_close(self.client);
    return status;
}
