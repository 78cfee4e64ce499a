/* Owns the way back: JSON from typed members. Reads nothing of the body, so that a member that was
 * decoded wrongly shows; only what a member could not hold comes from the oddities that the decoder
 * has kept for it. Any thread. */
#include <comicvine/record.h>

#include <string.h>

#include "resources/hits.h"
#include "resources/inside.h"
#include "support/allocator.h"
#include "support/buffer.h"
#include "support/error.h"

/* Far above any record: an answer is at most 32 MiB, and each of its bytes at most 6 here. */
#define JSON_LIMIT_BYTES ((size_t)256 << 20)

static void write_escape(cvi_buffer *out, unsigned char character) {
    switch (character) {
    case '"':
        cvi_buffer_add_text(out, "\\\"");
        return;
    case '\\':
        cvi_buffer_add_text(out, "\\\\");
        return;
    case '\n':
        cvi_buffer_add_text(out, "\\n");
        return;
    case '\r':
        cvi_buffer_add_text(out, "\\r");
        return;
    case '\t':
        cvi_buffer_add_text(out, "\\t");
        return;
    default:
        cvi_buffer_add_format(out, "\\u%04x", character);
        return;
    }
}

static bool needs_escape(unsigned char character) {
    return character < 0x20 || character == '"' || character == '\\';
}

static void write_text(cvi_buffer *out, const char *text) {
    cvi_buffer_add_char(out, '"');
    while (*text != '\0') {
        size_t plain = 0;
        while (text[plain] != '\0' && !needs_escape((unsigned char)text[plain])) {
            plain++;
        }
        cvi_buffer_add(out, text, plain);
        text += plain;
        if (*text != '\0') {
            write_escape(out, (unsigned char)*text);
            text++;
        }
    }
    cvi_buffer_add_char(out, '"');
}

/* A struct and what is known of its members. */
typedef struct written {
    const cvi_shape *shape;
    const char *target;
    uint64_t present;
    uint64_t null;
    const cvi_oddity *oddities;
    const char *none; /* what a member without an object stands for */
    const char *type; /* of a hit; NULL: it is none */
} written;

static bool has_bit(uint64_t mask, size_t place) {
    return (mask >> place & 1) != 0;
}

static void write_object(cvi_buffer *out, const written *object);

/* `oddity`: that of the struct's place, or NULL. Here and below. */
static void write_nested(cvi_buffer *out, const cvi_shape *shape, const char *target,
                         const cvi_oddity *oddity) {
    const written nested = {
        .shape = shape,
        .target = target,
        .present = oddity != NULL ? ~oddity->absent : UINT64_MAX,
        .oddities = oddity != NULL ? oddity->inside : NULL,
        .none = "null",
    };
    write_object(out, &nested);
}

static void write_text_member(cvi_buffer *out, const char *member) {
    const char *text;
    memcpy(&text, member, sizeof(text));
    if (text == NULL) {
        cvi_buffer_add_text(out, "null");
        return;
    }
    write_text(out, text);
}

static void write_int64_member(cvi_buffer *out, const char *member, const char *quote) {
    int64_t number;
    memcpy(&number, member, sizeof(number));
    cvi_buffer_add_text(out, quote);
    cvi_buffer_add_int(out, number);
    cvi_buffer_add_text(out, quote);
}

static void write_bool_member(cvi_buffer *out, const char *member) {
    bool value;
    memcpy(&value, member, sizeof(value));
    cvi_buffer_add_text(out, value ? "true" : "false");
}

static void write_object_member(cvi_buffer *out, const written *object, const cvi_field *row,
                                const cvi_oddity *oddity) {
    const char *target;
    memcpy(&target, object->target + row->offset, sizeof(target));
    if (target == NULL) {
        cvi_buffer_add_text(out, object->none);
        return;
    }
    write_nested(out, row->shape, target, oddity);
}

/* The items, and between them what could not be one. */
static void write_list_member(cvi_buffer *out, const char *member, const cvi_shape *shape,
                              const cvi_oddity *oddity) {
    cvi_list list;
    memcpy(&list, member, sizeof(list));
    const cvi_oddity *next = oddity != NULL ? oddity->inside : NULL;
    const char *separator = "[";
    size_t index = 0;
    while (index < list.count || next != NULL) {
        const cvi_oddity *here = next != NULL && next->place == index ? next : NULL;
        next = here != NULL ? next->next : next;
        cvi_buffer_add_text(out, separator);
        separator = ",";
        if (here != NULL && here->text != NULL) {
            cvi_buffer_add_text(out, here->text);
            continue;
        }
        write_nested(out, shape, (const char *)list.items + index * shape->size, here);
        index++;
    }
    cvi_buffer_add_text(out, *separator == '[' ? "[]" : "]");
}

static void write_value(cvi_buffer *out, const written *object, size_t place) {
    const cvi_field *row = &object->shape->rows[place];
    const char *member = object->target + row->offset;
    const cvi_oddity *oddity = cvi_oddity_at(object->oddities, place);
    if (oddity != NULL && oddity->text != NULL) {
        cvi_buffer_add_text(out, oddity->text);
        return;
    }
    if (has_bit(object->null, place)) {
        cvi_buffer_add_text(out, "null");
        return;
    }
    switch ((cvi_kind)row->kind) {
    case CVI_KIND_TEXT:
        write_text_member(out, member);
        return;
    case CVI_KIND_INT64:
        write_int64_member(out, member, "");
        return;
    case CVI_KIND_INT64_TEXT:
        write_int64_member(out, member, "\"");
        return;
    case CVI_KIND_BOOL:
        write_bool_member(out, member);
        return;
    case CVI_KIND_OBJECT:
        write_object_member(out, object, row, oddity);
        return;
    case CVI_KIND_LIST:
        write_list_member(out, member, row->shape, oddity);
        return;
    }
}

static void write_object(cvi_buffer *out, const written *object) {
    const char *separator = "{";
    for (size_t i = 0; i < object->shape->row_count; i++) {
        if (!has_bit(object->present, i)) {
            continue;
        }
        cvi_buffer_add_text(out, separator);
        separator = ",";
        const cvi_oddity *key = cvi_oddity_at(object->oddities, CVI_ODDITY_KEY + i);
        write_text(out, key != NULL ? key->text : object->shape->rows[i].wire);
        cvi_buffer_add_char(out, ':');
        write_value(out, object, i);
    }
    if (object->type != NULL) {
        cvi_buffer_add_text(out, separator);
        separator = ",";
        cvi_buffer_add_text(out, "\"resource_type\":");
        write_text(out, object->type);
    }
    cvi_buffer_add_text(out, *separator == '{' ? "{}" : "}");
}

char *cv_record_json(const cv_record *record) {
    if (record == NULL) {
        return NULL;
    }
    const cvi_record *detail = record->detail;
    const cvi_result *result = detail->result;
    const written object = {
        .shape = detail->shape,
        .target = (const char *)record,
        .present = detail->present,
        .null = detail->null,
        .oddities = detail->oddities,
        .none = "false",
        .type = cvi_hit_type(record),
    };
    cvi_buffer text;
    cvi_buffer_init(&text, &result->allocator, JSON_LIMIT_BYTES);
    write_object(&text, &object);
    char *block = text.failed ? NULL : cvi_handout(&result->allocator, text.length + 1);
    if (block != NULL) {
        memcpy(block, text.data, text.length + 1);
    }
    cvi_buffer_free(&text);
    if (block == NULL) {
        cvi_error_remember_no_memory();
    }
    return block;
}
