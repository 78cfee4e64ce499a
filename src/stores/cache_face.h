/* What the files of the cache's public handle share. Any thread. */
#ifndef CVI_STORES_CACHE_FACE_H
#define CVI_STORES_CACHE_FACE_H

#include "stores/public_call.h"

/* A handle, and with it a hash; else refuses. */
bool cvi_cache_check_store(const cv_cache_store *store);
bool cvi_cache_check_key(const cv_cache_store *store, const char *hash);

#endif
