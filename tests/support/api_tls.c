/* Owns the certificate, and the server that has it. */
#include "support/api_tls.h"

#include <stdlib.h>

#include "server/harness.h"
#include "support/process.h"

static void make_certificate(const api *world, const char *certificate, const char *key) {
    const char *const arguments[] = {"/usr/bin/openssl",
                                     "req",
                                     "-x509",
                                     "-newkey",
                                     "ec",
                                     "-pkeyopt",
                                     "ec_paramgen_curve:prime256v1",
                                     "-nodes",
                                     "-days",
                                     "2",
                                     "-subj",
                                     "/CN=shelf",
                                     "-addext",
                                     "subjectAltName=IP:127.0.0.1",
                                     "-keyout",
                                     key,
                                     "-out",
                                     certificate,
                                     NULL};
    process openssl;
    scratch_path errors = scratch_file(&world->scratch, "openssl.txt");
    assert_true(process_start(&openssl, arguments, errors.text));
    assert_int_equal(process_end(&openssl, API_PATIENCE_MS), 0);
}

void api_tls_begin(api_tls *self, const api *world) {
    scratch_path key = scratch_file(&world->scratch, "key.pem");
    self->certificate = scratch_file(&world->scratch, "certificate.pem");
    make_certificate(world, self->certificate.text, key.text);
    self->certificate_text = harness_read_text(self->certificate.text);
    self->key_text = harness_read_text(key.text);
    self->server = server_start(&(server_options){.folder = CVI_FIXTURES "/comicvine",
                                                  .api_key = API_KEY,
                                                  .tls_certificate = self->certificate_text,
                                                  .tls_key = self->key_text});
    assert_non_null(self->server);
}

void api_tls_end(api_tls *self) {
    server_stop(self->server);
    free(self->certificate_text);
    free(self->key_text);
}
