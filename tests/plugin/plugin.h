/* A plug-in that has a copy of the library of its own inside, and what the program that loads it
 * may ask of it. */
#ifndef TESTS_PLUGIN_PLUGIN_H
#define TESTS_PLUGIN_PLUGIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The limits of a database, opened in the plug-in by its copy. NULL: `message` says why. */
typedef void *plugin_open_fn(const char *database, int64_t limit, char *message, size_t size);

/* Asks to be admitted so often. Answers how often it was; -1: a call failed. Any thread. */
typedef int64_t plugin_admit_fn(void *handle, int64_t times);

typedef void plugin_close_fn(void *handle);

/* Where the plug-in's copy of the library lies. */
typedef const void *plugin_place_fn(void);

plugin_open_fn plugin_open;
plugin_admit_fn plugin_admit;
plugin_close_fn plugin_close;
plugin_place_fn plugin_place;

#endif
