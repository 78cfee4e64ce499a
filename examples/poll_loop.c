/* Fetches issues from within an event loop on poll(2), with no thread but its own: the client's
 * descriptor is one among those that the loop watches. Lines on standard input are ids to fetch;
 * at its end the program ends when all answers are here.
 *
 * usage: poll_loop BASE_URL DATABASE < IDS      the key comes from COMIC_VINE_API_KEY */
#include <comicvine.h>

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int under_way;
static int failed;

static void show(cv_request *request, void *user) {
    (void)user;
    const cv_issue *issue = cv_issue_take(request);
    if (issue) {
        printf("%lld: %s\n", (long long)issue->id, issue->name ? issue->name : "(no title)");
    } else {
        fprintf(stderr, "%s\n", cv_request_error(request)->message);
        failed++;
    }
    cv_issue_free(issue);
    cv_request_free(request);
    under_way--;
}

/* What has been typed so far; -1 at its end. */
static int read_ids(cv_client *client) {
    static char text[256];
    static size_t length;
    ssize_t got = read(STDIN_FILENO, text + length, 1);
    if (got <= 0) {
        return -1;
    }
    if (text[length] != '\n') {
        length += length + 2 < sizeof(text) ? 1 : 0;
        return 0;
    }
    text[length] = '\0';
    length = 0;
    cv_request *request = cv_request_retrieve(client, CV_ISSUE, strtoll(text, NULL, 10), NULL);
    under_way++;
    if (request) {
        cv_request_on_done(request, show, NULL);
    } else {
        show(NULL, NULL); /* whose error says: no memory */
    }
    return 0;
}

static void loop(cv_client *client) {
    struct pollfd watched[] = {{.fd = STDIN_FILENO, .events = POLLIN},
                               {.fd = cv_client_fd(client), .events = POLLIN}};
    while (watched[0].fd >= 0 || under_way > 0) {
        /* Where there is no descriptor to watch, the client says how long to sleep at most. */
        int timeout_ms = watched[1].fd >= 0 ? -1 : (int)cv_client_next_deadline(client);
        poll(watched, 2, timeout_ms);
        if (watched[0].revents != 0 && read_ids(client) < 0) {
            watched[0].fd = -1; /* poll(2) passes it over */
        }
        cv_client_poll(client, 0);
    }
}

int main(int argc, char **argv) {
    if (argc != 3) {
        fprintf(stderr, "usage: %s BASE_URL DATABASE < IDS\n", argv[0]);
        return 2;
    }
    cv_options options = CV_OPTIONS_INIT;
    options.api_key = getenv("COMIC_VINE_API_KEY");
    options.base_url = argv[1];
    options.database = argv[2];
    options.drive = CV_DRIVE_POLL;
    cv_client *client = cv_client_open(&options);
    if (!client) {
        fprintf(stderr, "%s\n", cv_last_error()->message);
        return 1;
    }
    loop(client);
    cv_client_close(client);
    return failed == 0 ? 0 : 1;
}
