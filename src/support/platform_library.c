/* Owns the loading of libraries by name. One that is loaded stays, whoever unloads ours: threads of
 * its own may still run in it (libcurl looks up names on one), and what it has left to be called
 * when a thread or the process ends (its TLS library's) is called there. Any thread. */
#include "support/platform.h"

#include <dlfcn.h>
#include <string.h>

#include "support/error.h"

/* Not tried again by who is told: what is missing is missing until somebody installs it. */
static void set_trouble(cv_error *error) {
    cvi_error_set(error, CV_ERROR_NETWORK, "what sends requests cannot be loaded: %s", dlerror());
    error->retryable = false;
}

bool cvi_library_load(cvi_library *library, const char *name, cv_error *error) {
    library->handle = dlopen(name, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (library->handle == NULL) {
        set_trouble(error);
    }
    return library->handle != NULL;
}

bool cvi_library_find(const cvi_library *library, const char *name, void *function,
                      cv_error *error) {
    void *address = dlsym(library->handle, name);
    if (address == NULL) {
        set_trouble(error);
        return false;
    }
    memcpy(function, &address, sizeof(address)); /* no conversion leads to a function */
    return true;
}
