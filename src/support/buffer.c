/* Owns growing text. `length < capacity` and the final NUL hold after every call, also after one
 * that failed. One thread at a time. */
#include "support/buffer.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "support/allocator.h"

#define FIRST_CAPACITY ((size_t)128)

void cvi_buffer_over(cvi_buffer *buffer, char *array, size_t size) {
    *buffer = (cvi_buffer){array, 0, size, size - 1, NULL, false, false};
    array[0] = '\0';
}

void cvi_buffer_init(cvi_buffer *buffer, const cv_allocator *allocator, size_t limit) {
    *buffer = (cvi_buffer){"", 0, 0, limit, allocator, false, false};
}

static size_t grown_capacity(const cvi_buffer *buffer, size_t needed) {
    size_t capacity = buffer->capacity > 0 ? buffer->capacity : FIRST_CAPACITY;
    while (capacity < needed) {
        capacity = capacity > buffer->limit / 2 ? buffer->limit + 1 : capacity * 2;
    }
    return capacity;
}

/* Makes room for `extra` more bytes. */
static bool reserve(cvi_buffer *buffer, size_t extra) {
    if (buffer->failed || extra > buffer->limit - buffer->length) {
        buffer->failed = true;
        return false;
    }
    size_t needed = buffer->length + extra + 1;
    if (needed <= buffer->capacity) {
        return true;
    }
    size_t capacity = grown_capacity(buffer, needed);
    char *old = buffer->capacity > 0 ? buffer->data : NULL;
    char *data = cvi_reallocate(buffer->allocator, old, capacity);
    if (data == NULL) {
        buffer->failed = true;
        buffer->no_memory = true;
        return false;
    }
    buffer->data = data;
    buffer->capacity = capacity;
    return true;
}

void cvi_buffer_add(cvi_buffer *buffer, const char *bytes, size_t length) {
    if (length == 0 || !reserve(buffer, length)) {
        return;
    }
    memcpy(buffer->data + buffer->length, bytes, length);
    buffer->length += length;
    buffer->data[buffer->length] = '\0';
}

void cvi_buffer_add_text(cvi_buffer *buffer, const char *text) {
    cvi_buffer_add(buffer, text, strlen(text));
}

void cvi_buffer_add_char(cvi_buffer *buffer, char character) {
    cvi_buffer_add(buffer, &character, 1);
}

void cvi_buffer_add_int(cvi_buffer *buffer, int64_t number) {
    char digits[20]; /* without printf, as every call writes ids */
    size_t first = sizeof(digits);
    uint64_t left = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    do {
        digits[--first] = (char)('0' + left % 10);
        left /= 10;
    } while (left > 0);
    if (number < 0) {
        digits[--first] = '-';
    }
    cvi_buffer_add(buffer, digits + first, sizeof(digits) - first);
}

void cvi_buffer_add_format(cvi_buffer *buffer, const char *format, ...) {
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    if (length < 0 || (size_t)length >= sizeof(text)) {
        buffer->failed = true;
        return;
    }
    cvi_buffer_add(buffer, text, (size_t)length);
}

void cvi_buffer_free(cvi_buffer *buffer) {
    if (buffer->capacity > 0 && buffer->allocator != NULL) {
        cvi_release(buffer->allocator, buffer->data);
    }
    cvi_buffer_init(buffer, buffer->allocator, buffer->limit);
}
