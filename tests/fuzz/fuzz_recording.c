/* Files of the replay transport, which anybody may have written: what is read lies within the file,
 * and reads the same when it is written anew. */
#include <stdlib.h>
#include <string.h>

#include "client/recording.h"
#include "client/transfer_face.h"
#include "support/allocator.h"
#include "support/checked.h"
#include "support/input.h"

#define TARGET "/api/issue/4000-52/?format=json"

/* ---- a transfer that notes what it is handed ---- */

typedef struct listener {
    cv_transfer face;
    const char *start; /* of the file's text */
    const char *end;
    cvi_buffer headers; /* as recordings write them */
} listener;

static void take_header(cv_transfer *transfer, const char *name, const char *value) {
    listener *self = (listener *)transfer;
    REQUIRE(name >= self->start && name + strlen(name) < self->end);
    REQUIRE(value >= self->start && value + strlen(value) < self->end);
    cvi_buffer_add_text(&self->headers, "header ");
    cvi_buffer_add_text(&self->headers, name);
    cvi_buffer_add_text(&self->headers, ": ");
    cvi_buffer_add_text(&self->headers, value);
    cvi_buffer_add_char(&self->headers, '\n');
}

static const cvi_transfer_face listening = {.header = take_header};

/* Reads `text`, which it takes apart; its headers go to `headers`. */
static bool read_file(char *text, size_t size, cvi_recorded *recorded, cvi_buffer *headers) {
    char words[CVI_RECORDING_REASON_MAX / 2];
    cvi_buffer reason;
    cvi_buffer_over(&reason, words, sizeof(words));
    if (!cvi_recording_read(text, size, TARGET, recorded, &reason)) {
        REQUIRE(words[0] != '\0');
        return false;
    }
    listener self = {{&listening}, text, text + size, {0}};
    cvi_buffer_init(&self.headers, &cvi_default_allocator, size + 1);
    cvi_recorded_hand_over(recorded, &self.face);
    *headers = self.headers;
    return true;
}

static void check_recorded(const char *text, size_t size, const cvi_recorded *recorded) {
    const char *end = text + size;
    REQUIRE(recorded->body >= text && recorded->size <= (size_t)(end - recorded->body));
    REQUIRE(recorded->http_status != 0 || recorded->end != CV_TRANSFER_ANSWERED);
    REQUIRE(cvi_recorded_has_end(recorded->end));
}

/* What was read, written and read again. */
static void check_again(const cvi_recorded *first, const cvi_buffer *headers) {
    cvi_buffer file;
    cvi_buffer other_headers;
    cvi_recorded second;
    cvi_recorded whole = *first;
    whole.headers = headers->data;
    whole.headers_size = headers->length;
    cvi_buffer_init(&file, &cvi_default_allocator, SIZE_MAX / 2);
    cvi_recording_write(&whole, &file);
    REQUIRE(!headers->failed && !file.failed);
    REQUIRE(read_file(file.data, file.length, &second, &other_headers));
    REQUIRE(second.end == first->end && second.http_status == first->http_status);
    REQUIRE(second.size == first->size && memcmp(second.body, first->body, first->size) == 0);
    REQUIRE(strcmp(other_headers.data, headers->data) == 0);
    cvi_buffer_free(&other_headers);
    cvi_buffer_free(&file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    input in = {data, size};
    char *text = malloc(size + 1); /* as it comes from a file: with a NUL behind it */
    cvi_recorded recorded;
    cvi_buffer headers;
    REQUIRE(text != NULL);
    memcpy(text, in.next, size);
    text[size] = '\0';
    if (read_file(text, size, &recorded, &headers)) {
        check_recorded(text, size, &recorded);
        check_again(&recorded, &headers);
        cvi_buffer_free(&headers);
    }
    free(text);
    return 0;
}
