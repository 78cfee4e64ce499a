/* Owns the making of filters out of values that nobody has checked. The names in them are checked
 * when a query is asked. Pure; any thread. */
#include <comicvine/help.h>

#include <string.h>

/* Whether text can stand in a filter without ending its field, or its value. */
static bool is_harmless(const char *text) {
    if (text == NULL || *text == '\0') {
        return false;
    }
    for (; *text != '\0'; text++) {
        unsigned char byte = (unsigned char)*text;
        if (byte < 0x20 || byte == 0x7F || byte == ',') {
            return false;
        }
    }
    return true;
}

static char *append(char *end, const char *text, size_t length) {
    memcpy(end, text, length);
    return end + length;
}

bool cv_filter_add(char *filter, size_t size, const char *field, const char *value) {
    if (!is_harmless(field) || strchr(field, ':') != NULL || !is_harmless(value)) {
        return false;
    }
    const char *nul = filter != NULL ? memchr(filter, '\0', size) : NULL;
    if (nul == NULL) {
        return false;
    }
    size_t begin = (size_t)(nul - filter);
    size_t comma = begin > 0 ? 1 : 0;
    size_t field_length = strlen(field);
    size_t value_length = strlen(value);
    if (begin + comma + field_length + sizeof(":") + value_length > size) {
        return false;
    }
    char *end = append(filter + begin, ",", comma);
    end = append(end, field, field_length);
    end = append(end, ":", 1);
    end = append(end, value, value_length);
    *end = '\0';
    return true;
}
