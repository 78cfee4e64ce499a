/* Fetches one issue and prints it: the whole library in one call. Asked again, the cache answers.
 *
 * usage: fetch ISSUE [BASE_URL [DATABASE]]      the key comes from COMIC_VINE_API_KEY
 *
 * ISSUE is an id or the address of a page: 52, 4000-52, https://comicvine.gamespot.com/.../4000-52/
 * Ends with 0, with 1 if there is no issue to print, with 2 if it was called wrongly. */
#include <comicvine.h>

#include <stdio.h>
#include <stdlib.h>

/* Text is NULL where the service has none. */
static const char *or_dash(const char *text) {
    return text ? text : "-";
}

static void print_issue(const cv_issue *issue) {
    printf("%s #%s: %s\n", or_dash(issue->volume ? issue->volume->name : NULL),
           or_dash(issue->issue_number), or_dash(issue->name));
    printf("cover date: %s\n", or_dash(issue->cover_date));
    for (size_t i = 0; i < issue->person_credits.count; i++) {
        const cv_person_credit *credit = &issue->person_credits.items[i];
        printf("%s: %s\n", or_dash(credit->role), or_dash(credit->name));
    }
    printf("%s\n", or_dash(issue->site_detail_url));
}

static void print_error(const cv_error *error) {
    fprintf(stderr, "%s\n", error->message);
    if (error->retryable && error->retry_after_ms > 0) {
        fprintf(stderr, "try again in %lld s\n", (long long)(error->retry_after_ms / 1000 + 1));
    }
}

int main(int argc, char **argv) {
    int64_t id = 0;
    if (argc < 2 || argc > 4 || !cv_id_parse(argv[1], CV_ISSUE, &id)) {
        fprintf(stderr, "usage: %s ISSUE [BASE_URL [DATABASE]]\n", argv[0]);
        return 2;
    }
    cv_options options = CV_OPTIONS_INIT;
    options.api_key = getenv("COMIC_VINE_API_KEY");
    options.base_url = argc > 2 ? argv[2] : NULL; /* NULL: the real service */
    options.database = argc > 3 ? argv[3] : NULL; /* NULL: the file that all programs share */
    options.application = "fetch-example/1.0";

    cv_client *client = cv_client_open(&options);
    const cv_issue *issue = client ? cv_issue_retrieve(client, id, CV_PRIORITY_USER) : NULL;
    if (issue) {
        print_issue(issue);
    } else {
        print_error(cv_last_error());
    }
    int status = issue ? 0 : 1;
    cv_issue_free(issue); /* NULL is fine, here and everywhere */
    cv_client_close(client);
    return status;
}
