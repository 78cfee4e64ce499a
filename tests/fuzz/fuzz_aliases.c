/* Aliases, one in each line: what comes out are the lines that say something, in their order. */
#include <stdlib.h>
#include <string.h>

#include <comicvine/help.h>
#include <comicvine/memory.h>

#include "support/input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    input in = {data, size};
    char *text = input_rest(&in);
    cv_text_list *aliases = cv_aliases(text);
    REQUIRE(aliases != NULL);
    const char *from = text;
    for (size_t i = 0; i < aliases->count; i++) {
        const char *alias = aliases->items[i];
        size_t length = strlen(alias);
        REQUIRE(length > 0 && strchr(alias, '\n') == NULL);
        REQUIRE(strchr(" \t\r", alias[0]) == NULL && strchr(" \t\r", alias[length - 1]) == NULL);
        const char *place = strstr(from, alias);
        REQUIRE(place != NULL);
        REQUIRE(strspn(from, " \t\r\n") == (size_t)(place - from));
        from = place + length;
    }
    REQUIRE(from[strspn(from, " \t\r\n")] == '\0');
    cv_free(aliases);
    free(text);
    return 0;
}
