/* Owns the rule by which the file is found, as comicvine/client.h has it, and whether it is there.
 */
#include "place.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "memory.h"

char *cli_place(const cli *self) {
    const char *database = self->settings.database;
    const char *data = getenv("XDG_DATA_HOME");
    const char *home = getenv("HOME");
    if (database) {
        return cli_copy(database, strlen(database));
    }
    if (data && data[0] == '/') {
        return cli_format("%s/comicvine/comicvine.db", data);
    }
    return home && home[0] == '/' ? cli_format("%s/.local/share/comicvine/comicvine.db", home)
                                  : NULL;
}

/* What cannot be looked at is left to the library, which says why. */
cli_status cli_place_check(cli *self) {
    struct stat there;
    char *path = cli_place(self);
    bool is_missing = path && strcmp(path, ":memory:") != 0 && stat(path, &there) != 0 &&
                      (errno == ENOENT || errno == ENOTDIR);
    cli_status status = is_missing
                            ? cli_fail(self, CLI_STORE,
                                       "there is no database yet: the first request makes %s", path)
                            : CLI_DONE;
    free(path);
    return status;
}
