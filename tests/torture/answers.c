/* Owns the table of what can go wrong with a transfer: on the way to the service, and in what
 * comes back. All texts are ours. */
#include "torture/fault.h"

#define ANSWER(word, ...)                                                                          \
    {                                                                                              \
        .name = "answer " word, .seam = SEAM_ANSWER, .answer = { __VA_ARGS__ }                     \
    }
#define SLOW(word, ...)                                                                            \
    {                                                                                              \
        .name = "answer " word, .seam = SEAM_ANSWER, .is_slow = true, .answer = { __VA_ARGS__ }    \
    }
#define TEXT(word, which)                                                                          \
    { .name = "answer " word, .seam = SEAM_ANSWER, .text = (which) }
#define RAW(word, bytes) ANSWER(word, .kind = SERVER_FAULT_RAW, .body = (bytes))
#define RESET_AT(kilobytes)                                                                        \
    ANSWER("reset at " #kilobytes " kB", .kind = SERVER_FAULT_RESET_BODY,                          \
           .cut_at = (size_t)(kilobytes)*1024)
#define ASTRAY(word, which)                                                                        \
    { .name = "transfer " word, .seam = SEAM_TRANSFER, .detour = (which) }
#define ENDS(word, how)                                                                            \
    { .name = "transfer " word, .seam = SEAM_TRANSFER, .detour = DETOUR_END, .end = (how) }

#define OK_HEAD "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"

enum { STALL_MS = 3600000, DRIP_MS = 20, MEGABYTE = 1 << 20, CUT_AT = 700 };

const torture_fault answer_faults[] = {
    ASTRAY("refused", DETOUR_REFUSED),
    ASTRAY("to no such host", DETOUR_NO_SUCH_HOST),
    ASTRAY("without TLS", DETOUR_NO_TLS),
    ASTRAY("without memory", DETOUR_NO_MEMORY),
    ENDS("not sent", CV_TRANSFER_NOT_SENT),
    ENDS("failed", CV_TRANSFER_FAILED),
    ENDS("on a dead connection", CV_TRANSFER_DEAD_CONNECTION),
    ENDS("timed out", CV_TRANSFER_TIMED_OUT),
    ENDS("broken", CV_TRANSFER_BROKEN),
    ENDS("short of memory", CV_TRANSFER_NO_MEMORY),
    ENDS("refused by the transport", CV_TRANSFER_REFUSED),

    ANSWER("reset before the head", .kind = SERVER_FAULT_RESET),
    {.name = "answer reset from then on",
     .seam = SEAM_ANSWER,
     .keeps_failing = true,
     .answer = {.kind = SERVER_FAULT_RESET}},
    ANSWER("reset in the status line", .kind = SERVER_FAULT_RAW_RESET, .body = "HTTP/1.1 20"),
    ANSWER("reset in the headers", .kind = SERVER_FAULT_RAW_RESET, .body = OK_HEAD "Content-Len"),
    RESET_AT(0),
    RESET_AT(1),
    RESET_AT(2),
    RESET_AT(3),
    RESET_AT(4),
    RESET_AT(5),
    RESET_AT(6),
    RESET_AT(7),
    ANSWER("closed before the head", .kind = SERVER_FAULT_CLOSE),
    RAW("closed in the headers", OK_HEAD "Content-Length: 10\r\n"),
    ANSWER("closed after the answer", .kind = SERVER_FAULT_CLOSE_AFTER),
    ANSWER("cut", .kind = SERVER_FAULT_TRUNCATE, .cut_at = CUT_AT),
    ANSWER("cut in a chunk", .kind = SERVER_FAULT_TRUNCATE_CHUNKED, .cut_at = CUT_AT),
    ANSWER("cut without length", .kind = SERVER_FAULT_TRUNCATE_UNFRAMED, .cut_at = CUT_AT),
    RAW("of less than its length", OK_HEAD "Content-Length: 99999999999\r\n\r\n{}"),
    RAW("of more than its length", OK_HEAD "Content-Length: 2\r\n\r\n{}{}{}{}"),
    RAW("of a negative length", OK_HEAD "Content-Length: -5\r\n\r\n{}"),
    RAW("of two lengths", OK_HEAD "Content-Length: 2\r\nContent-Length: 9\r\n\r\n{}{}{}{}"),
    RAW("of a length in words", OK_HEAD "Content-Length: many\r\n\r\n{}"),
    RAW("in bad chunks", OK_HEAD "Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n"),
    RAW("in chunks too large",
        OK_HEAD "Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n{}\r\n"),
    RAW("in no HTTP", "SSH-2.0-Server_1\r\n"),
    RAW("of an unknown coding", OK_HEAD "Content-Encoding: br\r\nContent-Length: 2\r\n\r\n{}"),
    ANSWER("in bad gzip", .body = "\x1f\x8b\x08 nothing of it",
           .headers = {{"Content-Encoding", "gzip"}}),
    TEXT("in half a gzip", TEXT_CUT_GZIP),
    TEXT("of a gzip bomb", TEXT_BOMB),
    ANSWER("of more than 100 MB", .kind = SERVER_FAULT_ENDLESS, .piece_size = MEGABYTE),
    ANSWER("204", .http_status = 204, .body = ""),
    ANSWER("304", .http_status = 304, .body = ""),
    ANSWER("500", .http_status = 500, .body = ""),
    ANSWER("503 and a pause", .http_status = 503, .body = "", .headers = {{"Retry-After", "9"}}),
    ANSWER("429 and a pause", .http_status = 429, .body = "", .headers = {{"Retry-After", "9"}}),
    ANSWER("limit exceeded", .api_status = 107),
    ANSWER("ban page", .http_status = 403, .body = "<html><title>No</title></html>",
           .content_type = "text/html"),
    RAW("interim alone", "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"),
    ANSWER("interim without end", .kind = SERVER_FAULT_RAW_ENDLESS,
           .body = "HTTP/1.1 100 Continue\r\n\r\n"),
    ANSWER("of headers without end", .kind = SERVER_FAULT_RAW_ENDLESS,
           .body = OK_HEAD "X-Filler: something\r\n", .cut_at = sizeof(OK_HEAD) - 1),
    SLOW("stalled", .delay_ms = STALL_MS),
    SLOW("dripping", .kind = SERVER_FAULT_DRIP, .interval_ms = DRIP_MS),
    TEXT("redirected to another host", TEXT_ELSEWHERE),
    {.name = "answer redirected in a loop",
     .seam = SEAM_ANSWER,
     .keeps_failing = true,
     .text = TEXT_LOOP},
    ANSWER("redirected to nowhere", .http_status = 301, .body = ""),
};

const size_t answer_fault_count = sizeof(answer_faults) / sizeof(answer_faults[0]);
