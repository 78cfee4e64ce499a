/* The key in foreign text, however it is written there. Pure. */
#ifndef CVI_CLIENT_REDACT_H
#define CVI_CLIENT_REDACT_H

#include <stdbool.h>
#include <stddef.h>

/* Whether the text holds the key: as it is, or with any of its characters written as JSON, URLs or
 * HTML may write them, once or within each other, such as in an address that is a parameter of
 * another one in a JSON string. */
bool cvi_holds_secret(const char *secret, const char *text, size_t size);

/* Overwrites all of these with as many asterisks as they take. JSON stays JSON. */
void cvi_redact_secret(const char *secret, char *text, size_t size);

/* The same for those alone that begin in the first `part` bytes. Answers where to go on: behind
 * these bytes, and behind what was overwritten. */
size_t cvi_redact_secret_part(const char *secret, char *text, size_t size, size_t part);

#endif
