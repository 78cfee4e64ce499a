/* Fetches issues from within GLib's main loop, as a GTK program would, beside a timer of the
 * program's own: the client's descriptor is a source of the loop. When all answers are here the
 * loop is left.
 *
 * usage: glib_loop BASE_URL DATABASE ID...      the key comes from COMIC_VINE_API_KEY */
#include <comicvine.h>

#include <glib-unix.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct program {
    cv_client *client;
    GMainLoop *loop;
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

static gboolean poll_client(gint descriptor, GIOCondition condition, gpointer user) {
    program *self = user;
    (void)descriptor;
    (void)condition;
    cv_client_poll(self->client, 0);
    if (self->under_way == 0) {
        g_main_loop_quit(self->loop);
    }
    return G_SOURCE_CONTINUE;
}

static gboolean beat(gpointer user) {
    program *self = user;
    self->beats++; /* the program's own life goes on */
    return G_SOURCE_CONTINUE;
}

static int run(program *self, char **ids) {
    int descriptor = cv_client_fd(self->client);
    if (descriptor < 0) {
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
    guint watch = g_unix_fd_add(descriptor, G_IO_IN, poll_client, self);
    guint heart = g_timeout_add(10, beat, self);
    self->loop = g_main_loop_new(NULL, FALSE);
    if (self->under_way > 0) {
        g_main_loop_run(self->loop);
    }
    g_source_remove(watch); /* before the client is closed */
    g_source_remove(heart);
    g_main_loop_unref(self->loop);
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
