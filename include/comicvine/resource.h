/* The resources of the service, by number and by name. */
#ifndef COMICVINE_RESOURCE_H
#define COMICVINE_RESOURCE_H

#include <comicvine/version.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The resources of the service. */
typedef enum cv_resource {
    CV_RESOURCE_NONE = 0,
    CV_ISSUE,
    CV_CHARACTER,
    CV_CONCEPT,
    CV_EPISODE,
    CV_LOCATION,
    CV_MOVIE,
    CV_OBJECT,
    CV_ORIGIN,
    CV_PERSON,
    CV_POWER,
    CV_PROMO,
    CV_PUBLISHER,
    CV_SERIES,
    CV_STORY_ARC,
    CV_TEAM,
    CV_VIDEO,
    CV_VIDEO_CATEGORY,
    CV_VIDEO_TYPE,
    CV_VOLUME,
    CV_CHAT,
    CV_TYPE /* the list of resources itself, /types; it has no details */
} cv_resource;

/* The resource whose detail path ("issue") or list path ("issues") is `name`; CV_RESOURCE_NONE if
 * this version of the library has no such resource, or `name` is NULL. Any thread. */
CV_API cv_resource cv_resource_from_name(const char *name);

/* The detail path ("issue"; for CV_TYPE, which has none, "types"), or NULL if this version has no
 * such resource. Static. Any thread. */
CV_API const char *cv_resource_name(cv_resource resource);

/* The list path ("issues"), which the service counts apart from the detail path; NULL likewise.
 * Static. Any thread. */
CV_API const char *cv_resource_list_name(cv_resource resource);

#ifdef __cplusplus
}
#endif

#endif
