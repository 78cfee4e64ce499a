/* Owns the writing of JSON. Pure, but for memory. */
#include "json_write.h"

#include <string.h>
#include <time.h>

#include "text.h"

static void write_letter(FILE *out, uint32_t letter, const char *bytes, size_t length) {
    if (letter == '"' || letter == '\\') {
        (void)fprintf(out, "\\%c", (char)letter);
    } else if (letter == '\n') {
        (void)fputs("\\n", out);
    } else if (letter == '\t') {
        (void)fputs("\\t", out);
    } else if (letter == CLI_LETTER_BROKEN) {
        (void)fputs("\xef\xbf\xbd", out);
    } else if (cli_letter_is_control(letter)) {
        (void)fprintf(out, "\\u%04x", (unsigned)letter);
    } else {
        (void)fwrite(bytes, 1, length, out);
    }
}

void cli_json_write_text(FILE *out, const char *text, size_t length) {
    (void)fputc('"', out);
    while (length > 0) {
        uint32_t letter = 0;
        size_t taken = cli_letter_at(text, length, &letter);
        write_letter(out, letter, text, taken);
        text += taken;
        length -= taken;
    }
    (void)fputc('"', out);
}

static void begin_member(cli_json *self, const char *name) {
    (void)fputs(self->has_members ? "," : "", self->out.file);
    cli_json_write_text(self->out.file, name, strlen(name));
    (void)fputc(':', self->out.file);
    self->has_members = true;
}

void cli_json_begin(cli_json *self) {
    cli_text_begin(&self->out);
    (void)fputc('{', self->out.file);
    self->has_members = false;
}

void cli_json_text(cli_json *self, const char *name, const char *text) {
    begin_member(self, name);
    if (text) {
        cli_json_write_text(self->out.file, text, strlen(text));
    } else {
        (void)fputs("null", self->out.file);
    }
}

void cli_json_number(cli_json *self, const char *name, int64_t number) {
    begin_member(self, name);
    (void)fprintf(self->out.file, "%lld", (long long)number);
}

void cli_json_numbers(cli_json *self, const char *name, const int64_t *numbers, size_t count) {
    begin_member(self, name);
    (void)fputc('[', self->out.file);
    for (size_t i = 0; i < count; i++) {
        (void)fprintf(self->out.file, "%s%lld", i > 0 ? "," : "", (long long)numbers[i]);
    }
    (void)fputc(']', self->out.file);
}

void cli_json_moment(cli_json *self, const char *name, int64_t unix_ms) {
    time_t seconds = unix_ms / 1000;
    struct tm parts;
    char text[32] = "";
    if (!gmtime_r(&seconds, &parts) ||
        !strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &parts)) {
        text[0] = '\0'; /* a year of more digits than there is room for */
    }
    cli_json_text(self, name, text[0] != '\0' ? text : NULL);
}

void cli_json_bool(cli_json *self, const char *name, bool value) {
    begin_member(self, name);
    (void)fputs(value ? "true" : "false", self->out.file);
}

void cli_json_value(cli_json *self, const char *name, const char *json, size_t length) {
    begin_member(self, name);
    (void)fwrite(json, 1, length, self->out.file);
}

void cli_json_open(cli_json *self, const char *name) {
    begin_member(self, name);
    (void)fputc('{', self->out.file);
    self->has_members = false;
}

void cli_json_close(cli_json *self) {
    (void)fputc('}', self->out.file);
    self->has_members = true;
}

char *cli_json_end(cli_json *self) {
    (void)fputc('}', self->out.file);
    return cli_text_end(&self->out);
}
