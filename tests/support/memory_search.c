/* Owns the search through /proc/self. What is read goes through one array, which is wiped each
 * time, as it is part of what is looked through. */
#include "support/memory_search.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

enum {
    MASK = 0xA5,
    PARTS = 4,
    PART = MASKED_LENGTH / PARTS,
    PIECE = 1 << 16,
    LINE_MAX_BYTES = 512
};

/* What a sanitizer keeps about memory is larger by far, and holds no text. */
#define LARGEST_REGION (UINT64_C(1) << 32)

typedef struct region {
    uint64_t start;
    uint64_t end;
    bool is_readable;
} region;

bool masked_make(masked *self) {
    static const char digits[] = "0123456789abcdefghijklmnopqrstuv";
    if (getrandom(self->bytes, sizeof(self->bytes), 0) != (ssize_t)sizeof(self->bytes)) {
        return false;
    }
    for (size_t i = 0; i < sizeof(self->bytes); i++) {
        self->bytes[i] = (unsigned char)(digits[self->bytes[i] % 32] ^ MASK);
    }
    return true;
}

void masked_reveal(const masked *self, char text[MASKED_LENGTH + 1]) {
    for (size_t i = 0; i < sizeof(self->bytes); i++) {
        text[i] = (char)(self->bytes[i] ^ MASK);
    }
    text[MASKED_LENGTH] = '\0';
}

static bool is_at(const unsigned char *wanted, const char *text, size_t length) {
    for (size_t i = 0; i < length; i++) {
        if (((unsigned char)text[i] ^ MASK) != wanted[i]) {
            return false;
        }
    }
    return true;
}

bool masked_is_in(const masked *self, const char *text) {
    size_t length = strlen(text);
    for (size_t i = 0; i + MASKED_LENGTH <= length; i++) {
        if (is_at(self->bytes, text + i, MASKED_LENGTH)) {
            return true;
        }
    }
    return false;
}

static size_t count_parts(const masked *secret, const char *bytes, size_t size) {
    size_t places = 0;
    for (size_t i = 0; i + PART <= size; i++) {
        for (size_t part = 0; part < PARTS; part++) {
            places += is_at(secret->bytes + part * PART, bytes + i, PART) ? 1 : 0;
        }
    }
    return places;
}

/* Pieces overlap by less than a part, so that none is missed or counted twice. */
static size_t count_in(const masked *secret, int memory, const region *place) {
    static char bytes[PIECE];
    size_t places = 0;
    for (uint64_t next = place->start; next + PART <= place->end; next += PIECE - PART + 1) {
        uint64_t left = place->end - next;
        ssize_t size = pread(memory, bytes, left < PIECE ? (size_t)left : PIECE, (off_t)next);
        if (size > 0) {
            places += count_parts(secret, bytes, (size_t)size);
        }
        explicit_bzero(bytes, sizeof(bytes));
    }
    return places;
}

/* "START-END PERMISSIONS ...", the line that a region begins with. */
static bool begins_region(const char *line, region *place) {
    char permissions[5] = "";
    int count =
        sscanf(line, "%" SCNx64 "-%" SCNx64 " %4[rwxps-]", &place->start, &place->end, permissions);
    place->is_readable =
        permissions[0] == 'r' && count == 3 && place->end - place->start < LARGEST_REGION;
    return count == 3;
}

/* The line that it ends with: "dd", not dumped; "wf", wiped on fork. */
static bool ends_region(const char *line, bool *is_hidden) {
    *is_hidden = strstr(line, " dd ") != NULL && strstr(line, " wf ") != NULL;
    return strncmp(line, "VmFlags:", 8) == 0;
}

static void search_regions(const masked *secret, FILE *map, int memory, memory_found *found) {
    char line[LINE_MAX_BYTES];
    region place = {.is_readable = false};
    while (fgets(line, sizeof(line), map) != NULL) {
        bool is_hidden = false;
        region next;
        if (begins_region(line, &next)) {
            place = next;
        } else if (ends_region(line, &is_hidden) && place.is_readable) {
            size_t places = count_in(secret, memory, &place);
            found->places += places;
            found->hidden += is_hidden ? places : 0;
        }
    }
}

bool memory_search(const masked *secret, memory_found *found) {
    *found = (memory_found){.places = 0};
    FILE *map = fopen("/proc/self/smaps", "re");
    int memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
    bool is_shown = map != NULL && memory >= 0;
    if (is_shown) {
        search_regions(secret, map, memory, found);
    }
    if (map != NULL) {
        fclose(map);
    }
    if (memory >= 0) {
        close(memory);
    }
    return is_shown;
}

bool memory_is_hidden(const void *place) {
    char line[LINE_MAX_BYTES];
    region around = {.is_readable = false};
    bool is_hidden = false;
    bool is_found = false;
    FILE *map = fopen("/proc/self/smaps", "re");
    while (map != NULL && !is_found && fgets(line, sizeof(line), map) != NULL) {
        region next;
        if (begins_region(line, &next)) {
            around = next;
        } else if (ends_region(line, &is_hidden)) {
            is_found = (uintptr_t)place >= around.start && (uintptr_t)place < around.end;
        }
    }
    if (map != NULL) {
        fclose(map);
    }
    return is_found && is_hidden;
}
