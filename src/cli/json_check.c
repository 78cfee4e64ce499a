/* Owns the grammar of JSON (RFC 8259). Pure. Each function takes what begins at `*at` and goes
 * behind it; false: that is none. */
#include "json_check.h"

#include <string.h>

enum { DEPTH_MOST = 200 };

/* A text as it is walked through. */
typedef struct walk {
    cli_slice in;
    size_t at;
    unsigned depth;
} walk;

/* The letter at hand; '\0' at the end, where no rule takes it. */
static char letter_of(const walk *self) {
    if (self->at >= self->in.length) {
        return '\0';
    }
    return self->in.text[self->at];
}

static bool take(walk *self, char letter) {
    bool is_there = self->at < self->in.length && self->in.text[self->at] == letter;
    self->at += is_there ? 1 : 0;
    return is_there;
}

/* How many of these letters stand here. */
static size_t take_all(walk *self, const char *letters) {
    size_t before = self->at;
    while (letter_of(self) != '\0' && strchr(letters, letter_of(self))) {
        self->at++;
    }
    return self->at - before;
}

static void skip_blanks(walk *self) {
    (void)take_all(self, " \t\r\n");
}

static bool take_escape(walk *self) {
    char letter = letter_of(self);
    self->at++;
    if (letter == 'u') {
        size_t end = self->at + 4;
        while (self->at < end && letter_of(self) != '\0' &&
               strchr("0123456789abcdefABCDEF", letter_of(self))) {
            self->at++;
        }
        return self->at == end;
    }
    return letter != '\0' && strchr("\"\\/bfnrt", letter);
}

static bool take_text(walk *self) {
    if (!take(self, '"')) {
        return false;
    }
    while (letter_of(self) != '"') {
        char letter = letter_of(self);
        if ((unsigned char)letter < 0x20) { /* the end, too */
            return false;
        }
        self->at++;
        if (letter == '\\' && !take_escape(self)) {
            return false;
        }
    }
    return take(self, '"');
}

static bool take_number(walk *self) {
    static const char digits[] = "0123456789";
    (void)take(self, '-');
    bool is_zero = letter_of(self) == '0';
    size_t count = take_all(self, digits);
    if (count == 0 || (is_zero && count > 1) || (take(self, '.') && take_all(self, digits) == 0)) {
        return false;
    }
    if (!take(self, 'e') && !take(self, 'E')) {
        return true;
    }
    if (!take(self, '+')) {
        (void)take(self, '-');
    }
    return take_all(self, digits) > 0;
}

static bool take_word(walk *self, const char *word) {
    size_t length = strlen(word);
    bool is_there =
        self->in.length - self->at >= length && memcmp(self->in.text + self->at, word, length) == 0;
    self->at += is_there ? length : 0;
    return is_there;
}

static bool take_value(walk *self);

static bool take_item(walk *self, bool is_object) {
    skip_blanks(self);
    if (!is_object) {
        return take_value(self);
    }
    if (!take_text(self)) {
        return false;
    }
    skip_blanks(self);
    return take(self, ':') && take_value(self);
}

/* An object or an array, whose bracket is taken already. */
static bool take_items(walk *self, bool is_object) {
    char end = is_object ? '}' : ']';
    skip_blanks(self);
    if (take(self, end)) {
        return true;
    }
    do {
        if (!take_item(self, is_object)) {
            return false;
        }
        skip_blanks(self);
    } while (take(self, ','));
    return take(self, end);
}

static bool take_value(walk *self) {
    skip_blanks(self);
    bool is_object = take(self, '{');
    if (is_object || take(self, '[')) {
        bool is_whole = ++self->depth <= DEPTH_MOST && take_items(self, is_object);
        self->depth--;
        return is_whole;
    }
    switch (letter_of(self)) {
    case '"':
        return take_text(self);
    case 't':
        return take_word(self, "true");
    case 'f':
        return take_word(self, "false");
    case 'n':
        return take_word(self, "null");
    default:
        return take_number(self);
    }
}

bool cli_json_is_whole(cli_slice text) {
    walk self = {.in = text};
    bool is_value = take_value(&self);
    skip_blanks(&self);
    return is_value && self.at == text.length;
}
