/* Owns the memory of growing texts. */
#include "day/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "team.h"

void day_text_add(day_text *self, const char *format, ...) {
    va_list values;
    va_start(values, format);
    int added = vsnprintf(NULL, 0, format, values);
    va_end(values);
    team_check(added >= 0, "a text can be written");
    size_t needed = self->length + (size_t)added + 1;
    if (needed > self->size) {
        self->size = needed * 2;
        self->bytes = realloc(self->bytes, self->size);
        team_check(self->bytes != NULL, "there is memory for a text");
    }
    va_start(values, format);
    vsnprintf(self->bytes + self->length, self->size - self->length, format, values);
    va_end(values);
    self->length += (size_t)added;
}

void day_text_clear(day_text *self) {
    self->length = 0;
}

void day_text_free(day_text *self) {
    free(self->bytes);
    *self = (day_text){.bytes = NULL};
}
