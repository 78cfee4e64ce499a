/* Owns the ways in which the key may come back. Text is read character by character through layers:
 * the lowest takes JSON's escapes away, each one above it those of URLs and HTML. The key is looked
 * for behind each number of layers, as it may itself hold what looks like an escape. */
#include "client/redact.h"

#include <limits.h>
#include <stdint.h>
#include <string.h>

enum { LAYERS = 3, NO_CHARACTER = -1 };

/* What is still to be read, in a text that need not end in NUL. */
typedef struct source {
    const char *next;
    const char *end;
} source;

static int hex_value(int character) {
    if (character >= '0' && character <= '9') {
        return character - '0';
    }
    int letter = character | 0x20;
    return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : NO_CHARACTER;
}

static int read_byte(source *from) {
    return from->next < from->end ? (unsigned char)*from->next++ : NO_CHARACTER;
}

/* ---- JSON ---- */

/* The four digits behind \u; what is no byte is of no interest. */
static int read_unicode(source *from) {
    int value = 0;
    for (int i = 0; i < 4; i++) {
        int digit = hex_value(read_byte(from));
        if (digit == NO_CHARACTER) {
            return NO_CHARACTER;
        }
        value = value * 16 + digit;
    }
    return value < 0x80 ? value : NO_CHARACTER;
}

/* A backslash that begins no escape is itself. */
static int read_json(source *from) {
    int character = read_byte(from);
    if (character != '\\' || from->next == from->end) {
        return character;
    }
    source escape = *from;
    int escaped = read_byte(&escape);
    if (escaped == 'u') {
        escaped = read_unicode(&escape);
    } else if (escaped != '"' && escaped != '\\' && escaped != '/') {
        escaped = NO_CHARACTER;
    }
    if (escaped == NO_CHARACTER) {
        return character;
    }
    *from = escape;
    return escaped;
}

/* ---- URLs and HTML ---- */

static int read_layer(source *from, int layer);

/* The two digits behind a per cent sign. */
static int read_percent(source *from, int below) {
    int high = hex_value(read_layer(from, below));
    int low = high != NO_CHARACTER ? hex_value(read_layer(from, below)) : NO_CHARACTER;
    return low != NO_CHARACTER ? high * 16 + low : NO_CHARACTER;
}

static int named_entity(const char *name) {
    static const struct {
        const char *name;
        int character;
    } entities[] = {{"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}};
    for (size_t i = 0; i < sizeof(entities) / sizeof(entities[0]); i++) {
        if (strcmp(name, entities[i].name) == 0) {
            return entities[i].character;
        }
    }
    return NO_CHARACTER;
}

static int numbered_entity(const char *digits) {
    bool is_hex = (digits[0] | 0x20) == 'x';
    int base = is_hex ? 16 : 10;
    int value = 0;
    digits += is_hex ? 1 : 0;
    if (*digits == '\0') {
        return NO_CHARACTER;
    }
    for (; *digits != '\0'; digits++) {
        int digit = hex_value((unsigned char)*digits);
        if (digit == NO_CHARACTER || digit >= base || value > 0xFF) {
            return NO_CHARACTER;
        }
        value = value * base + digit;
    }
    return value < 0x80 ? value : NO_CHARACTER;
}

/* What stands between an ampersand and a semicolon. */
static int read_entity(source *from, int below) {
    char name[12];
    size_t length = 0;
    int character = read_layer(from, below);
    while (character != ';') {
        if (character == NO_CHARACTER || length + 1 == sizeof(name)) {
            return NO_CHARACTER;
        }
        name[length++] = (char)character;
        character = read_layer(from, below);
    }
    name[length] = '\0';
    return name[0] == '#' ? numbered_entity(name + 1) : named_entity(name);
}

static int read_layer(source *from, int layer) {
    if (layer == 0) {
        return read_json(from);
    }
    int character = read_layer(from, layer - 1);
    if (character != '%' && character != '&') {
        return character;
    }
    source escape = *from;
    int escaped =
        character == '%' ? read_percent(&escape, layer - 1) : read_entity(&escape, layer - 1);
    if (escaped == NO_CHARACTER) {
        return character;
    }
    *from = escape;
    return escaped;
}

/* ---- finding ---- */

/* How many bytes of the text are the key behind so many layers; 0: it does not begin here. */
static size_t match_behind(const char *secret, source from, int layers) {
    const char *start = from.next;
    for (const char *wanted = secret; *wanted != '\0'; wanted++) {
        int character = layers > 0 ? read_layer(&from, layers - 1) : read_byte(&from);
        bool is_blank = *wanted == ' ' && character == '+';
        if (character != (unsigned char)*wanted && !is_blank) {
            return 0;
        }
    }
    return (size_t)(from.next - start);
}

/* What the key may begin with, of all bytes: its first character, and what begins an escape. All
 * else is passed over quickly, as is a first character without a second one, and a backslash that
 * stands for something else: JSON may have one before each slash. */
static const char escapes[] = "\\%&+";

typedef struct beginnings {
    bool first[UCHAR_MAX + 1];
    bool second[UCHAR_MAX + 1];  /* behind the first character, as it is */
    bool escaped[UCHAR_MAX + 1]; /* behind a backslash */
} beginnings;

static void allow(bool allowed[UCHAR_MAX + 1], char wanted) {
    for (const char *byte = escapes; *byte != '\0'; byte++) {
        allowed[(unsigned char)*byte] = true;
    }
    allowed[(unsigned char)wanted] = true;
}

static void note_beginnings(beginnings *self, const char *secret) {
    memset(self, 0, sizeof(*self));
    allow(self->first, secret[0]);
    allow(self->second, secret[1]);
    if (secret[1] == '\0') {
        memset(self->second, true, sizeof(self->second));
    }
    self->escaped['u'] = true;
    self->escaped[(unsigned char)secret[0]] = true;
    if (secret[0] == '\\') {
        memset(self->escaped, true, sizeof(self->escaped));
    }
}

/* The next place before `stop` whose byte the key may begin with, or `stop`. */
static const char *next_first(const beginnings *self, const char *next, const char *stop) {
    while (next < stop && !self->first[(unsigned char)*next]) {
        next++;
    }
    return next;
}

/* Whether the byte behind such a place, if there is one, may stand there. */
static bool may_go_on(const beginnings *self, const source *from) {
    if (from->end - from->next < 2) {
        return true;
    }
    unsigned char second = (unsigned char)from->next[1];
    switch (*from->next) {
    case '\\':
        return self->escaped[second];
    case '%':
    case '&':
    case '+':
        return true;
    default:
        return self->second[second];
    }
}

static size_t match(const char *secret, source from) {
    size_t length = 0;
    for (int layers = 0; layers <= LAYERS && length == 0; layers++) {
        length = match_behind(secret, from, layers);
    }
    return length;
}

/* The next place of the key before `stop`, and how many bytes it takes there; NULL: there is none.
 */
static const char *find(const char *secret, source from, const char *stop, size_t *length) {
    beginnings may;
    note_beginnings(&may, secret);
    while ((from.next = next_first(&may, from.next, stop)) < stop) {
        *length = may_go_on(&may, &from) ? match(secret, from) : 0;
        if (*length > 0) {
            return from.next;
        }
        from.next++;
    }
    return NULL;
}

bool cvi_holds_secret(const char *secret, const char *text, size_t size) {
    size_t length = 0;
    return find(secret, (source){text, text + size}, text + size, &length) != NULL;
}

size_t cvi_redact_secret_part(const char *secret, char *text, size_t size, size_t part) {
    size_t length = 0;
    size_t next = 0;
    const char *found = NULL;
    while (next < part && (found = find(secret, (source){text + next, text + size}, text + part,
                                        &length)) != NULL) {
        next = (size_t)(found - text) + length;
        memset(text + (found - text), '*', length);
    }
    return next > part ? next : part;
}

void cvi_redact_secret(const char *secret, char *text, size_t size) {
    cvi_redact_secret_part(secret, text, size, size);
}
