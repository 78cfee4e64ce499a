/* Owns the splitting of aliases. One block holds the list, the pointers and the text behind them,
 * so that one cv_free is enough. Pure but for that block; any thread. */
#include <comicvine/help.h>

#include <string.h>

#include "resources/piece.h"
#include "support/allocator.h"
#include "support/error.h"

/* Moves to the next line that holds something; false: there is none. */
static bool next_alias(const char **rest, cvi_piece *alias) {
    while (**rest != '\0') {
        size_t length = strcspn(*rest, "\n");
        *alias = cvi_piece_trim((cvi_piece){*rest, length});
        *rest += length + ((*rest)[length] == '\n' ? 1 : 0);
        if (alias->length > 0) {
            return true;
        }
    }
    return false;
}

/* What the block must hold. */
typedef struct extent {
    size_t count;
    size_t bytes; /* with a NUL for each */
} extent;

static extent measure(const char *aliases) {
    extent needed = {0, 0};
    cvi_piece alias;
    while (next_alias(&aliases, &alias)) {
        needed.count++;
        needed.bytes += alias.length + 1;
    }
    return needed;
}

static void fill(cv_text_list *list, const char *aliases, size_t count) {
    const char **items = (const char **)(void *)(list + 1);
    char *text = (char *)(items + count);
    cvi_piece alias;
    for (size_t i = 0; i < count && next_alias(&aliases, &alias); i++) {
        memcpy(text, alias.text, alias.length);
        text[alias.length] = '\0';
        items[i] = text;
        text += alias.length + 1;
    }
    *list = (cv_text_list){items, count};
}

cv_text_list *cv_aliases(const char *aliases) {
    const char *text = aliases != NULL ? aliases : "";
    extent needed = measure(text);
    /* Cannot overflow on any machine that holds the text: a pointer for every two bytes of it. */
    size_t size = sizeof(cv_text_list) + needed.count * sizeof(char *) + needed.bytes;
    cv_text_list *list = cvi_handout(&cvi_default_allocator, size);
    if (list == NULL) {
        cvi_error_remember_no_memory();
        return NULL;
    }
    fill(list, text, needed.count);
    return list;
}
