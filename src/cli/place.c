/* Owns the rule by which the file is found, as comicvine/client.h has it. */
#include "place.h"

#include <stdlib.h>
#include <string.h>

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
