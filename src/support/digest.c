/* Owns the choice of digests; libmd and xxHash do the work. Any thread. */
#include "support/digest.h"

#include <sha256.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

void cvi_hash_hex(const void *data, size_t size, char hex[CVI_HASH_SIZE]) {
    static const char digits[] = "0123456789abcdef";
    uint8_t digest[SHA256_DIGEST_LENGTH];
    SHA2_CTX context;
    SHA256Init(&context);
    SHA256Update(&context, data, size);
    SHA256Final(digest, &context);
    for (size_t i = 0; i < sizeof(digest); i++) {
        hex[2 * i] = digits[digest[i] >> 4];
        hex[2 * i + 1] = digits[digest[i] & 15];
    }
    hex[CVI_HASH_LENGTH] = '\0';
}

static int64_t as_column(XXH64_hash_t sum) {
    int64_t value;
    memcpy(&value, &sum, sizeof(value));
    return value;
}

int64_t cvi_checksum(const void *data, size_t size) {
    return as_column(XXH3_64bits(data, size));
}

int64_t cvi_checksum_under(const char *name, const void *data, size_t size) {
    return as_column(XXH3_64bits_withSeed(data, size, XXH3_64bits(name, strlen(name))));
}

int64_t cvi_checksum_beside(int64_t other, const void *data, size_t size) {
    return as_column(XXH3_64bits_withSeed(data, size, (XXH64_hash_t)other));
}
