/* Owns the finding of keys in a table. Keys come in the order of the rows, with gaps in lists, so
 * that the first look finds nearly all. Pure; any thread. */
#include "resources/match.h"

const cvi_field *cvi_match_search(const cvi_shape *shape, const char *key, size_t length,
                                  size_t *expected) {
    size_t index = *expected;
    for (size_t tried = 0; tried < shape->row_count; tried++, index++) {
        if (index >= shape->row_count) {
            index = 0;
        }
        if (cvi_match_is_name(&shape->rows[index], key, length)) {
            *expected = index + 1;
            return &shape->rows[index];
        }
    }
    return NULL;
}
