/* Fetches some issues and a list twice and says where each answer came from and how long it took.
 *
 * usage: demo DATABASE [BASE_URL]      the key comes from COMIC_VINE_API_KEY
 *
 * C11 for timespec_get alone; the library needs C99. */
#include <comicvine.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static const int64_t ids[] = {52, 61, 73};

static double now_ms(void) {
    struct timespec time;
    timespec_get(&time, TIME_UTC);
    return (double)time.tv_sec * 1000.0 + (double)time.tv_nsec / 1000000.0;
}

static const char *source_name(cv_source source) {
    static const char *const names[] = {
        [CV_SOURCE_CACHE] = "cache",
        [CV_SOURCE_NETWORK] = "network",
        [CV_SOURCE_SHARED] = "shared",
        [CV_SOURCE_STALE] = "stale",
    };
    return names[source];
}

static const char *or_dash(const char *text) {
    return text != NULL ? text : "-";
}

static bool fetch_issue(cv_client *client, int64_t id) {
    double start_ms = now_ms();
    const cv_issue *issue = cv_issue_retrieve(client, id, CV_PRIORITY_USER);
    double took_ms = now_ms() - start_ms;
    if (issue == NULL) {
        fprintf(stderr, "%s\n", cv_last_error()->message);
        return false;
    }
    printf("  %-8s %9.3f ms   issue %lld: %s #%s: %s\n", source_name(issue->record.source), took_ms,
           (long long)issue->id, issue->volume != NULL ? or_dash(issue->volume->name) : "-",
           or_dash(issue->issue_number), or_dash(issue->name));
    cv_issue_free(issue);
    return true;
}

static bool fetch_list(cv_client *client) {
    cv_query query = CV_QUERY_INIT;
    query.fields = "name,issue_number,volume,cover_date";
    query.sort = "cover_date:desc";
    query.limit = 5;
    double start_ms = now_ms();
    const cv_issue_page *page = cv_issue_list(client, &query, CV_PRIORITY_USER);
    double took_ms = now_ms() - start_ms;
    if (page == NULL) {
        fprintf(stderr, "%s\n", cv_last_error()->message);
        return false;
    }
    printf("  %-8s %9.3f ms   the newest %zu of %lld issues, from %s on\n",
           source_name(page->source), took_ms, page->count, (long long)page->total,
           page->count > 0 ? or_dash(page->items[page->count - 1]->cover_date) : "-");
    cv_issue_page_free(page);
    return true;
}

static bool fetch_all(cv_client *client, const char *title) {
    bool fetched = true;
    printf("\n== %s\n", title);
    for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
        fetched = fetch_issue(client, ids[i]) && fetched;
    }
    return fetch_list(client) && fetched;
}

int main(int argc, char **argv) {
    if (argc < 2) {
        fprintf(stderr, "usage: %s DATABASE [BASE_URL]\n", argv[0]);
        return 2;
    }
    cv_options options = CV_OPTIONS_INIT;
    options.api_key = getenv("COMIC_VINE_API_KEY");
    options.database = argv[1];
    options.base_url = argc > 2 ? argv[2] : NULL;
    options.application = "comicvine-demo/1.0";

    cv_client *client = cv_client_open(&options);
    if (client == NULL) {
        fprintf(stderr, "%s\n", cv_last_error()->message);
        return 1;
    }
    bool first = fetch_all(client, "the first time: one request a second goes to the service");
    bool second = fetch_all(client, "the second time: the cache answers");
    cv_client_close(client);
    return first && second ? 0 : 1;
}
