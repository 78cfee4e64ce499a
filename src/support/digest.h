/* Digests: names of cache rows, and checksums of stored bodies. */
#ifndef CVI_SUPPORT_DIGEST_H
#define CVI_SUPPORT_DIGEST_H

#include <stddef.h>
#include <stdint.h>

enum { CVI_HASH_LENGTH = 64, CVI_HASH_SIZE = 65 };

/* SHA-256 as 64 lower-case hex digits and a NUL. */
void cvi_hash_hex(const void *data, size_t size, char hex[CVI_HASH_SIZE]);

/* XXH3, 64 bits: finds damage, does not resist an attacker. */
int64_t cvi_checksum(const void *data, size_t size);

/* The same of data that stands under a name: under another one it has another checksum. */
int64_t cvi_checksum_under(const char *name, const void *data, size_t size);

/* The same of data that belongs to other data, whose checksum is known. */
int64_t cvi_checksum_beside(int64_t other, const void *data, size_t size);

#endif
