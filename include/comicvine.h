/* libcomicvine: the Comic Vine API for C programs, with cache, deduplication of requests and an
 * exact rate limit in one SQLite file that any number of threads and programs share.
 *
 * Three rules hold everywhere:
 * - Ownership: what a function hands out is yours and has a _free (or _close) function; everything
 *   reached through it belongs to it. Every _free takes NULL.
 * - Threads: a client from any thread, a request from one at a time, a record from any.
 * - Failure: NULL or false, and cv_last_error() or cv_request_error() says why. The library never
 *   prints, aborts, exits or installs a signal handler. */
#ifndef COMICVINE_H
#define COMICVINE_H

#include <comicvine/client.h>
#include <comicvine/cursor.h>
#include <comicvine/error.h>
#include <comicvine/issue.h>
#include <comicvine/memory.h>
#include <comicvine/query.h>
#include <comicvine/record.h>
#include <comicvine/request.h>
#include <comicvine/resource.h>
#include <comicvine/search.h>
#include <comicvine/stores.h>
#include <comicvine/version.h>

#endif
