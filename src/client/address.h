/* Addresses of the web, taken apart strictly: what two readers could understand differently is no
 * address. Pure. */
#ifndef CVI_CLIENT_ADDRESS_H
#define CVI_CLIENT_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "support/buffer.h"

/* A piece of somebody's text. */
typedef struct cvi_address_part {
    const char *start;
    size_t length;
} cvi_address_part;

typedef struct cvi_address {
    bool is_tls;
    cvi_address_part host; /* as it is written, an IPv6 address with its brackets */
    uint16_t port;         /* the scheme's own unless another is written */
    cvi_address_part authority;
    cvi_address_part path;  /* from the slash on; empty: "/" */
    cvi_address_part query; /* without the question mark */
} cvi_address;

/* Takes an http or https address apart; the spans lie in `text`. False for any other, and for one
 * with a user, a backslash or a control character. */
bool cvi_address_parse(cvi_address *address, const char *text);

/* The same host by the same name; likewise with scheme and port. */
bool cvi_address_has_host_of(const cvi_address *a, const cvi_address *b);
bool cvi_address_has_origin_of(const cvi_address *a, const cvi_address *b);

/* Writes where a reference leads that stands in the page at `base`: whole, or relative to it in any
 * of its forms, without dots in its path and without fragment. */
void cvi_address_resolve(const cvi_address *base, const char *reference, cvi_buffer *out);

/* Takes the next parameter off a query. False: there are no more. */
bool cvi_address_next_parameter(cvi_address_part *query, cvi_address_part *parameter);

/* Adds the query without any api_key parameter, a question mark before it. */
void cvi_address_add_query(cvi_buffer *out, cvi_address_part query);

#endif
