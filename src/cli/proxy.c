/* Owns the look at the environment's variables, as other programs have them. No state. */
#include "proxy.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "address.h"

/* The first of these variables that says something; NULL: none does. */
static const char *first_of(const char *const *names) {
    for (; *names; names++) {
        const char *value = getenv(*names);
        if (value && value[0] != '\0') {
            return *names;
        }
    }
    return NULL;
}

/* Whether the host is this one, or below it: "example.org" and ".example.org" are the same. */
static bool is_below(const char *host, const char *name, size_t length) {
    if (length > 0 && name[0] == '.') {
        name++;
        length--;
    }
    size_t whole = strlen(host);
    if (length == 0 || whole < length || strncasecmp(host + whole - length, name, length) != 0) {
        return false;
    }
    return whole == length || host[whole - length - 1] == '.';
}

static bool is_exempt(const char *host) {
    static const char *const names[] = {"no_proxy", "NO_PROXY", NULL};
    const char *variable = first_of(names);
    const char *list = variable ? getenv(variable) : NULL;
    while (list && list[0] != '\0') {
        list += strspn(list, ", ");
        size_t length = strcspn(list, ", ");
        if ((length == 1 && list[0] == '*') || is_below(host, list, length)) {
            return true;
        }
        list += length;
    }
    return false;
}

const char *cli_proxy_variable(const char *base_url) {
    static const char *const secure[] = {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY",
                                         NULL};
    static const char *const plain[] = {"http_proxy", "all_proxy", "ALL_PROXY", NULL};
    cli_address address;
    if (!cli_address_parse(&address, base_url) || is_exempt(address.host)) {
        return NULL;
    }
    return first_of(address.is_secure ? secure : plain);
}
