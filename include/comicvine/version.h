/* libcomicvine: the version, and how public functions are marked. */
#ifndef COMICVINE_VERSION_H
#define COMICVINE_VERSION_H

/* The one place where the version stands; the build reads it from here. */
#define CV_VERSION_MAJOR 0
#define CV_VERSION_MINOR 1
#define CV_VERSION_PATCH 0

/* How CV_VERSION is made. */
#define CV_TEXT_OF(number)       #number
#define CV_VERSION_TEXT(a, b, c) CV_TEXT_OF(a) "." CV_TEXT_OF(b) "." CV_TEXT_OF(c)

/* The version of these headers: "0.1.0". */
#define CV_VERSION CV_VERSION_TEXT(CV_VERSION_MAJOR, CV_VERSION_MINOR, CV_VERSION_PATCH)

/* What every public function is declared with. */
#if defined(__GNUC__)
#define CV_API __attribute__((visibility("default")))
#else
#define CV_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* The version of the library that runs, which may be newer than these headers. Static text. */
CV_API const char *cv_version(void);

/* The version of the SQLite that it works with in this process: "3.40.1". Static text. Any thread.
 */
CV_API const char *cv_sqlite_version(void);

/* The version of its libcurl: "7.88.1". Static text. Loads libcurl, as the first request does that
 * is sent. NULL: there is none, and cv_last_error says why: CV_ERROR_ARGUMENT in a library that was
 * built without it, CV_ERROR_NETWORK if it cannot be loaded. Any thread. */
CV_API const char *cv_curl_version(void);

#ifdef __cplusplus
}
#endif

#endif
