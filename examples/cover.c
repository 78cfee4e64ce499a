/* Fetches the cover of an issue into a file: the record says where it is, in which sizes.
 *
 * usage: cover ISSUE FILE [BASE_URL [DATABASE]]      the key comes from COMIC_VINE_API_KEY
 *
 * The image is kept in the file of images, so that asking again costs no request; the API key does
 * not go where images are. Ends with 0, with 1 if there is no cover, with 2 if it was called
 * wrongly. */
#include <comicvine.h>

#include <stdio.h>
#include <stdlib.h>

static const char *source_name(cv_source source) {
    return source == CV_SOURCE_NETWORK ? "fetched" : "from the file of images";
}

static int fetch_cover(cv_client *client, const cv_issue *issue, const char *path) {
    cv_image_options options = CV_IMAGE_OPTIONS_INIT;
    options.cache = true;
    options.path = path;
    const cv_picture *cover =
        cv_image_fetch(client, cv_image_url(issue->image, CV_IMAGE_MEDIUM), &options);
    if (!cover) {
        fprintf(stderr, "%s\n", cv_last_error()->message);
        return 1;
    }
    printf("%s: %s, %lld by %lld, %zu bytes, %s\n", path, cover->content_type,
           (long long)cover->width, (long long)cover->height, cover->size,
           source_name(cover->source));
    cv_picture_free(cover);
    return 0;
}

int main(int argc, char **argv) {
    int64_t id = 0;
    if (argc < 3 || argc > 5 || !cv_id_parse(argv[1], CV_ISSUE, &id)) {
        fprintf(stderr, "usage: %s ISSUE FILE [BASE_URL [DATABASE]]\n", argv[0]);
        return 2;
    }
    cv_options options = CV_OPTIONS_INIT;
    options.api_key = getenv("COMIC_VINE_API_KEY");
    options.base_url = argc > 3 ? argv[3] : NULL; /* NULL: the real service */
    options.database = argc > 4 ? argv[4] : NULL; /* NULL: the file that all programs share */
    options.application = "cover-example/1.0";

    int status = 1;
    cv_client *client = cv_client_open(&options);
    const cv_issue *issue = client ? cv_issue_retrieve(client, id, CV_PRIORITY_USER) : NULL;
    if (issue) {
        status = fetch_cover(client, issue, argv[2]);
    } else {
        fprintf(stderr, "%s\n", cv_last_error()->message);
    }
    cv_issue_free(issue);
    cv_client_close(client);
    return status;
}
