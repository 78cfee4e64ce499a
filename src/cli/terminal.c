/* Owns what is asked of descriptors and terminals. */
#include "terminal.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "number.h"

enum { COLUMNS_USUAL = 80, COLUMNS_MOST = 10000 };

size_t cli_terminal_columns(int fd) {
    struct winsize size;
    int64_t columns = 0;
    const char *told = getenv("COLUMNS");
    if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
        columns = size.ws_col;
    } else if (!told || !cli_number_parse(told, &columns) || columns < 1 ||
               columns > COLUMNS_MOST) {
        columns = COLUMNS_USUAL;
    }
    return (size_t)columns;
}

bool cli_terminal_obeys(int fd) {
    const char *kind = getenv("TERM");
    return isatty(fd) == 1 && !(kind && strcmp(kind, "dumb") == 0);
}

bool cli_terminal_has_colour(int fd) {
    const char *forbidden = getenv("NO_COLOR");
    return cli_terminal_obeys(fd) && getenv("TERM") && !(forbidden && forbidden[0] != '\0');
}

bool cli_terminal_fill(void) {
    for (int fd = 0; fd <= STDERR_FILENO; fd++) {
        /* Opened for reading alone, so that writing to what was closed stays an error. */
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDONLY) != fd) {
            return false;
        }
    }
    return true;
}
