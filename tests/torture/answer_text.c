/* Owns the texts. Used by the runner's thread. */
#include "torture/answer_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <zlib.h>

enum {
    BOMB_BYTES = 100000000,
    PIECE_BYTES = 1 << 16,
    GZIP_MAX = 1 << 18,
    LOCATION_MAX = 256,
    WITH_GZIP_HEAD = 16 + MAX_WBITS,
    MEMORY_LEVEL = 8
};

static unsigned char *bomb;
static size_t bomb_size;
static char location[LOCATION_MAX];

void answer_texts_make(void) {
    static unsigned char blanks[PIECE_BYTES];
    z_stream stream = {0};
    memset(blanks, ' ', sizeof(blanks));
    bomb = malloc(GZIP_MAX);
    assert_non_null(bomb);
    assert_int_equal(deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, WITH_GZIP_HEAD,
                                  MEMORY_LEVEL, Z_DEFAULT_STRATEGY),
                     Z_OK);
    stream.next_out = bomb;
    stream.avail_out = GZIP_MAX;
    for (int written = 0; written < BOMB_BYTES; written += PIECE_BYTES) {
        stream.next_in = blanks;
        stream.avail_in = PIECE_BYTES;
        assert_int_equal(deflate(&stream, Z_NO_FLUSH), Z_OK);
    }
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    bomb_size = stream.total_out;
    assert_int_equal(deflateEnd(&stream), Z_OK);
}

void answer_texts_free(void) {
    free(bomb);
    bomb = NULL;
}

/* The detail and the lists are redirected alike: where to does not matter. */
static void redirect(const server *to, server_fault *answer) {
    (void)snprintf(location, sizeof(location), "%s/issue/4000-52/", server_base_url(to));
    answer->http_status = 302;
    answer->body = "";
    answer->headers[0] = (server_header){"Location", location};
}

static void send_gzip(size_t size, server_fault *answer) {
    answer->body = (const char *)bomb;
    answer->body_size = size;
    answer->headers[0] = (server_header){"Content-Encoding", "gzip"};
}

void answer_text_fill(torture_text text, const server *here, const server *elsewhere,
                      server_fault *answer) {
    switch (text) {
    case TEXT_BOMB:
        send_gzip(bomb_size, answer);
        break;
    case TEXT_CUT_GZIP:
        send_gzip(GZIP_MAX / 1024, answer);
        break;
    case TEXT_ELSEWHERE:
        redirect(elsewhere, answer);
        break;
    case TEXT_LOOP:
        redirect(here, answer);
        break;
    case TEXT_NONE:
        break;
    }
}
