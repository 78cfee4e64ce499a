/* The scenes: what a program may do with the library, each from its own file's point of view. */
#ifndef TESTS_TORTURE_SCENE_H
#define TESTS_TORTURE_SCENE_H

#include "torture/stage.h"

typedef void scene_fn(stage *stage);

typedef struct scene {
    const char *name;
    scene_fn
        *prepare;   /* beforehand, with a client of its own and nothing that fails; may be NULL */
    scene_fn *play; /* may end before its end when something has failed */
    cv_drive drive;
    bool opens_itself; /* there is no client */
    bool is_alone;     /* makes the file, or has one of its own: no companion is on it */
} scene;

typedef struct scene_list {
    const scene *items;
    size_t count;
} scene_list;

extern const scene_list life_scenes;    /* opening, closing, driving */
extern const scene_list call_scenes;    /* calls for one object or page */
extern const scene_list request_scenes; /* requests, callbacks, events */
extern const scene_list walk_scenes;    /* cursors and many at once */
extern const scene_list age_scenes;     /* what is old, refreshed, denied or validated */
extern const scene_list store_scenes;   /* the three stores by themselves, and a client's */
extern const scene_list tape_scenes;    /* recording and replaying */

#define SCENE_LIST(table)                                                                          \
    { table, sizeof(table) / sizeof((table)[0]) }

#endif
