/* The database file, which anybody may have written: any bytes, or a used file that was damaged in
 * some places and cut, with a log of any bytes beside it. */
#include <stdlib.h>
#include <string.h>

#include "support/input.h"
#include "support/shelf.h"

enum { AS_IT_IS = 4, WITH_LOG = 1 };

static size_t input_offset(input *in) {
    size_t high = input_byte(in);
    return high << 8 | input_byte(in);
}

/* Pieces of the input over pieces of the file. */
static void damage(uint8_t *file, size_t size, input *in) {
    while (in->left > 3) {
        size_t offset = input_offset(in) % size;
        size_t length = 1 + input_below(in, 8);
        for (size_t i = 0; i < length && offset + i < size; i++) {
            file[offset + i] ^= input_byte(in);
        }
    }
}

static void put_damaged(input *in) {
    size_t size;
    const uint8_t *used = shelf_used_file(&size);
    uint8_t *file = malloc(size);
    REQUIRE(file != NULL);
    memcpy(file, used, size);
    size_t cut = input_offset(in);
    damage(file, size, in);
    shelf_put(file, cut > 0 && cut < size ? cut : size);
    free(file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    input in = {data, size};
    uint8_t mode = input_byte(&in);
    if ((mode & AS_IT_IS) != 0) {
        shelf_put(in.next, in.left);
    } else if ((mode & WITH_LOG) != 0) {
        size_t used_size;
        const uint8_t *used = shelf_used_file(&used_size);
        shelf_put(used, used_size);
        shelf_put_log(in.next, in.left);
    } else {
        put_damaged(&in);
    }
    shelf_visit(NULL);
    return 0;
}
