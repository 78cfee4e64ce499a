/* An answer before it is sent. */
#ifndef TESTS_SERVER_REPLY_H
#define TESTS_SERVER_REPLY_H

#include <stdbool.h>
#include <stddef.h>

typedef struct loopback_reply {
    unsigned http_status;
    const char
        *content_type; /* borrowed: static, or a fault's, which lives as long as the server */
    char *body;        /* malloc'd, owned */
    size_t body_size;
    bool gzip;     /* the body is compressed */
    char etag[24]; /* "": none is sent, nor a date */
} loopback_reply;

/* The status codes of the envelope that this server itself says. */
enum {
    LOOPBACK_API_INVALID_KEY = 100,
    LOOPBACK_API_NOT_FOUND = 101,
    LOOPBACK_API_URL_FORMAT = 102,
    LOOPBACK_API_FILTER = 104
};

/* A JSON answer of HTTP 200; takes the body over. */
void loopback_reply_json(loopback_reply *reply, char *body, size_t body_size);

/* The service's error envelope, with the HTTP status that goes with the code. A code that the
 * service does not have gets "Unknown Error" and 200. False if memory is short. */
bool loopback_reply_error(loopback_reply *reply, unsigned api_status);

/* A short plain text, for what the imitated service would not say (405, 500). */
bool loopback_reply_text(loopback_reply *reply, unsigned http_status, const char *text);

/* Puts a copy of these bytes in the place of the body. False if memory is short. */
bool loopback_reply_replace(loopback_reply *reply, const char *body, size_t body_size);

/* Gives the reply validators, if it is a good one; and makes it 304 without a body if these (NULL:
 * not sent) say that the client has it. False if memory is short. */
bool loopback_reply_validate(loopback_reply *reply, const char *if_none_match,
                             const char *if_modified_since);

/* Puts a number in the place of each `stamp` (not "") in the body, as long as that. */
void loopback_reply_stamp(loopback_reply *reply, const char *stamp, size_t number);

/* When everything was last modified. */
#define LOOPBACK_LAST_MODIFIED "Sun, 06 Nov 1994 08:49:37 GMT"

/* Compresses the body. False if memory is short; the reply is then as before. */
bool loopback_reply_compress(loopback_reply *reply);

/* Frees the body. */
void loopback_reply_clear(loopback_reply *reply);

#endif
