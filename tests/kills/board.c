/* Owns the mapping of the board. A page that nobody has written to takes no room. */
#include "kills/board.h"

#include <fcntl.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

board *board_map(const char *path, bool is_new) {
    int file = open(path, O_RDWR | O_CLOEXEC | (is_new ? O_CREAT | O_EXCL : 0), S_IRUSR | S_IWUSR);
    if (file < 0) {
        return NULL;
    }
    void *memory = MAP_FAILED;
    if (!is_new || ftruncate(file, sizeof(board)) == 0) {
        memory = mmap(NULL, sizeof(board), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    }
    close(file);
    return memory != MAP_FAILED ? memory : NULL;
}

int64_t board_now_us(void) {
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}
