/* Owns the reading of raw heads. */
#include "support/raw_head.h"

#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char method[] = "GET ";
static const char version[] = " HTTP/1.1";

/* ---- parts ---- */

typedef struct part {
    const char *start;
    size_t length;
} part;

static part part_until(const char *start, const char *end) {
    return (part){start, (size_t)(end - start)};
}

static bool is(part self, const char *text) {
    return self.length == strlen(text) && memcmp(self.start, text, self.length) == 0;
}

/* Which of the names it is; the count of them: none. */
static size_t place_of(part self, const char *const names[], size_t count) {
    size_t i = 0;
    while (i < count && !is(self, names[i])) {
        i++;
    }
    return i;
}

static part request_line(const char *head) {
    return part_until(head, strstr(head, "\r\n"));
}

/* What stands behind the question mark; nothing without one. */
static part query_of(const char *head) {
    part line = request_line(head);
    const char *end = line.start + line.length - strlen(version);
    const char *mark = memchr(line.start, '?', line.length);
    return mark != NULL && mark < end ? part_until(mark + 1, end) : (part){end, 0};
}

/* Cuts the next piece off before the separator, which is gone then. False: there is no more. */
static bool cut(part *rest, char separator, part *piece) {
    if (rest->length == 0) {
        return false;
    }
    const char *end = memchr(rest->start, separator, rest->length);
    *piece = end != NULL ? part_until(rest->start, end) : *rest;
    size_t used = piece->length + (end != NULL ? 1 : 0);
    *rest = (part){rest->start + used, rest->length - used};
    return true;
}

static part name_of(part parameter) {
    const char *equals = memchr(parameter.start, '=', parameter.length);
    return equals != NULL ? part_until(parameter.start, equals) : parameter;
}

/* ---- what is wrong ---- */

/* Lines of printable ASCII that end in CR LF, the last one empty. */
static const char *fault_of_bytes(const char *head, size_t size) {
    const char *end = strstr(head, "\r\n\r\n");
    if (end == NULL || (size_t)(end - head) + 4 != size) {
        return "something stands behind the head, or a NUL in it";
    }
    for (size_t i = 0; i < size; i++) {
        unsigned char byte = (unsigned char)head[i];
        bool is_line_end =
            (byte == '\r' && head[i + 1] == '\n') || (byte == '\n' && i > 0 && head[i - 1] == '\r');
        if (!is_line_end && (byte < 0x20 || byte > 0x7E)) {
            return "a byte that is no printable ASCII";
        }
    }
    return NULL;
}

static const char *fault_of_line(part line) {
    size_t blanks = 0;
    size_t marks = 0;
    for (size_t i = 0; i < line.length; i++) {
        blanks += line.start[i] == ' ' ? 1 : 0;
        marks += line.start[i] == '?' ? 1 : 0;
        if (line.start[i] == '#') {
            return "a fragment in the request line";
        }
    }
    size_t ends = strlen(version);
    bool has_form = line.length > strlen(method) + ends &&
                    memcmp(line.start, method, strlen(method)) == 0 &&
                    memcmp(line.start + line.length - ends, version, ends) == 0;
    return !has_form    ? "no request line"
           : blanks > 2 ? "a blank in the target"
           : marks > 1  ? "two queries in the target"
                        : NULL;
}

static const char *fault_of_query(part query) {
    static const char *const names[] = {"format",    "field_list",      "filter",     "sort",
                                        "limit",     "offset",          "api_key",    "query",
                                        "resources", "subscriber_only", "video_type", "page"};
    bool seen[COUNT(names)] = {false};
    part parameter;
    while (cut(&query, '&', &parameter)) {
        size_t place = place_of(name_of(parameter), names, COUNT(names));
        if (place == COUNT(names) || seen[place]) {
            return "a parameter that is not the library's, or one twice";
        }
        seen[place] = true;
    }
    return seen[0] && seen[6] ? NULL : "no format or no key";
}

static const char *fault_of_headers(const char *head) {
    static const char *const names[] = {"Host", "User-Agent", "Accept", "Accept-Encoding",
                                        "Proxy-Connection"};
    bool seen[COUNT(names)] = {false};
    const char *line = strstr(head, "\r\n") + 2;
    while (*line != '\r') {
        const char *end = strstr(line, "\r\n");
        const char *colon = memchr(line, ':', (size_t)(end - line));
        part name = part_until(line, colon != NULL ? colon : end);
        size_t place = place_of(name, names, COUNT(names));
        if (place == COUNT(names) || seen[place]) {
            return "a header that is not the library's, or one twice";
        }
        seen[place] = true;
        line = end + 2;
    }
    return seen[0] && seen[1] ? NULL : "no Host or no User-Agent";
}

const char *raw_head_fault(const char *head, size_t size) {
    const char *fault = fault_of_bytes(head, size);
    if (fault == NULL) {
        fault = fault_of_line(request_line(head));
    }
    if (fault == NULL) {
        fault = fault_of_query(query_of(head));
    }
    return fault != NULL ? fault : fault_of_headers(head);
}

/* ---- what stands there ---- */

static void unescape(part escaped, char value[RAW_TEXT_MAX]) {
    size_t length = 0;
    for (size_t i = 0; i < escaped.length && length + 1 < RAW_TEXT_MAX; i++) {
        char byte = escaped.start[i];
        if (byte == '%' && i + 2 < escaped.length) {
            const char digits[] = {escaped.start[i + 1], escaped.start[i + 2], '\0'};
            byte = (char)strtol(digits, NULL, 16);
            i += 2;
        }
        value[length++] = byte;
    }
    value[length] = '\0';
}

bool raw_head_parameter(const char *head, const char *name, char value[RAW_TEXT_MAX]) {
    part query = query_of(head);
    part parameter;
    while (cut(&query, '&', &parameter)) {
        part found = name_of(parameter);
        if (is(found, name) && found.length < parameter.length) {
            unescape((part){found.start + found.length + 1, parameter.length - found.length - 1},
                     value);
            return true;
        }
    }
    return false;
}

bool raw_head_header(const char *head, const char *name, char value[RAW_TEXT_MAX]) {
    size_t length = strlen(name);
    const char *line = strstr(head, "\r\n") + 2;
    while (strncmp(line, name, length) != 0 || strncmp(line + length, ": ", 2) != 0) {
        if (*line == '\r') {
            return false;
        }
        line = strstr(line, "\r\n") + 2;
    }
    const char *start = line + length + 2;
    size_t size = (size_t)(strstr(start, "\r\n") - start);
    if (size >= RAW_TEXT_MAX) {
        return false;
    }
    memcpy(value, start, size);
    value[size] = '\0';
    return true;
}
