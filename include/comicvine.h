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

#include <comicvine/character.h>
#include <comicvine/chat.h>
#include <comicvine/client.h>
#include <comicvine/concept.h>
#include <comicvine/cursor.h>
#include <comicvine/episode.h>
#include <comicvine/error.h>
#include <comicvine/event.h>
#include <comicvine/help.h>
#include <comicvine/image.h>
#include <comicvine/issue.h>
#include <comicvine/location.h>
#include <comicvine/memory.h>
#include <comicvine/movie.h>
#include <comicvine/object.h>
#include <comicvine/origin.h>
#include <comicvine/person.h>
#include <comicvine/power.h>
#include <comicvine/promo.h>
#include <comicvine/publisher.h>
#include <comicvine/query.h>
#include <comicvine/record.h>
#include <comicvine/request.h>
#include <comicvine/resource.h>
#include <comicvine/search.h>
#include <comicvine/series.h>
#include <comicvine/stores.h>
#include <comicvine/story_arc.h>
#include <comicvine/team.h>
#include <comicvine/type.h>
#include <comicvine/version.h>
#include <comicvine/video.h>
#include <comicvine/video_category.h>
#include <comicvine/video_type.h>
#include <comicvine/volume.h>

#endif
