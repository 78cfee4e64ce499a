/* Owns the count of libcurl's blocks. Its threads meet the allocator too. */
#include "torture/curl_memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <curl/curl.h>

#include "torture/refusals.h"

static atomic_size_t live;

static void *count(void *block) {
    atomic_fetch_add(&live, block != NULL ? 1 : 0);
    return block;
}

static void *take(size_t size) {
    return refusal_strikes(REFUSAL_CURL_MEMORY) ? NULL : count(malloc(size));
}

static void *take_zeroed(size_t items, size_t size) {
    return refusal_strikes(REFUSAL_CURL_MEMORY) ? NULL : count(calloc(items, size));
}

static char *copy(const char *text) {
    return refusal_strikes(REFUSAL_CURL_MEMORY) ? NULL : count(strdup(text));
}

static void *resize(void *block, size_t size) {
    if (refusal_strikes(REFUSAL_CURL_MEMORY)) {
        return NULL;
    }
    void *resized = realloc(block, size);
    return block == NULL ? count(resized) : resized;
}

static void release(void *block) {
    atomic_fetch_sub(&live, block != NULL ? 1 : 0);
    free(block);
}

void curl_memory_install(void) {
    assert_int_equal(
        curl_global_init_mem(CURL_GLOBAL_DEFAULT, take, release, resize, copy, take_zeroed),
        CURLE_OK);
}

void curl_memory_uninstall(void) {
    curl_global_cleanup();
}

size_t curl_memory_live(void) {
    return atomic_load(&live);
}
