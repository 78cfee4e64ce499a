/* Owns the form of recordings. What is read may have been written by hand, or by nobody's friend:
 * each line is checked, and lengths are believed only as far as the text reaches. Pure. */
#include "client/recording.h"

#include <string.h>
#include <strings.h>

#include "client/address.h"
#include "support/digest.h"
#include "support/error.h"
#include "support/platform.h"

#define FIRST_LINE           "comicvine-replay 1"
#define LONGEST_NAME         ((size_t)60)
#define MOST_DIGITS          ((size_t)9)
#define KEY_PARAMETER        "api_key="
#define KEY_PARAMETER_LENGTH (sizeof(KEY_PARAMETER) - 1)

static const struct {
    cv_transfer_end end;
    const char *word;
} ends[] = {
    {CV_TRANSFER_FAILED, "failed"},
    {CV_TRANSFER_TIMED_OUT, "timed-out"},
    {CV_TRANSFER_BROKEN, "broken"},
    {CV_TRANSFER_TOO_LARGE, "too-large"},
};
enum { END_COUNT = sizeof(ends) / sizeof(ends[0]) };

/* ---- names ---- */

bool cvi_recording_check_folder(const char *folder, cv_error *error) {
    if (folder == NULL || folder[0] == '\0') {
        cvi_error_set(error, CV_ERROR_ARGUMENT, "there is no folder of recordings named");
        return false;
    }
    if (!cvi_file_exists(folder)) {
        cvi_error_set(error, CV_ERROR_ARGUMENT, "there is no folder %.150s", folder);
        return false;
    }
    return true;
}

static int hex_value(char character) {
    static const char digits[] = "0123456789abcdef";
    const char *place = strchr(digits, character | 0x20);
    return character != '\0' && place != NULL ? (int)(place - digits) : -1;
}

static void add_unescaped(cvi_buffer *out, cvi_address_part text) {
    for (size_t i = 0; i < text.length; i++) {
        int high = i + 2 < text.length && text.start[i] == '%' ? hex_value(text.start[i + 1]) : -1;
        int low = high >= 0 ? hex_value(text.start[i + 2]) : -1;
        if (low >= 0) {
            cvi_buffer_add_char(out, (char)(unsigned char)(high * 16 + low));
            i += 2;
        } else {
            cvi_buffer_add_char(out, text.start[i]);
        }
    }
}

static void find_key(cvi_address_part query, cvi_buffer *key) {
    cvi_address_part parameter;
    while (cvi_address_next_parameter(&query, &parameter)) {
        if (parameter.length >= KEY_PARAMETER_LENGTH &&
            strncasecmp(parameter.start, KEY_PARAMETER, KEY_PARAMETER_LENGTH) == 0) {
            add_unescaped(key, (cvi_address_part){parameter.start + KEY_PARAMETER_LENGTH,
                                                  parameter.length - KEY_PARAMETER_LENGTH});
        }
    }
}

bool cvi_recorded_target(const char *url, cvi_buffer *target, cvi_buffer *key) {
    cvi_address address;
    if (!cvi_address_parse(&address, url)) {
        return false;
    }
    find_key(address.query, key);
    cvi_buffer_add(target, address.path.start, address.path.length);
    cvi_address_add_query(target, address.query);
    return !target->failed && !key->failed;
}

static bool is_plain(char character) {
    return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
           (character >= '0' && character <= '9') || character == '-' || character == '_';
}

void cvi_recording_path(const char *folder, const char *target, int number, cvi_buffer *out) {
    char hash[CVI_HASH_SIZE];
    size_t path = strcspn(target, "?");
    cvi_hash_hex(target, strlen(target), hash);
    cvi_buffer_add_text(out, folder);
    cvi_buffer_add_char(out, '/');
    for (size_t i = path > LONGEST_NAME ? path - LONGEST_NAME : 0; i < path; i++) {
        bool is_edge = i == 0 || i + 1 == path;
        if (is_plain(target[i])) {
            cvi_buffer_add_char(out, target[i]);
        } else if (!is_edge) {
            cvi_buffer_add_char(out, '_');
        }
    }
    cvi_buffer_add_char(out, '-');
    cvi_buffer_add(out, hash, 16);
    cvi_buffer_add_char(out, '-');
    cvi_buffer_add_int(out, number);
    cvi_buffer_add_text(out, ".txt");
}

/* ---- writing ---- */

bool cvi_recorded_has_header(const char *name) {
    static const char *const names[] = {"Location", "Retry-After",   "X-RateLimit-Reset",
                                        "ETag",     "Last-Modified", "Cache-Control"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcasecmp(name, names[i]) == 0) {
            return true;
        }
    }
    return false;
}

static const char *word_of(cv_transfer_end end) {
    for (size_t i = 0; i < END_COUNT; i++) {
        if (ends[i].end == end) {
            return ends[i].word;
        }
    }
    return NULL;
}

bool cvi_recorded_has_end(cv_transfer_end end) {
    return end == CV_TRANSFER_ANSWERED || word_of(end) != NULL;
}

void cvi_recording_write(const cvi_recorded *recorded, cvi_buffer *out) {
    cvi_buffer_add_text(out, FIRST_LINE "\nGET ");
    cvi_buffer_add_text(out, recorded->target);
    cvi_buffer_add_char(out, '\n');
    if (recorded->http_status != 0) {
        cvi_buffer_add_format(out, "status %d\n", recorded->http_status);
    }
    if (recorded->end != CV_TRANSFER_ANSWERED) {
        cvi_buffer_add_format(out, "end %s\n", word_of(recorded->end));
    }
    cvi_buffer_add(out, recorded->headers, recorded->headers_size);
    cvi_buffer_add_format(out, "body %zu\n", recorded->size);
    cvi_buffer_add(out, recorded->body, recorded->size);
}

/* ---- reading ---- */

/* What is left of a text; lines end where they are taken. */
typedef struct reader {
    char *next;
    char *end;
} reader;

/* The next line without its end; NULL: there is none, or a NUL in it. */
static char *next_line(reader *from) {
    char *line = from->next;
    char *newline = memchr(line, '\n', (size_t)(from->end - line));
    if (newline == NULL || memchr(line, '\0', (size_t)(newline - line)) != NULL) {
        return NULL;
    }
    *newline = '\0';
    if (newline > line && newline[-1] == '\r') {
        newline[-1] = '\0';
    }
    from->next = newline + 1;
    return line;
}

/* What follows `word` in a line; NULL: another word stands there. */
static const char *after(const char *line, const char *word) {
    size_t length = strlen(word);
    return strncmp(line, word, length) == 0 ? line + length : NULL;
}

/* Digits and nothing else. */
static bool read_number(const char *text, size_t *number) {
    size_t length = strlen(text);
    *number = 0;
    if (length == 0 || length > MOST_DIGITS || strspn(text, "0123456789") != length) {
        return false;
    }
    for (; *text != '\0'; text++) {
        *number = *number * 10 + (size_t)(*text - '0');
    }
    return true;
}

static bool read_end(const char *word, cvi_recorded *recorded) {
    for (size_t i = 0; i < END_COUNT; i++) {
        if (strcmp(ends[i].word, word) == 0) {
            recorded->end = ends[i].end;
            return true;
        }
    }
    return false;
}

static bool read_status(const char *text, cvi_recorded *recorded) {
    size_t number = 0;
    bool is_status = read_number(text, &number) && number >= 200 && number <= 599;
    recorded->http_status = is_status ? (int)number : 0;
    return is_status;
}

/* What is left, or the first bytes of it, behind which an editor may have left a line's end. */
static bool read_body(const char *line, const reader *from, cvi_recorded *recorded) {
    size_t left = (size_t)(from->end - from->next);
    recorded->body = from->next;
    recorded->size = left;
    if (line[0] == '\0') {
        return true;
    }
    return line[0] == ' ' && read_number(line + 1, &recorded->size) && recorded->size <= left &&
           (recorded->size == left || (recorded->size + 1 == left && from->end[-1] == '\n'));
}

/* A line "header NAME: VALUE", which stays where it is, cut into two texts. No header holds a CR,
 * and one at the end of a value would be taken for a part of the line's end when it is written. */
static bool read_header(char *header) {
    char *colon = strstr(header, ": ");
    if (colon == NULL || colon == header || strchr(header, '\r') != NULL) {
        return false;
    }
    *colon = '\0';
    return true;
}

/* One line between the request and the body. */
static bool read_line(char *line, cvi_recorded *recorded) {
    const char *rest = after(line, "status ");
    if (rest != NULL) {
        return read_status(rest, recorded);
    }
    rest = after(line, "end ");
    if (rest != NULL) {
        return read_end(rest, recorded);
    }
    return after(line, "header ") != NULL && read_header(line + strlen("header "));
}

static bool fail(cvi_buffer *reason, const char *what, const char *line) {
    cvi_buffer_add_text(reason, what);
    if (line != NULL) {
        cvi_buffer_add(reason, line, strnlen(line, 60));
    }
    return false;
}

/* The lines between the second one and that of the body. */
static bool read_answer(reader *from, cvi_recorded *recorded, cvi_buffer *reason) {
    recorded->headers = from->next;
    for (char *line; (line = next_line(from)) != NULL;) {
        const char *rest = after(line, "body");
        if (rest != NULL) {
            recorded->headers_size = (size_t)(line - recorded->headers);
            if (!read_body(rest, from, recorded)) {
                return fail(reason, "its body is not as long as it says", NULL);
            }
            bool has_status = recorded->http_status != 0 || recorded->end != CV_TRANSFER_ANSWERED;
            return has_status || fail(reason, "it has neither status nor end", NULL);
        }
        if (!read_line(line, recorded)) {
            return fail(reason, "it has a line that is not understood: ", line);
        }
    }
    return fail(reason, "it has no body", NULL);
}

bool cvi_recording_read(char *text, size_t size, const char *target, cvi_recorded *recorded,
                        cvi_buffer *reason) {
    reader from = {text, text + size};
    *recorded = (cvi_recorded){.target = target, .end = CV_TRANSFER_ANSWERED};
    const char *first = next_line(&from);
    if (first == NULL || strcmp(first, FIRST_LINE) != 0) {
        return fail(reason, "it does not begin with \"" FIRST_LINE "\"", NULL);
    }
    const char *second = next_line(&from);
    const char *of = second != NULL ? after(second, "GET ") : NULL;
    if (of == NULL || strcmp(of, target) != 0) {
        return fail(reason, "it is of another request", NULL);
    }
    return read_answer(&from, recorded, reason);
}

/* The lines have been cut where they ended, and header lines behind the name too. */
void cvi_recorded_hand_over(const cvi_recorded *recorded, cv_transfer *transfer) {
    const char *end = recorded->headers + recorded->headers_size;
    for (const char *line = recorded->headers; line < end;) {
        const char *name = after(line, "header ");
        const char *last = line;
        if (name != NULL) {
            last = name + strlen(name) + strlen(": ");
            cv_transfer_header(transfer, name, last);
        }
        line = last + strlen(last);
        while (line < end && *line == '\0') {
            line++;
        }
    }
}
