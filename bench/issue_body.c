/* Owns the text of made-up issues. Any thread. */
#include "issue_body.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "team.h"

typedef struct writer {
    char *text;
    size_t length;
    size_t size;
} writer;

static void add(writer *self, const char *text) {
    size_t length = strlen(text);
    team_check(length <= self->size - self->length, "a body has room for its parts");
    memcpy(self->text + self->length, text, length);
    self->length += length;
}

static void add_fields(writer *self, int64_t id) {
    char text[512];
    int length =
        snprintf(text, sizeof(text),
                 "{\"error\":\"OK\",\"limit\":1,\"offset\":0,\"number_of_page_results\":1,"
                 "\"number_of_total_results\":1,\"status_code\":1,\"results\":{\"id\":%" PRId64
                 ",\"name\":\"Issue number %" PRId64 "\",\"issue_number\":\"%" PRId64
                 "\",\"cover_date\":\"2001-02-03\",\"aliases\":null,\"volume\":{\"id\":7,"
                 "\"name\":\"A volume\",\"api_detail_url\":\"http://localhost/7\"},",
                 id, id, id);
    team_check(length > 0 && (size_t)length < sizeof(text), "the fields are short enough");
    add(self, text);
}

static void add_credits(writer *self, size_t end) {
    add(self, "\"character_credits\":[");
    for (int64_t id = 1;; id++) {
        char text[160];
        int length = snprintf(text, sizeof(text),
                              "%s{\"id\":%" PRId64 ",\"name\":\"Somebody of these %" PRId64
                              "\",\"api_detail_url\":\"http://localhost/character/4005-%" PRId64
                              "/\",\"site_detail_url\":null}",
                              id > 1 ? "," : "", id, id, id);
        team_check(length > 0 && (size_t)length < sizeof(text), "a credit is short enough");
        if (self->length + (size_t)length > end) {
            break;
        }
        add(self, text);
    }
    add(self, "],");
}

static void add_prose(writer *self, size_t end) {
    static const char sentence[] = "<p>And so it goes on for as long as anybody cares to read.</p>";
    add(self, "\"description\":\"");
    while (self->length + sizeof(sentence) <= end) {
        add(self, sentence);
    }
    while (self->length < end) {
        add(self, ".");
    }
    add(self, "\"");
}

void issue_body_write(char *text, size_t size, int64_t id) {
    static const char close[] = "},\"version\":\"1.0\"}";
    static const size_t prose_end = sizeof("\"") - 1 + sizeof(close) - 1;
    writer self = {text, 0, size};
    team_check(size >= ISSUE_BODY_LEAST, "a body has room for its fields");
    add_fields(&self, id);
    add_credits(&self, size - (size - self.length) / 4);
    add_prose(&self, size - prose_end);
    add(&self, close);
}
