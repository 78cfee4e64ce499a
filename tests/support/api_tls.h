/* A loopback server with https, whose certificate nobody has signed but itself. */
#ifndef TESTS_SUPPORT_API_TLS_H
#define TESTS_SUPPORT_API_TLS_H

#include "support/api.h"

typedef struct api_tls {
    scratch_path certificate; /* in the world's folder */
    char *certificate_text;
    char *key_text;
    server *server; /* on the fixtures, with API_KEY */
} api_tls;

/* Has openssl make the certificate, for 127.0.0.1; must succeed. */
void api_tls_begin(api_tls *self, const api *world);
void api_tls_end(api_tls *self);

#endif
