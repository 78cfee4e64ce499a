/* Images through other networks than libcurl: recorded and replayed, refused for want of one. */
#include <string.h>

#include <comicvine/sys/replay.h>

#include "support/image.h"

static cv_client *open_on(const api *self, const cv_transport *transport) {
    cv_options options = api_options(self);
    options.transport = transport;
    return api_open(self, &options);
}

static void test_an_image_is_replayed(void **context) {
    const api *self = *context;
    cv_transport recorder;
    cv_transport player;
    cv_replay_options options = CV_REPLAY_OPTIONS_INIT;
    image_url url = image_at(self->server, IMAGE_NAME);
    server_set_validators(self->server, true);
    assert_true(cv_transport_record(&recorder, self->scratch.folder, NULL));
    cv_client *client = open_on(self, &recorder);
    const cv_picture *first = image_get(client, url.text, NULL);
    cv_client_close(client);
    options.folder = self->scratch.folder;
    assert_true(cv_transport_replay(&player, &options));
    client = open_on(self, &player);
    const cv_picture *second = image_get(client, url.text, NULL);
    assert_int_equal(second->size, first->size);
    assert_memory_equal(second->data, first->data, first->size);
    assert_string_equal(second->etag, first->etag);
    assert_int_equal(image_requests(self), 1);
    cv_picture_free(first);
    cv_picture_free(second);
    image_url other = image_at(self->server, "icon/unrecorded.png");
    assert_int_equal(image_fetch(client, other.text, NULL).code, CV_ERROR_NETWORK);
    cv_client_close(client);
}

/* What another network hands over in pieces, on its own terms, and in which bytes the key stands by
 * chance: they are not text, and stay as they are. */
static bool answer_at_once(void *user, cv_transfer *transfer, const cv_transfer_request *request) {
    static const char body[] = "GIF89a" API_KEY;
    size_t *most = user;
    *most = request->max_body_bytes;
    assert_null(strstr(request->url, API_KEY));
    for (size_t i = 0; i < request->header_count; i++) {
        assert_null(strstr(request->headers[i].value, API_KEY));
    }
    for (size_t i = 0; i < sizeof(body) - 1; i++) {
        assert_true(cv_transfer_body(transfer, body + i, 1));
    }
    cv_transfer_complete(transfer, CV_TRANSFER_ANSWERED, 200, NULL);
    cv_transfer_release(transfer);
    return true;
}

static void test_bytes_stay_as_they_are(void **context) {
    const api *self = *context;
    size_t most = 0;
    cv_transport network = CV_TRANSPORT_INIT;
    network.user = &most;
    network.start = answer_at_once;
    cv_options options = api_options(self);
    options.drive = CV_DRIVE_POLL; /* what the network asserts fails on this thread */
    options.transport = &network;
    cv_client *client = api_open(self, &options);
    cv_image_options wanted = CV_IMAGE_OPTIONS_INIT;
    wanted.max_bytes = 100;
    const cv_picture *picture = image_get(client, "http://nowhere.example/1.gif", &wanted);
    assert_int_equal(most, 100);
    assert_int_equal(picture->size, 6 + strlen(API_KEY));
    assert_memory_equal((const char *)picture->data + 6, API_KEY, strlen(API_KEY));
    cv_picture_free(picture);
    cv_client_close(client);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        API_TEST(test_an_image_is_replayed),
        API_TEST(test_bytes_stay_as_they_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
