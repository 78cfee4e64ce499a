/* Fetches some issues and shows what is going on meanwhile: who waits, for what, until when; what
 * is sent, tried again, answered from the cache. The library's log goes to standard error.
 *
 * usage: watch BASE_URL DATABASE ID...      the key comes from COMIC_VINE_API_KEY */
#include <comicvine.h>

#include <stdio.h>
#include <stdlib.h>

typedef struct calls {
    int left;
    int failed;
} calls;

static void show_event(const cv_event *event, void *user) {
    calls *self = user;
    printf("%s %lld: %s", event->path, (long long)event->id, cv_event_name(event->kind));
    switch (event->kind) {
    case CV_EVENT_WAITING:
        printf(", %s, place %lld in line", event->reason, (long long)event->place);
        break;
    case CV_EVENT_RETRY:
    case CV_EVENT_COOLDOWN:
    case CV_EVENT_DONE:
        printf(" (%s)%s%s", cv_code_name(event->code), event->reason[0] != '\0' ? " " : "",
               event->reason);
        break;
    default:
        break;
    }
    if (event->until_ms != 0) {
        printf(", for %.1f s", (double)event->delay_ms / 1000);
    }
    printf("\n");
    if (event->kind == CV_EVENT_DONE) {
        cv_request_free(event->request);
        self->failed += event->code != CV_OK ? 1 : 0;
        self->left--;
    }
}

static void show_line(cv_log_level level, const char *line, void *user) {
    static const char *const names[] = {"", "error", "warning", "info", "debug"};
    (void)user;
    fprintf(stderr, "%s: %s\n", names[level], line);
}

int main(int argc, char **argv) {
    if (argc < 4) {
        fprintf(stderr, "usage: %s BASE_URL DATABASE ID...\n", argv[0]);
        return 2;
    }
    calls self = {.left = argc - 3};
    cv_options options = CV_OPTIONS_INIT;
    options.api_key = getenv("COMIC_VINE_API_KEY");
    options.base_url = argv[1];
    options.database = argv[2];
    options.on_event = show_event;
    options.on_log = show_line;
    options.log_level = CV_LOG_DEBUG;
    options.user = &self;

    cv_client *client = cv_client_open(&options);
    if (!client) {
        fprintf(stderr, "%s\n", cv_last_error()->message);
        return 1;
    }
    for (int i = 3; i < argc; i++) {
        if (!cv_request_retrieve(client, CV_ISSUE, strtoll(argv[i], NULL, 10), NULL)) {
            self.left--; /* no memory: there is no request that could tell of its end */
            self.failed++;
        }
    }
    while (self.left > 0) {
        cv_client_poll(client, -1);
    }
    cv_client_close(client);
    return self.failed == 0 ? 0 : 1;
}
