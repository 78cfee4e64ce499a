/* Fetches one issue and prints its name: the whole library in one call.
 *
 * usage: fetch ID [BASE_URL [DATABASE]]      the key comes from COMIC_VINE_API_KEY */
#include <comicvine.h>

#include <stdio.h>
#include <stdlib.h>

static const char *or_dash(const char *text) {
    return text ? text : "-";
}

int main(int argc, char **argv) {
    char *end = NULL;
    long long id = argc > 1 ? strtoll(argv[1], &end, 10) : 0;
    if (argc < 2 || *end != '\0') {
        fprintf(stderr, "usage: %s ID [BASE_URL [DATABASE]]\n", argv[0]);
        return 2;
    }
    cv_options options = CV_OPTIONS_INIT;
    options.api_key = getenv("COMIC_VINE_API_KEY");
    options.base_url = argc > 2 ? argv[2] : NULL;
    options.database = argc > 3 ? argv[3] : NULL;
    options.application = "fetch-example/1.0";

    cv_client *client = cv_client_open(&options);
    const cv_issue *issue = client ? cv_issue_retrieve(client, id, CV_PRIORITY_USER) : NULL;
    if (issue) {
        printf("%s #%s: %s\n", or_dash(issue->volume ? issue->volume->name : NULL),
               or_dash(issue->issue_number), or_dash(issue->name));
    } else {
        fprintf(stderr, "%s\n", cv_last_error()->message);
    }
    int status = issue ? 0 : 1;
    cv_issue_free(issue);
    cv_client_close(client);
    return status;
}
