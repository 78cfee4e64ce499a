/* Tests a function of one's own that uses the library, without network and key: the answers come
 * from a folder. With a key the same program records them there first.
 *
 * usage: replay FOLDER [BASE_URL]      COMIC_VINE_API_KEY: records; without it: replays */
#include <comicvine.h>
#include <comicvine/sys/replay.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is to be tested: the title of an issue as this application shows it. */
static bool write_title(cv_client *client, int64_t id, char *title, size_t size) {
    const cv_issue *issue = cv_issue_retrieve(client, id, CV_PRIORITY_USER);
    if (issue == NULL) {
        return false;
    }
    const char *volume = issue->volume != NULL ? issue->volume->name : NULL;
    snprintf(title, size, "%s #%s", volume != NULL ? volume : "?",
             issue->issue_number != NULL ? issue->issue_number : "?");
    cv_issue_free(issue);
    return true;
}

static bool open_transport(cv_transport *transport, const char *folder, bool records) {
    if (records) {
        return cv_transport_record(transport, folder, NULL);
    }
    cv_replay_options options = CV_REPLAY_OPTIONS_INIT;
    options.folder = folder;
    return cv_transport_replay(transport, &options);
}

/* Its database is in memory: each run begins with nothing. */
static cv_client *open_client(cv_transport *transport, const char *key, const char *base_url) {
    cv_options options = CV_OPTIONS_INIT;
    options.api_key = key != NULL ? key : "none";
    options.base_url = base_url;
    options.database = ":memory:";
    options.transport = transport;
    if (key == NULL) {
        options.rate_limit.min_interval_ms = CV_NO_INTERVAL; /* nobody is asked */
    }
    cv_client *client = cv_client_open(&options);
    if (client == NULL) {
        transport->close(transport->user);
    }
    return client;
}

int main(int argc, char **argv) {
    const char *key = getenv("COMIC_VINE_API_KEY");
    if (argc < 2) {
        fprintf(stderr, "usage: %s FOLDER [BASE_URL]\n", argv[0]);
        return 2;
    }
    cv_transport transport = CV_TRANSPORT_INIT;
    cv_client *client = NULL;
    char title[200] = "";
    if (open_transport(&transport, argv[1], key != NULL)) {
        client = open_client(&transport, key, argc > 2 ? argv[2] : NULL);
    }
    bool written = client != NULL && write_title(client, 52, title, sizeof(title));
    if (!written) {
        fprintf(stderr, "%s\n", cv_last_error()->message);
    }
    cv_client_close(client);
    bool passes = written && strcmp(title, "The Lamplighter #7") == 0;
    printf("%s: %s\n", passes ? "ok" : "not ok", title);
    return passes ? 0 : 1;
}
