/*
 * A loopback imitation of the Comic Vine API, in-process, for tests and the demo.
 *
 * It serves a folder of recorded or synthetic answers (`<detail>/<type>-<id>.json` and
 * `<list>.json`, whole envelopes), applies field_list, limit, offset, sort and filter as the
 * service does, keeps a log of what it was asked, and breaks in any way a test asks it to.
 * Beside the API it has a made-up picture at every path below /a/uploads/, for which it wants no
 * key. It listens on 127.0.0.1 only. Every function may be called from any thread.
 *
 * With https, faults that break an answer off are not for use: they go past the encryption.
 *
 * What it does not do: XML, JSONP (both 102), types, rate limits. A list that the folder has no
 * file for is an empty list; a detail without a file is 101, even if a list mentions it. The
 * totals of a list are those of its file, whatever the file's own envelope says. Names of unknown
 * fields are ignored, as the service does. A search looks through the names in the lists; `page`
 * (from 1) wins over `offset` there.
 */
#ifndef TESTS_SERVER_SERVER_H
#define TESTS_SERVER_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct server server;

typedef struct server_options {
    const char *folder;    /* where the answers are; must exist */
    const char *api_key;   /* the one right key; NULL: any key that is not empty */
    const char *log_path;  /* a line is appended here for each answered request; NULL: nowhere */
    uint16_t port;         /* 0: any free one */
    char *tls_certificate; /* PEM text, with its key in the next: https; NULL: http */
    char *tls_key;
    bool gzip; /* compress if Accept-Encoding mentions gzip; a fault's body never */

    /* Wherever an answer has this text, the number of its request in the log stands in its place,
     * with leading zeros as long as the text; NULL: nothing is replaced. */
    const char *stamp;
} server_options;

/* Starts to serve. The options are copied. NULL if the folder is none, the log cannot be opened,
 * the port is taken or memory is short. */
server *server_start(const server_options *options);

/* Breaks off what is under way, joins every thread, frees everything. NULL is allowed. */
void server_stop(server *self);

/* "http://127.0.0.1:PORT/api", without a slash at its end. Lives as long as the server. */
const char *server_base_url(const server *self);

/* The port that is listened on. */
uint16_t server_port(const server *self);

/* ---- faults ------------------------------------------------------------------------------ */

typedef enum server_fault_kind {
    SERVER_FAULT_ANSWER,            /* a whole answer, with the changes that the fault asks for */
    SERVER_FAULT_TRUNCATE,          /* Content-Length of all, cut_at bytes, close */
    SERVER_FAULT_TRUNCATE_CHUNKED,  /* one chunk of cut_at bytes, no last chunk, close */
    SERVER_FAULT_TRUNCATE_UNFRAMED, /* no length at all, cut_at bytes, close */
    SERVER_FAULT_RESET,             /* RST before anything was sent */
    SERVER_FAULT_RESET_BODY,        /* headers and cut_at body bytes, then RST */
    SERVER_FAULT_CLOSE,             /* request read, connection closed, nothing sent */
    SERVER_FAULT_CLOSE_AFTER,       /* a whole answer, then an unannounced close */
    SERVER_FAULT_DRIP,              /* the whole body, in pieces, interval_ms apart, close */
    SERVER_FAULT_ENDLESS,           /* the body again and again, chunked, never ending */
    SERVER_FAULT_RAW,               /* the body in place of a whole answer, no head; close */
    SERVER_FAULT_RAW_RESET,         /* the same, then RST */
    SERVER_FAULT_RAW_ENDLESS        /* the same, from cut_at on again and again */
} server_fault_kind;

typedef struct server_header {
    const char *name;
    const char *value;
} server_header;

enum { SERVER_HEADERS_MAX = 8 };

#define SERVER_ALL SIZE_MAX

typedef struct server_fault {
    server_fault_kind kind;
    const char *path;         /* requests whose path starts so, e.g. "/api/issue/"; NULL: all */
    size_t times;             /* how many requests; 0 means 1, SERVER_ALL means for ever */
    size_t skip;              /* matching requests that pass unharmed first */
    unsigned delay_ms;        /* the answer is held back; other connections go on */
    unsigned http_status;     /* 0: the one that the answer would have had */
    unsigned api_status;      /* 0: none; else the service's error envelope of this code */
    const char *body;         /* NULL: the answer's own; else this, whatever was asked */
    size_t body_size;         /* 0: strlen(body) */
    const char *content_type; /* NULL: application/json */
    server_header headers[SERVER_HEADERS_MAX]; /* more headers, up to the first NULL name */
    size_t cut_at;                             /* TRUNCATE*, RESET_BODY: body bytes sent;
 RAW_ENDLESS: those sent once */
    size_t piece_size;    /* DRIP, ENDLESS: bytes at a time; 0 means 1 (ENDLESS: a body) */
    unsigned interval_ms; /* DRIP, ENDLESS: between two pieces */
} server_fault;

/* Adds a fault; copied. Faults are tried in the order in which they were added and the first that
 * matches wins; one that has been applied `times` times is over. False if memory is short. */
bool server_fault_add(server *self, const server_fault *fault);

/* Ends every fault that is not used up. Answers under way are not changed. */
void server_faults_clear(server *self);

/* ---- validators -------------------------------------------------------------------------- */

/* From now on (or no longer) answers with HTTP 200 carry an ETag made of their body, and a
 * Last-Modified that is always the same; a request that names either gets 304 and no body, if the
 * ETag, or without one the date, still fits. A fault's body counts as the answer's. */
void server_set_validators(server *self, bool on);

/* ---- holding ----------------------------------------------------------------------------- */

/* From now on requests whose path starts with `path` (NULL: all) are logged and then parked until
 * released. A second call replaces the path; what is parked stays so. False if memory is short. */
bool server_hold(server *self, const char *path);

/* Lets the `count` requests that were parked first go; SERVER_ALL: lets all go and parks no
 * more. A request that has been logged has been parked, so wait_for and release cannot miss. */
void server_release(server *self, size_t count);

/* ---- log --------------------------------------------------------------------------------- */

/* The texts belong to the server and live until server_stop. */
typedef struct server_request {
    const char *path;              /* percent-decoded, without the query */
    const char *query;             /* as sent, but the value of api_key is "***"; "" if none */
    const char *user_agent;        /* NULL: not sent */
    const char *accept_encoding;   /* NULL: not sent */
    const char *if_none_match;     /* likewise */
    const char *if_modified_since; /* likewise */
    bool key_was_right;
    unsigned http_status; /* as sent; 0: nothing sent (yet, or ever) */
    int64_t received_us;  /* CLOCK_BOOTTIME */
    int64_t answered_us;  /* likewise, just before that was sent; 0: not yet */
    size_t number;        /* 1 is the first in the log */
    size_t connection;    /* 1 is the first that was accepted */
} server_request;

/* How many requests have arrived whose path starts with `path` (NULL: all). */
size_t server_request_count(server *self, const char *path);

/* The `index`th of them, in the order of arrival. False if there is no such request. */
bool server_request_at(server *self, const char *path, size_t index, server_request *request);

/* Waits until at least `count` of them have arrived. False if timeout_ms went by first. */
bool server_wait_for(server *self, const char *path, size_t count, int timeout_ms);

#endif
