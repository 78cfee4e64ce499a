/* Addresses, whole or relative: what is taken apart lies within the text, what is put together can
 * be taken apart, and the key is in nothing that is kept. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "client/address.h"
#include "client/recording.h"
#include "support/input.h"

enum { ROOM = 1 << 16 };

static void check_span(const char *text, cvi_address_part part) {
    REQUIRE(part.length == 0 ||
            (part.start >= text && part.start + part.length <= text + strlen(text)));
}

static void check_parts(const char *text, const cvi_address *address) {
    check_span(text, address->host);
    check_span(text, address->authority);
    check_span(text, address->path);
    check_span(text, address->query);
    REQUIRE(address->host.length > 0 && address->port != 0);
    REQUIRE(cvi_address_has_origin_of(address, address));
    REQUIRE(address->path.length == 0 || address->path.start[0] == '/');
    REQUIRE(memchr(address->authority.start, '@', address->authority.length) == NULL);
}

/* No parameter of that name is left. */
static void check_query(const char *query) {
    cvi_address_part rest = {query, strlen(query)};
    cvi_address_part parameter;
    if (rest.length > 0) {
        REQUIRE(*rest.start == '?');
        rest = (cvi_address_part){query + 1, rest.length - 1};
    }
    while (cvi_address_next_parameter(&rest, &parameter)) {
        REQUIRE(parameter.length < 8 || strncasecmp(parameter.start, "api_key=", 8) != 0);
    }
}

static void check_target(const char *text) {
    static char target_text[CVI_RECORDED_TARGET_MAX + 1];
    static char key_text[CVI_RECORDED_KEY_MAX + 1];
    cvi_buffer target;
    cvi_buffer key;
    cvi_buffer_over(&target, target_text, sizeof(target_text));
    cvi_buffer_over(&key, key_text, sizeof(key_text));
    if (cvi_recorded_target(text, &target, &key)) {
        const char *query = strchr(target_text, '?');
        check_query(query != NULL ? query : "");
    }
}

/* Where a reference leads from the page: to the same place when it is asked again. */
static void check_reference(const cvi_address *base, const char *reference) {
    static char first[ROOM];
    static char second[ROOM];
    cvi_buffer whole;
    cvi_buffer again;
    cvi_address address;
    cvi_buffer_over(&whole, first, sizeof(first));
    cvi_address_resolve(base, reference, &whole);
    if (whole.failed || !cvi_address_parse(&address, first)) {
        return;
    }
    check_parts(first, &address);
    cvi_buffer_over(&again, second, sizeof(second));
    cvi_address_resolve(base, first, &again);
    REQUIRE(strcmp(first, second) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    input in = {data, size};
    cvi_address address;
    char *text = input_text(&in);
    char *reference = input_text(&in);
    if (cvi_address_parse(&address, text)) {
        check_parts(text, &address);
        check_target(text);
        check_reference(&address, reference);
    }
    free(text);
    free(reference);
    return 0;
}
